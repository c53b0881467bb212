package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/sethvargo/go-retry"
	"gorm.io/gorm"
)

// migrationTimeout limits a migration that hangs, for example on a lock.
const migrationTimeout = 30 * time.Minute

// ErrNewerDatabase means that a newer version of the program created or
// migrated the database.
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
	m, err := goose.NewProvider(goose.DialectPostgres, pool, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, migrationTimeout)
	defer cancel()
	return alone(ctx, pool, func() error {
		if err := migrate(ctx, o.Log, m, nil); err != nil {
			return err
		}
		return distribute(ctx, o.Log, pool)
	})
}

// alone runs fn while no other process does; processes that start at the same
// time wait for the one that migrates. The lock belongs to a transaction, and
// fn uses other connections: a session lock, as goose takes it, would be left
// behind in PgBouncer, which gives each transaction another session.
func alone(ctx context.Context, pool *sql.DB, fn func() error) error {
	var lock *sql.Tx
	err := retry.Do(ctx, retry.NewConstant(lockPause), func(ctx context.Context) (err error) {
		lock, err = lockMigration(ctx, pool)
		if errors.Is(err, errLocked) {
			return retry.RetryableError(err)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("wait for other processes that migrate: %w", err)
	}
	return errors.Join(fn(), lock.Rollback()) // lock has written nothing
}

const (
	lockPause = 200 * time.Millisecond
	// migrationLock is an advisory lock number that nothing else in the
	// database uses.
	migrationLock = 0x61667465726361 // "afterca"
)

var errLocked = errors.New("another process migrates")

func lockMigration(ctx context.Context, pool *sql.DB) (lock *sql.Tx, err error) {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	var mine bool
	// The transaction is idle while the migrations run, however long that
	// takes.
	_, err = tx.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0")
	if err == nil {
		err = tx.QueryRowContext(ctx, "SELECT pg_try_advisory_xact_lock($1)", int64(migrationLock)).Scan(&mine)
	}
	if err == nil && !mine {
		err = errLocked
	}
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

// migrate brings the database to the newest version. If first is not nil, it is
// called before an existing database is changed.
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

// copyBefore copies the database before a migration changes it.
func copyBefore(ctx context.Context, o Options, db *sql.DB, target int64) error {
	name := copyName(o, fmt.Sprintf("before-%d", target))
	if err := vacuumInto(ctx, db, name); err != nil {
		return fmt.Errorf("copy the database before migrating it: %w", err)
	}
	o.Log.InfoContext(ctx, "database copied before migrating", "file", name)
	return nil
}
