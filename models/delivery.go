package models

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Delivery is one notification of a reminder on its way to one device.
type Delivery struct {
	AccountID      string `gorm:"primaryKey" json:"-"`
	ReminderID     string `gorm:"primaryKey" json:"-"`
	DeviceID       string `gorm:"primaryKey" json:"device_id"`
	Round          int    `gorm:"primaryKey;autoIncrement:false" json:"-"`
	NotificationID string `json:"notification_id"`
	Transport      string `json:"transport"`
	Destination    string `json:"-"`
	Clearing       bool   `json:"-"`
	Priority       bool   `json:"-"` // sent before all that has none
	State          string `json:"state" enum:"pending,sending,accepted,dead,skipped"`
	Reason         string `json:"reason,omitempty"`
	Attempts       int    `json:"attempts"`
	LastError      string `json:"last_error,omitempty"`
	DueAt          Time   `json:"-"`
	NextAt         Time   `json:"-"`
	Lease          string `json:"-"`
	AcceptedAt     Time   `json:"accepted_at,omitzero"`
	DeliveredAt    Time   `json:"delivered_at,omitzero"`
	OpenedAt       Time   `json:"opened_at,omitzero"`
	CreatedAt      Time   `gorm:"autoCreateTime:false" json:"-"`
}

// States of a delivery: pending → sending (lease) → accepted, pending again
// with backoff, or dead; skipped when it is no longer wanted.
const (
	DeliveryPending  = "pending"
	DeliverySending  = "sending"
	DeliveryAccepted = "accepted"
	DeliveryDead     = "dead"
	DeliverySkipped  = "skipped"
)

// notify makes the deliveries of a reminder that is due: one for each device
// with a push address. Without one it lives in the app alone.
func (tx *Tx) notify(r *Reminder, only string) error {
	devices, err := tx.registered(only)
	if err != nil {
		return err
	}
	due := r.DueAt
	switch {
	case only != "": // told anew, to a phone that could not be reached before
		due = T(tx.Now)
	case r.SnoozedUntil.After(due.Time):
		due = r.SnoozedUntil
	}
	if err := tx.showAgain(r, only); err != nil {
		return err
	}
	r.State = StateDue
	r.Round++
	if r.Silent || r.RidesWith != "" {
		devices = nil
	}
	for _, d := range devices {
		if r.Slot == slotSignIn && d.ID == r.Anchor {
			continue // the phone that signed in knows
		}
		if err := tx.store(tx.delivery(r, d, due)); err != nil {
			return err
		}
	}
	return nil
}

// showAgain ends the clearing of screens that are to show the reminder again: a
// clear that a slow service held back would take the new notification away.
// They go by the tag, and that of a warning is the warning's.
func (tx *Tx) showAgain(r *Reminder, only string) error {
	ids := "(SELECT id FROM reminders WHERE account_id = $3 AND kind = '" + KindWarning + "' AND anchor = $4)"
	tag := r.Anchor
	if r.Kind != KindWarning {
		ids, tag = "($4)", r.ID
		if r.Round == 0 {
			return nil // never shown, so nothing is being cleared
		}
	}
	return tx.execute(`UPDATE deliveries SET state = $1, reason = $2, next_at = NULL, lease = ''
		WHERE account_id = $3 AND reminder_id IN `+ids+` AND clearing AND next_at IS NOT NULL AND $5 IN ('', device_id)`,
		DeliverySkipped, reasonToldAgain, tx.Account, tag, only)
}

// delivery is one to a registered device; to one that no push reaches it ends
// at once with the reason, so that a person can see why nothing came.
func (tx *Tx) delivery(r *Reminder, d target, due Time) *Delivery {
	now := T(tx.Now)
	out := &Delivery{
		AccountID: tx.Account, ReminderID: r.ID, DeviceID: d.ID, Round: r.Round, NotificationID: r.notificationID(),
		Transport: d.PushTransport, Destination: d.PushAddress.Destination,
		Priority: r.Urgent || r.Kind == KindWarning, State: DeliveryPending, DueAt: due, NextAt: now, CreatedAt: now,
	}
	if d.PushState != PushActive {
		out.State, out.Reason, out.NextAt = DeliverySkipped, "push_"+d.PushState, Time{}
	}
	return out
}

// readdress sends what is on its way to a device to its new address, at once:
// the wait that the old one asked for is not the new one's.
func (tx *Tx) readdress(d *Device) error {
	err := tx.execute("UPDATE deliveries SET transport = $1, destination = $2 WHERE account_id = $3 AND device_id = $4 AND next_at IS NOT NULL",
		d.PushTransport, d.PushAddress.Destination, tx.Account, d.ID)
	if err != nil {
		return fmt.Errorf("readdress deliveries: %w", err)
	}
	return tx.execute("UPDATE deliveries SET next_at = $1, attempts = 0, reason = '', last_error = '' WHERE account_id = $2 AND device_id = $3 AND state = $4",
		T(tx.Now), tx.Account, d.ID, DeliveryPending)
}

// skipDeliveries ends those of a reminder that are not yet accepted.
func (tx *Tx) skipDeliveries(r *Reminder, reason string) error {
	return tx.execute(`UPDATE deliveries SET state = $1, reason = $2, next_at = NULL, lease = ''
		WHERE account_id = $3 AND reminder_id = $4 AND NOT clearing AND state IN ($5, $6)`,
		DeliverySkipped, reason, tx.Account, r.ID, DeliveryPending, DeliverySending)
}

// clearOnDevices sends a silent push to each device that shows the reminder but
// for the one that asks: acknowledged on one phone, gone on all.
func (tx *Tx) clearOnDevices(r *Reminder) error {
	if r.Round == 0 {
		return nil // never told
	}
	shown, err := selectRows[target](tx.DB, `account_id = $1 AND push_state = $2 AND id <> $3 AND id IN
		(SELECT device_id FROM deliveries WHERE account_id = $1 AND reminder_id = $4 AND state = $5 AND NOT clearing) ORDER BY id`,
		tx.Account, PushActive, tx.Device, r.ID, DeliveryAccepted)
	if err != nil || len(shown) == 0 {
		return err
	}
	r.Round++
	for _, d := range shown {
		clear := tx.delivery(r, d, T(tx.Now))
		clear.Clearing, clear.Priority = true, false
		if err := tx.store(clear); err != nil {
			return err
		}
	}
	return nil
}

// save stores an edited row and gives it its number in the change feed.
func (tx *Tx) save(row interface{ base() *Base }) error {
	row.base().written(tx)
	return tx.store(row)
}

// reasonQuiet lets a delivery wait for the end of the quiet hours.
const reasonQuiet = "quiet_hours"

// Refusal says why a claimed delivery must not be sent now; Until is when to
// ask again, zero for never.
type Refusal struct {
	Reason string
	Until  time.Time
}

// wanted is what decides, at the moment of sending, whether a claim is sent,
// and how.
type wanted struct {
	Key                           deliveryKey `gorm:"embedded"`
	Lease, Transport, Destination string
	Kind, Anchor, TextKey         string
	Tier                          int
	ReminderState                 string
	Urgent                        bool
	ExpiresAt                     Time
	Locale, Region                string
	LockScreen, TimeZone          string
	QuietHours                    QuietHours `gorm:"serializer:json"`
	PushConsent                   bool
	PushAddress                   PushAddress `gorm:"serializer:json"`
	PushRegisteredAt              Time
	PushState                     string
	WarningState                  string
}

type deliveryKey struct {
	AccountID, ReminderID, DeviceID string
	Round                           int
}

func (d *Delivery) key() deliveryKey {
	return deliveryKey{d.AccountID, d.ReminderID, d.DeviceID, d.Round}
}

// StillWanted is AreWanted for one claim.
func (s *Store) StillWanted(ctx context.Context, c *Claim) (*Refusal, error) {
	refusals, err := s.AreWanted(ctx, []*Claim{c})
	if err != nil {
		return nil, err
	}
	return refusals[0], nil
}

// AreWanted asks, right before sending, what may have changed since the
// reminders were due: acknowledged, held, signed out, consent, quiet hours
// (P4). It fills in what is needed to send each claim, and answers a refusal
// for each that must not be sent, nil for the others.
//
// It reads what is committed in one statement, and nothing is waited for
// between its answer and the requests: that is the moment at which a sending
// starts. See Sending for those that have started. A row that cannot be read
// fails all of them: ask for each alone then.
func (s *Store) AreWanted(ctx context.Context, claims []*Claim) ([]*Refusal, error) {
	var keys []string
	args := []any{}
	for _, c := range claims {
		keys = append(keys, "(?, ?, ?, CAST(? AS BIGINT))")
		args = append(args, c.AccountID, c.ReminderID, c.DeviceID, c.Round)
	}
	var rows []wanted
	err := s.read(ctx).Raw(`WITH c (account_id, reminder_id, device_id, round) AS (VALUES `+strings.Join(keys, ", ")+`)
		SELECT c.account_id, c.reminder_id, c.device_id, c.round, d.lease, d.transport, d.destination,
			r.kind, r.anchor, r.text_key, r.tier, r.state AS reminder_state, r.urgent, r.expires_at,
			a.locale, a.region, a.lock_screen, a.time_zone, a.quiet_hours, a.push_consent,
			v.push_address, v.push_registered_at, v.push_state, COALESCE(w.state, '') AS warning_state
		FROM c CROSS JOIN deliveries d
		JOIN reminders r ON r.account_id = d.account_id AND r.id = d.reminder_id
		JOIN accounts a ON a.id = d.account_id
		JOIN devices v ON v.account_id = d.account_id AND v.id = d.device_id
		LEFT JOIN warnings w ON r.kind = ? AND w.account_id = r.account_id AND w.id = r.anchor
		WHERE d.account_id = c.account_id AND d.reminder_id = c.reminder_id AND d.device_id = c.device_id AND d.round = c.round`,
		append(args, KindWarning)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("ask whether deliveries are still wanted: %w", err)
	}
	found := map[deliveryKey]*wanted{}
	for i := range rows {
		found[rows[i].Key] = &rows[i]
	}
	out := make([]*Refusal, len(claims))
	for i, c := range claims {
		if out[i], err = s.answer(ctx, c, found[c.key()]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// answer is the refusal of one claim; nil, and the claim made ready, if it may
// be sent.
func (s *Store) answer(ctx context.Context, c *Claim, w *wanted) (*Refusal, error) {
	if w == nil {
		return &Refusal{Reason: "erased"}, nil
	}
	if w.Lease != c.Lease {
		return &Refusal{Reason: "lease_lost"}, nil
	}
	moved := w.Destination != c.Destination
	w.fill(c)
	if moved { // the phone registered another address, and the room is held at the old one
		return &Refusal{Reason: reasonMoved, Until: s.Now()}, nil
	}
	if refusal := w.refusal(c.Clearing, s.Now()); refusal != nil {
		return refusal, nil
	}
	var err error
	c.ActionToken, err = s.actionToken(ctx, c)
	return nil, err
}

func (w *wanted) fill(c *Claim) {
	c.Transport, c.Destination = w.Transport, w.Destination
	c.Kind, c.Anchor, c.TextKey, c.Tier, c.Urgent, c.ExpiresAt = w.Kind, w.Anchor, w.TextKey, w.Tier, w.Urgent, w.ExpiresAt
	c.Locale, c.Region, c.LockScreen, c.Address, c.Registered = w.Locale, w.Region, w.LockScreen, w.PushAddress, w.PushRegisteredAt
}

// refusal is why the claim must not be sent now, nil if it may.
func (w *wanted) refusal(clearing bool, now time.Time) *Refusal {
	switch {
	case !w.PushConsent:
		return &Refusal{Reason: reasonConsent}
	case w.PushState != PushActive:
		return &Refusal{Reason: "push_" + w.PushState}
	case clearing:
		return nil
	case !now.Before(w.ExpiresAt.Time):
		return &Refusal{Reason: StateExpired}
	case !contains([]string{StateDue, StateSent}, w.ReminderState):
		return &Refusal{Reason: w.ReminderState}
	case w.Kind == KindWarning && w.WarningState != WarningActive:
		return &Refusal{Reason: "warning_" + w.WarningState}
	case w.Urgent: // at any age: after an outage at night as well, for it was never told
		return nil
	}
	a := Account{ID: w.Key.AccountID, TimeZone: w.TimeZone, QuietHours: w.QuietHours}
	if at := a.afterQuiet(now, w.Kind); at.After(now) {
		return &Refusal{Reason: reasonQuiet, Until: at}
	}
	return nil
}

// sendings are the deliveries that this process is handing over, by account,
// so that a sign-out, a withdrawn consent or an erasure ends them too (P4):
// once it is answered, nothing is on its way. Another process beside this one
// on PostgreSQL starts none after the commit, and may finish the one it was at.
type sendings struct {
	mu  sync.Mutex
	all map[string]map[*sending]bool
}

type sending struct {
	device string
	cancel context.CancelFunc
	done   chan struct{}
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

func (s *sendings) forget(account string, one *sending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all[account], one)
	if len(s.all[account]) == 0 {
		delete(s.all, account)
	}
}

// end cancels what is being sent to a device of the account, "" for all of
// them, and waits until it has ended.
func (s *sendings) end(account, device string) {
	s.mu.Lock()
	var ending []*sending
	for one := range s.all[account] {
		if device == "" || device == one.device {
			ending = append(ending, one)
		}
	}
	s.mu.Unlock()
	for _, one := range ending {
		one.cancel()
		<-one.done
	}
}
