package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm/clause"
)

// Purposes that a person consents to.
const (
	ConsentHealth = "health_data"
	ConsentPush   = "push"
)

// ConsentVersions are the wordings in force, by purpose.
var ConsentVersions = map[string]string{ConsentHealth: "1", ConsentPush: "1"}

// Consent is what a person agreed to, in which wording and when.
type Consent struct {
	AccountID   string `gorm:"primaryKey" json:"-"`
	Purpose     string `gorm:"primaryKey" json:"purpose" enum:"health_data,push"`
	Version     string `json:"version"`
	GrantedAt   Time   `json:"granted_at"`
	WithdrawnAt Time   `json:"withdrawn_at,omitzero"`
}

// consentColumn is the copy on the account, which every write asks for.
var consentColumn = map[string]string{ConsentHealth: "health_consent", ConsentPush: "push_consent"}

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

// grant records an agreement, unless it stands already.
func (tx *Tx) grant(purpose, version, device string) error {
	var standing int64
	err := tx.Model(&Consent{}).Where("account_id = ? AND purpose = ? AND version = ? AND withdrawn_at IS NULL",
		tx.Account, purpose, version).Count(&standing).Error
	if err != nil || standing > 0 {
		return err
	}
	c := Consent{AccountID: tx.Account, Purpose: purpose, Version: version, GrantedAt: T(tx.Now)}
	if err := tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&c).Error; err != nil {
		return fmt.Errorf("store a consent: %w", err)
	}
	if err := tx.setConsent(purpose, true); err != nil {
		return err
	}
	return tx.audit("consent_granted."+purpose, device)
}

func (tx *Tx) setConsent(purpose string, given bool) error {
	return tx.Model(&Account{}).Where("id = ?", tx.Account).Update(consentColumn[purpose], given).Error
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

// AuditEvent is one act on the account that its person may want to know of.
type AuditEvent struct {
	AccountID string `gorm:"primaryKey" json:"-"`
	ID        string `gorm:"primaryKey" json:"id"`
	At        Time   `json:"at"`
	Event     string `json:"event"`
	DeviceID  string `json:"device_id,omitempty"`
}

// TableName is the table of audit events.
func (AuditEvent) TableName() string { return "audit" }

func (e *AuditEvent) base() *Base         { return &Base{ID: e.ID} }
func (e *AuditEvent) orderColumn() string { return "at" }
func (e *AuditEvent) orderTime() Time     { return e.At }

func (tx *Tx) audit(event, device string) error {
	e := AuditEvent{AccountID: tx.Account, ID: NewID(), At: T(tx.Now), Event: event, DeviceID: device}
	return tx.Create(&e).Error
}
