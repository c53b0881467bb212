package care_test

import (
	"math"
	"slices"
	"time"

	"aftercare/models/care"
)

const unknown = -1

// factsOfPage are the inputs of the rules for one report (section 5.2).
type factsOfPage struct {
	care.Answers
	o       *oracle
	at      time.Time
	e       *episodeOfPage // the one that is open already
	atRisk  bool
	h       float64 // since the newest session; +Inf: none within 60 days (DQ-04)
	early   float64 // h of SD-06, SD-07, SD-08, SD-11, DS-03, DS-04 (DQ-01)
	persist float64 // of DS-01, DS-02, DS-10
	onset   float64 // hours since the onset of the episode
	needle  float64

	erythema, swelling, warmth, flaking, pain, itch, burning int // unknown: -1
	lowErythema, lowSwelling, lowWarmth, lowPain             int // lowest since the newest session
	temperature                                              float64
	local, pus, nodes                                        bool
}

func scale(v *int, top int) int {
	if v == nil || *v < 0 || *v > top {
		return unknown
	}
	return *v
}

func celsiusOf(a care.Answers) float64 {
	if t := a.TemperatureC; t != nil && *t >= 30 && *t <= 43 {
		return *t
	}
	return math.NaN()
}

func yesOrNotSure(s string) bool { return s == "yes" || s == "not_sure" }

func hasAny(s care.Set, words ...string) bool {
	return slices.ContainsFunc(words, s.Has)
}

func isOneOf(s string, words ...string) bool { return slices.Contains(words, s) }

func hasDischarge(a care.Answers) bool {
	return hasAny(a.Discharge, "clear", "blood", "yellow_green", "thick", "not_sure")
}

func hasLumps(a care.Answers) bool {
	return isOneOf(a.Lumps, "few_pimples", "many_pustules", "painful_lump", "firm_bumps", "grouped_blisters")
}

func scales(a care.Answers) [7]int {
	return [7]int{scale(a.Erythema, 3), scale(a.Swelling, 3), scale(a.Warmth, 3), scale(a.Pain, 10),
		scale(a.Flaking, 3), scale(a.Itch, 10), scale(a.Burning, 10)}
}

// answersMainSigns says whether erythema, swelling, warmth and pain are all said.
func answersMainSigns(a care.Answers) bool {
	s := scales(a)
	return !slices.Contains(s[:4], unknown)
}

// symptomaticBut is symptomatic by anything but the nodes.
func symptomaticBut(a care.Answers) bool {
	for _, v := range scales(a) {
		if v >= 1 {
			return true
		}
	}
	return hasDischarge(a) || hasLumps(a) ||
		isOneOf(a.Bleeding, "pinpoint", "returned", "not_stopping") ||
		isOneOf(a.Extent, "beyond", "spreading", "streaks") ||
		yesOrNotSure(a.Odour) ||
		hasAny(a.Skin, "local_hives", "rash", "scaly_plaque", "scaly_ring", "patchy_hair_loss", "yellow_crust", "growing_scab")
}

func isSymptomatic(a care.Answers) bool { return symptomaticBut(a) || yesOrNotSure(a.TenderNodes) }

func onlyNodes(a care.Answers) bool { return !symptomaticBut(a) }

// isCalm is an explicit zero everywhere that matters, and nothing else positive.
func isCalm(a care.Answers) bool {
	return isCalmBut(a) && len(a.Skin) == 0
}

// saysZero is an explicit zero of the scales, discharge, lumps and bleeding.
func saysZero(a care.Answers) bool {
	return scales(a) == [7]int{} && a.Discharge != nil && len(a.Discharge) == 0 && a.Lumps == "none" && a.Bleeding == "none"
}

func isCalmBut(a care.Answers) bool { return saysZero(a) && nothingPositive(a) }

// nothingPositive: no answer but the marks says that something is wrong.
func nothingPositive(a care.Answers) bool {
	return !isSymptomatic(a) && len(a.Systemic) == 0 && len(a.Alarm) == 0 && !isHot(a) && a.Trend != "worse" && !(a.SpreadingFast != nil && *a.SpreadingFast)
}

// isHot is 38.0 or more; feverish without a reading counts as that (DQ-05).
func isHot(a care.Answers) bool {
	t := celsiusOf(a)
	return t >= 38 || math.IsNaN(t) && yesOrNotSure(a.Feverish)
}

// isMildRest is nothing but flaking of 1, itch of 3 and burning of 3 at most; the
// four main signs have to be said.
func isMildRest(a care.Answers) bool {
	s := scales(a)
	if s[0] != 0 || s[1] != 0 || s[2] != 0 || s[3] != 0 || s[4] > 1 || s[5] > 3 || s[6] > 3 {
		return false
	}
	a.Itch, a.Flaking, a.Burning = nil, nil, nil
	a.Trend = ""
	return nothingPositive(a) && len(a.Skin) == 0
}

// factsOf computes the inputs of a report from the whole history.
func (o *oracle) factsOf(r care.Report, e *episodeOfPage) *factsOfPage {
	a := r.Answers
	s := scales(a)
	f := &factsOfPage{Answers: a, o: o, at: r.At, e: e, atRisk: o.atRisk(r.At),
		erythema: s[0], swelling: s[1], warmth: s[2], pain: s[3], flaking: s[4], itch: s[5], burning: s[6],
		temperature: celsiusOf(a), pus: hasAny(a.Discharge, "yellow_green", "thick", "not_sure"), nodes: yesOrNotSure(a.TenderNodes)}
	newest := o.newestSession(r.At)
	f.h = ageSince(newest, r.At)
	f.early, f.persist = f.h, f.h
	if newest != nil {
		f.needle = o.needleOf(newest, r.At)
	} else {
		f.persist = 0
	}
	if e != nil {
		f.persist, f.onset = e.persistence(r.At), hoursBetween(e.onset, r.At)
		if len(e.carriedAt) > 0 {
			f.early = f.persist
		}
	}
	f.local = f.erythema >= 1 || f.swelling >= 1 || f.warmth >= 1 || f.pain >= 1 || hasDischarge(a) || hasLumps(a)
	f.findLows()
	return f
}

// lowsSince is the start of lowest_prev: the newest session, without one the last 60
// days. A session that was rolled on a scalp of T2 or more restarts nothing (DQ-01):
// there it stays what it was for the last report before.
func (f *factsOfPage) lowsSince() time.Time {
	if f.e == nil || len(f.e.carriedAt) == 0 || math.IsInf(f.h, 1) {
		return f.o.lowsOf(f.at)
	}
	var since time.Time
	for _, j := range f.o.judged {
		if j.At.Before(f.e.carriedAt[0]) || math.IsInf(j.hours, 1) {
			since = f.o.lowsOf(j.At)
		}
	}
	for i := range f.o.sessions {
		if s := &f.o.sessions[i]; s.StartedAt.Before(f.e.carriedAt[0]) {
			since = later(since, beganAfter(s))
		}
	}
	return since
}

// beganAfter is the first moment at which a report is of a session: a report inside it
// is (DQ-04), one at its very start only where it has no length.
func beganAfter(s *care.Session) time.Time {
	if s.StartedAt.Equal(s.Time()) {
		return s.StartedAt
	}
	return s.StartedAt.Add(1)
}

// lowsOf is the start without regard to the episode.
func (o *oracle) lowsOf(at time.Time) time.Time {
	if s := o.newestSession(at); s != nil {
		return beganAfter(s)
	}
	return at.Add(-60 * 24 * time.Hour)
}

func (f *factsOfPage) findLows() {
	lows := []*int{&f.lowErythema, &f.lowSwelling, &f.lowWarmth, &f.lowPain}
	for _, low := range lows {
		*low = unknown
	}
	since := f.lowsSince()
	for _, r := range f.o.reports {
		if r.At.Before(since) || !r.At.Before(f.at) {
			continue
		}
		s := scales(r.Answers)
		for i, low := range lows {
			if s[i] != unknown && (*low == unknown || s[i] < *low) {
				*low = s[i]
			}
		}
	}
}

// up is by how much a value is above its lowest, 0 where either is unknown.
func up(value, low int) int {
	if value == unknown || low == unknown {
		return 0
	}
	return value - low
}

// needleOf is the length that a session was done with; unknown is 1.5 mm (NL-10).
// Sessions that count once judge with their longest (DQ-10).
func (o *oracle) needleOf(s *care.Session, by time.Time) float64 {
	longest := o.ownNeedle(s)
	for _, group := range o.groups {
		if !slices.ContainsFunc(group, func(i int) bool { return o.sessions[i].ID == s.ID }) {
			continue
		}
		for _, i := range group {
			if !o.sessions[i].Time().After(by) {
				longest = max(longest, o.ownNeedle(&o.sessions[i]))
			}
		}
	}
	return longest
}

func validNeedle(mm float64) bool { return mm > 0 && !math.IsInf(mm, 1) }

func (o *oracle) ownNeedle(s *care.Session) float64 {
	if validNeedle(s.NeedleMM) {
		return s.NeedleMM
	}
	return 1.5
}

// groupsOf are the sessions that count once: their ends are less than 12 h after the
// first of the group (DQ-09).
func groupsOf(sessions []care.Session) [][]int {
	var groups [][]int
	for i := range sessions {
		n := len(groups)
		if n > 0 && sessions[i].Time().Sub(sessions[groups[n-1][0]].Time()) < 12*time.Hour {
			groups[n-1] = append(groups[n-1], i)
			continue
		}
		groups = append(groups, []int{i})
	}
	return groups
}
