package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Store is the database. All writes go through Write and WriteAny, all reads
// through Read and Snapshot.
type Store struct {
	opts     Options
	pool     *gorm.DB // for reading
	commits  committer
	gate     gate
	settings sync.Map // by name: values of the settings table, which never change
	health   health
	release  []func() error // in the order in which Close calls them
}

// Close completes the accepted writes, refuses further ones and closes the
// database. Closing again does nothing.
func (s *Store) Close() error {
	s.gate.close()
	var errs []error
	for _, release := range s.release {
		errs = append(errs, release())
	}
	s.release = nil
	return errors.Join(errs...)
}

// Now returns the store's clock, in the precision in which times are stored.
func (s *Store) Now() time.Time { return T(s.opts.Now()).Time }

// Read returns a Q for queries outside a transaction.
func (s *Store) Read(ctx context.Context) Q {
	q := s.q(ctx, s.pool.Statement.ConnPool)
	if s.Postgres() {
		q.limit = s.limit()
	}
	return q
}

// Snapshot calls fn with a Q whose queries all see the same state of the
// database.
func (s *Store) Snapshot(ctx context.Context, fn func(q Q) error) error {
	// SQLite ignores the level: there every read transaction is a snapshot.
	level := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	return Away(s.pool.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		return fn(s.q(ctx, tx.Statement.ConnPool))
	}, level))
}

// newQ returns a Q for a connection.
type newQ func(ctx context.Context, conn gorm.ConnPool) Q

func (s *Store) q(ctx context.Context, conn gorm.ConnPool) Q {
	return Q{ctx: ctx, conn: conn, lite: !s.Postgres(), trace: s.opts.Trace, health: &s.health}
}

// Ping returns an error unless the database answers.
func (s *Store) Ping(ctx context.Context) error {
	_, err := Row[int](s.Read(ctx), "SELECT 1")
	return err
}

// Postgres reports whether the database is PostgreSQL.
func (s *Store) Postgres() bool { return s.opts.postgres() }

// connect opens a pool of n connections; Close closes it before those opened
// earlier.
func (s *Store) connect(to gorm.Dialector, n int) (*gorm.DB, error) {
	db, err := gorm.Open(to, gormConfig(s.Now))
	if err != nil {
		return nil, openErr(s.opts.shown(), err)
	}
	pool, err := db.DB()
	if err != nil {
		return nil, openErr(s.opts.shown(), err)
	}
	pool.SetMaxOpenConns(n)
	pool.SetMaxIdleConns(n)
	s.release = append([]func() error{pool.Close}, s.release...)
	return db, nil
}

// Options selects and configures a database.
type Options struct {
	// Database is the path of a SQLite file, or a postgres:// address.
	Database string
	// Now is the clock; nil is SystemClock.
	Now func() time.Time
	// Trace is called with every statement and its values before it runs; tests
	// count and explain statements with it.
	Trace func(text string, args []any)
	// Wrote is called after the commit of a write with each account whose counter
	// it raised; nil: nobody wants to know.
	Wrote func(account string)
	// Log receives what the operator should know; nil is slog.Default().
	Log *slog.Logger

	limit time.Duration // time limit of a query or a write on PostgreSQL; 0: callLimit
}

// callLimit limits a query and a write on PostgreSQL. Without it a frozen
// server would block all ticks, and with them everything that is due, until somebody
// restarts this process.
const callLimit = 15 * time.Second

// awayLimit is that limit while the database is known to be away: nobody waits
// long for a server that is frozen.
const awayLimit = 3 * time.Second

// limit returns the time limit of a query or a write on PostgreSQL.
func (s *Store) limit() time.Duration {
	if s.TakesNoWrites() {
		return min(awayLimit, s.opts.limit)
	}
	return s.opts.limit
}

func (o Options) postgres() bool {
	return strings.HasPrefix(o.Database, "postgres://") || strings.HasPrefix(o.Database, "postgresql://")
}

// shown returns the database's name without the password in its address.
func (o Options) shown() string {
	if o.postgres() {
		return "PostgreSQL"
	}
	return o.Database
}

// WithDefaults returns the options with the default clock and log filled in, and
// the name of the file that the database really is.
func (o Options) WithDefaults() Options {
	if !o.postgres() {
		o.Database = behindLinks(o.Database)
	}
	if o.Now == nil {
		o.Now = SystemClock
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.limit == 0 {
		o.limit = callLimit
	}
	return o
}

// committer runs a request as one transaction.
type committer interface {
	// commit runs fn for an account ("" for none or several) and keeps
	// everything it wrote, or nothing if it fails. A nil error means that the
	// data is on disk (P1).
	commit(ctx context.Context, account string, fn func(q Q) error) error
}

// gate counts the writes in progress, so that an overload is reported at once
// instead of piling up (P10), and so that Close can wait for them.
type gate struct {
	mu      sync.Mutex
	waiting int
	closed  bool
	empty   chan struct{} // created by close, closed when the last write ends
}

func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return &Busy{Detail: "the server is stopping; try again"}
	}
	if g.waiting >= maxWaiting {
		return &Busy{Detail: "too many writes are waiting; try again"}
	}
	g.waiting++
	return nil
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting--
	if g.closed && g.waiting == 0 {
		close(g.empty)
	}
}

func (g *gate) close() {
	g.mu.Lock()
	if !g.closed {
		g.closed, g.empty = true, make(chan struct{})
		if g.waiting == 0 {
			close(g.empty)
		}
	}
	g.mu.Unlock()
	<-g.empty
}

func gormConfig(now func() time.Time) *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction:   true, // Write opens the transaction
		DisableNestedTransaction: true, // GORM never releases its savepoints
		NowFunc:                  now,
		// GORM's own logger prints statements with their values, which are
		// health data.
		Logger: logger.Discard,
	}
}

// maxWaiting limits the writes in progress or waiting: on the slowest usable
// disk they finish well within the time a phone waits.
const maxWaiting = 1024

// Busy means that the database cannot take the request now; trying again helps.
type Busy struct {
	Detail string
	Cause  error
	away   bool // and not only overloaded
}

func (b *Busy) Error() string {
	if b.Cause == nil {
		return b.Detail
	}
	return b.Detail + ": " + b.Cause.Error()
}

func (b *Busy) Unwrap() error { return b.Cause }

// notRun reports that the context ended before the write started.
func notRun(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Busy{Detail: "the write did not get its turn in time; try again", Cause: ctx.Err()}
	}
	return fmt.Errorf("write not begun: %w", ctx.Err())
}
