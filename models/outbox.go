package models

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Claim is a delivery that this process holds a lease on, with what is needed
// to send it.
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
	Address     PushAddress `gorm:"column:push_address;serializer:json"`
	Registered  Time        `gorm:"column:push_registered_at"`
	ActionToken string      `gorm:"-"`
}

// ClaimDeliveries takes up to limit deliveries whose time has come, longest due
// first, passing over the destinations named. A lease that runs out is
// claimed again: a crash between any two steps loses nothing.
func (s *Store) ClaimDeliveries(ctx context.Context, limit int, lease time.Duration, except []string) ([]Claim, error) {
	var out []Claim
	owner := NewID()
	err := s.writeAny(ctx, func(tx *Tx) error {
		pick := tx.Model(&Delivery{}).Select("account_id, reminder_id, device_id, round").
			Where("next_at <= ?", T(tx.Now)).Order("next_at").Limit(limit)
		if len(except) > 0 {
			pick = pick.Where("destination NOT IN ?", except)
		}
		skipLocked := ""
		if s.opts.postgres() {
			skipLocked = " FOR UPDATE SKIP LOCKED"
		}
		claimed := tx.Exec(`UPDATE deliveries SET state = ?, lease = ?, next_at = ?, attempts = attempts + 1
			WHERE (account_id, reminder_id, device_id, round) IN (?`+skipLocked+`)`,
			DeliverySending, owner, T(tx.Now.Add(lease)), pick)
		if claimed.Error != nil || claimed.RowsAffected == 0 {
			return claimed.Error
		}
		return tx.Table("deliveries d").Select(`d.*, r.kind, r.anchor, r.text_key, r.tier, r.urgent, r.expires_at,
				a.locale, a.lock_screen, v.push_address, v.push_registered_at`).
			Joins("JOIN reminders r ON r.account_id = d.account_id AND r.id = d.reminder_id").
			Joins("JOIN accounts a ON a.id = d.account_id").
			Joins("JOIN devices v ON v.account_id = d.account_id AND v.id = d.device_id").
			Where("d.lease = ? AND d.next_at IS NOT NULL", owner).Order("d.due_at").Find(&out).Error
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	for i := range out {
		out[i].ActionToken, err = s.actionToken(&out[i])
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Refusal says why a claimed delivery must not be sent now; Until is when to
// ask again, zero for never.
type Refusal struct {
	Reason string
	Until  time.Time
}

// StillWanted asks, right before sending, what may have changed since the
// reminder was due: acknowledged, held, signed out, consent, quiet hours (P4).
func (s *Store) StillWanted(ctx context.Context, c *Claim) (*Refusal, error) {
	var rows []struct {
		State, HeldBy, TimeZone string
		QuietHours              QuietHours `gorm:"serializer:json"`
		Urgent, PushConsent     bool
		PushState, Lease        string
		ExpiresAt               Time
		WarningState            *string
	}
	err := s.read(ctx).Table("deliveries d").
		Select(`r.state, r.held_by, r.urgent, r.expires_at, a.time_zone, a.quiet_hours, a.push_consent, v.push_state, d.lease, w.state AS warning_state`).
		Joins("JOIN reminders r ON r.account_id = d.account_id AND r.id = d.reminder_id").
		Joins("JOIN accounts a ON a.id = d.account_id").
		Joins("JOIN devices v ON v.account_id = d.account_id AND v.id = d.device_id").
		Joins("LEFT JOIN warnings w ON r.kind = ? AND w.account_id = r.account_id AND w.id = r.anchor", KindWarning).
		Where("d.account_id = ? AND d.reminder_id = ? AND d.device_id = ? AND d.round = ?", c.AccountID, c.ReminderID, c.DeviceID, c.Round).
		Limit(1).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("ask whether a delivery is still wanted: %w", err)
	}
	now := s.Now()
	switch {
	case len(rows) == 0:
		return &Refusal{Reason: "gone"}, nil
	case rows[0].Lease != c.Lease:
		return &Refusal{Reason: "lease_lost"}, nil
	case !rows[0].PushConsent:
		return &Refusal{Reason: reasonConsent}, nil
	case rows[0].PushState != PushActive:
		return &Refusal{Reason: "push_" + rows[0].PushState}, nil
	case c.Clearing:
		return nil, nil
	case !now.Before(rows[0].ExpiresAt.Time):
		return &Refusal{Reason: StateExpired}, nil
	case !contains([]string{StateDue, StateSent}, rows[0].State):
		return &Refusal{Reason: rows[0].State}, nil
	case rows[0].WarningState != nil && *rows[0].WarningState != WarningActive:
		return &Refusal{Reason: "warning_" + *rows[0].WarningState}, nil
	case rows[0].Urgent:
		return nil, nil
	}
	a := Account{TimeZone: rows[0].TimeZone, QuietHours: rows[0].QuietHours}
	quiet, _ := a.QuietHours.hours() // checked when stored
	if quiet.Contains(now, a.zone()) {
		return &Refusal{Reason: "quiet_hours", Until: quiet.Defer(now, a.zone())}, nil
	}
	return nil, nil
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

// Settle records the outcome of a claim. A lease that was taken over by
// another changes nothing. What cannot be tried again before the reminder
// expires is dead.
func (s *Store) Settle(ctx context.Context, c *Claim, o Outcome) error {
	err := s.write(ctx, c.AccountID, func(tx *Tx) error {
		if o.State == DeliveryPending && !o.RetryAt.Before(c.ExpiresAt.Time) && !c.Clearing {
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
