package models

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
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
	LockScreen  string
	Address     PushAddress `gorm:"serializer:json"`
	Registered  Time
	ActionToken string
}

// ClaimDeliveries takes up to limit deliveries whose time has come, longest due
// first, passing over the destinations named. A lease that runs out is
// claimed again: a crash between any two steps loses nothing. It reads no row
// but the deliveries' own, so that a broken one cannot stop the rest.
func (s *Store) ClaimDeliveries(ctx context.Context, limit int, lease time.Duration, except []string) ([]Claim, error) {
	var out []Claim
	owner := NewID()
	err := s.writeAny(ctx, func(tx *Tx) error {
		out = nil // PostgreSQL may run this twice
		pick := tx.Model(&Delivery{}).Select("account_id, reminder_id, device_id, round").
			Where("next_at <= ?", T(tx.Now)).Order("next_at").Limit(limit)
		if len(except) > 0 {
			pick = pick.Where("destination NOT IN ?", except)
		}
		skipLocked := ""
		if s.opts.postgres() {
			skipLocked = " FOR UPDATE SKIP LOCKED"
		}
		return tx.Raw(`UPDATE deliveries SET state = ?, lease = ?, next_at = ?, attempts = attempts + 1
			WHERE (account_id, reminder_id, device_id, round) IN (?`+skipLocked+`) RETURNING *`,
			DeliverySending, owner, T(tx.Now.Add(lease)), pick).Scan(&out).Error
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	slices.SortFunc(out, func(a, b Claim) int { return a.DueAt.Compare(b.DueAt.Time) })
	return out, nil
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

// Refusal says why a claimed delivery must not be sent now; Until is when to
// ask again, zero for never.
type Refusal struct {
	Reason string
	Until  time.Time
}

// wanted is what decides, at the moment of sending, whether a claim is sent,
// and how.
type wanted struct {
	Lease, Transport, Destination string
	Kind, Anchor, TextKey         string
	Tier                          int
	ReminderState                 string
	Urgent                        bool
	ExpiresAt                     Time
	Locale, LockScreen, TimeZone  string
	QuietHours                    QuietHours `gorm:"serializer:json"`
	PushConsent                   bool
	PushAddress                   PushAddress `gorm:"serializer:json"`
	PushRegisteredAt              Time
	PushState                     string
	WarningState                  string
}

// StillWanted asks, right before sending, what may have changed since the
// reminder was due: acknowledged, held, signed out, consent, quiet hours (P4).
// It reads what is committed in one statement, and nothing is waited for
// between its answer and the request: that is the moment at which a sending
// starts. See Sending for those that have started.
func (s *Store) StillWanted(ctx context.Context, c *Claim) (*Refusal, error) {
	var rows []wanted
	err := s.read(ctx).Raw(`SELECT d.lease, d.transport, d.destination, r.kind, r.anchor, r.text_key, r.tier, r.state AS reminder_state, r.urgent, r.expires_at,
			a.locale, a.lock_screen, a.time_zone, a.quiet_hours, a.push_consent,
			v.push_address, v.push_registered_at, v.push_state, COALESCE(w.state, '') AS warning_state
		FROM deliveries d
		JOIN reminders r ON r.account_id = d.account_id AND r.id = d.reminder_id
		JOIN accounts a ON a.id = d.account_id
		JOIN devices v ON v.account_id = d.account_id AND v.id = d.device_id
		LEFT JOIN warnings w ON r.kind = ? AND w.account_id = r.account_id AND w.id = r.anchor
		WHERE d.account_id = ? AND d.reminder_id = ? AND d.device_id = ? AND d.round = ?`,
		KindWarning, c.AccountID, c.ReminderID, c.DeviceID, c.Round).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("ask whether a delivery is still wanted: %w", err)
	}
	if len(rows) == 0 {
		return &Refusal{Reason: PushGone}, nil
	}
	w := &rows[0]
	if w.Lease != c.Lease {
		return &Refusal{Reason: "lease_lost"}, nil
	}
	moved := w.Destination != c.Destination
	w.fill(c)
	if moved { // the phone registered another address, and the room is held at the old one
		return &Refusal{Reason: "address_changed", Until: s.Now()}, nil
	}
	if refusal := w.refusal(c.Clearing, s.Now()); refusal != nil {
		return refusal, nil
	}
	c.ActionToken, err = s.actionToken(c)
	return nil, err
}

func (w *wanted) fill(c *Claim) {
	c.Transport, c.Destination = w.Transport, w.Destination
	c.Kind, c.Anchor, c.TextKey, c.Tier, c.Urgent, c.ExpiresAt = w.Kind, w.Anchor, w.TextKey, w.Tier, w.Urgent, w.ExpiresAt
	c.Locale, c.LockScreen, c.Address, c.Registered = w.Locale, w.LockScreen, w.PushAddress, w.PushRegisteredAt
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
	case w.Urgent:
		return nil
	}
	a := Account{TimeZone: w.TimeZone, QuietHours: w.QuietHours}
	quiet, _ := a.QuietHours.hours() // checked when stored
	if quiet.Contains(now, a.zone()) {
		return &Refusal{Reason: "quiet_hours", Until: quiet.Defer(now, a.zone())}
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

// clearLife is how long it is tried to clear a screen.
const clearLife = 3 * 24 * time.Hour

// lastTry is when a delivery is worth nothing any more.
func (c *Claim) lastTry() time.Time {
	if c.Clearing {
		return c.DueAt.Add(clearLife)
	}
	return c.ExpiresAt.Time
}

// Settle records the outcome of a claim. A lease that was taken over by
// another changes nothing. What cannot be tried again before the reminder
// expires is dead.
func (s *Store) Settle(ctx context.Context, c *Claim, o Outcome) error {
	err := s.write(ctx, c.AccountID, func(tx *Tx) error {
		if o.State == DeliveryPending && !o.RetryAt.Before(c.lastTry()) {
			o.State, o.Reason = DeliveryDead, StateExpired
		}
		set := map[string]any{"state": o.State, "reason": o.Reason, "last_error": o.Error, "lease": "", "next_at": nil}
		switch o.State {
		case DeliveryPending:
			set["next_at"] = T(o.RetryAt)
		case DeliveryAccepted:
			set["accepted_at"] = T(tx.Now)
		}
		if o.Untried {
			set["attempts"] = gorm.Expr("attempts - 1")
		}
		mine := tx.Model(&Delivery{}).Where("account_id = ? AND reminder_id = ? AND device_id = ? AND round = ? AND lease = ?",
			c.AccountID, c.ReminderID, c.DeviceID, c.Round, c.Lease).Updates(set)
		if mine.Error != nil || mine.RowsAffected == 0 {
			return mine.Error
		}
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

// settleReminder marks the reminder sent with the first device that took it.
func (tx *Tx) settleReminder(c *Claim, o Outcome) error {
	if o.State != DeliveryAccepted || c.Clearing {
		return nil
	}
	return tx.Exec("UPDATE reminders SET state = ?, version = version + 1, seq = ?, updated_at = ? WHERE account_id = ? AND id = ? AND state = ?",
		StateSent, tx.nextSeq(), T(tx.Now), c.AccountID, c.ReminderID, StateDue).Error
}

// settleDevice keeps what the attempt told of the push address, unless the
// phone has registered again since.
func (tx *Tx) settleDevice(c *Claim, o Outcome) error {
	set := map[string]any{}
	switch {
	case o.State == DeliveryAccepted:
		set["push_accepted_at"], set["push_error"] = T(tx.Now), ""
	case o.Error != "":
		set["push_error"] = o.Error
	}
	if o.PushState != "" {
		set["push_state"] = o.PushState
	}
	if len(set) == 0 {
		return nil
	}
	return tx.Model(&Device{}).Where("account_id = ? AND id = ? AND push_registered_at = ?", c.AccountID, c.DeviceID, c.Registered).
		UpdateColumns(set).Error
}

// actionLife is how long a push's action token works (contract, Reminders).
const actionLife = 48 * time.Hour

// actionToken lets the phone acknowledge and snooze this one reminder without
// its session's token. It is a MAC, so nothing is stored for it.
func (s *Store) actionToken(c *Claim) (string, error) {
	key, err := s.secret(context.Background(), "action_key")
	if err != nil {
		return "", err
	}
	expires := binary.BigEndian.AppendUint64(nil, uint64(s.Now().Add(actionLife).Unix()))
	body := fmt.Sprintf("act.%s.%s.%s.%s", c.AccountID, c.DeviceID, c.ReminderID, base64.RawURLEncoding.EncodeToString(expires))
	return body + "." + sign(key, body), nil
}

func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// AuthenticateAction answers whom an action token stands for, and for which
// reminder. It ends with the device that it was sent to.
func (s *Store) AuthenticateAction(ctx context.Context, token string) (caller Caller, reminder string, err error) {
	key, err := s.secret(ctx, "action_key")
	if err != nil {
		return Caller{}, "", err
	}
	cut := strings.LastIndexByte(token, '.')
	parts := strings.Split(token, ".")
	if len(parts) != 6 || parts[0] != "act" || !hmac.Equal([]byte(token[cut+1:]), []byte(sign(key, token[:cut]))) {
		return Caller{}, "", refused()
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[4])
	if err != nil || len(raw) != 8 || s.Now().Unix() >= int64(binary.BigEndian.Uint64(raw)) {
		return Caller{}, "", refused()
	}
	if _, err := findDevice(s.read(ctx), parts[1], parts[2]); err != nil {
		return Caller{}, "", refused()
	}
	return Caller{AccountID: parts[1], DeviceID: parts[2]}, parts[3], nil
}

// Stuck lists deliveries that wait although their time has come, for the
// operator.
func (s *Store) Stuck(ctx context.Context, since time.Duration) ([]Delivery, error) {
	var out []Delivery
	err := s.read(ctx).Where("next_at IS NOT NULL AND due_at <= ?", T(s.Now().Add(-since))).Order("due_at").Limit(MaxLimit).Find(&out).Error
	return out, err
}

// Requeue lets everything that waits be tried at once, and answers how many
// that are.
func (s *Store) Requeue(ctx context.Context) (n int64, err error) {
	err = s.writeAny(ctx, func(tx *Tx) error {
		again := tx.Model(&Delivery{}).Where("state = ? AND next_at > ?", DeliveryPending, T(tx.Now)).Update("next_at", T(tx.Now))
		n = again.RowsAffected
		return again.Error
	})
	return n, err
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

// MarkStalePush marks the Web Push subscriptions that were made with another
// VAPID key than the one in use: their services refuse it.
func (s *Store) MarkStalePush(ctx context.Context, vapidKey string) error {
	err := s.writeAny(ctx, func(tx *Tx) error {
		return tx.Exec(`UPDATE devices SET push_state = ? WHERE push_transport = 'webpush' AND push_state = ? AND push_address NOT LIKE ?`,
			PushStale, PushActive, `%"vapid_key":"`+vapidKey+`"%`).Error
	})
	if err != nil {
		return fmt.Errorf("mark stale push addresses: %w", err)
	}
	return nil
}
