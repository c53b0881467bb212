package jobs

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// advanceBatch is how many due accounts are looked up at once.
	advanceBatch = 512
	// advanceAtOnce is how many are written at once: they share commits, which
	// hold 64. Twice as many keep the next one full while the last answers.
	advanceAtOnce = 128
	// poisonedPause is how long an account that fails is left alone.
	poisonedPause = 5 * time.Minute
)

// advance judges the accounts whose moment has come and wakes their reminders.
// One that fails or panics is pushed forward and stops no other.
func (r *Runner) advance(ctx context.Context) error {
	tried := map[string]bool{}
	for ctx.Err() == nil {
		due, err := r.Store.DueAccounts(ctx, advanceBatch)
		if err != nil {
			return fmt.Errorf("advance: %w", err)
		}
		fresh := due[:0]
		for _, id := range due {
			if !tried[id] {
				tried[id] = true
				fresh = append(fresh, id)
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		r.advanceAll(ctx, fresh)
		r.stir()
	}
	return ctx.Err()
}

func (r *Runner) advanceAll(ctx context.Context, ids []string) {
	next := make(chan string)
	var workers sync.WaitGroup
	for range min(advanceAtOnce, len(ids)) {
		workers.Go(func() {
			for id := range next {
				r.advanceOne(ctx, id)
			}
		})
	}
	for _, id := range ids {
		next <- id
	}
	close(next)
	workers.Wait()
}

func (r *Runner) advanceOne(ctx context.Context, id string) {
	err := safely("advance", func() error { return r.Store.Advance(ctx, id) })
	if err == nil || ctx.Err() != nil {
		return
	}
	r.Log.Error("an account could not be judged; it is tried again later", "account", id, "error", err)
	if err := r.Store.Postpone(ctx, id, poisonedPause); err != nil {
		r.Log.Error("an account could not be put off", "account", id, "error", err)
	}
}

// safely turns a panic into an error, as what runs beside the tick must not
// end the process. The value may quote what a person wrote: only its type is
// told.
func safely(what string, fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: panic of type %T", what, p)
		}
	}()
	return fn()
}
