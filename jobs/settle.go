package jobs

import (
	"context"
	"sync"

	"aftercare/models"
)

// settleSet is how many outcomes are recorded in one transaction.
const settleSet = 64

// outcomes wait to be recorded. Adding the first starts the one goroutine that
// records them, so that the next set gathers while one is written.
type outcomes struct {
	mu      sync.Mutex
	waiting []models.Settlement
	running bool
}

// settle records an outcome soon, even if the context ends: what is not
// recorded is sent again.
func (r *Runner) settle(ctx context.Context, s models.Settlement) {
	ctx = context.WithoutCancel(ctx)
	o := &r.outcomes
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = append(o.waiting, s)
	if !o.running {
		o.running = true
		r.sending.Go(func() {
			for set := o.next(); len(set) > 0; set = o.next() {
				r.settleSet(ctx, set)
			}
		})
	}
}

// next takes the outcomes that are recorded together. When none is left the
// goroutine ends.
func (o *outcomes) next() []models.Settlement {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := min(len(o.waiting), settleSet)
	set := o.waiting[:n:n]
	o.waiting = o.waiting[n:]
	o.running = n > 0
	return set
}

// settleSet records outcomes in one transaction, and if that fails each by
// itself. One that cannot be recorded is claimed again when its lease ends.
func (r *Runner) settleSet(ctx context.Context, set []models.Settlement) {
	err := safely("settle", func() error { return r.Store.SettleAll(ctx, set) })
	switch {
	case err == nil:
		for _, s := range set {
			r.Metrics.ended(s.Claim)
		}
	case len(set) > 1 && !models.IsCode(err, models.CodeOverloaded):
		for i := range set {
			r.settleSet(ctx, set[i:i+1])
		}
	default:
		r.Log.Error("could not settle deliveries; they are claimed again when their leases end", "count", len(set), "error", err)
	}
}
