package care

import (
	"slices"
	"time"
)

// statement is a report that says how the scalp is. A partial report that fires
// no rule is not one.
type statement struct {
	at       time.Time
	calm     bool
	definite bool // symptomatic or calm: enough for RS-04
}

func (pl *planner) readStatements() {
	pl.calm = make([]bool, len(pl.reports))
	for i, r := range pl.reports {
		var f facts
		f.answer(&r.Answers)
		pl.calm[i] = f.calm
		a := pl.v.Reports[r.ID] // nil: it was not judged
		definite := f.symptomatic || f.calm || a != nil && a.RestCalm
		if definite || a != nil && a.Tier >= Watch {
			pl.statements = append(pl.statements, statement{r.At, f.calm, definite})
		}
	}
}

// openAt reports whether the last symptomatic or calm report before t was
// symptomatic, within the reach of every window of the history.
func (pl *planner) openAt(t time.Time) bool {
	for _, w := range slices.Backward(pl.statements) {
		if w.definite && w.at.Before(t) {
			return !w.calm && t.Sub(w.at) <= unrestCounts
		}
	}
	return false
}

// calmFor reports whether the latest reports since a session, up to t, are all
// calm and span a day (RM-12). Any other report restarts the count, even one
// that is not judged again: whether it was a T1 does not matter.
func (pl *planner) calmFor(session, t time.Time) bool {
	var last time.Time
	for i, r := range slices.Backward(pl.reports) {
		switch {
		case r.At.Before(session):
			return false
		case !r.At.Before(t):
			continue
		case !pl.calm[i]:
			return false
		case last.IsZero():
			last = r.At
		}
		if age(last, r.At) >= calmApart {
			return true
		}
	}
	return false
}

// unanswered reports whether the two cycles before a session passed without a
// report (RM-13). Merged sessions are one cycle.
func (pl *planner) unanswered(s *Session) bool {
	began, cycles := s.Time(), 0
	for _, earlier := range slices.Backward(pl.sessions) {
		if gap := began.Sub(earlier.Time()); gap < sameSession {
			began = earlier.Time()
			continue
		}
		began = earlier.Time()
		if cycles++; cycles == silentCycles {
			break
		}
	}
	if cycles < silentCycles || s.Time().Sub(began) > unrestCounts {
		return false
	}
	_, answered := pl.answered(began, s.Time())
	return !answered
}

// asksLess reports whether the person gets fewer questions in the cycle of a
// session: by their own choice, else after two cycles without an answer
// (RM-13).
func (pl *planner) asksLess(s *Session) bool {
	if pl.p.FewerQuestions != nil {
		return *pl.p.FewerQuestions
	}
	return pl.unanswered(s)
}

// askLess returns the question whether fewer check-ins are wanted; it is asked
// once, in the app only.
func (pl *planner) askLess() []Item {
	s := pl.session
	if s == nil || pl.p.FewerQuestions != nil || pl.forgotten(s.Time()) || !pl.unanswered(s) {
		return nil
	}
	return []Item{{Kind: KindCheckIn, Anchor: "account", Slot: "fewer", SessionID: s.ID, Rule: "RM-13", Key: "check_in.fewer",
		Due: s.Time(), Expires: s.Time().Add(blockedGoH), Silent: true}}
}
