package db

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"aftercare/models/storetest"
)

var errProbe = errors.New("refused by the test")

// kinds of requests: each writes its rows first, and then does this.
const (
	succeeds = iota
	fails
	panics
	cancelled // before its turn
	swallows  // ignores the error of a statement
	kinds
)

type probe struct {
	kind, rows int
	account    string
	id         string
	early      bool // it reads before its turn, and writes when it ends
}

func (p probe) run(s *Store) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if p.kind == cancelled {
		cancel()
	}
	write := s.Write
	if p.early {
		write = s.writeEarly
	}
	return write(ctx, p.account, func(tx *Tx) error {
		for i := range p.rows {
			if err := note(tx, fmt.Sprintf("%s-%d", p.id, i), p.id); err != nil {
				return err
			}
		}
		if n, err := Row[int](tx.Q, "SELECT count(*) FROM notes WHERE body = $1", p.id); err != nil || n != p.rows {
			return fmt.Errorf("it sees %d of its %d rows: %w", n, p.rows, err)
		}
		switch p.kind {
		case fails:
			return errProbe
		case panics:
			panic("what somebody wrote")
		case swallows:
			_ = run(tx.Q, "INSERT INTO accounts (id, change_seq) VALUES ($1, 1)", p.account)
		}
		return nil
	})
}

// writeEarly is Write with the counter read before the turn, and with writes that
// wait for it.
func (s *Store) writeEarly(ctx context.Context, account string, fn func(tx *Tx) error) error {
	return s.WriteFor(ctx, account, func(tx *Tx) error {
		seq, err := Row[int64](tx.Q, "SELECT change_seq FROM accounts WHERE id = $1"+tx.Q.ForUpdate("accounts"), account)
		if err != nil {
			return err
		}
		tx.Raised(account, seq)
		tx.Q = tx.Q.Later()
		return fn(tx)
	})
}

// Whatever its neighbours in a batch do, what a request answered holds: nil
// means all of its rows, an error means none, and the numbers have no gap.
func TestWritesAreIsolated(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := openProbe(t, database)
		var round atomic.Int64
		rapid.Check(t, func(rt *rapid.T) {
			n := round.Add(1)
			accounts := []string{fmt.Sprintf("a%d", n), fmt.Sprintf("b%d", n)}
			addAccount(t, s, accounts[0])
			addAccount(t, s, accounts[1])
			probes := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) probe {
				return probe{
					kind:    rapid.IntRange(0, kinds-1).Draw(rt, "kind"),
					rows:    rapid.IntRange(1, 3).Draw(rt, "rows"),
					account: rapid.SampledFrom(accounts).Draw(rt, "account"),
					early:   rapid.Bool().Draw(rt, "early"),
				}
			}), 1, 24).Draw(rt, "probes")
			for i := range probes {
				probes[i].id = fmt.Sprintf("%d-%d", n, i)
			}
			answers := together(s, probes)
			for i, p := range probes {
				checkAnswer(rt, s, p, answers[i])
			}
			for _, a := range accounts {
				checkDense(rt, s, a)
			}
		})
	})
}

// together runs the probes at once; on SQLite the writer is held until all of
// them wait, so that they share a batch.
func together(s *Store, probes []probe) []error {
	answers := make([]error, len(probes))
	var wg sync.WaitGroup
	letGo := hold(s, &wg)
	for i, p := range probes {
		wg.Go(func() { answers[i] = p.run(s) })
	}
	if g, ok := s.commits.(*group); ok {
		living := 0
		for _, p := range probes {
			if p.kind != cancelled {
				living++
			}
		}
		waitFor(func() bool { return g.queue.len() >= living })
	}
	letGo()
	wg.Wait()
	return answers
}

// hold keeps SQLite's writer busy until the returned function is called.
func hold(s *Store, wg *sync.WaitGroup) (letGo func()) {
	if _, ok := s.commits.(*group); !ok {
		return func() {}
	}
	held, free := make(chan struct{}), make(chan struct{})
	wg.Go(func() {
		_ = s.WriteAny(context.Background(), func(*Tx) error { close(held); <-free; return errProbe })
	})
	<-held
	return func() { close(free) }
}

func waitFor(done func() bool) {
	for !done() {
		runtime.Gosched()
	}
}

func checkAnswer(t rapid.TB, s *Store, p probe, answer error) {
	want := 0
	if answer == nil {
		want = p.rows
	}
	got, err := Row[int64](s.Read(context.Background()), "SELECT count(*) FROM notes WHERE body = $1", p.id)
	if err != nil {
		t.Fatal(err)
	}
	if got != int64(want) {
		t.Fatalf("%+v answered %v and left %d rows, want %d", p, answer, got, want)
	}
	var wantErr error
	switch p.kind {
	case succeeds:
	case fails:
		wantErr = errProbe
	case panics:
		wantErr = errPanic
	case cancelled:
		wantErr = context.Canceled
	default:
		return // PostgreSQL gives the transaction up, SQLite the statement
	}
	if !errors.Is(answer, wantErr) {
		t.Fatalf("%+v answered %v, want %v", p, answer, wantErr)
	}
}

// checkDense: every number from 2 to the counter belongs to exactly one row.
func checkDense(t rapid.TB, s *Store, account string) {
	seqs, err := Rows[int64](s.Read(context.Background()), "SELECT seq FROM notes WHERE account_id = $1 ORDER BY seq", account)
	if err != nil {
		t.Fatal(err)
	}
	counter, err := Row[int64](s.Read(context.Background()), "SELECT change_seq FROM accounts WHERE id = $1", account)
	if err != nil {
		t.Fatal(err)
	}
	if counter != int64(len(seqs))+1 {
		t.Fatalf("change_seq is %d with %d rows written since 1", counter, len(seqs))
	}
	for i, seq := range seqs {
		if seq != int64(i)+2 {
			t.Fatalf("numbers %v have a gap or a double", seqs)
		}
	}
}

// If the commit fails, or the database gives up the transaction as it does on
// a full disk, nobody of the batch is told that it worked.
func TestFailedCommitAnswersEverybody(t *testing.T) {
	for name, spoil := range map[string]string{
		"commit refused":    "INSERT INTO late (id) VALUES ('nobody')",
		"transaction ended": "ROLLBACK",
	} {
		t.Run(name, func(t *testing.T) {
			s := openProbe(t, storetest.SQLite(t), "a")
			var wg sync.WaitGroup
			letGo := hold(s, &wg)
			errs := make([]error, 3)
			for i := range errs {
				wg.Go(func() {
					errs[i] = s.Write(context.Background(), "a", func(tx *Tx) error {
						if i == 1 {
							return run(tx.Q, spoil)
						}
						return note(tx, fmt.Sprint(i), "x")
					})
				})
				waitFor(func() bool { return s.commits.(*group).queue.len() == i+1 })
			}
			letGo()
			wg.Wait()
			for i, err := range errs {
				if err == nil {
					t.Errorf("request %d was answered as done", i)
				}
			}
			if n := query[int](t, s, "SELECT count(*) FROM notes"); n != 0 {
				t.Errorf("%d rows of a failed batch are there", n)
			}
			if err := s.Write(context.Background(), "a", func(tx *Tx) error { return note(tx, "after", "x") }); err != nil {
				t.Fatalf("write after a failed batch: %v", err)
			}
			checkDense(t, s, "a")
		})
	}
}

func TestOverloadIsToldAndLosesNothing(t *testing.T) {
	s := openProbe(t, storetest.SQLite(t), "a")
	var wg sync.WaitGroup
	letGo := hold(s, &wg)
	for i := range maxWaiting - 1 { // one is held
		wg.Go(func() {
			if err := s.Write(context.Background(), "a", func(tx *Tx) error { return note(tx, fmt.Sprint(i), "x") }); err != nil {
				t.Errorf("accepted write: %v", err)
			}
		})
	}
	waitFor(func() bool { return s.commits.(*group).queue.len() == maxWaiting-1 })
	err := s.Write(context.Background(), "a", func(tx *Tx) error { return note(tx, "over", "x") })
	if !isBusy(err) {
		t.Errorf("write over the limit: %v, want Busy", err)
	}
	letGo()
	wg.Wait()
	if n := query[int](t, s, "SELECT count(*) FROM notes"); n != maxWaiting-1 {
		t.Errorf("%d rows, want the %d accepted", n, maxWaiting-1)
	}
}

func TestCloseFinishesAcceptedWrites(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := openProbe(t, database, "a")
		var wg sync.WaitGroup
		var done, refused atomic.Int64
		for i := range 50 {
			wg.Go(func() {
				err := s.Write(context.Background(), "a", func(tx *Tx) error { return note(tx, fmt.Sprint(i), "x") })
				switch {
				case err == nil:
					done.Add(1)
				case isBusy(err):
					refused.Add(1)
				default:
					t.Errorf("write while closing: %v", err)
				}
			})
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		s = openProbe(t, database)
		if n := query[int64](t, s, "SELECT count(*) FROM notes"); n != done.Load() || n+refused.Load() != 50 {
			t.Fatalf("%d rows, %d answered as done, %d refused", n, done.Load(), refused.Load())
		}
	})
}

// The value of a panic may be what somebody wrote about their health.
func TestPanicIsLoggedWithoutItsValue(t *testing.T) {
	var log strings.Builder
	o := probeOptions("")
	o.Log = newTextLogger(&log)
	err := guard(context.Background(), o.Log, func() error { panic("itches behind the ear") })
	if !errors.Is(err, errPanic) || !strings.Contains(log.String(), "write_test.go") {
		t.Fatalf("answered %v, logged %s", err, log.String())
	}
	if strings.Contains(log.String()+err.Error(), "itches") {
		t.Fatalf("the panic's value got out: %v %s", err, log.String())
	}
}
