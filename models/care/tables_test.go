package care

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// The tables of the code have the rows of the page: each value stands here a
// second time, as a reviewer reads it there.

func TestRiskFlagsAreThoseOfSection6(t *testing.T) {
	const page = `
		diabetes                        RK-01 unlessOK   warn
		immunosuppression               RK-02 doNotRoll  warn
		chemo_or_radiotherapy           RK-03 doNotRoll  warn
		healing_delaying_medicine       RK-04 unlessOK   warn
		blood_thinner                   RK-05 askDoctor
		bleeding_disorder               RK-06 doNotRoll
		isotretinoin                    RK-07 doNotRoll  warn
		keloid                          RK-08 doNotRoll
		active_scalp_infection          RK-09 doNotRoll
		scalp_psoriasis                 RK-10 whenActive
		scalp_eczema                    RK-10 whenActive warn
		seborrhoeic_dermatitis          RK-10 whenActive
		lichen_planus                   RK-10 whenActive
		pregnancy_or_breastfeeding      RK-11 doNotRoll
		scarring_alopecia               RK-12 askDoctor
		alopecia_areata                 RK-13 askDoctor
		heart_disease                   RK-14 askDoctor
		low_blood_pressure              RK-14 askDoctor
		minoxidil_sensitivity           RK-14 askDoctor
		metal_allergy                   RK-15 doNotRoll
		skin_cancer_or_keratosis        RK-16 doNotRoll
		autoimmune_disease              RK-17 askDoctor
		blood_borne_virus               RK-18 askDoctor  warn
		under_18                        RK-19 doNotRoll
		age_18_to_21                    RK-19 noEffect   info
		darker_skin_tone                RK-20 noEffect   info
		recent_scalp_surgery            RK-21 askDoctor
		kidney_disease                  RK-22 noEffect   warn info
		poor_circulation                RK-22 noEffect   info
		malnutrition                    RK-22 noEffect   info
		heavy_alcohol                   RK-22 noEffect   info
		smoking                         RK-22 noEffect   info
		high_bmi                        RK-22 noEffect   info
		earlier_infection_after_rolling RK-24 askDoctor  warn
		heart_valve_or_new_joint        RK-25 askDoctor  warn
		skin_picking                    RK-26 noEffect   info`
	effects := map[string]effect{"noEffect": noEffect, "doNotRoll": doNotRoll, "unlessOK": unlessOK, "askDoctor": askDoctor, "whenActive": whenActive}
	rows := strings.Split(strings.TrimSpace(page), "\n")
	if len(rows) != len(riskCodes) {
		t.Fatalf("%d rows, %d on the page", len(riskCodes), len(rows))
	}
	for i, row := range rows {
		want, got := strings.Fields(row), riskCodes[i]
		if got.code != want[0] || got.rule != want[1] || got.effect != effects[want[2]] || got.warn != slices.Contains(want, "warn") || got.info != slices.Contains(want, "info") {
			t.Errorf("%+v, want %v", got, want)
		}
	}
}

func TestAdvisoriesHaveTheirSeverity(t *testing.T) {
	page := map[string]Severity{
		"session.RS-05": Stop, "session.RS-07": Stop, "session.RS-06": Stop, "session.RS-03": Stop, "session.RS-01": Stop, "session.RS-08": Stop,
		"session.DV-06": Stop, "session.DV-07": Stop, "session.DV-05": Stop, "session.DV-05.discarded": Stop, "session.DV-04": Stop,
		"session.SX-01": Caution, "session.SX-01.passes": Caution, "session.AC-01": Caution, "session.AC-02": Caution,
		"session.DQ-11": Caution, "session.RS-13": Caution, "session.DV-08": Caution, "session.RS-02": Info, "session.NL-10": Info,
		"session.RK-19": Info, "session.RK-20": Info, "session.RK-22": Info, "session.RK-26": Info, "session.HL-04": Info, "session.HL-05": Info, "session.HL-06": Info,
		"roller.DV-06": Stop, "roller.DV-07": Stop, "roller.DV-05": Stop, "roller.DV-04.uses": Caution, "roller.DV-04.age": Caution,
	}
	got := map[string]Severity{}
	for _, r := range slices.Concat(sessionRules[:], sessionInfos[:]) {
		got[r.Code] = r.Severity
		if rule, _, _ := strings.Cut(strings.TrimPrefix(r.Code, "session."), "."); rule != r.ID {
			t.Errorf("%s is the text of %s", r.Code, r.ID)
		}
	}
	for _, r := range rollerRules {
		got[r.Code] = r.Severity
		if rule, _, _ := strings.Cut(strings.TrimPrefix(r.Code, "roller."), "."); rule != r.ID {
			t.Errorf("%s is the text of %s", r.Code, r.ID)
		}
	}
	for code, want := range page {
		if s, there := got[code]; !there || s != want {
			t.Errorf("%s: %v, want %v", code, s, want)
		}
		delete(got, code)
	}
	for code := range got {
		t.Errorf("%s is not on the page", code)
	}
}

// PG-06, PG-07, PG-08.
func TestScalesHaveTheirLimits(t *testing.T) {
	for _, c := range []struct {
		scale   string
		on, off []float64
	}{
		{"norwood", []float64{1, 2, 7}, []float64{0, 8, 1.5}},
		{"ludwig", []float64{1, 2, 3}, []float64{0, 4, 2.5}},
		{"sinclair", []float64{1, 4, 5}, []float64{0, 6, 4.5}},
		{"salt", []float64{0, 0.5, 100}, []float64{-0.5, 100.5}},
		{"hamilton", nil, []float64{1}},
	} {
		for _, v := range c.on {
			if !(Progress{Scale: c.scale, Value: v}).OnScale() {
				t.Errorf("%s: %v is refused", c.scale, v)
			}
		}
		for _, v := range c.off {
			if (Progress{Scale: c.scale, Value: v}).OnScale() {
				t.Errorf("%s: %v is taken", c.scale, v)
			}
		}
	}
}

// What a step is called decides its words, its rule and whether it is a push.
func TestStepsHaveTheirWords(t *testing.T) {
	p := planPerson(t)
	three := History{Sessions: []Session{rolled(t, "s1", 0.25, -10*day), rolled(t, "s2", 0.25, -5*day), rolled(t, "s3", 0.25, 0)}}
	warm := told(t, "r1", 30*time.Hour, nil)
	warm.Erythema, warm.TemperatureC = new(1), new(37.6)
	feverish := History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}, Reports: []Report{warm}}
	long := History{Sessions: []Session{rolled(t, "s1", 1, 0)}, Reports: []Report{told(t, "r1", day, nil)}}
	beyond := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Reports: []Report{told(t, "r1", 30*time.Hour, func(a *Answers) { a.Erythema = new(3) })}}
	pus := History{Sessions: []Session{rolled(t, "s1", 0.5, 0)}, Rollers: []Roller{{ID: "r", NeedleMM: 0.5}},
		Reports: []Report{told(t, "r1", 30*time.Hour, func(a *Answers) { a.Discharge = Set{"thick"} })}}
	pus.Sessions[0].RollerID = "r"
	user := planPerson(t)
	user.UsesMinoxidil, user.MinoxidilSince = true, planStart(t).AddDate(0, 0, -20)
	for _, c := range []struct {
		name  string
		items []Item
		want  Item
	}{
		{"fewer questions", planOf(three, p, planStart(t)),
			Item{Kind: KindCheckIn, Anchor: "account", Slot: "fewer", SessionID: "s3", Rule: "RM-13", Key: "check_in.fewer", Silent: true}},
		{"a temperature", planOf(feverish, p, planStart(t).Add(31*time.Hour)),
			Item{Kind: KindRecheck, Anchor: "r1", Slot: "temperature", SessionID: "s1", Rule: "WT-03", Key: "recheck"}},
		{"a go-ahead without a report", planOf(History{Sessions: []Session{rolled(t, "s1", 0.25, 0)}}, p, planStart(t).Add(5*day)),
			Item{Kind: KindRestOver, Anchor: "s1", Slot: "check_in_first", SessionID: "s1", Rule: "RS-04", Key: "rest_over.check_in_first"}},
		{"a check-in", planOf(feverish, p, planStart(t)),
			Item{Kind: KindCheckIn, Anchor: "s1", Slot: "24h", SessionID: "s1", Rule: "RM-04", Key: "check_in"}},
		{"asked again", planOf(beyond, p, planStart(t).Add(31*time.Hour)),
			Item{Kind: KindCheckIn, Anchor: "r1", Slot: "again", SessionID: "s1", Rule: "WT-01", Key: "check_in.again"}},
		{"cleaning", planOf(three, p, planStart(t)),
			Item{Kind: KindRollerCare, Anchor: "s3", Slot: "disinfect", SessionID: "s3", Rule: "DV-01", Key: "roller_care.disinfect"}},
		{"a roller in quarantine", planOf(pus, p, planStart(t).Add(31*time.Hour)),
			Item{Kind: KindRollerCare, Anchor: "r", Slot: quarantinedSlot, Rule: "DV-07", Key: "roller_care.quarantined"}},
		{"a go-ahead with a long needle", planOf(long, p, planStart(t).Add(20*day)),
			Item{Kind: KindRestOver, Anchor: "s1", Slot: "roll", SessionID: "s1", Rule: "NL-05", Key: "rest_over.long"}},
		{"shedding", planOf(History{}, user, planStart(t)),
			Item{Kind: KindProgress, Anchor: "minoxidil", Slot: "shedding", Rule: "PG-13", Key: "progress.shedding", Silent: true}},
	} {
		i := slices.IndexFunc(c.items, func(it Item) bool { return it.Kind == c.want.Kind && it.Slot == c.want.Slot })
		if i < 0 {
			t.Errorf("%s: none of %v", c.name, slotsOf(c.items, c.want.Kind))
			continue
		}
		it := c.items[i]
		if it.Anchor != c.want.Anchor || it.SessionID != c.want.SessionID || it.Rule != c.want.Rule || it.Key != c.want.Key || it.Silent != c.want.Silent {
			t.Errorf("%s: %+v", c.name, it)
		}
	}
}

// DV-04 to DV-07: one thing to do about a roller.
func TestRollersHaveTheirStep(t *testing.T) {
	p := planPerson(t)
	for _, c := range []struct {
		roller Roller
		want   Item
	}{
		{Roller{Shared: true}, Item{Slot: "shared", Rule: "DV-06", Key: "roller_care.shared", Silent: true}},
		{Roller{Problems: []string{"bent"}}, Item{Slot: "discard", Rule: "DV-05", Key: "roller_care.discard", Silent: true}},
		{Roller{UsesBefore: 9}, Item{Slot: "replace", Rule: "DV-04", Key: "roller_care.replace"}},
	} {
		c.roller.ID, c.roller.NeedleMM = "r", 0.25
		s := rolled(t, "s1", 0.25, 0)
		s.RollerID = "r"
		it := step(t, planOf(History{Sessions: []Session{s}, Rollers: []Roller{c.roller}}, p, planStart(t)), KindRollerCare, c.want.Slot)
		if it.Rule != c.want.Rule || it.Key != c.want.Key || it.Silent != c.want.Silent {
			t.Errorf("%+v: %+v", c.roller, it)
		}
	}
	for mm, want := range map[float64]int{0: 1, 0.25: 10, 0.5: 10, 0.51: 5, 1: 5, 1.01: 1, 2: 1} {
		if got := maxUses(mm); got != want {
			t.Errorf("%v mm: %d uses, want %d", mm, got, want)
		}
	}
}

// PG-04, PG-11, PG-15, PG-14.
func TestProgressHasItsDates(t *testing.T) {
	for _, c := range []struct {
		days   int
		better bool
		want   string
	}{
		{30, false, "PG-04 progress.photo"}, {90, false, "PG-04 progress.review"}, {180, true, "PG-04 progress.review"},
		{270, false, "PG-11 progress.outcome"}, {270, true, "PG-15 progress.review"}, {300, false, "PG-04 progress.photo"}, {360, false, "PG-04 progress.photo"},
	} {
		if rule, key := progressText(c.days, c.better); rule+" "+key != c.want {
			t.Errorf("day %d: %s %s, want %s", c.days, rule, key, c.want)
		}
	}
	want := []Expectation{{0.25, 4, 68, 7}, {0.5, 14, 19, 2}, {1, 21, 13, 3}, {1.5, 28, 10, 10}}
	if got := Expectations(); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// RK-24: what makes an earlier infection.
func TestInfectiousRulesAreThoseOfSection14(t *testing.T) {
	want := ids("SD-01", "SD-02", "SD-03", "SD-04", "SD-05", "SD-07", "SD-08", "SD-09", "SD-10", "SD-11", "SD-12", "SD-16",
		"EM-01", "EM-02", "EM-03", "EM-08", "EM-09")
	if infectious != want {
		t.Errorf("%b, want %b", infectious, want)
	}
}

func TestTiersAreInOrder(t *testing.T) {
	if got := Tiers(); !slices.Equal(got, []Tier{Expected, Watch, DoctorSoon, SameDay, Emergency}) {
		t.Error(got)
	}
}
