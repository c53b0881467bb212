package jobs

import (
	"context"
	"fmt"
	"math/rand/v2"
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
	patience = 5 * time.Second
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
// accounts are advanced, or after a tick: a service without room could keep it
// for ever, and the accounts must be looked at again. A destination without
// room holds up no other: its rows are not claimed, or given back.
func (r *Runner) deliver(ctx context.Context, advanced <-chan struct{}) error {
	var queue []waiting
	defer func() { r.giveBack(context.WithoutCancel(ctx), queue, true) }()
	for begun := r.Store.Now(); ctx.Err() == nil; {
		last := isClosed(advanced)
		claims, err := r.Store.ClaimDeliveries(ctx, claimBatch, lease, r.Hub.Closed())
		if err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
		now := r.Store.Now()
		for i := range claims {
			queue = append(queue, waiting{&claims[i], now})
		}
		idle := len(queue) == 0
		queue = r.giveBack(ctx, r.dispatch(ctx, queue), false)
		if last && (idle || now.Sub(begun) > r.Tick) {
			return nil
		}
		if idle || len(queue) > 0 {
			r.await(ctx)
		}
	}
	return ctx.Err()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// dispatch sends what has room and answers what has none. What is being sent
// is finished even if the runner stops: cut off, it would be sent twice.
func (r *Runner) dispatch(ctx context.Context, queue []waiting) (rest []waiting) {
	for _, w := range queue {
		release, ok := r.Hub.TryAcquire(placeOf(w.claim))
		if !ok {
			rest = append(rest, w)
			continue
		}
		r.sending.Go(func() { r.send(context.WithoutCancel(ctx), w.claim, release) })
	}
	return rest
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
		reason string
		at     time.Time
	}
	back, now := map[when][]*models.Claim{}, r.Store.Now()
	for _, w := range queue {
		_, until := r.Hub.Room(w.claim.Destination)
		switch {
		case until.After(now):
			at := when{"destination_paused", until}
			back[at] = append(back[at], w.claim)
		case all || now.Sub(w.since) > patience:
			at := when{"destination_busy", now.Add(unroomy)}
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
func (r *Runner) send(ctx context.Context, c *models.Claim, release func(push.Result)) {
	defer r.stir()
	defer release(push.Result{}) // does nothing if the outcome was told
	err := safely("send", func() error {
		result, refusal, err := r.handOver(ctx, c)
		if err != nil {
			return err
		}
		release(result) // the place is free before the outcome is on disk
		if refusal != nil {
			return r.Store.Settle(ctx, c, refused(refusal))
		}
		r.Metrics.attempt(c, result, r.Store.Now())
		if result.Class == push.Refused {
			r.Log.Error("our credentials were refused; the transport pauses", "transport", c.Transport, "reason", result.Reason)
		}
		return r.Store.Settle(ctx, c, outcome(c, result, r.Store.Now(), rand.Float64()))
	})
	if err != nil {
		r.Log.Error("a delivery is claimed again when its lease ends", "error", err)
	}
}

// handOver asks whether the claim is still wanted and sends it. A sign-out, a
// withdrawn consent or an erasure meanwhile cuts the sending off (P4); what
// comes of the delivery is then asked again.
func (r *Runner) handOver(ctx context.Context, c *models.Claim) (push.Result, *models.Refusal, error) {
	sending, over := r.Store.Sending(ctx, c)
	defer over()
	refusal, err := r.Store.StillWanted(ctx, c)
	if err != nil || refusal != nil {
		return push.Result{}, refusal, err
	}
	now := r.Store.Now()
	result := r.Hub.Send(sending, address(c), message(c, now))
	if sending.Err() != nil {
		return push.Result{}, &models.Refusal{Reason: "stopped", Until: now}, nil
	}
	return result, nil, nil
}

// refused is the outcome of what is no longer wanted, or not at this hour.
func refused(why *models.Refusal) models.Outcome {
	if why.Until.IsZero() {
		return models.Outcome{State: models.DeliverySkipped, Reason: why.Reason, Untried: true}
	}
	return models.Outcome{State: models.DeliveryPending, Reason: why.Reason, RetryAt: why.Until, Untried: true}
}

// outcome says what follows from each error class (design, Reminders).
func outcome(c *models.Claim, r push.Result, now time.Time, rnd float64) models.Outcome {
	o := models.Outcome{State: models.DeliveryDead, Reason: r.Class.String(), Error: r.Reason}
	switch r.Class {
	case push.Accepted:
		return models.Outcome{State: models.DeliveryAccepted}
	case push.Gone:
		o.PushState = models.PushGone
	case push.Mistaken:
		o.PushState = models.PushQuarantined
	case push.Payload:
	case push.Refused:
		o.State, o.RetryAt, o.Untried = models.DeliveryPending, now.Add(credentialsPause), true
	default:
		o.State, o.RetryAt = models.DeliveryPending, now.Add(max(push.Backoff(c.Attempts, rnd), r.RetryAfter))
	}
	return o
}
