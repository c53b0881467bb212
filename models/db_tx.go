package models

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"time"

	"gorm.io/gorm"
)

// Tx is one write under way.
type Tx struct {
	*gorm.DB
	// Now is the moment of the write, the same for all of its rows.
	Now time.Time
	// Account is whose rows are written; empty in writeAny before raise.
	Account string
	// Device is the phone whose act this is, "" for none: its own screen needs no
	// clearing.
	Device string

	stored int64 // what the account's change_seq holds
	seq    int64 // the number that nextSeq gives next

	missed  int      // reminders that downtime ended untold
	stopped []string // devices to which nothing may be sent after the commit; "" is all
}

// raise makes the account the one whose rows are written and raises its
// counter. An unknown account is a CodeNotFound.
func (tx *Tx) raise(account string) error {
	if err := tx.keepSeq(); err != nil {
		return err
	}
	var seq int64
	err := selectRow(tx.DB, "UPDATE accounts SET change_seq = change_seq + 1 WHERE id = $1 RETURNING change_seq", []any{account}, &seq)
	if errors.Is(err, sql.ErrNoRows) {
		return noAccount()
	}
	if err != nil {
		return fmt.Errorf("raise change_seq: %w", err)
	}
	tx.Account, tx.stored, tx.seq = account, seq, seq
	return nil
}

// nextSeq is the number of the next row in the account's change feed: every
// row written takes one.
func (tx *Tx) nextSeq() int64 {
	if tx.Account == "" {
		panic("nextSeq before raise")
	}
	n := tx.seq
	tx.seq++
	return n
}

// keepSeq stores the counter if more than one number was taken.
func (tx *Tx) keepSeq() error {
	last := tx.seq - 1
	if tx.Account == "" || last <= tx.stored {
		return nil
	}
	tx.stored = last
	err := tx.execute("UPDATE accounts SET change_seq = $1 WHERE id = $2", last, tx.Account)
	if err != nil {
		return fmt.Errorf("store change_seq: %w", err)
	}
	return nil
}

// execute runs a statement past gorm.
func (tx *Tx) execute(query string, args ...any) error {
	_, err := tx.Statement.ConnPool.ExecContext(tx.Statement.Context, query, args...)
	return err
}

// store inserts a row, or replaces the one with its key.
func (tx *Tx) store(row any) error {
	v := reflect.ValueOf(row).Elem()
	l, err := layoutOf(tx.DB, v.Type())
	if err != nil {
		return err
	}
	args := make([]any, len(l.fields))
	for i, path := range l.fields {
		if args[i], err = cellOf(v.FieldByIndex(path), l.json[i]); err != nil {
			return fmt.Errorf("encode %s of %s: %w", l.names[i], l.table, err)
		}
	}
	if _, err := tx.Statement.ConnPool.ExecContext(tx.Statement.Context, l.upsert, args...); err != nil {
		return fmt.Errorf("store a row of %s: %w", l.table, err)
	}
	return nil
}
