package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aftercare/models/storetest"
)

// follower polls the change feed of one person, from all processes by turns.
type follower struct {
	phones []phone
	since  int64
	calls  int
	rows   map[string]int64 // the latest number of each
	notes  map[string]string
	seen   map[int64]bool
}

// poll reads one page and reports whether there are more.
func (f *follower) poll(t *testing.T) bool {
	t.Helper()
	var page struct {
		Changes []struct {
			Seq            int64
			Collection, ID string
			Row            struct{ Note string }
		}
		Next int64
		More bool
	}
	f.calls++
	f.phones[f.calls%len(f.phones)].must(t, "GET", fmt.Sprintf("/v1/changes?limit=7&since=%d", f.since), nil, &page)
	for _, c := range page.Changes {
		if f.seen[c.Seq] || c.Seq <= f.since {
			t.Errorf("number %d comes twice", c.Seq)
		}
		key := c.Collection + " " + c.ID
		f.seen[c.Seq], f.rows[key], f.notes[key] = true, c.Seq, c.Row.Note
	}
	f.since = page.Next
	return page.More
}

// TestWritersOfTwoProcesses lets 16 writers write beside a reader that only polls:
// it misses no row and is told none twice, on SQLite and on PostgreSQL with two
// processes. SYNC_WRITERS=1m does it for so long.
func TestWritersOfTwoProcesses(t *testing.T) {
	long, err := time.ParseDuration(cmp.Or(os.Getenv("SYNC_WRITERS"), "2s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("sqlite", func(t *testing.T) {
		s := servePlain(t, t.TempDir())
		defer s.stop()
		writersBesideAReader(t, s.person(), long, s.base)
	})
	t.Run("postgres", func(t *testing.T) {
		database := storetest.Postgres(t)
		first := servePlain(t, t.TempDir(), "DATABASE="+database)
		defer first.stop()
		second := servePlain(t, t.TempDir(), "DATABASE="+database)
		defer second.stop()
		writersBesideAReader(t, first.person(), long, first.base, second.base)
	})
}

func writersBesideAReader(t *testing.T, p phone, long time.Duration, bases ...string) {
	t.Helper()
	f := &follower{rows: map[string]int64{}, notes: map[string]string{}, seen: map[int64]bool{}}
	for _, base := range bases {
		at := p
		at.base = base
		f.phones = append(f.phones, at)
	}
	var writers sync.WaitGroup
	var done atomic.Bool
	var acked sync.Map
	end := time.Now().Add(long)
	for n := range 16 {
		writers.Go(func() {
			for i := 0; time.Now().Before(end); i++ {
				id, note := fmt.Sprintf("report-%02d-%02d", n, i%4), fmt.Sprint(i)
				body := object{"observed_at": ago(time.Duration(n*24+i%4) * time.Hour), "erythema": i % 3, "note": note}
				if _, err := f.phones[(n+i)%len(f.phones)].call("PUT", "/v1/reports/"+id, body, nil); err != nil {
					t.Error(err)
					return
				}
				acked.Store("reports "+id, note)
			}
		})
	}
	go func() {
		writers.Wait()
		done.Store(true)
	}()
	for last := false; !last && !t.Failed(); {
		last = done.Load() // whatever is there now is read once more
		for f.poll(t) {
		}
	}
	writes := 0
	acked.Range(func(key, note any) bool {
		writes++
		if f.notes[key.(string)] != note {
			t.Errorf("%s says %q, was answered %q", key, f.notes[key.(string)], note)
		}
		return true
	})
	fresh := &follower{phones: f.phones, rows: map[string]int64{}, notes: map[string]string{}, seen: map[int64]bool{}}
	for fresh.poll(t) {
	}
	if !maps.Equal(f.rows, fresh.rows) {
		t.Errorf("the reader holds %v, a new one %v", f.rows, fresh.rows)
	}
	t.Logf("%d rows of writers in %v, %d pages and %d numbers read beside them", writes, long, f.calls, len(f.seen))
}
