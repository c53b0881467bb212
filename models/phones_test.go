package models

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"aftercare/models/storetest"
)

// Sixteen writers beside a reader that only follows the feed: no row is missed,
// none comes twice under one number. On PostgreSQL the writers are two processes.
func TestWritersBesideAReader(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := newPerson(t, database)
		stores := []*Store{p.Store}
		if p.Postgres() {
			second, err := Open(context.Background(), Options{Database: database, Now: p.now})
			p.check(err)
			defer func() { p.check(second.Close()) }()
			stores = append(stores, second)
		}
		var writers sync.WaitGroup
		var done atomic.Bool
		for n := range 16 {
			writers.Go(func() {
				for i := range 12 {
					in := Report{ObservedAt: T(p.now().AddDate(0, 0, -n)), Answers: red(), Note: fmt.Sprint(i)}
					if _, _, err := Put(context.Background(), stores[n%len(stores)], p.account, fmt.Sprintf("report-%02d-%02d", n, i%4), in, Write{}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		go func() {
			writers.Wait()
			done.Store(true)
		}()
		reader, seen := newReplica(p, 5), map[int64]bool{}
		for last := false; !last; {
			last = done.Load() // whatever is there now is read once more
			for more := true; more; {
				feed := reader.pull()
				for _, c := range feed.Changes {
					if seen[c.Seq] {
						t.Errorf("number %d comes twice", c.Seq)
					}
					seen[c.Seq] = true
				}
				more = feed.More
			}
		}
		reader.holdsAll()
	})
}
