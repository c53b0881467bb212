package models

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// Claim is a delivery that this process holds a lease on. AreWanted fills in
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

// ClearLife is how long a push that clears a screen is tried.
const ClearLife = 3 * 24 * time.Hour

// lastTry returns the time after which the delivery is useless.
func (c *Claim) lastTry() time.Time {
	if c.Clearing {
		return c.DueAt.Add(ClearLife)
	}
	return c.ExpiresAt.Time
}

// newLease returns the name of a new lease. It begins with the process, so that
// other processes recognise the leases of a dead one.
func (s *Store) newLease() string { return s.worker + "." + strconv.FormatInt(s.leases.Add(1), 36) }

// warningsAtOnce is how many warnings are claimed on top of a full batch.
const warningsAtOnce = 64

// ClaimDeliveries claims up to limit due deliveries, longest due first, except
// those to the named destinations. Warnings come first: neither the limit nor a
// long queue at their destination holds them back. An expired lease is claimed
// again: a crash between any two steps loses nothing. It reads deliveries only,
// so that a broken row elsewhere cannot stop the rest.
func (s *Store) ClaimDeliveries(ctx context.Context, limit int, lease time.Duration, except []string, long ...string) ([]Claim, error) {
	both := slices.Concat(except, long)
	due, err := s.claimable(ctx, except, both)
	if err != nil || !due.Priority && (limit <= 0 || !due.Waiting) {
		return nil, err
	}
	var out []Claim
	name := s.newLease()
	err = s.writeAny(ctx, func(tx *Tx) error {
		out = nil // PostgreSQL may run this twice
		if due.Priority {
			first, err := tx.claim("priority", except, max(limit, warningsAtOnce), name, lease)
			if err != nil {
				return err
			}
			out = first
		}
		if len(out) >= limit {
			return nil
		}
		rest, err := tx.claim("TRUE", both, limit-len(out), name, lease)
		out = append(out, rest...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return out, nil
}

// claimable reports whether anything is due, and whether any of it has
// priority.
type claimable struct{ Waiting, Priority bool }

// claimable looks without a lock: when nothing is due, nothing is written.
func (s *Store) claimable(ctx context.Context, except, both []string) (claimable, error) {
	args := db.Args{T(s.Now())}
	const due = "SELECT 1 FROM deliveries WHERE next_at <= $1"
	out, err := db.Row[claimable](s.read(ctx), "SELECT EXISTS ("+due+notTo(both, &args)+") AS waiting, EXISTS ("+due+" AND priority"+notTo(except, &args)+") AS priority", args...)
	if err != nil {
		return out, fmt.Errorf("look for due deliveries: %w", err)
	}
	return out, nil
}

// claim leases up to limit due deliveries that meet the condition, and returns
// them longest due first. Of two processes that choose the same rows the second
// waits, and then finds them no longer due.
func (tx *Tx) claim(which string, except []string, limit int, name string, lease time.Duration) ([]Claim, error) {
	args := db.Args{DeliverySending, name, T(tx.Now.Add(lease)), T(tx.Now), limit}
	rows, err := db.Rows[Delivery](tx.q, `UPDATE deliveries SET state = $1, lease = $2, next_at = $3, attempts = attempts + 1
		WHERE (account_id, reminder_id, device_id, round) IN (SELECT account_id, reminder_id, device_id, round FROM deliveries
			WHERE next_at <= $4 AND `+which+notTo(except, &args)+` ORDER BY next_at LIMIT $5) AND next_at <= $4 RETURNING *`, args...)
	slices.SortFunc(rows, func(a, b Delivery) int { return a.DueAt.Compare(b.DueAt.Time) })
	out := make([]Claim, len(rows))
	for i, d := range rows {
		out[i].Delivery = d
	}
	return out, err
}

// notTo is the condition that a delivery goes to none of the destinations.
func notTo(destinations []string, args *db.Args) string {
	if len(destinations) == 0 {
		return ""
	}
	return " AND destination NOT IN " + db.In(args, destinations...)
}

// Release ends the leases of claims that were not tried, so that they are due
// again at the given time.
func (s *Store) Release(ctx context.Context, claims []*Claim, reason Reason, at time.Time) error {
	err := s.writeAny(ctx, func(tx *Tx) error {
		args := db.Args{DeliveryPending, reason, T(at)}
		return tx.q.Exec(leased(&args, claims)+` UPDATE deliveries SET state = $1, reason = $2, next_at = $3, lease = '', attempts = attempts - 1
			FROM c WHERE `+isLeased, args...)
	})
	if err != nil {
		return fmt.Errorf("release deliveries: %w", err)
	}
	return nil
}

// leased is the set of claims that isLeased finds.
func leased(args *db.Args, claims []*Claim) string {
	rows := make([][]any, len(claims))
	for i, c := range claims {
		rows[i] = []any{c.AccountID, c.ReminderID, c.DeviceID, c.Round, c.Lease}
	}
	return db.Set(args, "c", []string{"a", "r", "d", "n BIGINT", "l"}, rows)
}

// isLeased is the condition that a delivery is one of the set and that no other
// process has taken over its lease.
const isLeased = "account_id = c.a AND reminder_id = c.r AND device_id = c.d AND round = c.n AND lease = c.l"

// Sending records that a claim is about to be sent, until over is called. Call
// it before AreWanted: whatever stops the sending has either been committed by
// then, or finds the claim here and cancels the context.
//
// It is not ok while a clear is being sent to the phone: a message sent at the
// same time may arrive first, and the clear would remove it. Nothing prevents
// this between two processes.
func (s *Store) Sending(ctx context.Context, c *Claim) (sendCtx context.Context, over func(), ok bool) {
	s.sendings.mu.Lock()
	defer s.sendings.mu.Unlock()
	for other := range s.sendings.all[c.AccountID] {
		if other.clearing && other.device == c.DeviceID {
			return nil, nil, false
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	one := &sending{device: c.DeviceID, clearing: c.Clearing, cancel: cancel, done: make(chan struct{})}
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
	}), true
}
