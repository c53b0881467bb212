package models

import (
	"context"
	"fmt"
	"time"

	"aftercare/models/db"
)

// ConsentVersions holds the current version of each consent text, by purpose.
var ConsentVersions = map[string]string{ConsentHealth: "1", ConsentPush: "1"}

// Consents returns every consent that the person ever gave.
func (s *Store) Consents(ctx context.Context, account string) ([]Consent, error) {
	return db.Rows[Consent](s.read(ctx), "SELECT * FROM consents WHERE account_id = $1 ORDER BY purpose", account)
}

// GrantConsent records a consent; judging and reminders resume.
func (s *Store) GrantConsent(ctx context.Context, caller Caller, purpose, version string) (Consent, error) {
	var out Consent
	if consentColumn[purpose] == "" {
		return out, NotFound()
	}
	err := s.write(ctx, caller.AccountID, func(tx *Tx) error {
		if err := tx.grant(purpose, version, caller.DeviceID); err != nil {
			return err
		}
		if err := tx.judgeAgain(time.Time{}); err != nil {
			return err
		}
		if purpose == ConsentHealth {
			if err := tx.warnAgain(); err != nil {
				return err
			}
		}
		var err error
		out, err = db.Row[Consent](tx.q, "SELECT * FROM consents WHERE account_id = $1 AND purpose = $2", tx.Account, purpose)
		return err
	})
	return out, err
}

// WithdrawConsent ends a consent. Without health_data, judging stops and
// reminders are cancelled; without push, the addresses are deleted.
func (s *Store) WithdrawConsent(ctx context.Context, caller Caller, purpose string) error {
	if consentColumn[purpose] == "" {
		return NotFound()
	}
	return s.write(ctx, caller.AccountID, func(tx *Tx) error {
		withdrawn, err := tx.q.ExecCount("UPDATE consents SET withdrawn_at = $1 WHERE account_id = $2 AND purpose = $3 AND withdrawn_at IS NULL",
			T(tx.Now), tx.Account, purpose)
		if err != nil || withdrawn == 0 {
			return err
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
	devices, err := db.Rows[Device](tx.q, "SELECT * FROM devices WHERE account_id = $1 AND push_transport <> '' ORDER BY id", tx.Account)
	if err != nil {
		return err
	}
	for i := range devices {
		if err := tx.forgetPush(&devices[i]); err != nil {
			return err
		}
		if err := tx.q.Put(&devices[i]); err != nil {
			return err
		}
		if err := tx.stopPushes(onePhone(devices[i].ID), ReasonConsent); err != nil {
			return err
		}
	}
	return nil
}

// stopReminders cancels everything that is open and stops judging.
func (tx *Tx) stopReminders() error {
	if err := tx.stopPushes(phones{}, ReasonConsent); err != nil {
		return err
	}
	open, err := db.Rows[Reminder](tx.q, "SELECT * FROM reminders WHERE account_id = $1 AND ended_at IS NULL ORDER BY due_at, id", tx.Account)
	if err != nil {
		return err
	}
	for i := range open {
		// No screen is cleared: nothing more is sent (P4).
		if err := tx.endUnseen(&open[i], StateCancelled, ReasonConsent); err != nil {
			return err
		}
	}
	return tx.judgeAgainAt(time.Time{})
}

// warnAgain notifies of the warnings that are still active after a period
// without consent, during which nothing could be sent.
func (tx *Tx) warnAgain() error {
	account, err := tx.account()
	if err != nil {
		return err
	}
	active, err := db.Rows[Warning](tx.q, `SELECT * FROM warnings WHERE account_id = $1 AND state = $2 AND NOT EXISTS
		(SELECT 1 FROM reminders r WHERE r.account_id = $1 AND r.kind = $3 AND r.anchor = warnings.id AND r.ended_at IS NULL)
		ORDER BY raised_at, id`, tx.Account, WarningActive, KindWarning)
	if err != nil {
		return fmt.Errorf("load active warnings: %w", err)
	}
	for i := range active {
		w := &active[i]
		w.Version++
		if err := tx.save(w); err != nil {
			return err
		}
		if err := tx.warn(&account.Account, w, Fired{Rule: w.Rule, ByTime: true}); err != nil {
			return err
		}
	}
	return nil
}
