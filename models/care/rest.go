package care

import (
	"slices"
	"time"
)

// restState is the scalp's rest during the pass.
type restState struct {
	care       []sessionRest
	advisories []Advisory     // backing array of those of all sessions
	groups     []sessionGroup // sessions that are merged (DQ-09)
	floor      time.Time      // latest end of all floors, and of all rests
	until      time.Time
}

// sessionRest is a session and its consequences.
type sessionRest struct {
	id    string
	group int
	SessionCare
}

// sessionGroup is a run of sessions that ended less than 12 h after the first.
type sessionGroup struct {
	first        time.Time
	longest      float64   // mm, unknown as 1.5 (DQ-10)
	floor, until time.Time // of all sessions before it
	tooSoon      bool
}

// session processes the next session: its rest, its advice if it is judged, and
// what it resets.
func (j *judging) session(s *Session) {
	at := s.Time()
	row := restFor(s.NeedleMM)
	g := j.rest.groupOf(s)
	overuse := j.rest.overuse(at, row)
	c := sessionRest{id: s.ID, group: len(j.rest.groups) - 1}
	c.NeedleMM, c.Rule = knownMM(s.NeedleMM), row.ID
	rest, floor := row.rest, row.floor
	if s.Professional && s.ClinicIntervalDays >= 1 && s.ClinicIntervalDays <= clinicMaxDays {
		rest, c.Rule = max(s.ClinicIntervalDays, floor), "RS-10"
	}
	atRisk := j.atRisk(at)
	c.Days = multiply(rest, atRisk, overuse)
	c.Until = at.Add(time.Duration(c.Days) * day)
	c.FloorUntil = at.Add(time.Duration(multiply(floor, atRisk, false)) * day)
	roller, discarded := j.useRoller(s)
	if !at.Before(j.from) {
		f := j.sessionFacts(s, at, g)
		f.overuse, f.roller, f.discarded = overuse, roller, discarded
		f.products(s, j.person, g.longest)
		f.informs(j.person, at)
		c.Advisories = j.rest.advise(&f)
	}
	j.rest.care = append(j.rest.care, c)
	j.rest.floor, j.rest.until = later(j.rest.floor, c.FloorUntil), later(j.rest.until, c.Until)
	j.rolled(s)
}

// advise returns the rules that hold, gravest first. All sessions share one
// array: most have an advisory or two.
func (r *restState) advise(f *sessionFacts) []Advisory {
	from := len(r.advisories)
	r.advisories = f.advisories(r.advisories)
	if len(r.advisories) == from {
		return nil
	}
	return slices.Clip(r.advisories[from:])
}

// advisories appends the rules that hold, gravest first.
func (f *sessionFacts) advisories(out []Advisory) []Advisory {
	try := func(r *sessionRule) {
		if r.When(f) {
			out = append(out, Advisory{Rule: r.ID, Code: r.Code, Severity: r.Severity})
		}
	}
	odd := f.hurt || f.manyPasses || f.minoxidilEarly || f.serumEarly || f.discarded || f.roller != rollerFacts{}
	for i := range sessionRules {
		if r := &sessionRules[i]; odd || !r.odd {
			try(r)
		}
	}
	if len(f.infos) > 0 {
		for i := range sessionInfos {
			try(&sessionInfos[i])
		}
	}
	return out
}

// rolled resets what a new session starts anew, and keeps the rest (DQ-01): the
// open episode keeps its anchor, and on a T2 scalp its ages and lows as well.
func (j *judging) rolled(s *Session) {
	j.newest, j.reportedSince, j.calmSince = s, false, false
	e := j.open
	if e != nil {
		e.rollers = append(e.rollers, s.RollerID)
		j.quarantine(e)
		e.carried = e.carried || e.Tier >= DoctorSoon
	}
	if e == nil || !e.carried {
		j.low = lows{}
	}
}

// groupOf returns the group of the session, a new one if it ended 12 h or more
// after the first session of the last (DQ-09).
func (r *restState) groupOf(s *Session) *sessionGroup {
	at := s.Time()
	if n := len(r.groups); n == 0 || at.Sub(r.groups[n-1].first) >= sameSession {
		began := rollTime(s)
		r.groups = append(r.groups, sessionGroup{first: at, floor: r.floor, until: r.until, tooSoon: began.Before(r.floor)})
	}
	g := &r.groups[len(r.groups)-1]
	mm := knownMM(s.NeedleMM)
	if mm == 0 {
		mm = unknownMM
	}
	g.longest = max(g.longest, mm)
	return g
}

// rollTime returns when the rolling of a session began.
func rollTime(s *Session) time.Time {
	if !s.StartedAt.IsZero() && s.StartedAt.Before(s.Time()) {
		return s.StartedAt
	}
	return s.Time()
}

// overuse reports whether RS-08 holds for the newest group.
func (r *restState) overuse(at time.Time, row *restRow) bool {
	inARow := 0
	for i := len(r.groups) - 1; i >= 0 && r.groups[i].tooSoon; i-- {
		if inARow++; inARow >= overuseInARow {
			return true
		}
	}
	base := at.Add(-time.Duration(row.rest) * day)
	n := len(r.groups) - overuseInRest
	return n >= 0 && !r.groups[n].first.Before(base)
}

// multiply returns days times the factors of RS-12 and RS-08, rounded up once.
func multiply(days int, atRisk, overuse bool) int {
	over, under := days, 1
	if atRisk {
		over, under = over*atRiskRestHalves, under*2
	}
	if overuse {
		over, under = over*overuseRestHalves, under*2
	}
	return (over + under - 1) / under
}

// sessionFacts returns the facts as they were before the session.
func (j *judging) sessionFacts(s *Session, at time.Time, g *sessionGroup) sessionFacts {
	began := rollTime(s)
	_, irritated := j.irritated(at)
	over := func(v *int) bool { return v != nil && *v > 0 }
	return sessionFacts{
		tooSoon:         g.tooSoon,
		early:           began.Before(g.until),
		suspended:       len(j.afterT3.held) > 0,
		warned:          len(j.afterT2.held) > 0,
		forbidden:       len(j.risks.at(at)) > 0,
		symptomatic:     irritated,
		irritatedBefore: over(s.Baseline.Itch) || over(s.Baseline.Flaking),
		longByOneself:   !s.Professional && !restFor(s.NeedleMM).atHome(),
		unknownLength:   knownMM(s.NeedleMM) == 0,
		hurt:            s.hurt(),
		manyPasses:      s.Passes != nil && *s.Passes > mostPasses,
		notDisinfected:  !s.Professional && (s.RollerDisinfected == nil || !*s.RollerDisinfected),
	}
}

// hurt reports whether rolling hurt or bled more than it should (SX-01).
func (s *Session) hurt() bool {
	return s.Pain != nil && *s.Pain >= painSevere && *s.Pain <= 10 || s.Bleeding == "more"
}

// unrest is a T1 that does not begin an episode, such as a fever or a raised
// scar alone: rolling pauses after it as well (section 1). It depends only on
// reports that a window loads.
type unrest struct {
	raisedAt time.Time // the last one without a calm report after it
	calm     time.Time // the calm report after the last one
	// rested is the first of the latest reports that are calm except for marks
	// that a clinician has seen.
	rested time.Time
}

func (u *unrest) update(f *facts, at time.Time, restful bool) {
	switch {
	case restful:
		u.raisedAt = time.Time{}
		if u.rested.IsZero() {
			u.rested = at
		}
		return
	case f.calm && !u.rested.IsZero(): // the wait goes on from the first of these
		u.calm, u.rested = u.rested, time.Time{}
	case f.symptomatic:
		u.rested = time.Time{}
	}
	switch {
	case f.calm && u.holds(at):
		u.raisedAt, u.calm = time.Time{}, at
	case f.calm:
		u.raisedAt = time.Time{}
	case !f.symptomatic && f.holding(tierRules[Watch]) != 0:
		u.raisedAt, u.calm, u.rested = at, time.Time{}, time.Time{}
	}
}

func (u *unrest) holds(at time.Time) bool {
	return !u.raisedAt.IsZero() && age(at, u.raisedAt) <= unrestCounts
}

// irritated applies RS-03: it returns whether the rule holds at a moment, and
// until when if the latest report was calm.
func (j *judging) irritated(at time.Time) (until time.Time, holds bool) {
	if j.open != nil && !j.open.restful || j.unrest.holds(at) {
		return time.Time{}, true
	}
	if calm := later(later(j.quietAt, j.unrest.calm), j.unrest.rested); !calm.IsZero() {
		until = calm.Add(symptomFreeBeforeNext)
	}
	return until, at.Before(until)
}

// blocks returns the reasons not to roll at now, gravest first.
func (j *judging) blocks() []Block {
	var out []Block
	add := func(rule, code string, until time.Time) {
		out = append(out, Block{Rule: rule, Code: "rest." + code, Until: until})
		j.wakeAt(until)
	}
	if len(j.afterT3.held) > 0 {
		add("RS-05", "RS-05", j.end(&j.afterT3))
	}
	if len(j.afterT2.held) > 0 {
		add("RS-06", "RS-06", j.end(&j.afterT2))
	}
	for _, s := range j.risks.at(j.now) {
		add("RS-07", "RS-07."+s.rule, s.until)
	}
	if j.person.RisksReviewedAt.IsZero() {
		add("RS-14", "RS-14", time.Time{})
	}
	until, irritated := j.irritated(j.now)
	if u := j.unrest.raisedAt; !u.IsZero() {
		if !irritated && j.newest != nil && !u.Before(j.newest.Time()) { // as long as nothing else is reported
			irritated, until = true, time.Time{}
		}
		j.wakeAt(u.Add(unrestCounts + tick))
	}
	if irritated {
		add("RS-03", "RS-03", until)
	}
	if j.newest != nil && !j.reportedSince && !j.now.Before(j.rest.until) {
		add("RS-04", "RS-04", time.Time{})
	}
	return out
}

// restNow returns the answer to "may I roll?", in the order of the contract. An
// irritated scalp also blocks somebody who has never rolled: never needle
// inflamed skin (S26, S28).
func (j *judging) restNow() Rest {
	r := Rest{State: RestReady, FloorUntil: j.rest.floor, Until: j.rest.until, Blocks: j.blocks()}
	if j.newest != nil {
		r.LastSession, r.SessionID = j.newest.Time(), j.newest.ID
	}
	if calm := later(j.unrest.calm, j.unrest.rested); !calm.IsZero() && j.now.Before(calm.Add(symptomFreeBeforeNext+calmCounts)) {
		r.CalmUntil = calm.Add(symptomFreeBeforeNext)
		j.wakeAt(r.CalmUntil.Add(calmCounts))
	}
	j.wakeAt(r.FloorUntil)
	j.wakeAt(r.Until)
	blocked := func(rules ...string) bool {
		return slices.ContainsFunc(r.Blocks, func(b Block) bool { return slices.Contains(rules, b.Rule) })
	}
	switch {
	case blocked("RS-05", "RS-06", "RS-07", "RS-14"):
		r.State = RestBlocked
	case j.now.Before(r.FloorUntil):
		r.State = RestResting
	case j.now.Before(r.Until):
		r.State = RestEarly
	case blocked("RS-03", "RS-04"):
		r.State = RestBlocked
	}
	return r
}

// sessionCare returns the consequences of the sessions by ID.
func (r *restState) sessionCare() map[string]*SessionCare {
	out := make(map[string]*SessionCare, len(r.care))
	for i := range r.care {
		c := &r.care[i]
		c.HoldMM = r.groups[c.group].longest
		out[c.id] = &c.SessionCare
	}
	return out
}
