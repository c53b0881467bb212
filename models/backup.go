package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// copyStamp is the time in a copy's name, in UTC; purge reads it back.
const copyStamp = "20060102T150405Z"

// copyBefore keeps the database as it is before a migration changes it.
func copyBefore(ctx context.Context, o Options, db *sql.DB, target int64) error {
	name := fmt.Sprintf("%s.before-%d-%s.db", o.Database, target, o.Now().UTC().Format(copyStamp))
	if err := vacuumInto(ctx, db, name); err != nil {
		return fmt.Errorf("copy the database before migrating it: %w", err)
	}
	o.Log.InfoContext(ctx, "database copied before migrating", "file", name)
	return nil
}

// vacuumInto writes a consistent copy that only its owner can read. The copy
// gets its name only when it is complete and on disk: SQLite does not sync it.
func vacuumInto(ctx context.Context, db *sql.DB, name string) (err error) {
	partial := name + ".partial"
	f, err := os.OpenFile(partial, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(partial))
		}
	}()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", partial); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Link(partial, name); err != nil { // unlike a rename, never replaces
		return err
	}
	if err := os.Remove(partial); err != nil {
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
