package care

import (
	"slices"
	"testing"
	"time"
)

func TestRollers(t *testing.T) {
	with := func(r Roller) *story {
		s := new(story)
		r.ID = "roller"
		s.h.Rollers = []Roller{r}
		return s
	}
	mine := func(s *Session) { s.RollerID = "roller" }
	rolledTimes := func(n int, r Roller) *story {
		s := with(r)
		for i := range n {
			s.roll(float64(i)*24, 0.25, mine)
		}
		return s
	}
	old := Date{2020, 1, 1}
	for _, c := range []struct {
		name string
		s    *story
		want []string
	}{
		{"new", with(Roller{NeedleMM: 0.5}), nil},
		{"9 uses of 0.5 mm", rolledTimes(9, Roller{NeedleMM: 0.5}), nil},
		{"10 uses of 0.5 mm", rolledTimes(10, Roller{NeedleMM: 0.5}), []string{"roller.DV-04.uses"}},
		{"4 uses of 0.6 mm", rolledTimes(4, Roller{NeedleMM: 0.6}), nil},
		{"5 uses of 0.51 mm", rolledTimes(5, Roller{NeedleMM: 0.51}), []string{"roller.DV-04.uses"}},
		{"4 uses of 1.0 mm", rolledTimes(4, Roller{NeedleMM: 1.0}), nil},
		{"5 uses of 1.0 mm", rolledTimes(5, Roller{NeedleMM: 1.0}), []string{"roller.DV-04.uses"}},
		{"1 use of 1.1 mm", rolledTimes(1, Roller{NeedleMM: 1.1}), []string{"roller.DV-04.uses"}},
		{"1 use of unknown length", rolledTimes(1, Roller{}), []string{"roller.DV-04.uses"}},
		{"uses of before", rolledTimes(1, Roller{NeedleMM: 0.5, UsesBefore: 9, LastUseBefore: hour(-12)}), []string{"roller.DV-04.uses"}},
		{"counted with the last of before", rolledTimes(1, Roller{NeedleMM: 0.5, UsesBefore: 9, LastUseBefore: hour(-11.9)}), nil},
		{"old", with(Roller{NeedleMM: 0.5, FirstUsedOn: old}), []string{"roller.DV-04.age"}},
		{"old and discarded", with(Roller{NeedleMM: 0.5, FirstUsedOn: old, Shared: true, Discarded: true}), nil},
		{"bent", with(Roller{NeedleMM: 0.5, Problems: Set{"bent"}}), []string{"roller.DV-05"}},
		{"rusty", with(Roller{NeedleMM: 0.5, Problems: Set{"rusty"}}), []string{"roller.DV-05"}},
		{"dull", with(Roller{NeedleMM: 0.5, Problems: Set{"dull"}}), []string{"roller.DV-05"}},
		{"dropped", with(Roller{NeedleMM: 0.5, Problems: Set{"dropped"}}), []string{"roller.DV-05"}},
		{"borrowed", with(Roller{NeedleMM: 0.5, Problems: Set{"borrowed"}}), []string{"roller.DV-05"}},
		{"used on a wound", with(Roller{NeedleMM: 0.5, Problems: Set{"used_on_wound"}}), []string{"roller.DV-05"}},
		{"a problem unheard of", with(Roller{NeedleMM: 0.5, Problems: Set{"odd"}}), nil},
		{"shared", with(Roller{NeedleMM: 0.5, Shared: true}), []string{"roller.DV-06"}},
		{"quarantined of old", with(Roller{NeedleMM: 0.5, QuarantinedBefore: "SD-01"}), []string{"roller.DV-07"}},
	} {
		var got []string
		for _, a := range c.s.at(400).Rollers["roller"].Advisories {
			got = append(got, a.Code)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	// Twice within 12 h is one use; another roller's uses are its own.
	s := with(Roller{NeedleMM: 0.5}).roll(0, 0.5, mine).roll(11, 0.5, mine).roll(12, 0.5, mine).roll(30, 0.5)
	if got := s.at(400).Rollers["roller"]; got.Uses != 2 || got.MaxUses != 10 || got.ReplaceBy != DateOf(t0.AddDate(0, 0, 90)) {
		t.Errorf("%+v", got)
	}
	// What was said of the first use counts, and nothing is guessed of uses before.
	s = with(Roller{NeedleMM: 0.5, FirstUsedOn: old}).roll(0, 0.5, mine)
	if got := s.at(1).Rollers["roller"].ReplaceBy; got != (Date{2020, 3, 31}) {
		t.Errorf("replace by %v", got)
	}
	s = with(Roller{NeedleMM: 0.5, UsesBefore: 1, LastUseBefore: hour(-9000)}).roll(0, 0.5, mine)
	if got := s.at(1).Rollers["roller"].ReplaceBy; !got.IsZero() {
		t.Errorf("replace by %v", got)
	}
	// 90 days: the day itself is too old.
	s = with(Roller{NeedleMM: 0.5, FirstUsedOn: Date{2026, 1, 1}})
	due := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	if v := Assess(s.h, s.p, due.Add(-1)); len(v.Rollers["roller"].Advisories) != 0 || !v.Next.Equal(due) || v.Rollers["roller"].ReplaceBy != DateOf(due) {
		t.Errorf("a day before: %+v, next %v", v.Rollers["roller"], v.Next)
	}
	if v := Assess(s.h, s.p, due); len(v.Rollers["roller"].Advisories) != 1 {
		t.Errorf("on the day: %+v", v.Rollers["roller"])
	}
}

func TestAnInfectedScalpQuarantinesItsRoller(t *testing.T) {
	for _, c := range []struct {
		name   string
		says   Answers
		h      float64
		rule   string
		middle string // the roller used while it lasted
	}{
		{"pus", all(discharge("thick")), 30, "SD-01", "SD-01"},
		{"pimples", all(lumps("few_pimples")), 72, "DS-05", "DS-05"},
		{"nodes", all(nodes("yes")), 72, "DS-06", "DS-06"},
		{"a ring", all(skin("scaly_ring")), 72, "DS-11", "DS-11"},
		{"fluid", all(discharge("clear")), 72, "DS-12", "DS-12"},
		{"an emergency", all(alarm("chest_pain")), 72, "EM-06", "EM-06"},
		{"only red", all(erythema(2)), 100, "", ""},
	} {
		s := new(story)
		s.h.Rollers = []Roller{{ID: "first", NeedleMM: 0.5}, {ID: "middle", NeedleMM: 0.5}, {ID: "after", NeedleMM: 0.5}}
		by := func(id string) func(*Session) { return func(s *Session) { s.RollerID = id } }
		s.roll(0, 0.5, by("first")).tell(c.h, c.says).roll(c.h+1, 0.5, by("middle")).tell(c.h+2, calmly()).roll(c.h+500, 0.5, by("after"))
		v := s.at(c.h + 501)
		for id, want := range map[string]string{"first": c.rule, "middle": c.middle, "after": ""} {
			got := v.Rollers[id]
			if got.QuarantinedBy != want || (want != "") != got.QuarantinedAt.Equal(hour(c.h)) {
				t.Errorf("%s, %s: %q at %v, want %q", c.name, id, got.QuarantinedBy, got.QuarantinedAt, want)
			}
		}
	}
}
