package models

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Reminder reads one reminder with its deliveries.
func (s *Store) Reminder(ctx context.Context, account, id string) (Reminder, error) {
	tx := &Tx{DB: s.read(ctx), Account: account}
	return tx.reminder(id)
}

func (tx *Tx) reminder(id string) (Reminder, error) {
	r, err := get[Reminder](tx.DB, tx.Account, id)
	if err != nil {
		return r, err
	}
	one := []Reminder{r}
	err = tx.fillDeliveries(one)
	return one[0], err
}

// Reminders lists reminders with their deliveries, latest due first.
func (s *Store) Reminders(ctx context.Context, account string, q Query) (Page[Reminder], error) {
	page, err := List[Reminder](ctx, s, account, q)
	if err != nil {
		return page, err
	}
	tx := &Tx{DB: s.read(ctx), Account: account}
	return page, tx.fillDeliveries(page.Items)
}

// fillDeliveries shows of each device the latest round that notified it.
func (tx *Tx) fillDeliveries(rs []Reminder) error {
	ids, at := make([]string, 0, len(rs)), map[string]int{}
	for i := range rs {
		rs[i].Deliveries = []Delivery{}
		ids, at[rs[i].ID] = append(ids, rs[i].ID), i
	}
	var rows []Delivery
	err := tx.Where("account_id = ? AND reminder_id IN ? AND NOT clearing", tx.Account, ids).
		Order("device_id, round").Find(&rows).Error
	for _, d := range rows {
		list := &rs[at[d.ReminderID]].Deliveries
		if n := len(*list); n > 0 && (*list)[n-1].DeviceID == d.DeviceID {
			(*list)[n-1] = d
			continue
		}
		*list = append(*list, d)
	}
	return err
}

// Reminder is one thing to be told once. (Kind, Anchor, Slot) is its identity
// within the account, so planning it twice changes nothing.
type Reminder struct {
	Base
	Kind         string   `json:"kind" enum:"check_in,aftercare,rest_over,roller_care,progress,recheck,risk_review,warning,summary,test"`
	Anchor       string   `json:"-"`
	Slot         string   `json:"-"`
	Rule         string   `json:"rule,omitempty"`
	TextKey      string   `json:"code"`
	Tier         TierName `json:"-"`
	SessionID    string   `json:"session_id,omitempty"`
	RidesWith    string   `json:"-"`
	DueAt        Time     `json:"due_at"`
	ExpiresAt    Time     `json:"expires_at"`
	State        string   `json:"state" enum:"scheduled,held,due,sent,acknowledged,snoozed,expired,cancelled"`
	HeldBy       string   `json:"held_by,omitempty"`
	Reason       string   `json:"reason,omitempty"`
	Silent       bool     `json:"-"`
	Urgent       bool     `json:"-"`
	SnoozedUntil Time     `json:"snoozed_until,omitzero"`
	Snoozes      []Time   `gorm:"serializer:json" json:"-"`
	// Round counts the notifications: a repeat or a snooze is a new one.
	Round          int    `json:"-"`
	AcknowledgedAt Time   `json:"acknowledged_at,omitzero"`
	EndedAt        Time   `json:"-"`
	WakeAt         Time   `json:"-"`
	Title          string `gorm:"-" json:"title"`
	Message        string `gorm:"-" json:"message"`

	Deliveries []Delivery `gorm:"-" json:"deliveries"`
}

// States of a reminder.
const (
	StateScheduled    = "scheduled"
	StateHeld         = "held"
	StateDue          = "due"
	StateSent         = "sent"
	StateAcknowledged = "acknowledged"
	StateSnoozed      = "snoozed"
	StateExpired      = "expired"
	StateCancelled    = "cancelled"
)

func (r *Reminder) orderColumn() string { return "due_at" }

func (r *Reminder) orderTime() Time { return r.DueAt }

// ended says that nothing more will come of it.
func (r *Reminder) ended() bool {
	return slices.Contains([]string{StateAcknowledged, StateExpired, StateCancelled}, r.State)
}

// end closes the reminder with its reason (P3: each end has one).
func (r *Reminder) end(state, reason string, now time.Time) {
	r.State, r.Reason, r.EndedAt, r.WakeAt = state, reason, T(now), Time{}
	if state == StateAcknowledged && r.AcknowledgedAt.IsZero() {
		r.AcknowledgedAt = T(now)
	}
}

// sleep sets when the jobs must look at the reminder again.
func (r *Reminder) sleep() {
	switch r.State {
	case StateScheduled:
		r.WakeAt = r.DueAt
	case StateSnoozed:
		r.WakeAt = r.SnoozedUntil
	case StateHeld, StateDue, StateSent:
		r.WakeAt = r.ExpiresAt
	default:
		r.WakeAt = Time{}
	}
}

// notificationID is the same for every retry and new for a repeat or snooze.
func (r *Reminder) notificationID() string { return fmt.Sprintf("%s.%d", r.ID, r.Round) }
