package care

import (
	"math"
	"time"
)

// never is the age when there is no session within 60 d (DQ-04): every "h ≥ x"
// holds, every "h < x" does not.
const never = time.Duration(math.MaxInt64)

// facts is the input of the rules, computed once for each report.
type facts struct {
	atRisk     bool
	suppressed bool // RK-02, RK-03: immunity is low (EM-09)

	h        time.Duration // since the newest session; never: none within 60 d
	hPersist time.Duration // since the session that anchors the episode, else since its onset
	hStrict  time.Duration // h, or hPersist after rolling on a T2 scalp (DQ-01)
	onset    time.Duration // since the first report of the episode
	light    bool          // the sessions that count as the newest one were with at most 0.3 mm (DQ-10)

	// Scales, 0 when left out; a missing one never counts as 0 (DQ-05).
	erythema, swelling, warmth, flaking, pain, itch, burning int
	unsaid                                                   scale
	// Rises above the lowest value since the newest session; 0 without one.
	upErythema, upSwelling, upWarmth, upPain int
	wasPale, wasPainless                     bool // an earlier report since then had 0

	said         *Answers // the other answers
	fast, worse  bool
	pus, thin    bool // discharge: yellow, green or thick; clear or bloody
	odour, nodes bool // yes, or not sure (DQ-05)
	temp         float64
	feverNotSure bool // temp was inferred from a "not sure"
	marks        bool
	marksFor     time.Duration // since the newest session at the time they were first reported (DS-13)
	marksSeen    bool          // by a clinician, as a report since then says
	minoxidil    bool          // used, or mentioned (EM-06)
	stung        bool          // WT-12: burns or itches after minoxidil

	odd          bool // something beyond the seven scales was answered with more than "none"
	local        bool // a local sign, also when none of the four was answered (DQ-05)
	localSign    bool // the same, answered
	symptomatic  bool
	beyondNodes  bool // symptomatic by more than tender nodes
	mildRest     bool
	quiet        bool // everything explicitly absent, whatever else is positive
	calm         bool
	calmButMarks bool // calm, except for lasting marks and raised scars
	complete     bool // answers enough to show that a trigger is gone (DQ-06), except for the two below
	saidFast     bool
	saidTrend    bool
	deep         bool // more than itch, flaking and burning (DQ-12)
	atBaseline   bool // only itch and flaking, at or below the baseline (DQ-11)
	lateOnset    bool // first reported long after rolling, with a calm report between (DQ-12)

	// Known only once the rules of the lower tiers have been judged.
	mildRiseFor time.Duration // since WT-09 first fired without a T0 report in between; -1: it did not fire
	watch       bool          // a T1 rule other than WT-11 holds
	watchRisk   bool          // the same, by more than itch, burning or flaking above the envelope (WT-07)
	watchFor    time.Duration // since a T1 or higher in the episode without a T0 report in between; -1: none
	lifts       bool          // a T2 rule holds that SD-15 raises for people at risk
	persists    bool          // a T2 rule held 72 h ago and still holds, with no clinician event since (SD-17)
}

// scale is a set of the seven scales.
type scale uint8

const (
	scErythema scale = 1 << iota
	scSwelling
	scWarmth
	scPain
	scFlaking
	scItch
	scBurning

	scFour = scErythema | scSwelling | scWarmth | scPain
)

// read returns the value of a scale; one that is out of range counts as
// unknown.
func (f *facts) read(v *int, top int, s scale) int {
	if v == nil || *v < 0 || *v > top {
		f.unsaid |= s
		return 0
	}
	return *v
}

// yes reports whether a red flag is answered "yes" or "not sure" (DQ-05).
func yes(answer string) bool { return answer == "yes" || answer == "not_sure" }

// any reports whether the set contains one of the values.
func (s Set) any(words ...string) bool {
	for _, has := range s {
		for _, w := range words {
			if has == w {
				return true
			}
		}
	}
	return false
}

// answer fills in the facts that the report itself states.
func (f *facts) answer(a *Answers) {
	f.said = a
	f.erythema = f.read(a.Erythema, 3, scErythema)
	f.swelling = f.read(a.Swelling, 3, scSwelling)
	f.warmth = f.read(a.Warmth, 3, scWarmth)
	f.flaking = f.read(a.Flaking, 3, scFlaking)
	f.pain = f.read(a.Pain, 10, scPain)
	f.itch = f.read(a.Itch, 10, scItch)
	f.burning = f.read(a.Burning, 10, scBurning)

	f.fast = a.SpreadingFast != nil && *a.SpreadingFast
	f.worse = a.Trend == "worse"
	f.pus = a.Discharge.any("yellow_green", "thick", "not_sure")
	f.thin = a.Discharge.any("clear", "blood")
	f.odour, f.nodes = yes(a.Odour), yes(a.TenderNodes)
	f.readTemperature(a)
	f.marks = a.Skin.any("lasting_marks", "raised_scar")
	f.derive(a)
}

// readTemperature accepts readings of 30 to 43 °C (DQ-07); without one, feeling
// feverish counts as 38.0 (DQ-05).
func (f *facts) readTemperature(a *Answers) {
	switch {
	case a.TemperatureC != nil && *a.TemperatureC >= cLowest && *a.TemperatureC <= cHighest:
		f.temp = *a.TemperatureC
	case yes(a.Feverish):
		f.temp = cSameDay
		f.feverNotSure = a.Feverish == "not_sure"
	}
}

// derive fills in the terms defined in section 5.2.
func (f *facts) derive(a *Answers) {
	f.localSign = f.erythema > 0 || f.swelling > 0 || f.warmth > 0 || f.pain > 0 ||
		f.pus || f.thin || f.lump()
	f.local = f.localSign || f.unsaid&scFour == scFour

	felt := f.flaking > 0 || f.itch > 0 || f.burning > 0
	wide := f.said.Extent == "beyond" || f.said.Extent == "spreading" || f.said.Extent == "streaks"
	bleeds := f.said.Bleeding == "pinpoint" || f.said.Bleeding == "returned" || f.said.Bleeding == "not_stopping"
	other := wide || bleeds || f.odour || f.said.Skin.any(otherSkin...)
	f.beyondNodes = felt || f.localSign || other
	f.symptomatic = f.beyondNodes || f.nodes

	f.deep = f.localSign || other || f.nodes
	ill := f.fast || len(f.said.Systemic) > 0 || len(f.said.Alarm) > 0 || f.temp >= cSameDay
	f.mildRest = !f.deep && !ill && len(f.said.Skin) == 0 && f.unsaid&scFour == 0 &&
		f.flaking <= mildRestFlaking && f.itch <= mildRestItch && f.burning <= mildRestBurning

	f.quiet = f.unsaid == 0 && !f.symptomatic && none(a.Discharge) && a.Lumps == "none" && a.Bleeding == "none"
	well := f.quiet && !ill && !f.worse
	f.calm = well && len(f.said.Skin) == 0
	f.calmButMarks = well && f.marks && !f.said.Skin.any(otherSkin...)
	f.complete = f.unsaid == 0 && a.Extent != "" && a.Odour != "" && a.Lumps != "" && a.TenderNodes != "" && a.Bleeding != "" &&
		a.Discharge != nil && a.Skin != nil && a.Systemic != nil && a.Alarm != nil && (f.temp != 0 || a.Feverish != "")
	f.odd = ill || wide || bleeds || f.pus || f.thin || f.odour || f.nodes || f.lump() || f.temp > 0 || len(f.said.Skin) > 0
	f.saidFast, f.saidTrend = a.SpreadingFast != nil, a.Trend != "" || f.calm
}

// otherSkin lists the skin findings other than marks and scars.
var otherSkin = []string{"local_hives", "rash", "scaly_plaque", "scaly_ring", "patchy_hair_loss", "yellow_crust", "growing_scab"}

// none reports whether a question was answered with an explicit "none".
func none(s Set) bool { return s != nil && len(s) == 0 }

// lump reports whether any kind of lump was reported.
func (f *facts) lump() bool {
	switch f.said.Lumps {
	case "few_pimples", "many_pustules", "painful_lump", "firm_bumps", "grouped_blisters":
		return true
	}
	return false
}

// baseline compares the remaining symptoms with those present before rolling
// (DQ-11).
func (f *facts) baseline(b Baseline) {
	under := func(v int, limit *int) bool { return v == 0 || (limit != nil && v <= *limit) }
	f.atBaseline = f.symptomatic && !f.deep && f.burning == 0 && f.unsaid&scFour == 0 &&
		under(f.flaking, b.Flaking) && under(f.itch, b.Itch)
}
