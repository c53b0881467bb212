package care

import (
	"slices"
	"time"
)

// span is an interval; a zero end means that it is still open.
type span struct{ from, to time.Time }

func (s span) holds(t time.Time) bool {
	return !t.Before(s.from) && (s.to.IsZero() || t.Before(s.to))
}

// aftercare returns the aftercare steps (section 3) for the session of the
// cycle.
func (pl *planner) aftercare(checkIns []checkIn) []Item {
	if pl.session == nil || pl.forgotten(pl.session.Time()) {
		return nil
	}
	calm, _ := pl.calmSpans(pl.session.Time())
	ill := pl.warnedSpans()
	items := make([]Item, 0, len(aftercareSteps)+len(checkIns)+16) // with room for all other steps
	for _, step := range aftercareSteps {
		if step.ID == minoxidilStep && !pl.takesMinoxidil() {
			continue
		}
		it := Item{Kind: KindAftercare, Anchor: pl.session.ID, Slot: step.ID, SessionID: pl.session.ID,
			Rule: step.ID, Key: step.Key, Due: pl.hour(pl.holdEnds(step)), Silent: !step.push}
		it.Expires = it.Due.Add(tipH)
		if step.needsCalm {
			pl.whenCalm(&it, calm, ill)
			if at := missed(it, checkIns); at.After(it.Due) {
				it.Due = pl.hour(at)
				pl.whenCalm(&it, calm, ill)
			}
		}
		if it.HeldBy == "" && !it.Silent {
			it.RidesWith = pl.ride(it, checkIns)
		}
		items = append(items, it)
	}
	return items
}

// holdEnds returns when a step is due: the latest end over all sessions, each
// by the longest needle of the sessions merged with it. A session with a short
// needle does not end the hold of an earlier one with a long needle (as in
// RS-09).
func (pl *planner) holdEnds(step aftercareStep) time.Time {
	var end time.Time
	for _, s := range slices.Backward(pl.sessions) {
		if pl.session.Time().Sub(s.Time()) > lateWindow {
			break
		}
		after := step.after(pl.needle(s))
		if step.ID == minoxidilStep {
			after = pl.p.minoxidilHold(pl.needle(s), pl.now)
		}
		end = later(end, s.Time().Add(after))
	}
	return end
}

// whenCalm holds a step until a report says that the scalp is calm and no
// same-day or emergency warning is unresolved (AC-00). The releasing report
// gives it a new due time; until then it waits as long as the session counts.
func (pl *planner) whenCalm(it *Item, calm, ill []span) {
	due := it.Due
	for {
		at, ok := release(due, calm, ill)
		if !ok {
			it.HeldBy, it.Key = "AC-00", holdKey
			it.Expires = pl.session.Time().Add(lateWindow)
			return
		}
		if at.Equal(due) {
			break
		}
		due = pl.hour(at)
	}
	it.Due, it.Expires = due, due.Add(tipH)
}

// release returns the first moment at or after t that is inside a good span and
// outside every bad one; ok is false if none is known yet.
func release(t time.Time, good, bad []span) (time.Time, bool) {
	for {
		i := slices.IndexFunc(good, func(s span) bool { return s.to.IsZero() || t.Before(s.to) })
		if i < 0 {
			return t, false
		}
		if t.Before(good[i].from) {
			t = good[i].from
		}
		j := slices.IndexFunc(bad, func(s span) bool { return s.holds(t) })
		if j < 0 {
			return t, true
		}
		if bad[j].to.IsZero() {
			return t, false
		}
		t = bad[j].to
	}
}

// calmSpans returns the intervals since the session in which the latest
// statement about the scalp was "calm", and those in which it was not. Silence
// is neither, a partial report changes nothing, and repeating the same answer
// extends the interval.
func (pl *planner) calmSpans(from time.Time) (calm, symptoms []span) {
	var was *[]span
	for _, w := range pl.statements {
		if w.at.Before(from) {
			continue
		}
		last := &symptoms
		if w.calm {
			last = &calm
		}
		if last == was {
			continue
		}
		if was != nil {
			(*was)[len(*was)-1].to = w.at
		}
		*last = append(*last, span{from: w.at})
		was = last
	}
	return calm, symptoms
}

// warnedSpans returns the intervals in which a same_day or emergency warning is
// unresolved: a calm report alone does not end it (DQ-06), and with EM-06 and
// SD-18 minoxidil itself is the danger.
func (pl *planner) warnedSpans() []span {
	var spans []span
	for _, w := range pl.v.Warnings {
		if w.Tier >= SameDay {
			spans = append(spans, span{w.Fired[0].At, w.ResolvedAt})
		}
	}
	return spans
}

const (
	minoxidilStep = "AC-01"
	// holdKey is the text of a held step, in place of "may again" (AC-00).
	holdKey = "aftercare.hold"
)

// takesMinoxidil reports whether AC-01 applies to this person: never in
// pregnancy (RK-11) or with a sensitivity to it, whatever a clinician said
// about rolling; with a heart or blood pressure risk only once a clinician
// agreed (RK-14).
func (pl *planner) takesMinoxidil() bool {
	risks := readRisks(&pl.p)
	if pl.p.flagged(pl.now, "minoxidil_sensitivity") ||
		slices.ContainsFunc(risks.at(pl.now), func(s stop) bool { return s.rule == "RK-11" || s.rule == "RK-14" }) {
		return false
	}
	uses := func(p Product) bool { return p.Kind == minoxidilKind }
	return pl.p.UsesMinoxidil || slices.ContainsFunc(pl.session.Products, uses) ||
		slices.ContainsFunc(pl.reports, func(r *Report) bool {
			return !r.At.Before(pl.session.Time()) && slices.ContainsFunc(r.Products, uses)
		})
}

// ride returns the slot of the check-in whose push announces the step, or "". A
// step released by the answer to that check-in gets a push of its own, because
// the check-in's has already been sent.
func (pl *planner) ride(it Item, checkIns []checkIn) string {
	for _, c := range checkIns {
		if c.carries(it) && c.early.IsZero() && pl.p.Notify.CheckIn {
			return c.Slot
		}
	}
	return ""
}

func (c *checkIn) carries(it Item) bool {
	wait := c.Due.Sub(it.Due)
	return c.Anchor == it.Anchor && wait >= 0 && wait <= ridesWithin
}

// missed returns when the check-in that was to announce a step was answered
// early, so that no push carries it, or zero.
func missed(it Item, checkIns []checkIn) (at time.Time) {
	for _, c := range checkIns {
		if c.carries(it) {
			at = later(at, c.early)
		}
	}
	return at
}
