package models

import (
	"context"
	"sync"

	"aftercare/models/db"
)

// sendings are the deliveries that this process is sending, by account, so that
// a sign-out, a withdrawn consent or an erasure ends them too (P4): once it has
// returned, nothing is being sent. Another process on the same PostgreSQL
// starts none after the commit, and may finish those that it has started.
type sendings struct {
	mu  sync.Mutex
	all map[string]map[*sending]bool
}

type sending struct {
	device   string
	clearing bool
	cancel   context.CancelFunc
	done     chan struct{}
}

func (s *sendings) forget(account string, one *sending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all[account], one)
	if len(s.all[account]) == 0 {
		delete(s.all, account)
	}
}

// end cancels the sendings to the phones of the account, and waits until they
// have ended.
func (s *sendings) end(account string, to phones) {
	s.mu.Lock()
	var ending []*sending
	for one := range s.all[account] {
		if to == (phones{}) || to == onePhone(one.device) {
			ending = append(ending, one)
		}
	}
	s.mu.Unlock()
	for _, one := range ending {
		one.cancel()
		<-one.done
	}
}

// phones selects the devices of an account: all of them, or one.
type phones struct{ one string }

func onePhone(id string) phones { return phones{one: id} }

// are returns the condition that a column names one of the phones.
func (p phones) are(column string, args *db.Args) string {
	if p == (phones{}) {
		return "TRUE"
	}
	return column + " = " + args.Add(p.one)
}
