package db

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"aftercare/models/storetest"
)

// Note is a row of the probe's notes.
type Note struct {
	AccountID string `gorm:"primaryKey"`
	ID        string `gorm:"primaryKey"`
	Seq       int64
	Body      string
}

// sizes are around those at which lists and sets are filled up.
var sizes = []int{0, 1, 2, 8, 9, 16, 17, 64, 65, 300}

// A list or set of any length finds what it names and nothing else, and takes
// one of few statements.
func TestSetsOfAnySize(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		texts := map[string]bool{}
		o := probeOptions(database)
		o.Trace = func(text string, _ []any) { texts[text] = true }
		open := openSQLite
		files := probeFiles()
		if o.postgres() {
			open = openPostgres
		}
		s, err := open(context.Background(), o, files)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for n := range sizes {
			addAccount(t, s, fmt.Sprint("a", n))
		}
		clear(texts)
		for i, n := range sizes {
			checkSize(t, s, fmt.Sprint("a", i), n)
		}
		for n := range 400 {
			checkSize(t, s, "a0", 10+n)
		}
		if len(texts) > 60 {
			t.Errorf("%d statements for lists of 400 lengths", len(texts))
		}
	})
}

func checkSize(t *testing.T, s *Store, account string, n int) {
	t.Helper()
	notes, ids, set := make([]*Note, n), make([]string, n), make([][]any, n)
	for i := range n {
		ids[i] = fmt.Sprint("note-", i)
		notes[i] = &Note{account, ids[i], int64(i), "before"}
		set[i] = []any{ids[i], int64(i + 1000)}
	}
	err := s.WriteAny(context.Background(), func(tx *Tx) error {
		if err := run(tx.Q, "DELETE FROM notes"); err != nil {
			return err
		}
		other := &Note{account, "other", -1, "stays"}
		if err := PutAll(tx.Q, append([]*Note{other}, notes...)); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		args := Args{account}
		return tx.Q.Exec(Set(&args, "c", []string{"i", "s BIGINT"}, set)+
			" UPDATE notes SET seq = c.s, body = 'after' FROM c WHERE account_id = $1 AND id = c.i", args...)
	})
	if err != nil {
		t.Fatalf("%d rows: %v", n, err)
	}
	args := Args{account}
	got := queryAll[Note](t, s, "SELECT * FROM notes WHERE account_id = $1 AND id IN "+In(&args, ids...), args...)
	if len(got) != n {
		t.Fatalf("a list of %d finds %d", n, len(got))
	}
	for _, note := range got {
		var i int64
		if _, err := fmt.Sscanf(note.ID, "note-%d", &i); err != nil || note.Seq != i+1000 || note.Body != "after" {
			t.Fatalf("of %d rows one is %+v", n, note)
		}
	}
	args = Args{account}
	rest := queryAll[string](t, s, "SELECT id FROM notes WHERE account_id = $1 AND id NOT IN "+In(&args, append(ids, "none")...), args...)
	if strings.Join(rest, " ") != "other" {
		t.Fatalf("beside a list of %d stand %q", n, rest)
	}
}

// Accounts that are raised at once number their rows each for itself, whatever
// the order in which they are entered, and use no number twice.
func TestRaiseAll(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := openProbe(t, database, "a", "b")
		for range 2 {
			err := s.WriteAny(context.Background(), func(tx *Tx) error {
				if err := tx.RaiseAll([]string{"a", "b", "unknown"}, 2); err != nil {
					return err
				}
				if tx.Enter("unknown") {
					t.Error("an unknown account is entered")
				}
				for n, account := range []string{"a", "b", "a", "a", "b", "a", "a"} {
					if !tx.Enter(account) {
						t.Errorf("%s is not entered", account)
					}
					if err := note(tx, fmt.Sprint("note-", n, "-", tx.Account, "-", query[int64](t, s, "SELECT COUNT(*) FROM notes")), ""); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for account, rows := range map[string]int64{"a": 10, "b": 4} {
			seqs := queryAll[int64](t, s, "SELECT seq FROM notes WHERE account_id = $1 ORDER BY seq", account)
			if int64(len(seqs)) != rows {
				t.Fatalf("%s has %d rows", account, len(seqs))
			}
			for i, seq := range seqs {
				if seq != int64(i)+2 {
					t.Errorf("%s has the numbers %v", account, seqs)
					break
				}
			}
			if last := query[int64](t, s, "SELECT change_seq FROM accounts WHERE id = $1", account); last != rows+1 {
				t.Errorf("change_seq of %s is %d after %d rows since 1", account, last, rows)
			}
		}
	})
}
