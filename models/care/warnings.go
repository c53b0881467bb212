package care

import (
	"slices"
	"time"
)

// warning is a warning during the pass.
type warning struct {
	Warning
	set      ruleSet
	acked    bool
	resolved bool
}

// fire applies the rules that became true in an episode: it raises their
// warnings, holds the go-ahead and quarantines the rollers.
func (j *judging) fire(e *running, set ruleSet, moment Fired, report string, f *facts) {
	e.holdsSince(set&persistable, moment.At)
	e.PeakTier = max(e.PeakTier, set.tier())
	for t := DoctorSoon; t <= Emergency; t++ {
		if rules := set & tierRules[t]; rules != 0 {
			j.warn(e, t, rules, moment, report, f)
		}
	}
	if set&persistable != 0 {
		j.afterT2.add(e)
		e.reported = e.reported || !moment.ByTime
	}
	if set.tier() >= SameDay {
		j.afterT3.add(e)
		j.afterT3.released = false
	}
	e.infected = e.infected || set&infectious != 0
	rules := set & infections
	if !f.said.Skin.Has("scaly_ring") {
		rules &^= hairLoss
	}
	if rules != 0 && e.quarantine == "" {
		e.quarantine = triage[rules.first()].ID
		told := moment.At
		if moment.ByTime {
			told = e.lastReport.At
		}
		j.usedSince(e, told.Add(-quarantineBack))
		j.quarantine(e)
	}
}

// warn raises the warning of a tier, or adds to it.
func (j *judging) warn(e *running, t Tier, rules ruleSet, moment Fired, report string, f *facts) {
	w := e.warnings[t]
	if w == nil {
		w = &warning{Warning: Warning{Episode: e.FirstReport, Tier: t}}
		e.warnings[t] = w
		j.unresolved[t].list = append(j.unresolved[t].list, w)
	} else if w.resolved { // the sign is back
		w.resolved, w.ResolvedAt = false, time.Time{}
		w.AskedAt, w.acked = moment.At, false
		j.unresolved[t].list = append(j.unresolved[t].list, w)
	}
	if added := rules &^ w.set; added != 0 {
		_, before := w.set.titleRule()
		if rule, rank := added.titleRule(); rank <= before {
			w.Title = title(rule, f, moment.ByTime)
		}
		w.AskedAt, w.acked = moment.At, false
		added.each(func(i int) {
			w.Fired = append(w.Fired, Fired{Rule: triage[i].ID, At: moment.At, ByTime: moment.ByTime, PushNotBefore: moment.PushNotBefore})
		})
		w.set |= added
	}
	if worse := graver(w.Title, rules, f, moment.ByTime); worse != "" {
		w.Title, w.AskedAt, w.acked = worse, moment.At, false
	}
	if n := len(w.Reports); n == 0 || w.Reports[n-1] != report {
		w.Reports = append(w.Reports, report)
	}
	j.unresolved[t].triggered(rules, f)
}

// unresolved holds the warnings of a tier that DQ-06 keeps open: until a
// clinician visit, or until two reports 24 h apart lack the trigger and the
// person has acknowledged it.
type unresolved struct {
	list   []*warning
	first  time.Time // the first report without the trigger since the last one with it
	enough bool      // a second one at least 24 h later
	// Triggers that are asked of some people only; gone once answered.
	fast, worse bool
}

// triggered records that a trigger holds.
func (u *unresolved) triggered(rules ruleSet, f *facts) {
	u.first, u.enough = time.Time{}, false
	u.fast = u.fast || f.fast && rules&spreadsFast != 0
	u.worse = u.worse || f.worse && rules&fromWorse != 0
}

// lacks reports whether a report shows that the triggers are gone: only one
// that answers every relevant question can.
func (u *unresolved) lacks(f *facts) bool {
	return f.complete && (f.saidFast || !u.fast) && (f.saidTrend || !u.worse)
}

// withoutTrigger counts a report towards DQ-06.
func (j *judging) withoutTrigger(f *facts, set ruleSet, at time.Time) {
	for t := SameDay; t <= Emergency; t++ {
		u := &j.unresolved[t]
		if len(u.list) == 0 || set&tierRules[t] != 0 || !u.lacks(f) {
			continue
		}
		if u.first.IsZero() {
			u.first = at
		}
		u.enough = u.enough || age(at, u.first) >= clearedPause
		u.resolveAcknowledged(at)
	}
}

func (u *unresolved) acknowledge(at time.Time, answers func(*warning) bool) {
	for _, w := range u.list {
		w.acked = w.acked || answers(w) && !at.Before(w.AskedAt)
	}
	u.resolveAcknowledged(at)
}

func (u *unresolved) resolveAcknowledged(at time.Time) {
	if u.enough {
		u.resolve(at, func(w *warning) bool { return w.acked })
	}
}

// resolve ends the warnings for which done returns true.
func (u *unresolved) resolve(at time.Time, done func(*warning) bool) {
	var left []*warning
	for _, w := range u.list {
		if done(w) {
			w.resolved, w.ResolvedAt = true, at
		} else {
			left = append(left, w)
		}
	}
	u.list = left
	if len(left) == 0 {
		u.fast, u.worse = false, false
	}
}

// raised returns the warnings of an episode with their states: a doctor_soon is
// resolved with its episode, and an unresolved higher one supersedes it.
func (e *running) raised() []Warning {
	var out []Warning
	state := WarningActive
	for t := Emergency; t >= DoctorSoon; t-- {
		w := e.warnings[t]
		if w == nil {
			continue
		}
		if t == DoctorSoon && e.State == EpisodeClosed {
			w.resolved, w.ResolvedAt = true, e.ClosedAt
		}
		w.State = state
		if w.resolved {
			w.State = WarningResolved
		} else {
			state = WarningSuperseded
		}
		out = append([]Warning{w.Warning}, out...)
	}
	return out
}

// hold suspends the go-ahead after a warning (RS-05, RS-06).
type hold struct {
	held     map[*running]bool
	released bool          // RS-05: cleared by a clinician
	calm     time.Duration // RS-06: required time without symptoms
}

func (h *hold) add(e *running) {
	if h.held == nil {
		h.held = map[*running]bool{}
	}
	h.held[e] = true
}

// succeed lets the episodes before e, which has just begun, stop mattering where
// e blocks rolling in their place: RS-03 and RS-04 look at the last one, and RS-05
// asks for a clearance after the last danger sign. It stops at the first that
// matters on, since a window from there holds all behind it: one that RS-06 holds,
// or RS-05 where e has no danger sign; one with a danger sign that was unresolved
// at the newest session, because DQ-06 looks at all of them together, and the plan
// of that cycle at when they were resolved.
//
// They stop mattering TakeOverGap before e, so that a window may begin with it,
// unless a session is as late: that is judged by what blocked rolling before.
func (j *judging) succeed(e *running) {
	until := e.OnsetAt.Add(-TakeOverGap)
	if j.newest != nil && j.newest.Time().After(until) {
		return
	}
	for ; j.left < len(j.episodes)-1; j.left++ {
		o := j.episodes[j.left]
		takenOver := j.afterT3.held[e] && j.newest != nil && o.resolvedBy(j.newest.Time())
		if o.ClosedAt.After(until) || j.afterT2.held[o] || j.afterT3.held[o] && !takenOver {
			return
		}
		o.leftAt = until
	}
}

// resolvedBy reports whether every same_day or emergency warning of an episode
// was resolved by a moment.
func (e *running) resolvedBy(t time.Time) bool {
	return !slices.ContainsFunc(e.warnings[SameDay:], func(w *warning) bool {
		return w != nil && (!w.resolved || w.ResolvedAt.After(t))
	})
}

// close records how long the scalp must be calm after an episode (RS-06): 48 h
// if only what was there before rolling was left, or if time alone raised the
// warning.
func (h *hold) close(e *running) {
	if !h.held[e] {
		return
	}
	calm := symptomFreeAfterT2
	if e.atBaseline || !e.reported {
		calm = symptomFreeBeforeNext
	}
	h.calm = max(h.calm, calm)
}

// end returns when a hold ends if no further symptom comes, or zero if unknown.
func (j *judging) end(h *hold) time.Time {
	switch {
	case j.open != nil || len(h.held) == 0:
		return time.Time{}
	case h == &j.afterT2:
		return j.calmAt.Add(h.calm)
	case !h.released:
		return time.Time{}
	}
	end := j.calmAt.Add(symptomFreeAfterT3)
	if j.cleared.After(end) {
		end = j.cleared
	}
	return end
}

// releaseHolds releases the holds that end by t.
func (j *judging) releaseHolds(t time.Time) {
	if j.open != nil { // while one is open no hold ends
		return
	}
	for _, h := range [...]*hold{&j.afterT2, &j.afterT3} {
		end := j.end(h)
		if end.IsZero() || end.After(t) {
			continue
		}
		for e := range h.held {
			if e.releasedAt.Before(end) {
				e.releasedAt = end
			}
		}
		*h = hold{}
	}
}

// finish sets when an episode no longer blocks rolling, and when it stops
// mattering. A T3 or T4 needs no check of its own: RS-05 holds it until it is
// resolved. One that a clinician will have found no infection in matters until then.
func (j *judging) finish(e *running) {
	if e.State != EpisodeClosed {
		return
	}
	e.FreeAt = j.freeAt(e)
	if !slices.ContainsFunc(j.awaited, func(said event) bool { return j.episodeOf(said.report) == e }) {
		e.SettledAt = earlier(e.FreeAt, e.leftAt)
	}
}

// freeAt returns when an episode has been closed for as long as RS-03 looks
// back, and RS-05 and RS-06 have released it; zero: no moment is known.
func (j *judging) freeAt(e *running) time.Time {
	free := later(e.ClosedAt.Add(symptomFreeBeforeNext), e.releasedAt)
	for _, h := range []*hold{&j.afterT2, &j.afterT3} {
		if h.held[e] {
			end := j.end(h)
			if end.IsZero() {
				return time.Time{}
			}
			free = later(free, end)
		}
	}
	return free
}
