package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/sethvargo/go-retry"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"aftercare/models/migrations"
)

// readers is the size of the pool for reading beside the one writer: twice
// the two cores that this is made for.
const readers = 4

// pragmas of every connection to the file. The statement cache is the
// driver's: gorm's own drops statements in transactions.
const pragmas = "_busy_timeout=10000" + // waits for a backup or checkpoint instead of failing
	"&_foreign_keys=1" + // erasing an account takes its rows along (P8)
	"&_cache_size=-16000" + // 16 MB a connection, within the memory goal
	"&_stmt_cache_size=256"

// writerPragmas of the one connection that writes.
const writerPragmas = pragmas +
	"&_journal_mode=WAL" + // readers and the writer do not wait for each other
	"&_synchronous=FULL" + // an acknowledged write survives a power cut (P1)
	"&_txlock=immediate" + // a read that turns into a write would fail at once otherwise
	"&_secure_delete=1" // deleted rows are overwritten (P8)

// dsn is the driver's name for a file: its path may hold ? and #.
func dsn(path, params string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + params
}

func openSQLite(ctx context.Context, o Options, files fs.FS) (s *Store, err error) {
	s = &Store{opts: o}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
			s = nil
		}
	}()
	unlock, err := lockFile(o.Database)
	if err != nil {
		return s, err
	}
	s.release = []func() error{unlock}
	if err := createPrivate(o.Database); err != nil {
		return s, openErr("create the file", err)
	}
	writer, err := s.connect(sqlite.Open(dsn(o.Database, writerPragmas)), 1)
	if err != nil {
		return s, err
	}
	if err := migrateSQLite(ctx, o, writer, files); err != nil {
		return s, err
	}
	if s.pool, err = s.connect(sqlite.Open(dsn(o.Database, pragmas+"&mode=ro&_query_only=1")), readers); err != nil {
		return s, err
	}
	g := newGroup(writer) //nolint:contextcheck // every request brings its own
	s.commits = g
	s.release = append([]func() error{g.close}, s.release...)
	return s, s.settle(ctx, 0) // the last erasures, if the process was killed before it could
}

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

// openPrivate opens a file for writing and, if there is none, makes one that
// only its owner can read.
func openPrivate(name string, flags int) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_RDWR|flags, 0o600) //nolint:gosec // the operator says where the database is
}

// createPrivate makes the database's file before SQLite does, for others to
// read: the journal files take its permissions over.
func createPrivate(path string) error {
	f, err := openPrivate(path, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// single opens one connection of its own, for what must not wait behind the
// writer or hold it up.
func single(path, params string) (*sql.DB, error) {
	db, err := sql.Open(sqlite.DriverName, dsn(path, params))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// postgresConns is the pool of one process: ten of them fit beside each other
// under PostgreSQL's default limit of 100 with room for an operator.
const postgresConns = 9

func openPostgres(ctx context.Context, o Options, files fs.FS) (s *Store, err error) {
	s = &Store{opts: o}
	if s.pool, err = s.connect(postgres.Open(o.Database), postgresConns); err != nil {
		return nil, err
	}
	pool, err := s.pool.DB()
	if err != nil {
		return nil, errors.Join(openErr(o.shown(), err), s.Close())
	}
	s.commits = plain{s.pool}
	if err := migratePostgres(ctx, o, pool, files); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Inspect opens a database as it is, also beside a server that serves it: it
// takes no lock, migrates nothing and claims nothing. It is for an operator's
// questions: Stuck and Requeue.
func Inspect(ctx context.Context, o Options) (*Store, error) {
	s := &Store{opts: o.withDefaults()}
	to, dialect, files := postgres.Open(o.Database), goose.DialectPostgres, migrations.Postgres()
	if !o.postgres() {
		if _, err := os.Stat(o.Database); err != nil {
			return nil, openErr(o.Database, err)
		}
		// Its few writes wait for the server's, as theirs for these.
		to = sqlite.Open(dsn(o.Database, pragmas+"&mode=rw&_synchronous=FULL&_txlock=immediate&_secure_delete=1"))
		dialect, files = goose.DialectSQLite3, migrations.SQLite()
	}
	var err error
	if s.pool, err = s.connect(to, 1); err != nil {
		return nil, err
	}
	s.commits = plain{s.pool}
	if err := s.sameVersion(ctx, dialect, files); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// sameVersion wants the database to be of this program's version.
func (s *Store) sameVersion(ctx context.Context, dialect goose.Dialect, files fs.FS) error {
	pool, err := s.pool.DB()
	if err != nil {
		return openErr(s.opts.shown(), err)
	}
	m, err := goose.NewProvider(dialect, pool, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	current, target, err := m.GetVersions(ctx)
	if err == nil && current != target {
		err = fmt.Errorf("it has version %d, this program is for %d; use the program that serves it", current, target)
	}
	if err != nil {
		return openErr(s.opts.shown(), err)
	}
	return nil
}

// plain commits each request by itself, again after a deadlock.
type plain struct{ db *gorm.DB }

func (p plain) commit(ctx context.Context, fn func(db *gorm.DB) error) error {
	if ctx.Err() != nil {
		return notRun(ctx)
	}
	backoff := retry.WithMaxRetries(8, retry.WithJitterPercent(50, retry.NewExponential(2*time.Millisecond)))
	err := retry.Do(ctx, backoff, func(ctx context.Context) error {
		err := p.db.WithContext(ctx).Transaction(fn)
		if lostRace(err) {
			return retry.RetryableError(err)
		}
		return err
	})
	if lostRace(err) || errors.Is(err, context.DeadlineExceeded) {
		return overloaded("the write did not end in time; try again", err)
	}
	return err
}

// lostRace says that PostgreSQL undid the transaction only because of another
// one: serialization_failure and deadlock_detected.
func lostRace(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// ErrInUse says that another process has the SQLite file open.
var ErrInUse = errors.New("database is in use")

// lockFile keeps other processes off a SQLite database until the returned
// function is called: two of them would each run the jobs and write. The
// kernel drops the lock with the process, however that ends; the file stays,
// because removing it would let two processes lock two different files.
func lockFile(path string) (unlock func() error, err error) {
	name := path + ".lock"
	f, err := openPrivate(name, 0)
	if err != nil {
		return nil, openErr("create the lock file", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: another process holds %s; stop it first", ErrInUse, name), f.Close())
	}
	return f.Close, nil
}
