package care

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Each row of section 14 as a row here: what it changes, and the side of its
// limit that it does not change.

// fires asks whether a rule is among those of the newest report.
type fires struct {
	row  string
	s    *story
	rule string
	want bool
}

func checkFires(t *testing.T, rows []fires) {
	t.Helper()
	for _, c := range rows {
		last := c.s.h.Reports[len(c.s.h.Reports)-1]
		a := report(Assess(c.s.h, c.s.p, last.At.Add(time.Hour)), last.ID)
		if got := slices.Contains(a.Rules, c.rule); got != c.want {
			t.Errorf("%s: %s is %v, want %v; fired %v", c.row, c.rule, got, c.want, a.Rules)
		}
	}
}

func dose(after ...float64) []Product {
	p := Product{Kind: "minoxidil"}
	if len(after) > 0 {
		p.HoursAfterSession = &after[0]
	}
	return []Product{p}
}

func used(p []Product) func(*Session) { return func(s *Session) { s.Products = p } }

func telling(p []Product) says { return func(a *Answers) { a.Products = p } }

func feels(yesNo string) says {
	return func(a *Answers) { a.Feverish, a.TemperatureC = yesNo, nil }
}

func TestSection141Triage(t *testing.T) {
	late, rolled := 240.0, func() *story { return new(story).roll(0, 0.5) }
	scar := skin("raised_scar")
	everyFive := func(last float64) *story { // marks first told at 30 h, rolled every 5 d
		return rolled().tell(30, all(scar)).roll(120, 0.5).tell(130, all(scar)).roll(240, 0.5).tell(last, all(scar))
	}
	checkFires(t, []fires{
		{"SD-05 b: at risk, 38.0 on day 10, scalp calm", rolled().risk("diabetes").tell(late, all(celsius(38.0))), "SD-05", true},
		{"SD-05 b: at risk, feverish yes unmeasured", rolled().risk("diabetes").tell(late, all(feels("yes"))), "SD-05", true},
		{"SD-05 b: not sure of it is not enough", rolled().risk("diabetes").tell(late, all(feels("not_sure"))), "SD-05", false},
		{"SD-05 b: no session at all", new(story).risk("diabetes").tell(0, all(celsius(38.0))), "SD-05", true},
		{"SD-05 b: not at risk, 38.9 on day 10 is WT-03", rolled().tell(late, all(celsius(38.9))), "WT-03", true},
		{"SD-05 b: 37.9 is no fever", rolled().risk("diabetes").tell(late, all(celsius(37.9))), "SD-05", false},
		{"SD-05 c: 39.0 at any time", rolled().tell(late, all(celsius(39.0))), "SD-05", true},
		{"WT-03 keeps only what none of them takes", rolled().tell(late, all(celsius(39.0))), "WT-03", false},
		{"EM-09: immunosuppression and 38.0", rolled().risk("immunosuppression").tell(late, all(celsius(38.0))), "EM-09", true},
		{"EM-09: chemotherapy, feverish yes", new(story).risk("chemo_or_radiotherapy").tell(0, all(feels("yes"))), "EM-09", true},
		{"EM-09: 37.9", rolled().risk("immunosuppression").tell(late, all(celsius(37.9))), "EM-09", false},
		{"EM-09: another risk", rolled().risk("diabetes").tell(late, all(celsius(38.0))), "EM-09", false},
		{"EM-06: in the report's own products", rolled().tell(100, all(systemic("faintness"), telling(dose()))), "EM-06", true},
		{"EM-06: used by the person", takes(rolled()).tell(100, all(systemic("racing_heart"))), "EM-06", true},
		{"EM-06: none of these is SD-14", rolled().tell(100, all(systemic("faintness"))), "EM-06", false},
		{"EM-06: minoxidil in the session", new(story).roll(0, 0.5, used(dose())).tell(2, all(systemic("faintness"))), "EM-06", true},
		{"EM-06: in a report 72 h before", rolled().tell(10, all(telling(dose()))).tell(82, all(systemic("faintness"))), "EM-06", true},
		{"EM-06: more than 72 h before", rolled().tell(10, all(telling(dose()))).tell(82+ms, all(systemic("faintness"))), "EM-06", false},
		{"SD-07: a T0 report with the four signs ends the count, swelling of discharge unsaid",
			rolled().tell(50, all(warmth(0), itch(1))).tell(54, all(warmth(1))).tell(56, fourSigns()).tell(62, all(warmth(1))), "SD-07", false},
		{"WT-04: so it ends the one of WT-04", rolled().tell(50, all(itch(5))).tell(60, fourSigns()).tell(71, all(itch(5))), "WT-04", false},
		{"WT-09: and the one of WT-09, which then begins anew", rolled().tell(50, all(warmth(0), itch(1))).tell(54, all(warmth(1))).tell(56, fourSigns()).tell(63, all(warmth(1))), "WT-09", true},
		{"WT-04: a report that leaves one of them out does not", rolled().tell(50, all(itch(5))).tell(60, Answers{Erythema: new(0)}).tell(71, all(itch(5))), "WT-04", true},
		{"DQ-04: within a session of 2 h", new(story).roll(0, 0.5, began(-2)).tell(-0.5, all(erythema(2), pain(4))), "DS-04", false},
		{"DQ-04: within a session of 12 h", new(story).roll(0, 0.5, began(-12)).tell(-0.5, all(erythema(2), pain(4))), "DS-04", false},
		{"DQ-04: a longer one is a slip", new(story).roll(0, 0.5, began(-12-ms)).tell(-0.5, all(erythema(2), pain(4))), "DS-04", true},
		{"DQ-04: before its start", new(story).roll(0, 0.5, began(-2)).tell(-2, all(erythema(2), pain(4))), "DS-04", true},
		{"DS-13: counts from the session before the mark was first told", everyFive(14 * 24), "DS-13", true},
		{"DS-13: not before 14 d of it", everyFive(14*24 - ms), "DS-13", false},
		{"DS-13: an answer without marks ends it", rolled().tell(30, all(scar)).tell(40, all()).roll(240, 0.5).tell(14*24, all(scar)), "DS-13", false},
		{"DQ-10: the envelope takes the longest needle that counts once", new(story).roll(0, 1.5).roll(3, 0.2).tell(50, all(warmth(0), erythema(1), pain(2))), "WT-01", false},
		{"DQ-10: alone, the short needle is past it", new(story).roll(3, 0.2).tell(53, all(pain(2))), "WT-01", true},
		{"WT-07: not for itch alone", rolled().risk("diabetes").tell(30, all(itch(5))), "WT-07", false},
		{"WT-07: nor burning and flaking", rolled().risk("diabetes").tell(30, all(burning(4), flaking(3))), "WT-07", false},
		{"WT-07: but for a sign", rolled().risk("diabetes").tell(30, all(itch(5), swelling(2))), "WT-07", true},
		{"WT-12: burning 4 within 6 h of minoxidil", rolled().tell(100, all(burning(3), telling(dose(96)))).tell(102, all(burning(4))), "WT-12", false}, // DS-04 holds
		{"WT-12: the same while nothing higher holds", rolled().tell(80, all(burning(1), telling(dose(80)))).tell(86, all(burning(4))), "WT-12", true},
		{"WT-12: more than 6 h after it", rolled().tell(80, all(burning(1), telling(dose(80)))).tell(86+ms, all(burning(4))), "WT-12", false},
		{"WT-12: before its hold, burning 2", new(story).roll(0, 0.5, used(dose())).tell(20, all(burning(2))), "WT-12", true},
		{"WT-12: before its hold, itch 2", new(story).roll(0, 0.5, used(dose(47))).tell(60, all(itch(2))), "WT-12", true},
		{"WT-12: at its hold it is not early", new(story).roll(0, 0.5, used(dose(48))).tell(60, all(itch(2))), "WT-12", false},
		{"WT-12: burning 1 is not enough", new(story).roll(0, 0.5, used(dose())).tell(20, all(burning(1))), "WT-12", false},
		{"WT-12: 72 h after it", new(story).roll(0, 0.5, used(dose())).tell(72+ms, all(itch(2))), "WT-12", false},
	})
}

func takes(s *story) *story { s.p.UsesMinoxidil = true; return s }

func began(h float64) func(*Session) { return func(s *Session) { s.StartedAt = hour(h) } }

// fourSigns answers colour, swelling, warmth, pain and the other scales with
// nothing, and leaves out discharge, lumps and bleeding (DQ-05).
func fourSigns() Answers {
	return Answers{Erythema: new(0), Swelling: new(0), Warmth: new(0), Pain: new(0), Flaking: new(0), Itch: new(0), Burning: new(0)}
}

func TestSection141RollersAndInfections(t *testing.T) {
	roller := func(s *Session) { s.RollerID = "r" }
	quarantined := func(sign says) string {
		s := new(story).roll(0, 0.5, roller).tell(80, all(sign))
		s.h.Rollers = []Roller{{ID: "r", NeedleMM: 0.5}}
		return s.at(81).Rollers["r"].QuarantinedBy
	}
	if quarantined(skin("scaly_ring")) != "DS-11" || quarantined(skin("patchy_hair_loss")) != "" || quarantined(skin("patchy_hair_loss", "scaly_ring")) != "DS-11" {
		t.Error("DV-07: a scaly ring quarantines, patchy loss alone does not")
	}
	after := func(sign says) *story { return new(story).roll(0, 0.5).tell(30, all(sign)).tell(40, calmly()) }
	for sign, infected := range map[string]says{"SD-01": discharge("thick"), "SD-02": odour("yes"), "SD-04": extent("streaks"), "SD-09": lumps("painful_lump"),
		"SD-16": skin("yellow_crust"), "EM-03": fast()} {
		if !after(infected).at(50).AtRisk {
			t.Errorf("RK-24: %s is an earlier infection", sign)
		}
	}
	for sign, none := range map[string]says{"EM-05": alarm("widespread_hives"), "EM-06": alarm("chest_pain"), "SD-13": alarm("eyelid_swelling"),
		"SD-14": systemic("very_unwell"), "SD-18": alarm("swollen_hands_or_feet"), "EM-07": bleeding("not_stopping")} {
		if after(none).at(50).AtRisk {
			t.Errorf("RK-24: %s is none", sign)
		}
	}
	s := after(discharge("thick"))
	s.h.Clinician = []ClinicianEvent{{At: hour(100), Outcome: OutcomeSeen, Report: "report-0", NoInfection: true}}
	if !s.at(100).AtRisk || s.at(100+ms).AtRisk {
		t.Error("RK-24: a clinician who found no infection lifts it, from that time on")
	}
	if e := s.at(101).Episodes[0]; !e.Infection.From.Equal(hour(40)) || !e.Infection.Until.Equal(hour(100).Add(tick)) {
		t.Errorf("RK-24: kept as %+v", e.Infection)
	}
	s.tell(110, all(discharge("thick"))).tell(120, calmly())
	if !s.at(121).AtRisk {
		t.Error("RK-24: another episode counts by itself")
	}
	early := new(story).roll(0, 0.5).tell(30, all(discharge("thick"))).clinician(24*30, OutcomeCleared)
	if w := warned(t, early.at(48), SameDay); w.State != WarningActive {
		t.Errorf("DQ-06: a clinician event of a time to come has no effect: %+v", w)
	}
}

func TestSection142Answers(t *testing.T) {
	lines := func(s *story) []string {
		last := s.h.Reports[len(s.h.Reports)-1]
		var out []string
		for _, a := range report(Assess(s.h, s.p, last.At), last.ID).Advice {
			out = append(out, a.Rule)
		}
		return out
	}
	taking := func() *story { return takes(new(story).roll(0, 0.5)) }
	for _, c := range []struct {
		row  string
		s    *story
		want []string
	}{
		{"RM-08: EM-01 decides, EM-06 says to stop minoxidil", taking().tell(30, all(erythema(1), systemic("racing_heart"))), []string{"EM-06", "RK-23"}},
		{"RM-08: DS-01 decides, DS-08 asks for the products", new(story).roll(0, 0.5).tell(200, all(lumps("firm_bumps"))), []string{"DS-08"}},
		{"RM-08: SD-01 decides, SD-10 says wash hands, and RK-23 beside it", new(story).roll(0, 0.5).tell(30, all(discharge("thick"), lumps("grouped_blisters"))), []string{"SD-10", "RK-23"}},
		{"RK-23: beside a sign of infection alone", new(story).roll(0, 0.5).tell(30, all(discharge("thick"))), []string{"RK-23"}},
		{"RM-08: WT-12 deciding is not repeated", new(story).roll(0, 0.5, used(dose())).tell(20, all(burning(2))), nil},
		{"RM-08: the deciding text is not repeated", new(story).roll(0, 0.5).tell(30, all(skin("rash"))), nil},
		{"WT-12: its line stays beside a higher rule", new(story).roll(0, 0.5, used(dose())).tell(3, all(burning(6), skin("rash"))), []string{"WT-12"}},
		{"SD-18 speaks of minoxidil only where EM-06 would", new(story).roll(0, 0.5).tell(30, all(discharge("thick"), alarm("swollen_hands_or_feet"))), []string{"RK-23"}},
		{"SD-18 with minoxidil", taking().tell(30, all(discharge("thick"), alarm("swollen_hands_or_feet"))), []string{"SD-18", "RK-23"}},
	} {
		if got := lines(c.s); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.row, got, c.want)
		}
	}

	var having []string
	for _, key := range AdviceKeys() {
		having = append(having, strings.TrimPrefix(key, "advice."))
	}
	if want := strings.Fields("EM-05 EM-06 EM-07 SD-01 SD-03 SD-10 SD-16 SD-18 DS-07 DS-08 DS-09 DS-11 DS-13 WT-02 WT-03 WT-11 WT-12 RK-23"); !slices.Equal(having, want) {
		t.Errorf("RM-08: %v have a line, want %v", having, want)
	}

	s := new(story).roll(0, 0.5).tell(30, all(discharge("thick"))).tell(40, calmly()).tell(50, all(itch(7)))
	v := s.at(50)
	for _, id := range []string{"report-1", "report-2"} {
		if got := v.Report(id).Standing; len(got) != 1 || got[0] != (StandingWarning{"report-0", SameDay}) {
			t.Errorf("RM-09: %s carries %+v", id, got)
		}
	}
	if v.Report("report-1").Title != "warning.EX-00.standing" || v.Report("report-2").Title == "warning.EX-00.standing" || v.Report("report-0").Standing != nil {
		t.Errorf("RM-09: titles %q, %q", v.Report("report-1").Title, v.Report("report-2").Title)
	}
	s.clinician(60, OutcomeSeen).tell(70, calmly())
	if got := report(s.at(70), "report-3"); got.Standing != nil || got.Title != "warning.EX-00" {
		t.Errorf("RM-09: once it is resolved %+v", got)
	}

	silent := new(story).risk("diabetes").roll(0, 0.5).tell(60, all(erythema(1)))
	if w := warned(t, silent.at(210), SameDay); w.Title != "warning.SD-15.silent" {
		t.Errorf("RM-10: by time alone %q", w.Title)
	}
	silent.clinician(215, OutcomeBooked).tell(220, all(erythema(1))) // booked: no SD-17
	if w := warned(t, silent.at(220), SameDay); w.Title != "warning.SD-15" || !w.AskedAt.Equal(hour(220)) {
		t.Errorf("RM-10: told again it is no longer conditional: %+v", w)
	}
	unsure := new(story).roll(0, 0.5).tell(30, all(systemic("not_sure")))
	if got := report(unsure.at(30), "report-0").Title; got != "warning.SD-14.not_sure" {
		t.Errorf("RM-10: not sure alone %q", got)
	}
	unsure.tell(31, all(systemic("not_sure", "chills")))
	if got := report(unsure.at(31), "report-1").Title; got != "warning.SD-14" {
		t.Errorf("RM-10: chills told %q", got)
	}
}

func TestSection143Rest(t *testing.T) {
	s := new(story).roll(0, 0.25).tell(24, calmly())
	s.p.RisksReviewedAt = time.Time{}
	if got := s.at(200).Rest; got.State != RestBlocked || got.Blocks[0].Rule != "RS-14" {
		t.Errorf("RS-14: %+v", got)
	}
	s.p.RisksReviewedAt = hour(150)
	if got := s.at(200).Rest; got.State != RestReady {
		t.Errorf("RS-14 answered: %+v", got)
	}

	marked := func(clinician bool) *story {
		s := new(story).roll(0, 0.25).tell(400, all(skin("lasting_marks")))
		if clinician {
			s.clinician(410, OutcomeSeen)
		}
		return s.roll(500, 0.25).tell(520, all(skin("lasting_marks")))
	}
	if got := marked(true).at(600).Rest; got.State != RestReady {
		t.Errorf("RS-03, RS-04: marks that a clinician saw count as calm: %+v", got)
	}
	if got := marked(false).at(600).Rest; got.State != RestBlocked {
		t.Errorf("RS-03: not before that: %+v", got)
	}
	if got := marked(true).tell(530, all(skin("lasting_marks"), itch(1))).at(600).Rest; got.State != RestBlocked {
		t.Errorf("RS-03: nor with another symptom: %+v", got)
	}
	seen := all(skin("lasting_marks"), func(a *Answers) { a.SeenByClinician = true })
	opens := new(story).roll(0, 0.25).tell(400, seen)
	if got := opens.at(500).Rest; got.State != RestBlocked || got.Blocks[0].Rule != "RS-03" {
		t.Errorf("RS-03: nor in the report that first tells them and the clinician in one: %+v", got)
	}
	if got := opens.tell(401, all(skin("lasting_marks"))).at(500).Rest; got.State != RestReady {
		t.Errorf("RS-03: but in the next one: %+v", got)
	}

	young := new(story).roll(0, 0.25).tell(24, all(skin("lasting_marks")))
	if got := young.tell(30, seen).at(100).Rest; got.State != RestReady {
		t.Errorf("RS-03, RS-04: nor need marks that a clinician saw be 14 d old: %+v", got)
	}
	if got := young.tell(60, calmly()).at(77).Rest; len(got.Blocks) != 1 || got.Blocks[0].Rule != "RS-03" || !got.Blocks[0].Until.Equal(hour(78)) {
		t.Errorf("RS-03: 48 h from the report that says so on, also when they are gone later: %+v", got)
	}
	if got := new(story).roll(0, 0.25).tell(24, seen).at(100).Rest; got.State != RestBlocked {
		t.Errorf("RS-04: but the report that first tells them is not calm: %+v", got)
	}

	byTime := new(story).roll(0, 0.25).tell(60, all(itch(2))).tell(200, calmly())
	if byTime.at(248-ms).Rest.State == RestReady || byTime.at(248).Rest.State != RestReady {
		t.Errorf("RS-06: a T2 by time alone blocks 48 h: %+v", byTime.at(248).Rest)
	}
	byReport := new(story).roll(0, 0.25).tell(60, all(itch(2))).tell(170, all(itch(2))).tell(200, calmly())
	if byReport.at(248).Rest.State == RestReady {
		t.Error("RS-06: told by a report it blocks 7 d")
	}
}

func TestSection143Sessions(t *testing.T) {
	clean := func(s *Session) { s.RollerDisinfected, s.RollerID = new(true), "r" }
	with := func(change func(*Session), rollers ...Roller) []string {
		s := new(story).roll(0, 0.5, clean, change)
		s.h.Rollers = rollers
		var out []string
		for _, a := range s.at(1).Sessions["session-0"].Advisories {
			out = append(out, a.Code+" "+string(a.Severity))
		}
		return out
	}
	same := func(*Session) {}
	worn := Roller{ID: "r", NeedleMM: 0.5, UsesBefore: 10, LastUseBefore: hour(-100)}
	for _, c := range []struct {
		row  string
		got  []string
		want []string
	}{
		{"SX-01: pain 7", with(func(s *Session) { s.Pain = new(7) }), []string{"session.SX-01 caution"}},
		{"SX-01: pain 10", with(func(s *Session) { s.Pain = new(10) }), []string{"session.SX-01 caution"}},
		{"SX-01: pain 11 is a slip", with(func(s *Session) { s.Pain = new(11) }), nil},
		{"SX-01: pain 6", with(func(s *Session) { s.Pain = new(6) }), nil},
		{"SX-01: bleeding more", with(func(s *Session) { s.Bleeding = "more" }), []string{"session.SX-01 caution"}},
		{"SX-01: pinpoint", with(func(s *Session) { s.Bleeding = "pinpoint" }), nil},
		{"SX-01: 16 passes", with(func(s *Session) { s.Passes = new(16) }), []string{"session.SX-01.passes caution"}},
		{"SX-01: 15 passes", with(func(s *Session) { s.Passes = new(15) }), nil},
		{"AC-01: minoxidil at once", with(used(dose())), []string{"session.AC-01 caution"}},
		{"AC-01: after its hold", with(used(dose(48))), nil},
		{"AC-02: a serum at 71 h", with(used([]Product{{Kind: "serum", HoursAfterSession: new(71.0)}})), []string{"session.AC-02 caution"}},
		{"AC-02: an oil at 71 h", with(used([]Product{{Kind: "oil", HoursAfterSession: new(71.0)}})), []string{"session.AC-02 caution"}},
		{"AC-02: at 72 h", with(used([]Product{{Kind: "oil", HoursAfterSession: new(72.0)}})), nil},
		{"DV-08: not disinfected", with(func(s *Session) { s.RollerDisinfected = new(false) }), []string{"session.DV-08 caution"}},
		{"DV-08: not said", with(func(s *Session) { s.RollerDisinfected = nil }), []string{"session.DV-08 caution"}},
		{"DV-04: the eleventh use", with(same, worn), []string{"session.DV-04 stop"}},
		{"DV-04: the tenth", with(same, Roller{ID: "r", NeedleMM: 0.5, UsesBefore: 9, LastUseBefore: hour(-100)}), nil},
		{"DV-04: 90 d old", with(same, Roller{ID: "r", NeedleMM: 0.5, FirstUsedOn: DateOf(t0).AddDays(-90)}), []string{"session.DV-04 stop"}},
		{"DV-04: 89 d old", with(same, Roller{ID: "r", NeedleMM: 0.5, FirstUsedOn: DateOf(t0).AddDays(-89)}), nil},
		{"DV-05: rusty", with(same, Roller{ID: "r", NeedleMM: 0.5, Problems: Set{"rusty"}}), []string{"session.DV-05 stop"}},
		{"DV-05: discarded", with(same, Roller{ID: "r", NeedleMM: 0.5, Discarded: true}), []string{"session.DV-05.discarded stop"}},
		{"DV-05: discarded after it", with(same, Roller{ID: "r", NeedleMM: 0.5, Discarded: true, DiscardedAt: hour(0.5)}), nil},
		{"DV-06: shared", with(same, Roller{ID: "r", NeedleMM: 0.5, Shared: true}), []string{"session.DV-06 stop"}},
		{"DV-07: quarantined", with(same, Roller{ID: "r", NeedleMM: 0.5, QuarantinedBefore: "SD-01", QuarantinedBeforeAt: hour(-500)}), []string{"session.DV-07 stop"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.row, c.got, c.want)
		}
	}
	again := new(story).roll(0, 0.5, clean).tell(30, all(discharge("thick"))).roll(40, 0.5, clean)
	again.h.Rollers = []Roller{{ID: "r", NeedleMM: 0.5}}
	if got := advice(again.at(41), 1); !slices.Contains(got, "DV-07") || slices.Contains(advice(again.at(41), 0), "DV-07") {
		t.Errorf("DV-07: the session after the warning, not the one before: %v", got)
	}
	h := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}}
	h.Sessions[0].Pain = new(7)
	if it := step(t, planOf(h, planPerson(t), planStart(t)), KindCheckIn, "12h"); it.Rule != "RM-04" {
		t.Errorf("SX-01: a check-in at 12 h: %+v", it)
	}
	for code, rule := range map[string]string{"age_18_to_21": "RK-19", "darker_skin_tone": "RK-20", "smoking": "RK-22", "skin_picking": "RK-26"} {
		s := new(story).risk(code).roll(0, 0.5, clean)
		if got := advice(s.at(1), 0); !slices.Contains(got, rule) {
			t.Errorf("%s informs: %v", rule, got)
		}
	}
}
