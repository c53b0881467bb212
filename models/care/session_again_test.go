package care

import (
	"slices"
	"testing"
)

// DQ-01: rolling twice on a warned scalp resets as little as rolling once, even
// where the word between the two sessions was a mild one.
func TestRollingTwiceOnAWarnedScalpResetsNothing(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(90, all(erythema(1))).tell(96, all(erythema(2))).
		roll(100, 0.5).tell(101, all(erythema(1))).
		roll(120, 0.5).tell(121, all(erythema(1), pain(7), swelling(2)))
	v := s.at(121)
	if e := s.at(119).Episodes[0]; e.Tier != Expected {
		t.Fatalf("the word before the second session is no mild one: %v", e.Tier)
	}
	for _, rule := range []string{"SD-06", "SD-07"} {
		wantRule(t, v, "report-3", rule, true)
	}
}

// SD-07, SD-12: lows are those since the newest session, with or without an
// episode that is still open.
func TestANewSessionBeginsNewLows(t *testing.T) {
	for name, before := range map[string]Answers{"calm before": calmly(), "an open episode before": all(itch(1))} {
		s := new(story).roll(0, 0.5).tell(60, before).roll(100, 0.5).tell(150, all(swelling(2), erythema(2)))
		for _, rule := range []string{"SD-07", "SD-12"} {
			if got := rules(s.at(150), "report-1"); slices.Contains(got, rule) {
				t.Errorf("%s: %s against what was told before the session; fired %v", name, rule, got)
			}
		}
		s.tell(152, all(swelling(3), erythema(2)))
		if got := rules(s.at(152), "report-2"); !slices.Contains(got, "SD-07") {
			t.Errorf("%s: no SD-07 against what was told since; fired %v", name, got)
		}
	}
}

// DQ-12 c: the calm report must lie between that session and the symptom.
func TestACalmReportOfAnEarlierCycleMakesNoLateOnset(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(50, calmly()).roll(100, 0.5).tell(270, all(itch(1)))
	if got := s.at(270).Reports["report-1"].Title; got != "warning.DS-01.b" {
		t.Errorf("title %s", got)
	}
}

// RS-06: a second, milder episode within the hold of the first does not shorten
// it, though by itself it would hold for 48 h only.
func TestTheLongerHoldOfTwoEpisodesStands(t *testing.T) {
	before := func(s *Session) { s.Baseline = Baseline{Itch: new(3)} }
	s := new(story).roll(0, 0.25, before).
		tell(100, all(itch(8))).tell(110, calmly()).
		tell(120, all(itch(8))).tell(130, all(itch(2))).tell(140, calmly())
	held := func(h float64) bool {
		return slices.ContainsFunc(s.at(h).Rest.Blocks, func(b Block) bool { return b.Rule == "RS-06" && b.Until.Equal(hour(140+7*24)) })
	}
	if !held(141) || !held(140+7*24-ms) || s.at(140+7*24).Rest.State != RestReady {
		t.Errorf("an hour after it closed: %+v", s.at(141).Rest.Blocks)
	}
}

// DQ-02: silence adds to what the last report said, it takes nothing away.
func TestSilenceNeverLowersTheTierOfAnEpisode(t *testing.T) {
	for tier, says := range map[Tier]Answers{SameDay: all(itch(1), discharge("thick")), Emergency: all(itch(1), alarm("chest_pain"))} {
		v := new(story).roll(0, 0.5).tell(100, says).at(300)
		if w := warned(t, v, DoctorSoon); !w.Fired[len(w.Fired)-1].ByTime {
			t.Fatalf("silence fired nothing: %+v", w)
		}
		if e := v.Episodes[0]; e.Tier != tier {
			t.Errorf("%v has become %v", tier, e.Tier)
		}
	}
}
