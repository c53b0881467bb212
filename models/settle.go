package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aftercare/models/db"
)

// Outcome is the result of a claimed delivery.
type Outcome struct {
	State   DeliveryState // accepted, pending (again at RetryAt), dead or skipped
	Reason  Reason
	Error   string // of the push service, short
	RetryAt time.Time
	// Untried does not count the attempt: nothing was sent.
	Untried bool
	// PushState is the new state of the push address; "" leaves it unchanged.
	PushState PushState
}

// Settlement is a claim with its outcome.
type Settlement struct {
	Claim   *Claim
	Outcome Outcome
}

// Settle is SettleAll for one claim.
func (s *Store) Settle(ctx context.Context, c *Claim, o Outcome) error {
	return s.SettleAll(ctx, []Settlement{{c, o}})
}

// SettleAll records outcomes in one transaction, and in the claims. A lease that
// another process took over changes nothing. What cannot be tried again before
// its reminder expires is dead. A row that cannot be read fails all of them:
// settle each alone then.
func (s *Store) SettleAll(ctx context.Context, all []Settlement) error {
	return s.writeAny(ctx, func(tx *Tx) error {
		if err := tx.raiseAll(accountsOf(all, func(x Settlement) string { return x.Claim.AccountID }), 1); err != nil {
			return err
		}
		var accepted []*Claim
		for _, x := range all {
			if !tx.enter(x.Claim.AccountID) {
				continue // erased meanwhile
			}
			if x.Outcome.State == DeliveryAccepted {
				accepted = append(accepted, x.Claim)
				continue
			}
			if err := tx.settleRefused(x.Claim, x.Outcome); err != nil {
				return err
			}
		}
		if len(accepted) == 0 {
			return nil
		}
		return tx.settleAccepted(accepted)
	})
}

// accountsOf returns the accounts of the items, sorted and without duplicates.
func accountsOf[T any](all []T, account func(T) string) []string {
	out := make([]string, 0, len(all))
	for _, x := range all {
		out = append(out, account(x))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// settleRefused records the outcome of a claim that no push service accepted.
func (tx *Tx) settleRefused(c *Claim, o Outcome) error {
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
	var next Time
	if o.State == DeliveryPending {
		next = T(o.RetryAt)
	}
	untried := 0
	if o.Untried {
		untried = 1
	}
	n, err := tx.q.ExecCount(`UPDATE deliveries SET state = $1, reason = $2, last_error = $3, lease = '', next_at = $4, attempts = attempts - $5
		WHERE account_id = $6 AND reminder_id = $7 AND device_id = $8 AND round = $9 AND lease = $10`,
		o.State, o.Reason, o.Error, next, untried, c.AccountID, c.ReminderID, c.DeviceID, c.Round, c.Lease)
	if err != nil {
		return fmt.Errorf("settle a delivery: %w", err)
	}
	if n == 0 {
		return nil
	}
	c.State, c.Reason = o.State, o.Reason
	return tx.settleDevice(c, o)
}

// registeredSince reports whether the phone has registered an address after the
// claim's was read: a result for the old address says nothing about the new
// one.
func (tx *Tx) registeredSince(c *Claim) (bool, error) {
	same, err := db.Row[int64](tx.q, "SELECT COUNT(*) FROM devices WHERE account_id = $1 AND id = $2 AND push_registered_at = $3",
		c.AccountID, c.DeviceID, c.Registered)
	return same == 0, err
}

// settleDevice records what the attempt revealed about the push address, unless
// the phone has registered again since.
func (tx *Tx) settleDevice(c *Claim, o Outcome) error {
	if o.Error == "" && o.PushState == "" {
		return nil
	}
	return tx.q.Exec(`UPDATE devices SET push_error = $1, push_state = CASE WHEN $2 = '' THEN push_state ELSE $2 END
		WHERE account_id = $3 AND id = $4 AND push_registered_at = $5`, o.Error, o.PushState, c.AccountID, c.DeviceID, c.Registered)
}

// settleAccepted records claims that a push service accepted, in one statement
// for each table.
func (tx *Tx) settleAccepted(claims []*Claim) error {
	args := db.Args{DeliveryAccepted, T(tx.Now)}
	held, err := db.Rows[deliveryKey](tx.q, leased(&args, claims)+` UPDATE deliveries SET state = $1, reason = '', last_error = '', lease = '',
		next_at = NULL, accepted_at = $2 FROM c WHERE `+isLeased+" RETURNING account_id, reminder_id, device_id, round", args...)
	if err != nil {
		return fmt.Errorf("settle deliveries: %w", err)
	}
	var settled, late []*Claim
	for _, c := range claims {
		if slices.Contains(held, c.key()) {
			c.State, c.Reason = DeliveryAccepted, ""
			settled = append(settled, c)
		} else {
			late = append(late, c)
		}
	}
	if len(settled) > 0 {
		if err := tx.sentReminders(settled); err != nil {
			return err
		}
		if err := tx.acceptedByDevices(settled); err != nil {
			return err
		}
	}
	for _, c := range late {
		if err := tx.settleLate(c); err != nil {
			return err
		}
	}
	return nil
}

// sentReminders marks reminders as sent once the first device has accepted one.
func (tx *Tx) sentReminders(claims []*Claim) error {
	var rows [][]any
	known := map[string]bool{}
	for _, c := range claims {
		if key := c.AccountID + " " + c.ReminderID; !c.Clearing && !known[key] && tx.enter(c.AccountID) {
			known[key] = true
			rows = append(rows, []any{c.AccountID, c.ReminderID, tx.tx.NextSeq()})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	args := db.Args{StateSent, T(tx.Now), StateDue}
	return tx.q.Exec(db.Set(&args, "c", []string{"a", "r", "s BIGINT"}, rows)+` UPDATE reminders SET state = $1, version = version + 1, seq = c.s, updated_at = $2
		FROM c WHERE account_id = c.a AND id = c.r AND state = $3`, args...)
}

// acceptedByDevices records when a push service last accepted a message for
// each device, unless the phone has registered again since.
func (tx *Tx) acceptedByDevices(claims []*Claim) error {
	rows := make([][]any, len(claims))
	for i, c := range claims {
		rows[i] = []any{c.AccountID, c.DeviceID, c.Registered}
	}
	args := db.Args{T(tx.Now)}
	return tx.q.Exec(db.Set(&args, "c", []string{"a", "d", "t BIGINT"}, rows)+` UPDATE devices SET push_accepted_at = $1, push_error = ''
		FROM c WHERE account_id = c.a AND id = c.d AND push_registered_at = c.t`, args...)
}

// settleLate handles a push that was cancelled while a service accepted it: the
// phone shows it after all, so it is cleared from its screen.
func (tx *Tx) settleLate(c *Claim) error {
	if c.Clearing || !tx.enter(c.AccountID) {
		return nil
	}
	shown, err := tx.q.ExecCount(`UPDATE deliveries SET state = $1, accepted_at = $2
		WHERE account_id = $3 AND reminder_id = $4 AND device_id = $5 AND round = $6 AND state = $7`,
		DeliveryAccepted, T(tx.Now), c.AccountID, c.ReminderID, c.DeviceID, c.Round, DeliverySkipped)
	if err != nil || shown == 0 {
		return err
	}
	r, err := get[Reminder](tx.q, c.AccountID, c.ReminderID)
	if err != nil || slices.Contains([]ReminderState{StateDue, StateSent}, r.State) {
		return err
	}
	if shown, err := tx.showsSuccessor(&r); err != nil || shown {
		return err
	}
	if err := tx.clearOnDevices(&r); err != nil {
		return err
	}
	return tx.save(&r)
}

// showsSuccessor reports whether a later notification with the reminder's tag
// is shown or about to be: a clear would remove it.
func (tx *Tx) showsSuccessor(r *Reminder) (bool, error) {
	args := db.Args{tx.Account, StateDue, StateSent}
	open, err := db.Row[int64](tx.q, "SELECT COUNT(*) FROM reminders WHERE account_id = $1 AND ended_at IS NULL AND state IN ($2, $3) AND id IN "+
		r.sameTag(&args), args...)
	return open > 0, err
}
