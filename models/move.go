package models

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

// moveIn copies a SQLite file, a backup or the database of a stopped server,
// into a PostgreSQL database without accounts, as a whole or not at all. The
// server's keys move along, so push addresses and tokens stay valid; every
// account's counter leaps as after a restore.
func moveIn(ctx context.Context, o Options, file string, files fs.FS) (err error) {
	unlock, err := lockServed(file)
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

// lockServed keeps a server off the file, if it is one that was ever served.
func lockServed(file string) (unlock func() error, err error) {
	if _, err := os.Stat(file + ".lock"); errors.Is(err, fs.ErrNotExist) {
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
	if err := bringUp(ctx, o, next, erased, files); err != nil {
		return err
	}
	target, err := openPostgres(ctx, o, migrations.Postgres())
	if err != nil {
		return err
	}
	if err := target.Close(); err != nil { // it was opened to be migrated
		return err
	}
	from, err := single(next, "mode=ro")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	return copyAll(ctx, from, o.Database)
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
		// What a server has made there that served nobody.
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

// tablesOf lists the tables in the order in which they were made, which is that
// of their foreign keys.
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

func copyTable(ctx context.Context, from *sql.DB, to pgx.Tx, table string) (err error) {
	rows, err := from.QueryContext(ctx, "SELECT * FROM "+table) //nolint:gosec // a name of our own schema //nolint:gosec // a name from the catalogue
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

// moving hands rows of SQLite to COPY; the driver gives each column the Go type
// of its declaration, and both schemas declare the same.
type moving struct {
	*sql.Rows
	columns int
}

// Values is the current row.
func (m moving) Values() ([]any, error) {
	values, into := make([]any, m.columns), make([]any, m.columns)
	for i := range values {
		into[i] = &values[i]
	}
	return values, m.Scan(into...)
}
