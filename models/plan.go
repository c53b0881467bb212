package models

import (
	"fmt"
	"slices"

	"aftercare/models/care"
	"aftercare/models/db"
)

// storePlan updates the stored reminders to match the plan: it adds new ones,
// updates those not yet sent, and cancels those that the plan no longer
// contains.
func (tx *Tx) storePlan(h *history, items []care.Item) error {
	stored, err := tx.planReminders(h, items)
	if err != nil {
		return err
	}
	for _, item := range items {
		id := reminderIdentity{item.Kind, item.Anchor, item.Slot}
		if err := tx.storeItem(h, stored[id], item); err != nil {
			return fmt.Errorf("store a reminder: %w", err)
		}
		delete(stored, id)
	}
	for _, r := range stored { // no item
		if r.ended() || !r.EndedAt.IsZero() {
			continue
		}
		if err := tx.dropReminder(r); err != nil {
			return fmt.Errorf("cancel a reminder: %w", err)
		}
	}
	h.forget(items)
	return nil
}

// planReminders returns the reminders that the items may refer to, and all open
// ones, by identity. It reads the ended ones of new anchors.
func (tx *Tx) planReminders(h *history, items []care.Item) (map[reminderIdentity]*Reminder, error) {
	args := db.Args{tx.Account}
	var unread []string
	for _, item := range items {
		if !slices.Contains(h.Anchors, item.Anchor) {
			h.Anchors, unread = append(h.Anchors, item.Anchor), append(unread, item.Anchor)
		}
	}
	if len(unread) > 0 {
		kinds := db.In(&args, planned()...)
		rows, err := db.Rows[Reminder](tx.q, "SELECT * FROM reminders WHERE account_id = $1 AND kind IN "+kinds+
			" AND anchor IN "+db.In(&args, unread...)+" AND ended_at IS NOT NULL", args...)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			h.learn(&rows[i])
		}
	}
	out := make(map[reminderIdentity]*Reminder, len(h.Reminders))
	for _, r := range h.Reminders {
		out[r.identity()] = r
	}
	return out, nil
}

// forget drops ended reminders, except those of the items' anchors.
func (h *history) forget(items []care.Item) {
	h.Anchors = h.Anchors[:0]
	for _, item := range items {
		if !slices.Contains(h.Anchors, item.Anchor) {
			h.Anchors = append(h.Anchors, item.Anchor)
		}
	}
	h.Reminders = slices.DeleteFunc(h.Reminders, func(r *Reminder) bool {
		return !r.EndedAt.IsZero() && !slices.Contains(h.Anchors, r.Anchor)
	})
}

// storeItem updates one reminder to match its item in the plan; nil means that
// it is not stored yet.
func (tx *Tx) storeItem(h *history, r *Reminder, item care.Item) error {
	if r == nil {
		r = &Reminder{Base: Base{ID: NewID()}, Kind: item.Kind, Anchor: item.Anchor, Slot: item.Slot}
		h.Reminders = append(h.Reminders, r)
	}
	before := &h.was.reminder
	*before = *r
	shown, err := tx.shownInTime(r, item)
	if err != nil {
		return err
	}
	switch {
	case shown:
		if err := tx.restoreShown(r, item); err != nil {
			return err
		}
	case r.shownTooEarly(item, h.edited != nil, tx.Now):
		if err := tx.waitAgain(r); err != nil {
			return err
		}
	case r.ended() && r.reopens(item, tx.Now):
		if err := tx.restore(r); err != nil {
			return err
		}
	case r.ended(), r.State == StateSent && !r.EndedAt.IsZero():
		return nil
	}
	t := transitions[r.State][eventOf(r, item, tx.Now)]
	r.follow(item, t, tx.Now)
	if t.effects&clearing != 0 {
		if err := tx.clearOnDevices(r); err != nil {
			return err
		}
	}
	if t.effects&skipping != 0 {
		if err := tx.skipDeliveries(r, skipReason(r, item)); err != nil {
			return err
		}
	}
	if t.effects&missing != 0 && !r.Silent || tx.offline && before.State == stateNew && r.State == StateExpired && r.wouldShow() {
		tx.missed++
	}
	if packsAlike(before, r) {
		return nil
	}
	return tx.saveChanges(before, r)
}

// waitAgain makes a reminder that was shown too early wait for its time.
// UnsnoozedExpiresAt keeps the expiry that a snooze had given it.
func (tx *Tx) waitAgain(r *Reminder) error {
	if err := tx.clearOnDevices(r); err != nil {
		return err
	}
	if err := tx.skipDeliveries(r, Reason(StateScheduled)); err != nil {
		return err
	}
	r.State, r.Reason, r.EndedAt, r.UnsnoozedExpiresAt = StateScheduled, "", Time{}, r.ExpiresAt
	return nil
}

// shownInTime reports whether a waiting reminder was shown at the time that it
// has again: the edit that had moved it is undone.
func (tx *Tx) shownInTime(r *Reminder, item care.Item) (bool, error) {
	if r.State != StateScheduled || r.Round == 0 || !r.DueAt.After(tx.Now) || item.Due.After(tx.Now) {
		return false, nil
	}
	return db.Row[bool](tx.q, `SELECT EXISTS (SELECT 1 FROM deliveries
		WHERE account_id = $1 AND reminder_id = $2 AND NOT clearing AND due_at >= $3)`, tx.Account, r.ID, T(item.Due))
}

// restoreShown makes such a reminder shown, or snoozed, as it was.
func (tx *Tx) restoreShown(r *Reminder, item care.Item) error {
	r.DueAt, r.ExpiresAt = T(item.Due), T(item.Expires)
	if r.SnoozedUntil.After(tx.Now) {
		r.ExpiresAt, r.UnsnoozedExpiresAt = r.UnsnoozedExpiresAt, r.ExpiresAt
	}
	return tx.restore(r)
}

// wouldShow reports whether a phone would have shown the reminder in its time.
func (r *Reminder) wouldShow() bool { return !r.Silent && r.RidesWith == "" && r.HeldBy == "" }

// skipReason returns why the unsent deliveries of a reminder are skipped.
func skipReason(r *Reminder, item care.Item) Reason {
	if r.State == StateSent {
		return Reason(item.HeldBy) // another phone's delivery may still be waiting
	}
	return Reason(r.State)
}

// dropReminder ends a reminder that the plan no longer contains. One that was
// sent and has expired stays sent.
func (tx *Tx) dropReminder(r *Reminder) error {
	if r.State == StateSent && !tx.Now.Before(r.ExpiresAt.Time) {
		r.EndedAt, r.WakeAt = T(tx.Now), Time{}
		return tx.save(r)
	}
	return tx.endReminder(r, StateCancelled, ReasonNotPlanned)
}

// reminderIdentity is the identity by which planning finds a reminder.
type reminderIdentity struct {
	kind         care.Kind
	anchor, slot string
}

func (r *Reminder) identity() reminderIdentity { return reminderIdentity{r.Kind, r.Anchor, r.Slot} }
