package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aftercare/models/db"
)

// Outcome is what became of a claimed delivery.
type Outcome struct {
	State   DeliveryState // accepted, pending (again at RetryAt), dead or skipped
	Reason  Reason
	Error   string // of the push service, short
	RetryAt time.Time
	// Untried takes the attempt back: nothing was sent.
	Untried bool
	// PushState is what the address turned out to be; "" leaves it as it is.
	PushState PushState
}

// Settle records the outcome of a claim, in the claim as well. A lease that was
// taken over by another changes nothing. What cannot be tried again before the reminder
// expires is dead.
func (s *Store) Settle(ctx context.Context, c *Claim, o Outcome) error {
	err := s.write(ctx, c.AccountID, func(tx *Tx) error {
		if o.PushState != "" {
			moved, err := tx.registeredSince(c)
			if err != nil {
				return err
			}
			if moved {
				o = Outcome{State: DeliveryPending, Reason: ReasonAddressChanged, RetryAt: tx.Now}
			}
		}
		if o.State == DeliveryPending && !o.RetryAt.Before(c.lastTry()) {
			o.State, o.Reason = DeliveryDead, ReasonExpired
		}
		mine, err := tx.settleDelivery(c, o)
		if err != nil {
			return err
		}
		if !mine {
			return tx.settleLate(c, o)
		}
		c.State, c.Reason = o.State, o.Reason
		if err := tx.settleReminder(c, o); err != nil {
			return err
		}
		return tx.settleDevice(c, o)
	})
	if IsCode(err, CodeNotFound) {
		return nil // the account was erased meanwhile
	}
	return err
}

// settleDelivery records the outcome, and says whether the lease was still held.
func (tx *Tx) settleDelivery(c *Claim, o Outcome) (mine bool, err error) {
	var next, accepted Time
	tried := 0
	switch o.State {
	case DeliveryPending:
		next = T(o.RetryAt)
	case DeliveryAccepted:
		accepted = T(tx.Now)
	}
	if o.Untried {
		tried = 1
	}
	n, err := tx.q.Exec(`UPDATE deliveries SET state = $1, reason = $2, last_error = $3, lease = '',
		next_at = $4, accepted_at = $5, attempts = attempts - $6 WHERE account_id = $7 AND reminder_id = $8 AND device_id = $9 AND round = $10 AND lease = $11`,
		o.State, o.Reason, o.Error, next, accepted, tried, c.AccountID, c.ReminderID, c.DeviceID, c.Round, c.Lease)
	if err != nil {
		return false, fmt.Errorf("settle a delivery: %w", err)
	}
	return n > 0, nil
}

// settleLate is for what was taken by a service while it was called off: the
// phone shows it after all, so it is cleared from its screen.
func (tx *Tx) settleLate(c *Claim, o Outcome) error {
	if o.State != DeliveryAccepted || c.Clearing {
		return nil
	}
	shown, err := tx.q.Exec(`UPDATE deliveries SET state = $1, accepted_at = $2
		WHERE account_id = $3 AND reminder_id = $4 AND device_id = $5 AND round = $6 AND state = $7`,
		DeliveryAccepted, T(tx.Now), c.AccountID, c.ReminderID, c.DeviceID, c.Round, DeliverySkipped)
	if err != nil || shown == 0 {
		return err
	}
	r, err := get[Reminder](tx.q, c.AccountID, c.ReminderID)
	if err != nil || slices.Contains([]ReminderState{StateDue, StateSent}, r.State) {
		return err
	}
	if err := tx.clearOnDevices(&r); err != nil {
		return err
	}
	return tx.save(&r)
}

// registeredSince says that the phone registered an address after the claim's
// was read: what a service said of the old one is no word about the new.
func (tx *Tx) registeredSince(c *Claim) (bool, error) {
	same, err := db.Row[int64](tx.q, "SELECT COUNT(*) FROM devices WHERE account_id = $1 AND id = $2 AND push_registered_at = $3",
		c.AccountID, c.DeviceID, c.Registered)
	return same == 0, err
}

// settleReminder marks the reminder sent with the first device that took it.
func (tx *Tx) settleReminder(c *Claim, o Outcome) error {
	if o.State != DeliveryAccepted || c.Clearing {
		return nil
	}
	_, err := tx.q.Exec("UPDATE reminders SET state = $1, version = version + 1, seq = $2, updated_at = $3 WHERE account_id = $4 AND id = $5 AND state = $6",
		StateSent, tx.tx.NextSeq(), T(tx.Now), c.AccountID, c.ReminderID, StateDue)
	return err
}

// settleDevice keeps what the attempt told of the push address, unless the
// phone has registered again since.
func (tx *Tx) settleDevice(c *Claim, o Outcome) error {
	var accepted Time
	if o.State == DeliveryAccepted {
		accepted = T(tx.Now)
	}
	if accepted.IsZero() && o.Error == "" && o.PushState == "" {
		return nil
	}
	_, err := tx.q.Exec(`UPDATE devices SET push_accepted_at = COALESCE($1, push_accepted_at), push_error = $2,
		push_state = CASE WHEN $3 = '' THEN push_state ELSE $3 END WHERE account_id = $4 AND id = $5 AND push_registered_at = $6`,
		accepted, o.Error, o.PushState, c.AccountID, c.DeviceID, c.Registered)
	return err
}
