package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
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

func openSQLite(ctx context.Context, o Options, migrations fs.FS) (s *Store, err error) {
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
	writer, err := s.connect(dsn(o.Database, writerPragmas), 1)
	if err != nil {
		return s, err
	}
	if err := migrateSQLite(ctx, o, writer, migrations); err != nil {
		return s, err
	}
	if s.pool, err = s.connect(dsn(o.Database, pragmas+"&mode=ro&_query_only=1"), readers); err != nil {
		return s, err
	}
	g := newGroup(writer) //nolint:contextcheck // every request brings its own
	s.commits = g
	s.release = append([]func() error{g.close}, s.release...)
	return s, s.settle(ctx, 0) // the last erasures, if the process was killed before it could
}

// connect opens a pool of n connections, which Close closes before what was
// opened earlier.
func (s *Store) connect(dsn string, n int) (*gorm.DB, error) {
	db, err := gorm.Open(sqlite.Open(dsn), gormConfig(s.Now))
	if err != nil {
		return nil, openErr(s.opts.Database, err)
	}
	pool, err := db.DB()
	if err != nil {
		return nil, openErr(s.opts.Database, err)
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
