package care_test

import (
	"math"
	"slices"
	"time"

	"aftercare/models/care"
)

// ruleOfPage is one row of the tables of section 5.2, in their order.
type ruleOfPage struct {
	id    string
	tier  care.Tier
	holds func(f *factsOfPage) bool
}

var rowsOfPage = []ruleOfPage{
	{"EM-01", care.Emergency, func(f *factsOfPage) bool {
		return hasAny(f.Systemic, "confusion", "fast_breathing", "cold_clammy_skin") ||
			f.localOrUnsaid() && hasAny(f.Systemic, "chills", "racing_heart", "faintness", "repeated_vomiting", "no_urine")
	}},
	{"EM-02", care.Emergency, func(f *factsOfPage) bool {
		return f.localOrUnsaid() && (f.temperature >= 39 || f.temperature < 36 && f.Systemic.Has("very_unwell"))
	}},
	{"EM-03", care.Emergency, func(f *factsOfPage) bool {
		return f.SpreadingFast != nil && *f.SpreadingFast ||
			f.pain >= 8 && f.Alarm.Has("pain_beyond_look") || f.Alarm.Has("skin_black_or_numb")
	}},
	{"EM-04", care.Emergency, func(f *factsOfPage) bool { return f.lid() && f.eye() }},
	{"EM-05", care.Emergency, func(f *factsOfPage) bool {
		return hasAny(f.Alarm, "face_or_tongue_swelling", "breathing_difficulty", "widespread_hives")
	}},
	{"EM-06", care.Emergency, func(f *factsOfPage) bool {
		return f.Alarm.Has("chest_pain") || hasAny(f.Systemic, "faintness", "racing_heart") && f.minoxidil()
	}},
	{"EM-07", care.Emergency, func(f *factsOfPage) bool { return f.Bleeding == "not_stopping" }},
	{"EM-08", care.Emergency, func(f *factsOfPage) bool {
		return f.atRisk && f.localOrUnsaid() && (f.temperature >= 38 || f.feverish("yes"))
	}},
	{"EM-09", care.Emergency, func(f *factsOfPage) bool {
		return f.o.hasRisk(f.at, "immunosuppression", "chemo_or_radiotherapy") && (f.temperature >= 38 || f.feverish("yes"))
	}},
	{"SD-01", care.SameDay, func(f *factsOfPage) bool { return f.pus }},
	{"SD-02", care.SameDay, func(f *factsOfPage) bool { return yesOrNotSure(f.Odour) }},
	{"SD-03", care.SameDay, func(f *factsOfPage) bool {
		return f.Extent == "spreading" || f.Extent == "beyond" && f.h >= 24
	}},
	{"SD-04", care.SameDay, func(f *factsOfPage) bool { return f.Extent == "streaks" }},
	{"SD-05", care.SameDay, (*factsOfPage).fever},
	{"SD-06", care.SameDay, func(f *factsOfPage) bool {
		return f.pain >= 7 && f.early >= 24 || f.Alarm.Has("pain_beyond_look")
	}},
	{"SD-07", care.SameDay, (*factsOfPage).worsens},
	{"SD-08", care.SameDay, func(f *factsOfPage) bool {
		return f.early >= 48 && count(f.erythema >= 2, f.warmth >= 1, f.swelling >= 1, f.pain >= 4) >= 3 ||
			f.early >= 24 && f.early < 48 && count(f.erythema >= 3, f.warmth >= 2, f.swelling >= 2, f.pain >= 5) >= 3
	}},
	{"SD-09", care.SameDay, func(f *factsOfPage) bool { return isOneOf(f.Lumps, "painful_lump", "many_pustules") }},
	{"SD-10", care.SameDay, func(f *factsOfPage) bool { return f.Lumps == "grouped_blisters" }},
	{"SD-11", care.SameDay, (*factsOfPage).nodesAndMore},
	{"SD-12", care.SameDay, func(f *factsOfPage) bool {
		least := 4
		if f.atRisk {
			least = 2
		}
		return f.h >= 48 && (f.lowErythema == 0 && f.erythema >= 2 || f.lowPain == 0 && f.pain >= least)
	}},
	{"SD-13", care.SameDay, func(f *factsOfPage) bool { return f.lid() != f.eye() }},
	{"SD-14", care.SameDay, func(f *factsOfPage) bool {
		return hasAny(f.Systemic, "chills", "very_unwell", "confusion", "fast_breathing", "racing_heart", "faintness",
			"repeated_vomiting", "cold_clammy_skin", "no_urine", "not_sure") || f.Alarm.Has("not_sure")
	}},
	{"SD-16", care.SameDay, func(f *factsOfPage) bool { return hasAny(f.Skin, "yellow_crust", "growing_scab") }},
	{"SD-18", care.SameDay, func(f *factsOfPage) bool { return f.Alarm.Has("swollen_hands_or_feet") }},
	{"DS-01", care.DoctorSoon, func(f *factsOfPage) bool { return symptomaticBut(f.Answers) && f.persist > 168 }},
	{"DS-02", care.DoctorSoon, func(f *factsOfPage) bool {
		return f.atRisk && isSymptomatic(f.Answers) && !isMildRest(f.Answers) && f.persist > 72
	}},
	{"DS-03", care.DoctorSoon, func(f *factsOfPage) bool { return f.early >= 72 && f.Trend == "worse" && !f.worsens() }},
	{"DS-04", care.DoctorSoon, func(f *factsOfPage) bool {
		sign := max(f.erythema, f.swelling, f.warmth)
		return f.early >= 96 && (sign >= 2 || f.flaking == 3 || max(f.pain, f.itch, f.burning) >= 4) || f.early >= 48 && sign == 3
	}},
	{"DS-05", care.DoctorSoon, func(f *factsOfPage) bool { return f.Lumps == "few_pimples" && f.h >= 72 }},
	{"DS-06", care.DoctorSoon, func(f *factsOfPage) bool { return f.nodes && f.h >= 72 }},
	{"DS-07", care.DoctorSoon, func(f *factsOfPage) bool { return f.itch >= 7 || hasAny(f.Skin, "local_hives", "rash") }},
	{"DS-08", care.DoctorSoon, func(f *factsOfPage) bool {
		return (f.Lumps == "firm_bumps" || f.Skin.Has("scaly_plaque")) && f.h >= 72
	}},
	{"DS-09", care.DoctorSoon, func(f *factsOfPage) bool { return f.Bleeding == "returned" && f.h > 24 }},
	{"DS-10", care.DoctorSoon, func(f *factsOfPage) bool {
		return f.persist > 240 && f.onset >= 72 && symptomaticBut(f.Answers)
	}},
	{"DS-11", care.DoctorSoon, func(f *factsOfPage) bool { return hasAny(f.Skin, "scaly_ring", "patchy_hair_loss") }},
	{"DS-12", care.DoctorSoon, func(f *factsOfPage) bool { return hasAny(f.Discharge, "clear", "blood") && f.h >= 72 }},
	{"DS-13", care.DoctorSoon, func(f *factsOfPage) bool { return f.marks() && f.hoursOfMarks() >= 14*24 }},
	{"DS-14", care.DoctorSoon, func(f *factsOfPage) bool { return f.pain >= 7 && f.h >= 6 && f.h < 24 }},
	{"WT-01", care.Watch, func(f *factsOfPage) bool { return len(f.aboveEnvelope()) > 0 }},
	{"WT-02", care.Watch, func(f *factsOfPage) bool { return f.Extent == "beyond" && f.h < 24 }},
	{"WT-03", care.Watch, func(f *factsOfPage) bool {
		return f.temperature >= 37.5 && f.temperature < 38 && f.localOrUnsaid() || isHot(f.Answers) && !f.fever()
	}},
	{"WT-05", care.Watch, func(f *factsOfPage) bool {
		return f.h >= 48 && (f.lowErythema == 0 && f.erythema == 1 || f.lowPain == 0 && f.pain >= 1 && f.pain <= 3)
	}},
	{"WT-06", care.Watch, func(f *factsOfPage) bool { return f.nodes && !f.nodesAndMore() && f.h < 72 }},
	{"WT-09", care.Watch, func(f *factsOfPage) bool { return f.mildRise() && !f.worsens() }},
	{"WT-10", care.Watch, func(f *factsOfPage) bool {
		return f.h < 72 && (isOneOf(f.Lumps, "few_pimples", "firm_bumps") || f.Skin.Has("scaly_plaque") ||
			f.h >= 24 && hasAny(f.Discharge, "clear", "blood") || f.h >= 48 && f.Trend == "worse") ||
			f.marks() && f.hoursOfMarks() < 14*24
	}},
	{"WT-11", care.Watch, (*factsOfPage).leavesOutSigns},
	{"WT-12", care.Watch, (*factsOfPage).minoxidilBurns},
}

// verdict is every rule that fires, worst first, and the tier.
func (f *factsOfPage) verdict() ([]string, care.Tier) {
	var fired []string
	for _, rule := range rowsOfPage {
		if rule.holds(f) {
			fired = append(fired, rule.id)
		}
	}
	fired = f.withoutWT12(fired)
	if f.lastsADay(fired) {
		fired = append(fired, "WT-04")
	}
	if f.atRisk && f.watchesAtRisk(fired) {
		fired = append(fired, "WT-07")
	}
	fired = f.withoutWT12(fired)
	if f.atRisk && liftedByRisk(fired, isMildRest(f.Answers)) {
		fired = append(fired, "SD-15")
	}
	if f.staysThreeDays(fired) {
		fired = append(fired, "SD-17")
	}
	if len(fired) == 0 {
		fired = []string{"EX-00"}
	}
	slices.SortStableFunc(fired, func(a, b string) int {
		if byTier := int(tierOfRule(b)) - int(tierOfRule(a)); byTier != 0 {
			return byTier
		}
		return placeOf(a) - placeOf(b)
	})
	return fired, tierOf(fired)
}

// tiersOfPage are those of the rows, and of the rows that depend on others.
var tiersOfPage = func() map[string]care.Tier {
	tiers := map[string]care.Tier{"SD-15": care.SameDay, "SD-17": care.SameDay, "WT-04": care.DoctorSoon, "WT-07": care.DoctorSoon}
	for _, row := range rowsOfPage {
		tiers[row.id] = row.tier
	}
	return tiers
}()

func tierOfRule(id string) care.Tier { return tiersOfPage[id] }

func tierOf(rules []string) care.Tier {
	tier := care.Expected
	for _, id := range rules {
		tier = max(tier, tierOfRule(id))
	}
	return tier
}

// placeOf is where a rule stands among those of its tier: by its table and number.
func placeOf(id string) int {
	number := int(id[3]-'0')*10 + int(id[4]-'0')
	if id[:2] == "WT" {
		number += 100
	}
	return number
}

// withoutWT12 leaves WT-12 out where a higher rule holds.
func (f *factsOfPage) withoutWT12(fired []string) []string {
	if tierOf(fired) > care.Watch {
		return slices.DeleteFunc(fired, func(id string) bool { return id == "WT-12" })
	}
	return fired
}

func isWatch(id string) bool { return tierOfRule(id) == care.Watch && id != "WT-11" }

// lastsADay is WT-04: a T1 rule now, and T1 or more in a report of the episode 20 h
// before, with no T0 report between.
func (f *factsOfPage) lastsADay(fired []string) bool {
	if f.e == nil || !slices.ContainsFunc(fired, isWatch) {
		return false
	}
	for k := len(f.e.reports) - 1; k >= 0; k-- {
		j := f.o.judged[f.e.reports[k]]
		if endsACount(j) {
			return false
		}
		if j.tier >= care.Watch && hoursBetween(j.At, f.at) >= 20 {
			return true
		}
	}
	return false
}

// endsACount says whether a report is a T0 one that answers the four main signs
// (DQ-05).
func endsACount(j judgement) bool {
	return j.tier == care.Expected && answersMainSigns(j.Answers)
}

// watchesAtRisk is WT-07; WT-01 by itch, burning or flaking alone is left out.
func (f *factsOfPage) watchesAtRisk(fired []string) bool {
	return slices.ContainsFunc(fired, func(id string) bool {
		if id == "WT-01" {
			return slices.ContainsFunc(f.aboveEnvelope(), func(sign string) bool {
				return !isOneOf(sign, "itch", "burning", "flaking")
			})
		}
		return isWatch(id)
	})
}

// liftedByRisk is SD-15.
func liftedByRisk(fired []string, mild bool) bool {
	return slices.ContainsFunc(fired, func(id string) bool {
		switch id {
		case "DS-02", "DS-07", "DS-13", "WT-04", "WT-07":
			return false
		case "DS-01", "DS-10":
			return !mild
		}
		return tierOfRule(id) == care.DoctorSoon
	})
}

// staysThreeDays is SD-17.
func (f *factsOfPage) staysThreeDays(fired []string) bool {
	if f.e == nil || isMildRest(f.Answers) {
		return false
	}
	for _, id := range fired {
		if tierOfRule(id) != care.DoctorSoon || id == "DS-13" {
			continue
		}
		first, held := f.e.firstHeld(id)
		if held && hoursBetween(first, f.at) >= 72 && !f.o.clinicianSince(first, f.at) {
			return true
		}
	}
	return false
}

// firstHeld is when a rule first held in the episode.
func (e *episodeOfPage) firstHeld(id string) (time.Time, bool) {
	for _, m := range e.moments {
		if slices.Contains(m.rules, id) {
			return m.at, true
		}
	}
	return time.Time{}, false
}

// clinicianSince says whether a clinician saw the person since a moment; a booking
// counts for 72 h.
func (o *oracle) clinicianSince(since, at time.Time) bool {
	return slices.ContainsFunc(o.events, func(e clinicianEvent) bool {
		if e.at.Before(since) || e.at.After(at) {
			return false
		}
		return isOneOf(e.outcome, care.OutcomeSeen, care.OutcomeCleared) ||
			e.outcome == care.OutcomeBooked && at.Sub(e.at) < 72*time.Hour
	})
}

func count(signs ...bool) int {
	n := 0
	for _, s := range signs {
		if s {
			n++
		}
	}
	return n
}

func (f *factsOfPage) lid() bool { return f.Alarm.Has("eyelid_swelling") }
func (f *factsOfPage) eye() bool { return f.Alarm.Has("eye_pain_or_vision") }

func (f *factsOfPage) marks() bool { return hasAny(f.Skin, "lasting_marks", "raised_scar") }

func (f *factsOfPage) leavesOutSigns() bool {
	return f.erythema == unknown && f.swelling == unknown && f.warmth == unknown && f.pain == unknown
}

// localOrUnsaid: a report that leaves out the four main signs counts as local,
// but in SD-11 (DQ-05).
func (f *factsOfPage) localOrUnsaid() bool { return f.local || f.leavesOutSigns() }

// feverish is an answer without a reading (DQ-05).
func (f *factsOfPage) feverish(answers ...string) bool {
	return math.IsNaN(f.temperature) && isOneOf(f.Feverish, answers...)
}

// fever is SD-05.
func (f *factsOfPage) fever() bool {
	if f.temperature >= 39 || f.atRisk && (f.temperature >= 38 || f.feverish("yes")) {
		return true
	}
	return isHot(f.Answers) && (f.localOrUnsaid() || f.h <= 7*24)
}

func (f *factsOfPage) nodesAndMore() bool { return f.nodes && f.local && f.early >= 24 }

// mildRise is WT-09 but for SD-07.
func (f *factsOfPage) mildRise() bool {
	return f.early >= 48 && (f.lowSwelling == 0 && f.swelling == 1 || f.lowWarmth == 0 && f.warmth == 1 ||
		up(f.pain, f.lowPain) >= 2 && f.pain <= 3)
}

// worsens is SD-07.
func (f *factsOfPage) worsens() bool {
	if f.early < 48 {
		return false
	}
	swelling, warmth, pain := up(f.swelling, f.lowSwelling), up(f.warmth, f.lowWarmth), up(f.pain, f.lowPain)
	three := count(swelling >= 1, warmth >= 1, pain >= 2)
	return swelling >= 1 && f.swelling >= 2 || warmth >= 1 && f.warmth >= 2 || pain >= 2 && f.pain >= 4 ||
		up(f.erythema, f.lowErythema) >= 1 && (f.erythema == 3 || f.erythema >= 2 && f.early >= 72) ||
		three >= 2 || f.atRisk && three >= 1 || f.mildRise() && f.roseBefore()
}

// roseBefore says whether WT-09 fired 8 h before, with no T0 report between.
func (f *factsOfPage) roseBefore() bool {
	for k := len(f.o.judged) - 1; k >= 0; k-- {
		j := f.o.judged[k]
		if endsACount(j) {
			return false
		}
		if j.has("WT-09") && hoursBetween(j.At, f.at) >= 8 {
			return true
		}
	}
	return false
}
