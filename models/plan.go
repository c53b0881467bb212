package models

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// planned are the kinds of reminders that come and go with the plan.
var planned = []string{
	string(care.KindCheckIn), string(care.KindAftercare), string(care.KindRestOver), string(care.KindRollerCare),
	string(care.KindProgress), string(care.KindRecheck), string(care.KindRiskReview),
}

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
		id := reminderIdentity{string(item.Kind), item.Anchor, item.Slot}
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
	kinds := db.In(&args, planned...)
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

func (tx *Tx) storeItem(r *Reminder, item care.Item) error {
	if r == nil {
		fresh := reminderOf(item)
		fresh.replan(item, tx.Now)
		return tx.save(&fresh)
	}
	revived := contains([]string{reasonNotPlanned, reasonConsent}, r.Reason) || (r.Reason == reasonAnswered && !item.Done)
	if r.ended() && !revived || r.State == StateSent && !r.EndedAt.IsZero() {
		return nil
	}
	if r.ended() {
		r.State, r.Reason, r.AcknowledgedAt, r.EndedAt = StateScheduled, "", Time{}, Time{}
		if r.Round > 0 { // it was told before it was called off
			r.State = StateSent
		}
	}
	if r.State == StateSent && item.HeldBy == care.HeldByNotifyOff { // another phone may still wait for it
		if err := tx.skipDeliveries(r, item.HeldBy); err != nil {
			return err
		}
	}
	before := *r
	if !r.replan(item, tx.Now) {
		return nil
	}
	if r.State == StateExpired {
		tx.miss(&before)
	}
	if r.State == StateAcknowledged {
		if err := tx.endReminder(r, StateAcknowledged, reasonAnswered); err != nil {
			return err
		}
		return tx.save(r)
	}
	if before.State == StateSent && r.State == StateHeld {
		if err := tx.clearOnDevices(r); err != nil {
			return err
		}
	}
	if contains([]string{StateDue, StateSent, StateSnoozed}, before.State) && r.State != before.State {
		if err := tx.skipDeliveries(r, r.State); err != nil {
			return err
		}
	}
	return tx.save(r)
}

// dropReminder ends a reminder that the plan no longer holds. What was sent
// and has had its time stays as sent.
func (tx *Tx) dropReminder(r *Reminder) error {
	if r.State == StateSent && !tx.Now.Before(r.ExpiresAt.Time) {
		r.EndedAt, r.WakeAt = T(tx.Now), Time{}
		return tx.save(r)
	}
	return tx.endReminder(r, StateCancelled, reasonNotPlanned)
}

// reminderOf turns a step of the plan into a new reminder.
func reminderOf(item care.Item) Reminder {
	return Reminder{
		Base: Base{ID: NewID()}, Kind: string(item.Kind), Anchor: item.Anchor, Slot: item.Slot,
	}
}

// replan takes over what the plan says of a reminder and says whether that is
// news. What was told stays as it was, unless the scalp now holds it back: a
// go-ahead that a symptom has overtaken must be neither shown nor sent.
func (r *Reminder) replan(item care.Item, now time.Time) bool {
	before := *r
	r.Rule, r.TextKey, r.SessionID = item.Rule, item.Key, item.SessionID
	r.RidesWith, r.Silent = item.RidesWith, item.Silent
	told := r.State == StateSent || r.State == StateSnoozed && item.HeldBy != care.HeldByNotifyOff
	told = told && (item.HeldBy == "" || item.HeldBy == care.HeldByDailyCap || item.HeldBy == care.HeldByNotifyOff || !now.Before(item.Expires))
	if !told {
		r.DueAt, r.ExpiresAt, r.HeldBy = T(item.Due), T(item.Expires), item.HeldBy
	}
	switch {
	case item.Done:
		r.end(StateAcknowledged, reasonAnswered, now)
	case told:
	case !now.Before(item.Expires):
		r.end(StateExpired, reasonLate, now)
	case item.HeldBy != "":
		r.State, r.Reason = StateHeld, ""
	case r.State == StateDue:
	default:
		r.State, r.Reason, r.EndedAt = StateScheduled, "", Time{}
	}
	if !r.ended() {
		r.sleep()
	}
	return !reflect.DeepEqual(before, *r)
}

// reminderID names the reminder in the identity that planning finds it by.
type reminderIdentity struct{ kind, anchor, slot string }

func (r *Reminder) identity() reminderIdentity { return reminderIdentity{r.Kind, r.Anchor, r.Slot} }
