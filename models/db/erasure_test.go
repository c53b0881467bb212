package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"aftercare/models/storetest"
)

// P8: after an erasure neither the file nor its journal holds a byte that
// names the account, wherever SQLite has moved its rows in between.
func TestErasedAccountIsUnreadable(t *testing.T) {
	ctx := context.Background()
	database := storetest.SQLite(t)
	s := openProbe(t, database)
	const accounts = 40
	random := rand.New(rand.NewPCG(1, 2))
	name := func(i int) string { return fmt.Sprintf("person-%02d-of-the-test", i) }
	for i := range accounts {
		addAccount(t, s, name(i))
	}
	for i := range 4000 {
		a := name(random.IntN(accounts))
		err := s.Write(ctx, a, func(tx *Tx) error {
			if i%3 == 0 { // rows that change their size move between pages
				err := run(tx.Q, "UPDATE notes SET body = body || $1 WHERE account_id = $2 AND seq % 5 = $3", strings.Repeat("+", random.IntN(40)), a, i%5)
				if err != nil {
					return err
				}
			}
			return note(tx, fmt.Sprintf("%08x", random.Uint32()), a+strings.Repeat("-", random.IntN(900)))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range accounts / 2 {
		err := s.Write(ctx, name(i), func(tx *Tx) error {
			if err := tx.RecordErasure(name(i)); err != nil {
				return err
			}
			return run(tx.Q, "DELETE FROM accounts WHERE id = $1", name(i))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.FinishErasures(ctx, 0); err != nil { // as for a file too large to be rewritten by day
		t.Fatal(err)
	}
	if info, err := os.Stat(database + "-wal"); err != nil || info.Size() != 0 {
		t.Errorf("the journal still holds %d bytes (%v)", info.Size(), err)
	}
	if err := s.FinishErasures(ctx, RewriteAtOnce); err != nil {
		t.Fatal(err)
	}
	for i := range accounts {
		found := readable(t, database, name(i))
		if i < accounts/2 && found != 0 {
			t.Errorf("%s was erased and is readable %d times", name(i), found)
		}
		if i >= accounts/2 && found == 0 {
			t.Errorf("%s was not erased and is not found: the search does not work", name(i))
		}
	}
}

// readable counts how often the text stands in the database's files.
func readable(t *testing.T, database, text string) (n int) {
	t.Helper()
	for _, part := range []string{"", "-wal", ".erasures"} {
		data, err := os.ReadFile(database + part)
		if err != nil && (part == "" || !errors.Is(err, fs.ErrNotExist)) {
			t.Fatal(err)
		}
		n += bytes.Count(data, []byte(text))
	}
	return n
}

// A database that had no erasure since it was rewritten is left alone: a
// rewrite costs what is stored.
func TestSettleRewritesOnlyAfterErasures(t *testing.T) {
	ctx := context.Background()
	s := openProbe(t, storetest.SQLite(t), "a")
	free := func() int { return query[int](t, s, "SELECT freelist_count FROM pragma_freelist_count") }
	churn := func() {
		t.Helper()
		err := s.Write(ctx, "a", func(tx *Tx) error {
			if err := note(tx, "long", strings.Repeat("x", 100_000)); err != nil {
				return err
			}
			return run(tx.Q, "DELETE FROM notes")
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.FinishErasures(ctx, RewriteAtOnce); err != nil {
			t.Fatal(err)
		}
	}
	if churn(); free() == 0 {
		t.Fatal("rewritten without an erasure")
	}
	if err := s.Write(ctx, "a", func(tx *Tx) error { return tx.RecordErasure("b") }); err != nil {
		t.Fatal(err)
	}
	if churn(); free() != 0 {
		t.Fatal("not rewritten after an erasure")
	}
	if churn(); free() == 0 {
		t.Fatal("rewritten again without a further erasure")
	}
}

// A database is rewritten on the disk, however large it is: in memory it would
// end the process, night after night.
func TestARewriteTakesLittleMemory(t *testing.T) {
	const stored, limit = 64 << 20, 48 << 20
	ctx := context.Background()
	s := openProbe(t, storetest.SQLite(t), "a")
	err := s.Write(ctx, "a", func(tx *Tx) error {
		for i := range stored >> 20 {
			if err := run(tx.Q, "INSERT INTO notes (account_id, id, seq, body) VALUES ('a', $1, $2, zeroblob(1048576))", fmt.Sprint(i), tx.NextSeq()); err != nil {
				return err
			}
		}
		return tx.RecordErasure("b")
	})
	if err != nil {
		t.Fatal(err)
	}
	peakMemory(t)
	before := peakMemory(t)
	if err := s.FinishErasures(ctx, math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	if took := peakMemory(t) - before; took > limit {
		t.Errorf("rewriting %d bytes took %d bytes of memory, more than %d", stored, took, limit)
	}
}

// peakMemory returns the most bytes of memory that the process has held since
// the last call.
func peakMemory(t *testing.T) (bytes int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(line, &bytes); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // proc(5): resets VmHWM to what is held now
		t.Fatal(err)
	}
	return bytes << 10
}

// The erasure is in the file beside the database even if the process is killed
// between the commit and the file.
func TestErasureReachesFileAfterKill(t *testing.T) {
	database := storetest.SQLite(t)
	s := openProbe(t, database, "a")
	if err := s.Write(context.Background(), "a", func(tx *Tx) error { return tx.RecordErasure("a") }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // without SettleErasures
		t.Fatal(err)
	}
	openProbe(t, database)
	kept, err := readErasures(database)
	if err != nil || len(kept) != 1 || kept[0].Hash != eraseHash(kept[0].Salt, "a") {
		t.Fatalf("kept %v (%v), want the hash of the erased account", kept, err)
	}
}

func TestErasuresShareOneSalt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := openProbe(t, database, "a")
		for _, id := range []string{"x", "y", "x"} {
			if err := s.Write(context.Background(), "a", func(tx *Tx) error { return tx.RecordErasure(id) }); err != nil {
				t.Fatal(err)
			}
		}
		if n := query[int](t, s, "SELECT count(*) FROM erasures"); n != 2 {
			t.Errorf("%d erasures, want 2", n)
		}
		if n := query[int](t, s, "SELECT count(DISTINCT salt) FROM erasures"); n != 1 {
			t.Errorf("%d salts, want 1", n)
		}
	})
}

func TestDamagedErasuresAreNotTakenAsNone(t *testing.T) {
	database := storetest.SQLite(t)
	if err := os.WriteFile(erasuresFile(database), []byte("salt 12ab\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openFiles(database, probeFiles()); err == nil {
		t.Fatal("a damaged list of erasures was accepted")
	}
}

// A file too large to be rewritten by day has its free pages overwritten at once.
func TestErasedPagesAreOverwritten(t *testing.T) {
	ctx := context.Background()
	database := storetest.SQLite(t)
	s := openProbe(t, database, "stays", "to-be-erased")
	for i := range 300 {
		write(t, s, "to-be-erased", fmt.Sprintf("%08d", i), strings.Repeat("words of the erased ", 50))
	}
	err := s.Write(ctx, "to-be-erased", func(tx *Tx) error {
		return run(tx.Q, "DELETE FROM accounts WHERE id = $1", tx.Account)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.FinishErasures(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if free := query[int](t, s, "SELECT freelist_count FROM pragma_freelist_count"); free < 50 {
		t.Fatalf("%d free pages: the test does not make what it looks at", free)
	}
	if n := readable(t, database, "words of the erased"); n != 0 {
		t.Fatalf("free pages hold the words of an erased account %d times", n)
	}
}

// Blank lines in the list of erasures name nobody and stop no start; a damaged
// line does, by its number, because without it erased people would come back.
func TestBlankLinesOfTheErasuresArePassedOver(t *testing.T) {
	database := storetest.SQLite(t)
	line := "salt " + eraseHash("salt", "somebody")
	for text, good := range map[string]bool{line + "\n\n" + line + "\n \n": true, line + "\n\nsalt\n": false} {
		if err := os.WriteFile(erasuresFile(database), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if read, err := readErasures(database); (err == nil) != good || good && len(read) != 2 || !good && !strings.Contains(err.Error(), "at line 3") {
			t.Errorf("%q: %v, %v", text, read, err)
		}
	}
}
