package care

import (
	"slices"
	"testing"
)

// warned is the warning of a tier in the last episode.
func warned(t *testing.T, v Verdict, tier Tier) Warning {
	t.Helper()
	for _, w := range slices.Backward(v.Warnings) {
		if w.Tier == tier {
			return w
		}
	}
	t.Fatalf("no %v warning in %+v", tier, v.Warnings)
	return Warning{}
}

func TestOneWarningPerEpisodeAndTier(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(30, all(odour("yes"))).tell(31, all(odour("yes"), discharge("thick"))).tell(32, all(discharge("thick")))
	w := warned(t, s.at(33), SameDay)
	want := []Fired{{Rule: "SD-02", At: hour(30)}, {Rule: "SD-01", At: hour(31)}}
	if len(s.at(33).Warnings) != 1 || !slices.Equal(w.Fired, want) || w.Rule() != "SD-02" || w.Title != "warning.SD-01" ||
		!slices.Equal(w.Reports, []string{"report-0", "report-1", "report-2"}) || w.Episode != "report-0" {
		t.Errorf("%+v", s.at(33).Warnings)
	}
	// After a calm report the same sign is a new episode and a new warning.
	s.tell(33, calmly()).tell(34, all(discharge("thick")))
	if got := s.at(35).Warnings; len(got) != 2 || got[1].Episode != "report-4" {
		t.Errorf("%+v", got)
	}
}

func TestALowerReportDoesNotEndASameDayWarning(t *testing.T) {
	pus, fine := all(discharge("thick")), calmly()
	base := func() *story { return new(story).roll(0, 0.5).tell(30, pus) }
	lacking := all(unsaid(func(a *Answers) { a.Discharge = nil }), itch(1))
	for _, c := range []struct {
		name string
		s    *story
		end  float64 // 0: active
	}{
		{"calm reports alone", base().tell(40, fine).tell(80, fine), 0},
		{"an acknowledgement alone", base().ack(31, SameDay, "watching"), 0},
		{"two reports 24 h apart, then acknowledged", base().tell(40, fine).tell(64, fine).ack(70, SameDay, "watching"), 70},
		{"acknowledged, then two reports 24 h apart", base().ack(31, SameDay, "will_book").tell(40, fine).tell(64, fine), 64},
		{"less than 24 h", base().ack(31, SameDay, "will_book").tell(40, fine).tell(64-ms, fine), 0},
		{"the acknowledgement of another tier", base().ack(31, Emergency, "will_book").tell(40, fine).tell(64, fine), 0},
		{"acknowledged before it", new(story).roll(0, 0.5).ack(29, SameDay, "will_book").tell(30, pus).tell(40, fine).tell(64, fine), 0},
		{"acknowledged at its moment", base().ack(30, SameDay, "will_book").tell(40, fine).tell(64, fine), 64},
		{"reports that do not answer", base().ack(31, SameDay, "will_book").tell(40, lacking).tell(70, lacking), 0},
		{"no word of fever", base().ack(31, SameDay, "will_book").tell(40, all(feverish(""))).tell(70, all(feverish(""))), 0},
		{"measured", base().ack(31, SameDay, "will_book").tell(40, all(feverish(""), celsius(36.6))).tell(64, fine), 64},
		{"the trigger between", base().ack(31, SameDay, "will_book").tell(40, fine).tell(50, pus).tell(64, fine), 0},
		{"a new rule after the acknowledgement", base().ack(31, SameDay, "will_book").tell(32, all(discharge("thick"), odour("yes"))).tell(40, fine).tell(64, fine), 0},
		{"the same rule after the acknowledgement", base().ack(31, SameDay, "will_book").tell(32, pus).tell(40, fine).tell(64, fine), 64},
		{"seen", base().clinician(50, OutcomeSeen), 50},
		{"seen before it", new(story).roll(0, 0.5).clinician(29, OutcomeSeen).tell(30, pus), 0},
		{"cleared", base().clinician(50, OutcomeCleared), 50},
		{"booked", base().clinician(50, OutcomeBooked), 0},
		{"acknowledged as seen", base().ack(50, SameDay, "seen"), 50},
		{"acknowledged as booked", base().ack(50, SameDay, "booked"), 0},
		{"seen, told in the report of the trigger", new(story).roll(0, 0.5).tell(30, all(discharge("thick"), func(a *Answers) { a.SeenByClinician = true })), 0},
		{"seen, told in a later report", base().tell(50, all(itch(1), func(a *Answers) { a.SeenByClinician = true })), 50},
		{"seen, and back again", base().clinician(50, OutcomeSeen).tell(90, pus), 0},
		{"back again, and gone without a word", base().clinician(50, OutcomeSeen).tell(90, pus).tell(100, fine).tell(130, fine), 0},
	} {
		// Two episodes may have one: the older is meant, but where it is back.
		w := c.s.at(200).Warnings[0]
		if c.end == 0 && (w.State != WarningActive || !w.ResolvedAt.IsZero()) {
			t.Errorf("%s: %v at %v", c.name, w.State, w.ResolvedAt)
		}
		if c.end != 0 && (w.State != WarningResolved || !w.ResolvedAt.Equal(hour(c.end))) {
			t.Errorf("%s: %v at %v, want resolved at %v h", c.name, w.State, w.ResolvedAt, c.end)
		}
	}
}

func TestAnEmergencyEndsTheSameWay(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(30, all(alarm("chest_pain"))).ack(31, Emergency, "will_book").tell(40, calmly()).tell(64, calmly())
	if w := warned(t, s.at(65), Emergency); w.State != WarningResolved || !w.ResolvedAt.Equal(hour(64)) {
		t.Errorf("%+v", w)
	}
}

func TestTheTierOfAnEpisodeIsThatOfItsLastWord(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(96, all(erythema(2))).tell(97, all(erythema(1)))
	if e := s.at(98).Episodes[0]; e.Tier != Expected || e.PeakTier != DoctorSoon {
		t.Errorf("milder again: %+v", e)
	}
	s.roll(100, 0.5).tell(101, all(erythema(2)))
	wantRule(t, s.at(101), "report-2", "DS-04", false) // the last word before rolling was no T2
	// A T2 that says nothing of the scalp counts.
	s = new(story).roll(0, 0.5).tell(80, Answers{Trend: "worse"})
	if e := s.at(81).Episodes[0]; e.Tier != DoctorSoon {
		t.Errorf("a partial T2: %+v", e)
	}
	s.roll(90, 0.5).tell(100, all(erythema(2)))
	wantRule(t, s.at(100), "report-1", "DS-04", true)
	// A partial report of less does not.
	s = new(story).roll(0, 0.5).tell(96, all(erythema(2))).tell(97, Answers{Itch: new(0)}).roll(98, 0.5).tell(99, all(erythema(2)))
	wantRule(t, s.at(99), "report-2", "DS-04", true)
}

func TestStatesOfTheWarningsOfAnEpisode(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(100, all(erythema(2))).tell(101, all(erythema(2), discharge("thick"))).tell(102, all(erythema(2), alarm("chest_pain")))
	v := s.at(103)
	for tier, want := range map[Tier]WarningState{DoctorSoon: WarningSuperseded, SameDay: WarningSuperseded, Emergency: WarningActive} {
		if got := warned(t, v, tier).State; got != want {
			t.Errorf("%v is %v, want %v", tier, got, want)
		}
	}
	v = s.clinician(110, OutcomeSeen).at(111)
	for tier, want := range map[Tier]WarningState{DoctorSoon: WarningActive, SameDay: WarningResolved, Emergency: WarningResolved} {
		if got := warned(t, v, tier).State; got != want {
			t.Errorf("once seen, %v is %v, want %v", tier, got, want)
		}
	}
	v = s.tell(120, calmly()).at(121)
	if got := warned(t, v, DoctorSoon); got.State != WarningResolved || !got.ResolvedAt.Equal(hour(120)) {
		t.Errorf("once closed %+v", got)
	}
}

func TestAnEarlierInfectionPutsAtRisk(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(30, all(discharge("thick"))).tell(40, all(erythema(1))).tell(50, calmly())
	v := s.at(50)
	if v.AtRisk || v.Reports["report-1"].AtRisk || !v.Next.Equal(hour(50).Add(tick)) {
		t.Errorf("at risk within the episode: %v, %+v, next %v", v.AtRisk, v.Reports["report-1"], v.Next)
	}
	s.tell(51, all(erythema(1)))
	if v := s.at(52); !v.AtRisk || !v.Reports["report-3"].AtRisk {
		t.Errorf("not at risk after it: %+v", v.Reports["report-3"])
	}
	s = new(story).roll(0, 0.5).tell(1, all(erythema(1)))
	s.h.EarlierInfections = []Span{{From: hour(-9000)}}
	if v := s.at(2); !v.AtRisk || !v.Reports["report-0"].AtRisk || v.Sessions["session-0"].Days != 21 {
		t.Errorf("an infection of old: %+v", v)
	}
	// A T2 episode is none.
	s = new(story).roll(0, 0.5).tell(100, all(erythema(2))).tell(101, calmly())
	if s.at(200).AtRisk {
		t.Error("at risk after a T2")
	}
}

// DQ-05: what is left out lowers nothing. A report of one answer between two
// that tell the same does not start SD-07 and WT-04 anew; one that answers the
// four main signs does.
func TestAPartialReportRestartsNoCount(t *testing.T) {
	only := func(change says) Answers {
		var a Answers
		change(&a)
		return a
	}
	for name, c := range map[string]struct {
		between Answers
		rules   [2]string
	}{
		"one answer":  {only(pain(0)), [2]string{"SD-07", "WT-04"}},
		"three signs": {Answers{Erythema: new(1), Warmth: new(0), Pain: new(0)}, [2]string{"SD-07", "WT-04"}},
		"all four":    {all(erythema(1)), [2]string{"WT-09", "WT-01"}},
	} {
		rising := new(story).roll(0, 0.5).tell(40, all(erythema(1))).tell(60, all(erythema(1), swelling(1))).
			tell(65, c.between).tell(69, all(erythema(1), swelling(1)))
		if got := rising.at(69).Reports["report-3"].Rule; got != c.rules[0] {
			t.Errorf("%s: the rise is %s, want %s", name, got, c.rules[0])
		}
		lasting := new(story).roll(0, 0.5).tell(30, all(erythema(3))).tell(40, c.between).tell(51, all(erythema(2)))
		if got := lasting.at(51).Reports["report-2"].Rule; got != c.rules[1] {
			t.Errorf("%s: what lasts is %s, want %s", name, got, c.rules[1])
		}
	}
}
