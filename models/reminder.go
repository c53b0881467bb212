package models

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"aftercare/models/care"
)

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

// Kinds of reminders that the store makes; the others are care's.
const (
	KindWarning = "warning"
	KindSummary = "summary"
	KindTest    = "test"
)

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

// reminderID names the reminder in the identity that planning finds it by.
type reminderIdentity struct{ kind, anchor, slot string }

func (r *Reminder) identity() reminderIdentity { return reminderIdentity{r.Kind, r.Anchor, r.Slot} }
func (r *Reminder) orderColumn() string        { return "due_at" }
func (r *Reminder) orderTime() Time            { return r.DueAt }

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

// AcknowledgeReminder ends a reminder on all devices; doing it twice is
// harmless. A warning's reminder acknowledges the warning.
func (s *Store) AcknowledgeReminder(ctx context.Context, caller Caller, id string, at Time) (Reminder, error) {
	var out Reminder
	err := s.write(ctx, caller.AccountID, func(tx *Tx) error {
		tx.Device = caller.DeviceID
		r, err := get[Reminder](tx.DB, tx.Account, id)
		if err != nil {
			return err
		}
		switch {
		case r.ended():
		case r.Kind == KindWarning:
			if err = tx.needHealthConsent(); err == nil {
				err = tx.acknowledgeWarning(r.Anchor, "watching")
			}
		default:
			if at.IsZero() || at.After(tx.Now) {
				at = T(tx.Now)
			}
			r.AcknowledgedAt = at
			err = tx.endReminder(&r, StateAcknowledged, "")
		}
		if err != nil {
			return err
		}
		out, err = tx.reminder(id)
		return err
	})
	return out, err
}

// Bounds of a snooze (contract, Reminders).
const (
	snoozeMin = 15 * time.Minute
	snoozeMax = 48 * time.Hour
	snoozes   = 5
)

// SnoozeReminder puts a reminder off; into quiet hours means until their end.
// Asking again for the same time is harmless.
func (s *Store) SnoozeReminder(ctx context.Context, caller Caller, id string, until Time) (Reminder, error) {
	var out Reminder
	err := s.write(ctx, caller.AccountID, func(tx *Tx) error {
		tx.Device = caller.DeviceID
		r, err := get[Reminder](tx.DB, tx.Account, id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(r.Snoozes, func(t Time) bool { return t.Equal(until.Time) }) {
			if err := tx.snooze(&r, until); err != nil {
				return err
			}
		}
		out, err = tx.reminder(id)
		return err
	})
	return out, err
}

func (tx *Tx) snooze(r *Reminder, until Time) error {
	ahead := until.Sub(tx.Now)
	switch {
	case ahead < snoozeMin || ahead > snoozeMax:
		return Invalid("body.until", "must be 15 minutes to 48 hours ahead")
	case !contains([]string{StateDue, StateSent, StateSnoozed}, r.State):
		return Invalid("body.until", "only a reminder that is due can be put off")
	case len(r.Snoozes) >= snoozes:
		return &Error{Code: CodeSnoozeLimit, Detail: "a reminder can be put off five times; acknowledge it"}
	}
	account, err := tx.account()
	if err != nil {
		return err
	}
	r.Snoozes = append(r.Snoozes, until)
	deferred := account.person().QuietHours.Defer(until.Time, account.zone())
	from := tx.Now
	if r.State == StateSnoozed && r.SnoozedUntil.After(from) { // its wait moved the expiry already
		from = r.SnoozedUntil.Time
	}
	r.ExpiresAt = T(r.ExpiresAt.Add(deferred.Sub(from)))
	r.State, r.SnoozedUntil, r.Reason = StateSnoozed, T(deferred), ""
	r.Version++
	if err := tx.skipDeliveries(r, "snoozed"); err != nil {
		return err
	}
	if err := tx.clearOnDevices(r); err != nil {
		return err
	}
	r.sleep()
	return tx.save(r)
}

// endReminder ends a reminder, skips what is not yet sent of it and clears it
// from the screens that show it.
func (tx *Tx) endReminder(r *Reminder, state, reason string) error {
	if err := tx.clearOnDevices(r); err != nil {
		return err
	}
	return tx.endUnseen(r, state, reason)
}

// endUnseen ends a reminder and leaves the screens alone.
func (tx *Tx) endUnseen(r *Reminder, state, reason string) error {
	r.end(state, reason, tx.Now)
	r.Version++
	if err := tx.skipDeliveries(r, state); err != nil {
		return err
	}
	return tx.moved(r)
}

// moved stores that a reminder went from one state to another and nothing
// else of it. Herds of reminders do so at once: it is a third of a save.
func (tx *Tx) moved(r *Reminder) error {
	r.written(tx)
	return tx.execute(`UPDATE reminders SET state = $1, reason = $2, round = $3, acknowledged_at = $4, ended_at = $5, wake_at = $6,
		version = $7, seq = $8, updated_at = $9 WHERE account_id = $10 AND id = $11`,
		r.State, r.Reason, r.Round, r.AcknowledgedAt, r.EndedAt, r.WakeAt, r.Version, r.Seq, r.UpdatedAt, tx.Account, r.ID)
}

// endWarningReminders ends what a warning still has to say. Where it is told
// again under the same tag, no screen is cleared: that could take the new
// notification away.
func (tx *Tx) endWarningReminders(warning, state, reason string) error {
	var open []Reminder
	err := tx.Where("account_id = ? AND kind = ? AND anchor = ? AND ended_at IS NULL", tx.Account, KindWarning, warning).
		Order("due_at, id").Find(&open).Error
	if err != nil {
		return err
	}
	clear := reason != reasonToldAgain
	for i := range open {
		end := tx.endUnseen
		if clear && open[i].State == StateSent {
			end, clear = tx.endReminder, false // the tag is the warning's: one clears all
		}
		if err := end(&open[i], state, reason); err != nil {
			return err
		}
	}
	return nil
}

// Receipt is what a phone says of a notification.
type Receipt struct {
	ReminderID string `json:"reminder_id" maxLength:"64"`
	Event      string `json:"event" enum:"delivered,opened"`
	At         Time   `json:"at"`
}

// AddReceipts notes on the caller's deliveries when they were shown and
// opened; opening is no acknowledgement. Unknown reminders are passed over.
func (s *Store) AddReceipts(ctx context.Context, account, device string, receipts []Receipt) error {
	return s.write(ctx, account, func(tx *Tx) error {
		for _, r := range receipts {
			column := map[string]string{"delivered": "delivered_at", "opened": "opened_at"}[r.Event]
			if column == "" {
				return Invalid("body.receipts.event", "must be delivered or opened")
			}
			err := tx.Model(&Delivery{}).Where("account_id = ? AND reminder_id = ? AND device_id = ? AND NOT clearing", account, r.ReminderID, device).
				Update(column, T(r.At.Time)).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
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
