package care

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestAftercareReadsLikeTheTable of section 3: hours up to 0.3 mm, up to 0.5 mm
// and above, and whether they ask for a calm scalp.
func TestAftercareReadsLikeTheTable(t *testing.T) {
	want := []string{
		"AC-00 0/0/0 said", "AC-15 0/0/0 silent", "AC-01 24/48/72 calm said", "AC-04 24/48/48 calm said",
		"AC-06 48/72/72 calm said", "AC-10 48/48/48 calm silent", "AC-09 24/72/72 calm silent", "AC-02 72/72/72 calm said",
		"AC-13 72/72/72 calm silent", "AC-05 72/120/120 calm said", "AC-07 72/120/120 calm said", "AC-14 72/168/168 calm said",
		"AC-11 120/168/168 calm said", "AC-03 168/168/168 calm silent", "AC-08 168/168/168 calm silent",
		"AC-12 168/336/336 calm said", "AC-16 336/336/336 calm silent",
	}
	var got []string
	for _, s := range aftercareSteps {
		line := fmt.Sprintf("%s %v/%v/%v", s.ID, s.after(0.3).Hours(), s.after(0.5).Hours(), s.after(0.51).Hours())
		if s.needsCalm {
			line += " calm"
		}
		if s.push {
			line += " said"
		} else {
			line += " silent"
		}
		got = append(got, line)
		if s.after(0.31) != s.after(0.5) || s.after(0) != s.after(1.5) || s.after(0.1) != s.after(0.3) {
			t.Errorf("%s: the lengths are cut elsewhere", s.ID)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestCheckInsReadLikeTheConstants(t *testing.T) {
	for _, c := range []struct {
		mm     float64
		atRisk bool
		want   []int
	}{
		{0.3, false, []int{24, 72, 120, 156, 240}},
		{0.31, false, []int{24, 48, 72, 120, 156, 240}},
		{0, false, []int{24, 48, 72, 120, 156, 240}},
		{0.3, true, []int{24, 60, 72, 120, 156, 240}},
		{0.5, true, []int{24, 48, 60, 72, 120, 156, 240}},
	} {
		var got []int
		for _, h := range checkIns(c.mm, c.atRisk) {
			got = append(got, int(h/time.Hour))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v mm, at risk %v: %v, want %v", c.mm, c.atRisk, got, c.want)
		}
	}
}
