package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"aftercare/models/migrations"
)

// Options say which database to open.
type Options struct {
	// Database is the path of a SQLite file, or a postgres:// address.
	Database string
	// Now is the clock; nil is SystemClock.
	Now func() time.Time
	// Log takes what the operator should know; nil is slog.Default().
	Log *slog.Logger
}

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

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = SystemClock
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// Store is the database. Everything is written through write and writeAny,
// and read through read and snapshot.
type Store struct {
	opts     Options
	pool     *gorm.DB // for reading
	commits  committer
	gate     gate
	sendings sendings
	settings sync.Map       // by name: values of the settings table, which never change
	release  []func() error // in the order in which Close calls them
}

// committer runs one request as one transaction.
type committer interface {
	// commit runs fn and keeps what it wrote, or nothing if it fails. A nil
	// answer means that the data is on disk (P1).
	commit(ctx context.Context, fn func(db *gorm.DB) error) error
}

// Open connects to the database, creating and migrating it as needed. A
// database of a newer version, or a SQLite file that another process has
// open, is refused.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.postgres() {
		return openPostgres(ctx, o.withDefaults(), migrations.Postgres())
	}
	s, err := openSQLite(ctx, o.withDefaults(), migrations.SQLite())
	if err != nil {
		return nil, err
	}
	if err := s.releaseClaims(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
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

// read is for queries outside a transaction.
func (s *Store) read(ctx context.Context) *gorm.DB { return s.pool.WithContext(ctx) }

// snapshot lets fn read one state of the database over several queries.
func (s *Store) snapshot(ctx context.Context, fn func(db *gorm.DB) error) error {
	// SQLite ignores the level: there every read transaction is a snapshot.
	return s.read(ctx).Transaction(fn, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}

// Ping asks whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.read(ctx).Raw("SELECT 1").Scan(&one).Error
}

func gormConfig(now func() time.Time) *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction:   true, // write is the transaction
		DisableNestedTransaction: true, // gorm never releases its savepoints
		TranslateError:           true,
		NowFunc:                  now,
		// gorm's own logger prints statements with their values: health words.
		Logger: logger.Discard,
	}
}

// maxWaiting is how many writes may be under way or wait their turn: at the
// slowest disk that still makes sense, well under the time a phone waits.
const maxWaiting = 1024

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
		return overloaded("the server is stopping; try again", nil)
	}
	if g.waiting >= maxWaiting {
		return overloaded("too many writes are waiting; try again", nil)
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

func overloaded(detail string, cause error) *Error {
	return &Error{Code: CodeOverloaded, Detail: detail, RetryAfter: time.Second, Cause: cause}
}

func openErr(what string, err error) error {
	return fmt.Errorf("open database: %s: %w", what, err)
}

// Postgres says whether the database is PostgreSQL.
func (s *Store) Postgres() bool { return s.opts.postgres() }

// migrationTimeout ends a migration that hangs, on a lock for example.
const migrationTimeout = 30 * time.Minute

// ErrNewerDatabase says that a newer version of the program made the database.
var ErrNewerDatabase = errors.New("database was written by a newer version")

func sqliteMigrations(pool *sql.DB, files fs.FS) (*goose.Provider, error) {
	m, err := goose.NewProvider(goose.DialectSQLite3, pool, files)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return m, nil
}

func migrateSQLite(ctx context.Context, o Options, db *gorm.DB, files fs.FS) error {
	pool, err := db.DB()
	if err != nil {
		return openErr(o.Database, err)
	}
	m, err := sqliteMigrations(pool, files)
	if err != nil {
		return err
	}
	return migrate(ctx, o.Log, m, func(ctx context.Context, target int64) error {
		return copyBefore(ctx, o, pool, target)
	})
}

func migratePostgres(ctx context.Context, o Options, pool *sql.DB, files fs.FS) error {
	// Processes that start together wait for the one that migrates; they ask
	// every second.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, uint64(migrationTimeout/time.Second)))
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	m, err := goose.NewProvider(goose.DialectPostgres, pool, files, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	return migrate(ctx, o.Log, m, nil)
}

// migrate brings the database to the newest version; first, unless nil, is
// called before it changes a database that has one.
func migrate(ctx context.Context, log *slog.Logger, m *goose.Provider, first func(ctx context.Context, target int64) error) error {
	ctx, cancel := context.WithTimeout(ctx, migrationTimeout)
	defer cancel()
	current, target, err := m.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the version of the database: %w", err)
	}
	if current > target {
		return fmt.Errorf("%w: it has version %d, this program knows up to %d; install the newer program or restore a backup", ErrNewerDatabase, current, target)
	}
	if current == target {
		return nil
	}
	if current > 0 && first != nil {
		if err := first(ctx, target); err != nil {
			return err
		}
	}
	if _, err := m.Up(ctx); err != nil {
		return fmt.Errorf("migrate from version %d to %d: %w", current, target, err)
	}
	log.InfoContext(ctx, "database migrated", "from", current, "to", target)
	return nil
}

// The codes of an Error: stable words that a phone may branch on, as the API
// contract names them.
const (
	CodeInvalid            = "invalid"
	CodeNotFound           = "not-found"
	CodeVersionMismatch    = "version-mismatch"
	CodeConsentRequired    = "consent-required"
	CodeStepUpRequired     = "step-up-required"
	CodeCredentialsRefused = "credentials-refused"
	CodeEmailTaken         = "email-taken"
	CodeSnoozeLimit        = "snooze-limit"
	CodeSyncConflict       = "sync-conflict"
	CodeCursorExpired      = "cursor-expired"
	CodeOverloaded         = "overloaded"
)

// Error is a refusal that the caller can act on. Everything else that goes
// wrong is an ordinary wrapped error, and the program's own fault.
type Error struct {
	Code string
	// Detail says what was refused and what to do, without repeating what a
	// person typed.
	Detail string
	// Fields names the fields at fault (CodeInvalid).
	Fields []FieldError
	// Current is the row as it stands (CodeVersionMismatch, CodeSyncConflict).
	Current any
	// RetryAfter is the shortest useful wait (CodeOverloaded), else 0.
	RetryAfter time.Duration
	// Cause is what the refusal was made of, if anything.
	Cause error
}

// FieldError is one field at fault, at a location like "body.needle_mm". Value
// is set only for numbers, booleans and enums: free text is never given back.
type FieldError struct {
	Location string
	Message  string
	Value    any
}

// Invalid is the refusal of one field.
func Invalid(location, message string) *Error {
	return &Error{Code: CodeInvalid, Fields: []FieldError{{Location: location, Message: message}}}
}

// NotFound is the one answer for what does not exist and for what belongs to
// somebody else (P6).
func NotFound() *Error {
	return &Error{Code: CodeNotFound, Detail: "there is nothing with this id"}
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	for i, f := range e.Fields {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		fmt.Fprintf(&b, "%s%s %s", sep, f.Location, f.Message)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Cause }

// IsCode reports whether err is, or wraps, an Error with this code.
func IsCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
