package models

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"aftercare/models/db"
)

// Options selects and configures a database.
type Options = db.Options

// Backup and Restore are an operator's tools for a whole database.
var (
	Backup  = db.Backup
	Restore = db.Restore
)

// Store holds what people entered and what is derived from it.
type Store struct {
	db       *db.Store
	opts     Options
	sendings sendings
	watchers watchers
	since    time.Time    // when the knowledge in force began to judge this database
	worker   string       // this process's name in its leases
	leases   atomic.Int64 // number of leases taken
}

// Close completes the accepted writes, refuses further ones and closes the
// database. Closing again does nothing.
func (s *Store) Close() error { return s.db.Close() }

// Now returns the store's clock, in the precision in which times are stored.
func (s *Store) Now() time.Time { return s.db.Now() }

// Ping returns an error unless the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

// TakesNoWrites reports whether the last write that reached the database found
// that it cannot serve.
func (s *Store) TakesNoWrites() bool { return s.db.TakesNoWrites() }

// Writes returns how many writes had each outcome.
func (s *Store) Writes() map[string]int64 { return s.db.Writes() }

// DatabaseErrors returns how many errors of each kind there were.
func (s *Store) DatabaseErrors() map[string]int64 { return s.db.Errors() }

// Postgres reports whether the database is PostgreSQL.
func (s *Store) Postgres() bool { return s.db.Postgres() }

// Setting returns a stored value, creating it on the first call. Processes that
// create it at the same time agree on one value.
func (s *Store) Setting(ctx context.Context, name string, make func() string) (string, error) {
	v, err := s.db.Setting(ctx, name, make)
	return v, coded(err)
}

// read is for queries outside a transaction.
func (s *Store) read(ctx context.Context) db.Q { return s.db.Read(ctx).Coded(coded) }

// Tx is a write in progress.
type Tx struct {
	// Now is the time of the write, the same for all of its rows.
	Now time.Time
	// Account is the account whose rows are written; empty in writeAny before
	// raise.
	Account string
	// Device is the phone that made the request, or "": its own screen needs no
	// clearing.
	Device string

	q  db.Q
	tx *db.Tx

	person  *opened   // cached by account
	offline bool      // what is written was written by a phone that was offline
	added   sizes     // what a push has added so far and is not stored yet
	ofDays  sizes     // how many living rows there were for the days of a push
	missed  int       // reminders that expired during downtime before they were shown
	stopped []phones  // phones to which nothing may be sent after the commit
	since   time.Time // of the store
}

func (s *Store) newTx(tx *db.Tx) *Tx {
	return &Tx{Now: tx.Now, Account: tx.Account, q: tx.Q, tx: tx, since: s.since}
}

// raise selects the account whose rows are written; see db.Tx.
func (tx *Tx) raise(account string) error {
	err := tx.tx.Raise(account)
	tx.Account, tx.person = tx.tx.Account, nil
	return err
}

// raiseAll raises several accounts at once, each by rows; see db.Tx.
func (tx *Tx) raiseAll(accounts []string, rows int) error {
	return tx.tx.RaiseAll(accounts, int64(rows))
}

// enter selects a raised account for writing and reports whether it still
// exists.
func (tx *Tx) enter(account string) bool {
	if !tx.tx.Enter(account) {
		return false
	}
	if tx.Account != account {
		tx.Account, tx.person = account, nil
	}
	return true
}

// write runs fn in one transaction for one account; see db.Store. What fn
// stopped is not on its way any more when write returns (P4).
func (s *Store) write(ctx context.Context, account string, fn func(tx *Tx) error) error {
	var stopped []phones
	err := s.db.Write(ctx, account, func(inner *db.Tx) error {
		tx := s.newTx(inner)
		err := fn(tx)
		stopped = tx.stopped
		return err
	})
	if err != nil {
		return coded(err)
	}
	for _, to := range stopped {
		s.sendings.end(account, to)
	}
	return nil
}

// writeAny is write for rows that belong to no account or to several; fn calls
// raise before it touches the rows of an account, in the order of the IDs.
func (s *Store) writeAny(ctx context.Context, fn func(tx *Tx) error) error {
	return coded(s.db.WriteAny(ctx, func(tx *db.Tx) error { return fn(s.newTx(tx)) }))
}

// coded returns err, converting the database's refusals to Errors with codes
// that a phone may branch on.
func coded(err error) error {
	var busy *db.Busy
	switch {
	case errors.As(err, &busy):
		return overloaded(busy.Detail, err)
	case errors.Is(err, db.ErrNoAccount):
		return noAccount()
	}
	return err
}

// sizes are numbers of rows by what is bounded; the zero sizeOf is of all rows.
type sizes map[sizeOf]int64

// sizeOf names what is bounded: a table, or a day of it.
type sizeOf struct {
	table string
	day   int64
}
