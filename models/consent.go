package models

import (
	"context"
	"time"
)

// ConsentVersions are the wordings in force, by purpose.
var ConsentVersions = map[string]string{ConsentHealth: "1", ConsentPush: "1"}

// Consents lists what was ever agreed to.
func (s *Store) Consents(ctx context.Context, account string) ([]Consent, error) {
	var out []Consent
	err := s.read(ctx).Where("account_id = ?", account).Order("purpose").Find(&out).Error
	return out, err
}

// GrantConsent records an agreement; judging and reminders begin again.
func (s *Store) GrantConsent(ctx context.Context, caller Caller, purpose, version string) (Consent, error) {
	var out Consent
	if consentColumn[purpose] == "" {
		return out, NotFound()
	}
	err := s.write(ctx, caller.AccountID, func(tx *Tx) error {
		if err := tx.grant(purpose, version, caller.DeviceID); err != nil {
			return err
		}
		if err := tx.judge(time.Time{}); err != nil {
			return err
		}
		if purpose == ConsentHealth {
			if err := tx.warnAgain(); err != nil {
				return err
			}
		}
		return tx.Where("account_id = ? AND purpose = ?", tx.Account, purpose).Take(&out).Error
	})
	return out, err
}

// WithdrawConsent ends an agreement. Without health_data judging stops and
// reminders are cancelled; without push the addresses are forgotten.
func (s *Store) WithdrawConsent(ctx context.Context, caller Caller, purpose string) error {
	if consentColumn[purpose] == "" {
		return NotFound()
	}
	return s.write(ctx, caller.AccountID, func(tx *Tx) error {
		withdrawn := tx.Model(&Consent{}).Where("account_id = ? AND purpose = ? AND withdrawn_at IS NULL", tx.Account, purpose).
			Update("withdrawn_at", T(tx.Now))
		if withdrawn.Error != nil || withdrawn.RowsAffected == 0 {
			return withdrawn.Error
		}
		if err := tx.setConsent(purpose, false); err != nil {
			return err
		}
		if err := tx.audit("consent_withdrawn."+purpose, caller.DeviceID); err != nil {
			return err
		}
		if purpose == ConsentPush {
			return tx.forgetAddresses()
		}
		return tx.stopReminders()
	})
}

func (tx *Tx) forgetAddresses() error {
	var devices []Device
	if err := tx.Where("account_id = ? AND push_transport <> ''", tx.Account).Order("id").Find(&devices).Error; err != nil {
		return err
	}
	for i := range devices {
		devices[i].forgetPush()
		if err := tx.Save(&devices[i]).Error; err != nil {
			return err
		}
		if err := tx.stopPushes(devices[i].ID, reasonConsent); err != nil {
			return err
		}
	}
	return nil
}

// stopReminders cancels all that is open and stops judging.
func (tx *Tx) stopReminders() error {
	if err := tx.stopPushes("", reasonConsent); err != nil {
		return err
	}
	var open []Reminder
	err := tx.Where("account_id = ? AND ended_at IS NULL", tx.Account).Order("due_at, id").Find(&open).Error
	if err != nil {
		return err
	}
	for i := range open {
		// No screen is cleared: nothing more is sent (P4).
		if err := tx.endUnseen(&open[i], StateCancelled, reasonConsent); err != nil {
			return err
		}
	}
	return tx.judgeAgainAt(time.Time{})
}
