package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
)

// Claim is a delivery that this process holds a lease on. StillWanted fills in
// what is needed to send it.
type Claim struct {
	Delivery
	Kind        string
	Anchor      string
	TextKey     string
	Tier        int
	Urgent      bool
	ExpiresAt   Time
	Locale      string
	Region      string
	LockScreen  string
	Address     PushAddress `gorm:"serializer:json"`
	Registered  Time
	ActionToken string
}

// ClaimDeliveries takes up to limit deliveries whose time has come, warnings
// before all others, then longest due first, passing over the destinations
// named. A lease that runs out is claimed again: a crash between any two steps
// loses nothing. It reads no row but the deliveries' own, so that a broken one
// cannot stop the rest.
func (s *Store) ClaimDeliveries(ctx context.Context, limit int, lease time.Duration, except []string) ([]Claim, error) {
	var out []Claim
	owner := NewID()
	err := s.writeAny(ctx, func(tx *Tx) error {
		out = nil // PostgreSQL may run this twice
		due := tx.Model(&Delivery{}).Select("account_id, reminder_id, device_id, round").Where("next_at <= ?", T(tx.Now))
		if len(except) > 0 {
			due = due.Where("destination NOT IN ?", except)
		}
		due = due.Order("next_at").Session(&gorm.Session{})
		first, err := s.claim(tx, due.Where("priority").Limit(limit), owner, lease)
		if err != nil {
			return err
		}
		rest, err := s.claim(tx, due.Limit(limit-len(first)), owner, lease)
		out = append(first, rest...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return out, nil
}

// claim leases the deliveries that pick selects, and answers them longest due first.
func (s *Store) claim(tx *Tx, pick *gorm.DB, owner string, lease time.Duration) (out []Claim, err error) {
	skipLocked := ""
	if s.opts.postgres() {
		skipLocked = " FOR UPDATE SKIP LOCKED"
	}
	err = tx.Raw(`UPDATE deliveries SET state = ?, lease = ?, next_at = ?, attempts = attempts + 1
		WHERE (account_id, reminder_id, device_id, round) IN (?`+skipLocked+`) RETURNING *`,
		DeliverySending, owner, T(tx.Now.Add(lease)), pick).Scan(&out).Error
	slices.SortFunc(out, func(a, b Claim) int { return a.DueAt.Compare(b.DueAt.Time) })
	return out, err
}

// GiveBack ends the leases of claims that were not tried: they are due again
// at the given moment.
func (s *Store) GiveBack(ctx context.Context, claims []*Claim, reason string, at time.Time) error {
	err := s.writeAny(ctx, func(tx *Tx) error {
		for _, c := range claims { // one statement for all would read the whole table on SQLite
			err := tx.Exec(`UPDATE deliveries SET state = ?, reason = ?, next_at = ?, lease = '', attempts = attempts - 1
				WHERE account_id = ? AND reminder_id = ? AND device_id = ? AND round = ? AND lease = ?`,
				DeliveryPending, reason, T(at), c.AccountID, c.ReminderID, c.DeviceID, c.Round, c.Lease).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("give deliveries back: %w", err)
	}
	return nil
}

// Outcome is what became of a claimed delivery.
type Outcome struct {
	State   string // accepted, pending (again at RetryAt), dead or skipped
	Reason  string
	Error   string // of the push service, short
	RetryAt time.Time
	// Untried takes the attempt back: nothing was sent.
	Untried bool
	// PushState is what the address turned out to be; "" leaves it as it is.
	PushState string
}

// ClearLife is how long it is tried to clear a screen.
const ClearLife = 3 * 24 * time.Hour

// lastTry is when a delivery is worth nothing any more.
func (c *Claim) lastTry() time.Time {
	if c.Clearing {
		return c.DueAt.Add(ClearLife)
	}
	return c.ExpiresAt.Time
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
				o = Outcome{State: DeliveryPending, Reason: reasonMoved, RetryAt: tx.Now}
			}
		}
		if o.State == DeliveryPending && !o.RetryAt.Before(c.lastTry()) {
			o.State, o.Reason = DeliveryDead, StateExpired
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
	res, err := tx.Statement.ConnPool.ExecContext(tx.Statement.Context, `UPDATE deliveries SET state = $1, reason = $2, last_error = $3, lease = '',
		next_at = $4, accepted_at = $5, attempts = attempts - $6 WHERE account_id = $7 AND reminder_id = $8 AND device_id = $9 AND round = $10 AND lease = $11`,
		o.State, o.Reason, o.Error, next, accepted, tried, c.AccountID, c.ReminderID, c.DeviceID, c.Round, c.Lease)
	if err != nil {
		return false, fmt.Errorf("settle a delivery: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// settleLate is for what was taken by a service while it was called off: the
// phone shows it after all, so it is cleared from its screen.
func (tx *Tx) settleLate(c *Claim, o Outcome) error {
	if o.State != DeliveryAccepted || c.Clearing {
		return nil
	}
	shown := tx.Exec(`UPDATE deliveries SET state = ?, accepted_at = ? WHERE account_id = ? AND reminder_id = ? AND device_id = ? AND round = ? AND state = ?`,
		DeliveryAccepted, T(tx.Now), c.AccountID, c.ReminderID, c.DeviceID, c.Round, DeliverySkipped)
	if shown.Error != nil || shown.RowsAffected == 0 {
		return shown.Error
	}
	r, err := get[Reminder](tx.DB, c.AccountID, c.ReminderID)
	if err != nil || contains([]string{StateDue, StateSent}, r.State) {
		return err
	}
	if err := tx.clearOnDevices(&r); err != nil {
		return err
	}
	return tx.save(&r)
}

// reasonMoved lets a delivery wait whose phone registered another address.
const reasonMoved = "address_changed"

// registeredSince says that the phone registered an address after the claim's
// was read: what a service said of the old one is no word about the new.
func (tx *Tx) registeredSince(c *Claim) (bool, error) {
	var same int64
	err := tx.Raw("SELECT COUNT(*) FROM devices WHERE account_id = ? AND id = ? AND push_registered_at = ?", c.AccountID, c.DeviceID, c.Registered).Scan(&same).Error
	return same == 0, err
}

// settleReminder marks the reminder sent with the first device that took it.
func (tx *Tx) settleReminder(c *Claim, o Outcome) error {
	if o.State != DeliveryAccepted || c.Clearing {
		return nil
	}
	return tx.execute("UPDATE reminders SET state = $1, version = version + 1, seq = $2, updated_at = $3 WHERE account_id = $4 AND id = $5 AND state = $6",
		StateSent, tx.nextSeq(), T(tx.Now), c.AccountID, c.ReminderID, StateDue)
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
	return tx.execute(`UPDATE devices SET push_accepted_at = COALESCE($1, push_accepted_at), push_error = $2,
		push_state = CASE WHEN $3 = '' THEN push_state ELSE $3 END WHERE account_id = $4 AND id = $5 AND push_registered_at = $6`,
		accepted, o.Error, o.PushState, c.AccountID, c.DeviceID, c.Registered)
}

// late are the deliveries that wait although their time has come. What waits
// for the end of quiet hours is where it should be.
const late = "next_at IS NOT NULL AND reason <> '" + reasonQuiet + "' AND due_at <= ?"

// StuckGroup counts what is stuck for one reason at one destination.
type StuckGroup struct {
	Transport, Destination, Reason, LastError string
	Count                                     int64
	OldestDue, NextAt                         Time
}

// Stuck lists for the operator what has been due for longer than a time: the
// counts by destination and reason, and the first MaxLimit of them.
func (s *Store) Stuck(ctx context.Context, since time.Duration) (groups []StuckGroup, first []Delivery, err error) {
	db, before := s.read(ctx), T(s.Now().Add(-since))
	err = db.Model(&Delivery{}).Select("transport, destination, reason, last_error, COUNT(*) AS count, MIN(due_at) AS oldest_due, MIN(next_at) AS next_at").
		Where(late, before).Group("transport, destination, reason, last_error").Order("count DESC, destination, reason").Limit(MaxLimit).Scan(&groups).Error
	if err != nil {
		return nil, nil, fmt.Errorf("count stuck deliveries: %w", err)
	}
	err = db.Where(late, before).Order("due_at").Limit(MaxLimit).Find(&first).Error
	if err != nil {
		return nil, nil, fmt.Errorf("list stuck deliveries: %w", err)
	}
	return groups, first, nil
}

// Requeue lets what Stuck lists be tried at once, and answers how many that are.
func (s *Store) Requeue(ctx context.Context, since time.Duration) (n int64, err error) {
	err = s.writeAny(ctx, func(tx *Tx) error {
		again := tx.Model(&Delivery{}).Where(late, T(tx.Now.Add(-since))).
			Where("state = ? AND next_at > ?", DeliveryPending, T(tx.Now)).Update("next_at", T(tx.Now))
		n = again.RowsAffected
		return again.Error
	})
	if err != nil {
		return 0, fmt.Errorf("try deliveries again: %w", err)
	}
	return n, nil
}

// Explain notes why deliveries that are due at the destinations are not even
// claimed, so that the operator and the person can read it.
func (s *Store) Explain(ctx context.Context, destinations []string, reason string) error {
	if len(destinations) == 0 {
		return nil
	}
	err := s.writeAny(ctx, func(tx *Tx) error {
		return tx.Model(&Delivery{}).Where("next_at <= ? AND state = ? AND reason = '' AND destination IN ?", T(tx.Now), DeliveryPending, destinations).
			Update("reason", reason).Error
	})
	if err != nil {
		return fmt.Errorf("explain what waits: %w", err)
	}
	return nil
}

// releaseClaims lets what was being sent when the process ended be claimed at
// once. On SQLite alone: there no other process can hold a lease.
func (s *Store) releaseClaims(ctx context.Context) error {
	err := s.writeAny(ctx, func(tx *Tx) error {
		return tx.Exec("UPDATE deliveries SET next_at = ? WHERE next_at IS NOT NULL AND state = ?", T(tx.Now), DeliverySending).Error
	})
	if err != nil {
		return fmt.Errorf("release the claims of an earlier process: %w", err)
	}
	return nil
}

// settingVAPIDInUse is the public key that the subscriptions were last held
// against.
const settingVAPIDInUse = "vapid_in_use"

// errOtherKey is what a phone reads of an address that it must make anew.
const errOtherKey = "made with another VAPID key"

// MarkStalePush marks the Web Push subscriptions that were made with another
// VAPID key than the one in use: their services refuse it.
func (s *Store) MarkStalePush(ctx context.Context, vapidKey string) error {
	err := s.writeAny(ctx, func(tx *Tx) error {
		var inUse string
		err := tx.Raw("SELECT value FROM settings WHERE name = ?", settingVAPIDInUse).Scan(&inUse).Error
		if err != nil || inUse == vapidKey {
			return err // looking through every device at every start would be slow
		}
		err = tx.Exec("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", settingVAPIDInUse, vapidKey).Error
		if err != nil {
			return err
		}
		mine := `%"vapid_key":"` + vapidKey + `"%`
		err = tx.Exec(`UPDATE devices SET push_state = ?, push_error = ? WHERE push_transport = 'webpush' AND push_state = ? AND push_address NOT LIKE ?`,
			PushStale, errOtherKey, PushActive, mine).Error
		if err != nil {
			return err
		}
		// A key that comes back finds its own again.
		return tx.Exec(`UPDATE devices SET push_state = ?, push_error = '' WHERE push_transport = 'webpush' AND push_state = ? AND push_error = ? AND push_address LIKE ?`,
			PushActive, PushStale, errOtherKey, mine).Error
	})
	if err != nil {
		return fmt.Errorf("mark stale push addresses: %w", err)
	}
	return nil
}
