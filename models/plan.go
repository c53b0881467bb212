package models

import (
	"fmt"
	"reflect"
	"slices"

	"aftercare/models/care"
	"aftercare/models/db"
)

// storePlan brings the stored reminders to what the plan says: new ones are
// added, what is not yet sent follows the plan, and what it no longer holds is
// cancelled.
func (tx *Tx) storePlan(items []care.Item) error {
	stored, err := tx.planReminders(items)
	if err != nil {
		return err
	}
	wanted := map[reminderIdentity]bool{}
	for _, item := range items {
		id := reminderIdentity{item.Kind, item.Anchor, item.Slot}
		wanted[id] = true
		if err := tx.storeItem(stored[id], item); err != nil {
			return fmt.Errorf("store a reminder: %w", err)
		}
	}
	for id, r := range stored {
		if wanted[id] || r.ended() || !r.EndedAt.IsZero() {
			continue
		}
		if err := tx.dropReminder(r); err != nil {
			return fmt.Errorf("cancel a reminder: %w", err)
		}
	}
	return nil
}

// planReminders reads the reminders that the items could be about, and all
// that are still open.
func (tx *Tx) planReminders(items []care.Item) (map[reminderIdentity]*Reminder, error) {
	args := db.Args{tx.Account}
	kinds := db.In(&args, planned()...)
	var anchors []string
	for _, item := range items {
		if !slices.Contains(anchors, item.Anchor) {
			anchors = append(anchors, item.Anchor)
		}
	}
	rows, err := db.Rows[Reminder](tx.q, "SELECT * FROM reminders WHERE account_id = $1 AND kind IN "+kinds+
		" AND (ended_at IS NULL OR anchor IN "+db.In(&args, anchors...)+") ORDER BY due_at, id", args...)
	if err != nil {
		return nil, err
	}
	out := make(map[reminderIdentity]*Reminder, len(rows))
	for i := range rows {
		out[rows[i].identity()] = &rows[i]
	}
	return out, nil
}

// storeItem brings one reminder to what the plan says of it; nil is one that is
// not stored yet.
func (tx *Tx) storeItem(r *Reminder, item care.Item) error {
	if r == nil {
		r = &Reminder{Base: Base{ID: NewID()}, Kind: item.Kind, Anchor: item.Anchor, Slot: item.Slot}
	}
	before := *r
	if !r.reopen(item) {
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
	if t.effects&missing != 0 && !r.Silent {
		tx.missed++
	}
	if reflect.DeepEqual(before, *r) {
		return nil
	}
	return tx.save(r)
}

// skipReason is why what was not yet sent of a reminder is not sent any more.
func skipReason(r *Reminder, item care.Item) Reason {
	if r.State == StateSent {
		return Reason(item.HeldBy) // another phone may still wait for it
	}
	return Reason(r.State)
}

// dropReminder ends a reminder that the plan no longer holds. What was sent
// and has had its time stays as sent.
func (tx *Tx) dropReminder(r *Reminder) error {
	if r.State == StateSent && !tx.Now.Before(r.ExpiresAt.Time) {
		r.EndedAt, r.WakeAt = T(tx.Now), Time{}
		return tx.save(r)
	}
	return tx.endReminder(r, StateCancelled, ReasonNotPlanned)
}

// reminderIdentity names the reminder in the identity that planning finds it by.
type reminderIdentity struct {
	kind         care.Kind
	anchor, slot string
}

func (r *Reminder) identity() reminderIdentity { return reminderIdentity{r.Kind, r.Anchor, r.Slot} }
