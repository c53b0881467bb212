// Package care holds the product's medical knowledge: rest periods, triage,
// aftercare and the plan of a cycle, as one pure function of what a person
// reported.
//
// It imports only the standard library and never reads the clock: time and zone
// are arguments. Rules are rows of tables (rules_*.go); numbers are in
// constants.go under the names of the knowledge base, section 1. Nothing here
// is clinically signed off.
package care

import (
	"cmp"
	"slices"
	"time"
)

// tick is the resolution of ages. Phones send whole milliseconds, so "more than
// 168 h" begins one millisecond later, and a stored Next loses no precision.
const tick = time.Millisecond

// age returns the time elapsed between two moments, in whole ticks.
func age(at, from time.Time) time.Duration {
	d := at.Sub(from)
	return d - d%tick
}

// Judge assesses a history at now and plans its steps. Next of the verdict is
// the first moment at which time alone changes either of them.
func Judge(h History, p Person, now time.Time) (Verdict, []Item) {
	j := newJudging(h, &p, now)
	v := j.all()
	pl := newPlanner(&v, h, p, now, &j.rows)
	items := pl.items()
	v.Next = earlier(v.Next, pl.next)
	return v, items
}

// Assess returns the verdict on a history at now. It is pure: it does not
// depend on the order of the rows, does not modify its arguments, and ignores
// rows later than now until their time comes. IDs are unique per kind; rows
// without a time are skipped.
func Assess(h History, p Person, now time.Time) Verdict { return newJudging(h, &p, now).all() }

// all judges every row, and returns the verdict.
func (j *judging) all() Verdict {
	for j.step() {
	}
	j.silence(j.now, true)
	j.releaseHolds(j.now)
	return j.verdict()
}

// judging is one pass through a history, in chronological order.
type judging struct {
	person *Person
	now    time.Time
	from   time.Time // History.JudgeFrom
	next   time.Time
	risks  riskState

	rows
	recent
	course
	clinician
	holds
	findings
	rest restState
	gear map[string]*gear // by roller
}

// rows is the history in chronological order, with the position reached in each
// list.
type rows struct {
	sessions []*Session
	reports  []*Report
	events   []event
	awaited  []event // of a time to come, that will rule out an infection
	s, r, e  int
	lastLate time.Time // when the last of the late reports arrived (RM-14); zero: not computed yet
}

// recent is the newest session and what was reported since.
type recent struct {
	newest        *Session
	low           lows
	lastLows      slidingLows // used instead of low when there is no session within 60 d
	doses         doses
	scars         scars
	reportedSince bool // symptomatic or calm (RS-04)
	calmSince     bool
	unrest        unrest
	quietAt       time.Time // start of the RS-03 wait after the last episode
}

// course is the list of episodes so far.
type course struct {
	open       *running
	episodes   []*running
	left       int        // so many of them, from the first, do not matter any more
	calmAt     time.Time  // the calm report that closed the last episode; zero while one is open
	infections []*running // closed with signs of infection that no clinician ruled out (RK-24)
}

// clinician records the newest event of each kind.
type clinician struct {
	seen, booked, cleared time.Time
}

// holds is what warnings suspend: the go-ahead (RS-05, RS-06), and the warnings
// kept unresolved until DQ-06 ends them.
type holds struct {
	afterT3, afterT2 hold
	unresolved       [Emergency + 1]unresolved
}

// findings is the result for each judged report. facts belongs to the current
// report.
type findings struct {
	judged   map[string]*Assessment
	verdicts []Assessment // backing array of judged: one allocation for thousands of reports
	kept     []string     // backing array of the Reports of all episodes, whose reports follow each other
	facts    facts
}

// event is a clinician event or an acknowledgement.
type event struct {
	at          time.Time
	outcome     string
	tier        Tier   // of an acknowledgement, else 0
	report      string // a report of the episode it refers to
	noInfection bool
}

func newJudging(h History, p *Person, now time.Time) *judging {
	j := &judging{person: p, now: now, from: h.JudgeFrom}
	j.risks = readRisks(p)
	j.risks.infected(h.EarlierInfections)
	j.sessions = sorted(j, h.Sessions, (*Session).Time, func(s *Session) string { return s.ID })
	j.reports = sorted(j, h.Reports, func(r *Report) time.Time { return r.At }, func(r *Report) string { return r.ID })
	for _, c := range h.Clinician {
		j.addEvent(event{at: c.At, outcome: c.Outcome, report: c.Report, noInfection: c.NoInfection})
	}
	for _, a := range h.Acks {
		j.addEvent(event{at: a.At, outcome: a.Action, tier: a.Tier, report: a.Report})
	}
	slices.SortFunc(j.events, func(a, b event) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.tier, b.tier), cmp.Compare(a.outcome, b.outcome), cmp.Compare(a.report, b.report),
			compareBool(a.noInfection, b.noInfection))
	})
	j.gear = gearOf(h.Rollers)
	n := j.toJudge()
	j.judged, j.verdicts, j.kept = make(map[string]*Assessment, n), make([]Assessment, 0, n), make([]string, 0, n)
	j.rest.care, j.rest.groups = make([]sessionRest, 0, len(j.sessions)), make([]sessionGroup, 0, len(j.sessions))
	return j
}

// toJudge returns how many reports get a verdict: of a window, the fewest.
func (j *judging) toJudge() int {
	first, _ := slices.BinarySearchFunc(j.reports, j.from, func(r *Report, from time.Time) int { return r.At.Compare(from) })
	return len(j.reports) - first
}

func (j *judging) addEvent(e event) {
	switch {
	case !usable(e.at):
	case e.at.After(j.now):
		j.wakeAt(e.at)
		if e.noInfection {
			j.awaited = append(j.awaited, e)
		}
	default:
		j.events = append(j.events, e)
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// usable reports whether a row has a time; the zero time means none.
func usable(t time.Time) bool { return t.After(time.Time{}) }

// wakeAt records that the verdict may change at t.
func (j *judging) wakeAt(t time.Time) {
	if t.After(j.now) {
		j.next = earlier(j.next, t)
	}
}

// sorted returns the rows up to now, oldest first. The store returns rows in
// order, so that is checked before sorting.
func sorted[T any](j *judging, rows []T, at func(*T) time.Time, id func(*T) string) []*T {
	out := make([]*T, 0, len(rows))
	for i := range rows {
		switch t := at(&rows[i]); {
		case !usable(t):
		case t.After(j.now):
			j.wakeAt(t)
		default:
			out = append(out, &rows[i])
		}
	}
	order := func(a, b *T) int {
		if c := at(a).Compare(at(b)); c != 0 {
			return c
		}
		return cmp.Compare(id(a), id(b))
	}
	if !slices.IsSortedFunc(out, order) {
		slices.SortFunc(out, order)
	}
	return out
}

// step processes the next row and reports whether there was one. At the same
// instant a session comes before a report (age 0), and a report before a
// clinician event or an acknowledgement.
func (j *judging) step() bool {
	var at time.Time
	kind := 0
	take := func(k int, t time.Time) {
		if kind == 0 || t.Before(at) {
			kind, at = k, t
		}
	}
	if j.s < len(j.sessions) {
		take(1, j.sessions[j.s].Time())
	}
	if j.r < len(j.reports) {
		take(2, j.reports[j.r].At)
	}
	if j.e < len(j.events) {
		take(3, j.events[j.e].at)
	}
	if kind == 0 {
		return false
	}
	if kind == 2 && j.rollingAt(at) {
		kind = 1
	}
	j.silence(at, false)
	j.releaseHolds(at)
	switch kind {
	case 1:
		j.session(j.sessions[j.s])
		j.s++
	case 2:
		j.report(j.reports[j.r])
		j.r++
	case 3:
		j.event(j.events[j.e])
		j.e++
	}
	return true
}

// rollingAt reports whether a later session was already in progress at t, so
// that a report at t belongs to that session's first hour and not to the
// session before (DQ-04).
func (j *judging) rollingAt(t time.Time) bool {
	for _, s := range j.sessions[j.s:] {
		if !s.Time().Before(t.Add(insideSessionH)) {
			return false
		}
		if usable(s.StartedAt) && s.StartedAt.Before(t) && age(s.Time(), s.StartedAt) <= insideSessionH {
			return true
		}
	}
	return false
}

// event applies a clinician event or an acknowledgement.
func (j *judging) event(e event) {
	if e.noInfection {
		j.noInfection(e)
	}
	switch e.outcome {
	case OutcomeBooked:
		j.booked = e.at
	case OutcomeSeen:
		j.seenAt(e.at)
	case OutcomeCleared:
		if e.tier == Expected { // only a clinician event clears
			j.cleared = e.at
			j.afterT3.released = true
			j.seenAt(e.at)
		}
	}
	if e.tier >= SameDay && e.tier <= Emergency {
		j.unresolved[e.tier].acknowledge(e.at, j.coveredBy(e.report))
	}
}

// coveredBy returns a predicate for the warnings that an acknowledgement covers:
// those of its report's episode, or all of the tier if it names no report.
func (j *judging) coveredBy(report string) func(*warning) bool {
	episode := ""
	if a := j.judged[report]; a != nil {
		episode = a.EpisodeOf
	}
	return func(w *warning) bool { return report == "" || w.Episode == episode }
}

// seenAt records a clinician visit: it satisfies DQ-06 and stops SD-17.
func (j *judging) seenAt(at time.Time) {
	j.seen = at
	for t := SameDay; t <= Emergency; t++ {
		j.unresolved[t].resolve(at, func(*warning) bool { return true })
	}
}

// verdict returns the result of the pass.
func (j *judging) verdict() Verdict {
	v := Verdict{
		AtRisk:   j.atRisk(j.now),
		Reports:  j.judged,
		Sessions: j.rest.sessionCare(),
		Rest:     j.restNow(),
		Episodes: make([]Episode, 0, len(j.episodes)),
	}
	for _, e := range j.episodes {
		j.finish(e)
		v.Episodes = append(v.Episodes, e.Episode)
		v.Warnings = append(v.Warnings, e.raised()...)
	}
	slices.SortStableFunc(v.Warnings, func(a, b Warning) int { return a.Fired[0].At.Compare(b.Fired[0].At) })
	v.Rollers = j.rollerCare()
	for _, t := range j.risks.moments {
		j.wakeAt(t)
	}
	if n := len(j.infections); n > 0 {
		j.wakeAt(j.infections[n-1].ClosedAt.Add(tick))
	}
	j.wakeInSilence()
	v.Next = j.next
	return v
}
