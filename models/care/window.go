package care

import "time"

// How far back a row can matter.
const (
	// reportsBack: a judged report is compared with those since the newest
	// session, at most 60 d before it (SD-07, SD-12).
	reportsBack = lateWindow
	// sessionsBack: a clinic interval of 180 d with both multipliers rests 405
	// d (RS-10, RS-12, RS-08); whether a session counts as over-use depends on
	// two floors of at most 63 d before it.
	sessionsBack = 540 * day
)

// Window is the range of rows that a verdict needs. With it Assess returns, for
// every row at or after Judge and for the rest state, the same as for the whole
// history.
type Window struct {
	// Judge goes into History.JudgeFrom. Clinician events and acknowledgements
	// are loaded from it on. Episodes and warnings of the verdict are those
	// whose onset is at or after it: the store replaces only these, and writes
	// back only assessments and session care of rows after it.
	Judge    time.Time
	Reports  time.Time // load reports with At at or after this
	Sessions time.Time // load sessions whose Session.Time is at or after this
}

// Span is the part of the history in which a stored episode matters: OnsetAt
// and SettledAt of the Episode.
type Span struct {
	From  time.Time
	Until time.Time // zero: still matters
}

// TakeOverGap is how long before a later episode takes over its hold an earlier
// one stops mattering. Until what is known about the person changes: without the
// danger sign of the later one, the earlier one holds again. For such a change
// pass spans whose ends are later by this.
const TakeOverGap = tick

// WindowOf returns the window for judging at now after rows were written, the
// earliest of them (counting both old and new time of an edit) at touched.
// lastReport and lastSession are the newest ones stored after the change and
// not after now; zero: none. A zero touched means that only time passed.
//
// spans are the stored episodes that may still matter: it is enough to pass
// those without SettledAt and those settled at or after the Judge of a first
// call without spans. If the answer moves Judge back, call again with the spans
// settled at or after the new one, until it no longer changes.
func WindowOf(now, touched, lastReport, lastSession time.Time, spans []Span) Window {
	judge := now
	if !touched.IsZero() {
		judge = earlier(judge, touched)
	}
	if within := touched.Add(-insideSessionH); usable(within) { // a report within a session that ended then
		judge = earlier(judge, within)
	}
	if !lastReport.IsZero() {
		judge = earlier(judge, lastReport)
	}
	for moved := true; moved; {
		moved = false
		for _, s := range spans {
			if s.From.Before(judge) && (s.Until.IsZero() || !s.Until.Before(judge)) {
				judge, moved = s.From, true
			}
		}
	}
	w := Window{Judge: judge, Reports: judge.Add(-reportsBack), Sessions: judge.Add(-sessionsBack)}
	if !lastSession.IsZero() { // RS-04 needs the reports since it
		w.Reports = earlier(w.Reports, lastSession.Add(-unrestCounts)) // and RM-13 those of the two cycles before it
		w.Sessions = earlier(w.Sessions, lastSession.Add(-sessionsBack))
	}
	return w
}

// CountUses returns how often a roller was used in sessions that ended at ends
// (ascending): ends less than 12 h after the first of their group count once
// (DQ-09). last is the first end of the last group.
func CountUses(ends []time.Time) (n int, last time.Time) {
	for _, t := range ends {
		if n == 0 || !CountOnce(last, t) {
			n, last = n+1, t
		}
	}
	return n, last
}

// CountOnce reports whether a session that ended at end counts once with those of
// a group whose first one ended at first (DQ-09).
func CountOnce(first, end time.Time) bool { return end.Sub(first) < sameSession }

// earlier returns the earlier of two moments; zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
