package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/jackc/pgx/v5"

	"aftercare/models/migrations"
)

// Restore replaces the SQLite database, which no process may have open, by a
// backup, and keeps the old file next to it. Accounts erased since the backup
// are erased again. The target stays unchanged if anything fails. On PostgreSQL
// it imports a SQLite file: see moveIn.
func Restore(ctx context.Context, o Options, file string) error {
	return restore(ctx, o, file, migrations.SQLite())
}

func restore(ctx context.Context, o Options, file string, files fs.FS) error {
	if o.postgres() {
		return moveIn(ctx, o.WithDefaults(), file, files)
	}
	o = o.WithDefaults()
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
	if err := removeDatabase(next); err != nil { // left by an interrupted restore
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
	if err := saveOld(ctx, o); err != nil {
		o.Log.WarnContext(ctx, "the old database cannot be read, its last erasures may be missing from the list", "error", err)
	}
	erased, err := readErasures(o.Database)
	if err != nil {
		return err
	}
	if err := bringUp(ctx, o, next, epochOf(ctx, o.Database), erased, files); err != nil {
		return err
	}
	if err := replaceDatabase(o, next); err != nil {
		return err
	}
	old := aside
	if _, err := os.Stat(aside); err != nil {
		old = "none"
	}
	o.Log.InfoContext(ctx, "database restored", "from", file, "old", old)
	return nil
}

// saveOld saves what must outlive the database that is about to be replaced:
// its erasures and the contents of its journal.
func saveOld(ctx context.Context, o Options) error {
	if _, err := os.Stat(o.Database); errors.Is(err, fs.ErrNotExist) {
		o.tellMissingList(ctx, o.Database)
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

// tellMissingList warns of a restore that cannot know who was erased since: no
// list is beside the database, and no database that would have it.
func (o Options) tellMissingList(ctx context.Context, database string) {
	if _, err := os.Stat(erasuresFile(database)); errors.Is(err, fs.ErrNotExist) {
		o.Log.WarnContext(ctx, "the list of erasures is missing: who was erased after this backup was made is back", "list", erasuresFile(database))
	}
}

// keepAside gives the old file and its journal a second name, so that a
// database exists at every moment.
func keepAside(o Options, aside string) error {
	for _, part := range []string{"", "-wal"} {
		err := os.Link(o.Database+part, aside+part)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("keep the old database: %w", err)
		}
	}
	return nil
}

// replaceDatabase renames next to the database's name.
func replaceDatabase(o Options, next string) error {
	for _, part := range []string{"-wal", "-shm"} { // these belong to the old file
		if err := removeIfThere(o.Database + part); err != nil {
			return err
		}
	}
	if err := os.Rename(next, o.Database); err != nil {
		return err
	}
	return syncDir(o.Database)
}

// bringUp turns the copy into a database that can be served, in the place of one
// that was in this epoch.
func bringUp(ctx context.Context, o Options, next string, epoch int64, erased []erasure, files fs.FS) (err error) {
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
	// No transaction needed: the copy is discarded if a statement fails.
	if err := leap(ctx, db, epoch); err != nil {
		return fmt.Errorf("raise the counters: %w", err)
	}
	n, err := eraseAgain(ctx, db, erased)
	if err != nil {
		return fmt.Errorf("repeat erasures: %w", err)
	}
	o.Log.InfoContext(ctx, "erasures repeated", "accounts", n)
	_, err = db.ExecContext(ctx, "VACUUM") // removes what erased rows left in the slack of pages
	return err
}

// eraseAgain deletes the accounts whose hashes are on the list and returns how
// many; foreign keys delete their rows.
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
			for _, erase := range []string{"DELETE FROM names WHERE account_id = ?", "DELETE FROM accounts WHERE id = ?"} {
				if _, err := db.ExecContext(ctx, erase, id); err != nil {
					return n, err
				}
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

// copyVerified copies a backup that passes SQLite's integrity check.
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

// moveIn copies a SQLite file, a backup or the database of a stopped server,
// into a PostgreSQL database without accounts, completely or not at all. The
// server's keys are copied too, so push addresses and tokens stay valid; every
// account's counter is raised as after a restore.
func moveIn(ctx context.Context, o Options, file string, files fs.FS) (err error) {
	file = behindLinks(file)
	unlock, err := lockServed(ctx, o, file)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	next := file + ".moving"
	err = errors.Join(removeDatabase(next), moveVia(ctx, o, file, next, files))
	if err = errors.Join(err, removeDatabase(next), unlock()); err != nil {
		return fmt.Errorf("move %s to PostgreSQL (what pg_dump wrote is for pg_restore): %w", file, err)
	}
	o.Log.InfoContext(ctx, "database moved", "from", file)
	return nil
}

// lockServed locks the file against servers, if a server has ever used it. One
// that none has used is a backup.
func lockServed(ctx context.Context, o Options, file string) (unlock func() error, err error) {
	if _, err := os.Stat(lockName(file)); errors.Is(err, fs.ErrNotExist) {
		o.tellMissingList(ctx, file)
		return func() error { return nil }, nil
	}
	return lockFile(file)
}

func moveVia(ctx context.Context, o Options, file, next string, files fs.FS) (err error) {
	if err := copyVerified(ctx, file, next); err != nil {
		return err
	}
	erased, err := readErasures(file)
	if err != nil {
		return err
	}
	if err := bringUp(ctx, o, next, 0, erased, files); err != nil {
		return err
	}
	target, err := openPostgres(ctx, o, migrations.Postgres())
	if err != nil {
		return err
	}
	if err := target.Close(); err != nil { // it was opened only to migrate it
		return err
	}
	from, err := single(next, "mode=ro")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	return copyAll(ctx, from, postgresAddress(o.Database))
}

// copyAll copies every table in one transaction.
func copyAll(ctx context.Context, from *sql.DB, to string) (err error) {
	conn, err := pgx.Connect(ctx, to)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var accounts int
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM accounts").Scan(&accounts); err != nil {
			return err
		}
		if accounts > 0 {
			return fmt.Errorf("it holds %d accounts already; give an empty database", accounts)
		}
		// Settings that a server created here before anybody used it.
		if _, err := tx.Exec(ctx, "DELETE FROM settings"); err != nil {
			return err
		}
		tables, err := tablesOf(ctx, from)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if err := copyTable(ctx, from, tx, table); err != nil {
				return fmt.Errorf("copy %s: %w", table, err)
			}
		}
		return nil
	})
}

// tablesOf returns the tables in order of creation, which is also the order of
// their foreign keys.
func tablesOf(ctx context.Context, db *sql.DB) (names []string, err error) {
	rows, err := db.QueryContext(ctx, `SELECT name FROM sqlite_master
		WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%' ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// moving passes rows of SQLite to COPY; the driver returns each column in the
// Go type of its declaration, and both schemas declare the same types.
type moving struct {
	*sql.Rows
	columns int
}

// Values returns the current row.
func (m moving) Values() ([]any, error) {
	values, into := make([]any, m.columns), make([]any, m.columns)
	for i := range values {
		into[i] = &values[i]
	}
	return values, m.Scan(into...)
}

func copyTable(ctx context.Context, from *sql.DB, to pgx.Tx, table string) (err error) {
	rows, err := from.QueryContext(ctx, "SELECT * FROM "+table) //nolint:gosec // a name of our own schema
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	_, err = to.CopyFrom(ctx, pgx.Identifier{table}, columns, moving{rows, len(columns)})
	return errors.Join(err, rows.Err())
}
