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
	// claimBatch is how many deliveries are claimed at once.
	claimBatch = 256
	// lease is how long a claim is held: longer than queueing, sending and
	// settling it may take.
	lease = time.Minute
	// maxQueueing is how long a claim waits for room at its destination.
	maxQueueing = 20 * time.Second
	// maxQueued limits the claims that wait for one destination: as many as are
	// ever in flight there, so that it never runs dry.
	maxQueued = 64
	// busyRetry is the delay before a delivery is claimed again whose destination
	// was full.
	busyRetry = 5 * time.Second
	// gathering is how long ends of attempts gather while others are under way:
	// the database is asked once about all that are sent in their places.
	gathering = 5 * time.Millisecond
)

// queued is a claim that waits for room at its destination.
type queued struct {
	claim *models.Claim
	since time.Time
}

// handover owns the claims of one round: it takes them, sends those that have
// room at their destination, and releases the leases of the others.
type handover struct {
	*Runner
	queue   []queued
	started time.Time
	taken   int  // claims of the last take
	idle    bool // nothing was left to hand over before the last send

	mu       sync.Mutex
	born     []models.Claim // of deliveries that advancing has made
	promised int            // claims that advancing may still add
	waiting  int            // claims in the queue after the last send
	long     []string       // destinations for which enough of them wait
}

// run hands over what is due. It returns when nothing is left and the accounts
// are advanced, or after one tick with more to do, so that a full destination
// cannot starve advancing. A full destination does not hold up the others: its
// deliveries are not claimed, or released.
func (h *handover) run(ctx context.Context, advanced <-chan struct{}) (more bool, err error) {
	if err := h.explain(ctx); err != nil {
		return false, err
	}
	for ctx.Err() == nil {
		last := isClosed(advanced)
		if err := h.take(ctx); err != nil {
			return false, fmt.Errorf("deliver: %w", err)
		}
		h.send(ctx)
		h.release(ctx)
		if last && (h.idle || h.Store.Now().Sub(h.started) > h.Tick) {
			return !h.idle, nil
		}
		h.await(ctx)
	}
	return false, ctx.Err()
}

// take adds to the queue what advancing has made due, and claims what else is
// due at destinations that have room and no long queue. Warnings go first, and
// wait for no queue.
func (h *handover) take(ctx context.Context) error {
	closed := h.Hub.Closed()
	full := h.inFlight.Load() > 0 && h.anyFull(closed)
	claims, free := h.takeBorn()
	more, err := h.Store.ClaimDeliveries(ctx, free, lease, closed, h.longQueues()...)
	claims = append(claims, more...)
	h.enqueue(claims)
	h.taken, h.idle = len(claims), len(h.queue) == 0 && !full
	return err
}

func (h *handover) enqueue(claims []models.Claim) {
	now := h.Store.Now()
	for i := range claims {
		h.queue = append(h.queue, queued{&claims[i], now})
	}
	slices.SortStableFunc(h.queue, func(a, b queued) int {
		switch {
		case a.claim.Priority == b.claim.Priority:
			return 0
		case a.claim.Priority:
			return -1
		}
		return 1
	})
}

// lease returns how many of the deliveries that it makes one transaction of
// advancing may claim: together with what waits, at most a batch, so that a
// warning never waits behind more.
func (h *handover) lease() models.Lease {
	h.mu.Lock()
	defer h.mu.Unlock()
	free := min(claimBatch-h.waiting-len(h.born)-h.promised, wakeSet)
	if free <= 0 {
		return models.Lease{}
	}
	h.promised += free
	return models.Lease{For: lease, Max: free, Except: append(h.paused(), h.long...)}
}

// add records the claims that advancing has made under a lease.
func (h *handover) add(of models.Lease, claims []models.Claim) {
	h.mu.Lock()
	h.promised -= of.Max
	h.born = append(h.born, claims...)
	h.mu.Unlock()
	if len(claims) > 0 {
		h.stir()
	}
}

// takeBorn returns the claims that advancing has added, and how many more of a
// batch may be claimed beside them.
func (h *handover) takeBorn() (born []models.Claim, free int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	born, h.born = h.born, nil
	h.waiting += len(born)
	return born, claimBatch - len(born) - h.promised
}

// send starts an attempt for each claim that has room at its destination, and
// keeps the others. An attempt ends even if the runner stops: cut off, the
// message would be sent twice.
func (h *handover) send(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	var rest []queued
	var ready []*attempt
	for _, q := range h.queue {
		if a := h.begin(ctx, q.claim); a != nil {
			ready = append(ready, a)
		} else {
			rest = append(rest, q)
		}
	}
	h.queue = rest
	for _, a := range h.ask(ctx, ready) {
		h.inFlight.Add(1)
		h.sending.Go(func() { h.attempt(ctx, a) })
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting, h.long = len(h.queue), h.longQueues()
}

// hold is the reason for releasing a claim's lease, and when it is due again.
type hold struct {
	reason models.Reason
	until  time.Time
}

// release gives up the claims whose destination asked for a pause, and those
// that have queued for too long.
func (h *handover) release(ctx context.Context) {
	now := h.Store.Now()
	h.releaseIf(ctx, func(q queued) (hold, bool) {
		return hold{models.ReasonBusy, now.Add(busyRetry)}, now.Sub(q.since) > maxQueueing
	})
}

// releaseAll gives up every claim that still waits.
func (h *handover) releaseAll(ctx context.Context) {
	born, _ := h.takeBorn()
	h.enqueue(born)
	now := h.Store.Now()
	h.releaseIf(ctx, func(queued) (hold, bool) { return hold{models.ReasonBusy, now}, true })
}

// releaseIf gives up the claims whose destination asked for a pause, until it
// ends, and those that the function names.
func (h *handover) releaseIf(ctx context.Context, which func(queued) (hold, bool)) {
	var rest []queued
	released, now := map[hold][]*models.Claim{}, h.Store.Now()
	for _, q := range h.queue {
		why, give := which(q)
		if _, until := h.Hub.Room(q.claim.Destination); until.After(now) {
			why, give = hold{models.ReasonPaused, until}, true
		}
		if give {
			released[why] = append(released[why], q.claim)
		} else {
			rest = append(rest, q)
		}
	}
	h.queue = rest
	for why, claims := range released {
		if err := h.Store.Release(ctx, claims, why.reason, why.until); err != nil {
			h.Log.Error("could not release deliveries; they are claimed again when their leases end", "count", len(claims), "error", err)
		}
	}
}

// await waits until there may be more to do: a place in flight became free,
// accounts were advanced, or a second has passed.
func (h *handover) await(ctx context.Context) {
	if h.taken > 0 && len(h.queue) == 0 {
		return
	}
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-h.stirred:
		if h.inFlight.Load() > 0 {
			h.gather(ctx)
		}
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (h *handover) gather(ctx context.Context) {
	timer := time.NewTimer(gathering)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// stir wakes a waiting handover.
func (r *Runner) stir() {
	select {
	case r.stirred <- struct{}{}:
	default:
	}
}

// anyFull reports whether one of the destinations accepts more as soon as an
// attempt ends, so that what is due there is not left for the next tick.
func (r *Runner) anyFull(closed []string) bool {
	return slices.ContainsFunc(closed, func(name string) bool {
		_, until := r.Hub.Room(name)
		return until.IsZero()
	})
}

// paused returns the destinations that asked for a pause or are not configured.
func (r *Runner) paused() []string {
	now := r.Store.Now()
	return slices.DeleteFunc(r.Hub.Closed(), func(name string) bool {
		_, until := r.Hub.Room(name)
		return !until.After(now) && !r.Hub.Off(name)
	})
}

// longQueues returns the destinations for which enough claims wait.
func (h *handover) longQueues() (names []string) {
	count := map[string]int{}
	for _, q := range h.queue {
		if count[q.claim.Destination]++; count[q.claim.Destination] == maxQueued {
			names = append(names, q.claim.Destination)
		}
	}
	return names
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// explain records why due deliveries are not claimed whose destination asked
// for a pause or whose transport is not configured.
func (r *Runner) explain(ctx context.Context) error {
	var paused, off []string
	now := r.Store.Now()
	for _, name := range r.Hub.Closed() {
		switch _, until := r.Hub.Room(name); {
		case until.After(now):
			paused = append(paused, name)
		case r.Hub.Off(name):
			off = append(off, name)
		}
	}
	if err := r.Store.Explain(ctx, paused, models.ReasonPaused); err != nil {
		return err
	}
	return r.Store.Explain(ctx, off, models.ReasonTransportOff)
}
