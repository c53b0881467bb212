package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"aftercare/models/migrations"
)

// copyStamp is the time in a copy's name, in UTC; purgeCopies reads it back.
const copyStamp = "20060102T150405Z"

// copyKept is how long copies of the database are kept (P8).
const copyKept = 30 * 24 * time.Hour

// copyPattern is what follows the database's own name in that of a copy; what
// is named otherwise is not ours to delete.
var copyPattern = regexp.MustCompile(`^\.(?:before-\d+|backup|replaced)-(\d{8}T\d{6}Z)\.db(?:-wal|\.partial)?$`)

func copyName(o Options, kind string) string {
	return fmt.Sprintf("%s.%s-%s.db", o.Database, kind, o.Now().UTC().Format(copyStamp))
}

// Backup writes a consistent copy of the SQLite database to a new file, while
// it is served or not. Given a directory, it names the file itself; such a
// copy is purged after 30 days if it lies beside the database. It answers the
// name of the file.
func Backup(ctx context.Context, o Options, file string) (string, error) {
	if o.postgres() {
		return "", errors.New("backup: PostgreSQL is backed up with pg_dump --format=custom")
	}
	o = o.withDefaults()
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		file = filepath.Join(file, filepath.Base(copyName(o, "backup")))
	}
	if _, err := os.Stat(o.Database); err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	db, err := single(o.Database, "mode=rw&_busy_timeout=10000")
	if err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	err = vacuumInto(ctx, db, file)
	if err = errors.Join(err, db.Close()); err != nil {
		return "", fmt.Errorf("backup to %s: %w", file, err)
	}
	return file, nil
}

// copyBefore keeps the database as it is before a migration changes it.
func copyBefore(ctx context.Context, o Options, db *sql.DB, target int64) error {
	name := copyName(o, fmt.Sprintf("before-%d", target))
	if err := vacuumInto(ctx, db, name); err != nil {
		return fmt.Errorf("copy the database before migrating it: %w", err)
	}
	o.Log.InfoContext(ctx, "database copied before migrating", "file", name)
	return nil
}

// purgeCopies deletes the copies beside the database that are older than 30
// days by their names, and answers how many.
func (s *Store) purgeCopies() (n int, err error) {
	if s.opts.postgres() {
		return 0, nil
	}
	dir, base := filepath.Split(s.opts.Database)
	entries, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return 0, fmt.Errorf("purge copies: %w", err)
	}
	for _, e := range entries {
		made, ok := copyTime(base, e.Name())
		if !ok || s.Now().Sub(made) < copyKept {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return n, fmt.Errorf("purge copies: %w", err)
		}
		n++
	}
	return n, nil
}

// copyTime reads when a copy of the database called base was made.
func copyTime(base, name string) (made time.Time, ok bool) {
	if len(name) <= len(base) || name[:len(base)] != base {
		return made, false
	}
	m := copyPattern.FindStringSubmatch(name[len(base):])
	if m == nil {
		return made, false
	}
	made, err := time.Parse(copyStamp, m[1])
	return made, err == nil
}

// vacuumInto writes a consistent copy that only its owner can read, to a file
// that does not exist. The copy gets its name only when it is complete and on
// disk: SQLite itself does not sync it.
func vacuumInto(ctx context.Context, db *sql.DB, name string) (err error) {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist})
	}
	partial := name + ".partial"
	f, err := openPrivate(partial, os.O_TRUNC)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), removeIfThere(partial)) }()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", partial); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(partial, name); err != nil {
		return err
	}
	return syncDir(name)
}

// syncDir makes the names in a file's directory durable.
func syncDir(file string) error {
	d, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// restoreLeap is added to every account's counter, so that no number that a
// phone has seen since the backup is given to another row (contract, Sync).
const restoreLeap = 1 << 32

// Restore puts a backup in the place of the SQLite database, which no process
// may have open, and keeps the old file beside it. Accounts erased since the
// backup are erased again. The target stays as it was if anything fails. On
// PostgreSQL it moves a SQLite file in: see moveIn.
func Restore(ctx context.Context, o Options, file string) error {
	return restore(ctx, o, file, migrations.SQLite())
}

func restore(ctx context.Context, o Options, file string, files fs.FS) error {
	if o.postgres() {
		return moveIn(ctx, o.withDefaults(), file, files)
	}
	o = o.withDefaults()
	unlock, err := lockFile(o.Database)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	next := o.Database + ".restoring"
	err = restoreVia(ctx, o, file, next, files)
	if err = errors.Join(err, removeDatabase(next), unlock()); err != nil {
		return fmt.Errorf("restore %s: %w", file, err)
	}
	return nil
}

func restoreVia(ctx context.Context, o Options, file, next string, files fs.FS) (err error) {
	if err := removeDatabase(next); err != nil { // of a restore that was cut off
		return err
	}
	if err := copyVerified(ctx, file, next); err != nil {
		return err
	}
	aside := copyName(o, "replaced")
	if err := keepAside(o, aside); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeDatabase(aside))
		}
	}()
	if err := settleOld(ctx, o); err != nil {
		o.Log.WarnContext(ctx, "the old database cannot be read, its last erasures may be missing from the list", "error", err)
	}
	erased, err := readErasures(o.Database)
	if err != nil {
		return err
	}
	if err := bringUp(ctx, o, next, erased, files); err != nil {
		return err
	}
	if err := replaceDatabase(o, next); err != nil {
		return err
	}
	o.Log.InfoContext(ctx, "database restored", "from", file, "old", aside)
	return nil
}

// copyVerified copies a backup that SQLite finds whole.
func copyVerified(ctx context.Context, file, next string) error {
	if _, err := os.Stat(file); err != nil {
		return err
	}
	db, err := single(file, "mode=ro")
	if err != nil {
		return err
	}
	var found string
	err = db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found)
	if err == nil && found != "ok" {
		err = fmt.Errorf("the backup is damaged: %s", found)
	}
	if err == nil {
		err = vacuumInto(ctx, db, next)
	}
	return errors.Join(err, db.Close())
}

// settleOld saves from the database that is about to be replaced what must
// outlive it: its erasures, and what its journal holds.
func settleOld(ctx context.Context, o Options) error {
	if _, err := os.Stat(o.Database); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := single(o.Database, "mode=rw")
	if err != nil {
		return err
	}
	rows, err := queryErasures(ctx, db)
	if err = errors.Join(err, db.Close()); err != nil { // closing empties the journal
		return err
	}
	return keepErasures(o.Database, rows)
}

func queryErasures(ctx context.Context, db *sql.DB) (out []erasure, err error) {
	rows, err := db.QueryContext(ctx, "SELECT hash, salt FROM erasures")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var e erasure
		if err := rows.Scan(&e.Hash, &e.Salt); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// bringUp makes of the copy a database that can serve.
func bringUp(ctx context.Context, o Options, next string, erased []erasure, files fs.FS) (err error) {
	db, err := single(next, writerPragmas)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m, err := sqliteMigrations(db, files)
	if err != nil {
		return err
	}
	if version, err := m.GetDBVersion(ctx); err != nil || version == 0 {
		return errors.Join(errors.New("not a backup of this program"), err)
	}
	if err := migrate(ctx, o.Log, m, nil); err != nil {
		return err
	}
	// No transaction around these: the copy is thrown away if one fails.
	if _, err := db.ExecContext(ctx, "UPDATE accounts SET change_seq = change_seq + ?", int64(restoreLeap)); err != nil {
		return err
	}
	n, err := eraseAgain(ctx, db, erased)
	if err != nil {
		return fmt.Errorf("repeat erasures: %w", err)
	}
	o.Log.InfoContext(ctx, "erasures repeated", "accounts", n)
	_, err = db.ExecContext(ctx, "VACUUM") // what the erased left in the slack of pages
	return err
}

// eraseAgain deletes the accounts whose hashes are on the list; their rows go
// with them by their foreign keys.
func eraseAgain(ctx context.Context, db *sql.DB, erased []erasure) (n int, err error) {
	gone, salts := map[string]bool{}, map[string]bool{}
	for _, e := range erased {
		gone[e.Hash], salts[e.Salt] = true, true
	}
	ids, err := accountIDs(ctx, db)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		for salt := range salts {
			if !gone[eraseHash(salt, id)] {
				continue
			}
			if _, err := db.ExecContext(ctx, "DELETE FROM accounts WHERE id = ?", id); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

func accountIDs(ctx context.Context, db *sql.DB) (ids []string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT id FROM accounts")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// keepAside gives the old file and its journal a second name, so that there is
// a database at every moment.
func keepAside(o Options, aside string) error {
	for _, part := range []string{"", "-wal"} {
		err := os.Link(o.Database+part, aside+part)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("keep the old database: %w", err)
		}
	}
	return nil
}

// replaceDatabase puts next in the database's place.
func replaceDatabase(o Options, next string) error {
	for _, part := range []string{"-wal", "-shm"} { // they belong to the old file alone
		if err := removeIfThere(o.Database + part); err != nil {
			return err
		}
	}
	if err := os.Rename(next, o.Database); err != nil {
		return err
	}
	return syncDir(o.Database)
}

// removeDatabase removes a SQLite file with its journal, if it is there.
func removeDatabase(path string) error {
	var errs []error
	for _, part := range []string{"", "-wal", "-shm", "-journal"} {
		errs = append(errs, removeIfThere(path+part))
	}
	return errors.Join(errs...)
}

func removeIfThere(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
