package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
)

// Write runs fn in one transaction for one account and returns once what it
// wrote is on disk. An error or a panic in fn rolls everything back.
//
// The account's counter is raised before anything is read. On PostgreSQL that
// takes the row lock, so that two concurrent writes always see each other's
// history. There fn may also run again after a deadlock: it must assign its
// results, not add to them. On SQLite fn runs in the one writer: it must not
// call Write, nor wait for anything else.
func (s *Store) Write(ctx context.Context, account string, fn func(tx *Tx) error) error {
	return s.WriteFor(ctx, account, func(tx *Tx) error {
		if err := tx.Raise(account); err != nil {
			return err
		}
		return fn(tx)
	})
}

// WriteAny is Write for rows that belong to no account or to several; fn calls
// Raise before it touches the rows of an account, in the order of the IDs.
func (s *Store) WriteAny(ctx context.Context, fn func(tx *Tx) error) error {
	return s.WriteFor(ctx, "", fn)
}

// WriteFor is WriteAny in the turn of one account, which fn raises itself.
func (s *Store) WriteFor(ctx context.Context, account string, fn func(tx *Tx) error) error {
	if err := s.gate.enter(); err != nil {
		s.health.wrote(err)
		return err
	}
	defer s.gate.leave()
	var tx *Tx
	err := s.commits.commit(ctx, account, func(q Q) error {
		q.health = nil // the write is counted as a whole
		tx = &Tx{Q: q, Now: s.Now()}
		return guard(ctx, s.opts.Log, func() error {
			if err := fn(tx); err != nil {
				return err
			}
			return tx.keepSeq()
		})
	})
	err = Away(err) // files beside the database may be on the full disk too
	s.health.wrote(err)
	if err == nil && s.opts.Wrote != nil {
		for raised := range tx.counters {
			s.opts.Wrote(raised)
		}
	}
	return err
}

// errPanic is the error of a write that panicked.
var errPanic = errors.New("write failed by a panic, see the log")

// guard converts a panic in fn to an error. The value of a panic may quote what
// a person wrote, so only its type is logged, unless it comes from the runtime.
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
