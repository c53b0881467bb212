package care

import (
	"testing"
	"time"
)

// Limits and conditions that no other test is near enough to.

// 14.1: SD-18 speaks of minoxidil where EM-06 would.
func TestSwollenHandsAreBlamedOnMinoxidilOnlyIfItIsUsed(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(30, all(alarm("swollen_hands_or_feet")))
	if w := warned(t, s.at(31), SameDay); w.Title != "warning.SD-18.other" {
		t.Errorf("without: %s", w.Title)
	}
	s.p.UsesMinoxidil = true
	if w := warned(t, s.at(31), SameDay); w.Title != "warning.SD-18" {
		t.Errorf("with: %s", w.Title)
	}
}

// DQ-06: the report that raises the warning is none of the two that end it.
func TestTheReportWithTheTriggerDoesNotCountAgainstIt(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(30, all(discharge("thick"))).tell(54.5, calmly()).ack(55, SameDay, "watching")
	if w := warned(t, s.at(60), SameDay); w.State == WarningResolved {
		t.Error("one report without the trigger is enough")
	}
	if w := warned(t, s.tell(79, calmly()).at(80), SameDay); w.State != WarningResolved {
		t.Errorf("two of them are not: %s", w.State)
	}
}

// DQ-09, DV-04: sessions within 12 h use a roller once.
func TestARollerUsedTwiceInADayIsWornOnce(t *testing.T) {
	with := func(s *Session) { s.RollerID = "roller" }
	s := new(story).roll(0, 1.5, with).roll(11, 1.5, with)
	s.h.Rollers = []Roller{{ID: "roller", NeedleMM: 1.5}}
	if has := advises(s.at(12), "session-1", "session.DV-04"); has {
		t.Error("the second session of a day wears a roller out")
	}
	s = new(story).roll(0, 1.5, with).roll(12, 1.5, with)
	s.h.Rollers = []Roller{{ID: "roller", NeedleMM: 1.5}}
	if !advises(s.at(13), "session-1", "session.DV-04") {
		t.Error("12 h later it is not worn")
	}
}

func advises(v Verdict, session, code string) bool {
	for _, a := range v.Sessions[session].Advisories {
		if a.Code == code {
			return true
		}
	}
	return false
}

// PG-15: the newest change counts, in whatever order they are given, and one of
// this moment does.
func TestTheNewestChangeCounts(t *testing.T) {
	now := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	worse, up := Progress{At: now.Add(-2 * day), Change: new(-1)}, Progress{At: now, Change: new(1)}
	if !better([]Progress{worse, up}, now) || !better([]Progress{up, worse}, now) {
		t.Error("the newest entry is an improvement")
	}
	if old := []Progress{{At: now.Add(-90 * day), Change: new(1)}}; !better(old, now) || better(old, now.Add(1)) {
		t.Error("an entry counts for so long")
	}
}

// RM-04: of two questions within three hours one is left, the first two as well.
func TestTheFirstTwoQuestionsAreOneToo(t *testing.T) {
	p := planPerson(t)
	p.QuietHours = Hours{}
	hurt := rolled(t, "s1", 0.5, 0)
	hurt.Pain = new(8)
	h := History{Sessions: []Session{hurt}, Reports: []Report{told(t, "r1", time.Hour, func(a *Answers) { a.Extent = "beyond" })}}
	if items := planOf(h, p, planStart(t).Add(time.Hour)); !has(items, KindCheckIn, "12h") || has(items, KindCheckIn, "again") {
		t.Errorf("%v", slotsOf(items, KindCheckIn))
	}
}

// RS-04: marks that a clinician has seen are a word on the scalp, so that the
// go-ahead is one and not a question.
func TestSeenMarksAnswerTheGoAhead(t *testing.T) {
	p := planPerson(t)
	marks := func(a *Answers) { a.Skin = Set{"lasting_marks"} }
	seen := func(a *Answers) { a.Skin, a.SeenByClinician = Set{"lasting_marks"}, true }
	h := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{told(t, "r1", day, marks), told(t, "r2", 30*time.Hour, seen)}}
	if items := planOf(h, p, planStart(t).Add(5*day)); !has(items, KindRestOver, "roll") || has(items, KindRestOver, "check_in_first") {
		t.Errorf("%v", slotsOf(items, KindRestOver))
	}
	h.Reports = h.Reports[:1]
	if items := planOf(h, p, planStart(t).Add(5*day)); !has(items, KindRestOver, "check_in_first") {
		t.Errorf("unseen: %v", slotsOf(items, KindRestOver))
	}
}

// DV-07: the first warning that throws a roller away keeps its name, and the
// roller of a session up to 7 d before goes with it.
func TestTheRollersOfAWarning(t *testing.T) {
	with := func(id string) func(*Session) { return func(s *Session) { s.RollerID = id } }
	rollers := []Roller{{ID: "first", NeedleMM: 0.5}, {ID: "second", NeedleMM: 0.5}}
	for at, want := range map[float64]string{168: "SD-01", 168 + ms: ""} {
		s := new(story).roll(0, 0.5, with("first")).roll(20, 0.5, with("second")).tell(at, all(discharge("thick"))).tell(at+1, all(discharge("thick"), alarm("chest_pain")))
		s.h.Rollers = rollers
		v := s.at(at + 2)
		if got := v.Rollers["first"].QuarantinedBy; got != want {
			t.Errorf("the first roller, pus at %v h: %q", at, got)
		}
		if got := v.Rollers["second"].QuarantinedBy; got != "SD-01" {
			t.Errorf("the second roller: %q", got)
		}
	}
}

// WT-12 counts from the use: so long after the session as the report says, else
// the time of the report.
func TestTheUseOfMinoxidilHasItsTime(t *testing.T) {
	used := func(hours *float64) func(*Answers) {
		return func(a *Answers) { a.Products = []Product{{Kind: "minoxidil", HoursAfterSession: hours}} }
	}
	for _, c := range []struct {
		burns int
		hours *float64
		want  bool
	}{{4, new(50.0), false}, {4, new(54.0), true}, {3, new(54.0), false}, {4, nil, true}} {
		s := new(story).roll(0, 0.5).tell(60, all(burning(c.burns), used(c.hours)))
		wantRule(t, s.at(61), "report-0", "WT-12", c.want)
	}
}

// RS-03 to RS-06 have words of their own.
func TestBlocksHaveTheirWords(t *testing.T) {
	for rule, v := range map[string]Verdict{
		"RS-03": new(story).roll(0, 0.25).tell(24, all(itch(1))).at(97),
		"RS-04": new(story).roll(0, 0.25).at(97),
		"RS-05": new(story).roll(0, 0.25).tell(24, all(discharge("thick"))).at(97),
		"RS-06": new(story).roll(0, 0.25).tell(24, all(itch(7))).at(97),
	} {
		if b := v.Rest.Blocks; len(b) == 0 || b[0].Rule != rule || b[0].Code != "rest."+rule {
			t.Errorf("%s: %+v", rule, b)
		}
	}
}

// HL-04 asks a doctor after six months, HL-06 speaks after 90 days.
func TestKindsOfHairLossHaveTheirTime(t *testing.T) {
	d := DateOf(t0)
	stops := (&HairLoss{Type: "telogen_effluvium", OnsetOn: d}).stops(time.Time{})
	if len(stops) != 1 || stops[0].rule != "HL-04" || !stops[0].from.Equal(dayBegins(d.AddDays(180))) {
		t.Errorf("HL-04: %+v", stops)
	}
	from, unknown := dayBegins(d.AddDays(90)), &HairLoss{Type: "unknown", SetOn: d}
	if unknown.info(from) != "HL-06" || unknown.info(from.Add(-1)) != "" {
		t.Error("HL-06")
	}
}

// DV-04: a session wears the roller that ten uses have worn, not the tenth.
func TestTheEleventhSessionWearsTheRoller(t *testing.T) {
	s := new(story)
	for i := range 11 {
		s.roll(float64(i)*100, 0.5, func(s *Session) { s.RollerID = "roller" })
	}
	s.h.Rollers = []Roller{{ID: "roller", NeedleMM: 0.5}}
	if v := s.at(1001); advises(v, "session-9", "session.DV-04") || !advises(v, "session-10", "session.DV-04") {
		t.Errorf("%+v, %+v", v.Sessions["session-9"].Advisories, v.Sessions["session-10"].Advisories)
	}
}

// RM-10: who was not sure is told the sterner words once the sign is told.
func TestNotSureGivesWayToTheSign(t *testing.T) {
	s := new(story).roll(0, 0.5).tell(30, all(systemic("not_sure")))
	if w := warned(t, s.at(31), SameDay); w.Title != "warning.SD-14.not_sure" {
		t.Error(w.Title)
	}
	if w := warned(t, s.tell(32, all(systemic("very_unwell"))).at(33), SameDay); w.Title != "warning.SD-14" {
		t.Error(w.Title)
	}
}

func TestClocksReadAsWritten(t *testing.T) {
	for c, want := range map[Clock]string{0: "00:00", 21*60 + 5: "21:05", 23*60 + 59: "23:59"} {
		if c.String() != want {
			t.Errorf("%d: %s", c, c)
		}
	}
}

// What holds once is not lost by what comes after it in the list.
func TestTheFirstOfTwoIsNotForgotten(t *testing.T) {
	s := new(story).risk("diabetes").risk("isotretinoin").roll(0, 0.5)
	s.p.Risks[1].Until = DateOf(t0).AddDays(-10)
	if !s.at(1).AtRisk {
		t.Error("a flag that has ended takes one away that stands")
	}
	both := func(kind string) func(*Session) {
		return func(s *Session) {
			s.Products = []Product{{Kind: kind, HoursAfterSession: new(1.0)}, {Kind: kind, HoursAfterSession: new(100.0)}}
		}
	}
	for kind, code := range map[string]string{"minoxidil": "session.AC-01", "serum": "session.AC-02"} {
		if !advises(new(story).roll(0, 0.5, both(kind)).at(120), "session-0", code) {
			t.Errorf("%s: one too early and one in time", kind)
		}
	}
	marks := all(skin("lasting_marks"))
	seen := all(skin("lasting_marks"), func(a *Answers) { a.SeenByClinician = true })
	m := new(story).roll(0, 0.25).tell(24, marks).tell(30, seen).tell(50, marks)
	if got := m.at(100).Rest; got.State != RestReady {
		t.Errorf("seen marks, told again: %+v", got)
	}
	if got := new(story).roll(0, 0.25).tell(24, seen).tell(30, marks).at(100).Rest; got.State != RestReady {
		t.Errorf("seen in the first report, told again: %+v", got)
	}
}

// RK-24: a clinician event with no infection lifts it for that episode, also while
// the episode is open; a sign after it counts again.
func TestNoInfectionIsSaidOfAnOpenEpisode(t *testing.T) {
	pus := all(discharge("thick"))
	found := func(s *story) *story {
		s.h.Clinician = []ClinicianEvent{{At: hour(35), Outcome: OutcomeSeen, Report: "report-0", NoInfection: true}}
		return s
	}
	if found(new(story).roll(0, 0.5).tell(30, pus).tell(40, calmly())).at(50).AtRisk {
		t.Error("at risk after an episode of which a clinician has said that it was no infection")
	}
	if !found(new(story).roll(0, 0.5).tell(30, pus).tell(38, pus).tell(40, calmly())).at(50).AtRisk {
		t.Error("pus after the clinician is forgotten")
	}
}

// DQ-06: reports end a warning that "worse" has raised only if they answer the
// trend or are calm, whatever else has raised it since.
func TestWhatWorseHasRaisedIsEndedByATrend(t *testing.T) {
	worse := all(erythema(1), trend("worse"))
	ended := func(s *story, from float64, how says) bool {
		s.ack(from, SameDay, "will_book").tell(from+1, all(itch(1), how)).tell(from+26, all(itch(1), how))
		return warned(t, s.at(from+27), SameDay).State == WarningResolved
	}
	for name, raised := range map[string]func() *story{
		"SD-17 by DS-03": func() *story { return new(story).roll(0, 0.5).tell(75, worse).tell(147, worse) },
		"SD-15 by DS-03": func() *story { return new(story).risk("diabetes").roll(0, 0.5).tell(75, worse) },
		"SD-15 by DS-03, then pus": func() *story {
			return new(story).risk("diabetes").roll(0, 0.5).tell(75, worse).tell(76, all(discharge("thick")))
		},
	} {
		if ended(raised(), 148, trend("")) {
			t.Errorf("%s: two reports without a word of the trend end it", name)
		}
		if !ended(raised(), 148, trend("better")) {
			t.Errorf("%s: two reports of a better one do not", name)
		}
	}
}

// RK-20: the hold of minoxidil is a day longer while the flag stood.
func TestAFlagHoldsMinoxidilWhileItStood(t *testing.T) {
	for _, c := range []struct {
		set, ended float64
		want       bool
	}{{-10, 10, true}, {0, 10, true}, {ms, 10, false}, {-10, 0, false}, {-10, ms, true}} {
		s := new(story).risk("darker_skin_tone").roll(0, 0.25, used(dose(30)))
		s.p.Risks[0].SetAt, s.p.Risks[0].EndedAt = hour(c.set), hour(c.ended)
		if got := advises(s.at(100), "session-0", "session.AC-01"); got != c.want {
			t.Errorf("from %v h to %v h: minoxidil too soon %v, want %v", c.set, c.ended, got, c.want)
		}
	}
}

// DQ-04, DQ-09, DQ-10: a chart counts from the session, and with the needle, that a
// verdict counts with.
func TestAChartCountsAsTheVerdictDoes(t *testing.T) {
	s := new(story).roll(10, 0.2).roll(13, 1.5).roll(22-ms, 0.2).roll(50, 0.2, began(48)).roll(62, 0.5)
	c := Cycles{Sessions: s.h.Sessions}
	if _, _, ok := c.At(hour(9)); ok {
		t.Error("a session before the first")
	}
	for _, at := range []struct{ h, age, upTo float64 }{
		{10, 0, lightMM}, {12, 2, lightMM}, {13, 0, 0}, {30, 8 + ms, 0}, {49, 0, lightMM}, {51, 1, lightMM}, {62, 0, 0}, {100, 38, 0},
	} {
		if age, usual, ok := c.At(hour(at.h)); !ok || !hour(at.age).Equal(t0.Add(age)) || usual.UpToMM != at.upTo {
			t.Errorf("%v h: %v after a session, course up to %v mm", at.h, age, usual.UpToMM)
		}
	}
}
