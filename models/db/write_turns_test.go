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
