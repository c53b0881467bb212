package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aftercare/models/db"
)

// SignIn is a sign-in by e-mail and password, by recovery code or by pairing
// code.
type SignIn struct {
	Email, Password string
	RecoveryCode    string
	PairingCode     string
	Device          Device
	// May is called before the recognised account gets another device;
	// nil allows it.
	May func(account string) error
}

// SignIn makes a device for a caller with a valid credential. A used recovery
// code is replaced by a new one; the other devices are notified.
func (s *Store) SignIn(ctx context.Context, in SignIn) (SignedIn, error) {
	account, err := s.recognise(ctx, in)
	if IsCode(err, CodeCredentialsRefused) && account != "" {
		s.noteRefused(ctx, account)
	}
	if err == nil && in.May != nil {
		err = in.May(account)
	}
	if err != nil {
		return SignedIn{}, err
	}
	var out SignedIn
	err = s.write(ctx, account, func(tx *Tx) error {
		out = SignedIn{}
		if err := tx.useUp(in, &out.Secrets); err != nil {
			return err
		}
		out.Device, out.Secrets.Token, err = tx.signIn(in.Device, in.PairingCode == "", "sign_in")
		if err != nil {
			return err
		}
		if err := tx.notifySignIn(out.Device); err != nil {
			return err
		}
		return tx.reviewRisks()
	})
	if err != nil {
		return SignedIn{}, err
	}
	out.Account, err = s.Account(ctx, account)
	return out, err
}

// noteRefused lets the person know of a wrong password. It is written after the
// response, which takes the same time whether or not the account exists.
func (s *Store) noteRefused(ctx context.Context, account string) {
	ctx = context.WithoutCancel(ctx)
	go func() {
		err := s.write(ctx, account, func(tx *Tx) error { return tx.audit("sign_in_refused", "") })
		if err != nil {
			s.opts.Log.WarnContext(ctx, "a refused sign-in could not be noted", "error", err)
		}
	}()
}

// recognise returns the account of the credential. A wrong password and an
// unknown address take the same time.
func (s *Store) recognise(ctx context.Context, in SignIn) (string, error) {
	var account string
	var err error
	switch q := s.read(ctx); {
	case in.RecoveryCode != "":
		account, err = db.Row[string](q, "SELECT id FROM accounts WHERE recovery_hash = $1", hashSecret(normalCode(in.RecoveryCode)))
	case in.PairingCode != "":
		account, err = db.Row[string](q, "SELECT account_id FROM pairing_codes WHERE code_hash = $1 AND expires_at > $2",
			hashSecret(normalCode(in.PairingCode)), T(s.Now()))
	default:
		return recognisePassword(ctx, q, in)
	}
	switch {
	case errors.Is(err, db.ErrNoRow):
		return "", refused()
	case err != nil:
		return "", fmt.Errorf("look a credential up: %w", err)
	}
	return account, nil
}

func recognisePassword(ctx context.Context, q db.Q, in SignIn) (string, error) {
	var a Account
	if email := normalEmail(&in.Email); email != nil {
		id, err := whoseName(q, nameEmail+*email)
		if err != nil {
			return "", err
		}
		a, err = db.Row[Account](q, "SELECT id, password_hash FROM accounts WHERE id = $1", id)
		if err != nil && !errors.Is(err, db.ErrNoRow) {
			return "", fmt.Errorf("look an account up: %w", err)
		}
	}
	right, err := checkPassword(ctx, deref(a.PasswordHash), in.Password)
	if err == nil && !right {
		err = refused()
	}
	return a.ID, err
}

// useUp spends a code: of two calls with one code, one is refused.
func (tx *Tx) useUp(in SignIn, secrets *Secrets) error {
	switch {
	case in.RecoveryCode != "":
		secrets.RecoveryCode = newCode(recoveryBytes)
		return refusedUnless(tx.q.ExecCount("UPDATE accounts SET recovery_hash = $1 WHERE id = $2 AND recovery_hash = $3",
			hashSecret(normalCode(secrets.RecoveryCode)), tx.Account, hashSecret(normalCode(in.RecoveryCode))))
	case in.PairingCode != "":
		return refusedUnless(tx.q.ExecCount("DELETE FROM pairing_codes WHERE account_id = $1 AND code_hash = $2",
			tx.Account, hashSecret(normalCode(in.PairingCode))))
	}
	return nil
}

// refusedUnless refuses a credential for which no row was found.
func refusedUnless(changed int64, err error) error {
	if err == nil && changed == 0 {
		return refused()
	}
	return err
}

// reviewRisks has the next tick plan the risk questions for the new device
// (knowledge base, section 6).
func (tx *Tx) reviewRisks() error {
	err := tx.q.Exec("UPDATE accounts SET new_device_at = CAST($1 AS BIGINT), judge_at = CASE WHEN health_consent THEN CAST($1 AS BIGINT) END WHERE id = $2", T(tx.Now), tx.Account)
	if err != nil {
		return fmt.Errorf("note the new device: %w", err)
	}
	return nil
}

// notifySignIn notifies the other devices that a phone was signed in.
func (tx *Tx) notifySignIn(device Device) error {
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

// Confirm is the step-up sign-in of the caller's device.
func (s *Store) Confirm(ctx context.Context, caller Caller, password, recovery string) error {
	a, err := s.Account(ctx, caller.AccountID)
	if err != nil {
		return err
	}
	right := recovery != "" && hashSecret(normalCode(recovery)) == a.RecoveryHash
	if recovery == "" {
		if right, err = checkPassword(ctx, deref(a.PasswordHash), password); err != nil {
			return err
		}
	}
	if !right {
		return refused()
	}
	_, err = s.editDevice(ctx, caller.AccountID, caller.DeviceID, Write{}, func(tx *Tx, d *Device) error {
		d.ConfirmedAt = T(tx.Now)
		return nil
	})
	return err
}

// RenewToken makes a new token; the old one works until the new is first used.
func (s *Store) RenewToken(ctx context.Context, caller Caller) (string, error) {
	token := newToken(caller.AccountID)
	_, err := s.editDevice(ctx, caller.AccountID, caller.DeviceID, Write{}, func(_ *Tx, d *Device) error {
		hash := hashSecret(token)
		d.NextTokenHash = &hash
		return nil
	})
	return token, err
}

// SetPassword sets the password for the e-mail address.
func (s *Store) SetPassword(ctx context.Context, caller Caller, password string, signOutOthers bool) error {
	if err := s.NeedStepUp(caller); err != nil {
		return err
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return err
	}
	return s.write(ctx, caller.AccountID, func(tx *Tx) error {
		if err := tx.q.Exec("UPDATE accounts SET password_hash = $1 WHERE id = $2", hash, tx.Account); err != nil {
			return err
		}
		if err := tx.dropPairingCodes(); err != nil {
			return err
		}
		if err := tx.audit("password_changed", caller.DeviceID); err != nil || !signOutOthers {
			return err
		}
		return tx.signOutOthers(caller.DeviceID)
	})
}

// NewRecoveryCode replaces the recovery code; it is shown once.
func (s *Store) NewRecoveryCode(ctx context.Context, caller Caller, signOutOthers bool) (string, error) {
	if err := s.NeedStepUp(caller); err != nil {
		return "", err
	}
	code := newCode(recoveryBytes)
	err := s.write(ctx, caller.AccountID, func(tx *Tx) error {
		if err := tx.setRecovery(code); err != nil {
			return err
		}
		if err := tx.dropPairingCodes(); err != nil {
			return err
		}
		if err := tx.audit("recovery_code_changed", caller.DeviceID); err != nil || !signOutOthers {
			return err
		}
		return tx.signOutOthers(caller.DeviceID)
	})
	return code, err
}

// NewPairingCode returns a code that signs in a second phone, once, within ten
// minutes.
func (s *Store) NewPairingCode(ctx context.Context, caller Caller) (code string, expires Time, err error) {
	code = newCode(pairingBytes)
	err = s.write(ctx, caller.AccountID, func(tx *Tx) error {
		expires = T(tx.Now.Add(pairingLife))
		return tx.q.Exec("INSERT INTO pairing_codes (account_id, code_hash, device_id, expires_at) VALUES ($1, $2, $3, $4)",
			tx.Account, hashSecret(normalCode(code)), caller.DeviceID, expires)
	})
	return code, expires, err
}

// dropPairingCodes revokes the pairing codes made with the old credential.
func (tx *Tx) dropPairingCodes() error {
	return tx.q.Exec("DELETE FROM pairing_codes WHERE account_id = $1", tx.Account)
}
