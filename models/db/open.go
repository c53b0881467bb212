package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/pressly/goose/v3"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"

	"aftercare/models/migrations"
)

// Open connects to the database, creating and migrating it as needed. It
// refuses a database of a newer version and a SQLite file that another process
// has open.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.postgres() {
		return openPostgres(ctx, o.WithDefaults(), migrations.Postgres())
	}
	return openSQLite(ctx, o.WithDefaults(), migrations.SQLite())
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
	if err := checkOurs(ctx, o.Database); err != nil {
		return s, err
	}
	writer, err := s.connect(sqlite.Open(dsn(o.Database, writerPragmas)), 1)
	if err != nil {
		return s, err
	}
	for _, setting := range writerSettings {
		if err := writer.Exec(setting).Error; err != nil {
			return s, openErr(setting, err)
		}
	}
	if err := migrateSQLite(ctx, o, writer, files); err != nil {
		return s, err
	}
	if s.pool, err = s.connect(sqlite.Open(dsn(o.Database, readerPragmas)), readers); err != nil {
		return s, err
	}
	journal, err := newCheckpointer(o.Database)
	if err != nil {
		return s, err
	}
	s.release = append([]func() error{journal.close}, s.release...)
	g, err := newGroup(writer, s.q, journal)
	if err != nil {
		return s, err
	}
	s.commits = g
	s.release = append([]func() error{g.close}, s.release...)
	return s, s.FinishErasures(ctx, 0) // completes the last erasures if the process was killed before it could
}

func openPostgres(ctx context.Context, o Options, files fs.FS) (s *Store, err error) {
	s = &Store{opts: o}
	if s.pool, err = s.connect(postgres.Open(postgresAddress(o.Database)), postgresConns); err != nil {
		return nil, err
	}
	pool, err := s.pool.DB()
	if err != nil {
		return nil, errors.Join(openErr(o.shown(), err), s.Close())
	}
	s.commits = plain{s.pool, s.q, s.limit}
	if err := migratePostgres(ctx, o, pool, files); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// postgresAddress returns the address with a limit on the time to connect to
// each server, unless it has one: the first of several servers may be frozen.
func postgresAddress(database string) string {
	separator := "?"
	switch {
	case strings.Contains(database, "connect_timeout="):
		return database
	case strings.Contains(database, "?"):
		separator = "&"
	}
	return database + separator + "connect_timeout=5"
}

// Inspect opens a database without locking or migrating it, even while a server
// uses it. It is for an operator's questions.
func Inspect(ctx context.Context, o Options) (*Store, error) {
	s := &Store{opts: o.WithDefaults()}
	to, dialect, files := postgres.Open(postgresAddress(o.Database)), goose.DialectPostgres, migrations.Postgres()
	if !o.postgres() {
		if _, err := os.Stat(o.Database); err != nil {
			return nil, openErr(o.Database, err)
		}
		// Its few writes wait for the server's, and the server's for these.
		to = sqlite.Open(dsn(o.Database, pragmas+"&mode=rw&_synchronous=FULL&_txlock=immediate&_secure_delete=1"))
		dialect, files = goose.DialectSQLite3, migrations.SQLite()
	}
	var err error
	if s.pool, err = s.connect(to, 1); err != nil {
		return nil, err
	}
	s.commits = plain{s.pool, s.q, s.limit}
	if err := s.sameVersion(ctx, dialect, files); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// sameVersion returns an error unless the database has this program's version.
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
