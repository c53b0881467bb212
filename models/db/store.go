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

// Store is the database. Everything is written through Write and WriteAny,
// and read through Read and Snapshot.
type Store struct {
	opts     Options
	pool     *gorm.DB // for reading
	commits  committer
	gate     gate
	settings sync.Map       // by name: values of the settings table, which never change
	release  []func() error // in the order in which Close calls them
}

// Close lets the writes that were accepted finish, refuses further ones and
// closes the database. Closing again does nothing.
func (s *Store) Close() error {
	s.gate.close()
	var errs []error
	for _, release := range s.release {
		errs = append(errs, release())
	}
	s.release = nil
	return errors.Join(errs...)
}

// Now is the store's clock, in the precision in which times are stored.
func (s *Store) Now() time.Time { return T(s.opts.Now()).Time }

// Read is for queries outside a transaction.
func (s *Store) Read(ctx context.Context) Q {
	q := s.q(ctx, s.pool.Statement.ConnPool)
	if s.Postgres() {
		q.limit = s.opts.limit
	}
	return q
}

// Snapshot lets fn read one state of the database over several queries.
func (s *Store) Snapshot(ctx context.Context, fn func(q Q) error) error {
	// SQLite ignores the level: there every read transaction is a snapshot.
	level := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	return s.pool.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		return fn(s.q(ctx, tx.Statement.ConnPool))
	}, level)
}

// newQ makes what runs statements on a connection.
type newQ func(ctx context.Context, conn gorm.ConnPool) Q

func (s *Store) q(ctx context.Context, conn gorm.ConnPool) Q {
	return Q{ctx: ctx, conn: conn, lite: !s.Postgres(), trace: s.opts.Trace}
}

// Ping asks whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	_, err := Row[int](s.Read(ctx), "SELECT 1")
	return err
}

// Postgres says whether the database is PostgreSQL.
func (s *Store) Postgres() bool { return s.opts.postgres() }

// connect opens a pool of n connections, which Close closes before what was
// opened earlier.
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

// Options say which database to open.
type Options struct {
	// Database is the path of a SQLite file, or a postgres:// address.
	Database string
	// Now is the clock; nil is SystemClock.
	Now func() time.Time
	// Trace is called with every statement and its values before it runs; tests
	// count and explain them.
	Trace func(text string, args []any)
	// Log takes what the operator should know; nil is slog.Default().
	Log *slog.Logger

	limit time.Duration // of a query or a write on PostgreSQL; 0 is callLimit
}

// callLimit bounds a query and a write on PostgreSQL. Without it a server that
// froze would end all ticks, and with them every reminder, until somebody
// restarts this one.
const callLimit = 30 * time.Second

func (o Options) postgres() bool {
	return strings.HasPrefix(o.Database, "postgres://") || strings.HasPrefix(o.Database, "postgresql://")
}

// shown names the database without the password that its address may hold.
func (o Options) shown() string {
	if o.postgres() {
		return "PostgreSQL"
	}
	return o.Database
}

// WithDefaults is the options with the clock and the log that are used without.
func (o Options) WithDefaults() Options {
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

// committer runs one request as one transaction.
type committer interface {
	// commit runs fn for an account ("" for none or several) and keeps what it wrote, or nothing if it fails. A nil
	// answer means that the data is on disk (P1).
	commit(ctx context.Context, account string, fn func(q Q) error) error
}

// gate counts the writes under way, so that an overload is told at once
// instead of piling up (P10), and so that Close can wait for them.
type gate struct {
	mu      sync.Mutex
	waiting int
	closed  bool
	empty   chan struct{} // made by close, closed with the last write
}

func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return &Busy{"the server is stopping; try again", nil}
	}
	if g.waiting >= maxWaiting {
		return &Busy{"too many writes are waiting; try again", nil}
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
		SkipDefaultTransaction:   true, // Write is the transaction
		DisableNestedTransaction: true, // gorm never releases its savepoints
		NowFunc:                  now,
		// gorm's own logger prints statements with their values: health words.
		Logger: logger.Discard,
	}
}

// maxWaiting is how many writes may be under way or wait their turn: at the
// slowest disk that still makes sense, well under the time a phone waits.
const maxWaiting = 1024

// Busy says that a write was not made because of others; trying again helps.
type Busy struct {
	Detail string
	Cause  error
}

func (b *Busy) Error() string { return b.Detail }

func (b *Busy) Unwrap() error { return b.Cause }

// notRun reports that the context ended before the write started.
func notRun(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Busy{"the write did not get its turn in time; try again", ctx.Err()}
	}
	return fmt.Errorf("write not begun: %w", ctx.Err())
}
