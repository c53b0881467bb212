package care

import (
	"testing"
)

func (s *story) answer(at float64, t Tier, action, report string) *story {
	s.h.Acks = append(s.h.Acks, Ack{At: hour(at), Tier: t, Action: action, Report: report})
	return s
}

func wantAsked(t *testing.T, w Warning, at float64) {
	t.Helper()
	if !w.AskedAt.Equal(hour(at)) {
		t.Errorf("%v asks since %v, want %v h", w.Tier, w.AskedAt, at)
	}
}

func TestAWarningAsksAnewWhenARuleJoinsAndWhenItsTriggerComesBack(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(50, all(erythema(1), odour("yes"))).tell(52, all(erythema(1), odour("yes")))
	wantAsked(t, s.at(53).Warnings[0], 50) // the same rule again is nothing new
	s.tell(54, all(erythema(1), discharge("thick")))
	wantAsked(t, s.at(55).Warnings[0], 54)
	s.clinician(56, OutcomeSeen).tell(60, all(erythema(1)))
	wantAsked(t, s.at(61).Warnings[0], 54)
	s.tell(70, all(erythema(1), odour("yes")))
	wantAsked(t, s.at(71).Warnings[0], 70)

	// In silence as well.
	wantAsked(t, new(story).roll(0, 0.5).tell(100, all(itch(1))).at(300).Warnings[0], 240+tick.Hours())
}

func TestAnAcknowledgementAnswersOnlyTheWarningOfItsEpisode(t *testing.T) {
	two := func(report string) Verdict {
		return new(story).roll(0, 0.5).tell(50, all(odour("yes"))).tell(60, calmly()).
			tell(100, all(discharge("thick"))).answer(101, SameDay, "watching", report).
			tell(110, calmly()).tell(135, calmly()).at(136)
	}
	for _, c := range []struct {
		report     string
		old, fresh WarningState
	}{
		{"report-0", WarningResolved, WarningActive},
		{"report-1", WarningResolved, WarningActive}, // any report of the episode
		{"report-2", WarningActive, WarningResolved},
		{"", WarningResolved, WarningResolved},
		{"report-4", WarningActive, WarningActive}, // of no episode
		{"gone", WarningActive, WarningActive},
	} {
		warnings := two(c.report).Warnings
		old, fresh := warnings[0], warnings[len(warnings)-1]
		if old.State != c.old || fresh.State != c.fresh {
			t.Errorf("answered by %q: %v and %v, want %v and %v", c.report, old.State, fresh.State, c.old, c.fresh)
		}
	}
}
