package models

import (
	"context"
	"fmt"
	"time"
)

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

// Backlog is what waits to be delivered, for readiness and metrics.
type Backlog struct {
	Waiting int64 // deliveries whose next attempt has come
	// OldestDue is since when the latest thing is late: a delivery that waits
	// for its next attempt, a reminder that is not yet one, an account to judge.
	OldestDue Time
}

// Backlog reads how much is due and since when. What waits for the end of quiet
// hours is not late.
func (s *Store) Backlog(ctx context.Context) (Backlog, error) {
	var b Backlog
	var delivery, reminder, account Time
	err := selectRow(s.read(ctx), `SELECT (SELECT COUNT(*) FROM deliveries WHERE next_at <= $1),
		(SELECT MIN(due_at) FROM deliveries WHERE next_at IS NOT NULL AND reason <> $2),
		(SELECT MIN(wake_at) FROM reminders WHERE wake_at <= $1), (SELECT MIN(judge_at) FROM accounts WHERE judge_at <= $1)`,
		[]any{T(s.Now()), reasonQuiet}, &b.Waiting, &delivery, &reminder, &account)
	b.OldestDue = T(earliest(delivery.Time, earliest(reminder.Time, account.Time)))
	return b, err
}
