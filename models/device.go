package models

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Device is one signed-in phone: it holds the credential and the push address.
type Device struct {
	AccountID     string  `gorm:"primaryKey" json:"-"`
	ID            string  `gorm:"primaryKey" json:"id,omitempty" readOnly:"true"`
	Name          string  `json:"name,omitempty" maxLength:"100"`
	Platform      string  `json:"platform,omitempty" enum:"ios,android,web"`
	AppVersion    string  `json:"app_version,omitempty" maxLength:"50"`
	TokenHash     string  `json:"-"`
	NextTokenHash *string `json:"-"`
	ConfirmedAt   Time    `json:"-"`
	LastSeenAt    Time    `json:"last_seen_at,omitzero" readOnly:"true"`

	PushTransport    string      `json:"-"`
	PushAddress      PushAddress `gorm:"serializer:json" json:"-"`
	PushKey          string      `json:"-"` // hash of the address, by which another account's is found
	PushState        string      `json:"-"`
	PushRegisteredAt Time        `json:"-"`
	PushAcceptedAt   Time        `json:"-"`
	PushError        string      `json:"-"`
	Push             *PushShown  `gorm:"-" json:"push,omitempty" readOnly:"true"`

	Version   int64 `json:"version,omitempty" readOnly:"true"`
	CreatedAt Time  `gorm:"autoCreateTime:false" json:"created_at,omitzero" readOnly:"true"`
	UpdatedAt Time  `gorm:"autoUpdateTime:false" json:"-"`
}

// PushAddress is where a device takes its pushes. It is a secret.
type PushAddress struct {
	Endpoint    string `json:"endpoint,omitempty"`
	P256dh      string `json:"p256dh,omitempty"`
	Auth        string `json:"auth,omitempty"`
	VAPIDKey    string `json:"vapid_key,omitempty"`
	Token       string `json:"token,omitempty"`
	Environment string `json:"environment,omitempty"`
	// Destination is what flow control goes by: the provider, or the origin
	// of a Web Push endpoint.
	Destination string `json:"destination,omitempty"`
}

// PushShown is what may be shown of a push address.
type PushShown struct {
	Transport      string `json:"transport"`
	State          string `json:"state" enum:"active,stale,quarantined,gone"`
	TokenTail      string `json:"token_tail"`
	LastAcceptedAt Time   `json:"last_accepted_at,omitzero"`
	LastError      string `json:"last_error,omitempty"`
}

// States of a push address.
const (
	PushActive      = "active"
	PushStale       = "stale"
	PushQuarantined = "quarantined"
	PushGone        = "gone"
)

// AfterFind shows the state of the address and never the address.
func (d *Device) AfterFind(*gorm.DB) error {
	d.Push = nil
	if d.PushTransport == "" {
		return nil
	}
	secret := d.PushAddress.Endpoint + d.PushAddress.Token
	d.Push = &PushShown{
		Transport: d.PushTransport, State: d.PushState, TokenTail: secret[max(0, len(secret)-4):],
		LastAcceptedAt: d.PushAcceptedAt, LastError: d.PushError,
	}
	return nil
}

// target is a device that takes pushes, or did.
type target struct {
	ID            string
	PushTransport string
	PushState     string
	PushAddress   PushAddress `gorm:"serializer:json"`
}

// TableName is the table of devices.
func (target) TableName() string { return "devices" }

// registered are the devices with a push address, whatever its state; only names
// one. Without the consent there is none.
func (tx *Tx) registered(only string) ([]target, error) {
	return selectRows[target](tx.DB, `account_id = $1 AND push_state <> '' AND $2 IN ('', id)
		AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id AND a.push_consent) ORDER BY id`, tx.Account, only)
}

func findDevice(db *gorm.DB, account, id string) (Device, error) {
	var out []Device
	if err := db.Where("account_id = ? AND id = ?", account, id).Limit(1).Find(&out).Error; err != nil {
		return Device{}, err
	}
	if len(out) == 0 {
		return Device{}, NotFound()
	}
	return out[0], nil
}

// Devices lists the signed-in phones, latest sign-in first. There are 20 at most.
func (s *Store) Devices(ctx context.Context, account string) ([]Device, error) {
	var out []Device
	err := s.read(ctx).Where("account_id = ?", account).Order("created_at DESC, id DESC").Find(&out).Error
	return out, err
}

// Device reads one device.
func (s *Store) Device(ctx context.Context, account, id string) (Device, error) {
	return findDevice(s.read(ctx), account, id)
}

// editDevice changes one device in a transaction of its account.
func (s *Store) editDevice(ctx context.Context, account, id string, w Write, edit func(tx *Tx, d *Device) error) (Device, error) {
	var out Device
	err := s.write(ctx, account, func(tx *Tx) error {
		d, err := findDevice(tx.DB, account, id)
		if err != nil {
			return err
		}
		if err := w.check(d.Version, true, d); err != nil {
			return err
		}
		was := d
		if err := edit(tx, &d); err != nil {
			return err
		}
		if d.Name != was.Name || d.AppVersion != was.AppVersion {
			d.Version++ // it counts what the person edits
		}
		d.UpdatedAt = T(tx.Now)
		if err := tx.Save(&d).Error; err != nil {
			return fmt.Errorf("store a device: %w", err)
		}
		out, err = findDevice(tx.DB, account, id)
		return err
	})
	return out, err
}

// UpdateDevice replaces the name and the version of the app.
func (s *Store) UpdateDevice(ctx context.Context, account, id string, in Device, w Write) (Device, error) {
	return s.editDevice(ctx, account, id, w, func(_ *Tx, d *Device) error {
		d.Name, d.AppVersion = in.Name, in.AppVersion
		return nil
	})
}

// DeleteDevice signs a phone out: its token and its pushes end at once (P4).
func (s *Store) DeleteDevice(ctx context.Context, account, id string) error {
	return s.write(ctx, account, func(tx *Tx) error { return tx.signOut("id = ?", id) })
}

// signOut deletes devices of the account and what was on its way to them.
func (tx *Tx) signOut(where string, args ...any) error {
	var ids []string
	err := tx.Model(&Device{}).Where("account_id = ?", tx.Account).Where(where, args...).Order("id").Pluck("id", &ids).Error
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := tx.stopPushes(id, "signed_out"); err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM pairing_codes WHERE account_id = ? AND device_id = ?", tx.Account, id).Error; err != nil {
			return err
		}
		if err := tx.Where("account_id = ? AND id = ?", tx.Account, id).Delete(&Device{}).Error; err != nil {
			return err
		}
		if err := tx.audit("sign_out", id); err != nil {
			return err
		}
	}
	return nil
}

// stopPushes skips what is on its way to a device, "" for all of them.
func (tx *Tx) stopPushes(device, reason string) error {
	tx.stopped = append(tx.stopped, device)
	return tx.Model(&Delivery{}).
		Where("account_id = ? AND ? IN ('', device_id) AND state IN ?", tx.Account, device, []string{DeliveryPending, DeliverySending}).
		Updates(map[string]any{"state": DeliverySkipped, "reason": reason, "next_at": nil, "lease": ""}).Error
}

// SetPush registers where the device takes its pushes, whatever its state
// was, and grants the consent to push.
func (s *Store) SetPush(ctx context.Context, account, id, transport string, address PushAddress, consentVersion string) (Device, error) {
	return s.editDevice(ctx, account, id, Write{}, func(tx *Tx, d *Device) error {
		d.PushTransport, d.PushAddress, d.PushState, d.PushError = transport, address, PushActive, ""
		if next := T(d.PushRegisteredAt.Add(time.Millisecond)); tx.Now.Before(next.Time) {
			d.PushRegisteredAt = next // two registrations are told apart by it
		} else {
			d.PushRegisteredAt = T(tx.Now)
		}
		d.PushKey = hashSecret(transport + " " + address.Endpoint + address.Token)
		if err := tx.readdress(d); err != nil {
			return err
		}
		if err := tx.grant(ConsentPush, consentVersion, id); err != nil {
			return err
		}
		// A phone has one address and one person: who registered it last.
		err := tx.Exec("UPDATE devices SET push_state = ?, push_error = 'registered elsewhere' WHERE push_key = ? AND NOT (account_id = ? AND id = ?)",
			PushGone, d.PushKey, account, id).Error
		if err != nil {
			return fmt.Errorf("release a push address: %w", err)
		}
		if err := tx.Save(d).Error; err != nil {
			return fmt.Errorf("store a device: %w", err)
		}
		return tx.tellOpenWarnings(id)
	})
}

// tellOpenWarnings tells a phone that can be reached again of the warnings
// that nobody could be told of.
func (tx *Tx) tellOpenWarnings(device string) error {
	var untold []Reminder
	err := tx.Where("account_id = ? AND kind = ? AND state = ?", tx.Account, KindWarning, StateDue).
		Where("anchor IN (SELECT id FROM warnings WHERE account_id = ? AND state = ?)", tx.Account, WarningActive).
		Where("NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.account_id = reminders.account_id AND d.reminder_id = reminders.id AND d.next_at IS NOT NULL)").
		Order("due_at, id").Find(&untold).Error
	if err != nil {
		return fmt.Errorf("look for untold warnings: %w", err)
	}
	for i := range untold {
		if err := tx.notify(&untold[i], device); err != nil {
			return err
		}
		if err := tx.save(&untold[i]); err != nil {
			return err
		}
	}
	return nil
}

// RemovePush forgets the push address of a device.
func (s *Store) RemovePush(ctx context.Context, account, id string) (Device, error) {
	return s.editDevice(ctx, account, id, Write{}, func(tx *Tx, d *Device) error {
		d.forgetPush()
		return tx.stopPushes(id, "push_removed")
	})
}

func (d *Device) forgetPush() {
	d.PushTransport, d.PushAddress, d.PushKey, d.PushState, d.PushError = "", PushAddress{}, "", "", ""
	d.PushRegisteredAt, d.PushAcceptedAt = Time{}, Time{}
}

// testLife is how long a test push may take to arrive.
const testLife = time.Hour

// TestPush sends a test notification to one device, whatever the hour.
func (s *Store) TestPush(ctx context.Context, account, id string) (Reminder, error) {
	var out Reminder
	err := s.write(ctx, account, func(tx *Tx) error {
		device, err := findDevice(tx.DB, account, id)
		switch {
		case err != nil:
			return err
		case device.PushState == "":
			return Invalid("path.id", "has no push address; PUT /v1/devices/{id}/push")
		case device.PushState != PushActive:
			return Invalid("path.id", "has a push address that is "+device.PushState+"; register it again")
		}
		r := &Reminder{
			Base: Base{ID: NewID()}, Kind: KindTest, Anchor: id, TextKey: "test", Urgent: true,
			DueAt: T(tx.Now), ExpiresAt: T(tx.Now.Add(testLife)), State: StateDue,
		}
		r.Slot = r.ID
		if err := tx.notify(r, id); err != nil {
			return err
		}
		r.sleep()
		if err := tx.save(r); err != nil {
			return err
		}
		out, err = tx.reminder(r.ID)
		return err
	})
	return out, err
}

// slotSignIn marks the alert of a new sign-in.
const slotSignIn = "sign_in"

// tellOfSignIn lets the other devices know that a phone was signed in.
func (tx *Tx) tellOfSignIn(device Device) error {
	r := &Reminder{
		Base: Base{ID: NewID()}, Kind: KindSummary, Anchor: device.ID, Slot: slotSignIn, TextKey: "sign_in",
		ExpiresAt: T(tx.Now.Add(7 * 24 * time.Hour)), State: StateScheduled,
	}
	account, err := tx.account()
	if err != nil {
		return err
	}
	r.DueAt = T(account.afterQuiet(tx.Now, r.Kind))
	r.sleep()
	return tx.save(r)
}

// reviewRisks has the risk questions asked at the new device (knowledge base,
// section 6).
func (tx *Tx) reviewRisks() error {
	if err := tx.Exec("UPDATE accounts SET new_device_at = ? WHERE id = ?", T(tx.Now), tx.Account).Error; err != nil {
		return fmt.Errorf("note the new device: %w", err)
	}
	return tx.judge(time.Time{})
}

// actionLife is how long a push's action token works (contract, Reminders).
const actionLife = 48 * time.Hour

// actionPrefix tells an action token from a device's.
const actionPrefix = "act."

// actionToken lets the phone acknowledge and snooze this one reminder without
// its session's token. Nothing is stored for it, and it is sealed: FCM and APNs
// read what they carry, and must not learn whose it is.
func (s *Store) actionToken(ctx context.Context, c *Claim) (string, error) {
	seal, err := s.actionSeal(ctx)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(action{c.AccountID, c.DeviceID, c.ReminderID, s.Now().Add(actionLife).Unix()})
	if err != nil {
		return "", fmt.Errorf("make an action token: %w", err)
	}
	return actionPrefix + base64.RawURLEncoding.EncodeToString(seal.Seal(nil, nil, body, nil)), nil //nolint:gosec // the AEAD makes its own random nonces
}

// action is what an action token says.
type action struct {
	Account, Device, Reminder string
	Expires                   int64 // unix seconds
}

// actionSeal is AES-GCM with random nonces under a key of this database.
func (s *Store) actionSeal(ctx context.Context) (cipher.AEAD, error) {
	secret, err := s.secret(ctx, "action_key")
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256([]byte(secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("make the action key: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// AuthenticateAction answers whom an action token stands for, and for which
// reminder. It ends with the device that it was sent to.
func (s *Store) AuthenticateAction(ctx context.Context, token string) (caller Caller, reminder string, err error) {
	seal, err := s.actionSeal(ctx)
	if err != nil {
		return Caller{}, "", err
	}
	sealed, found := strings.CutPrefix(token, actionPrefix)
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || !found {
		return Caller{}, "", refused()
	}
	body, err := seal.Open(nil, nil, raw, nil)
	var a action
	if err != nil || json.Unmarshal(body, &a) != nil || s.Now().Unix() >= a.Expires {
		return Caller{}, "", refused()
	}
	caller = Caller{AccountID: a.Account, DeviceID: a.Device}
	err = selectRow(s.read(ctx), "SELECT a.locale, a.region FROM devices d JOIN accounts a ON a.id = d.account_id WHERE d.account_id = $1 AND d.id = $2",
		[]any{a.Account, a.Device}, &caller.Locale, &caller.Region)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Caller{}, "", refused()
	case err != nil:
		return Caller{}, "", fmt.Errorf("look an action token up: %w", err)
	}
	return caller, a.Reminder, nil
}
