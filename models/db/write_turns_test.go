package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"aftercare/models/storetest"
)

func TestWriteToUnknownAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := openProbe(t, database)
		ran := false
		err := s.Write(context.Background(), "nobody", func(*Tx) error { ran = true; return nil })
		if !errors.Is(err, ErrNoAccount) || ran {
			t.Fatalf("write for an unknown account: %v, ran %v; want not-found and not run", err, ran)
		}
	})
}

// Two writes for one account see each other's rows: none judges half a history.
func TestWritesOfOneAccountTakeTurns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := openProbe(t, database, "a")
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				err := s.Write(context.Background(), "a", func(tx *Tx) error {
					n, err := Row[int](tx.Q, "SELECT count(*) FROM notes")
					if err != nil {
						return err
					}
					return note(tx, fmt.Sprint(i), fmt.Sprint(n))
				})
				if err != nil {
					t.Errorf("write: %v", err)
				}
			})
		}
		wg.Wait()
		if n := query[int](t, s, "SELECT count(DISTINCT body) FROM notes"); n != 40 {
			t.Fatalf("40 writes counted only %d different histories", n)
		}
	})
}

func isBusy(err error) bool {
	var busy *Busy
	return errors.As(err, &busy)
}

// One account's burst does not hold up the others: they take turns.
func TestAccountsTakeTurns(t *testing.T) {
	s := openProbe(t, storetest.SQLite(t), "burst", "other")
	var wg sync.WaitGroup
	letGo := hold(s, &wg)
	queue := s.commits.(*group).queue
	add := func(account, id string) {
		before := queue.len()
		wg.Go(func() {
			if err := s.Write(context.Background(), account, func(tx *Tx) error { return note(tx, id, account) }); err != nil {
				t.Errorf("write of %s: %v", account, err)
			}
		})
		waitFor(func() bool { return queue.len() > before })
	}
	const burst = 3 * batchSize
	for i := range burst {
		add("burst", fmt.Sprintf("%04d", i))
	}
	add("other", "last")
	letGo()
	wg.Wait()
	place := query[int](t, s, "SELECT count(*) FROM notes WHERE rowid <= (SELECT rowid FROM notes WHERE id = 'last')")
	if place > 2 {
		t.Errorf("the other account's write was the %d. of %d", place, burst+1)
	}
	if order := queryAll[string](t, s, "SELECT id FROM notes WHERE account_id = 'burst' ORDER BY rowid"); !slices.IsSorted(order) {
		t.Error("the writes of one account changed their order")
	}
}

// A write for another account reads while the one before it still runs; its rows
// come after. One for the same account, or for none, does not begin before.
func TestAWriteReadsBesideTheOneBefore(t *testing.T) {
	for account, early := range map[string]bool{"b": true, "a": false, "": false} {
		s := openProbe(t, storetest.SQLite(t), "a", "b")
		var wg sync.WaitGroup
		began, goOn, hasRead := make(chan struct{}), make(chan struct{}), make(chan struct{})
		wg.Go(func() {
			err := s.writeEarly(context.Background(), "a", func(tx *Tx) error {
				close(began)
				<-goOn
				return note(tx, "first", "a")
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-began
		wg.Go(func() {
			err := s.WriteFor(context.Background(), account, func(tx *Tx) error {
				rows, err := Rows[string](tx.Q, "SELECT id FROM notes")
				if close(hasRead); err != nil || (len(rows) == 0) != early {
					t.Errorf("a write for %q reads %v before it writes: %v", account, rows, err)
				}
				if err := tx.Raise("b"); err != nil {
					return err
				}
				return note(tx, "second", "b")
			})
			if err != nil {
				t.Error(err)
			}
		})
		if early {
			<-hasRead
		}
		close(goOn)
		wg.Wait()
		if ids := queryAll[string](t, s, "SELECT id FROM notes ORDER BY rowid"); !slices.Equal(ids, []string{"first", "second"}) {
			t.Errorf("beside %q: %v", account, ids)
		}
	}
}

// What a write keeps for its end it sees itself, in every statement that may read
// it, and with the values of that moment.
func TestAKeptStatementIsSeenByItsWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := openProbe(t, database, "a")
		body := []byte("before")
		err := s.writeEarly(context.Background(), "a", func(tx *Tx) error {
			if err := tx.Q.Exec("INSERT INTO notes (account_id, id, seq, body) VALUES ($1, 'one', $2, $3)", "a", tx.NextSeq(), body); err != nil {
				return err
			}
			copy(body, "after!")
			if n, err := Row[int](tx.Q, "SELECT count(*) FROM accounts"); n != 1 || err != nil {
				t.Errorf("%d accounts, %v", n, err)
			}
			return tx.Q.Exec("DELETE FROM notes WHERE id = (SELECT id FROM notes WHERE body = 'after!')")
		})
		if err != nil {
			t.Fatal(err)
		}
		if found := query[string](t, s, "SELECT CAST(body AS TEXT) FROM notes"); found != "before" {
			t.Errorf("it holds %q", found)
		}
	})
}

// A kept statement that fails at the end fails the whole write, and no other.
func TestAKeptStatementThatFailsUndoesItsWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := openProbe(t, database, "a", "b")
		var wg sync.WaitGroup
		letGo := hold(s, &wg)
		var failed error
		wg.Go(func() {
			failed = s.writeEarly(context.Background(), "a", func(tx *Tx) error {
				return errors.Join(note(tx, "good", "a"), run(tx.Q, "INSERT INTO accounts (id, change_seq) VALUES ('a', 1)"))
			})
		})
		wg.Go(func() {
			if err := s.writeEarly(context.Background(), "b", func(tx *Tx) error { return note(tx, "other", "b") }); err != nil {
				t.Error(err)
			}
		})
		letGo()
		wg.Wait()
		if ids := queryAll[string](t, s, "SELECT id FROM notes"); failed == nil || !slices.Equal(ids, []string{"other"}) {
			t.Errorf("a write that failed with %v left %v", failed, ids)
		}
	})
}

// A kept statement that failed fails its write also where nobody asked: not even
// the read for which it ran early.
func TestAKeptStatementThatFailedIsNotForgotten(t *testing.T) {
	s := openProbe(t, storetest.SQLite(t), "a")
	err := s.writeEarly(context.Background(), "a", func(tx *Tx) error {
		_ = run(tx.Q, "INSERT INTO accounts (id, change_seq) VALUES ('a', 1)")
		_ = note(tx, "lost", "a")
		_, _ = Row[int](tx.Q, "SELECT count(*) FROM notes")
		return nil
	})
	if n := query[int](t, s, "SELECT count(*) FROM notes"); err == nil || n != 0 {
		t.Errorf("it answered %v and left %d rows", err, n)
	}
}

func TestDeadlockIsTriedAgain(t *testing.T) {
	s := openProbe(t, storetest.Postgres(t), "a", "b")
	var wg sync.WaitGroup
	var first sync.WaitGroup
	first.Add(2)
	for _, order := range [][]string{{"a", "b"}, {"b", "a"}} {
		wg.Go(func() {
			meet := sync.OnceFunc(func() { first.Done(); first.Wait() })
			err := s.WriteAny(context.Background(), func(tx *Tx) error {
				for _, a := range order {
					if err := tx.Raise(a); err != nil {
						return err
					}
					if err := note(tx, order[0], a); err != nil {
						return err
					}
					meet()
				}
				return nil
			})
			if err != nil {
				t.Errorf("write in the order %v: %v", order, err)
			}
		})
	}
	wg.Wait()
	checkDense(t, s, "a")
	checkDense(t, s, "b")
}

func TestWriteWaitsNoLongerThanItsCaller(t *testing.T) {
	s := openProbe(t, storetest.SQLite(t), "a")
	var wg sync.WaitGroup
	letGo := hold(s, &wg)
	ctx, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	err := s.Write(ctx, "a", func(tx *Tx) error { return note(tx, "1", "late") })
	if !isBusy(err) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("write that did not get its turn: %v, want overloaded", err)
	}
	letGo()
	wg.Wait()
	if n := query[int](t, s, "SELECT count(*) FROM notes"); n != 0 {
		t.Fatal("a write that was answered as not done was done")
	}
}

// A caller that goes away while its request runs must not interrupt SQLite's
// statement: that would undo the whole batch.
func TestCallerLeavingDisturbsNobody(t *testing.T) {
	s := openProbe(t, storetest.SQLite(t), "a")
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	letGo := hold(s, &wg)
	var leaving, neighbour error
	wg.Go(func() {
		leaving = s.Write(ctx, "a", func(tx *Tx) error {
			cancel()
			return note(tx, "1", "leaving")
		})
	})
	wg.Go(func() {
		neighbour = s.Write(context.Background(), "a", func(tx *Tx) error { return note(tx, "2", "neighbour") })
	})
	waitFor(func() bool { return s.commits.(*group).queue.len() == 2 })
	letGo()
	wg.Wait()
	if leaving != nil || neighbour != nil {
		t.Fatalf("leaving: %v, neighbour: %v", leaving, neighbour)
	}
	checkDense(t, s, "a")
}
