package jobs

import (
	"context"
	"fmt"
	"sync"
	"time"

	"aftercare/models"
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
	tried := map[string]models.Due{}
	for ctx.Err() == nil {
		due, err := r.Store.DueAccounts(ctx, advanceBatch)
		if err != nil {
			return fmt.Errorf("advance: %w", err)
		}
		fresh := due[:0]
		for _, d := range due {
			if last, known := tried[d.Account]; !known || !last.Same(d) {
				tried[d.Account] = d
				fresh = append(fresh, d)
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

func (r *Runner) advanceAll(ctx context.Context, all []models.Due) {
	next := make(chan models.Due)
	var workers sync.WaitGroup
	for range min(advanceAtOnce, len(all)) {
		workers.Go(func() {
			for due := range next {
				r.advanceOne(ctx, due)
			}
		})
	}
	for _, due := range all {
		next <- due
	}
	close(next)
	workers.Wait()
}

func (r *Runner) advanceOne(ctx context.Context, due models.Due) {
	err := safely("advance", func() error { return r.Store.Advance(ctx, due) })
	if err == nil || ctx.Err() != nil {
		return
	}
	r.Log.Error("an account could not be judged; it is tried again later", "account", due.Account, "error", err)
	if err := r.Store.Postpone(ctx, due.Account, poisonedPause); err != nil {
		r.Log.Error("an account could not be put off", "account", due.Account, "error", err)
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
