package care

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A rule that is skipped for reports without an odd answer could never have
// held there, whatever the history says.
func TestNoSkippedRuleHoldsWithoutAnOddAnswer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		age := func(label string) time.Duration {
			return pick(t, label, 0, 3*time.Hour, 20*time.Hour, 30*time.Hour, 60*time.Hour, 100*time.Hour, 400*time.Hour, never)
		}
		f := facts{
			atRisk: chance(t, 2), suppressed: chance(t, 2), minoxidil: chance(t, 2),
			h: age("h"), hStrict: age("strict"), hPersist: age("persist"), onset: age("onset"), marksFor: age("marks"),
		}
		a := genAnswers(t)
		f.answer(&a)
		if f.odd {
			return
		}
		oddRules.each(func(i int) {
			if triage[i].When(&f) {
				t.Fatalf("%s is skipped for %+v, and holds", triage[i].ID, a)
			}
		})
	})
}
