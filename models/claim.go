package models

import (
	"context"
	"fmt"
	"slices"
	"sync"
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
