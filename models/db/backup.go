package db

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
)

// copyStamp is the UTC timestamp in a copy's name; PurgeCopies parses it.
const copyStamp = "20060102T150405Z"

// copyKept is how long copies of the database are kept (P8).
const copyKept = 30 * 24 * time.Hour

// copyPattern matches what follows the database's name in the name of a copy;
// files named otherwise are not ours to delete.
var copyPattern = regexp.MustCompile(`^\.(?:before-\d+|backup|replaced)-(\d{8}T\d{6}Z)\.db(?:-wal|\.partial)?$`)

func copyName(o Options, kind string) string {
	return fmt.Sprintf("%s.%s-%s.db", o.Database, kind, o.Now().UTC().Format(copyStamp))
}

// Backup writes a consistent copy of the SQLite database to a new file and
// returns the file's name; a server may be using the database meanwhile. Given
// a directory, it chooses the name itself; such a copy is purged after 30 days
// if it is next to the database.
func Backup(ctx context.Context, o Options, file string) (string, error) {
	if o.postgres() {
		return "", errors.New("backup: PostgreSQL is backed up with pg_dump --format=custom")
	}
	o = o.WithDefaults()
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		file = filepath.Join(file, filepath.Base(copyName(o, "backup")))
	}
	if _, err := os.Stat(o.Database); err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	if err := checkOurs(ctx, o.Database); err != nil { // a copy of it could not be restored
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

// PurgeCopies deletes copies next to the database whose names say that they are
// older than 30 days, and returns how many.
func (s *Store) PurgeCopies() (n int, err error) {
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

// copyTime returns when a copy of the database named base was made.
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

// vacuumInto writes a consistent copy, readable by its owner only, to a file
// that must not exist. The copy gets its final name once it is complete and
// synced, since SQLite does not sync it.
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
