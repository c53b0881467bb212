package care

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// calmer makes one answer of a report calmer. What was left out stays so.
func calmer(t *rapid.T, a *Answers) {
	lower := func(v **int, top int) {
		if *v != nil && **v > 0 && **v <= top { // beyond it the answer is unknown
			*v = new(rapid.IntRange(0, **v-1).Draw(t, "lower"))
		}
	}
	no := func(v *string, to string) {
		if *v != "" {
			*v = to
		}
	}
	empty := func(s *Set) {
		if *s != nil {
			*s = Set{}
		}
	}
	switch rapid.IntRange(0, 16).Draw(t, "calmer") {
	case 0:
		lower(&a.Erythema, 3)
	case 1:
		lower(&a.Swelling, 3)
	case 2:
		lower(&a.Warmth, 3)
	case 3:
		lower(&a.Flaking, 3)
	case 4:
		lower(&a.Pain, 10)
	case 5:
		lower(&a.Itch, 10)
	case 6:
		lower(&a.Burning, 10)
	case 7:
		no(&a.Extent, "rolled_area")
	case 8:
		empty(&a.Discharge)
	case 9:
		no(&a.Odour, "no")
	case 10:
		no(&a.TenderNodes, "no")
	case 11:
		no(&a.Lumps, "none")
	case 12:
		no(&a.Bleeding, "none")
	case 13:
		empty(&a.Systemic)
	case 14:
		empty(&a.Alarm)
	case 15:
		empty(&a.Skin)
	case 16:
		a.SpreadingFast = new(false)
		no(&a.Feverish, "no")
		no(&a.Trend, "better")
		if a.TemperatureC != nil {
			a.TemperatureC = new(36.6)
		}
	}
}

// rises are the written rules that a calmer answer before may bring: the scalp
// has come back from less (SD-07, SD-12, WT-05, WT-09).
var rises = []string{"SD-07", "SD-12", "WT-05", "WT-09"}

// A calmer answer in place of a less calm one, in any report of a history, never
// gives any report a worse verdict. The written rules that break it are named.
func TestACalmerAnswerNeverGivesAWorseVerdict(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := genHistory(t)
		if len(h.Reports) == 0 {
			t.Skip("nothing told")
		}
		p := genPerson(t, allTold)
		before := Assess(h, p, allTold)
		h = cloned(h)
		i := rapid.IntRange(0, len(h.Reports)-1).Draw(t, "of")
		calmer(t, &h.Reports[i].Answers)
		after := Assess(h, p, allTold)
		for id, is := range after.Reports {
			was := before.Reports[id]
			switch {
			case is.Tier <= was.Tier:
			case slices.ContainsFunc(rises, func(rule string) bool { return slices.Contains(is.Rules, rule) && !slices.Contains(was.Rules, rule) }):
			case is.AtRisk && !was.AtRisk: // RK-24: an infection counts from the close of its episode on
			case len(h.Clinician)+len(h.Acks) > 0 && slices.Contains(is.Rules, "SD-17") && !slices.Contains(was.Rules, "SD-17"):
				// a clinician answers what was told before: what begins after the visit is unanswered
			default:
				t.Fatalf("%s calmer: %s was %v by %v, is %v by %v", h.Reports[i].ID, id, was.Tier, was.Rules, is.Tier, is.Rules)
			}
		}
	})
}

// SD-17 is one of the written rules above: a visit stops it for a rule that held
// before. Where the report before the visit is calmer, the rule begins after it.
func TestAVisitAnswersOnlyWhatWasToldBefore(t *testing.T) {
	course := func(before int) *story {
		return new(story).roll(0, 0.5).tell(100, all(flaking(before))).clinician(110, OutcomeSeen).
			tell(119, all(flaking(3))).tell(191, all(flaking(3)))
	}
	checkFires(t, []fires{
		{"flaking 3 before the visit", course(3), "SD-17", false},
		{"flaking 2 before the visit", course(2), "SD-17", true},
	})
}
