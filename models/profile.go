package models

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// UpdateAccount replaces what a person may edit, and judges again: a risk, the
// zone or the quiet hours move verdicts and reminders. A new e-mail address
// needs a recent sign-in of the caller.
func (s *Store) UpdateAccount(ctx context.Context, caller Caller, in Account, w Write) (Account, error) {
	var out Account
	err := s.write(ctx, caller.AccountID, func(tx *Tx) error {
		a, err := tx.account()
		if err != nil {
			return err
		}
		if err := w.check(a.Version, true, a.Account); err != nil {
			return err
		}
		next := a.Account
		if err := next.edit(in, w.answersRisks(), tx.Now); err != nil {
			return err
		}
		if next.changesHealth(&a.Account) {
			if err := tx.needHealthConsent(); err != nil {
				return err
			}
		}
		if deref(next.Email) != deref(a.Email) {
			if err := tx.changeEmail(caller, &a.Account, &next); err != nil {
				return err
			}
		}
		if equalJSON(next, a.Account) {
			out = a.Account
			return nil
		}
		next.Version++
		next.UpdatedAt = T(tx.Now)
		if err := tx.q.Put(&next); err != nil {
			return fmt.Errorf("store the account: %w", err)
		}
		a.Account = next
		a.readTables()
		err = tx.judgeAgain(time.Time{})
		out = a.Account
		return err
	})
	return out, err
}

// changesHealth reports whether an edit changes what is known of the person's
// health.
func (a *Account) changesHealth(before *Account) bool {
	return !equalJSON(a.Risks, before.Risks) || !slices.Equal(a.RisksOpen, before.RisksOpen) ||
		!a.RisksReviewedAt.Equal(before.RisksReviewedAt.Time) || a.UsesMinoxidil != before.UsesMinoxidil ||
		!equalJSON(a.HairLoss, before.HairLoss) || a.ClinicianClearedOn != before.ClinicianClearedOn
}

// changeEmail replaces the address that the person signs in with.
func (tx *Tx) changeEmail(caller Caller, before, next *Account) error {
	if err := stepUp(caller, tx.Now); err != nil {
		return err
	}
	if next.Email != nil && next.PasswordHash == nil {
		return Invalid("body.email", "set a password first, at PUT /v1/account/password")
	}
	if before.Email != nil {
		if err := tx.freeName(nameEmail + *before.Email); err != nil {
			return err
		}
	}
	if err := tx.takeEmail(next); err != nil {
		return err
	}
	return tx.audit("email_changed", caller.DeviceID)
}
