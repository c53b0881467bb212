package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// SignIn is by e-mail and password, by recovery code or by pairing code.
type SignIn struct {
	Email, Password string
	RecoveryCode    string
	PairingCode     string
	Device          Device
}

// SignIn makes a device for one who knows a credential. A used recovery code
// is replaced by a new one; the other devices are told.
func (s *Store) SignIn(ctx context.Context, in SignIn) (Account, Device, Secrets, error) {
	account, err := s.recognise(ctx, in)
	if err != nil {
		return Account{}, Device{}, Secrets{}, err
	}
	var device Device
	var secrets Secrets
	err = s.write(ctx, account, func(tx *Tx) error {
		secrets = Secrets{}
		if err := tx.useUp(in, &secrets); err != nil {
			return err
		}
		device, secrets.Token, err = tx.signIn(in.Device, in.PairingCode == "", "sign_in")
		if err != nil {
			return err
		}
		if err := tx.tellOfSignIn(device); err != nil {
			return err
		}
		return tx.reviewRisks()
	})
	if err != nil {
		return Account{}, Device{}, Secrets{}, err
	}
	a, err := s.Account(ctx, account)
	return a, device, secrets, err
}

// recognise answers the account that the credential opens. A wrong password
// and an unknown address take the same time.
func (s *Store) recognise(ctx context.Context, in SignIn) (string, error) {
	db := s.read(ctx)
	var ids []string
	var err error
	switch {
	case in.RecoveryCode != "":
		err = db.Model(&Account{}).Where("recovery_hash = ?", hashSecret(normalCode(in.RecoveryCode))).Pluck("id", &ids).Error
	case in.PairingCode != "":
		err = db.Table("pairing_codes").Where("code_hash = ? AND expires_at > ?", hashSecret(normalCode(in.PairingCode)), T(s.Now())).
			Pluck("account_id", &ids).Error
	default:
		return recognisePassword(ctx, db, in)
	}
	if err != nil {
		return "", fmt.Errorf("look a credential up: %w", err)
	}
	if len(ids) == 0 {
		return "", refused()
	}
	return ids[0], nil
}

func recognisePassword(ctx context.Context, db *gorm.DB, in SignIn) (string, error) {
	var found []Account
	if email := normalEmail(&in.Email); email != nil {
		if err := db.Where("email = ?", *email).Limit(1).Find(&found).Error; err != nil {
			return "", fmt.Errorf("look an account up: %w", err)
		}
	}
	var a Account
	if len(found) == 1 {
		a = found[0]
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
		used := tx.Model(&Account{}).Where("id = ? AND recovery_hash = ?", tx.Account, hashSecret(normalCode(in.RecoveryCode))).
			Update("recovery_hash", hashSecret(normalCode(secrets.RecoveryCode)))
		if used.Error == nil && used.RowsAffected == 0 {
			return refused()
		}
		return used.Error
	case in.PairingCode != "":
		used := tx.Exec("DELETE FROM pairing_codes WHERE account_id = ? AND code_hash = ?", tx.Account, hashSecret(normalCode(in.PairingCode)))
		if used.Error == nil && used.RowsAffected == 0 {
			return refused()
		}
		return used.Error
	}
	return nil
}

// reviewRisks has the risk questions asked at the new device (knowledge base,
// section 6).
func (tx *Tx) reviewRisks() error {
	if err := tx.Exec("UPDATE accounts SET new_device_at = ? WHERE id = ?", T(tx.Now), tx.Account).Error; err != nil {
		return fmt.Errorf("note the new device: %w", err)
	}
	return tx.judge(time.Time{})
}

// tellOfSignIn lets the other devices know that a phone was signed in.
func (tx *Tx) tellOfSignIn(device Device) error {
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

// Confirm is the step-up of the caller's device.
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
	token := newToken()
	_, err := s.editDevice(ctx, caller.AccountID, caller.DeviceID, Write{}, func(_ *Tx, d *Device) error {
		hash := hashSecret(token)
		d.NextTokenHash = &hash
		return nil
	})
	return token, err
}

// SetPassword sets the password that goes with the e-mail address.
func (s *Store) SetPassword(ctx context.Context, caller Caller, password string, signOutOthers bool) error {
	if err := s.NeedStepUp(caller); err != nil {
		return err
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return err
	}
	return s.write(ctx, caller.AccountID, func(tx *Tx) error {
		if err := tx.Model(&Account{}).Where("id = ?", tx.Account).Update("password_hash", hash).Error; err != nil {
			return err
		}
		if err := tx.dropPairingCodes(); err != nil {
			return err
		}
		if err := tx.audit("password_changed", caller.DeviceID); err != nil || !signOutOthers {
			return err
		}
		return tx.signOut("id <> ?", caller.DeviceID)
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
		return tx.signOut("id <> ?", caller.DeviceID)
	})
	return code, err
}

// NewPairingCode signs in a second phone: ten minutes, once.
func (s *Store) NewPairingCode(ctx context.Context, caller Caller) (code string, expires Time, err error) {
	code = newCode(pairingBytes)
	err = s.write(ctx, caller.AccountID, func(tx *Tx) error {
		expires = T(tx.Now.Add(pairingLife))
		return tx.Exec("INSERT INTO pairing_codes (account_id, code_hash, device_id, expires_at) VALUES (?, ?, ?, ?)",
			tx.Account, hashSecret(normalCode(code)), caller.DeviceID, expires).Error
	})
	return code, expires, err
}

// dropPairingCodes ends the codes that were made with the old credential.
func (tx *Tx) dropPairingCodes() error {
	return tx.Exec("DELETE FROM pairing_codes WHERE account_id = ?", tx.Account).Error
}
