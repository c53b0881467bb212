package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aftercare/models/storetest"
)

func write(t testing.TB, s *Store, account, id, body string) {
	t.Helper()
	if err := s.Write(context.Background(), account, func(tx *Tx) error { return note(tx, id, body) }); err != nil {
		t.Fatal(err)
	}
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func backup(t testing.TB, database string) (file string) {
	t.Helper()
	file, err := Backup(context.Background(), probeOptions(database), filepath.Join(t.TempDir(), "copy.db"))
	if err != nil {
		t.Fatal(err)
	}
	private(t, file)
	return file
}

// Each write is two rows; a copy made in the middle of many holds both of it or none.
func TestBackupWhileWriting(t *testing.T) {
	database := storetest.SQLite(t)
	s := openProbe(t, database, "a")
	var stop atomic.Bool
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				id := fmt.Sprintf("%d-%d", w, i)
				err := s.Write(context.Background(), "a", func(tx *Tx) error {
					return errors.Join(note(tx, id, "x"), note(tx, id+"+", "x"))
				})
				if err != nil {
					t.Errorf("write during a backup: %v", err)
				}
			}
		})
	}
	seen := 0
	for range 5 {
		copied := openProbe(t, backup(t, database))
		n := query[int](t, copied, "SELECT count(*) FROM notes")
		if n%2 != 0 || n < seen {
			t.Errorf("a copy holds %d rows, the one before %d", n, seen)
		}
		seen = n
		checkDense(t, copied, "a")
	}
	stop.Store(true)
	wg.Wait()
}

func TestBackupReplacesNothing(t *testing.T) {
	database := storetest.SQLite(t)
	openProbe(t, database)
	file := filepath.Join(t.TempDir(), "kept")
	if err := os.WriteFile(file, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Backup(context.Background(), probeOptions(database), file); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("backup over a file: %v, want that it exists", err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "kept" {
		t.Fatalf("the file became %q (%v)", got, err)
	}
	if _, err := os.Stat(file + ".partial"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the unfinished copy was left behind: %v", err)
	}
}

func TestBackupOfNoDatabase(t *testing.T) {
	database := storetest.SQLite(t)
	if _, err := Backup(context.Background(), probeOptions(database), t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("backup of a database that is not there: %v", err)
	}
	if _, err := os.Stat(database); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("a backup created the database")
	}
}

func TestPostgresPointsToItsOwnTools(t *testing.T) {
	o := probeOptions("postgres://nowhere/none")
	if _, err := Backup(context.Background(), o, "x"); err == nil || !strings.Contains(err.Error(), "pg_dump") {
		t.Errorf("backup: %v", err)
	}
	if err := Restore(context.Background(), o, "x"); err == nil || !strings.Contains(err.Error(), "pg_restore") {
		t.Errorf("restore: %v", err)
	}
}

func TestPurgeDeletesOldCopiesAlone(t *testing.T) {
	dir := t.TempDir()
	database := filepath.Join(dir, "care.db")
	s := openProbe(t, database)
	gone := []string{
		"care.db.before-2-20260130T093000Z.db", "care.db.backup-20260101T000000Z.db",
		"care.db.replaced-20251231T235959Z.db", "care.db.replaced-20251231T235959Z.db-wal",
		"care.db.backup-20260101T000000Z.db.partial",
	}
	kept := []string{
		"care.db.before-2-20260130T093001Z.db", "care.db.backup-20260301T000000Z.db",
		"other.db.backup-20200101T000000Z.db", "care.db.backup-20200101T000000Z.db.txt",
		"care.db.backup-20201301T000000Z.db", "care.db.mine-20200101T000000Z.db", "xcare.db.backup-20200101T000000Z.db",
	}
	for _, name := range append(append([]string{}, gone...), kept...) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n, err := s.PurgeCopies()
	if err != nil || n != len(gone) {
		t.Errorf("purged %d (%v), want %d", n, err, len(gone))
	}
	for _, name := range gone {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there", name)
		}
	}
	for _, name := range append(kept, "care.db") {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What Backup and the migration name, purge recognises.
func TestPurgeKnowsOurNames(t *testing.T) {
	o := probeOptions("/somewhere/care.db")
	for _, kind := range []string{"before-3", "backup", "replaced"} {
		made, ok := copyTime("care.db", filepath.Base(copyName(o, kind)))
		if !ok || !made.Equal(probeNow) {
			t.Errorf("%s: read as %v %v", copyName(o, kind), made, ok)
		}
	}
}

func TestRestore(t *testing.T) {
	ctx := context.Background()
	database := storetest.SQLite(t)
	s := openProbe(t, database, "stays", "erased-before", "erased-after")
	write(t, s, "stays", "1", "old")
	write(t, s, "erased-after", "1", "the words of erased-after")
	err := s.Write(ctx, "erased-after", func(tx *Tx) error {
		return run(tx.Q, "INSERT INTO names (name, account_id) VALUES ('email:erased-after', $1)", "erased-after")
	})
	if err != nil {
		t.Fatal(err)
	}
	file := backup(t, database)
	write(t, s, "stays", "2", "new")
	err = s.Write(ctx, "erased-after", func(tx *Tx) error {
		return errors.Join(tx.RecordErasure("erased-after"), run(tx.Q, "DELETE FROM accounts WHERE id = $1", "erased-after"))
	})
	if err != nil {
		t.Fatal(err)
	}
	o := probeOptions(database)
	if err := restore(ctx, o, file, probeFiles()); !errors.Is(err, ErrInUse) {
		t.Fatalf("restore under a running server: %v, want ErrInUse", err)
	}
	closeStore(t, s)

	if err := restore(ctx, o, file, probeFiles("00002_more.sql\nCREATE TABLE more (id TEXT);")); err != nil {
		t.Fatal(err)
	}
	if n := readable(t, database, "erased-after"); n != 0 {
		t.Errorf("the account erased since is readable %d times", n)
	}
	s, err = openFiles(database, probeFiles("00002_more.sql\nCREATE TABLE more (id TEXT);"))
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	if got := queryAll[string](t, s, "SELECT id FROM accounts ORDER BY id"); fmt.Sprint(got) != "[erased-before stays]" {
		t.Errorf("accounts %v", got)
	}
	if got := queryAll[string](t, s, "SELECT body FROM notes"); fmt.Sprint(got) != "[old]" {
		t.Errorf("notes %v, want those of the backup", got)
	}
	if got := query[int64](t, s, "SELECT change_seq FROM accounts WHERE id = 'stays'"); got != 2+Epoch {
		t.Errorf("change_seq %d, want the backup's 2 and 2^32", got)
	}
	if got := query[int64](t, s, "SELECT MIN(seq) FROM notes"); got <= Epoch {
		t.Errorf("a note has number %d, which a phone has seen", got)
	}
	if left, _ := filepath.Glob(database + ".restoring*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	aside := openProbe(t, database+".replaced-20260301T093000Z.db")
	if got := query[int](t, aside, "SELECT count(*) FROM notes WHERE body = 'new'"); got != 1 {
		t.Error("the old database was not kept aside as it was")
	}
}

// A backup that is restored again still raises the counters: phones have seen
// numbers since it was restored first.
func TestRestoreTwice(t *testing.T) {
	database := storetest.SQLite(t)
	s := openProbe(t, database, "a")
	write(t, s, "a", "1", "old")
	file := backup(t, database)
	closeStore(t, s)
	seen := int64(0)
	for n := range 3 {
		o := probeOptions(database)
		o.Now = func() time.Time { return time.Date(2026, 3, 1, 9, n, 0, 0, time.UTC) } // each keeps the file before it aside
		if err := restore(context.Background(), o, file, probeFiles()); err != nil {
			t.Fatal(err)
		}
		s := openProbe(t, database)
		if got := query[int64](t, s, "SELECT MIN(seq) FROM notes"); got < seen+1<<31 {
			t.Errorf("restored %d times, the note has number %d; phones have seen %d", n+1, got, seen)
		}
		write(t, s, "a", fmt.Sprint(n+2), "since")
		seen = query[int64](t, s, "SELECT change_seq FROM accounts")
		closeStore(t, s)
	}
}

// A restore that cannot succeed leaves the database as it was.
func TestRestoreRefuses(t *testing.T) {
	scratch := func(t *testing.T, edit func(file string)) string {
		database := storetest.SQLite(t)
		s := openProbe(t, database, "a")
		for i := range 200 {
			write(t, s, "a", fmt.Sprint(i), strings.Repeat("x", 100))
		}
		closeStore(t, s)
		edit(database)
		return database
	}
	for name, file := range map[string]string{
		"missing": filepath.Join(t.TempDir(), "none"),
		"damaged": scratch(t, func(file string) { overwrite(t, file, 3*4096, strings.Repeat("\xff", 6*4096)) }),
		"cut off": scratch(t, func(file string) {
			if err := os.Truncate(file, 3*4096); err != nil {
				t.Fatal(err)
			}
		}),
		"newer": scratch(t, func(file string) {
			s, err := openFiles(file, probeFiles("00002_more.sql\nCREATE TABLE more (id TEXT);"))
			if err != nil {
				t.Fatal(err)
			}
			closeStore(t, s)
		}),
		"another program's": scratch(t, func(file string) { sqlExec(t, file, "DROP TABLE goose_db_version") }),
	} {
		t.Run(name, func(t *testing.T) {
			database := storetest.SQLite(t)
			closeStore(t, openProbe(t, database, "mine"))
			if err := restore(context.Background(), probeOptions(database), file, probeFiles()); err == nil {
				t.Error("restored")
			}
			if got := queryAll[string](t, openProbe(t, database), "SELECT id FROM accounts"); fmt.Sprint(got) != "[mine]" {
				t.Errorf("accounts %v, want those of before", got)
			}
			if left, _ := filepath.Glob(database + ".re*"); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// The way back from a database that is itself broken, journal included.
func TestRestoreOverDamagedDatabase(t *testing.T) {
	database := storetest.SQLite(t)
	s := openProbe(t, database, "a")
	file := backup(t, database)
	closeStore(t, s)
	overwrite(t, database, 0, strings.Repeat("\xff", 4096))
	if err := os.WriteFile(database+"-wal", []byte("what the journal held"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := restore(context.Background(), probeOptions(database), file, probeFiles()); err != nil {
		t.Fatal(err)
	}
	if n := query[int](t, openProbe(t, database), "SELECT count(*) FROM accounts"); n != 1 {
		t.Fatalf("%d accounts, want the backup's 1", n)
	}
	for _, part := range []string{"", "-wal"} {
		if _, err := os.Stat(database + ".replaced-20260301T093000Z.db" + part); err != nil {
			t.Errorf("the damaged file was not kept: %v", err)
		}
	}
}

func TestRestoreWhereNothingIs(t *testing.T) {
	from := storetest.SQLite(t)
	openProbe(t, from, "a")
	database := storetest.SQLite(t)
	o := probeOptions(database)
	o.Now = func() time.Time { return probeNow.Add(time.Hour) }
	if err := restore(context.Background(), o, backup(t, from), probeFiles()); err != nil {
		t.Fatal(err)
	}
	private(t, database)
	if n := query[int](t, openProbe(t, database), "SELECT count(*) FROM accounts"); n != 1 {
		t.Fatalf("%d accounts, want 1", n)
	}
}

func overwrite(t *testing.T, file string, at int64, data string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte(data), at); err != nil {
		t.Fatal(err)
	}
}

func sqlExec(t *testing.T, file, statement string) {
	t.Helper()
	db, err := single(file, "mode=rw")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}
