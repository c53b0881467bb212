package jobs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"aftercare/jobs/push"
	"aftercare/models"
)

const (
	// claimBatch is how many deliveries are claimed at once.
	claimBatch = 256
	// lease is how long a claim is held: longer than it may wait for room, be
	// sent and be settled.
	lease = time.Minute
	// patience is how long a claim waits for room at its destination.
	patience = 20 * time.Second
	// crowd is how many wait at a destination before no more are claimed for it:
	// as many as are ever in flight there, so that it never runs dry.
	crowd = 64
	// unroomy is how long a delivery is left alone that found no room.
	unroomy = 5 * time.Second
	// credentialsPause is how long a delivery waits whose transport refused us.
	credentialsPause = 5 * time.Minute
)

// waiting is a claim that waits for room at its destination.
type waiting struct {
	claim *models.Claim
	since time.Time
}

// deliver hands over what is due. It ends when nothing is left and the
// accounts are advanced, or with more to do after a tick: a service without
// room could keep it for ever, and the accounts must be looked at again. A
// destination without room holds up no other: its rows are not claimed, or
// given back.
func (r *Runner) deliver(ctx context.Context, advanced <-chan struct{}) (more bool, err error) {
	if err := r.explain(ctx); err != nil {
		return false, err
	}
	var queue []waiting
	defer func() { r.giveBack(context.WithoutCancel(ctx), queue, true) }()
	for begun := r.Store.Now(); ctx.Err() == nil; {
		last, closed := isClosed(advanced), r.Hub.Closed()
		full := r.inFlight.Load() > 0 && r.anyFull(closed)
		claims, err := r.Store.ClaimDeliveries(ctx, claimBatch, lease, append(closed, crowded(queue)...))
		if err != nil {
			return false, fmt.Errorf("deliver: %w", err)
		}
		now := r.Store.Now()
		for i := range claims {
			queue = append(queue, waiting{&claims[i], now})
		}
		idle := len(queue) == 0 && !full
		queue = r.giveBack(ctx, r.dispatch(ctx, queue), false)
		if last && (idle || now.Sub(begun) > r.Tick) {
			return !idle, nil
		}
		if len(claims) == 0 || len(queue) > 0 {
			r.await(ctx)
		}
	}
	return false, ctx.Err()
}

// explain has the store note why deliveries are left alone whose destination
// asked for a pause or whose transport is not configured.
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

// anyFull says whether one of the destinations takes more as soon as another
// sending ends, so that what is due there is not left for the next tick.
func (r *Runner) anyFull(closed []string) bool {
	return slices.ContainsFunc(closed, func(name string) bool {
		_, until := r.Hub.Room(name)
		return until.IsZero()
	})
}

// crowded are the destinations for which enough claims wait.
func crowded(queue []waiting) (names []string) {
	count := map[string]int{}
	for _, w := range queue {
		if count[w.claim.Destination]++; count[w.claim.Destination] == crowd {
			names = append(names, w.claim.Destination)
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

// handover is a claim that has its place in flight.
type handover struct {
	*models.Claim
	release func(push.Result)
	sending context.Context // cut off when its person or phone stops it (P4)
	over    func()
	refusal *models.Refusal
}

// dispatch asks once more whether what has room is wanted, sends it, and
// answers what has no room. What is being sent is finished even if the runner
// stops: cut off, it would be sent twice.
func (r *Runner) dispatch(ctx context.Context, queue []waiting) (rest []waiting) {
	ctx = context.WithoutCancel(ctx)
	var ready []*handover
	for _, w := range queue {
		release, ok := r.Hub.TryAcquire(placeOf(w.claim))
		if !ok {
			rest = append(rest, w)
			continue
		}
		h := &handover{Claim: w.claim, release: release}
		h.sending, h.over = r.Store.Sending(ctx, w.claim)
		ready = append(ready, h)
	}
	for _, h := range r.ask(ctx, ready) {
		r.inFlight.Add(1)
		r.sending.Go(func() { r.send(ctx, h) })
	}
	return rest
}

// ask keeps those of which the store says something, be it a refusal: the
// others are claimed again when their lease ends. One that cannot be read
// stops only itself.
func (r *Runner) ask(ctx context.Context, ready []*handover) (asked []*handover) {
	claims := make([]*models.Claim, len(ready))
	for i, h := range ready {
		claims[i] = h.Claim
	}
	if len(ready) == 0 {
		return nil
	}
	refusals, err := r.Store.AreWanted(ctx, claims)
	switch {
	case err == nil:
		for i, h := range ready {
			h.refusal = refusals[i]
		}
		return ready
	case len(ready) == 1:
		r.Log.Error("a delivery is claimed again when its lease ends", "error", err)
		ready[0].over()
		ready[0].release(push.Result{})
		return nil
	}
	for i := range ready {
		asked = append(asked, r.ask(ctx, ready[i:i+1])...)
	}
	return asked
}

// await waits until there may be more to do: a place was given back, accounts
// were advanced, or a second has passed.
func (r *Runner) await(ctx context.Context) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-r.stirred:
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (r *Runner) stir() {
	select {
	case r.stirred <- struct{}{}:
	default:
	}
}

// giveBack ends the leases of what cannot be sent soon, of everything if all
// is set, and answers what still waits.
func (r *Runner) giveBack(ctx context.Context, queue []waiting, all bool) (rest []waiting) {
	type when struct {
		reason models.Reason
		at     time.Time
	}
	back, now := map[when][]*models.Claim{}, r.Store.Now()
	for _, w := range queue {
		_, until := r.Hub.Room(w.claim.Destination)
		switch {
		case until.After(now):
			at := when{models.ReasonPaused, until}
			back[at] = append(back[at], w.claim)
		case all:
			at := when{models.ReasonBusy, now}
			back[at] = append(back[at], w.claim)
		case now.Sub(w.since) > patience:
			at := when{models.ReasonBusy, now.Add(unroomy)}
			back[at] = append(back[at], w.claim)
		default:
			rest = append(rest, w)
		}
	}
	for w, claims := range back {
		if err := r.Store.GiveBack(ctx, claims, w.reason, w.at); err != nil {
			r.Log.Error("deliveries are claimed again when their lease ends", "count", len(claims), "error", err)
		}
	}
	return rest
}

// send hands a claim over and records what came of it. Whatever goes wrong
// here, the delivery is claimed again when its lease ends.
func (r *Runner) send(ctx context.Context, h *handover) {
	defer r.stir()
	defer r.inFlight.Add(-1)
	defer h.release(push.Result{}) // does nothing if the outcome was told
	err := safely("send", func() error {
		result := h.send(r)
		h.release(result) // the place is free before the outcome is on disk
		defer func() { r.Metrics.ended(h.Claim) }()
		if h.refusal != nil {
			return r.Store.Settle(ctx, h.Claim, refused(h.refusal))
		}
		r.Metrics.attempt(h.Claim, result, r.Store.Now())
		if result.Class == push.Refused {
			r.Log.Error("our credentials were refused; the transport pauses", "transport", h.Transport, "reason", result.Reason)
		}
		return r.Store.Settle(ctx, h.Claim, outcome(h.Claim, result, r.Store.Now(), rand.Float64())) //nolint:gosec // it spreads retries and is no secret
	})
	if err != nil {
		r.Log.Error("a delivery is claimed again when its lease ends", "error", err)
	}
}

// send hands it over unless it was refused or stopped. What comes of one that
// was cut off is asked again: only what else is wanted goes on.
func (h *handover) send(r *Runner) push.Result {
	defer h.over()
	now := r.Store.Now()
	if h.refusal != nil {
		return push.Result{}
	}
	var result push.Result
	if h.sending.Err() == nil {
		result = r.Hub.Send(h.sending, address(h.Claim), message(h.Claim, now))
	}
	if h.sending.Err() != nil {
		h.refusal = &models.Refusal{Reason: models.ReasonStopped, Until: now}
		return push.Result{} // it says nothing about the service
	}
	return result
}

// refused is the outcome of what is no longer wanted, or not at this hour.
func refused(why *models.Refusal) models.Outcome {
	if why.Until.IsZero() {
		return models.Outcome{State: models.DeliverySkipped, Reason: why.Reason, Untried: true}
	}
	return models.Outcome{State: models.DeliveryPending, Reason: why.Reason, RetryAt: why.Until, Untried: true}
}

// outcome says what follows from each class (architecture, Answers of push
// services).
func outcome(c *models.Claim, r push.Result, now time.Time, rnd float64) models.Outcome {
	o := models.Outcome{State: models.DeliveryDead, Reason: models.Reason(r.Class.String()), Error: r.Reason}
	switch r.Class {
	case push.Accepted:
		return models.Outcome{State: models.DeliveryAccepted}
	case push.Gone:
		o.PushState = models.PushGone
	case push.Mistaken:
		o.PushState = models.PushQuarantined
	case push.Payload:
		if c.Clearing { // browsers show something for every push
			return models.Outcome{State: models.DeliverySkipped, Reason: models.ReasonCannotClear}
		}
	case push.Refused:
		o.State, o.RetryAt, o.Untried = models.DeliveryPending, now.Add(credentialsPause), true
	default:
		o.State, o.RetryAt = models.DeliveryPending, now.Add(max(push.Backoff(c.Attempts, rnd), r.RetryAfter))
	}
	return o
}
