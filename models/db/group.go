package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"

	"gorm.io/gorm"
)

func newGroup(db *gorm.DB, q newQ, journal *checkpointer) (*group, error) {
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	g := &group{pool: pool, q: q, journal: journal, queue: newTurns(), alone: make(chan func()), stopped: make(chan struct{})}
	go g.loop()
	return g, nil
}

// group commits on SQLite's one writing connection: waiting requests join one
// transaction, each in its own savepoint, and all return after one fsync.
type group struct {
	pool    *sql.DB // of one connection
	q       newQ
	journal *checkpointer
	queue   *turns
	alone   chan func()
	stopped chan struct{}
}

// close waits for the writer to finish; commit must not be called afterwards.
func (g *group) close() error {
	g.queue.close()
	<-g.stopped
	return nil
}

func (g *group) commit(ctx context.Context, account string, fn func(q Q) error) error {
	r := &request{ctx: ctx, account: account, fn: fn, done: make(chan error, 1)}
	g.queue.add(r)
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		if r.taken.CompareAndSwap(false, true) {
			return notRun(ctx)
		}
		return <-r.done // it is being written: only the commit knows the result
	case <-g.stopped: // the writer ends only when a test fails inside fn
		return errors.New("the writer has stopped")
	}
}

func (g *group) loop() {
	defer close(g.stopped)
	for {
		select {
		case _, open := <-g.queue.ready:
			if first := g.queue.next(); first != nil {
				g.batch(first)
			} else if !open {
				return
			}
		case fn := <-g.alone:
			fn()
		}
	}
}

// between runs fn while no transaction is open; writes wait meanwhile.
func (g *group) between(ctx context.Context, fn func(q Q) error) error {
	done := make(chan error, 1)
	select {
	case g.alone <- func() { done <- fn(g.q(context.WithoutCancel(ctx), g.pool)) }:
		return <-done
	case <-ctx.Done():
		return notRun(ctx)
	}
}

// batch runs first and the requests waiting behind it as one transaction.
func (g *group) batch(first *request) {
	conn, err := g.begin()
	b := &batch{conn: conn, broken: err}
	for r := first; r != nil; r = g.next(b) {
		b.makeWay(r)
		if r.ctx.Err() != nil || !r.taken.CompareAndSwap(false, true) {
			r.done <- notRun(r.ctx)
			continue
		}
		b.start(g.q, r)
	}
	b.last().wait()
	if conn != nil {
		b.broken = finish(conn, b.broken)
	}
	g.journal.wrote(len(b.members))
	for _, r := range b.members {
		if b.broken != nil {
			r.err = fmt.Errorf("commit: %w", Away(b.broken))
		}
		r.done <- r.err
	}
}

// begin opens the transaction on the connection itself: a sql.Tx starts a
// goroutine for each query, to watch a context that nobody cancels.
func (g *group) begin() (*sql.Conn, error) {
	ctx := context.Background()
	conn, err := g.pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("take the writing connection: %w", err)
	}
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return nil, finish(conn, err)
	}
	return conn, nil
}

// finish commits the transaction, or rolls it back if err says that it is broken,
// and returns an error unless all of it is on disk.
func finish(conn *sql.Conn, err error) error {
	ctx := context.Background()
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		_, _ = conn.ExecContext(ctx, "ROLLBACK") // fails where SQLite has done it by itself
	}
	_ = conn.Close() // gives it back to the pool
	return err
}

// next returns the request that comes after the last part, or nil if the batch is
// full, or if none is waiting when that part has ended.
func (g *group) next(b *batch) *request {
	if len(b.members) >= batchSize {
		return nil
	}
	last := b.last()
	if last == nil || last.account == "" {
		last.wait()
		return g.queue.next()
	}
	for {
		if r := g.queue.next(); r != nil {
			return r
		}
		select {
		case <-last.ended:
			return g.queue.next()
		case _, open := <-g.queue.ready:
			if !open {
				last.wait()
			}
		}
	}
}

type request struct {
	ctx     context.Context
	account string // "" for none or several
	fn      func(q Q) error
	taken   atomic.Bool // by the writer, or by a caller that gave up
	err     error
	done    chan error
}

// batchSize limits how many requests share one commit, and so how long the
// first of them waits for the last.
const batchSize = 64
