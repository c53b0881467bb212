package models

import (
	"context"
	"slices"
	"time"

	"aftercare/models/db"
)

// lookEvery is the longest delay until another process's change is noticed.
const lookEvery = time.Second

// Watch returns a channel that receives once rows of the account may have
// changed since it was last read. stop ends it.
func (s *Store) Watch(account string) (woken <-chan struct{}, stop func()) {
	w, wake := &s.watchers, make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of == nil {
		w.of, w.seen = map[string]map[chan struct{}]bool{}, map[string]int64{}
	}
	if w.of[account] == nil {
		w.of[account] = map[chan struct{}]bool{}
	}
	w.of[account][wake] = true
	if s.Postgres() && w.stop == nil {
		w.stop = make(chan struct{})
		go s.look(w.stop)
	}
	return wake, func() { w.forget(account, wake) }
}

// look wakes the watchers of the accounts whose counters have moved.
func (s *Store) look(stop chan struct{}) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		for part := range slices.Chunk(s.watchers.accounts(), 500) {
			s.lookAt(part)
		}
	}
}

// lookAt reads some counters. What cannot be read now is noticed at the next
// look.
func (s *Store) lookAt(accounts []string) {
	var args db.Args
	rows, err := db.Rows[struct {
		ID        string
		ChangeSeq int64
	}](s.read(context.Background()), "SELECT id, change_seq FROM accounts WHERE id IN "+db.In(&args, accounts...), args...)
	if err != nil {
		return
	}
	for _, a := range rows {
		if s.watchers.moved(a.ID, a.ChangeSeq) {
			s.watchers.wake(a.ID)
		}
	}
}
