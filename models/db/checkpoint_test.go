package db

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"aftercare/models/storetest"
)

// P8: an erasure empties the journal, however busy the writers and the
// checkpointer are; and the journal stays small while they are.
func TestTheJournalIsEmptiedWhileOthersWrite(t *testing.T) {
	ctx := context.Background()
	database := storetest.SQLite(t)
	s := openProbe(t, database)
	const writers, writes = 16, 400 // of three pages each: more than the journal may hold
	var all sync.WaitGroup
	for w := range writers {
		name := fmt.Sprintf("writer-%02d", w)
		addAccount(t, s, name)
		all.Go(func() {
			for i := range writes {
				err := s.Write(ctx, name, func(tx *Tx) error {
					return note(tx, fmt.Sprintf("%s-%d", name, i), strings.Repeat("x", 10_000))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		if err := s.FinishErasures(ctx, 0); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
	const limit = 48 << 20 // 8,000 pages, what one group of writes adds, and room
	if info, err := os.Stat(database + "-wal"); err != nil || info.Size() > limit {
		t.Errorf("the journal holds %d bytes, more than %d (%v)", info.Size(), limit, err)
	}
	if err := s.FinishErasures(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(database + "-wal"); err != nil || info.Size() != 0 {
		t.Errorf("the journal still holds %d bytes (%v)", info.Size(), err)
	}
}
