package care

import "time"

// How far back a row can matter.
const (
	// reportsBack: a judged report is compared with those since the newest
	// session, at most 60 d before it (SD-07, SD-12).
	reportsBack = lateWindow
	// sessionsBack: a clinic interval of 180 d with both multipliers rests
	// 405 d (RS-10, RS-12, RS-08); whether a session counts as over-use hangs on
	// two floors of at most 63 d before it.
	sessionsBack = 540 * day
)

// Window says which rows a verdict needs. With it Assess gives, for every row
// at or after Judge and for the rest state, what the whole history would give.
type Window struct {
	// Judge goes into History.JudgeFrom. Clinician events and acknowledgements
	// are loaded from it on. Episodes and warnings of the verdict are those
	// whose onset is at or after it: the store replaces these and no others,
	// and writes back only assessments and session care of rows after it.
	Judge    time.Time
	Reports  time.Time // load reports with At at or after this
	Sessions time.Time // load sessions whose Session.Time is at or after this
}

// Span is the stretch of history over which a stored episode counts: OnsetAt
// and SettledAt of the Episode.
type Span struct {
	From  time.Time
	Until time.Time // zero: still counts
}

// WindowOf is the window for judging at now after rows were written, of which
// the earliest (old and new time of an edit both) stood at touched. lastReport
// and lastSession are the newest ones stored after the change and not after
// now; zero: none. A zero touched means that only time passed.
//
// spans are the stored episodes that may still count: it is enough to give
// those without SettledAt and those settled at or after the Judge of a first
// call without spans; if the answer moves Judge back, call again with the spans
// settled at or after the new one, until it stays.
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
	if !lastSession.IsZero() { // RS-04 asks for the reports since it
		w.Reports = earlier(w.Reports, lastSession.Add(-unrestCounts)) // and RM-13 for those of two cycles before it
		w.Sessions = earlier(w.Sessions, lastSession.Add(-sessionsBack))
	}
	return w
}

// CountUses is how often a roller was used in sessions that ended at ends
// (ascending): ends less than 12 h after the first of their group count once
// (DQ-09). last is the first end of the last group.
func CountUses(ends []time.Time) (n int, last time.Time) {
	return countUses(0, time.Time{}, ends)
}

func countUses(n int, last time.Time, ends []time.Time) (int, time.Time) {
	for _, t := range ends {
		if n == 0 || t.Sub(last) >= sameSession {
			n, last = n+1, t
		}
	}
	return n, last
}

// earlier is the earlier of two moments; zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
