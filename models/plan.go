package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aftercare/models/care"
)

// PlanItem is one step of the cycle's timeline.
type PlanItem struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Rule    string `json:"rule,omitempty"`
	Code    string `json:"code"`
	DueAt   Time   `json:"due_at"`
	State   string `json:"state" enum:"upcoming,due,done,held,skipped"`
	Title   string `json:"title"`
	Message string `json:"message"`
	HeldBy  string `json:"held_by,omitempty"`
}

// planHorizon is how far ahead steps that hang on no session are shown.
const planHorizon = 365 * 24 * time.Hour

// Plan is the timeline of the latest session's cycle, with the steps that hang
// on no session, soonest first. It is the reminders as they stand.
func (s *Store) Plan(ctx context.Context, account string) (sessionID string, items []PlanItem, err error) {
	db := s.read(ctx)
	var ids []string
	err = db.Model(&Session{}).Where("account_id = ? AND deleted_at IS NULL AND effective_at IS NOT NULL", account).
		Order("effective_at DESC, id DESC").Limit(1).Pluck("id", &ids).Error
	if err != nil {
		return "", nil, err
	}
	if len(ids) == 1 {
		sessionID = ids[0]
	}
	var rs []Reminder
	err = db.Where("account_id = ? AND deleted_at IS NULL AND kind IN ? AND reason <> ?", account, planned, reasonNotPlanned).
		Where("(session_id = ? OR ended_at IS NULL) AND due_at < ?", sessionID, T(s.Now().Add(planHorizon))).
		Order("due_at, kind, slot").Find(&rs).Error
	items = make([]PlanItem, 0, len(rs))
	for _, r := range rs {
		items = append(items, PlanItem{
			ID: r.ID, Kind: r.Kind, Rule: r.Rule, Code: r.TextKey, DueAt: r.DueAt, State: r.planState(), HeldBy: r.HeldBy,
		})
	}
	return sessionID, items, err
}

func (r *Reminder) planState() string {
	switch r.State {
	case StateScheduled, StateSnoozed:
		return "upcoming"
	case StateHeld:
		return "held"
	case StateDue, StateSent:
		return "due"
	case StateAcknowledged:
		return "done"
	}
	return "skipped"
}

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
	in := list{args: []any{tx.Account}}
	kinds := in.add(planned...)
	var anchors []string
	for _, item := range items {
		if !slices.Contains(anchors, item.Anchor) {
			anchors = append(anchors, item.Anchor)
		}
	}
	rows, err := selectRows[Reminder](tx.DB, "account_id = $1 AND kind IN "+kinds+" AND (ended_at IS NULL OR anchor IN "+in.add(anchors...)+") ORDER BY due_at, id", in.args...)
	if err != nil {
		return nil, err
	}
	out := make(map[reminderIdentity]*Reminder, len(rows))
	for i := range rows {
		out[rows[i].identity()] = &rows[i]
	}
	return out, nil
}

// reasonNotPlanned ends a reminder whose cause is gone: a new session began
// another cycle, or the session was deleted. If the cause comes back, so does
// the reminder.
const (
	reasonNotPlanned = "not_planned"
	reasonConsent    = "consent_withdrawn"
	reasonAnswered   = "answered"
)

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
