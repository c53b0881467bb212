package db

import (
	"context"
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

// readers is the size of the read pool, which is separate from the one writer:
// twice the two cores that the program is designed for.
const readers = 4

// pragmas apply to every connection to the file. The statement cache is the
// driver's, because GORM's own drops statements in transactions.
const pragmas = "_busy_timeout=10000" + // wait for a backup or checkpoint instead of failing
	"&_mutex=no" + // database/sql lets one goroutine at a time use a connection: SQLite need not lock it
	"&_foreign_keys=1" + // erasing an account deletes its rows too (P8)
	"&_stmt_cache_size=256"

// readerPragmas apply to each connection of the read pool. Together the pages
// that they keep are within the memory goal; the kernel has the others.
const readerPragmas = pragmas +
	"&mode=ro&_query_only=1" +
	"&_cache_size=-8000"

// writerPragmas apply to the one connection that writes.
const writerPragmas = pragmas +
	"&_cache_size=-16000" + // 16 MB
	"&_journal_mode=WAL" + // readers and the writer do not wait for each other
	"&_synchronous=FULL" + // an acknowledged write survives a power cut (P1)
	"&_txlock=immediate" + // otherwise a read that turns into a write would fail at once
	"&_secure_delete=1" // deleted rows are overwritten (P8)

// writerSettings are the settings that cannot be given in the driver's DSN. A
// connection reopened without them still works.
var writerSettings = []string{
	// A savepoint's rollback journal is a few pages and stays in memory.
	tempInMemory,
	// The checkpointer moves pages much earlier, but under load never all of them,
	// and only then does the journal start over: at 32 MB a commit moves the rest.
	"PRAGMA wal_autocheckpoint = 8000",
}

const (
	tempInMemory = "PRAGMA temp_store = MEMORY"
	tempInFile   = "PRAGMA temp_store = FILE"
)

// dsn returns the driver's name for a file, whose path may contain ? and #.
func dsn(path, params string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + params
}

// createPrivate creates the database file before SQLite does, which would make
// it readable by others; the journal files inherit its permissions.
func createPrivate(path string) error {
	f, err := openPrivate(path, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// single opens a separate connection for work that must neither wait for the
// writer nor delay it.
func single(path, params string) (*sql.DB, error) {
	db, err := sql.Open(sqlite.DriverName, dsn(path, params))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// ErrInUse means that another process has the SQLite file open.
var ErrInUse = errors.New("database is in use")

// lockFile keeps other processes off a SQLite database until the returned
// function is called: two of them would each run the jobs and write. The kernel
// releases the lock when the process ends, however it ends; the file stays,
// because removing it would let two processes lock two different files.
func lockFile(path string) (unlock func() error, err error) {
	name := lockName(path)
	f, err := openPrivate(name, 0)
	if err != nil {
		return nil, openErr("create the lock file", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: another process holds %s; stop it first", ErrInUse, name), f.Close())
	}
	return f.Close, nil
}

func lockName(path string) string { return path + ".lock" }

// mostLinks is how many symbolic links are followed from one name, as many as
// the kernel does.
const mostLinks = 40

// behindLinks returns the name of the file that a symbolic link leads to, there
// or yet to be made: the lock, the list of erasures and the copies go by it, and
// a restore replaces the file and not the link.
func behindLinks(path string) string {
	for range mostLinks {
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return path
		}
		path = filepath.Join(dir, filepath.Base(path))
		target, err := os.Readlink(path)
		if err != nil { // it is no link, or not there
			return path
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(dir, target)
		}
		path = target
	}
	return path
}

// checkOurs returns an error if the file holds tables of another program: it
// would get ours beside them, and no way back.
func checkOurs(ctx context.Context, path string) error {
	pool, err := single(path, "mode=rw&_busy_timeout=10000")
	if err != nil {
		return err
	}
	var tables, ours int
	err = pool.QueryRowContext(ctx, "SELECT COUNT(*), COUNT(*) FILTER (WHERE name = 'goose_db_version') FROM sqlite_master").Scan(&tables, &ours)
	if err = errors.Join(err, pool.Close()); err != nil {
		return openErr(path, err)
	}
	if tables > 0 && ours == 0 {
		return openErr(path, errors.New("it is another program's database; nothing was changed"))
	}
	return nil
}

// postgresConns is the pool size of one process: ten processes fit under
// PostgreSQL's default limit of 100, with room for an operator.
const postgresConns = 9

// openPrivate opens a file for writing, creating it readable by its owner only
// if it does not exist.
func openPrivate(name string, flags int) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_RDWR|flags, 0o600) //nolint:gosec // the operator says where the database is
}

// syncDir syncs the directory of a file, so that its name survives a crash.
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

// removeDatabase deletes a SQLite file and its journal, if they exist.
func removeDatabase(path string) error {
	var errs []error
	for _, part := range []string{"", "-wal", "-shm", "-journal"} {
		errs = append(errs, removeIfThere(path+part))
	}
	return errors.Join(errs...)
}

// replaceFile atomically writes a file readable by its owner only.
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
