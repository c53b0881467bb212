package care

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// How grave the advice on a session is, and under which key its words stand.
func TestAdviceOnASessionIsAsGraveAsItsRule(t *testing.T) {
	grave := map[Severity][]string{
		Stop:    {"RS-05", "RS-07", "RS-06", "RS-03", "DV-06", "DV-07", "DV-05", "DV-05.discarded", "DV-04", "RS-01", "RS-08"},
		Caution: {"SX-01", "SX-01.passes", "AC-01", "AC-02", "DQ-11", "RS-13", "DV-08"},
		Info:    {"RS-02", "NL-10", "RK-19", "RK-20", "RK-22", "RK-26", "HL-04", "HL-05", "HL-06"},
	}
	known := 0
	for _, rules := range [][]sessionRule{sessionRules[:], sessionInfos[:]} {
		for _, r := range rules {
			code, ok := strings.CutPrefix(r.Code, "session.")
			if !ok || !strings.HasPrefix(code, r.ID) || !slices.Contains(grave[r.Severity], code) {
				t.Errorf("%s has the words of %s and is %s", r.ID, r.Code, r.Severity)
			}
			known++
		}
	}
	if want := len(grave[Stop]) + len(grave[Caution]) + len(grave[Info]); known != want {
		t.Errorf("%d rules advise on a session, want %d", known, want)
	}
}

// NL-10: what cannot be the length of a needle is unknown, not long.
func TestAnImpossibleLengthIsUnknown(t *testing.T) {
	for _, mm := range []float64{0, -0.5, math.Inf(1), math.NaN()} {
		if got := restFor(mm); got != &unknownRow {
			t.Errorf("%v mm: %s", mm, got.ID)
		}
	}
}

// The words of a step of aftercare stand under the key of its rule.
func TestAftercareHasTheWordsOfItsRule(t *testing.T) {
	for i := range aftercareSteps {
		if s := &aftercareSteps[i]; !strings.HasPrefix(s.Key, "aftercare."+s.ID) {
			t.Errorf("%s has the words of %s", s.ID, s.Key)
		}
	}
}
