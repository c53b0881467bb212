package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Caller is who a bearer token stands for.
type Caller struct {
	AccountID   string
	DeviceID    string
	Locale      string
	Region      string
	ConfirmedAt time.Time // last sign-in by password or recovery code
}

// Secrets are shown once.
type Secrets struct {
	Token        string
	RecoveryCode string // "" where none was made
}

// NewAccount is what an account begins with.
type NewAccount struct {
	TimeZone, Locale, Region string
	ConsentVersion           string
	Email, Password          string // optional together
	AccountKey               string // optional: makes a repeated call answer the same account
	Device                   Device
}

// Lives of credentials (contract, Accounts and devices).
const (
	tokenLife      = 180 * 24 * time.Hour
	stepUpLife     = 5 * time.Minute
	accountKeyLife = 10 * time.Minute
	pairingLife    = 10 * time.Minute
	maxDevices     = 20
	recoveryBytes  = 20 // 160 bit
	pairingBytes   = 10 // 80 bit, for ten minutes
)

// refused is the one answer to every wrong credential.
func refused() error {
	return &Error{Code: CodeCredentialsRefused, Detail: "these credentials are not accepted"}
}

// CreateAccount makes an account and signs its first device in.
func (s *Store) CreateAccount(ctx context.Context, in NewAccount) (Account, Device, Secrets, error) {
	if (in.Email == "") != (in.Password == "") {
		return Account{}, Device{}, Secrets{}, Invalid("body.password", "e-mail and password come together, or neither")
	}
	a := newAccount(in)
	if err := a.edit(a, s.Now()); err != nil {
		return Account{}, Device{}, Secrets{}, err
	}
	if in.Password != "" {
		hash, err := hashPassword(ctx, in.Password)
		if err != nil {
			return Account{}, Device{}, Secrets{}, err
		}
		a.PasswordHash = &hash
	}
	var device Device
	var secrets Secrets
	err := s.writeAny(ctx, func(tx *Tx) error {
		again, err := tx.sameAccount(a.AccountKeyHash)
		if err != nil || again != nil {
			if again != nil {
				a = *again
				device, secrets, err = tx.answerAgain(again, in.Device)
			}
			return err
		}
		device, secrets, err = tx.makeAccount(&a, in)
		return err
	})
	if err != nil {
		return Account{}, Device{}, Secrets{}, err
	}
	a, err = s.Account(ctx, a.ID)
	return a, device, secrets, err
}

// makeAccount stores a new account with its consent and its first device.
func (tx *Tx) makeAccount(a *Account, in NewAccount) (d Device, secrets Secrets, err error) {
	a.CreatedAt, a.UpdatedAt, a.ChangeSeq, a.Version = T(tx.Now), T(tx.Now), 1, 1
	secrets.RecoveryCode = newCode(recoveryBytes)
	a.RecoveryHash = hashSecret(normalCode(secrets.RecoveryCode))
	if err := tx.Create(a).Error; err != nil {
		return d, secrets, emailTaken(err)
	}
	if err := tx.raise(a.ID); err != nil {
		return d, secrets, err
	}
	if err := tx.grant(ConsentHealth, in.ConsentVersion, ""); err != nil {
		return d, secrets, err
	}
	if d, secrets.Token, err = tx.signIn(in.Device, true, eventSignUp); err != nil {
		return d, secrets, err
	}
	return d, secrets, tx.judge(time.Time{})
}

func newAccount(in NewAccount) Account {
	a := Account{
		ID: NewID(), Locale: in.Locale, Region: in.Region, TimeZone: in.TimeZone, QuietHours: defaultQuiet,
		ReminderTime: defaultReminderTime, Notify: defaultNotify, LockScreen: "neutral",
	}
	if in.Email != "" {
		a.Email = normalEmail(&in.Email)
	}
	if in.AccountKey != "" {
		hash := hashSecret(in.AccountKey)
		a.AccountKeyHash = &hash
	}
	return a
}

// emailTaken names the one constraint that a person can run into.
func emailTaken(err error) error {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return &Error{Code: CodeEmailTaken, Detail: "this e-mail address cannot be used; sign in, or use another", Cause: err}
	}
	return err
}

// sameAccount finds the account that was just made with this key: its answer
// was lost on the way.
func (tx *Tx) sameAccount(keyHash *string) (*Account, error) {
	if keyHash == nil {
		return nil, nil
	}
	var found []Account
	if err := tx.Where("account_key_hash = ?", *keyHash).Limit(1).Find(&found).Error; err != nil || len(found) == 0 {
		return nil, err
	}
	if tx.Now.Sub(found[0].CreatedAt.Time) > accountKeyLife {
		return nil, Invalid("body.account_key", "was used already; sign in with the recovery code, or make a new key")
	}
	return &found[0], nil
}

// eventSignUp is the audit event of the device that made the account.
const eventSignUp = "sign_up"

// answerAgain signs the phone in anew in the place of the device whose answer
// was lost, with a fresh token and recovery code.
func (tx *Tx) answerAgain(a *Account, in Device) (Device, Secrets, error) {
	if err := tx.raise(a.ID); err != nil {
		return Device{}, Secrets{}, err
	}
	var lost []string
	err := tx.Model(&AuditEvent{}).Where("account_id = ? AND event = ?", a.ID, eventSignUp).Pluck("device_id", &lost).Error
	if err != nil {
		return Device{}, Secrets{}, err
	}
	if err := tx.signOut("id IN ?", lost); err != nil {
		return Device{}, Secrets{}, err
	}
	secrets := Secrets{RecoveryCode: newCode(recoveryBytes)}
	d, token, err := tx.signIn(in, true, eventSignUp)
	if err != nil {
		return d, secrets, err
	}
	secrets.Token = token
	return d, secrets, tx.setRecovery(secrets.RecoveryCode)
}

func (tx *Tx) setRecovery(code string) error {
	return tx.Model(&Account{}).Where("id = ?", tx.Account).Update("recovery_hash", hashSecret(normalCode(code))).Error
}

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

// Authenticate answers whom a bearer token stands for. A renewed token's
// first use ends the old one.
func (s *Store) Authenticate(ctx context.Context, token string) (Caller, error) {
	hash, now := hashSecret(token), s.Now()
	var c Caller
	var next sql.NullString
	var confirmed, seen Time
	err := selectRow(s.read(ctx), `SELECT d.account_id, d.id, a.locale, a.region, d.next_token_hash, d.confirmed_at, d.last_seen_at
		FROM devices d JOIN accounts a ON a.id = d.account_id WHERE d.token_hash = $1 OR d.next_token_hash = $1`, []any{hash},
		&c.AccountID, &c.DeviceID, &c.Locale, &c.Region, &next, &confirmed, &seen)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Caller{}, refused()
	case err != nil:
		return Caller{}, fmt.Errorf("look a token up: %w", err)
	case now.Sub(seen.Time) > tokenLife:
		return Caller{}, refused()
	}
	c.ConfirmedAt = confirmed.Time
	if next.String == hash || now.Sub(seen.Time) > 24*time.Hour {
		err = s.seen(ctx, c.AccountID, c.DeviceID, hash)
	}
	return c, err
}

// seen notes a day's first use of a token, and ends the one it replaces.
func (s *Store) seen(ctx context.Context, account, device, hash string) error {
	return s.write(ctx, account, func(tx *Tx) error {
		return tx.Exec(`UPDATE devices SET last_seen_at = ?, token_hash = ?,
			next_token_hash = CASE WHEN next_token_hash = ? THEN NULL ELSE next_token_hash END
			WHERE account_id = ? AND id = ? AND (token_hash = ? OR next_token_hash = ?)`,
			T(tx.Now), hash, hash, account, device, hash, hash).Error
	})
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

// NeedStepUp refuses what needs a sign-in less than five minutes old.
func (s *Store) NeedStepUp(caller Caller) error { return stepUp(caller, s.Now()) }

func stepUp(caller Caller, now time.Time) error {
	if now.Sub(caller.ConfirmedAt) < stepUpLife {
		return nil
	}
	return &Error{Code: CodeStepUpRequired, Detail: "confirm with the password or the recovery code at POST /v1/devices/current/confirm first"}
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
