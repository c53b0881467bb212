package models

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// Claim is a delivery that this process holds a lease on. StillWanted fills in
// what is needed to send it.
type Claim struct {
	Delivery
	Kind        care.Kind
	Anchor      string
	TextKey     string
	Tier        care.Tier
	Urgent      bool
	OneTap      bool
	ExpiresAt   Time
	Locale      string
	Region      string
	LockScreen  string
	Address     PushAddress
	Registered  Time
	ActionToken string
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
		first, err := s.claim(tx, "priority", except, limit, owner, lease)
		if err != nil {
			return err
		}
		rest, err := s.claim(tx, "TRUE", except, limit-len(first), owner, lease)
		out = append(first, rest...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return out, nil
}

// claim leases up to limit due deliveries for which the condition holds, and
// returns them longest due first.
func (s *Store) claim(tx *Tx, which string, except []string, limit int, owner string, lease time.Duration) ([]Claim, error) {
	args := db.Args{DeliverySending, owner, T(tx.Now.Add(lease)), T(tx.Now), limit}
	skipLocked := ""
	if s.Postgres() {
		skipLocked = " FOR UPDATE SKIP LOCKED"
	}
	if len(except) > 0 {
		which += " AND destination NOT IN " + db.In(&args, except...)
	}
	rows, err := db.Rows[Delivery](tx.q, `UPDATE deliveries SET state = $1, lease = $2, next_at = $3, attempts = attempts + 1
		WHERE (account_id, reminder_id, device_id, round) IN (SELECT account_id, reminder_id, device_id, round FROM deliveries
			WHERE next_at <= $4 AND `+which+` ORDER BY next_at LIMIT $5`+skipLocked+`) RETURNING *`, args...)
	slices.SortFunc(rows, func(a, b Delivery) int { return a.DueAt.Compare(b.DueAt.Time) })
	out := make([]Claim, len(rows))
	for i, d := range rows {
		out[i].Delivery = d
	}
	return out, err
}

// GiveBack ends the leases of claims that were not tried: they are due again
// at the given moment.
func (s *Store) GiveBack(ctx context.Context, claims []*Claim, reason Reason, at time.Time) error {
	err := s.writeAny(ctx, func(tx *Tx) error {
		for _, c := range claims { // one statement for all would read the whole table on SQLite
			_, err := tx.q.Exec(`UPDATE deliveries SET state = $1, reason = $2, next_at = $3, lease = '', attempts = attempts - 1
				WHERE account_id = $4 AND reminder_id = $5 AND device_id = $6 AND round = $7 AND lease = $8`,
				DeliveryPending, reason, T(at), c.AccountID, c.ReminderID, c.DeviceID, c.Round, c.Lease)
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

// Sending notes that a claim is about to be sent, until over is called. It
// comes before StillWanted: whatever stops the sending either is committed by
// then, or finds it here and cancels the context.
func (s *Store) Sending(ctx context.Context, c *Claim) (sendCtx context.Context, over func()) {
	ctx, cancel := context.WithCancel(ctx)
	one := &sending{device: c.DeviceID, cancel: cancel, done: make(chan struct{})}
	s.sendings.mu.Lock()
	defer s.sendings.mu.Unlock()
	if s.sendings.all == nil {
		s.sendings.all = map[string]map[*sending]bool{}
	}
	if s.sendings.all[c.AccountID] == nil {
		s.sendings.all[c.AccountID] = map[*sending]bool{}
	}
	s.sendings.all[c.AccountID][one] = true
	return ctx, sync.OnceFunc(func() {
		cancel()
		close(one.done)
		s.sendings.forget(c.AccountID, one)
	})
}
