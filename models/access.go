package models

import (
	"fmt"
)

// signIn makes a device with a token; the one seen longest ago gives way to a
// twenty-first.
func (tx *Tx) signIn(in Device, confirmed bool, event string) (Device, string, error) {
	var ids []string
	err := tx.Model(&Device{}).Where("account_id = ?", tx.Account).Order("last_seen_at DESC, id").Pluck("id", &ids).Error
	if err != nil {
		return Device{}, "", err
	}
	if len(ids) >= maxDevices {
		if err := tx.signOut("id IN ?", ids[maxDevices-1:]); err != nil {
			return Device{}, "", err
		}
	}
	token, now := newToken(), T(tx.Now)
	d := Device{
		AccountID: tx.Account, ID: NewID(), Name: in.Name, Platform: in.Platform, AppVersion: in.AppVersion,
		TokenHash: hashSecret(token), LastSeenAt: now, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if confirmed {
		d.ConfirmedAt = now
	}
	if err := tx.Create(&d).Error; err != nil {
		return d, "", fmt.Errorf("store a device: %w", err)
	}
	return d, token, tx.audit(event, d.ID)
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

// Lives of credentials (contract, Accounts and devices).
const (
	maxDevices = 20
)
