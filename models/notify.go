package models

import (
	"fmt"

	"aftercare/models/db"
)

// notify makes a reminder due and stores it with its deliveries, one for each
// of the phones with a push address. Without an address it appears in the app
// alone.
func (tx *Tx) notify(r *Reminder, to phones) error {
	devices, err := tx.registered(to)
	if err != nil {
		return err
	}
	due := r.shownFrom()
	if to != (phones{}) { // again, to a phone that could not be reached before
		due = T(tx.Now)
	}
	if err := tx.cancelClears(r, to); err != nil {
		return err
	}
	if err := db.PutAll(tx.q, tx.makeDue(r, devices, due)); err != nil {
		return err
	}
	return tx.keep(r)
}

// makeDue makes a reminder due and returns its deliveries to the devices.
func (tx *Tx) makeDue(r *Reminder, devices []target, due Time) (out []*Delivery) {
	r.State = StateDue
	r.Round++
	for _, d := range devices {
		switch {
		case r.Silent, r.RidesWith != "":
		case r.Slot == slotSignIn && d.ID == r.Anchor: // the phone that signed in knows
		default:
			out = append(out, tx.delivery(r, d, due))
		}
	}
	r.sleep()
	return out
}

// keep stores a reminder: whole if it is new, else only its state.
func (tx *Tx) keep(r *Reminder) error {
	if r.CreatedAt.IsZero() {
		return tx.save(r)
	}
	return tx.moved(r)
}

// cancelClears cancels pending clears of the reminder's tag, so that one that a
// slow service held back cannot remove the new notification.
func (tx *Tx) cancelClears(r *Reminder, to phones) error {
	if r.Round == 0 && r.Kind != KindWarning {
		return nil // never shown, so nothing is being cleared
	}
	args := db.Args{tx.Account, DeliverySkipped, ReasonRepeated}
	return tx.q.Exec(`UPDATE deliveries SET state = $2, reason = $3, next_at = NULL, lease = ''
		WHERE account_id = $1 AND reminder_id IN `+r.sameTag(&args)+` AND clearing AND next_at IS NOT NULL AND `+to.are("device_id", &args), args...)
}

// sameTag is the set of the reminders with the reminder's tag: the tag of a
// warning's reminders is the warning, any other is its own. The account is the
// first of the arguments.
func (r *Reminder) sameTag(args *db.Args) string {
	if r.Kind == KindWarning {
		return "(SELECT id FROM reminders WHERE account_id = $1 AND kind = " + args.Add(KindWarning) + " AND anchor = " + args.Add(r.Anchor) + ")"
	}
	return "(" + args.Add(r.ID) + ")"
}

// delivery returns a new delivery to a registered device. To a device that no
// push reaches it has ended, with the reason, so that a person sees why nothing
// came.
func (tx *Tx) delivery(r *Reminder, d target, due Time) *Delivery {
	now := T(tx.Now)
	out := &Delivery{
		AccountID: tx.Account, ReminderID: r.ID, DeviceID: d.ID, Round: r.Round, NotificationID: r.notificationID(),
		Transport: d.PushTransport, Destination: d.PushAddress.Destination,
		Priority: r.Urgent || r.Kind == KindWarning, State: DeliveryPending, DueAt: due, NextAt: now, CreatedAt: now,
	}
	if d.PushState != PushActive {
		out.State, out.Reason, out.NextAt = DeliverySkipped, reasonPush(d.PushState), Time{}
	}
	return out
}

// readdress directs the pending deliveries of a device to its new address, due at
// once: a delay that the old service asked for does not apply to the new one.
func (tx *Tx) readdress(d *Device) error {
	err := tx.q.Exec("UPDATE deliveries SET transport = $1, destination = $2 WHERE account_id = $3 AND device_id = $4 AND next_at IS NOT NULL",
		d.PushTransport, d.PushAddress.Destination, tx.Account, d.ID)
	if err != nil {
		return fmt.Errorf("readdress deliveries: %w", err)
	}
	return tx.q.Exec("UPDATE deliveries SET next_at = $1, attempts = 0, reason = '', last_error = '' WHERE account_id = $2 AND device_id = $3 AND state = $4",
		T(tx.Now), tx.Account, d.ID, DeliveryPending)
}

// skipDeliveries cancels the deliveries of a reminder that no service has
// accepted.
func (tx *Tx) skipDeliveries(r *Reminder, reason Reason) error {
	if r.Round == 0 {
		return nil // it has none
	}
	return tx.q.Exec(`UPDATE deliveries SET state = $1, reason = $2, next_at = NULL, lease = ''
		WHERE account_id = $3 AND reminder_id = $4 AND NOT clearing AND state IN ($5, $6)`,
		DeliverySkipped, reason, tx.Account, r.ID, DeliveryPending, DeliverySending)
}

// clearOnDevices sends a silent push to each device that shows the reminder, or
// another with its tag, except the one that made the request: acknowledged on
// one phone, gone on all, even where only a repeat was shown.
func (tx *Tx) clearOnDevices(r *Reminder) error {
	if r.Round == 0 {
		return nil // never shown
	}
	args := db.Args{tx.Account, PushActive, tx.Device, DeliveryAccepted}
	shown, err := db.Rows[target](tx.q, `SELECT * FROM devices WHERE account_id = $1 AND push_state = $2 AND id <> $3 AND id IN
		(SELECT device_id FROM deliveries WHERE account_id = $1 AND reminder_id IN `+r.sameTag(&args)+` AND state = $4 AND NOT clearing) ORDER BY id`, args...)
	if err != nil || len(shown) == 0 {
		return err
	}
	r.Round++
	for _, d := range shown {
		clear := tx.delivery(r, d, T(tx.Now))
		clear.Clearing, clear.Priority = true, false
		if err := tx.q.Put(clear); err != nil {
			return err
		}
	}
	return nil
}

// endReminder ends a reminder, cancels its pending deliveries and clears it from
// the screens that show it.
func (tx *Tx) endReminder(r *Reminder, state ReminderState, reason Reason) error {
	if err := tx.clearOnDevices(r); err != nil {
		return err
	}
	return tx.endUnseen(r, state, reason)
}

// endUnseen ends a reminder without clearing any screen.
func (tx *Tx) endUnseen(r *Reminder, state ReminderState, reason Reason) error {
	r.end(state, reason, tx.Now)
	r.Version++
	if err := tx.skipDeliveries(r, Reason(state)); err != nil {
		return err
	}
	return tx.moved(r)
}

// restore reopens an ended reminder as it was: snoozed, shown, or still to be
// shown. If no push service had accepted it yet, it is pushed again. The caller
// stores it.
func (tx *Tx) restore(r *Reminder) error {
	if err := tx.cancelClears(r, phones{}); err != nil {
		return err
	}
	pushed, err := tx.pushed(r)
	if err != nil {
		return err
	}
	r.Reason, r.AcknowledgedAt, r.EndedAt, r.DeletedAt = "", Time{}, Time{}, Time{}
	switch {
	case r.SnoozedUntil.After(tx.Now):
		r.State = StateSnoozed
	case r.Round == 0, r.DueAt.After(tx.Now): // shown never, or only before an edit moved it
		r.State = StateScheduled
	case pushed.Accepted > 0:
		r.State = StateSent
	case pushed.Made == 0: // in the app alone
		r.State = StateDue
	default:
		devices, err := tx.registered(phones{})
		if err != nil {
			return err
		}
		return db.PutAll(tx.q, tx.makeDue(r, devices, r.shownFrom()))
	}
	r.sleep()
	return nil
}

// pushes counts the deliveries of a reminder at the time that it has.
type pushes struct{ Made, Accepted int }

func (tx *Tx) pushed(r *Reminder) (pushes, error) {
	if r.Round == 0 {
		return pushes{}, nil
	}
	return db.Row[pushes](tx.q, `SELECT COUNT(*) AS made, COALESCE(SUM(CASE WHEN state = $1 THEN 1 ELSE 0 END), 0) AS accepted
		FROM deliveries WHERE account_id = $2 AND reminder_id = $3 AND NOT clearing AND due_at >= $4`, DeliveryAccepted, tx.Account, r.ID, r.DueAt)
}

// moved stores only the state of a reminder, at a third of the cost of save.
func (tx *Tx) moved(r *Reminder) error {
	r.written(tx)
	return tx.q.Exec(`UPDATE reminders SET state = $1, reason = $2, round = $3, acknowledged_at = $4, ended_at = $5, wake_at = $6,
		version = $7, seq = $8, updated_at = $9 WHERE account_id = $10 AND id = $11`,
		r.State, r.Reason, r.Round, r.AcknowledgedAt, r.EndedAt, r.WakeAt, r.Version, r.Seq, r.UpdatedAt, tx.Account, r.ID)
}

// slotSignIn marks the alert of a new sign-in.
const slotSignIn = "sign_in"

// stopPushes cancels the pending deliveries to the phones.
func (tx *Tx) stopPushes(to phones, reason Reason) error {
	tx.stopped = append(tx.stopped, to)
	args := db.Args{DeliverySkipped, reason, tx.Account, DeliveryPending, DeliverySending}
	return tx.q.Exec(`UPDATE deliveries SET state = $1, reason = $2, next_at = NULL, lease = ''
		WHERE account_id = $3 AND state IN ($4, $5) AND `+to.are("device_id", &args), args...)
}

// target is a device with a registered push address, active or not.
type target struct {
	AccountID, ID string
	PushTransport string
	PushState     PushState
	PushAddress   PushAddress `gorm:"serializer:json"`
}

// registered returns the phones that have a push address, in whatever state.
// Without the consent there are none.
func (tx *Tx) registered(which phones) ([]target, error) {
	args := db.Args{tx.Account}
	return db.Rows[target](tx.q, `SELECT * FROM devices WHERE account_id = $1 AND push_state <> ''
		AND EXISTS (SELECT 1 FROM accounts WHERE id = $1 AND push_consent) AND `+which.are("id", &args)+" ORDER BY id", args...)
}
