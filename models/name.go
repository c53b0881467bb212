package models

import (
	"fmt"

	"aftercare/models/db"
)

// Prefixes of the names in the table of that name: what must be unique among
// all accounts. No index can hold it where the accounts are spread over several
// machines by their ids, so each has a row of its own, which is written in
// the transaction of its account.
const (
	nameEmail = "email:" // and the address, to sign in with
	nameKey   = "key:"   // and the hash of an account_key
	namePush  = "push:"  // and the hash of a push address
)

// takeName reserves a name for the account unless it is taken, and returns its
// owner. On PostgreSQL the second of two transactions that take one name waits
// for the first.
func (tx *Tx) takeName(account, name string) (owner string, err error) {
	n, err := tx.q.ExecCount("INSERT INTO names (name, account_id) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, account)
	if err != nil {
		return "", fmt.Errorf("take a name: %w", err)
	}
	if n == 1 {
		return account, nil
	}
	owner, err = whoseName(tx.q, name)
	if err == nil && owner == "" {
		err = &db.Busy{Detail: "the name was given up at the same moment; try again"}
	}
	return owner, err
}

// freeName releases a name of the account.
func (tx *Tx) freeName(name string) error {
	if err := tx.q.Exec("DELETE FROM names WHERE name = $1 AND account_id = $2", name, tx.Account); err != nil {
		return fmt.Errorf("free a name: %w", err)
	}
	return nil
}

// whoseName returns the account that has the name, "" if none.
func whoseName(q db.Q, name string) (account string, err error) {
	found, err := db.Found[string](q, "SELECT account_id FROM names WHERE name = $1", name)
	if err != nil {
		return "", fmt.Errorf("look a name up: %w", err)
	}
	return deref(found), nil
}
