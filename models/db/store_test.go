package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"aftercare/models/storetest"
)

// probeSchema is a small database of the store's own tests: what the write
// path needs, and tables that can be made to fail.
const probeSchema = `-- +goose Up
CREATE TABLE accounts (id TEXT NOT NULL PRIMARY KEY, change_seq BIGINT NOT NULL);
CREATE TABLE notes (
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  id TEXT NOT NULL, seq BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (account_id, id));
CREATE INDEX notes_body ON notes (body);
CREATE TABLE names (name TEXT NOT NULL PRIMARY KEY, account_id TEXT NOT NULL);
CREATE TABLE late (id TEXT NOT NULL REFERENCES accounts (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE times (id BIGINT NOT NULL PRIMARY KEY, at BIGINT);
CREATE TABLE erasures (hash TEXT NOT NULL PRIMARY KEY, salt TEXT NOT NULL, erased_at BIGINT NOT NULL);
`

// The tests of this package make tables of their own.
func init() { storetest.OwnTables = true }

func probeFiles(more ...string) fstest.MapFS {
	files := fstest.MapFS{"00001_init.sql": {Data: []byte(probeSchema)}}
	for _, m := range more {
		name, data, _ := strings.Cut(m, "\n")
		files[name] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + data)}
	}
	return files
}

var probeNow = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)

func probeOptions(database string) Options {
	return Options{Database: database, Now: func() time.Time { return probeNow }, Log: slog.New(slog.DiscardHandler), limit: callLimit}
}

func openFiles(database string, files fs.FS) (*Store, error) {
	o := probeOptions(database)
	if o.postgres() {
		return openPostgres(context.Background(), o, files)
	}
	return openSQLite(context.Background(), o.WithDefaults(), files)
}

func openProbe(t testing.TB, database string, accounts ...string) *Store {
	t.Helper()
	s, err := openFiles(database, probeFiles())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	for _, a := range accounts {
		addAccount(t, s, a)
	}
	return s
}

func addAccount(t testing.TB, s *Store, id string) {
	t.Helper()
	err := s.WriteAny(context.Background(), func(tx *Tx) error {
		return run(tx.Q, "INSERT INTO accounts (id, change_seq) VALUES ($1, 1)", id)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// note writes one row; its number in the feed is its seq.
func note(tx *Tx, id, body string) error {
	return run(tx.Q, "INSERT INTO notes (account_id, id, seq, body) VALUES ($1, $2, $3, $4)", tx.Account, id, tx.NextSeq(), body)
}

func run(q Q, sql string, args ...any) error { return q.Exec(sql, args...) }

// query is the first row, the zero value where there is none.
func query[T any](t testing.TB, s *Store, sql string, args ...any) (out T) {
	t.Helper()
	found, err := Found[T](s.Read(context.Background()), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if found != nil {
		out = *found
	}
	return out
}

func queryAll[T any](t testing.TB, s *Store, sql string, args ...any) []T {
	t.Helper()
	out, err := Rows[T](s.Read(context.Background()), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func TestOpenRefusesSecondProcess(t *testing.T) {
	database := storetest.SQLite(t)
	openProbe(t, database)
	if _, err := openFiles(database, probeFiles()); !errors.Is(err, ErrInUse) {
		t.Fatalf("second open: %v, want ErrInUse", err)
	}
}

// Another program's SQLite file is refused, and stays as it is to the byte.
func TestAnotherProgramsDatabaseIsRefused(t *testing.T) {
	database := storetest.SQLite(t)
	other, err := single(database, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec("CREATE TABLE accounts (owner TEXT); INSERT INTO accounts VALUES ('somebody')"); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openFiles(database, probeFiles()); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("opened: %v", err)
	}
	if after, err := os.ReadFile(database); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed: %v", err)
	}
}

func TestOpenAgainAfterClose(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := openProbe(t, database, "a")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = openProbe(t, database)
		if n := query[int](t, s, "SELECT count(*) FROM accounts"); n != 1 {
			t.Fatalf("%d accounts after reopening, want 1", n)
		}
	})
}

func TestOpenRefusesNewerDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s, err := openFiles(database, probeFiles("00002_more.sql\nCREATE TABLE more (id TEXT);"))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := openFiles(database, probeFiles()); !errors.Is(err, ErrNewerDatabase) {
			t.Fatalf("open by the older version: %v, want ErrNewerDatabase", err)
		}
	})
}

func TestMigrationCopiesFileFirst(t *testing.T) {
	database := storetest.SQLite(t)
	copies := func() []string {
		found, err := filepath.Glob(database + ".before-*")
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	s := openProbe(t, database, "a")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if found := copies(); len(found) != 0 {
		t.Fatalf("a new database was copied: %v", found)
	}
	s, err := openFiles(database, probeFiles("00002_drop.sql\nDELETE FROM accounts;"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := database + ".before-2-20260301T093000Z.db"
	if found := copies(); len(found) != 1 || found[0] != want {
		t.Fatalf("copies: %v, want %s alone", found, want)
	}
	private(t, want)
	if n := query[int](t, openProbe(t, want), "SELECT count(*) FROM accounts"); n != 1 {
		t.Fatalf("the copy has %d accounts, want the 1 of before the migration", n)
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := openProbe(t, database, "a")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := openFiles(database, probeFiles("00002_bad.sql\nDELETE FROM accounts;\nINSERT INTO nowhere VALUES (1);")); err == nil {
			t.Fatal("a migration that fails was taken as done")
		}
		s = openProbe(t, database)
		if n := query[int](t, s, "SELECT count(*) FROM accounts"); n != 1 {
			t.Fatalf("%d accounts after a failed migration, want 1", n)
		}
	})
}

func TestProcessesMigrateTogether(t *testing.T) {
	database := storetest.Postgres(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := openFiles(database, probeFiles())
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	wg.Wait()
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	database := storetest.SQLite(t)
	s := openProbe(t, database, "a")
	if err := s.Write(context.Background(), "a", func(tx *Tx) error { return tx.RecordErasure("x") }); err != nil {
		t.Fatal(err)
	}
	if err := s.FinishErasures(context.Background(), RewriteAtOnce); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"", "-wal", "-shm", ".lock", ".erasures"} {
		private(t, database+part)
	}
}

func private(t testing.TB, name string) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %v, want 0600", name, info.Mode())
	}
}

func TestOpenTakesAnyPath(t *testing.T) {
	database := filepath.Join(t.TempDir(), "a b?mode=memory#%41.db")
	s := openProbe(t, database, "a")
	if info, err := os.Stat(database); err != nil || info.Size() == 0 {
		t.Fatalf("the database is not in the file named: %v", err)
	}
	if n := query[int](t, s, "SELECT count(*) FROM accounts"); n != 1 {
		t.Fatalf("%d accounts, want 1", n)
	}
}

func TestOpenRefusesOtherFile(t *testing.T) {
	database := storetest.SQLite(t)
	const text = "not a database, but somebody's notes: longer than a header is"
	if err := os.WriteFile(database, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openFiles(database, probeFiles()); err == nil {
		t.Fatal("a text file was opened as a database")
	}
	if got, err := os.ReadFile(database); err != nil || string(got) != text {
		t.Fatalf("the file was changed: %q %v", got, err)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	s := openProbe(t, storetest.SQLite(t), "a")
	if err := run(s.Read(context.Background()), "DELETE FROM accounts"); err == nil {
		t.Fatal("a reader deleted rows outside the write path")
	}
}

func TestSnapshotIsOneState(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := openProbe(t, database, "a")
		err := s.Snapshot(context.Background(), func(q Q) error {
			before, err := Row[int](q, "SELECT count(*) FROM accounts")
			if err != nil {
				return err
			}
			addAccount(t, s, "b")
			after, err := Row[int](q, "SELECT count(*) FROM accounts")
			if err != nil {
				return err
			}
			if before != 1 || after != 1 {
				t.Errorf("saw %d, then %d accounts, want 1 both times", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func newTextLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

func TestCloseLeavesNothingRunning(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		running := goleak.IgnoreCurrent()
		s := openProbe(t, database, "a")
		write(t, s, "a", "1", "x")
		if n := query[int](t, s, "SELECT count(*) FROM notes"); n != 1 {
			t.Errorf("%d notes, want 1", n)
		}
		closeStore(t, s)
		goleak.VerifyNone(t, running)
	})
}

// The jobs' tests live in a bubble of fake time; the store must not keep it
// from passing.
func TestStoreInFakeTime(t *testing.T) {
	database := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		o := probeOptions(database)
		o.Now = SystemClock
		s, err := openSQLite(context.Background(), o, probeFiles())
		if err != nil {
			t.Fatal(err)
		}
		addAccount(t, s, "a")
		start := s.Now()
		for day := range 30 {
			<-time.After(24 * time.Hour)
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			err := s.Write(ctx, "a", func(tx *Tx) error { return note(tx, fmt.Sprint(day), tx.Now.Format(time.RFC3339)) })
			cancel()
			if err != nil {
				t.Fatal(err)
			}
		}
		if passed := s.Now().Sub(start); passed != 30*24*time.Hour {
			t.Errorf("%v passed, want 30 days", passed)
		}
		closeStore(t, s)
	})
}
