package db

import "sync"

// turns is the writer's queue. Accounts take turns, so that one person's burst
// of writes does not delay everybody else's; the writes of one account keep
// their order.
type turns struct {
	mu      sync.Mutex
	waiting map[string][]*request // by account
	order   []string              // accounts with waiting requests, in turn
	ready   chan struct{}         // holds a token while something may be waiting; closed with the queue
	closed  bool
}

func newTurns() *turns {
	return &turns{waiting: map[string][]*request{}, ready: make(chan struct{}, 1)}
}

func (t *turns) add(r *request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting[r.account]) == 0 {
		t.order = append(t.order, r.account)
	}
	t.waiting[r.account] = append(t.waiting[r.account], r)
	t.signal()
}

// next returns the first request of the account whose turn it is, or nil if
// none is waiting.
func (t *turns) next() *request {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.order) == 0 {
		return nil
	}
	account := t.order[0]
	t.order = t.order[1:]
	r, rest := t.waiting[account][0], t.waiting[account][1:]
	if len(rest) == 0 {
		delete(t.waiting, account)
	} else {
		t.waiting[account] = rest
		t.order = append(t.order, account)
	}
	if len(t.order) > 0 {
		t.signal()
	}
	return r
}

// len returns how many requests are waiting.
func (t *turns) len() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, rs := range t.waiting {
		n += len(rs)
	}
	return n
}

func (t *turns) signal() {
	if t.closed {
		return
	}
	select {
	case t.ready <- struct{}{}:
	default:
	}
}

// close wakes the writer for the last time: next still returns what is waiting.
func (t *turns) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	close(t.ready)
}
