package models

import (
	"maps"
	"slices"
	"sync"
)

// watchers wakes those who wait for changes of an account: after the commits of
// this process, and for other processes on the same PostgreSQL by reading the
// counters every second.
type watchers struct {
	mu   sync.Mutex
	of   map[string]map[chan struct{}]bool // by account
	seen map[string]int64                  // counters at the last look
	stop chan struct{}                     // ends the polling; nil: nobody polls
}

func (w *watchers) forget(account string, wake chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.of[account], wake)
	if len(w.of[account]) == 0 {
		delete(w.of, account)
		delete(w.seen, account)
	}
	if len(w.of) == 0 && w.stop != nil {
		close(w.stop)
		w.stop = nil
	}
}

// wake notifies the watchers of an account.
func (w *watchers) wake(account string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for wake := range w.of[account] {
		select {
		case wake <- struct{}{}:
		default: // it is notified already
		}
	}
}

func (w *watchers) accounts() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.of))
}

func (w *watchers) moved(account string, to int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, known := w.seen[account]
	if w.of[account] != nil {
		w.seen[account] = to
	}
	return !known || before != to
}
