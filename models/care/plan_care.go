package care

import (
	"slices"
	"strconv"
	"time"
)

// rollerSteps returns the cleaning after a session and the step that each
// roller's state calls for (DV-01, DV-04 to DV-07).
func (pl *planner) rollerSteps() []Item {
	var items []Item
	if s := pl.session; s != nil && !pl.forgotten(s.Time()) {
		items = append(items, pl.cleaning(s))
	}
	for _, r := range pl.h.Rollers {
		if it, ok := pl.rollerStep(r); ok && !r.Discarded && !pl.forgotten(it.Due) {
			it.Kind, it.Anchor = KindRollerCare, r.ID
			it.Expires = it.Due.Add(reminderH)
			if it.Slot == quarantinedSlot { // due at the onset, which may be long before the rule held
				it.Expires = it.Due.Add(lateWindow)
			}
			items = append(items, it)
		}
	}
	return items
}

// cleaning returns the prompt after a session (DV-01): shown in the app from
// the session's end, and pushed if the session was logged soon after it. Quiet
// hours delay the push, not the card in the app.
func (pl *planner) cleaning(s *Session) Item {
	it := Item{Kind: KindRollerCare, Anchor: s.ID, Slot: "disinfect", SessionID: s.ID,
		Rule: "DV-01", Key: "roller_care.disinfect", Due: s.Time(), Expires: s.Time().Add(tipH)}
	push := pl.hour(s.Time())
	pl.changesAt(push)
	switch {
	case s.LoggedAt.Sub(s.Time()) > freshSessionH || pl.now.Before(push):
		it.Silent = true
	default:
		it.Due, it.Expires = push, push.Add(tipH)
	}
	return it
}

const quarantinedSlot = "quarantined"

// rollerStep returns the one thing to do about a roller. The app reacts at once
// to what the person reports about a roller, so these steps send no push.
func (pl *planner) rollerStep(r Roller) (Item, bool) {
	used, care := pl.lastUse(r), pl.v.Rollers[r.ID]
	switch {
	case r.Shared:
		return Item{Slot: "shared", Rule: "DV-06", Key: "roller_care.shared", Due: used, Silent: true}, true
	case len(r.Problems) > 0:
		return Item{Slot: "discard", Rule: "DV-05", Key: "roller_care.discard", Due: used, Silent: true}, true
	case care.QuarantinedBy != "":
		return Item{Slot: quarantinedSlot, Rule: "DV-07", Key: "roller_care.quarantined",
			Due: pl.reminder(later(used, care.QuarantinedAt))}, true
	}
	return pl.replacement(care, used)
}

// replacement returns the step to replace a roller, due at the last allowed use
// or at the maximum age (DV-04).
func (pl *planner) replacement(care RollerCare, used time.Time) (Item, bool) {
	it := Item{Slot: "replace", Rule: "DV-04", Key: "roller_care.replace"}
	if !care.ReplaceBy.IsZero() {
		it.Due = pl.onDate(care.ReplaceBy)
	}
	if care.MaxUses > 0 && care.Uses >= care.MaxUses {
		it.Due = earlier(it.Due, pl.reminder(used))
	}
	return it, !it.Due.IsZero()
}

// lastUse returns when the roller was last used, or when the account was
// created.
func (pl *planner) lastUse(r Roller) time.Time {
	for _, s := range slices.Backward(pl.sessions) {
		if s.RollerID == r.ID {
			return s.Time()
		}
	}
	if !r.LastUseBefore.IsZero() {
		return r.LastUseBefore
	}
	return pl.p.CreatedAt
}

// progress returns the photos, every 30 days from the first session, some of
// which are reviews: the last one that is due, and the next (PG-04, PG-11).
func (pl *planner) progress() []Item {
	first := pl.h.FirstSessionAt
	if len(pl.sessions) > 0 {
		first = earlier(first, pl.sessions[0].Time())
	}
	pl.changesAt(first)
	if first.IsZero() || first.After(pl.now) {
		return nil
	}
	start := pl.date(first)
	k := pl.slotsPassed(start, photoIntervalDays)
	busy := pl.unphotogenic(pl.slot(start, max(1, k)*photoIntervalDays))
	var items []Item
	for slot := max(1, k); slot <= k+1; slot++ {
		days := slot * photoIntervalDays
		it := Item{Kind: KindProgress, Anchor: "first_session", Slot: strconv.Itoa(days)}
		it.Rule, it.Key = progressText(days, better(pl.h.Progress, pl.now))
		next := pl.slot(start, days+photoIntervalDays)
		if pl.whenPhotogenic(&it, busy, pl.slot(start, days), next) {
			items = append(items, it)
		}
	}
	return items
}

// progressText returns the rule and text of a slot. Somebody who reported
// improvement is not sent to a doctor at the outcome (PG-15).
func progressText(days int, better bool) (rule, key string) {
	switch {
	case days == outcomeDays && better:
		return "PG-15", "progress.review"
	case days == outcomeDays:
		return "PG-11", "progress.outcome"
	case days < outcomeDays && days%reviewIntervalDays == 0:
		return "PG-04", "progress.review"
	}
	return "PG-04", "progress.photo"
}

// shedding returns the note, in weeks 2 to 8 of minoxidil, that some shedding
// is common (PG-13); it is shown in the app only.
func (pl *planner) shedding() []Item {
	since := pl.p.MinoxidilSince
	if since.IsZero() || !pl.p.UsesMinoxidil {
		return nil
	}
	from, until := pl.slot(pl.date(since), sheddingFromDays), pl.slot(pl.date(since), sheddingUntilDays)
	pl.changesAt(until)
	if !pl.now.Before(until) {
		return nil
	}
	return []Item{{Kind: KindProgress, Anchor: "minoxidil", Slot: "shedding", Rule: "PG-13", Key: "progress.shedding",
		Due: from, Expires: until, Silent: true}}
}

// unphotogenic returns the weeks after rolling, those that end at or after from,
// and the intervals with symptoms, when redness distorts photos (PG-05). A rest of less than a week ends on the
// day on which rolling is allowed again: otherwise somebody who rolls every
// four days would never be asked for a photo.
func (pl *planner) unphotogenic(from time.Time) []span {
	_, busy := pl.calmSpans(time.Time{})
	for _, s := range slices.Backward(pl.sessions) {
		until := s.Time().Add(photoRestDays * day)
		if until.Before(from) {
			break
		}
		if rest, judged := pl.v.Sessions[s.ID]; judged && rest.Until.Before(until) {
			until = At(pl.date(rest.Until), 0, pl.loc)
		}
		busy = append(busy, span{s.Time(), until})
	}
	return busy
}

// whenPhotogenic moves a photo out of the busy spans and reports whether to
// keep it: one that would come when the next is due is dropped.
func (pl *planner) whenPhotogenic(it *Item, busy []span, due, next time.Time) bool {
	always := []span{{}}
	for {
		at, ok := release(due, always, busy)
		if !ok {
			it.Due, it.Expires, it.HeldBy = due, next, "PG-05"
			return true
		}
		if at.Equal(due) {
			break
		}
		due = pl.reminder(at)
	}
	it.Due, it.Expires = due, earlier(due.Add(reminderH), next)
	return due.Before(next)
}

// slot returns the reminder time on the date a number of days after start.
func (pl *planner) slot(start Date, days int) time.Time {
	return pl.onDate(start.AddDays(days))
}

// slotsPassed returns how many whole intervals have passed since a date. It
// records that the plan changes with the next one.
func (pl *planner) slotsPassed(start Date, interval int) int {
	days := int(pl.now.Sub(At(start, 0, pl.loc))/day) + 2 // never too few, whatever clock changes there were
	k := max(0, days/interval)
	for k > 0 && pl.slot(start, k*interval).After(pl.now) {
		k--
	}
	pl.changesAt(pl.slot(start, (k+1)*interval))
	return k
}

// riskReview returns the request to answer the risk questions again: every 90
// days, on a new device (section 6), and soon after sign-up if they were never
// answered.
func (pl *planner) riskReview() []Item {
	asked, first, firstKey := pl.p.RisksReviewedAt, 1, "risk_review.first"
	if asked.IsZero() {
		asked, first = pl.p.CreatedAt, 0
	} else if pl.p.NewDeviceAt.After(asked) {
		asked, first, firstKey = pl.p.NewDeviceAt, 0, "risk_review.device"
	}
	pl.changesAt(asked)
	if asked.IsZero() || asked.After(pl.now) {
		return nil
	}
	start := pl.date(asked)
	k := pl.slotsPassed(start, riskReviewDays)
	var items []Item
	for slot := max(first, k); slot <= k+1; slot++ {
		days := slot * riskReviewDays
		due, key := pl.slot(start, days), "risk_review"
		if slot == 0 {
			due, key = pl.reminder(asked), firstKey
		}
		items = append(items, Item{Kind: KindRiskReview, Anchor: asked.UTC().Format("20060102T150405Z"),
			Slot: strconv.Itoa(days), Key: key,
			Due: due, Expires: pl.slot(start, days+riskReviewDays)})
	}
	return items
}
