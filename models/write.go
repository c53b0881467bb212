package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync/atomic"
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

// write runs fn in one transaction for one account and returns when what it
// wrote is on disk. An error or a panic in fn leaves nothing behind.
//
// The account's counter is raised before anything is read. On PostgreSQL that
// takes the row lock, so that two writes at once never judge the history
// without each other. There fn may also run again after a deadlock: it must
// set, not add to, what it hands out. On SQLite fn runs in the one writer: it
// must not call write, nor wait for anything else.
func (s *Store) write(ctx context.Context, account string, fn func(tx *Tx) error) error {
	var stopped []string
	err := s.writeAny(ctx, func(tx *Tx) error {
		if err := tx.raise(account); err != nil {
			return err
		}
		err := fn(tx)
		stopped = tx.stopped
		return err
	})
	if err != nil {
		return err
	}
	for _, device := range stopped {
		s.sendings.end(account, device)
	}
	return nil
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

// batchSize bounds how many requests share one commit, and so how long the
// first of them waits for the last.
const batchSize = 64

// group commits on SQLite's one writing connection: what is waiting joins one
// transaction, each request in its own savepoint, and all are answered after
// the one fsync.
type group struct {
	db      *gorm.DB
	queue   chan *request
	alone   chan func()
	stopped chan struct{}
}

type request struct {
	ctx   context.Context
	fn    func(db *gorm.DB) error
	taken atomic.Bool // by the writer, or by a caller that gave up
	err   error
	done  chan error
}

func newGroup(db *gorm.DB) *group {
	g := &group{db: db, queue: make(chan *request, maxWaiting), alone: make(chan func()), stopped: make(chan struct{})}
	go g.loop()
	return g
}

// close waits for the writer; nothing may be committed any more.
func (g *group) close() error {
	close(g.queue)
	<-g.stopped
	return nil
}

func (g *group) commit(ctx context.Context, fn func(db *gorm.DB) error) error {
	r := &request{ctx: ctx, fn: fn, done: make(chan error, 1)}
	g.queue <- r // never blocks: the gate lets in no more than it holds
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		if r.taken.CompareAndSwap(false, true) {
			return notRun(ctx)
		}
		return <-r.done // it is being written: only the commit knows the answer
	case <-g.stopped: // only a test that fails inside fn ends the writer
		return errors.New("the writer has stopped")
	}
}

// notRun is the answer to a request whose time was up before its turn.
func notRun(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return overloaded("the write did not get its turn in time; try again", ctx.Err())
	}
	return fmt.Errorf("write not begun: %w", ctx.Err())
}

func (g *group) loop() {
	defer close(g.stopped)
	for {
		select {
		case first, open := <-g.queue:
			if !open {
				return
			}
			g.batch(first)
		case fn := <-g.alone:
			fn()
		}
	}
}

// between runs fn while no transaction is open; meanwhile writes wait.
func (g *group) between(ctx context.Context, fn func(db *gorm.DB) error) error {
	done := make(chan error, 1)
	select {
	case g.alone <- func() { done <- fn(g.db.WithContext(context.WithoutCancel(ctx))) }:
		return <-done
	case <-ctx.Done():
		return notRun(ctx)
	}
}

// batch runs first and what is waiting behind it as one transaction.
func (g *group) batch(first *request) {
	var members []*request
	tx := g.db.Begin()
	err := tx.Error
	for r := first; r != nil; r = g.next(len(members)) {
		if r.ctx.Err() != nil || !r.taken.CompareAndSwap(false, true) {
			r.done <- notRun(r.ctx)
			continue
		}
		members = append(members, r)
		if err == nil {
			err = r.run(tx)
		}
	}
	if err == nil {
		err = tx.Commit().Error
	} else if tx.Error == nil {
		tx.Rollback()
	}
	for _, r := range members {
		if err != nil {
			r.err = fmt.Errorf("commit: %w", err)
		}
		r.done <- r.err
	}
}

// next is a request that waits already, while the batch has room.
func (g *group) next(size int) *request {
	if size >= batchSize {
		return nil
	}
	select {
	case r := <-g.queue: // nil when closed
		return r
	default:
		return nil
	}
}

// run runs one request in its savepoint. The returned error means that the
// transaction itself is broken, as after a full disk; the request's own is
// kept for its answer.
func (r *request) run(tx *gorm.DB) error {
	// A statement that is interrupted takes SQLite's whole transaction along,
	// so a caller that goes away must not stop what runs beside others.
	ctx := context.WithoutCancel(r.ctx)
	conn := tx.Statement.ConnPool
	if _, err := conn.ExecContext(ctx, "SAVEPOINT request"); err != nil {
		return err
	}
	end := "RELEASE request"
	if r.err = r.fn(tx.WithContext(ctx)); r.err != nil {
		end = "ROLLBACK TO request; RELEASE request"
	}
	_, err := conn.ExecContext(ctx, end)
	return err
}
