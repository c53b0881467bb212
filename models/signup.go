package models

import (
	"context"
	"fmt"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// CreateAccount creates an account and signs its first device in.
func (s *Store) CreateAccount(ctx context.Context, in NewAccount) (SignedIn, error) {
	if (in.Email == "") != (in.Password == "") {
		return SignedIn{}, Invalid("body.password", "e-mail and password come together, or neither")
	}
	a := newAccount(in)
	if err := a.edit(a, false, s.Now()); err != nil {
		return SignedIn{}, err
	}
	if in.Password != "" {
		hash, err := hashPassword(ctx, in.Password)
		if err != nil {
			return SignedIn{}, err
		}
		a.PasswordHash = &hash
	}
	var id string
	var out SignedIn
	err := s.writeAny(ctx, func(tx *Tx) error {
		again, err := tx.sameAccount(&a)
		switch {
		case err != nil:
			return err
		case again != nil:
			id = again.ID
			out.Device, out.Secrets, err = tx.answerAgain(again, in.Device)
		default:
			id = a.ID
			out.Device, out.Secrets, err = tx.makeAccount(&a, in)
		}
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	out.Account, err = s.Account(ctx, id)
	return out, err
}

// makeAccount stores a new account with its consent and its first device.
func (tx *Tx) makeAccount(a *Account, in NewAccount) (d Device, secrets Secrets, err error) {
	a.CreatedAt, a.UpdatedAt, a.ChangeSeq, a.Version = T(tx.Now), T(tx.Now), 1, 1
	secrets.RecoveryCode = newCode(recoveryBytes)
	a.RecoveryHash = hashSecret(normalCode(secrets.RecoveryCode))
	if err := tx.takeEmail(a); err != nil {
		return d, secrets, err
	}
	if err := tx.q.Put(a); err != nil {
		return d, secrets, fmt.Errorf("store an account: %w", err)
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
	return d, secrets, tx.judgeAgain(time.Time{})
}

func newAccount(in NewAccount) Account {
	a := DefaultSettings()
	a.ID, a.Locale, a.Region, a.TimeZone = NewID(), in.Locale, in.Region, in.TimeZone
	if in.Email != "" {
		a.Email = normalEmail(&in.Email)
	}
	if in.AccountKey != "" {
		hash := hashSecret(in.AccountKey)
		a.AccountKeyHash = &hash
	}
	return a
}

// NewAccount is what an account is created with.
type NewAccount struct {
	TimeZone, Locale, Region string
	ConsentVersion           string
	Email, Password          string // optional together
	AccountKey               string // optional: a repeated call returns the same account
	Device                   Device
}

// sameAccount returns the account that was just created with this one's key,
// because its response was lost. If there is none, this account takes the key.
func (tx *Tx) sameAccount(a *Account) (*Account, error) {
	if a.AccountKeyHash == nil {
		return nil, nil
	}
	owner, err := tx.takeName(a.ID, nameKey+*a.AccountKeyHash)
	if err != nil || owner == a.ID {
		return nil, err
	}
	found, err := findAccount(tx.q, owner)
	if err != nil {
		return nil, err
	}
	if tx.Now.Sub(found.CreatedAt.Time) > accountKeyLife {
		return nil, Invalid("body.account_key", "was used already; sign in with the recovery code, or make a new key")
	}
	return found, nil
}

// answerAgain signs the phone in again, replacing the device whose response was
// lost, with a new token and recovery code.
func (tx *Tx) answerAgain(a *Account, in Device) (Device, Secrets, error) {
	if err := tx.raise(a.ID); err != nil {
		return Device{}, Secrets{}, err
	}
	lost, err := db.Rows[string](tx.q, "SELECT device_id FROM audit WHERE account_id = $1 AND event = $2", a.ID, eventSignUp)
	if err != nil {
		return Device{}, Secrets{}, err
	}
	if err := tx.signOut(lost...); err != nil {
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

// Lives of credentials (contract, Accounts and devices).
const (
	accountKeyLife = 10 * time.Minute
)

// DefaultSettings returns those of a new account (contract, Accounts and
// devices).
func DefaultSettings() Account {
	return Account{
		QuietHours: QuietHours{Start: "21:00", End: "08:00"}, ReminderTime: "09:00", LockScreen: "neutral",
		Notify: care.Notify{RestOver: true, CheckIn: true, Aftercare: true, RollerCare: true, Progress: true},
	}
}
