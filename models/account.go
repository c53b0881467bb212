package models

import (
	"context"
	"fmt"

	"aftercare/models/db"
)

func (tx *Tx) setRecovery(code string) error {
	return tx.q.Exec("UPDATE accounts SET recovery_hash = $1 WHERE id = $2", hashSecret(normalCode(code)), tx.Account)
}

// takeEmail reserves the account's e-mail address, if it has one.
func (tx *Tx) takeEmail(a *Account) error {
	if a.Email == nil {
		return nil
	}
	owner, err := tx.takeName(a.ID, nameEmail+*a.Email)
	if err == nil && owner != a.ID {
		err = &Error{Code: CodeEmailTaken, Detail: "this e-mail address cannot be used; sign in, or use another"}
	}
	return err
}

// grant records a consent, unless it is in force already.
func (tx *Tx) grant(purpose, version, device string) error {
	standing, err := db.Row[int64](tx.q, "SELECT COUNT(*) FROM consents WHERE account_id = $1 AND purpose = $2 AND version = $3 AND withdrawn_at IS NULL",
		tx.Account, purpose, version)
	if err != nil || standing > 0 {
		return err
	}
	c := Consent{AccountID: tx.Account, Purpose: purpose, Version: version, GrantedAt: T(tx.Now)}
	if err := tx.q.Put(&c); err != nil {
		return fmt.Errorf("store a consent: %w", err)
	}
	if err := tx.setConsent(purpose, true); err != nil {
		return err
	}
	return tx.audit("consent_granted."+purpose, device)
}

func (tx *Tx) setConsent(purpose string, given bool) error {
	tx.person = nil
	return tx.q.Exec("UPDATE accounts SET "+consentColumn[purpose]+" = $1 WHERE id = $2", given, tx.Account)
}

// consentColumn is the copy on the account, which every write reads.
var consentColumn = map[string]string{ConsentHealth: "health_consent", ConsentPush: "push_consent"}

// Consent is what a person agreed to, in which wording and when.
type Consent struct {
	AccountID   string `gorm:"primaryKey" json:"-"`
	Purpose     string `gorm:"primaryKey" json:"purpose" enum:"health_data,push"`
	Version     string `json:"version"`
	GrantedAt   Time   `json:"granted_at"`
	WithdrawnAt Time   `json:"withdrawn_at,omitzero"`
}

// Purposes that a person consents to.
const (
	ConsentHealth = "health_data"
	ConsentPush   = "push"
)

func findAccount(q db.Q, id string) (*Account, error) {
	found, err := db.Found[Account](q, "SELECT * FROM accounts WHERE id = $1", id)
	if err == nil && found == nil {
		err = noAccount()
	}
	return found, err
}

// openAccount reads an account with its derived row, and whether the table has
// a row with the id: one statement for what nearly every write needs.
func openAccount(q db.Q, account, table, id, lock string) (*opened, error) {
	a, err := db.Found[opened](q, "SELECT "+db.Columns[Account]()+`, COALESCE(d.seq, 0) AS digest_seq, d.body AS digest_body,
		EXISTS (SELECT 1 FROM `+table+` r WHERE r.account_id = $1 AND r.id = $2) AS known
		FROM accounts LEFT JOIN digests d ON d.account_id = accounts.id WHERE accounts.id = $1`+lock, account, id)
	if err == nil && a == nil {
		err = noAccount()
	}
	return a, err
}

// account returns the account whose rows are written. It is read once in a
// transaction: code that changes a column changes it here too.
func (tx *Tx) account() (*opened, error) {
	var err error
	if tx.person == nil {
		tx.person, err = openAccount(tx.q, tx.Account, "reports", "", "")
	}
	return tx.person, err
}

// needHealthConsent refuses a health write without the consent it needs.
func (tx *Tx) needHealthConsent() error {
	account, err := tx.account()
	if err == nil && !account.HealthConsent {
		return &Error{Code: CodeConsentRequired, Detail: "the consent health_data is not given; PUT /v1/account/consents/health_data"}
	}
	return err
}

// Account reads the account.
func (s *Store) Account(ctx context.Context, id string) (Account, error) {
	a, err := findAccount(s.read(ctx), id)
	if err != nil {
		return Account{}, err
	}
	return *a, nil
}
