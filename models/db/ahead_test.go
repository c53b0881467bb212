package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"aftercare/models/storetest"
)

// guardedHere are the tables of the probe's schema that the counter guards.
var guardedHere = []string{"accounts", "notes"}

// opens reads the account's counter, as a write that may be prepared does.
func opens(tx *Tx, account string) error {
	seq, err := Row[int64](tx.Q, "SELECT change_seq FROM accounts WHERE id = $1"+tx.Q.ForUpdate("accounts"), account)
	if errors.Is(err, ErrNoRow) {
		return ErrNoAccount
	}
	tx.Raised(account, seq)
	return err
}

// writesAhead stores how many notes there are, in a note.
func writesAhead(s *Store, id string, more func(tx *Tx) error) error {
	return s.WriteAhead(context.Background(), "a", guardedHere, func(tx *Tx) error {
		if err := opens(tx, "a"); err != nil {
			return err
		}
		n, err := Row[int](tx.Q, "SELECT count(*) FROM notes WHERE account_id = $1", "a")
		if err != nil {
			return err
		}
		if more != nil {
			if err := more(tx); err != nil {
				return err
			}
		}
		return note(tx, id, fmt.Sprint(n))
	})
}

// While others have the writer, a write reads and works; its turn comes with
// nothing left but to store.
func TestAWriteIsPreparedBeforeItsTurn(t *testing.T) {
	s := openProbe(t, storetest.SQLite(t), "a")
	var wg sync.WaitGroup
	letGo := hold(s, &wg)
	var runs atomic.Int64
	wg.Go(func() {
		if err := writesAhead(s, "1", func(*Tx) error { runs.Add(1); return nil }); err != nil {
			t.Errorf("write: %v", err)
		}
	})
	waitFor(func() bool { return s.commits.(*group).queue.len() == 1 })
	if runs.Load() != 1 {
		t.Errorf("ran %d times before its turn", runs.Load())
	}
	letGo()
	wg.Wait()
	if runs.Load() != 1 {
		t.Errorf("ran %d times, though nothing had changed", runs.Load())
	}
	if body := query[string](t, s, "SELECT body FROM notes"); body != "0" {
		t.Errorf("stored %q", body)
	}
	checkDense(t, s, "a")
}

// What another write stores in the meantime is seen.
func TestAPreparedWriteSeesWhatCameBetween(t *testing.T) {
	s := openProbe(t, storetest.SQLite(t), "a", "b")
	for i, account := range []string{"a", "b"} {
		ran, runs := 0, 2-i // a write of b is none of its business
		err := writesAhead(s, "late-"+account, func(*Tx) error {
			if ran++; ran > 1 {
				return nil
			}
			return s.Write(context.Background(), account, func(tx *Tx) error { return note(tx, "between-"+account, "x") })
		})
		if err != nil {
			t.Fatal(err)
		}
		if ran != runs {
			t.Errorf("after a write of %s it ran %d times, want %d", account, ran, runs)
		}
	}
	if body := query[string](t, s, "SELECT body FROM notes WHERE id = 'late-a'"); body != "1" {
		t.Errorf("it counted %s notes, want the one of before", body)
	}
	checkDense(t, s, "a")
	checkDense(t, s, "b")
}

// What the counter does not guard is compared in the turn.
func TestAPreparedWriteLooksAgainAtWhatNothingGuards(t *testing.T) {
	s := openProbe(t, storetest.SQLite(t), "a")
	name := func(of string) error {
		return s.WriteAny(context.Background(), func(tx *Tx) error {
			return run(tx.Q, "INSERT INTO names (name, account_id) VALUES ($1, $2)", of, of)
		})
	}
	for _, c := range []struct {
		named      string // between
		runs, sees int
	}{{"a", 2, 1}, {"b", 1, 1}} {
		ran, sees := 0, 0
		err := writesAhead(s, "of-"+c.named, func(tx *Tx) (err error) {
			ran++
			if sees, err = Row[int](tx.Q, "SELECT count(*) FROM names WHERE account_id = $1", "a"); err != nil || ran > 1 {
				return err
			}
			return name(c.named)
		})
		if err != nil || ran != c.runs || sees != c.sees {
			t.Errorf("after the name of %s: %v, ran %d times, want %d; saw %d names, want %d", c.named, err, ran, c.runs, sees, c.sees)
		}
	}
	checkDense(t, s, "a")
}

// What cannot be known before its turn is left for that, with the same outcome.
func TestWhatCannotBePreparedWaits(t *testing.T) {
	for name, c := range map[string]struct {
		more func(tx *Tx) error
		want error
		runs int
	}{
		"reads what it has changed": {func(tx *Tx) error {
			if err := note(tx, "own", "x"); err != nil {
				return err
			}
			if n, err := Row[int](tx.Q, "SELECT count(*) FROM notes"); err != nil || n != 1 {
				return fmt.Errorf("read %d notes, want its own: %w", n, err)
			}
			return nil
		}, nil, 2},
		"changes and reads at once": {func(tx *Tx) error {
			_, err := Rows[string](tx.Q, "UPDATE accounts SET id = id WHERE id = $1 RETURNING id", "a")
			return err
		}, nil, 2},
		"overlooks an error": {func(tx *Tx) error {
			err := note(tx, "own", "x")
			_, _ = Rows[string](tx.Q, "SELECT body FROM notes")
			return err
		}, nil, 2},
		"fails":  {func(*Tx) error { return errProbe }, errProbe, 2},
		"panics": {func(*Tx) error { panic("what somebody wrote") }, errPanic, 2},
		"is of another one's account": {func(tx *Tx) error {
			tx.Account = "nobody" // as of an account erased meanwhile: no counter stands there
			return opens(tx, "nobody")
		}, ErrNoAccount, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := openProbe(t, storetest.SQLite(t), "a")
			runs := 0
			err := writesAhead(s, "1", func(tx *Tx) error { runs++; return c.more(tx) })
			if !errors.Is(err, c.want) || runs != c.runs {
				t.Errorf("answered %v after %d runs, want %v after %d", err, runs, c.want, c.runs)
			}
			if stored := query[int](t, s, "SELECT count(*) FROM notes WHERE id = '1'"); (stored == 1) != (c.want == nil) {
				t.Errorf("%d rows are stored", stored)
			}
			checkDense(t, s, "a")
		})
	}
}

// A statement keeps its values as they are when it is made: what holds them is
// used again by the next write.
func TestAPreparedStatementKeepsItsValues(t *testing.T) {
	s := openProbe(t, storetest.SQLite(t), "a")
	words, text := []string{"first"}, []byte("first")
	err := writesAhead(s, "1", func(tx *Tx) error {
		const insert = "INSERT INTO notes (account_id, id, seq, body) VALUES ($1, $2, $3, $4)"
		if err := run(tx.Q, insert, "a", "words", tx.NextSeq(), JSON{Of: words}); err != nil {
			return err
		}
		err := run(tx.Q, insert, "a", "text", tx.NextSeq(), text)
		words[0], text[0] = "later", 'F'
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"words": `["first"]`, "text": "first"} {
		if body := query[string](t, s, "SELECT body FROM notes WHERE id = $1", id); body != want {
			t.Errorf("stored %s, want %s", body, want)
		}
	}
}

// Of writes of one account at once none works on half a history, prepared or not.
func TestPreparedWritesOfOneAccountTakeTurns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := openProbe(t, database, "a")
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				var err error
				if i%3 == 0 {
					err = s.Write(context.Background(), "a", func(tx *Tx) error {
						n, err := Row[int](tx.Q, "SELECT count(*) FROM notes")
						return errors.Join(err, note(tx, fmt.Sprint(i), fmt.Sprint(n)))
					})
				} else {
					err = writesAhead(s, fmt.Sprint(i), nil)
				}
				if err != nil {
					t.Errorf("write: %v", err)
				}
			})
		}
		wg.Wait()
		if n := query[int](t, s, "SELECT count(DISTINCT body) FROM notes"); n != 60 {
			t.Fatalf("60 writes counted only %d different histories", n)
		}
		checkDense(t, s, "a")
	})
}
