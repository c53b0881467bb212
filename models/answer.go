package models

import (
	"context"
	"slices"
	"time"

	"aftercare/models/db"
)

// AddClinicianEvent records that a clinician was booked, was seen or has
// cleared the scalp, and returns the episode as it is afterwards.
func (s *Store) AddClinicianEvent(ctx context.Context, account, episode string, event ClinicianEvent, w Write) (Episode, error) {
	var out Episode
	err := s.write(ctx, account, func(tx *Tx) error {
		if err := tx.needHealthConsent(); err != nil {
			return err
		}
		e, err := get[Episode](tx.q, account, episode)
		if err != nil {
			return err
		}
		if err := w.check(e.Version, true, e); err != nil {
			return err
		}
		event.EpisodeID, out = episode, e
		if event.At.IsZero() {
			event.At = T(tx.Now)
		}
		same, err := db.Row[int64](tx.q, `SELECT COUNT(*) FROM clinician_events
			WHERE account_id = $1 AND episode_id = $2 AND at = $3 AND outcome = $4 AND deleted_at IS NULL`, account, episode, event.At, event.Outcome)
		if err != nil || same > 0 { // a retry
			return err
		}
		if _, _, err := put(tx, NewID(), event, Write{ClientTime: w.ClientTime}); err != nil {
			return err
		}
		out, err = get[Episode](tx.q, account, episode)
		return err
	})
	return out, err
}

// AcknowledgeWarning records the person's answer; "booked" and "seen" count
// as clinician events. Its repeats end on all devices.
func (s *Store) AcknowledgeWarning(ctx context.Context, caller Caller, id string, action Action) (Warning, error) {
	var out Warning
	err := s.write(ctx, caller.AccountID, func(tx *Tx) error {
		tx.Device = caller.DeviceID
		if err := tx.needHealthConsent(); err != nil {
			return err
		}
		if err := tx.acknowledgeWarning(id, action); err != nil {
			return err
		}
		var err error
		out, err = warning(tx.q, tx.Account, id)
		return err
	})
	return out, err
}

func (tx *Tx) acknowledgeWarning(id string, action Action) error {
	a, err := tx.reply(id, action)
	if err != nil || a == nil {
		return err
	}
	return tx.judge(earliest(tx.Now, a.since()), a)
}

// reply is the answer to a warning, which cancels its remaining notifications;
// nil for a retry.
func (tx *Tx) reply(id string, action Action) (*reply, error) {
	if !slices.Contains(Actions(), action) {
		return nil, Invalid("body.action", "must be will_book, booked, seen or watching")
	}
	w, err := get[Warning](tx.q, tx.Account, id)
	if err != nil {
		return nil, err
	}
	if !w.AcknowledgedAt.IsZero() && w.Action == action {
		return nil, nil
	}
	before, err := tx.answered(&w)
	if err != nil {
		return nil, err
	}
	ack := Ack{AccountID: tx.Account, ID: NewID(), WarningID: id, At: T(tx.Now), Tier: w.Tier, Action: action}
	w.AcknowledgedAt, w.Action = ack.At, action
	if w.State == WarningActive {
		w.State = WarningAcknowledged
	}
	w.Version++
	return &reply{&w, &ack, ack.event(w.EpisodeID), before}, tx.endWarningReminders(id, StateAcknowledged, "")
}

// answered returns the answers that the warning has now.
func (tx *Tx) answered(w *Warning) (out answers, err error) {
	if w.AcknowledgedAt.IsZero() {
		return out, nil
	}
	all, err := db.Rows[Ack](tx.q, "SELECT * FROM acks WHERE account_id = $1 AND warning_id = $2 AND at >= $3", tx.Account, w.ID, w.AcknowledgedAt)
	if err != nil {
		return out, err
	}
	for _, ack := range all {
		event, err := find[ClinicianEvent](tx.q, tx.Account, ack.ID)
		if err != nil {
			return out, err
		}
		if event != nil && !event.deleted() {
			if _, err := bury(tx, event); err != nil {
				return out, err
			}
			out.events = append(out.events, event)
		}
	}
	out.acks = all
	return out, nil
}

// AcknowledgeReminder ends a reminder on all devices; repeating it is harmless.
// For a warning's reminder it acknowledges the warning.
func (s *Store) AcknowledgeReminder(ctx context.Context, caller Caller, id string, at Time) (Reminder, error) {
	return s.answerReminder(ctx, caller, id, func(tx *Tx, r *Reminder) error { return tx.acknowledge(r, at) })
}

func (tx *Tx) acknowledge(r *Reminder, at Time) (err error) {
	switch {
	case !r.may(tapAcknowledge):
		return nil
	case r.Kind == KindWarning:
		*r, err = tx.acknowledgeBy(*r)
		return err
	}
	if at.IsZero() || at.After(tx.Now) {
		at = T(tx.Now)
	}
	r.AcknowledgedAt = at
	return tx.endReminder(r, StateAcknowledged, "")
}

// answerReminder changes a reminder as the person answered it, and returns it
// with its deliveries.
func (s *Store) answerReminder(ctx context.Context, caller Caller, id string, change func(*Tx, *Reminder) error) (Reminder, error) {
	var out Reminder
	err := s.write(ctx, caller.AccountID, func(tx *Tx) error {
		tx.Device = caller.DeviceID
		r, err := get[Reminder](tx.q, tx.Account, id)
		if err != nil {
			return err
		}
		if err := change(tx, &r); err != nil {
			return err
		}
		out, err = withDeliveries(tx.q, tx.Account, r)
		return err
	})
	return out, err
}

// acknowledgeBy acknowledges the warning of a reminder, and returns the
// reminder as it is afterwards.
func (tx *Tx) acknowledgeBy(r Reminder) (Reminder, error) {
	if err := tx.needHealthConsent(); err != nil {
		return r, err
	}
	if err := tx.acknowledgeWarning(r.Anchor, ActionWatching); err != nil {
		return r, err
	}
	return get[Reminder](tx.q, tx.Account, r.ID)
}

// SnoozeReminder postpones a reminder; a time within quiet hours becomes their
// end. Asking again for the same time is harmless.
func (s *Store) SnoozeReminder(ctx context.Context, caller Caller, id string, until Time) (Reminder, error) {
	return s.answerReminder(ctx, caller, id, func(tx *Tx, r *Reminder) error {
		if r.asked(until) {
			return nil
		}
		return tx.snooze(r, until)
	})
}

func (tx *Tx) snooze(r *Reminder, until Time) error {
	ahead := until.Sub(tx.Now)
	switch {
	case ahead < snoozeMin || ahead > snoozeMax:
		return Invalid("body.until", "must be 15 minutes to 48 hours ahead")
	case !r.may(tapSnooze):
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
	if r.State != StateSnoozed {
		r.UnsnoozedExpiresAt = r.ExpiresAt
	} else if r.SnoozedUntil.After(from) { // its wait moved the expiry already
		from = r.SnoozedUntil.Time
	}
	r.ExpiresAt = T(r.ExpiresAt.Add(deferred.Sub(from)))
	r.State, r.SnoozedUntil, r.Reason = StateSnoozed, T(deferred), ""
	r.Version++
	if err := tx.skipDeliveries(r, ReasonSnoozed); err != nil {
		return err
	}
	if err := tx.clearOnDevices(r); err != nil {
		return err
	}
	r.sleep()
	return tx.save(r)
}

// Bounds of a snooze (contract, Reminders).
const (
	snoozeMin = 15 * time.Minute
	snoozeMax = 48 * time.Hour
	snoozes   = 5
)

// AddReceipts records on the caller's deliveries when they were shown and
// opened; opening one does not acknowledge it. Unknown reminders are ignored.
func (s *Store) AddReceipts(ctx context.Context, account, device string, receipts []Receipt) error {
	return s.write(ctx, account, func(tx *Tx) error {
		for _, r := range receipts {
			column := map[string]string{"delivered": "delivered_at", "opened": "opened_at"}[r.Event]
			if column == "" {
				return Invalid("body.receipts.event", "must be delivered or opened")
			}
			err := tx.q.Exec("UPDATE deliveries SET "+column+" = $1 WHERE account_id = $2 AND reminder_id = $3 AND device_id = $4 AND NOT clearing",
				T(r.At.Time), account, r.ReminderID, device)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Receipt is what a phone reports about a notification.
type Receipt struct {
	ReminderID string `json:"reminder_id" maxLength:"64"`
	Event      string `json:"event" enum:"delivered,opened"`
	At         Time   `json:"at"`
}
