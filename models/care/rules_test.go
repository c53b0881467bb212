package care

import (
	"slices"
	"testing"
)

// says builds the answers of a case: a calm report with changes.
type says func(a *Answers)

func all(changes ...says) Answers {
	a := calmly()
	for _, c := range changes {
		c(&a)
	}
	return a
}

func erythema(v int) says          { return func(a *Answers) { a.Erythema = &v } }
func swelling(v int) says          { return func(a *Answers) { a.Swelling = &v } }
func warmth(v int) says            { return func(a *Answers) { a.Warmth = &v } }
func flaking(v int) says           { return func(a *Answers) { a.Flaking = &v } }
func pain(v int) says              { return func(a *Answers) { a.Pain = &v } }
func itch(v int) says              { return func(a *Answers) { a.Itch = &v } }
func burning(v int) says           { return func(a *Answers) { a.Burning = &v } }
func extent(v string) says         { return func(a *Answers) { a.Extent = v } }
func bleeding(v string) says       { return func(a *Answers) { a.Bleeding = v } }
func lumps(v string) says          { return func(a *Answers) { a.Lumps = v } }
func odour(v string) says          { return func(a *Answers) { a.Odour = v } }
func nodes(v string) says          { return func(a *Answers) { a.TenderNodes = v } }
func feverish(v string) says       { return func(a *Answers) { a.Feverish = v } }
func trend(v string) says          { return func(a *Answers) { a.Trend = v } }
func celsius(v float64) says       { return func(a *Answers) { a.TemperatureC = &v } }
func discharge(v ...string) says   { return func(a *Answers) { a.Discharge = v } }
func systemic(v ...string) says    { return func(a *Answers) { a.Systemic = v } }
func alarm(v ...string) says       { return func(a *Answers) { a.Alarm = v } }
func skin(v ...string) says        { return func(a *Answers) { a.Skin = v } }
func fast() says                   { return func(a *Answers) { a.SpreadingFast = new(true) } }
func minoxidil() says              { return func(a *Answers) { a.Products = []Product{{Kind: "minoxidil"}} } }
func unsaid(f func(*Answers)) says { return f }

// untold is a report that leaves out the four local signs.
func untold() says {
	return func(a *Answers) { a.Erythema, a.Swelling, a.Warmth, a.Pain = nil, nil, nil, nil }
}

// ms is a little more than one tick, in hours: what is left of a tick is cut.
const ms = 1.5 / 3600000

// TestRulesAtTheirLimits tells one report at an age after a 0.5 mm session (h
// below 0: no session) and asks whether a rule is among those that fired.
func TestRulesAtTheirLimits(t *testing.T) {
	for _, c := range []struct {
		rule   string
		fires  bool
		h      float64
		says   Answers
		atRisk bool
	}{
		{"EM-01", true, 30, all(systemic("confusion")), false},
		{"EM-01", true, 30, all(systemic("fast_breathing")), false},
		{"EM-01", true, 30, all(systemic("cold_clammy_skin")), false},
		{"EM-01", false, 30, all(systemic("chills")), false},
		{"EM-01", false, 30, all(systemic("very_unwell"), erythema(1)), false},
		{"EM-01", true, 30, all(systemic("chills"), erythema(1)), false},
		{"EM-01", true, 30, all(systemic("racing_heart"), swelling(1)), false},
		{"EM-01", true, 30, all(systemic("faintness"), warmth(1)), false},
		{"EM-01", true, 30, all(systemic("repeated_vomiting"), pain(1)), false},
		{"EM-01", true, 30, all(systemic("no_urine"), discharge("clear")), false},
		{"EM-01", true, 30, all(systemic("chills"), lumps("few_pimples")), false},
		{"EM-01", true, 30, all(systemic("chills"), untold()), false},
		{"EM-01", false, 30, all(systemic("chills"), itch(3), flaking(1), burning(2)), false},
		{"EM-02", true, 30, all(erythema(1), celsius(39.0)), false},
		{"EM-02", false, 30, all(erythema(1), celsius(38.9)), false},
		{"EM-02", false, 30, all(celsius(39.5)), false},
		{"EM-02", true, 30, all(erythema(1), celsius(35.9), systemic("very_unwell")), false},
		{"EM-02", false, 30, all(erythema(1), celsius(36.0), systemic("very_unwell")), false},
		{"EM-02", false, 30, all(erythema(1), celsius(35.9)), false},
		{"EM-02", false, 30, all(erythema(1), systemic("very_unwell")), false},
		{"EM-02", true, 30, all(erythema(1), celsius(43.0)), false},
		{"EM-02", false, 30, all(erythema(1), celsius(43.1)), false},
		{"EM-02", true, 30, all(erythema(1), celsius(30.0), systemic("very_unwell")), false},
		{"EM-02", false, 30, all(erythema(1), celsius(29.9), systemic("very_unwell")), false},
		{"EM-03", true, 1, all(fast()), false},
		{"EM-03", true, 1, all(pain(8), alarm("pain_beyond_look")), false},
		{"EM-03", false, 1, all(pain(7), alarm("pain_beyond_look")), false},
		{"EM-03", false, 1, all(pain(10)), false},
		{"EM-03", true, 1, all(alarm("skin_black_or_numb")), false},
		{"EM-04", true, 1, all(alarm("eyelid_swelling", "eye_pain_or_vision")), false},
		{"EM-04", false, 1, all(alarm("eyelid_swelling")), false},
		{"EM-05", true, 1, all(alarm("face_or_tongue_swelling")), false},
		{"EM-05", true, 1, all(alarm("breathing_difficulty")), false},
		{"EM-05", true, 1, all(alarm("widespread_hives")), false},
		{"EM-06", true, 1, all(alarm("chest_pain")), false},
		{"EM-06", true, 1, all(systemic("faintness"), minoxidil()), false},
		{"EM-06", true, 1, all(systemic("racing_heart"), minoxidil()), false},
		{"EM-06", false, 1, all(systemic("faintness")), false},
		{"EM-07", true, 1, all(bleeding("not_stopping")), false},
		{"EM-07", false, 1, all(bleeding("returned")), false},
		{"EM-08", true, 30, all(erythema(1), celsius(38.0)), true},
		{"EM-08", false, 30, all(erythema(1), celsius(37.9)), true},
		{"EM-08", false, 30, all(erythema(1), celsius(38.0)), false},
		{"EM-08", false, 30, all(celsius(38.0)), true},
		{"EM-08", true, 30, all(erythema(1), feverish("yes")), true},
		{"EM-08", false, 30, all(erythema(1), feverish("not_sure")), true},
		{"EM-08", false, 30, all(erythema(1), feverish("yes"), celsius(37.0)), true},

		{"SD-01", true, 0, all(discharge("yellow_green")), false},
		{"SD-01", true, 0, all(discharge("thick")), false},
		{"SD-01", true, 0, all(discharge("not_sure")), false},
		{"SD-01", false, 30, all(discharge("clear", "blood")), false},
		{"SD-02", true, 0, all(odour("yes")), false},
		{"SD-02", true, 0, all(odour("not_sure")), false},
		{"SD-02", false, 0, all(odour("no")), false},
		{"SD-03", true, 0, all(extent("spreading")), false},
		{"SD-03", true, 24, all(extent("beyond")), false},
		{"SD-03", false, 24 - ms, all(extent("beyond")), false},
		{"SD-03", true, -1, all(extent("beyond")), false},
		{"SD-04", true, 0, all(extent("streaks")), false},
		{"SD-05", true, 300, all(erythema(1), celsius(38.0)), false},
		{"SD-05", false, 300, all(erythema(1), celsius(37.9)), false},
		{"SD-05", true, 168, all(celsius(38.0)), false},
		{"SD-05", false, 168 + ms, all(celsius(38.0)), false},
		{"SD-05", false, -1, all(celsius(38.0)), false},
		{"SD-05", true, -1, all(celsius(38.0), warmth(1)), false},
		{"SD-05", true, 300, all(untold(), feverish("not_sure")), false},
		{"SD-05", true, 30, all(feverish("yes")), false},
		{"SD-06", true, 24, all(pain(7)), false},
		{"SD-06", false, 24, all(pain(6)), false},
		{"SD-06", false, 24 - ms, all(pain(7)), false},
		{"SD-06", true, 1, all(alarm("pain_beyond_look")), false},
		{"SD-08", true, 48, all(erythema(2), warmth(1), swelling(1)), false},
		{"SD-08", true, 48, all(erythema(2), warmth(1), pain(4)), false},
		{"SD-08", true, 48, all(swelling(1), warmth(1), pain(4)), false},
		{"SD-08", false, 48, all(erythema(1), warmth(1), swelling(1), pain(3)), false},
		{"SD-08", false, 48, all(erythema(2), warmth(1), pain(3)), false},
		{"SD-08", false, 48 - ms, all(erythema(2), warmth(1), swelling(1)), false},
		{"SD-08", true, 24, all(erythema(3), warmth(2), swelling(2)), false},
		{"SD-08", true, 24, all(erythema(3), warmth(2), pain(5)), false},
		{"SD-08", false, 24, all(erythema(3), warmth(2), pain(4)), false},
		{"SD-08", false, 24, all(erythema(2), warmth(2), pain(5)), false},
		{"SD-08", false, 24, all(erythema(3), warmth(1), pain(5)), false},
		{"SD-08", false, 24, all(erythema(3), swelling(1), pain(5)), false},
		{"SD-08", false, 24 - ms, all(erythema(3), warmth(2), swelling(2)), false},
		{"SD-09", true, 1, all(lumps("painful_lump")), false},
		{"SD-09", true, 1, all(lumps("many_pustules")), false},
		{"SD-09", false, 100, all(lumps("few_pimples")), false},
		{"SD-10", true, 1, all(lumps("grouped_blisters")), false},
		{"SD-11", true, 24, all(nodes("yes"), erythema(1)), false},
		{"SD-11", true, 24, all(nodes("not_sure"), pain(1)), false},
		{"SD-11", false, 24 - ms, all(nodes("yes"), erythema(1)), false},
		{"SD-11", false, 30, all(nodes("yes"), itch(3)), false},
		{"SD-11", false, 30, all(nodes("yes"), untold()), false},
		{"SD-13", true, 1, all(alarm("eyelid_swelling")), false},
		{"SD-13", true, 1, all(alarm("eye_pain_or_vision")), false},
		{"SD-13", false, 1, all(alarm("eyelid_swelling", "eye_pain_or_vision")), false},
		{"SD-14", true, 1, all(systemic("very_unwell")), false},
		{"SD-14", true, 1, all(systemic("chills")), false},
		{"SD-14", true, 1, all(systemic("not_sure")), false},
		{"SD-14", true, 1, all(alarm("not_sure")), false},
		{"SD-14", false, 1, all(systemic("never heard of")), false},
		{"SD-14", false, 1, all(alarm("eyelid_swelling")), false},
		{"SD-15", true, 96, all(erythema(2)), true},
		{"SD-15", false, 96, all(erythema(2)), false},
		{"SD-15", false, 100, all(erythema(1)), true},          // DS-02
		{"SD-15", false, 30, all(itch(7)), true},               // DS-07
		{"SD-15", false, 400, all(skin("raised_scar")), true},  // DS-13
		{"SD-15", false, 30, all(itch(5)), true},               // WT-07
		{"SD-15", false, 200, all(itch(3), flaking(1)), true},  // DS-01, mild rest
		{"SD-15", false, 300, all(burning(3)), true},           // DS-01, mild rest
		{"SD-15", true, 200, all(itch(4)), true},               // more than mild
		{"SD-15", true, 200, all(flaking(2)), true},            // more than mild
		{"SD-15", true, 200, all(burning(4)), true},            // more than mild
		{"SD-15", true, 200, all(itch(1), skin("rash")), true}, // more than mild
		{"SD-15", true, 200, all(itch(1), untold()), true},     // unknown, not mild
		{"SD-16", true, 1, all(skin("yellow_crust")), false},
		{"SD-16", true, 1, all(skin("growing_scab")), false},
		{"SD-18", true, 1, all(alarm("swollen_hands_or_feet")), false},

		{"DS-01", true, 168 + ms, all(flaking(1)), false},
		{"DS-01", false, 168, all(erythema(3)), false},
		{"DS-01", true, 169, all(bleeding("pinpoint")), false},
		{"DS-01", true, 169, all(discharge("clear")), false},
		{"DS-01", true, 169, all(lumps("firm_bumps")), false},
		{"DS-01", true, 169, all(extent("beyond")), false},
		{"DS-01", true, 169, all(odour("yes")), false},
		{"DS-01", true, 169, all(skin("scaly_ring")), false},
		{"DS-01", true, 169, all(burning(1)), false},
		{"DS-01", false, 169, all(nodes("yes")), false},
		{"DS-01", true, 169, all(nodes("yes"), itch(1)), false},
		{"DS-01", false, 400, all(skin("lasting_marks")), false},
		{"DS-01", false, 400, all(skin("raised_scar")), false},
		{"DS-01", false, -1, all(erythema(3)), false},
		{"DS-02", true, 72 + ms, all(erythema(1)), true},
		{"DS-02", false, 72, all(erythema(1)), true},
		{"DS-02", false, 73, all(erythema(1)), false},
		{"DS-02", false, 73, all(itch(3), burning(3), flaking(1)), true},
		{"DS-02", true, 73, all(itch(4)), true},
		{"DS-02", true, 73, all(burning(4)), true},
		{"DS-02", true, 73, all(flaking(2)), true},
		{"DS-02", true, 73, all(itch(1), untold()), true},
		{"DS-02", true, 73, all(itch(1), skin("lasting_marks")), true},
		{"DS-02", true, 73, all(itch(1), systemic("very_unwell")), true},
		{"DS-02", true, 73, all(itch(1), celsius(38)), true},
		{"DS-02", true, 73, all(itch(1), fast()), true},
		{"DS-02", true, 73, all(itch(1), alarm("chest_pain")), true},
		{"DS-02", true, 73, all(nodes("yes")), true},
		{"DS-03", true, 72, all(trend("worse"), itch(1)), false},
		{"DS-03", true, 72, all(trend("worse")), false},
		{"DS-03", false, 72 - ms, all(trend("worse"), itch(1)), false},
		{"DS-03", false, 73, all(trend("same"), itch(1)), false},
		{"DS-04", true, 96, all(erythema(2)), false},
		{"DS-04", true, 96, all(swelling(2)), false},
		{"DS-04", true, 96, all(warmth(2)), false},
		{"DS-04", true, 96, all(flaking(3)), false},
		{"DS-04", true, 96, all(pain(4)), false},
		{"DS-04", true, 96, all(itch(4)), false},
		{"DS-04", true, 96, all(burning(4)), false},
		{"DS-04", false, 96, all(erythema(1), swelling(1), warmth(1), flaking(2), pain(3), itch(3), burning(3)), false},
		{"DS-04", false, 96 - ms, all(erythema(2), flaking(3), pain(6), itch(6)), false},
		{"DS-04", true, 48, all(erythema(3)), false},
		{"DS-04", true, 48, all(swelling(3)), false},
		{"DS-04", true, 48, all(warmth(3)), false},
		{"DS-04", false, 48 - ms, all(erythema(3), swelling(3), warmth(3)), false},
		{"DS-05", true, 72, all(lumps("few_pimples")), false},
		{"DS-05", false, 72 - ms, all(lumps("few_pimples")), false},
		{"DS-06", true, 72, all(nodes("yes")), false},
		{"DS-06", false, 72 - ms, all(nodes("yes")), false},
		{"DS-07", true, 0, all(itch(7)), false},
		{"DS-07", false, 0, all(itch(6)), false},
		{"DS-07", true, 0, all(skin("local_hives")), false},
		{"DS-07", true, 0, all(skin("rash")), false},
		{"DS-08", true, 72, all(lumps("firm_bumps")), false},
		{"DS-08", true, 72, all(skin("scaly_plaque")), false},
		{"DS-08", false, 72 - ms, all(lumps("firm_bumps"), skin("scaly_plaque")), false},
		{"DS-08", true, -1, all(lumps("firm_bumps")), false},
		{"DS-09", true, 24 + ms, all(bleeding("returned")), false},
		{"DS-09", false, 24, all(bleeding("returned")), false},
		{"DS-11", true, 0, all(skin("scaly_ring")), false},
		{"DS-11", true, 0, all(skin("patchy_hair_loss")), false},
		{"DS-12", true, 72, all(discharge("clear")), false},
		{"DS-12", true, 72, all(discharge("blood")), false},
		{"DS-12", false, 72 - ms, all(discharge("clear", "blood")), false},
		{"DS-13", true, 14 * 24, all(skin("lasting_marks")), false},
		{"DS-13", true, 14 * 24, all(skin("raised_scar")), false},
		{"DS-13", false, 14*24 - ms, all(skin("lasting_marks")), false},
		{"DS-14", true, 6, all(pain(7)), false},
		{"DS-14", false, 6, all(pain(6)), false},
		{"DS-14", false, 6 - ms, all(pain(7)), false},
		{"DS-14", true, 24 - ms, all(pain(7)), false},
		{"DS-14", false, 24, all(pain(7)), false},

		{"WT-02", true, 24 - ms, all(extent("beyond")), false},
		{"WT-02", false, 24, all(extent("beyond")), false},
		{"WT-02", false, 1, all(extent("spreading")), false},
		{"WT-03", true, 30, all(erythema(1), celsius(37.5)), false},
		{"WT-03", true, 30, all(erythema(1), celsius(37.9)), false},
		{"WT-03", false, 30, all(erythema(1), celsius(37.4)), false},
		{"WT-03", false, 30, all(celsius(37.9)), false},
		{"WT-03", false, 30, all(erythema(1), celsius(38.0)), false},
		{"WT-03", true, 169, all(celsius(38.0)), false},
		{"WT-03", false, 168, all(celsius(38.0)), false},
		{"WT-06", true, 1, all(nodes("yes"), erythema(1)), false},
		{"WT-06", true, 72 - ms, all(nodes("yes")), false},
		{"WT-06", false, 72, all(nodes("yes")), false},
		{"WT-06", false, 24, all(nodes("yes"), erythema(1)), false},
		{"WT-06", true, 24 - ms, all(nodes("yes"), erythema(1)), false},
		{"WT-07", true, 30, all(erythema(3)), true},
		{"WT-07", false, 30, all(erythema(3)), false},
		{"WT-07", false, 30, all(erythema(2)), true},
		{"WT-07", false, 30, all(itch(5), burning(4), flaking(3)), true}, // section 14.1
		{"WT-07", false, 30, all(untold()), true},
		{"WT-10", true, 72 - ms, all(lumps("few_pimples")), false},
		{"WT-10", false, 72, all(lumps("few_pimples")), false},
		{"WT-10", true, 72 - ms, all(lumps("firm_bumps")), false},
		{"WT-10", true, 72 - ms, all(skin("scaly_plaque")), false},
		{"WT-10", true, 24, all(discharge("clear")), false},
		{"WT-10", false, 24 - ms, all(discharge("clear")), false},
		{"WT-10", true, 72 - ms, all(discharge("blood")), false},
		{"WT-10", false, 72, all(discharge("blood")), false},
		{"WT-10", true, 48, all(trend("worse")), false},
		{"WT-10", false, 48 - ms, all(trend("worse")), false},
		{"WT-10", true, 72 - ms, all(trend("worse")), false},
		{"WT-10", false, 72, all(trend("worse")), false},
		{"WT-10", true, 14*24 - ms, all(skin("lasting_marks")), false},
		{"WT-10", false, 14 * 24, all(skin("raised_scar")), false},
		{"WT-11", true, 1, all(untold()), false},
		{"WT-11", false, 1, all(untold(), pain(0)), false},
		{"WT-11", true, 1, all(unsaid(func(a *Answers) { a.Erythema, a.Swelling, a.Warmth, a.Pain = new(4), new(-1), new(9), new(11) })), false},
	} {
		s := new(story).tell(max(c.h, 0), c.says)
		if c.h >= 0 {
			s.roll(0, 0.5)
		}
		if c.atRisk {
			s.risk("diabetes")
		}
		got := s.at(max(c.h, 0)).Reports["report-0"].Rules
		if slices.Contains(got, c.rule) != c.fires {
			t.Errorf("%s at %v h, at risk %v: fires %v, want %v; got %v", c.rule, c.h, c.atRisk, !c.fires, c.fires, got)
		}
	}
}

// The family of a rule says its tier, but WT-04 and WT-07 make a T2 of a T1.
func TestEachRuleHasTheTierOfItsFamily(t *testing.T) {
	families := map[string]Tier{"EM": Emergency, "SD": SameDay, "DS": DoctorSoon, "WT": Watch, "EX": Expected, "WT-04": DoctorSoon, "WT-07": DoctorSoon}
	for i := range triage {
		id := triage[i].ID
		want, own := families[id]
		if !own {
			want = families[id[:2]]
		}
		if triage[i].Tier != want || i > 0 && triage[i].Tier > triage[i-1].Tier {
			t.Errorf("%s is %v, want %v, the worst first", id, triage[i].Tier, want)
		}
	}
}
