package care

// Rule is one row of the triage table.
type Rule struct {
	ID         string
	Tier       Tier
	Summary    string
	Sources    string // ids of section 13
	Confidence string
	When       func(f *facts) bool
	// stage 1 asks which T1 rules hold, stage 2 which T2 rules hold.
	stage     int
	infection bool // DV-07: a T2 that quarantines the roller
}

// row returns the rule in the form that reviewers read.
func (r *Rule) row() Row { return Row{r.ID, r.Tier.String(), r.Summary, src(r.Sources), r.Confidence} }

// triage is the table of section 5.2, worst first; of the rules that hold, the
// first one decides and all are kept.
var triage = [...]Rule{
	{ID: "EM-01", Tier: Emergency, Summary: "Confusion, fast breathing or cold clammy skin; chills, racing heart, faintness, repeated vomiting or no urine with a local sign", Sources: "S38 S41 S42", Confidence: high, When: func(f *facts) bool {
		return f.said.Systemic.any("confusion", "fast_breathing", "cold_clammy_skin") ||
			f.local && f.said.Systemic.any("chills", "racing_heart", "faintness", "repeated_vomiting", "no_urine")
	}},
	{ID: "EM-02", Tier: Emergency, Summary: "A local sign and 39.0 °C or more, or below 36.0 °C and feeling very ill", Sources: "S42 S50", Confidence: "low (39), medium (36)", When: func(f *facts) bool {
		return f.local && (f.temp >= cEmergency || f.temp > 0 && f.temp < cLow && f.said.Systemic.Has("very_unwell"))
	}},
	{ID: "EM-03", Tier: Emergency, Summary: "Visibly larger within hours; pain 8 or more and far worse than it looks; skin black, purple, numb or crackling, or with large blisters", Sources: "S38 S37", Confidence: high, When: func(f *facts) bool {
		return f.fast || f.pain >= painExtreme && f.said.Alarm.Has("pain_beyond_look") || f.said.Alarm.Has("skin_black_or_numb")
	}},
	{ID: "EM-04", Tier: Emergency, Summary: "Swollen eyelid with eye pain, changed vision or an eye that does not open", Sources: "S39 S41", Confidence: high, When: func(f *facts) bool {
		return f.orbital()
	}},
	{ID: "EM-05", Tier: Emergency, Summary: "Swelling of face or tongue, difficulty breathing, hives all over", Sources: "S86", Confidence: high, When: func(f *facts) bool {
		return f.said.Alarm.any("face_or_tongue_swelling", "breathing_difficulty", "widespread_hives")
	}},
	{ID: "EM-06", Tier: Emergency, Summary: "Chest pain; faintness or racing heart with minoxidil: used by the person, in the report, in the session, or in a report of the last 72 h", Sources: "S86 S87", Confidence: high, When: func(f *facts) bool {
		return f.said.Alarm.Has("chest_pain") || f.minoxidil && f.said.Systemic.any("faintness", "racing_heart")
	}},
	{ID: "EM-07", Tier: Emergency, Summary: "Bleeding not stopped after 15 min of firm pressure, 10 with a blood thinner", Sources: "unverified", Confidence: medium, When: func(f *facts) bool {
		return f.said.Bleeding == "not_stopping"
	}},
	{ID: "EM-08", Tier: Emergency, Summary: "At risk, a local sign and 38.0 °C or more, or feverish without a reading", Sources: "S35 S37 S39", Confidence: medium, When: func(f *facts) bool {
		return f.atRisk && f.local && f.temp >= cSameDay && !f.feverNotSure
	}},
	{ID: "EM-09", Tier: Emergency, Summary: "Immunosuppression, chemotherapy or radiotherapy (RK-02, RK-03) and 38.0 °C or more, or feverish without a reading, at any time", Confidence: "high (NICE CG151)", When: func(f *facts) bool {
		return f.suppressed && f.temp >= cSameDay && !f.feverNotSure
	}},

	{ID: "SD-01", Tier: SameDay, Summary: "Yellow, green or thick discharge, or not sure of it", Sources: "S36 S37 S43 S44", Confidence: high, When: func(f *facts) bool {
		return f.pus
	}},
	{ID: "SD-02", Tier: SameDay, Summary: "Foul odour", Sources: "S50", Confidence: medium, When: func(f *facts) bool {
		return f.odour
	}},
	{ID: "SD-03", Tier: SameDay, Summary: "Spreading; from 24 h on also beyond the rolled area", Sources: "S36 S40", Confidence: high, When: func(f *facts) bool {
		return f.said.Extent == "spreading" || f.said.Extent == "beyond" && f.h >= firstDayH
	}},
	{ID: "SD-04", Tier: SameDay, Summary: "Streaks", Sources: "S36 S37", Confidence: high, When: func(f *facts) bool {
		return f.said.Extent == "streaks"
	}},
	{ID: "SD-05", Tier: SameDay, Summary: "38.0 °C or more with a local sign at any time, or without one within 7 d of a session; at risk at any time, also feverish without a reading; 39.0 °C or more always", Sources: "S36 S38 S43", Confidence: high, When: func(f *facts) bool {
		return f.feverCounts()
	}},
	{ID: "SD-06", Tier: SameDay, Summary: "Pain 7 or more from 24 h on, or pain far beyond the look at any age", Sources: "S36 S50", Confidence: medium, When: func(f *facts) bool {
		return f.pain >= painSevere && f.hStrict >= firstDayH || f.said.Alarm.Has("pain_beyond_look")
	}},
	{ID: "SD-07", Tier: SameDay, Summary: "From 48 h on, against the lowest since the newest session: swelling or warmth up to 2 or more; pain up by 2 to 4 or more; erythema up to 3, or from 72 h up to 2; two of swelling, warmth and pain up; one of them when at risk; or a mild rise (WT-09) still there after 8 h. Without a session within 60 d: against the last 60 d", Sources: "S36 S37 S43", Confidence: "high for the principle", When: func(f *facts) bool {
		return f.worsens()
	}},
	{ID: "SD-08", Tier: SameDay, Summary: "Three of erythema 2, warmth 1, swelling 1, pain 4 from 48 h on; three of erythema 3, warmth 2, swelling 2, pain 5 from 24 h on", Sources: "S43", Confidence: medium, When: func(f *facts) bool {
		return f.cluster()
	}},
	{ID: "SD-09", Tier: SameDay, Summary: "A painful lump or many pustules", Sources: "S36 S48 S42", Confidence: high, When: func(f *facts) bool {
		return f.said.Lumps == "painful_lump" || f.said.Lumps == "many_pustules"
	}},
	{ID: "SD-10", Tier: SameDay, Summary: "Grouped blisters", Sources: "S83", Confidence: medium, When: func(f *facts) bool {
		return f.said.Lumps == "grouped_blisters"
	}},
	{ID: "SD-11", Tier: SameDay, Summary: "Tender nodes and another local sign from 24 h on", Sources: "S36 S39", Confidence: medium, When: func(f *facts) bool {
		return f.nodes && f.localSign && f.hStrict >= firstDayH
	}},
	{ID: "SD-12", Tier: SameDay, Summary: "Gone and back from 48 h on: an earlier report said 0, now erythema 2 or pain 4 (at risk: pain 2)", Sources: "S34", Confidence: medium, When: func(f *facts) bool {
		return f.returned()
	}},
	{ID: "SD-13", Tier: SameDay, Summary: "Swollen eyelid, or eye pain or changed vision", Sources: "S36", Confidence: medium, When: func(f *facts) bool {
		return f.said.Alarm.any("eyelid_swelling", "eye_pain_or_vision") && !f.orbital()
	}},
	{ID: "SD-14", Tier: SameDay, Summary: "Any sign of being ill as a whole, or not sure of one or of an alarm sign, even if the scalp looks well", Sources: "S36 S50", Confidence: medium, When: func(f *facts) bool {
		return f.said.Alarm.Has("not_sure") || f.ill()
	}},
	{ID: "SD-15", Tier: SameDay, Summary: "At risk and a T2 rule holds, but for DS-02, DS-07, DS-13, WT-04, WT-07, and DS-01 and DS-10 when only mild rest remains; also in silence, from 204 h on: 24 h after the question that follows", Sources: "S35 S37 S39 S84", Confidence: medium, stage: 2, When: func(f *facts) bool {
		return f.atRisk && f.lifts
	}},
	{ID: "SD-16", Tier: SameDay, Summary: "Yellow crusts or a growing scab", Sources: "S36 S37", Confidence: medium, When: func(f *facts) bool {
		return f.said.Skin.any("yellow_crust", "growing_scab")
	}},
	{ID: "SD-17", Tier: SameDay, Summary: "A report 72 h after a T2 rule (not DS-13) first held in the episode still fires that rule, no clinician since (booked: for 72 h), and more than mild rest remains; never in silence", Sources: "S50", Confidence: low, stage: 2, When: func(f *facts) bool {
		return f.persists && !f.mildRest
	}},
	{ID: "SD-18", Tier: SameDay, Summary: "Swollen hands or feet; its words speak of minoxidil where EM-06 would", Sources: "S86 S87", Confidence: medium, When: func(f *facts) bool {
		return f.said.Alarm.Has("swollen_hands_or_feet")
	}},

	{ID: "DS-01", Tier: DoctorSoon, Summary: "Any symptom but tender nodes alone more than 168 h after the session that anchors the episode; also in silence", Sources: "S00 S20", Confidence: high, When: func(f *facts) bool {
		return f.beyondNodes && f.hPersist > upperNormalH
	}},
	{ID: "DS-02", Tier: DoctorSoon, Summary: "At risk, symptomatic for more than 72 h, more than mild rest; in silence from 96 h on. Mild rest asks that erythema, swelling, warmth and pain are answered with 0", Sources: "S21 S35 S39", Confidence: medium, When: func(f *facts) bool {
		return f.atRisk && f.symptomatic && !f.mildRest && f.hPersist > persistWarnH
	}},
	{ID: "DS-03", Tier: DoctorSoon, Summary: "From 72 h on the trend is worse, without SD-07. \"Worse\" counts even where no symptom was named", Sources: "S36 S50", Confidence: medium, When: func(f *facts) bool {
		return f.worse && f.hStrict >= expectedResolutionH && !f.worsens()
	}},
	{ID: "DS-04", Tier: DoctorSoon, Summary: "From 96 h on erythema, swelling or warmth 2, flaking 3, or pain, itch or burning 4; from 48 h on erythema, swelling or warmth 3", Sources: "S50 S21", Confidence: medium, When: func(f *facts) bool {
		return f.moderate()
	}},
	{ID: "DS-05", Tier: DoctorSoon, Summary: "A few pimples from 72 h on", Sources: "S48", Confidence: low, infection: true, When: func(f *facts) bool {
		return f.said.Lumps == "few_pimples" && f.h >= expectedResolutionH
	}},
	{ID: "DS-06", Tier: DoctorSoon, Summary: "Tender nodes from 72 h on; beside SD-11 if there is another local sign", Sources: "S20 S36", Confidence: low, infection: true, When: func(f *facts) bool {
		return f.nodes && f.h >= expectedResolutionH
	}},
	{ID: "DS-07", Tier: DoctorSoon, Summary: "Itch 7 or more, local hives or a rash at any age", Sources: "S20 S45", Confidence: medium, When: func(f *facts) bool {
		return f.itch >= itchSevere || f.said.Skin.any("local_hives", "rash")
	}},
	{ID: "DS-08", Tier: DoctorSoon, Summary: "Firm bumps or a scaly plaque from 72 h on, no upper limit", Sources: "S21 S22 S24", Confidence: medium, When: func(f *facts) bool {
		return f.bumps() && f.h >= expectedResolutionH
	}},
	{ID: "DS-09", Tier: DoctorSoon, Summary: "Bleeding returns after 24 h", Confidence: low, When: func(f *facts) bool {
		return f.said.Bleeding == "returned" && f.h > firstDayH
	}},
	{ID: "DS-10", Tier: DoctorSoon, Summary: "Still symptomatic, but for tender nodes alone, after 240 h and 72 h after the onset; joins DS-01; also in silence", Sources: "S36 S37", Confidence: medium, When: func(f *facts) bool {
		return f.beyondNodes && f.hPersist > notHealedH && f.onset >= onsetGraceH
	}},
	{ID: "DS-11", Tier: DoctorSoon, Summary: "A scaly ring or patchy hair loss", Confidence: low, infection: true, When: func(f *facts) bool {
		return f.said.Skin.any("scaly_ring", "patchy_hair_loss")
	}},
	{ID: "DS-12", Tier: DoctorSoon, Summary: "Clear or bloody discharge still there at 72 h", Sources: "S50", Confidence: medium, infection: true, When: func(f *facts) bool {
		return f.thin && f.h >= expectedResolutionH
	}},
	{ID: "DS-13", Tier: DoctorSoon, Summary: "Lasting marks or a raised scar from 14 d on, counted from the session that was the newest when they were first told (told again within 45 d they are the same); a routine visit. They are not calm: they close no episode", Sources: "S20", Confidence: medium, When: func(f *facts) bool {
		return f.marks && f.marksFor >= marksFromH
	}},
	{ID: "DS-14", Tier: DoctorSoon, Summary: "Pain 7 or more between 6 and 24 h", Confidence: low, When: func(f *facts) bool {
		return f.pain >= painSevere && f.h >= strongPainFromH && f.h < firstDayH
	}},
	{ID: "WT-04", Tier: DoctorSoon, Summary: "A T1 rule (not WT-11) now, and T1 or higher in an earlier report of the episode 20 h or more before, no T0 report between", Sources: "S50", Confidence: low, stage: 1, When: func(f *facts) bool {
		return f.watch && f.watchFor >= repeatedWatchH
	}},
	{ID: "WT-07", Tier: DoctorSoon, Summary: "At risk and any T1 rule but WT-11, and but WT-01 by itch, burning or flaking alone; not lifted further by SD-15", Confidence: low, stage: 1, When: func(f *facts) bool {
		return f.atRisk && f.watchRisk
	}},

	{ID: "WT-01", Tier: Watch, Summary: "Above the expected course of section 4, whatever else holds", Confidence: low, When: func(f *facts) bool {
		signs, felt := f.aboveEnvelope()
		return signs || felt
	}},
	{ID: "WT-02", Tier: Watch, Summary: "Beyond the rolled area before 24 h", Confidence: low, When: func(f *facts) bool {
		return f.said.Extent == "beyond" && f.h < firstDayH
	}},
	{ID: "WT-03", Tier: Watch, Summary: "37.5 to 37.9 °C with a local sign, or 38.0 and more where neither SD-05 nor EM-09 holds; measure again in 4 to 6 h", Confidence: low, When: func(f *facts) bool {
		return f.local && f.temp >= cRaised && f.temp < cSameDay || f.temp >= cSameDay && !f.feverCounts()
	}},
	{ID: "WT-05", Tier: Watch, Summary: "From 48 h on, erythema 1 or pain 1 to 3 that was 0 before", Sources: "S34", Confidence: low, When: func(f *facts) bool {
		return f.h >= worseningGraceH && (f.wasPale && f.erythema == signMild || f.wasPainless && f.pain >= 1 && f.pain <= painMild)
	}},
	{ID: "WT-06", Tier: Watch, Summary: "Tender nodes where neither SD-11 nor DS-06 holds", Sources: "S20", Confidence: low, When: func(f *facts) bool {
		return f.nodes && f.h < expectedResolutionH && !(f.localSign && f.hStrict >= firstDayH)
	}},
	{ID: "WT-09", Tier: Watch, Summary: "From 48 h on one mild rise: swelling or warmth from 0 to 1, or pain by 2 to at most 3, without SD-07", Confidence: low, When: func(f *facts) bool {
		return f.hStrict >= worseningGraceH && f.mildRise() && !f.worsens()
	}},
	{ID: "WT-10", Tier: Watch, Summary: "A few pimples, firm bumps or a scaly plaque before 72 h; clear or bloody discharge at 24 to 72 h; trend worse at 48 to 72 h; lasting marks or a raised scar before 14 d", Confidence: low, When: func(f *facts) bool {
		return f.h < expectedResolutionH && (f.said.Lumps == "few_pimples" || f.bumps() ||
			f.thin && f.h >= firstDayH || f.worse && f.h >= worseningGraceH) ||
			f.marks && f.marksFor < marksFromH
	}},
	{ID: "WT-11", Tier: Watch, Summary: "Erythema, swelling, warmth and pain all left out; ask again", Confidence: low, When: func(f *facts) bool {
		return f.unsaid&scFour == scFour
	}},
	{ID: "WT-12", Tier: Watch, Summary: "Burning 4 or more within 6 h of minoxidil, or burning or itch 2 or more within 72 h of minoxidil that was used before its hold (AC-01): rinse, nothing on it until calm. Not beside a higher rule, where its advice stays", Sources: "S45", Confidence: medium, When: func(f *facts) bool {
		return f.stung
	}},

	{ID: "EX-00", Tier: Expected, Summary: "Nothing else holds: commonly told at this stage, never \"all is well\"", When: func(*facts) bool { return false }},
}

// feverCounts is SD-05.
func (f *facts) feverCounts() bool {
	return f.temp >= cEmergency ||
		f.temp >= cSameDay && (f.local || f.h <= feverSessionH || f.atRisk && !f.feverNotSure)
}

// ill says that any sign of being ill as a whole was told, or "not sure".
func (f *facts) ill() bool { return f.isIll() || f.said.Systemic.Has("not_sure") }

// isIll says that one was told.
func (f *facts) isIll() bool {
	return f.said.Systemic.any("chills", "very_unwell", "confusion", "fast_breathing", "racing_heart",
		"faintness", "repeated_vomiting", "cold_clammy_skin", "no_urine")
}

// bumps are what a granuloma looks like.
func (f *facts) bumps() bool {
	return f.said.Lumps == "firm_bumps" || f.said.Skin.Has("scaly_plaque")
}

// count is how many of the conditions hold.
func count(conditions ...bool) int {
	n := 0
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

// strongRise is SD-07 without the repeated mild rise.
func (f *facts) strongRise() bool {
	swells := f.upSwelling > 0
	warms := f.upWarmth > 0
	hurts := f.upPain >= painRiseSignificant
	up := count(swells, warms, hurts)
	return swells && f.swelling >= signModerate ||
		warms && f.warmth >= signModerate ||
		hurts && f.pain >= painModerate ||
		f.upErythema > 0 && (f.erythema >= signSevere || f.hStrict >= expectedResolutionH && f.erythema >= signModerate) ||
		up >= risesTogether || up >= 1 && f.atRisk
}

// mildRise is WT-09: swelling or warmth from 0 to 1, or pain by 2 to at most 3.
func (f *facts) mildRise() bool {
	return f.upSwelling > 0 && f.swelling == signMild ||
		f.upWarmth > 0 && f.warmth == signMild ||
		f.upPain >= painRiseSignificant && f.pain <= painMild
}

// worsens is SD-07.
func (f *facts) worsens() bool {
	return f.hStrict >= worseningGraceH &&
		(f.strongRise() || f.mildRise() && f.mildRiseFor >= mildRiseGraceH)
}

// returned is SD-12: gone and back.
func (f *facts) returned() bool {
	painful := painModerate
	if f.atRisk {
		painful = painReturnAtRisk
	}
	return f.h >= worseningGraceH &&
		(f.wasPale && f.erythema >= signModerate || f.wasPainless && f.pain >= painful)
}

// cluster is SD-08.
func (f *facts) cluster() bool {
	late := count(f.erythema >= signModerate, f.warmth >= signMild, f.swelling >= signMild, f.pain >= painModerate)
	early := count(f.erythema >= signSevere, f.warmth >= signModerate, f.swelling >= signModerate, f.pain >= clusterPain)
	return f.hStrict >= worseningGraceH && late >= clusterSigns ||
		f.hStrict >= firstDayH && early >= clusterSigns
}

// moderate is DS-04: still moderate on day 4, or severe from 48 h on.
func (f *facts) moderate() bool {
	sign := max(f.erythema, f.swelling, f.warmth)
	felt := f.pain >= painModerate || f.itch >= itchModerate || f.burning >= painModerate
	return f.hStrict >= moderateGraceH && (sign >= signModerate || f.flaking >= signSevere || felt) ||
		f.hStrict >= worseningGraceH && sign >= signSevere
}

// aboveEnvelope is WT-01: by a sign or pain, by itch, burning or flaking. Up to 0.3 mm the next row counts until 72 h; pinpoint
// bleeding is expected until 24 h whatever the length.
func (f *facts) aboveEnvelope() (signs, felt bool) {
	row := 0
	for row < len(envelope)-1 && f.h >= envelope[row].until {
		row++
	}
	if f.light && f.h < expectedResolutionH {
		row++
	}
	e := &envelope[row]
	bleeds := f.said.Bleeding == "returned" || f.said.Bleeding == "not_stopping" || f.said.Bleeding == "pinpoint" && f.h >= firstDayH
	signs = bleeds || f.erythema > e.erythema || f.swelling > e.swelling || f.warmth > e.warmth || f.pain > e.pain
	return signs, f.burning > e.pain || f.itch > e.itch || f.flaking > e.flake
}

// orbital is EM-04.
func (f *facts) orbital() bool {
	return f.said.Alarm.Has("eyelid_swelling") && f.said.Alarm.Has("eye_pain_or_vision")
}
