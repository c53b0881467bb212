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

// What is left out is not gone (DQ-05, DQ-06).
func TestAWarningEndsOnlyByReportsThatAnswerWhatItWasRaisedFor(t *testing.T) {
	every := all(func(a *Answers) { a.SpreadingFast = nil })
	for name, leave := range map[string]func(a *Answers){
		"extent":       func(a *Answers) { a.Extent = "" },
		"odour":        func(a *Answers) { a.Odour = "" },
		"tender nodes": func(a *Answers) { a.TenderNodes = "" },
		"bleeding":     func(a *Answers) { a.Bleeding = "" },
		"skin":         func(a *Answers) { a.Skin = nil },
		"discharge":    func(a *Answers) { a.Discharge = nil },
		"lumps":        func(a *Answers) { a.Lumps = "" },
		"systemic":     func(a *Answers) { a.Systemic = nil },
		"alarm":        func(a *Answers) { a.Alarm = nil },
		"fever":        func(a *Answers) { a.Feverish = "" },
		"pain":         func(a *Answers) { a.Pain = nil },
		"itch":         func(a *Answers) { a.Itch = nil },
		"flaking":      func(a *Answers) { a.Flaking = nil },
		"burning":      func(a *Answers) { a.Burning = nil },
	} {
		s := new(story).roll(0, 0.5).tell(50, all(odour("yes"), extent("spreading"))).ack(51, SameDay, "watching")
		partly := every
		leave(&partly)
		s.tell(60, partly).tell(85, partly)
		if got := s.at(86).Warnings[0].State; got != WarningActive {
			t.Errorf("%s left out twice: %v", name, got)
		}
		s.tell(90, every).tell(114, every)
		if got := s.at(115).Warnings[0].State; got != WarningResolved {
			t.Errorf("%s, then everything answered twice: %v", name, got)
		}
	}
}

func TestSpreadingFastAndAWorseTrendAreGoneOnlyOnceAnswered(t *testing.T) {
	state := func(s *story, tier Tier, answers Answers) WarningState {
		s.ack(101, tier, "watching").tell(110, answers).tell(135, answers)
		for _, w := range s.at(136).Warnings {
			if w.Tier == tier {
				return w.State
			}
		}
		return ""
	}
	fast := func() *story {
		return new(story).roll(0, 0.5).tell(100, all(erythema(1), func(a *Answers) { a.SpreadingFast = new(true) }))
	}
	unsaid := all(erythema(1), func(a *Answers) { a.SpreadingFast = nil })
	if got := state(fast(), Emergency, unsaid); got != WarningActive {
		t.Errorf("spreading fast, left out twice: %v", got)
	}
	if got := state(fast(), Emergency, all(erythema(1))); got != WarningResolved {
		t.Errorf("spreading fast, answered twice: %v", got)
	}
	worse := func() *story {
		return new(story).risk("diabetes").roll(0, 0.5).tell(60, all(itch(1))).tell(100, all(itch(1), trend("worse")))
	}
	if got := state(worse(), SameDay, all(itch(1))); got != WarningActive {
		t.Errorf("worse, left out twice: %v", got)
	}
	if got := state(worse(), SameDay, all(itch(1), trend("same"))); got != WarningResolved {
		t.Errorf("worse, answered twice: %v", got)
	}
	if got := state(worse(), SameDay, calmly()); got != WarningResolved {
		t.Errorf("worse, then calm twice: %v", got)
	}
}

func TestARoutineRuleNeverSpeaksOverAnother(t *testing.T) {
	scar, blank := skin("raised_scar"), func() *story { return new(story).roll(0, 0.5) }
	atRisk := func() *story { return blank().risk("diabetes") }
	bleeds := bleeding("pinpoint") // WT-01 and no T2 of its own; with no session a scar is DS-13 at once
	unrolled := func() *story { return new(story).risk("diabetes") }
	for _, c := range []struct {
		name, title string
		s           *story
		at          float64
	}{
		{"a scar alone", "warning.DS-13", blank().tell(400, all(scar)), 400},
		{"a scar joins what lasts", "warning.DS-01.a", blank().tell(330, all(pain(1))).tell(340, all(pain(1), scar)), 340},
		{"what lasts joins a scar", "warning.DS-01.a", blank().tell(340, all(scar)).tell(341, all(pain(1))), 341},
		{"ten days join both", "warning.DS-10", blank().tell(340, all(scar)).tell(341, all(pain(1))), 450},
		{"at risk joins a rash", "warning.DS-07", atRisk().tell(10, all(skin("rash"))).tell(12, all(erythema(3))), 12},
		{"a rash joins at risk", "warning.DS-07", atRisk().tell(10, all(erythema(3))).tell(12, all(skin("rash"))), 12},
		{"at risk alone", "warning.WT-07", atRisk().tell(10, all(erythema(3))), 12},
		{"at risk with a scar", "warning.WT-07", unrolled().tell(0, all(scar, bleeds)), 0},
		{"a scar joins at risk", "warning.WT-07", unrolled().tell(0, all(bleeds)).tell(1, all(scar, bleeds)), 1},
	} {
		v, got := c.s.at(c.at), ""
		for _, w := range v.Warnings {
			if w.Tier == DoctorSoon {
				got = w.Title
			}
		}
		if got != c.title {
			t.Errorf("%s: %q, want %q", c.name, got, c.title)
		}
	}
	if got := unrolled().tell(0, all(scar, bleeds)).at(0).Reports["report-0"]; got.Rule != "DS-13" || got.Title != "warning.WT-07" {
		t.Errorf("the report speaks as the warning does: %+v", got)
	}
}

// DQ-11, DQ-12: a warning keeps no softer words than the scalp deserves, and
// asks anew when it takes graver ones.
func TestTheWordsOfAWarningClimbWithTheScalp(t *testing.T) {
	itchedBefore := func(x *Session) { x.Baseline.Itch = new(3) }
	s := new(story).roll(0, 0.25, itchedBefore).tell(100, all(itch(2)))
	for _, c := range []struct {
		at    float64
		tell  Answers
		title string
		asked float64
	}{
		{190, all(itch(2)), "warning.DS-01.baseline", 168 + tick.Hours()},
		{191, all(itch(2), burning(1)), "warning.DS-01.b", 191},
		{192, all(itch(2), erythema(1)), "warning.DS-01.a", 192},
		{193, all(itch(2)), "warning.DS-01.a", 192},
	} {
		s.tell(c.at, c.tell)
		w := s.at(c.at).Warnings[0]
		if w.Title != c.title {
			t.Errorf("at %v h: %s, want %s", c.at, w.Title, c.title)
		}
		wantAsked(t, w, c.asked)
	}
}

// RM-10: "if it is still there" ends with a report that says that it is, by
// whatever rule of the tier; the answer to those words answers the new ones not.
func TestAReportThatConfirmsWhatSilenceRaisedIsAskedAbout(t *testing.T) {
	s := new(story).risk("diabetes").tell(0, all(pain(2))).tell(72, all(pain(2))) // SD-17 by the report, SD-15 at 204 h
	s.p.Risks[0].Until = DateOf(hour(400))
	s.ack(250, SameDay, "watching")
	if w := warned(t, s.at(251), SameDay); w.Title != "warning.SD-15.silent" {
		t.Fatalf("in silence: %+v", w)
	}
	s.tell(460, all(warmth(1))) // no risk any more: SD-17 alone
	w := warned(t, s.at(461), SameDay)
	if w.Title != "warning.SD-17" {
		t.Errorf("confirmed by a report: %s", w.Title)
	}
	wantAsked(t, w, 460)
	s.tell(500, calmly()).tell(530, calmly())
	if w := warned(t, s.at(531), SameDay); w.State != WarningActive {
		t.Errorf("the answer to the softer words ended it: %+v", w)
	}
}

// DQ-06: a trigger that is back takes away what the calm reports before it had
// shown, whether it opens a new episode or the old one still runs.
func TestATriggerThatIsBackAsksForTwoNewReports(t *testing.T) {
	pus := all(discharge("thick"))
	for name, between := range map[string]Answers{"a new episode": calmly(), "the same episode": all(erythema(1))} {
		s := new(story).roll(0, 0.5).tell(30, pus).tell(40, between).tell(70, between).tell(80, pus).ack(81, SameDay, "watching")
		for _, w := range s.at(82).Warnings {
			if w.Tier == SameDay && w.State != WarningActive {
				t.Errorf("%s, acknowledged an hour after the trigger was back: %v at %v", name, w.State, w.ResolvedAt)
			}
		}
		s.tell(90, between).tell(114, between)
		if w := warned(t, s.at(115), SameDay); w.State != WarningResolved || !w.ResolvedAt.Equal(hour(114)) {
			t.Errorf("%s, two new reports: %v at %v", name, w.State, w.ResolvedAt)
		}
	}
}
