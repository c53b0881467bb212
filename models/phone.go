package models

import (
	"context"
	"errors"
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
// was, and grants the consent to push. A phone has one address and one person:
// an account that had the address gives it up first, in a write of its own, so
// that no moment and no crash leaves it with both.
func (s *Store) SetPush(ctx context.Context, account, id, transport string, address PushAddress, consentVersion string) (Device, error) {
	for n := 0; ; n++ {
		var d Device
		err := s.write(ctx, account, func(tx *Tx) (err error) {
			d, err = tx.setPush(id, transport, address, consentVersion)
			return err
		})
		var of *addressOf
		if !errors.As(err, &of) {
			return d, err
		}
		if n == handovers {
			return Device{}, overloaded("another account registers the same push address; try again", err)
		}
		if err := s.giveUpPush(ctx, of.account, of.key); err != nil {
			return Device{}, err
		}
	}
}

// handovers is how often an address is taken from an account that registers it
// again meanwhile.
const handovers = 3

// addressOf is the error that another account has the push address.
type addressOf struct{ account, key string }

func (*addressOf) Error() string { return "the push address is another account's" }

func (tx *Tx) setPush(id, transport string, address PushAddress, consentVersion string) (d Device, err error) {
	if d, err = findDevice(tx.q, tx.Account, id); err != nil {
		return d, err
	}
	old := d.PushKey
	d.register(transport, address, tx.Now)
	if old != d.PushKey {
		if err := tx.takePush(&d, old); err != nil {
			return d, err
		}
	}
	if err := tx.saveDevice(&d); err != nil {
		return d, err
	}
	if err := tx.readdress(&d); err != nil {
		return d, err
	}
	if err := tx.grant(ConsentPush, consentVersion, id); err != nil {
		return d, err
	}
	return d, tx.notifyOpenWarnings(id)
}

// takePush gives the push address to the device alone, replacing the old one.
// If another account has it, it returns an addressOf.
func (tx *Tx) takePush(d *Device, old string) error {
	if err := tx.freePush(old); err != nil {
		return err
	}
	owner, err := tx.takeName(tx.Account, namePush+d.PushKey)
	if err != nil {
		return err
	}
	if owner != tx.Account {
		return &addressOf{owner, d.PushKey}
	}
	return tx.losePush(d.PushKey)
}

// giveUpPush removes an address from the account that has it.
func (s *Store) giveUpPush(ctx context.Context, account, key string) error {
	err := s.write(ctx, account, func(tx *Tx) error {
		if err := tx.freePush(key); err != nil {
			return err
		}
		return tx.losePush(key)
	})
	if IsCode(err, CodeNotFound) {
		return nil // erased meanwhile, with its names
	}
	return err
}

// losePush marks the address as gone from the device of the account that has it.
func (tx *Tx) losePush(key string) error {
	err := tx.q.Exec("UPDATE devices SET push_state = $1, push_error = 'registered elsewhere', push_key = '' WHERE account_id = $2 AND push_key = $3",
		PushGone, tx.Account, key)
	if err != nil {
		return fmt.Errorf("release a push address: %w", err)
	}
	return nil
}

// register replaces the push address, whatever the state of the last one.
func (d *Device) register(transport string, address PushAddress, now time.Time) {
	d.PushTransport, d.PushAddress, d.PushState, d.PushError = transport, address, PushActive, ""
	if next := d.PushRegisteredAt.Add(time.Millisecond); now.Before(next) {
		now = next // it distinguishes two registrations
	}
	d.PushRegisteredAt = T(now)
	d.PushKey = hashSecret(transport + " " + address.Endpoint + address.Token)
}

// notifyOpenWarnings sends the open warnings that could not be delivered to
// anybody to a phone that can be reached again.
func (tx *Tx) notifyOpenWarnings(device string) error {
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

// RemovePush deletes the push address of a device.
func (s *Store) RemovePush(ctx context.Context, account, id string) (Device, error) {
	return s.editDevice(ctx, account, id, Write{}, func(tx *Tx, d *Device) error {
		if err := tx.forgetPush(d); err != nil {
			return err
		}
		return tx.stopPushes(onePhone(id), ReasonPushRemoved)
	})
}

// testLife is how long a test push may take to arrive.
const testLife = time.Hour

// TestPush sends a test notification to one device, at any hour.
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
