package care_test

import (
	"math"
	"slices"
	"time"

	"aftercare/models/care"
)

const dayOfPage = 24 * time.Hour

// restTable is section 2.2: up to a length, the days of rest and of the floor.
var restTable = []struct {
	upTo        float64
	rest, floor int
}{
	{0.25, 4, 3}, {0.3, 7, 4}, {0.5, 14, 7}, {0.75, 14, 10}, {1.0, 21, 14},
	{1.25, 28, 21}, {1.5, 28, 28}, {2.0, 42, 42}, {math.Inf(1), 56, 42},
}

// tableOf is the base rest and floor of a session, in days.
func (o *oracle) tableOf(s *care.Session) (rest, floor int) {
	mm := o.ownNeedle(s)
	for _, row := range restTable {
		if mm <= row.upTo {
			return row.rest, row.floor
		}
	}
	panic("no row")
}

// windowOfSession is the same with the interval of a clinic (RS-10).
func (o *oracle) windowOfSession(s *care.Session) (rest, floor int) {
	rest, floor = o.tableOf(s)
	if c := s.ClinicIntervalDays; s.Professional && c >= 1 && c <= 180 {
		rest = max(c, floor)
	}
	return rest, floor
}

func days(n int) time.Duration { return time.Duration(n) * dayOfPage }

func times(n int, factor float64) int { return int(math.Ceil(float64(n) * factor)) }

// floorOf and untilOf are when the floor and the rest of a session end.
func (o *oracle) floorOf(i int) time.Time {
	s := &o.sessions[i]
	_, floor := o.windowOfSession(s)
	if o.atRiskRolling(s) {
		floor = times(floor, 1.5)
	}
	return s.Time().Add(days(floor))
}

func (o *oracle) untilOf(i int) time.Time {
	s := &o.sessions[i]
	rest, _ := o.windowOfSession(s)
	factor := 1.0
	if o.atRiskRolling(s) {
		factor *= 1.5
	}
	if o.overused(i) {
		factor *= 1.5
	}
	return s.Time().Add(days(times(rest, factor)))
}

// ended are the sessions that have ended by a moment.
func (o *oracle) ended(by time.Time) []int {
	var ended []int
	for i := range o.sessions {
		if !o.sessions[i].Time().After(by) {
			ended = append(ended, i)
		}
	}
	return ended
}

// groupOf is the place of a session among those that count once.
func (o *oracle) groupOf(i int) int {
	return slices.IndexFunc(o.groups, func(g []int) bool { return slices.Contains(g, i) })
}

// tooSoon says whether a session began before the floor of one of an earlier group
// (RS-01, DQ-09).
func (o *oracle) tooSoon(i int) bool {
	for k := range i {
		if o.groupOf(k) < o.groupOf(i) && o.sessions[i].StartedAt.Before(o.floorOf(k)) {
			return true
		}
	}
	return false
}

// overused is RS-08 for a session: two in a row below the floor, or three within
// its base rest.
func (o *oracle) overused(i int) bool {
	groups, g := o.groups, o.groupOf(i)
	if g >= 1 && o.tooSoon(groups[g][0]) && o.tooSoon(groups[g-1][0]) {
		return true
	}
	rest, _ := o.tableOf(&o.sessions[i])
	n := 0
	for k := 0; k <= g; k++ {
		if !o.sessions[groups[k][0]].Time().Before(o.sessions[i].Time().Add(-days(rest))) {
			n++
		}
	}
	return n >= 3
}

// restOfPage is the answer to "may I roll?".
type restOfPage struct {
	state        care.RestState
	floor, until time.Time
	blocks       map[string]time.Time // rule, and until when; zero: no time is known
}

func (o *oracle) rest() restOfPage {
	r := restOfPage{blocks: map[string]time.Time{}}
	ended := o.ended(o.now)
	for _, i := range ended {
		r.floor, r.until = later(r.floor, o.floorOf(i)), later(r.until, o.untilOf(i))
	}
	o.blockByDanger(r.blocks)
	o.blockByDoctorSoon(r.blocks)
	if o.mayNotRoll() {
		r.blocks["RS-07"] = time.Time{}
	}
	if o.p.RisksReviewedAt.IsZero() {
		r.blocks["RS-14"] = time.Time{}
	}
	o.blockByScalp(r.blocks, r.until)
	r.state = o.stateOfRest(r, len(ended) > 0)
	return r
}

func (o *oracle) stateOfRest(r restOfPage, rolled bool) care.RestState {
	blocked := func(rules ...string) bool {
		return slices.ContainsFunc(rules, func(id string) bool { _, ok := r.blocks[id]; return ok })
	}
	switch {
	case blocked("RS-05", "RS-06", "RS-07", "RS-14"):
		return care.RestBlocked
	case rolled && o.now.Before(r.floor):
		return care.RestResting
	case rolled && o.now.Before(r.until):
		return care.RestEarly
	case blocked("RS-03", "RS-04"):
		return care.RestBlocked
	}
	return care.RestReady
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// isBad says whether a report breaks a time without symptoms.
func isBad(j judgement) bool { return isSymptomatic(j.Answers) || j.tier >= care.DoctorSoon }

// restCalm says whether a report is calm for RS-03 and RS-04: marks alone count as
// calm after a clinician saw or cleared the person in that episode, but where they
// open it; and, as they open none before 14 d, after a report that says so since
// they were first told.
func (o *oracle) restCalm(j judgement) bool {
	if isCalm(j.Answers) {
		return true
	}
	if !isCalmBut(j.Answers) || !onlyMarks(j.Skin) {
		return false
	}
	if o.marksSeen(j) {
		return true
	}
	if j.episode == nil || j.episode.first == j.ID {
		return false
	}
	return slices.ContainsFunc(o.events, func(e clinicianEvent) bool {
		return e.outcome != care.OutcomeBooked && !e.at.Before(j.episode.onset) && !e.at.After(j.At)
	})
}

func onlyMarks(skin care.Set) bool {
	return !slices.ContainsFunc(skin, func(word string) bool { return !isOneOf(word, "lasting_marks", "raised_scar") })
}

// calmSpan finds when a scalp was calm for a time: counted from a calm report after a
// moment, not before another moment, and not broken by a bad report. It answers when
// that is, zero for not yet known, and whether it has come.
func (o *oracle) calmSpan(need time.Duration, after, notBefore time.Time, calm, bad func(judgement) bool) (time.Time, bool) {
	for k, c := range o.judged {
		if !calm(c) || !c.At.After(after) {
			continue
		}
		met := later(notBefore, c.At.Add(need))
		next := slices.IndexFunc(o.judged[k:], bad)
		if next >= 0 && o.judged[k+next].At.Before(met) {
			continue
		}
		return met, !met.After(o.now)
	}
	return time.Time{}, false
}

func (o *oracle) calmFor(need time.Duration, after, notBefore time.Time) (time.Time, bool) {
	calm := func(j judgement) bool { return isCalm(j.Answers) }
	return o.calmSpan(need, after, notBefore, calm, isBad)
}

// blockByDanger is RS-05: a T3 or T4 that no clinician cleared, and 14 d of calm.
func (o *oracle) blockByDanger(blocks map[string]time.Time) {
	for _, e := range o.episodes {
		for _, m := range e.moments {
			if tierOf(m.rules) < care.SameDay {
				continue
			}
			cleared := o.clearedSince(m)
			if cleared.IsZero() {
				blocks["RS-05"] = time.Time{}
				return
			}
			if until, over := o.calmFor(14*dayOfPage, m.at, cleared); !over {
				block(blocks, "RS-05", until)
			}
		}
	}
}

// block keeps the latest end; no known end is the latest of all.
func block(blocks map[string]time.Time, rule string, until time.Time) {
	if was, ok := blocks[rule]; ok && (was.IsZero() || until.IsZero()) {
		until = time.Time{}
	} else {
		until = later(was, until)
	}
	blocks[rule] = until
}

// clearedSince is the first clearance told beside or after a moment.
func (o *oracle) clearedSince(m moment) time.Time {
	var first time.Time
	for _, e := range o.events {
		if e.outcome == care.OutcomeCleared && !e.at.Before(m.at) && (first.IsZero() || e.at.Before(first)) {
			first = e.at
		}
	}
	return first
}

// blockByDoctorSoon is RS-06: a T2 of an episode (not DS-13), until 7 d after calm.
func (o *oracle) blockByDoctorSoon(blocks map[string]time.Time) {
	for _, e := range o.episodes {
		asked, byTime := false, true
		for _, m := range e.moments {
			if slices.ContainsFunc(m.rules, func(id string) bool { return tierOfRule(id) == care.DoctorSoon && id != "DS-13" }) {
				asked, byTime = true, byTime && m.byTime
			}
		}
		if !asked {
			continue
		}
		if e.closed.IsZero() {
			blocks["RS-06"] = time.Time{}
			return
		}
		need := 7 * dayOfPage
		if o.leftBaseline(e) || byTime {
			need = 48 * time.Hour
		}
		if until, over := o.calmFor(need, e.closed.Add(-1), time.Time{}); !over {
			block(blocks, "RS-06", until)
		}
	}
}

// lastSymptomatic is the last symptomatic report of the episode, nil for none.
func (o *oracle) lastSymptomatic(e *episodeOfPage) *judgement {
	for k := len(e.reports) - 1; k >= 0; k-- {
		if j := &o.judged[e.reports[k]]; isSymptomatic(j.Answers) {
			return j
		}
	}
	return nil
}

// leftBaseline says whether the last symptomatic report of the episode had only itch
// or flaking, at or below what was there before rolling (DQ-11).
func (o *oracle) leftBaseline(e *episodeOfPage) bool {
	said := o.lastSymptomatic(e)
	if said == nil || e.anchor == nil {
		return false
	}
	b, a := e.anchor.Baseline, said.Answers
	itch, flaking := scale(a.Itch, 10), scale(a.Flaking, 3)
	a.Itch, a.Flaking = nil, nil
	return answersMainSigns(a) && !isSymptomatic(a) && itch <= max(0, scale(b.Itch, 10)) && flaking <= max(0, scale(b.Flaking, 3))
}

// blockByScalp is RS-03 and RS-04: the scalp is not calm, or nobody said so since
// the last session.
func (o *oracle) blockByScalp(blocks map[string]time.Time, until time.Time) {
	newest := o.newestEnded()
	stirs := func(j judgement) bool {
		watched := j.episode == nil && j.tier >= care.Watch || slices.ContainsFunc(j.fired, func(id string) bool { return tierOfRule(id) == care.Watch })
		opens := j.episode != nil && j.episode.first == j.ID || watched && o.stillWatched(j, newest) // section 1: a T1 pauses
		speaks := j.episode != nil && saysZero(j.Answers)
		return !o.restCalm(j) && (isSymptomatic(j.Answers) || opens || speaks)
	}
	var worst time.Time
	for _, j := range o.judged {
		if stirs(j) {
			worst = j.At
		}
	}
	if !worst.IsZero() {
		if calm, over := o.calmSpan(48*time.Hour, worst, time.Time{}, o.restCalm, stirs); !over {
			block(blocks, "RS-03", calm)
		}
	}
	if newest == nil || o.now.Before(until) {
		return
	}
	said := slices.ContainsFunc(o.judged, func(j judgement) bool {
		return !j.At.Before(newest.Time()) && (isSymptomatic(j.Answers) || o.restCalm(j))
	})
	if !said {
		blocks["RS-04"] = time.Time{}
	}
}

// stillWatched says whether a T1 that began no episode still holds a go-ahead: for 45
// d, longer as long as no session and no calm report followed, and until 48 h after
// the calm report that came in time.
func (o *oracle) stillWatched(j judgement, newest *care.Session) bool {
	calm := slices.IndexFunc(o.judged, func(c judgement) bool { return c.At.After(j.At) && isCalm(c.Answers) })
	return o.now.Sub(j.At) <= 45*dayOfPage || calm < 0 && newest != nil && !j.At.Before(newest.Time()) ||
		calm >= 0 && o.judged[calm].At.Sub(j.At) <= 45*dayOfPage
}

func (o *oracle) newestEnded() *care.Session {
	ended := o.ended(o.now)
	if len(ended) == 0 {
		return nil
	}
	return &o.sessions[ended[len(ended)-1]]
}
