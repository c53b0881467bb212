package db

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"gorm.io/driver/sqlite"
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

// writerSettings are those that the driver's name for a file has no words for.
// They cost nothing if a connection is made anew without them.
var writerSettings = []string{
	// A checkpoint writes each page once, however often it changed since the
	// last: with 4,000 instead of 1,000 pages less than half of the bytes.
	"PRAGMA wal_autocheckpoint = 4000",
	// What a savepoint may have to undo stays in memory: it is some pages.
	"PRAGMA temp_store = MEMORY",
}

// dsn is the driver's name for a file: its path may hold ? and #.
func dsn(path, params string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + params
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

// postgresConns is the pool of one process: ten of them fit beside each other
// under PostgreSQL's default limit of 100 with room for an operator.
const postgresConns = 9

// openPrivate opens a file for writing and, if there is none, makes one that
// only its owner can read.
func openPrivate(name string, flags int) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_RDWR|flags, 0o600) //nolint:gosec // the operator says where the database is
}

// syncDir makes the names in a file's directory durable.
func syncDir(file string) error {
	d, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func removeIfThere(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// removeDatabase removes a SQLite file with its journal, if it is there.
func removeDatabase(path string) error {
	var errs []error
	for _, part := range []string{"", "-wal", "-shm", "-journal"} {
		errs = append(errs, removeIfThere(path+part))
	}
	return errors.Join(errs...)
}

// replaceFile writes a file that only its owner can read, whole or not at all.
func replaceFile(name string, data []byte) (err error) {
	next := name + ".next"
	f, err := openPrivate(next, os.O_TRUNC)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, name); err != nil {
		return err
	}
	return syncDir(name)
}

func openErr(what string, err error) error {
	return fmt.Errorf("open database: %s: %w", what, err)
}
