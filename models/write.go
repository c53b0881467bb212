package models

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
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

	stored int64 // what the account's change_seq holds
	seq    int64 // the number that nextSeq gives next
}

// write runs fn in one transaction for one account and returns when what it
// wrote is on disk. An error or a panic in fn leaves nothing behind.
//
// The account's counter is raised before anything is read. On PostgreSQL that
// takes the row lock, so that two writes at once never judge the history
// without each other. There fn may also run again after a deadlock: it must
// set, not add to, what it hands out. On SQLite fn runs in the one writer: it
// must not call write, nor wait for anything else.
func (s *Store) write(ctx context.Context, account string, fn func(tx *Tx) error) error {
	return s.writeAny(ctx, func(tx *Tx) error {
		if err := tx.raise(account); err != nil {
			return err
		}
		return fn(tx)
	})
}

// writeAny is write for rows that belong to no account or to several; fn
// calls raise before it touches rows of an account, in the order of their ids.
func (s *Store) writeAny(ctx context.Context, fn func(tx *Tx) error) error {
	if err := s.gate.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	return s.commits.commit(ctx, func(db *gorm.DB) error {
		tx := &Tx{DB: db, Now: s.Now()}
		return guard(ctx, s.opts.Log, func() error {
			if err := fn(tx); err != nil {
				return err
			}
			return tx.keepSeq()
		})
	})
}

// raise makes the account the one whose rows are written and raises its
// counter. An unknown account is a CodeNotFound.
func (tx *Tx) raise(account string) error {
	if err := tx.keepSeq(); err != nil {
		return err
	}
	var seq int64
	found := tx.Raw("UPDATE accounts SET change_seq = change_seq + 1 WHERE id = ? RETURNING change_seq", account).Scan(&seq)
	if found.Error != nil {
		return fmt.Errorf("raise change_seq: %w", found.Error)
	}
	if found.RowsAffected == 0 {
		return &Error{Code: CodeNotFound, Detail: "no such account"}
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
	err := tx.Exec("UPDATE accounts SET change_seq = ? WHERE id = ?", last, tx.Account).Error
	if err != nil {
		return fmt.Errorf("store change_seq: %w", err)
	}
	return nil
}

// errPanic is what a write that panicked answers.
var errPanic = errors.New("write failed by a panic, see the log")

// guard turns a panic of fn into an error. The value of a panic may quote what
// a person wrote, so only its type is logged, unless it is the runtime's own.
func guard(ctx context.Context, log *slog.Logger, fn func() error) (err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		what := fmt.Sprintf("%T", p)
		if r, ok := p.(runtime.Error); ok {
			what = r.Error()
		}
		log.ErrorContext(ctx, "write panicked", "panic", what, "stack", string(debug.Stack()))
		err = errPanic
	}()
	return fn()
}
