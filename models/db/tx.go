package db

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Tx is a write in progress.
type Tx struct {
	// Q runs its statements.
	Q Q
	// Now is the time of the write, the same for all of its rows.
	Now time.Time
	// Account is the account whose rows are written; empty in WriteAny before
	// Raise.
	Account string

	counters map[string]*counter // of the raised accounts
}

// counter numbers the rows of one account.
type counter struct {
	stored int64 // change_seq as stored in the account
	next   int64 // the next number that NextSeq returns
	due    bool  // change_seq has not been raised yet
}

// ErrNoAccount means that a write is for an account that does not exist.
var ErrNoAccount = errors.New("no such account")

// Raise selects the account whose rows are written and raises its counter. It
// returns ErrNoAccount for an unknown account.
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
	tx.raised(account, seq, 1)
	tx.Account = account
	return nil
}

// RaiseAll raises the counters of several accounts in one statement, each by
// rows. Enter selects one of them afterwards; unknown accounts are skipped.
func (tx *Tx) RaiseAll(accounts []string, rows int64) error {
	if err := tx.keepSeq(); err != nil {
		return err
	}
	args := Args{rows}
	found, err := Rows[struct {
		ID        string
		ChangeSeq int64
	}](tx.Q, "UPDATE accounts SET change_seq = change_seq + $1 WHERE id IN "+In(&args, accounts...)+" RETURNING id, change_seq", args...)
	if err != nil {
		return fmt.Errorf("raise change_seq: %w", err)
	}
	for _, a := range found {
		tx.raised(a.ID, a.ChangeSeq, rows)
	}
	return nil
}

func (tx *Tx) raised(account string, stored, rows int64) *counter {
	if tx.counters == nil {
		tx.counters = map[string]*counter{}
	}
	c := &counter{stored: stored, next: stored - rows + 1}
	tx.counters[account] = c
	return c
}

// Raised replaces Raise when the caller has itself read the account's counter,
// together with more of the account, under the lock of Q.ForUpdate. The counter
// is stored at the end of the write: every write raises it, even one that
// numbers no row.
func (tx *Tx) Raised(account string, seq int64) {
	tx.raised(account, seq, 0).due = true
	tx.Account = account
}

// LastSeq returns the number of the last row written, or the number before the
// write.
func (tx *Tx) LastSeq() int64 { return tx.counters[tx.Account].next - 1 }

// Enter selects a raised account for writing and reports whether it exists.
func (tx *Tx) Enter(account string) bool {
	if tx.counters[account] == nil {
		return false
	}
	tx.Account = account
	return true
}

// NextSeq returns the number of the next row in the account's change feed;
// every row written takes one.
func (tx *Tx) NextSeq() int64 {
	c := tx.counters[tx.Account]
	if c == nil {
		panic("NextSeq before Raise")
	}
	n := c.next
	c.next++
	return n
}

// keepSeq stores the counter unless Raise has already stored the last number.
func (tx *Tx) keepSeq() error {
	for _, account := range slices.Sorted(maps.Keys(tx.counters)) {
		c := tx.counters[account]
		last := c.next - 1
		if c.due {
			last, c.due = max(last, c.stored+1), false
		}
		if last <= c.stored {
			continue
		}
		c.stored = last
		if err := tx.Q.Exec("UPDATE accounts SET change_seq = $1 WHERE id = $2", last, account); err != nil {
			return fmt.Errorf("store change_seq: %w", err)
		}
	}
	return nil
}
