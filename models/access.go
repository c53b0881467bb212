package models

import (
	"fmt"

	"aftercare/models/db"
)

// signIn makes a device with a token. The device used longest ago makes room
// for a twenty-first.
func (tx *Tx) signIn(in Device, confirmed bool, event string) (Device, string, error) {
	ids, err := db.Rows[string](tx.q, "SELECT id FROM devices WHERE account_id = $1 ORDER BY last_seen_at DESC, id", tx.Account)
	if err != nil {
		return Device{}, "", err
	}
	if len(ids) >= MaxDevices {
		if err := tx.signOut(ids[MaxDevices-1:]...); err != nil {
			return Device{}, "", err
		}
	}
	token, now := newToken(tx.Account), T(tx.Now)
	d := Device{
		AccountID: tx.Account, ID: NewID(), Name: in.Name, Platform: in.Platform, AppVersion: in.AppVersion,
		TokenHash: hashSecret(token), LastSeenAt: now, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if confirmed {
		d.ConfirmedAt = now
	}
	if err := tx.q.Put(&d); err != nil {
		return d, "", fmt.Errorf("store a device: %w", err)
	}
	return d, token, tx.audit(event, d.ID)
}

// signOutOthers signs out all devices of the account but one.
func (tx *Tx) signOutOthers(keep string) error {
	ids, err := db.Rows[string](tx.q, "SELECT id FROM devices WHERE account_id = $1 AND id <> $2 ORDER BY id", tx.Account, keep)
	if err != nil {
		return err
	}
	return tx.signOut(ids...)
}

// signOut deletes devices of the account and stops what was being sent to them.
// Unknown ids are ignored.
func (tx *Tx) signOut(ids ...string) error {
	for _, id := range ids {
		if err := tx.stopPushes(onePhone(id), ReasonSignedOut); err != nil {
			return err
		}
		if err := tx.q.Exec("DELETE FROM pairing_codes WHERE account_id = $1 AND device_id = $2", tx.Account, id); err != nil {
			return err
		}
		keys, err := db.Rows[string](tx.q, "DELETE FROM devices WHERE account_id = $1 AND id = $2 RETURNING push_key", tx.Account, id)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			continue
		}
		if err := tx.freePush(keys[0]); err != nil {
			return err
		}
		if err := tx.audit("sign_out", id); err != nil {
			return err
		}
	}
	return nil
}

// Lives of credentials (contract, Accounts and devices).
const (
	MaxDevices = 20
)
