package jobs

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"aftercare/models"
)

const (
	// advanceBatch is how many due accounts are looked up at once.
	advanceBatch = 512
	// wakeSet is how many accounts are woken in one transaction: their statements
	// cost little more than those of one.
	wakeSet = 64
	// judgeSet is how many are judged in one transaction: each takes a
	// millisecond or more, for which requests wait.
	judgeSet = 16
	// advanceAtOnce is how many sets are under way, so that one is prepared while
	// another is written.
	advanceAtOnce = 4
	// poisonedPause is how long an account that fails is left alone.
	poisonedPause = 5 * time.Minute
)

// advance judges the accounts whose moment has come and wakes their reminders.
// What it makes due goes to the handover. An account that fails or panics is
// put off and stops no other.
func (r *Runner) advance(ctx context.Context, to *handover) error {
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
		r.advanceAll(ctx, fresh, to)
		r.stir()
	}
	return ctx.Err()
}

func (r *Runner) advanceAll(ctx context.Context, all []models.Due, to *handover) {
	sets := make(chan []models.Due)
	var workers sync.WaitGroup
	for range advanceAtOnce {
		workers.Go(func() {
			for set := range sets {
				r.advanceSet(ctx, set, to)
			}
		})
	}
	var judged, woken []models.Due
	for _, d := range all {
		if d.Judge {
			judged = append(judged, d)
		} else {
			woken = append(woken, d)
		}
	}
	for set := range slices.Chunk(judged, judgeSet) {
		sets <- set
	}
	for set := range slices.Chunk(woken, wakeSet) {
		sets <- set
	}
	close(sets)
	workers.Wait()
}

// advanceSet advances accounts in one transaction, and if that fails each by
// itself.
func (r *Runner) advanceSet(ctx context.Context, set []models.Due, to *handover) {
	lease := to.lease()
	var claims []models.Claim
	err := safely("advance", func() (err error) {
		claims, err = r.Store.AdvanceAll(ctx, set, lease)
		return err
	})
	to.add(lease, claims)
	switch {
	case err == nil, ctx.Err() != nil:
	case models.IsCode(err, models.CodeOverloaded): // it says nothing about the accounts
		r.Log.Error("accounts could not be advanced; the next tick tries again", "count", len(set), "error", err)
	case len(set) > 1:
		for i := range set {
			r.advanceSet(ctx, set[i:i+1], to)
		}
	default:
		r.postpone(ctx, set[0].Account, err)
	}
}

// postpone delays an account that failed, so that it is not looked at again in
// every tick.
func (r *Runner) postpone(ctx context.Context, account string, err error) {
	r.Log.Error("an account could not be judged; it is tried again later", "account", account, "error", err)
	if err := r.Store.Postpone(ctx, account, poisonedPause); err != nil {
		r.Log.Error("an account could not be put off", "account", account, "error", err)
	}
}

// safely turns a panic into an error: what runs beside the tick must not end the
// process. The value may quote what a person wrote, so the error names only its
// type.
func safely(what string, fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: panic of type %T", what, p)
		}
	}()
	return fn()
}
