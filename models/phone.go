package models

import (
	"context"
	"fmt"
	"time"

	"aftercare/models/db"
)

// UpdateDevice replaces the name and the version of the app.
func (s *Store) UpdateDevice(ctx context.Context, account, id string, in Device, w Write) (Device, error) {
	return s.editDevice(ctx, account, id, w, func(_ *Tx, d *Device) error {
		d.Name, d.AppVersion = in.Name, in.AppVersion
		return nil
	})
}

// DeleteDevice signs a phone out: its token and its pushes end at once (P4).
func (s *Store) DeleteDevice(ctx context.Context, account, id string) error {
	return s.write(ctx, account, func(tx *Tx) error { return tx.signOut(id) })
}

// SetPush registers where the device takes its pushes, whatever its state
// was, and grants the consent to push.
func (s *Store) SetPush(ctx context.Context, account, id, transport string, address PushAddress, consentVersion string) (Device, error) {
	var d Device
	err := s.write(ctx, account, func(tx *Tx) (err error) {
		if d, err = findDevice(tx.q, account, id); err != nil {
			return err
		}
		d.register(transport, address, tx.Now)
		if err := tx.saveDevice(&d); err != nil {
			return err
		}
		if err := tx.readdress(&d); err != nil {
			return err
		}
		if err := tx.grant(ConsentPush, consentVersion, id); err != nil {
			return err
		}
		// A phone has one address and one person: who registered it last.
		_, err = tx.q.Exec("UPDATE devices SET push_state = $1, push_error = 'registered elsewhere' WHERE push_key = $2 AND NOT (account_id = $3 AND id = $4)",
			PushGone, d.PushKey, account, id)
		if err != nil {
			return fmt.Errorf("release a push address: %w", err)
		}
		return tx.tellOpenWarnings(id)
	})
	return d, err
}

// register takes over a push address, whatever the state of the last one.
func (d *Device) register(transport string, address PushAddress, now time.Time) {
	d.PushTransport, d.PushAddress, d.PushState, d.PushError = transport, address, PushActive, ""
	if next := d.PushRegisteredAt.Add(time.Millisecond); now.Before(next) {
		now = next // two registrations are told apart by it
	}
	d.PushRegisteredAt = T(now)
	d.PushKey = hashSecret(transport + " " + address.Endpoint + address.Token)
}

// tellOpenWarnings tells a phone that can be reached again of the warnings
// that nobody could be told of.
func (tx *Tx) tellOpenWarnings(device string) error {
	untold, err := db.Rows[Reminder](tx.q, `SELECT * FROM reminders WHERE account_id = $1 AND ended_at IS NULL AND kind = $2 AND state = $3
		AND anchor IN (SELECT id FROM warnings WHERE account_id = $1 AND state = $4)
		AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.account_id = $1 AND d.reminder_id = reminders.id AND d.next_at IS NOT NULL)
		ORDER BY due_at, id`, tx.Account, KindWarning, StateDue, WarningActive)
	if err != nil {
		return fmt.Errorf("look for untold warnings: %w", err)
	}
	for i := range untold {
		if err := tx.notify(&untold[i], onePhone(device)); err != nil {
			return err
		}
	}
	return nil
}

// RemovePush forgets the push address of a device.
func (s *Store) RemovePush(ctx context.Context, account, id string) (Device, error) {
	return s.editDevice(ctx, account, id, Write{}, func(tx *Tx, d *Device) error {
		d.forgetPush()
		return tx.stopPushes(onePhone(id), ReasonPushRemoved)
	})
}

// testLife is how long a test push may take to arrive.
const testLife = time.Hour

// TestPush sends a test notification to one device, whatever the hour.
func (s *Store) TestPush(ctx context.Context, account, id string) (Reminder, error) {
	var out Reminder
	err := s.write(ctx, account, func(tx *Tx) error {
		device, err := findDevice(tx.q, account, id)
		switch {
		case err != nil:
			return err
		case device.PushState == "":
			return Invalid("path.id", "has no push address; PUT /v1/devices/{id}/push")
		case device.PushState != PushActive:
			return Invalid("path.id", "has a push address that is "+string(device.PushState)+"; register it again")
		}
		r := &Reminder{
			Base: Base{ID: NewID()}, Kind: KindTest, Anchor: id, TextKey: "test", Urgent: true,
			DueAt: T(tx.Now), ExpiresAt: T(tx.Now.Add(testLife)), State: StateDue,
		}
		r.Slot = r.ID
		if err := tx.notify(r, onePhone(id)); err != nil {
			return err
		}
		out, err = withDeliveries(tx.q, tx.Account, *r)
		return err
	})
	return out, err
}
