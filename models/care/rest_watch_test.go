package care

import (
	"slices"
	"testing"
)

// T1 means that rolling pauses, with or without an episode (section 1).
func TestRollingPausesAfterAWatchWithoutAnEpisode(t *testing.T) {
	for name, told := range map[string]Answers{
		"a fever alone":      all(celsius(38.6)),
		"a raised scar":      all(skin("raised_scar")),
		"a trend":            all(trend("worse")),
		"the four left out":  {Feverish: "no"},
		"a fever, partially": {TemperatureC: new(37.6)},
	} {
		s := new(story).roll(0, 0.25).tell(60, calmly()).tell(61, all(trend("worse"))).tell(65, calmly())
		at := 216.0
		if name == "a trend" { // at 48 to 72 h only
			s, at = new(story).roll(0, 0.25).tell(60, calmly()), 70
		}
		s.tell(at, told).tell(at+1, Answers{Erythema: new(0)}) // partial: no calm
		v := s.at(at + 200)
		if len(v.Episodes) != 0 || v.Rest.State != RestBlocked || v.Rest.Blocks[0].Rule != "RS-03" || !v.Rest.Blocks[0].Until.IsZero() {
			t.Errorf("%s: %d episodes, rest %+v", name, len(v.Episodes), v.Rest)
		}
		if got := rulesOf(s.roll(at+201, 0.25).at(at + 201).Sessions["session-1"].Advisories); !slices.Contains(got, "RS-03") {
			t.Errorf("%s: advice on rolling all the same %v", name, got)
		}
	}
}

func TestAWatchWithoutAnEpisodeEnds48hAfterACalmReport(t *testing.T) {
	s := new(story).roll(0, 0.25).tell(90, calmly()).tell(216, all(celsius(38.6))).tell(230, calmly()).tell(240, calmly())
	v := s.at(277.9)
	if v.Rest.State != RestBlocked || !v.Rest.Blocks[0].Until.Equal(hour(278)) || !v.Next.Equal(hour(278)) {
		t.Errorf("rest %+v, next %v, want RS-03 until 278 h", v.Rest, v.Next)
	}
	if v = s.at(278); v.Rest.State != RestReady || !v.Rest.CalmUntil.Equal(hour(278)) {
		t.Errorf("48 h after the first calm report: %+v", v.Rest)
	}
	if v = s.at(278 + 9*24); !v.Rest.CalmUntil.IsZero() {
		t.Errorf("the plan looks back 9 d: %+v", v.Rest)
	}
	// A watch after an episode that has just closed begins anew.
	v = new(story).roll(0, 0.25).tell(90, all(itch(1))).tell(100, calmly()).tell(110, all(skin("raised_scar"))).at(200)
	if v.Rest.State != RestBlocked || v.Rest.Blocks[0].Rule != "RS-03" {
		t.Errorf("48 h after the calm report before it: %+v", v.Rest)
	}
}

func TestAnOldWatchCountsUntilTheNextSession(t *testing.T) {
	s := new(story).roll(0, 0.25).tell(90, calmly()).tell(216, all(skin("raised_scar")))
	if v := s.at(216 + 300*24); v.Rest.State != RestBlocked {
		t.Errorf("300 d of silence: %+v", v.Rest)
	}
	blocked := func(v Verdict) bool {
		return slices.ContainsFunc(v.Rest.Blocks, func(b Block) bool { return b.Rule == "RS-03" })
	}
	s.roll(240, 0.25)
	if v := s.at(216 + 45*24); !blocked(v) || !v.Next.Equal(hour(216+45*24).Add(tick)) {
		t.Errorf("45 d after it: %+v, next %v", v.Rest, v.Next)
	}
	if v := s.at(217 + 45*24); blocked(v) || v.Rest.State != RestBlocked {
		t.Errorf("after 45 d the check-in since the new session is what is missing: %+v", v.Rest)
	}
}

// DV-07: which of several rollers brought it in nobody knows.
func TestEveryRollerThatMayHaveCausedItIsQuarantined(t *testing.T) {
	use := func(id string) func(*Session) { return func(s *Session) { s.RollerID = id } }
	pus := all(discharge("thick"))
	for _, c := range []struct {
		name string
		s    *story
		want []string
	}{
		{"two of one evening", new(story).roll(0, 0.5, use("a")).roll(1, 0.5, use("b")).tell(50, pus), []string{"a", "b"}},
		{"two of one evening, long ago", new(story).roll(0, 0.5, use("a")).roll(1, 0.5, use("b")).tell(400, pus), []string{"a", "b"}},
		{"two of a week", new(story).roll(0, 0.25, use("a")).roll(96, 0.25, use("b")).tell(100, pus), []string{"a", "b"}},
		{"at the end of the week", new(story).roll(0, 0.25, use("a")).roll(96, 0.25, use("b")).tell(168, pus), []string{"a", "b"}},
		{"older than a week", new(story).roll(0, 0.25, use("a")).roll(96, 0.25, use("b")).tell(168.1, pus), []string{"b"}},
		{"a mild beginning", new(story).roll(0, 0.25, use("a")).roll(96, 0.25, use("b")).tell(97, all(erythema(1))).tell(160, pus), []string{"a", "b"}},
		{"used during the episode", new(story).roll(0, 0.25, use("a")).tell(10, all(erythema(1))).roll(20, 0.25, use("b")).tell(300, pus), []string{"a", "b"}},
		{"in silence", new(story).risk("kidney_disease").roll(0, 0.25, use("a")).roll(96, 0.25, use("b")).tell(150, all(pain(1))), []string{"a", "b"}},
		{"nothing but rest since", new(story).roll(0, 0.25, use("a")).tell(61*24, pus), nil},
	} {
		c.s.h.Rollers = []Roller{{ID: "a", NeedleMM: 0.25}, {ID: "b", NeedleMM: 0.25}}
		v := c.s.at(61 * 24)
		var got []string
		for _, id := range []string{"a", "b"} {
			if v.Rollers[id].QuarantinedBy != "" {
				got = append(got, id)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
