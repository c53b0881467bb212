package jobs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"aftercare/jobs/push"
	"aftercare/models"
	"aftercare/models/care"
	"aftercare/models/texts"
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
	// unconfigured is how long one waits for a transport that has no sender.
	unconfigured = 10 * time.Minute
)

// waiting is a claim that waits for room at its destination.
type waiting struct {
	claim *models.Claim
	since time.Time
}

// deliver hands over what is due, until nothing more can be. A destination
// without room holds up none of the others: its rows are not claimed, or given
// back.
func (r *Runner) deliver(ctx context.Context) error {
	var queue []waiting
	defer func() { r.giveBack(context.WithoutCancel(ctx), queue, true) }()
	for ctx.Err() == nil {
		claims, err := r.Store.ClaimDeliveries(ctx, claimBatch, lease, r.Hub.Closed())
		if err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
		for i := range claims {
			queue = append(queue, waiting{&claims[i], r.Store.Now()})
		}
		if len(queue) == 0 {
			return nil
		}
		queue = r.giveBack(ctx, r.dispatch(ctx, queue), false)
		if len(queue) > 0 {
			r.awaitRoom(ctx)
		}
	}
	return ctx.Err()
}

// dispatch sends what has room and answers what has none.
func (r *Runner) dispatch(ctx context.Context, queue []waiting) (rest []waiting) {
	for _, w := range queue {
		release, ok := r.Hub.TryAcquire(address(w.claim))
		if !ok {
			rest = append(rest, w)
			continue
		}
		r.sending.Go(func() { r.send(ctx, w.claim, release) })
	}
	return rest
}

// awaitRoom waits until a place is given back, a second at most.
func (r *Runner) awaitRoom(ctx context.Context) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-r.freed:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// giveBack ends the claims that cannot be sent soon, all of them if all is set,
// and answers those that still wait.
func (r *Runner) giveBack(ctx context.Context, queue []waiting, all bool) (rest []waiting) {
	now := r.Store.Now()
	for _, w := range queue {
		_, until := r.Hub.Room(w.claim.Destination)
		configured := r.Hub.Configured(push.Transport(w.claim.Transport))
		switch {
		case !configured:
			r.settle(ctx, w.claim, models.Outcome{State: models.DeliveryPending, Reason: "transport_off", RetryAt: now.Add(unconfigured), Untried: true})
		case until.After(now):
			r.settle(ctx, w.claim, models.Outcome{State: models.DeliveryPending, Reason: "destination_paused", RetryAt: until, Untried: true})
		case all || now.Sub(w.since) > patience:
			r.settle(ctx, w.claim, models.Outcome{State: models.DeliveryPending, Reason: "destination_busy", RetryAt: now.Add(unroomy), Untried: true})
		default:
			rest = append(rest, w)
		}
	}
	return rest
}

// send asks once more whether the delivery is wanted, hands it over and
// records what came of it.
func (r *Runner) send(ctx context.Context, c *models.Claim, release func(push.Result)) {
	defer func() {
		release(push.Result{}) // does nothing if the outcome was told
		if p := recover(); p != nil {
			r.Log.Error("sending panicked; the delivery is claimed again when its lease ends", "panic", fmt.Sprintf("%T", p))
		}
		select {
		case r.freed <- struct{}{}:
		default:
		}
	}()
	refusal, err := r.Store.StillWanted(ctx, c)
	if err != nil {
		r.Log.Error("a delivery could not be checked; it is claimed again when its lease ends", "error", err)
		return
	}
	if refusal != nil {
		r.settle(ctx, c, refused(refusal))
		return
	}
	result := r.Hub.Send(ctx, address(c), message(c, r.Store.Now()))
	release(result)
	r.Metrics.attempt(c, result, r.Store.Now())
	if result.Class == push.Refused {
		r.Log.Error("our credentials were refused; the transport pauses", "transport", c.Transport, "reason", result.Reason)
	}
	r.settle(context.WithoutCancel(ctx), c, outcome(c, result, r.Store.Now(), rand.Float64()))
}

func (r *Runner) settle(ctx context.Context, c *models.Claim, o models.Outcome) {
	if err := r.Store.Settle(ctx, c, o); err != nil {
		r.Log.Error("an outcome could not be recorded; the delivery is claimed again when its lease ends", "error", err)
	}
}

// refused is the outcome of what is no longer wanted, or not at this hour.
func refused(why *models.Refusal) models.Outcome {
	if why.Until.IsZero() {
		return models.Outcome{State: models.DeliverySkipped, Reason: why.Reason, Untried: true}
	}
	return models.Outcome{State: models.DeliveryPending, Reason: why.Reason, RetryAt: why.Until, Untried: true}
}

// credentialsPause is how long rows of a transport wait that refused us.
const credentialsPause = 5 * time.Minute

// outcome says what follows from each error class (design, Reminders).
func outcome(c *models.Claim, r push.Result, now time.Time, rnd float64) models.Outcome {
	again := func(after time.Duration) models.Outcome {
		return models.Outcome{State: models.DeliveryPending, Reason: r.Class.String(), Error: r.Reason, RetryAt: now.Add(after)}
	}
	dead := models.Outcome{State: models.DeliveryDead, Reason: r.Class.String(), Error: r.Reason}
	switch r.Class {
	case push.Accepted:
		return models.Outcome{State: models.DeliveryAccepted}
	case push.Gone:
		dead.PushState = models.PushGone
		return dead
	case push.Mistaken:
		dead.PushState = models.PushQuarantined
		return dead
	case push.Payload:
		return dead
	case push.Refused:
		o := again(credentialsPause)
		o.Untried = true
		return o
	}
	return again(max(push.Backoff(c.Attempts, rnd), r.RetryAfter))
}

func address(c *models.Claim) push.Address {
	a := c.Address
	return push.Address{
		Transport: push.Transport(c.Transport), Endpoint: a.Endpoint, P256dh: a.P256dh, Auth: a.Auth, VAPIDKey: a.VAPIDKey,
		Token: a.Token, Environment: a.Environment, RegisteredAt: c.Registered.Time,
	}
}

// longestTTL is what push services keep a message for at most.
const longestTTL = 28 * 24 * time.Hour

// message is what the device shows: neutral words unless the person asked for
// more (P7). A repeat or a snooze has a new id under the same tag.
func message(c *models.Claim, now time.Time) push.Message {
	m := push.Message{
		NotificationID: c.NotificationID, Tag: c.ReminderID, TTL: min(max(c.ExpiresAt.Sub(now), 0), longestTTL),
		ReminderID: c.ReminderID, Kind: c.Kind,
	}
	tier := care.Tier(c.Tier)
	if c.Kind == models.KindWarning {
		m.Tag = c.Anchor
	}
	if c.Clearing {
		m.Silent, m.Urgency, m.TTL = true, push.Low, longestTTL
		return m
	}
	m.ActionToken = c.ActionToken
	if tier >= care.SameDay {
		m.Urgency, m.TimeSensitive = push.High, true
	}
	words, named := texts.For(c.Locale), ""
	if c.Kind == models.KindWarning {
		named = tier.String()
	}
	m.Title, m.Body = words.LockScreen(c.Kind, named, c.TextKey, c.LockScreen == "detailed")
	return m
}
