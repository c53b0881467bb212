package care

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestTheExpectedCourse holds every cell of the envelope of section 4: what it
// allows is no WT-01, one more is.
func TestTheExpectedCourse(t *testing.T) {
	d := []struct{ from, to float64 }{{0, 24 - ms}, {24, 48 - ms}, {48, 72 - ms}, {72, 168}, {168 + ms, 300}}
	limits := [][]int{ // erythema, swelling, warmth, pain, itch, flaking
		{2, 1, 1, 4, 4, 2},
		{2, 1, 1, 3, 4, 2},
		{1, 1, 0, 2, 4, 2},
		{1, 0, 0, 1, 3, 2},
		{0, 0, 0, 0, 0, 0},
	}
	sign := []func(int) says{erythema, swelling, warmth, pain, itch, flaking, burning}
	for mm, rows := range map[float64][]int{0.5: {0, 1, 2, 3, 4}, 0.31: {0, 1, 2, 3, 4}, 0.3: {1, 2, 3, 3, 4}, 0: {0, 1, 2, 3, 4}} {
		for i, row := range rows {
			for k, says := range sign {
				limit := limits[row][min(k, 5)]
				if k == 6 { // burning has the limits of pain
					limit = limits[row][3]
				}
				for _, h := range []float64{d[i].from, d[i].to} {
					for v := limit; v <= limit+1; v++ {
						got := new(story).roll(0, mm).tell(h, all(says(v))).at(h).Reports["report-0"]
						if fired := slices.Contains(got.Rules, "WT-01"); fired != (v > limit) {
							t.Errorf("%v mm, %v h, sign %d at %d: WT-01 %v; got %v", mm, h, k, v, fired, got.Rules)
						}
					}
				}
			}
		}
	}
	for _, c := range []struct {
		h     float64
		bleed string
		want  bool
	}{{24 - ms, "pinpoint", false}, {24, "pinpoint", true}, {1, "returned", true}, {1, "not_stopping", true}, {100, "none", false}} {
		got := new(story).roll(0, 0.25).tell(c.h, all(bleeding(c.bleed))).at(c.h).Reports["report-0"].Rules
		if slices.Contains(got, "WT-01") != c.want {
			t.Errorf("%s bleeding at %v h: %v", c.bleed, c.h, got)
		}
	}
}

// TestRulesOfTheCourse tells two reports and asks what the second fires.
func TestRulesOfTheCourse(t *testing.T) {
	for _, c := range []struct {
		rule   string
		fires  bool
		h1     float64
		first  Answers
		h2     float64
		second Answers
		atRisk bool
	}{
		{"SD-07", true, 30, all(swelling(1)), 48, all(swelling(2)), false},
		{"SD-07", false, 30, all(swelling(1)), 48 - ms, all(swelling(2)), false},
		{"SD-07", false, 30, all(swelling(2)), 48, all(swelling(2)), false},
		{"SD-07", true, 30, all(), 48, all(warmth(2)), false},
		{"SD-07", false, 30, all(), 48, all(warmth(1)), false},
		{"SD-07", false, 30, all(), 48, all(swelling(1)), false},
		{"SD-07", true, 30, all(pain(2)), 48, all(pain(4)), false},
		{"SD-07", false, 30, all(pain(3)), 48, all(pain(4)), false},
		{"SD-07", false, 30, all(pain(1)), 48, all(pain(3)), false},
		{"SD-07", true, 30, all(erythema(2)), 48, all(erythema(3)), false},
		{"SD-07", false, 30, all(erythema(1)), 72 - ms, all(erythema(2)), false},
		{"SD-07", true, 30, all(erythema(1)), 72, all(erythema(2)), false},
		{"SD-07", false, 30, all(), 72, all(erythema(1)), false},
		{"SD-07", true, 30, all(), 48, all(swelling(1), warmth(1)), false},
		{"SD-07", true, 30, all(pain(1)), 48, all(swelling(1), pain(3)), false},
		{"SD-07", false, 30, all(pain(2)), 48, all(swelling(1), pain(3)), false},
		{"SD-07", true, 30, all(), 48, all(swelling(1)), true},
		{"SD-07", true, 30, all(), 48, all(pain(2)), true},
		{"SD-07", false, 30, all(), 48, all(pain(1)), true},
		{"SD-07", false, 30, all(unsaid(func(a *Answers) { a.Swelling = nil })), 48, all(swelling(3)), false},
		{"SD-07", true, 48, all(), 60, all(swelling(2)), false},
		{"DS-03", false, 30, all(), 72, all(swelling(2), trend("worse")), false}, // SD-07
		{"SD-12", true, 30, all(itch(1)), 48, all(erythema(2), itch(1)), false},
		{"SD-12", false, 30, all(itch(1)), 48 - ms, all(erythema(2)), false},
		{"SD-12", false, 30, all(erythema(1)), 48, all(erythema(2)), false},
		{"SD-12", false, 30, all(), 48, all(erythema(1)), false},
		{"SD-12", true, 30, all(), 48, all(pain(4)), false},
		{"SD-12", false, 30, all(), 48, all(pain(3)), false},
		{"SD-12", false, 30, all(pain(1)), 48, all(pain(4)), false},
		{"SD-12", true, 30, all(), 48, all(pain(2)), true},
		{"SD-12", false, 30, all(), 48, all(pain(1)), true},
		{"SD-12", false, 30, all(untold()), 48, all(erythema(2), pain(5)), false},
		{"WT-05", true, 30, all(), 48, all(erythema(1)), false},
		{"WT-05", false, 30, all(), 48 - ms, all(erythema(1)), false},
		{"WT-05", false, 30, all(), 48, all(erythema(2)), false},
		{"WT-05", false, 30, all(erythema(1)), 48, all(erythema(1)), false},
		{"WT-05", true, 30, all(), 48, all(pain(1)), false},
		{"WT-05", true, 30, all(), 48, all(pain(3)), false},
		{"WT-05", false, 30, all(), 48, all(pain(4)), false},
		{"WT-09", true, 30, all(), 48, all(swelling(1)), false},
		{"WT-09", true, 30, all(), 48, all(warmth(1)), false},
		{"WT-09", true, 30, all(), 48, all(pain(3)), false},
		{"WT-09", true, 30, all(), 48, all(pain(2)), false},
		{"WT-09", false, 30, all(), 48, all(pain(1)), false},
		{"WT-09", false, 30, all(pain(2)), 48, all(pain(3)), false},
		{"WT-09", false, 30, all(), 48 - ms, all(swelling(1)), false},
		{"WT-09", false, 30, all(), 48, all(swelling(2)), false},
		{"WT-09", false, 30, all(), 48, all(swelling(1), warmth(1)), false}, // SD-07
		{"WT-09", false, 30, all(swelling(1)), 48, all(swelling(1)), false},
		{"WT-09", false, 30, all(warmth(1)), 48, all(warmth(1)), false},
		{"WT-04", true, 30, all(itch(5)), 50, all(itch(5)), false},
		{"WT-04", false, 30, all(itch(5)), 50 - ms, all(itch(5)), false},
		{"WT-04", false, 30, all(itch(4)), 50, all(itch(5)), false},           // T0 before
		{"WT-04", false, 30, all(itch(5)), 50, all(untold(), itch(4)), false}, // WT-11 now
		{"WT-04", true, 30, all(untold(), itch(1)), 50, all(itch(5)), false},
		{"SD-17", true, 100, all(erythema(2)), 172, all(erythema(2)), false},
		{"SD-17", false, 100, all(erythema(2)), 172 - ms, all(erythema(2)), false},
		{"SD-17", false, 100, all(itch(4)), 173, all(itch(3)), false}, // DS-04 holds no more
		{"SD-17", true, 300, all(itch(4)), 372, all(itch(4)), false},
		{"SD-17", false, 300, all(itch(3)), 372, all(itch(3)), false}, // mild rest
		{"SD-17", false, 400, all(skin("raised_scar")), 500, all(skin("raised_scar")), false},
		{"DS-10", true, 200, all(itch(1)), 272, all(itch(1)), false},
		{"DS-10", false, 200 + ms, all(itch(1)), 272, all(itch(1)), false},
		{"DS-10", true, 100, all(itch(1)), 240 + ms, all(itch(1)), false},
		{"DS-10", false, 100, all(itch(1)), 240, all(itch(1)), false},
		{"DS-10", false, 100, all(nodes("yes")), 300, all(nodes("yes")), false},
	} {
		s := new(story).roll(0, 0.5).tell(c.h1, c.first).tell(c.h2, c.second)
		if c.atRisk {
			s.risk("diabetes")
		}
		got := s.at(c.h2).Reports["report-1"].Rules
		if slices.Contains(got, c.rule) != c.fires {
			t.Errorf("%s at %v h after %v h, at risk %v: fires %v, want %v; got %v", c.rule, c.h2, c.h1, c.atRisk, !c.fires, c.fires, got)
		}
	}
}

func TestAMildRiseThatStaysIsARise(t *testing.T) {
	mild := all(erythema(1), swelling(1))
	for _, c := range []struct {
		second, third float64
		between       *Answers
		want          bool
	}{
		{50, 58, nil, true},
		{50, 58 - ms, nil, false},
		{50, 60, new(all(erythema(1))), false}, // a T0 report came between
		{50, 60, new(all(erythema(1), swelling(1), itch(5))), true},
	} {
		s := new(story).roll(0, 0.5).tell(30, all(erythema(1))).tell(c.second, mild)
		if c.between != nil {
			s.tell(c.second+1, *c.between)
		}
		s.tell(c.third, mild)
		id := fmt.Sprintf("report-%d", len(s.h.Reports)-1)
		got := s.at(100).Reports[id].Rules
		if slices.Contains(got, "SD-07") != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestACalmReportFiresNothingAtAnyAge(t *testing.T) {
	a := calmly()
	for _, h := range []time.Duration{0, 24 * time.Hour, 100 * time.Hour, 300 * time.Hour, never} {
		for _, atRisk := range []bool{false, true} {
			f := facts{h: h, hPersist: h, hStrict: h, onset: h, atRisk: atRisk, minoxidil: true, mildRiseFor: h, watchFor: h, wasPale: true, wasPainless: true}
			f.answer(&a)
			if got := f.holding(^ruleSet(0) & (1<<len(triage) - 1)); !f.calm || got != 0 {
				t.Errorf("at %v: calm %v, fires %b", h, f.calm, got)
			}
		}
	}
}

func TestOnlyAnExplicitCalmIsCalm(t *testing.T) {
	for name, a := range map[string]Answers{
		"nothing answered":    {},
		"a scale left out":    all(unsaid(func(a *Answers) { a.Burning = nil })),
		"a scale of nonsense": all(itch(-1)),
		"discharge left out":  all(unsaid(func(a *Answers) { a.Discharge = nil })),
		"lumps left out":      all(lumps("")),
		"bleeding left out":   all(bleeding("")),
		"itch":                all(itch(1)),
		"flaking":             all(flaking(1)),
		"burning":             all(burning(1)),
		"marks":               all(skin("lasting_marks")),
		"an unknown skin":     all(skin("odd")),
		"ill":                 all(systemic("very_unwell")),
		"alarm":               all(alarm("chest_pain")),
		"fever":               all(celsius(38.0)),
		"feverish":            all(feverish("not_sure")),
		"worse":               all(trend("worse")),
		"fast":                all(fast()),
		"odour":               all(odour("not_sure")),
		"nodes":               all(nodes("not_sure")),
		"beyond":              all(extent("beyond")),
	} {
		s := new(story).roll(0, 0.5).tell(50, all(erythema(1))).tell(60, a)
		if got := s.at(61).Episodes[0]; got.State != EpisodeOpen {
			t.Errorf("%s closes the episode: %+v", name, got)
		}
	}
	for name, a := range map[string]Answers{
		"one tap":  calmly(),
		"warm":     all(celsius(37.9)),
		"resolved": all(trend("resolved")),
		"the rest left out": all(unsaid(func(a *Answers) {
			a.Extent, a.Odour, a.TenderNodes, a.Feverish = "", "", "", ""
			a.Skin, a.Alarm, a.Systemic = nil, nil, nil
		})),
		"with minoxidil": all(minoxidil()),
	} {
		s := new(story).roll(0, 0.5).tell(50, all(erythema(1))).tell(60, a)
		if got := s.at(61).Episodes[0]; got.State != EpisodeClosed || !got.ClosedAt.Equal(hour(60)) {
			t.Errorf("%s does not close the episode: %+v", name, got)
		}
	}
}

func TestAScaleOutOfRangeIsUnknown(t *testing.T) {
	for i, c := range []struct {
		top  int
		says func(int) says
	}{{3, erythema}, {3, swelling}, {3, warmth}, {3, flaking}, {10, pain}, {10, itch}, {10, burning}} {
		for v, want := range map[int]bool{-1: false, 0: false, 1: true, c.top: true, c.top + 1: false} {
			v2 := new(story).roll(0, 0.5).tell(169, all(c.says(v))).at(169)
			wantRule(t, v2, "report-0", "DS-01", want)
			if calm := new(story).roll(0, 0.5).tell(1, all(itch(1))).tell(2, all(c.says(v))).at(2).Episodes[0].State == EpisodeClosed; calm != (v == 0) {
				t.Errorf("scale %d at %d is calm: %v", i, v, calm)
			}
		}
	}
}
