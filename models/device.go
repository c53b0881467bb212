package models

import (
	"context"
	"errors"
	"fmt"

	"aftercare/models/db"
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
	PushKey          string      `json:"-"` // hash of the address, which one device has
	PushState        PushState   `json:"-"`
	PushRegisteredAt Time        `json:"-"`
	PushAcceptedAt   Time        `json:"-"`
	PushError        string      `json:"-"`
	Push             *PushShown  `gorm:"-" json:"push,omitempty" readOnly:"true"`

	Version   int64 `json:"version,omitempty" readOnly:"true"`
	CreatedAt Time  `gorm:"autoCreateTime:false" json:"created_at,omitzero" readOnly:"true"`
	UpdatedAt Time  `gorm:"autoUpdateTime:false" json:"-"`
}

// PushAddress is where a device receives its pushes. It is a secret.
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
	Transport      string    `json:"transport"`
	State          PushState `json:"state" enum:"active,stale,quarantined,gone"`
	TokenTail      string    `json:"token_tail"`
	LastAcceptedAt Time      `json:"last_accepted_at,omitzero"`
	LastError      string    `json:"last_error,omitempty"`
}

// showPush fills in the state of the address, never the address itself.
func (d *Device) showPush() {
	d.Push = nil
	if d.PushTransport == "" {
		return
	}
	secret := d.PushAddress.Endpoint + d.PushAddress.Token
	d.Push = &PushShown{
		Transport: d.PushTransport, State: d.PushState, TokenTail: secret[max(0, len(secret)-4):],
		LastAcceptedAt: d.PushAcceptedAt, LastError: d.PushError,
	}
}

func findDevice(q db.Q, account, id string) (Device, error) {
	d, err := db.Row[Device](q, "SELECT * FROM devices WHERE account_id = $1 AND id = $2", account, id)
	if errors.Is(err, db.ErrNoRow) {
		return Device{}, NotFound()
	}
	d.showPush()
	return d, err
}

// Devices lists the signed-in phones, latest sign-in first. There are at most
// 20.
func (s *Store) Devices(ctx context.Context, account string) ([]Device, error) {
	out, err := db.Rows[Device](s.read(ctx), "SELECT * FROM devices WHERE account_id = $1 ORDER BY created_at DESC, id DESC", account)
	for i := range out {
		out[i].showPush()
	}
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
		d, err := findDevice(tx.q, account, id)
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
		out = d
		return tx.saveDevice(&out)
	})
	return out, err
}

// saveDevice stores a device and fills in the current state of its push
// address.
func (tx *Tx) saveDevice(d *Device) error {
	d.UpdatedAt = T(tx.Now)
	if err := tx.q.Put(d); err != nil {
		return fmt.Errorf("store a device: %w", err)
	}
	d.showPush()
	return nil
}

// forgetPush removes the push address of a device; the caller stores the
// device.
func (tx *Tx) forgetPush(d *Device) error {
	if err := tx.freePush(d.PushKey); err != nil {
		return err
	}
	d.PushTransport, d.PushAddress, d.PushKey, d.PushState, d.PushError = "", PushAddress{}, "", "", ""
	d.PushRegisteredAt, d.PushAcceptedAt = Time{}, Time{}
	return nil
}

// freePush lets another account register the address with the key; "" is none.
func (tx *Tx) freePush(key string) error {
	if key == "" {
		return nil
	}
	return tx.freeName(namePush + key)
}
