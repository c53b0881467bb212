package care

import (
	"testing"
	"time"
)

// Leaving out "spreads fast" and the trend holds only what they had raised.
func TestATriggerOfOldAsksNothingOfOtherWarnings(t *testing.T) {
	unsaid := all(func(a *Answers) { a.SpreadingFast = nil }, erythema(1))
	calmUnsaid := all(func(a *Answers) { a.SpreadingFast = nil })
	for _, c := range []struct {
		name string
		s    *story
		tier Tier
	}{
		{"pus beside fast spreading", new(story).roll(0, 0.5).tell(100, all(fast(), discharge("thick"))).ack(101, SameDay, "watching").
			tell(110, unsaid).tell(135, unsaid), SameDay},
		{"black skin, not spreading", new(story).roll(0, 0.5).tell(100, all(alarm("skin_black_or_numb"))).ack(101, Emergency, "watching").
			tell(110, unsaid).tell(135, unsaid), Emergency},
		{"chest pain beside a worse trend", new(story).roll(0, 0.5).tell(100, all(alarm("chest_pain"), trend("worse"))).ack(101, Emergency, "watching").
			tell(110, unsaid).tell(135, unsaid), Emergency},
		{"pus beside a worse trend", new(story).roll(0, 0.5).tell(30, all(discharge("thick"), trend("worse"))).ack(31, SameDay, "watching").
			tell(40, unsaid).tell(65, unsaid), SameDay},
		{"chest pain once fast spreading was seen", new(story).roll(0, 0.5).tell(50, all(fast())).clinician(60, OutcomeSeen).tell(70, calmUnsaid).
			tell(80, all(alarm("chest_pain"))).ack(81, Emergency, "watching").tell(90, calmUnsaid).tell(115, calmUnsaid), Emergency},
		{"pus once a worse trend was seen", new(story).risk("diabetes").roll(0, 0.5).tell(80, all(itch(1), trend("worse"))).clinician(90, OutcomeSeen).
			tell(95, calmUnsaid).tell(100, all(discharge("thick"))).ack(101, SameDay, "watching").tell(110, unsaid).tell(135, unsaid), SameDay},
	} {
		if w := warned(t, c.s.at(140), c.tier); w.State != WarningResolved {
			t.Errorf("%s: %+v", c.name, w)
		}
	}
}

func TestOnlyAWatchWithoutAnEpisodeHasItsOwnCalm(t *testing.T) {
	if got := new(story).roll(0, 0.5).tell(50, all(itch(5))).tell(60, calmly()).at(61).Rest.CalmUntil; !got.IsZero() {
		t.Errorf("an episode: calm until %v", got)
	}
	if got := new(story).roll(0, 0.5).tell(50, all(celsius(38.5))).tell(60, all(celsius(38.5))).at(61).Rest.CalmUntil; !got.IsZero() {
		t.Errorf("still feverish: calm until %v", got)
	}
	s := new(story).roll(0, 0.5).tell(200, all(skin("lasting_marks"))).tell(210, calmly())
	if got := s.at(211).Rest.CalmUntil; !got.Equal(hour(210 + 48)) {
		t.Errorf("a watch alone: calm until %v", got)
	}
}

// A flag that was taken away counts for the time at which it stood.
func TestAFlagTakenAwayCountsForItsTime(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(80, all(erythema(1))).tell(90, all(erythema(1))).tell(100, all(erythema(1)))
	for _, c := range []struct {
		code string
		want [3]bool
	}{{"diabetes", [3]bool{false, true, false}}, {"keloid", [3]bool{}}} {
		s.p.Risks = []Risk{{Code: c.code, SetAt: hour(90), EndedAt: hour(100)}}
		v := s.at(101)
		for i, id := range []string{"report-0", "report-1", "report-2"} {
			if v.Reports[id].AtRisk != c.want[i] {
				t.Errorf("%s, %s: at risk %v", c.code, id, v.Reports[id].AtRisk)
			}
		}
		if v.AtRisk || v.Rest.State == RestBlocked && v.Rest.Blocks[0].Rule == "RS-07" {
			t.Errorf("%s still counts: %+v", c.code, v.Rest)
		}
	}
	s.p.Risks[0] = Risk{Code: "diabetes", SetAt: hour(0), EndedAt: hour(90).Add(time.Nanosecond)}
	if v := s.at(101); !v.Reports["report-1"].AtRisk || v.Reports["report-2"].AtRisk {
		t.Errorf("the end is not exact: %+v", v.Reports)
	}
}
