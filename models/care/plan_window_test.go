package care

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// throughWindow is the history that a store would load at now, when only time
// has passed: the rows of the window, and the facts that reach back before it.
func throughWindow(h History, p Person, now time.Time) History {
	whole := Assess(h, p, now)
	var lastReport, lastSession time.Time
	for _, r := range h.Reports {
		if !r.At.After(now) {
			lastReport = later(lastReport, r.At)
		}
	}
	for _, s := range h.Sessions {
		if !s.Time().After(now) {
			lastSession = later(lastSession, s.Time())
		}
	}
	var spans []Span
	for _, e := range whole.Episodes {
		spans = append(spans, Span{e.OnsetAt, e.SettledAt})
	}
	w := WindowOf(now, now.Add(-PlanLooksBack), lastReport, lastSession, spans)
	out := History{JudgeFrom: w.Judge}
	before := map[string][]time.Time{}
	for _, s := range h.Sessions {
		out.FirstSessionAt = earlier(out.FirstSessionAt, s.Time())
		if s.Time().Before(w.Sessions) {
			before[s.RollerID] = append(before[s.RollerID], s.Time())
		} else {
			out.Sessions = append(out.Sessions, s)
		}
	}
	for _, r := range h.Reports {
		if !r.At.Before(w.Reports) {
			out.Reports = append(out.Reports, r)
		}
	}
	for _, c := range h.Clinician {
		if !c.At.Before(w.Judge) {
			out.Clinician = append(out.Clinician, c)
		}
	}
	for _, a := range h.Acks {
		if !a.At.Before(w.Judge) {
			out.Acks = append(out.Acks, a)
		}
	}
	for _, e := range whole.Episodes {
		if e.OnsetAt.Before(w.Judge) && !e.Infection.From.IsZero() {
			out.EarlierInfections = append(out.EarlierInfections, e.Infection)
		}
	}
	windowed := Assess(out, p, now)
	for _, r := range h.Rollers {
		r.UsesBefore, r.LastUseBefore = CountUses(before[r.ID])
		if windowed.Rollers[r.ID].QuarantinedBy == "" {
			c := whole.Rollers[r.ID]
			r.QuarantinedBefore, r.QuarantinedBeforeAt = c.QuarantinedBy, c.QuarantinedAt
		}
		out.Rollers = append(out.Rollers, r)
	}
	return out
}

// What the plan says of steps that have not expired does not hang on rows older
// than the window that the store loads.
func TestPlanThroughAWindowIsThePlanOfTheWholeHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		h, p, now := drawPlanned(t, r)
		if rapid.Bool().Draw(r, "an older life") {
			h.Sessions = append(h.Sessions, rolled(t, "older", 0.5, -700*day))
			h.Reports = append(h.Reports, told(t, "older", -690*day, red), told(t, "calm", -600*day, nil))
		}
		want := unexpired(planOf(h, p, now), now)
		if got := unexpired(planOf(throughWindow(h, p, now), p, now), now); !reflect.DeepEqual(got, want) {
			r.Fatalf("the plan differs:\n%s", differ(want, got))
		}
	})
}

func unexpired(items []Item, now time.Time) []Item {
	var out []Item
	for _, it := range items {
		if it.Expires.After(now) && !(it.Done && !it.Due.After(now)) {
			out = append(out, it)
		}
	}
	return out
}
