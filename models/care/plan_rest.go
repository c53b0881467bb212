package care

import "time"

// calmCounts is how long the end of what blocked rolling counts: a go-ahead
// lives for 7 days.
const calmCounts = reminderH + 2*day

// PlanLooksBack is how far before now a history must be judged for its plan to
// equal that of the whole history. Pass WindowOf a touched no later than this. An
// episode that a later one has succeeded counts for the plan until it would have
// ended by itself.
const PlanLooksBack = calmCounts + symptomFreeBeforeNext

// restOver returns the go-ahead at the first reminder time after the rest.
// Without any report since the session the person is first asked to check in
// (RS-04); the go-ahead then follows the report.
func (pl *planner) restOver() []Item {
	s, until := pl.session, pl.v.Rest.Until
	if s == nil || until.IsZero() || pl.forgotten(until.Add(blockedGoH)) {
		return nil
	}
	free := later(until, pl.unblocked())
	due := pl.reminder(free)
	first := pl.firstStatement(s.Time())
	var items []Item
	if first.IsZero() || !first.Before(due) {
		items = append(items, pl.goAhead("check_in_first", "RS-04", "rest_over.check_in_first", due))
		items[0].Done = !first.IsZero()
	}
	if !first.IsZero() {
		due = pl.reminder(later(free, first))
		items = append(items, pl.goAhead(pl.goAheadSlot(until), pl.v.Sessions[s.ID].Rule, pl.goAheadKey(), due))
	}
	return items
}

// goAheadKey returns the text of the go-ahead. It never invites anybody to use
// at home what belongs to a professional (section 2.2).
func (pl *planner) goAheadKey() string {
	if !restFor(pl.needle(pl.session)).atHome() {
		return "rest_over.long"
	}
	return "rest_over"
}

// goAheadSlot returns "roll", or, after symptoms that ended later than the
// rest, a slot of its own: the first may have been sent before they came. The
// slot is free again once that go-ahead is over.
func (pl *planner) goAheadSlot(until time.Time) string {
	calm := pl.calmAgain()
	over := calm.Add(calmCounts)
	if !calm.After(until) || !pl.now.Before(over) {
		return "roll"
	}
	pl.changesAt(over)
	return "roll." + calm.UTC().Format("20060102T150405.000Z")
}

// calmAgain returns the latest moment, past or scheduled, at which symptoms
// stopped blocking rolling.
func (pl *planner) calmAgain() time.Time {
	at := pl.v.Rest.CalmUntil
	for _, e := range pl.v.Episodes {
		at = later(at, e.FreeAt)
	}
	return at
}

// goAhead returns the go-ahead, held while something blocks rolling. RS-04
// blocks it too, and RS-03 until a calm report, but the step that asks for the
// check-in is sent.
func (pl *planner) goAhead(slot, rule, key string, due time.Time) Item {
	it := Item{Kind: KindRestOver, Anchor: pl.session.ID, Slot: slot, SessionID: pl.session.ID,
		Rule: rule, Key: key, Due: due, Expires: due.Add(reminderH)}
	for _, b := range pl.v.Rest.Blocks {
		if asks := slot == "check_in_first" && (b.Rule == "RS-04" || b.Rule == "RS-03"); !asks {
			it.HeldBy, it.Expires = b.Rule, due.Add(blockedGoH)
			break
		}
	}
	return it
}

// firstStatement returns when a report after a session first says how the scalp
// is (RS-04), or zero.
func (pl *planner) firstStatement(since time.Time) time.Time {
	for _, w := range pl.statements {
		if w.definite && !w.at.Before(since) {
			return w.at
		}
	}
	return time.Time{}
}

// unblocked returns the latest moment, past or scheduled, at which something
// that may have blocked rolling ended: an episode, a risk, a missing
// clinician's statement. A held go-ahead becomes due then, not at the end of
// the rest. It returns zero while a block has no known end.
func (pl *planner) unblocked() time.Time {
	at := pl.calmAgain()
	for _, b := range pl.v.Rest.Blocks {
		if b.Until.IsZero() && b.Rule != "RS-04" {
			return time.Time{}
		}
		at = later(at, b.Until)
	}
	over := []time.Time{dayBegins(pl.p.ClinicianClearedOn), pl.p.RisksReviewedAt}
	for _, s := range readRisks(&pl.p).stops {
		over = append(over, s.until)
	}
	for _, t := range over {
		if !t.After(pl.now) {
			at = later(at, t)
		}
	}
	return at
}
