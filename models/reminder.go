package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// Reminder reads one reminder with its deliveries.
func (s *Store) Reminder(ctx context.Context, account, id string) (Reminder, error) {
	return reminder(s.read(ctx), account, id)
}

func reminder(q db.Q, account, id string) (Reminder, error) {
	r, err := get[Reminder](q, account, id)
	if err != nil {
		return r, err
	}
	return withDeliveries(q, account, r)
}

func withDeliveries(q db.Q, account string, r Reminder) (Reminder, error) {
	one := []Reminder{r}
	err := fillDeliveries(q, account, one)
	return one[0], err
}

// Reminders lists reminders with their deliveries, latest due first.
func (s *Store) Reminders(ctx context.Context, account string, q Query) (Page[Reminder], error) {
	page, err := List[Reminder](ctx, s, account, q)
	if err != nil {
		return page, err
	}
	return page, fillDeliveries(s.read(ctx), account, page.Items)
}

// fillDeliveries adds for each device the deliveries of the latest round that
// notified it.
func fillDeliveries(q db.Q, account string, rs []Reminder) error {
	ids, at := make([]string, 0, len(rs)), map[string]int{}
	for i := range rs {
		rs[i].Deliveries = []Delivery{}
		ids, at[rs[i].ID] = append(ids, rs[i].ID), i
	}
	args := db.Args{account}
	rows, err := db.Rows[Delivery](q, "SELECT * FROM deliveries WHERE account_id = $1 AND reminder_id IN "+db.In(&args, ids...)+
		" AND NOT clearing ORDER BY device_id, round", args...)
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

// Reminder is one thing to notify a person of once. (Kind, Anchor, Slot) is its
// identity within the account, so planning it twice changes nothing.
type Reminder struct {
	Base
	Kind         care.Kind     `json:"kind" enum:"check_in,aftercare,rest_over,roller_care,progress,recheck,risk_review,warning,summary,test"`
	Anchor       string        `json:"-"`
	Slot         string        `json:"-"`
	Rule         string        `json:"rule,omitempty"`
	TextKey      string        `json:"code"`
	Tier         care.Tier     `json:"-"`
	SessionID    string        `json:"session_id,omitempty"`
	RidesWith    string        `json:"-"`
	DueAt        Time          `json:"due_at"`
	ExpiresAt    Time          `json:"expires_at"`
	State        ReminderState `json:"state" enum:"scheduled,held,due,sent,acknowledged,snoozed,expired,cancelled"`
	HeldBy       Reason        `json:"held_by,omitempty"`
	Reason       Reason        `json:"reason,omitempty"`
	Silent       bool          `json:"-"`
	Urgent       bool          `json:"-"`
	OneTap       bool          `json:"one_tap" doc:"Offers nothing left: POST …/calm"`
	InQuiet      bool          `json:"-"` // may be pushed in quiet hours when it is due (RM-11)
	SnoozedUntil Time          `json:"snoozed_until,omitzero"`
	Snoozes      []Time        `gorm:"serializer:json" json:"-"`
	// UnsnoozedExpiresAt is ExpiresAt before it was snoozed.
	UnsnoozedExpiresAt Time `json:"-"`
	CalmsUndone        int  `json:"-"`
	// Round counts the notifications: a repeat or a snooze is a new one.
	Round          int    `json:"-"`
	AcknowledgedAt Time   `json:"acknowledged_at,omitzero"`
	EndedAt        Time   `json:"-"`
	WakeAt         Time   `json:"-"`
	Title          string `gorm:"-" json:"title"`
	Message        string `gorm:"-" json:"message"`

	Deliveries []Delivery `gorm:"-" json:"deliveries"`
}

// Wish is what a person wants to happen to a reminder.
type Wish struct {
	Acknowledged bool
	At           Time // when it was acknowledged; zero: now
	SnoozedUntil Time // zero: not snoozed
}

// wish returns what the person has asked for so far.
func (r *Reminder) wish() Wish {
	w := Wish{Acknowledged: r.State == StateAcknowledged, At: r.AcknowledgedAt}
	if r.State == StateSnoozed {
		w.SnoozedUntil = r.SnoozedUntil
	}
	return w
}

// asked reports whether the reminder was already snoozed until then.
func (r *Reminder) asked(until Time) bool {
	return slices.ContainsFunc(r.Snoozes, func(t Time) bool { return t.Equal(until.Time) })
}

// same reports whether two wishes have the same result.
func (w Wish) same(o Wish) bool {
	return w.Acknowledged == o.Acknowledged && w.SnoozedUntil.Equal(o.SnoozedUntil.Time)
}

// meets reports whether the reminder is as was wanted; a snooze's time is moved
// out of quiet hours.
func (w Wish) meets(want Wish) bool {
	return w.Acknowledged == want.Acknowledged && w.SnoozedUntil.IsZero() == want.SnoozedUntil.IsZero()
}

func (*Reminder) orderColumn() string { return "due_at" }

func (r *Reminder) orderTime() Time { return r.DueAt }

// ended reports whether nothing more will happen to the reminder.
func (r *Reminder) ended() bool {
	return slices.Contains([]ReminderState{StateAcknowledged, StateExpired, StateCancelled}, r.State)
}

// end closes the reminder with its reason (P3: each end has one).
func (r *Reminder) end(state ReminderState, reason Reason, now time.Time) {
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

// nightPush is how long after its time a push that may come in quiet hours is
// still sent in them: a person who is asked to measure at 22:00 is not woken at
// midnight.
const nightPush = 15 * time.Minute

// wakesAtNight reports whether a reminder may be pushed in quiet hours now
// (RM-11, P4).
func wakesAtNight(inQuiet bool, due Time, now time.Time) bool {
	return inQuiet && now.Before(due.Add(nightPush))
}

// shownFrom returns the time from which the reminder is shown.
func (r *Reminder) shownFrom() Time {
	if r.SnoozedUntil.After(r.DueAt.Time) {
		return r.SnoozedUntil
	}
	return r.DueAt
}

// notificationID is the same for every retry and new for a repeat or snooze.
func (r *Reminder) notificationID() string { return fmt.Sprintf("%s.%d", r.ID, r.Round) }

// heldUntil returns the moment until which quiet hours hold a reminder at now. They
// hold what came in them until the account's jitter after their end is over, also
// where an edit has planned it again and it wakes before.
func (a *Account) heldUntil(r *Reminder, now time.Time) time.Time {
	if at := a.afterQuiet(now, r.Kind); at.After(now) || r.Kind == KindWarning {
		return at
	}
	quiet, _ := a.QuietHours.hours() // validated when stored
	left := now.Add(-a.spread())
	if quiet.Contains(left, a.zone()) && r.shownFrom().Before(quiet.Defer(left, a.zone())) {
		return a.morningOf(quiet, left)
	}
	return now
}
