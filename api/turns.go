package api

import (
	"context"
	"sync"
)

// atOnce is how many requests of one account run at a time; the others wait.
// However much one person asks for, everybody else gets a share of the machine.
const atOnce = 4

// turns counts the running requests by account.
type turns struct {
	mu sync.Mutex
	of map[string]*turn
}

type turn struct {
	room  chan struct{}
	users int // at work or waiting
}

func newTurns() *turns { return &turns{of: map[string]*turn{}} }

// wait blocks until it is the request's turn, and returns the function that
// ends the turn.
func (t *turns) wait(ctx context.Context, account string) (end func(), err error) {
	t.mu.Lock()
	mine := t.of[account]
	if mine == nil {
		mine = &turn{room: make(chan struct{}, atOnce)}
		t.of[account] = mine
	}
	mine.users++
	t.mu.Unlock()
	select {
	case mine.room <- struct{}{}:
		return func() {
			<-mine.room
			t.leave(account, mine)
		}, nil
	case <-ctx.Done():
		t.leave(account, mine)
		return nil, ctx.Err()
	}
}

func (t *turns) leave(account string, mine *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if mine.users--; mine.users == 0 {
		delete(t.of, account)
	}
}
