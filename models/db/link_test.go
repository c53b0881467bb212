package db

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aftercare/models/storetest"
)

// linkTo returns a symbolic link in a directory of its own, relative or not.
func linkTo(t *testing.T, target string, relative bool) string {
	t.Helper()
	link := filepath.Join(t.TempDir(), "link.db")
	if relative {
		var err error
		if target, err = filepath.Rel(filepath.Dir(link), target); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// A symbolic link is no second file: what it leads to has one process, also where
// the file was made over the link.
func TestALinkIsNoSecondFile(t *testing.T) {
	for _, relative := range []bool{true, false} {
		database := storetest.SQLite(t)
		link := linkTo(t, linkTo(t, database, relative), relative)
		for _, names := range [][2]string{{link, database}, {database, link}} { // the first one makes the file
			s := openProbe(t, names[0])
			if _, err := openFiles(names[1], probeFiles()); !errors.Is(err, ErrInUse) {
				t.Errorf("%s beside %s: %v, want ErrInUse", names[1], names[0], err)
			}
			closeStore(t, s)
		}
		folder := linkTo(t, filepath.Dir(database), relative)
		s := openProbe(t, filepath.Join(folder, "another.db"))
		if _, err := openFiles(filepath.Join(filepath.Dir(database), "another.db"), probeFiles()); !errors.Is(err, ErrInUse) {
			t.Errorf("beside a folder's link: %v, want ErrInUse", err)
		}
		closeStore(t, s)
	}
}

// erasedAfterBackup returns a database with an account that was erased after the
// backup.
func erasedAfterBackup(t *testing.T) (database, file string) {
	t.Helper()
	database = storetest.SQLite(t)
	s := openProbe(t, database, "stays", "leaves")
	file = backup(t, database)
	erase(t, s, "leaves")
	closeStore(t, s)
	return database, file
}

// A restore over a link replaces the database and leaves the link; the list of
// erasures lies beside the database.
func TestRestoreOverALink(t *testing.T) {
	database, file := erasedAfterBackup(t)
	link := linkTo(t, database, false)
	s := openProbe(t, link)
	closeStore(t, s)
	if err := os.Remove(database); err != nil { // the list alone tells who has left
		t.Fatal(err)
	}
	if err := restore(context.Background(), probeOptions(link), file, probeFiles()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became %v (%v)", info, err)
	}
	if got := queryAll[string](t, openProbe(t, database), "SELECT id FROM accounts"); strings.Join(got, " ") != "stays" {
		t.Errorf("accounts %v, want who has not left", got)
	}
}

// erase deletes an account for good.
func erase(t *testing.T, s *Store, account string) {
	t.Helper()
	err := s.Write(context.Background(), account, func(tx *Tx) error {
		if err := tx.RecordErasure(account); err != nil {
			return err
		}
		return run(tx.Q, "DELETE FROM accounts WHERE id = $1", account)
	})
	if err == nil {
		err = s.FinishErasures(context.Background(), RewriteAtOnce)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A restore that cannot know who was erased since says so.
func TestRestoreTellsThatTheListIsMissing(t *testing.T) {
	database, file := erasedAfterBackup(t)
	for i, c := range []struct {
		lost []string
		told bool
	}{{nil, false}, {[]string{""}, false}, {[]string{"", ".erasures"}, true}} {
		for _, part := range c.lost {
			if err := os.Remove(database + part); err != nil {
				t.Fatal(err)
			}
		}
		var said bytes.Buffer
		o := probeOptions(database)
		o.Now = func() time.Time { return probeNow.Add(time.Duration(i) * time.Minute) }
		o.Log = slog.New(slog.NewTextHandler(&said, nil))
		if err := restore(context.Background(), o, file, probeFiles()); err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(said.String(), "list of erasures is missing"); told != c.told {
			t.Errorf("without %q it said:\n%s", c.lost, said.String())
		}
		if named := strings.Contains(said.String(), "old=none"); named != (len(c.lost) > 0) {
			t.Errorf("without %q it names what stood there before:\n%s", c.lost, said.String())
		}
	}
}

// A backup of another program's file would be none.
func TestBackupOfAnotherProgramsDatabase(t *testing.T) {
	database := storetest.SQLite(t)
	closeStore(t, openProbe(t, database))
	sqlExec(t, database, "DROP TABLE goose_db_version")
	file := filepath.Join(t.TempDir(), "copy.db")
	if _, err := Backup(context.Background(), probeOptions(database), file); err == nil {
		t.Error("it was copied")
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy is there: %v", err)
	}
}
