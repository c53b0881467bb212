package db

import (
	"errors"
	"fmt"
	"time"
)

// Tx is one write under way.
type Tx struct {
	// Q runs its statements.
	Q Q
	// Now is the moment of the write, the same for all of its rows.
	Now time.Time
	// Account is whose rows are written; empty in WriteAny before Raise.
	Account string

	stored int64 // what the account's change_seq holds
	seq    int64 // the number that NextSeq gives next
	due    bool  // change_seq is not raised yet
}

// ErrNoAccount says that a write is for an account that does not exist.
var ErrNoAccount = errors.New("no such account")

// Raise makes the account the one whose rows are written and raises its
// counter. An unknown account is ErrNoAccount.
func (tx *Tx) Raise(account string) error {
	if err := tx.keepSeq(); err != nil {
		return err
	}
	seq, err := Row[int64](tx.Q, "UPDATE accounts SET change_seq = change_seq + 1 WHERE id = $1 RETURNING change_seq", account)
	if errors.Is(err, ErrNoRow) {
		return ErrNoAccount
	}
	if err != nil {
		return fmt.Errorf("raise change_seq: %w", err)
	}
	tx.Account, tx.stored, tx.seq, tx.due = account, seq, seq, false
	return nil
}

// Raised is Raise where the caller has read the account's counter itself, with
// more of the account, under the lock of Q.ForUpdate. The counter is stored at
// the end of the write: every write raises it, also one that numbers no row.
func (tx *Tx) Raised(account string, seq int64) {
	tx.Account, tx.stored, tx.seq, tx.due = account, seq, seq+1, true
}

// LastSeq is the number of the last row written, or that from before the write.
func (tx *Tx) LastSeq() int64 { return tx.seq - 1 }

// NextSeq is the number of the next row in the account's change feed: every
// row written takes one.
func (tx *Tx) NextSeq() int64 {
	if tx.Account == "" {
		panic("NextSeq before Raise")
	}
	n := tx.seq
	tx.seq++
	return n
}

// keepSeq stores the counter if Raise has not stored the last number.
func (tx *Tx) keepSeq() error {
	last := tx.LastSeq()
	if tx.due {
		last = max(last, tx.stored+1)
		tx.due = false
	}
	if tx.Account == "" || last <= tx.stored {
		return nil
	}
	tx.stored = last
	if _, err := tx.Q.Exec("UPDATE accounts SET change_seq = $1 WHERE id = $2", last, tx.Account); err != nil {
		return fmt.Errorf("store change_seq: %w", err)
	}
	return nil
}
