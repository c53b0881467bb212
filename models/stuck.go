package models

import (
	"context"
	"fmt"
	"time"

	"aftercare/models/db"
)

// late is the condition that a delivery is overdue. Waiting for the end of
// quiet hours does not count.
const late = "next_at IS NOT NULL AND reason <> '" + string(ReasonQuietHours) + "' AND due_at <= $1"

// StuckGroup counts what is stuck for one reason at one destination.
type StuckGroup struct {
	Transport, Destination, LastError string
	Reason                            Reason
	Count                             int64
	OldestDue, NextAt                 Time
}

// Stuck returns, for operators, what has been due for longer than a duration:
// counts by destination and reason, and the first MaxLimit deliveries.
func (s *Store) Stuck(ctx context.Context, since time.Duration) (groups []StuckGroup, first []Delivery, err error) {
	q, before := s.read(ctx), T(s.Now().Add(-since))
	groups, err = db.Rows[StuckGroup](q, `SELECT transport, destination, reason, last_error, COUNT(*) AS count, MIN(due_at) AS oldest_due, MIN(next_at) AS next_at
		FROM deliveries WHERE `+late+` GROUP BY transport, destination, reason, last_error ORDER BY count DESC, destination, reason LIMIT $2`, before, MaxLimit)
	if err != nil {
		return nil, nil, fmt.Errorf("count stuck deliveries: %w", err)
	}
	first, err = db.Rows[Delivery](q, "SELECT * FROM deliveries WHERE "+late+" ORDER BY due_at LIMIT $2", before, MaxLimit)
	if err != nil {
		return nil, nil, fmt.Errorf("list stuck deliveries: %w", err)
	}
	return groups, first, nil
}

// Requeue makes everything that Stuck lists due at once, and returns the number
// of deliveries.
func (s *Store) Requeue(ctx context.Context, since time.Duration) (n int64, err error) {
	err = s.writeAny(ctx, func(tx *Tx) error {
		n, err = tx.q.ExecCount("UPDATE deliveries SET next_at = $2 WHERE "+late+" AND state = $3 AND next_at > $2",
			T(tx.Now.Add(-since)), T(tx.Now), DeliveryPending)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("try deliveries again: %w", err)
	}
	return n, nil
}

// Explain records why deliveries to the destinations are not claimed although
// they are due, so that the operator and the person can read it.
func (s *Store) Explain(ctx context.Context, destinations []string, reason Reason) error {
	if len(destinations) == 0 {
		return nil
	}
	args := db.Args{T(s.Now()), DeliveryPending}
	which := "next_at <= $1 AND state = $2 AND reason = '' AND destination IN " + db.In(&args, destinations...)
	some, err := db.Row[bool](s.read(ctx), "SELECT EXISTS (SELECT 1 FROM deliveries WHERE "+which+")", args...)
	if err == nil && some { // an idle tick writes nothing
		set := args.Add(reason)
		err = s.writeAny(ctx, func(tx *Tx) error {
			return tx.q.Exec("UPDATE deliveries SET reason = "+set+" WHERE "+which, args...)
		})
	}
	if err != nil {
		return fmt.Errorf("explain what waits: %w", err)
	}
	return nil
}

// settingVAPIDInUse names the public key that subscriptions were last checked
// against.
const settingVAPIDInUse = "vapid_in_use"

// errOtherKey is the error that a phone reads about an address it must renew.
const errOtherKey = "made with another VAPID key"

// MarkStalePush marks the Web Push subscriptions that were made with another
// VAPID key than the one in use: push services refuse them.
func (s *Store) MarkStalePush(ctx context.Context, vapidKey string) error {
	err := s.writeAny(ctx, func(tx *Tx) error {
		inUse, err := db.Found[string](tx.q, "SELECT value FROM settings WHERE name = $1", settingVAPIDInUse)
		if err != nil || inUse != nil && *inUse == vapidKey {
			return err // looking through every device at every start would be slow
		}
		err = tx.q.Exec("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", settingVAPIDInUse, vapidKey)
		if err != nil {
			return err
		}
		mine := `%"vapid_key":"` + vapidKey + `"%`
		err = tx.q.Exec(`UPDATE devices SET push_state = $1, push_error = $2
			WHERE push_transport = 'webpush' AND push_state = $3 AND push_address NOT LIKE $4`, PushStale, errOtherKey, PushActive, mine)
		if err != nil {
			return err
		}
		// A key that is used again makes its subscriptions active again.
		return tx.q.Exec(`UPDATE devices SET push_state = $1, push_error = ''
			WHERE push_transport = 'webpush' AND push_state = $2 AND push_error = $3 AND push_address LIKE $4`, PushActive, PushStale, errOtherKey, mine)
	})
	if err != nil {
		return fmt.Errorf("mark stale push addresses: %w", err)
	}
	return nil
}

// Backlog is how much is due, for readiness and metrics.
type Backlog struct {
	Waiting int64 // deliveries whose next attempt is due
	// OldestDue is when the most overdue item was due: a delivery that waits for
	// its next attempt, a reminder without deliveries yet, an account to judge.
	OldestDue Time
}

// Backlog returns how much is due and since when. Waiting for the end of quiet
// hours is not late.
func (s *Store) Backlog(ctx context.Context) (Backlog, error) {
	found, err := db.Row[struct {
		Waiting                    int64
		Delivery, Reminder, Person Time
	}](s.read(ctx), `SELECT (SELECT COUNT(*) FROM deliveries WHERE next_at <= $1) AS waiting,
		(SELECT MIN(due_at) FROM deliveries WHERE next_at IS NOT NULL AND reason <> $2) AS delivery,
		(SELECT MIN(wake_at) FROM reminders WHERE wake_at <= $1) AS reminder,
		(SELECT MIN(judge_at) FROM accounts WHERE judge_at <= $1) AS person`, T(s.Now()), ReasonQuietHours)
	oldest := earliest(found.Delivery.Time, earliest(found.Reminder.Time, found.Person.Time))
	return Backlog{found.Waiting, T(oldest)}, err
}
