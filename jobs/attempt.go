package jobs

import (
	"context"
	"math/rand/v2"
	"time"

	"aftercare/jobs/push"
	"aftercare/models"
)

// credentialsPause is the delay before a delivery is tried again whose service
// refused our credentials.
const credentialsPause = 5 * time.Minute

// attempt is one try to send a claim. It holds a place in flight at its
// destination until done is called.
type attempt struct {
	*models.Claim
	done    func(push.Result)
	sending context.Context // cancelled when its person or phone stops it (P4)
	ended   func()          // lets a stop return that waits for the sending
	refusal *models.Refusal
}

// begin takes a place in flight for the claim, nil if its destination has none or
// its phone is just being sent a clear.
func (r *Runner) begin(ctx context.Context, c *models.Claim) *attempt {
	done, ok := r.Hub.TryAcquire(c.Destination)
	if !ok {
		return nil
	}
	sending, ended, ok := r.Store.Sending(ctx, c)
	if !ok {
		done(push.Result{})
		return nil
	}
	return &attempt{Claim: c, done: done, sending: sending, ended: ended}
}

// ask returns the attempts that the store could decide on, with its refusals.
// The others are claimed again when their leases end. A row that cannot be read
// stops only its own attempt.
func (r *Runner) ask(ctx context.Context, ready []*attempt) (asked []*attempt) {
	claims := make([]*models.Claim, len(ready))
	for i, a := range ready {
		claims[i] = a.Claim
	}
	if len(ready) == 0 {
		return nil
	}
	refusals, err := r.Store.AreWanted(ctx, claims)
	switch {
	case err == nil:
		for i, a := range ready {
			a.refusal = refusals[i]
		}
		return ready
	case len(ready) == 1:
		r.Log.Error("could not ask whether a delivery is still wanted; it is claimed again when its lease ends", "error", err)
		ready[0].ended()
		ready[0].done(push.Result{})
		return nil
	}
	for i := range ready {
		asked = append(asked, r.ask(ctx, ready[i:i+1])...)
	}
	return asked
}

// attempt sends a claim and has its outcome recorded. If anything fails here,
// the delivery is claimed again when its lease ends.
func (r *Runner) attempt(ctx context.Context, a *attempt) {
	defer r.stir()
	defer r.inFlight.Add(-1)
	defer a.done(push.Result{}) // does nothing after the outcome
	err := safely("send", func() error {
		result := r.post(a)
		a.done(result) // frees the place before the outcome is on disk
		r.settle(ctx, models.Settlement{Claim: a.Claim, Outcome: r.outcomeOf(a, result)})
		return nil
	})
	if err != nil {
		r.Log.Error("could not send a delivery; it is claimed again when its lease ends", "error", err)
	}
}

// outcomeOf returns the outcome of an attempt, and counts it.
func (r *Runner) outcomeOf(a *attempt, result push.Result) models.Outcome {
	if a.refusal != nil {
		return refused(a.refusal)
	}
	now := r.Store.Now()
	r.Metrics.attempt(a.Claim, result, now)
	if result.Class == push.Refused {
		r.Log.Error("our credentials were refused; the transport pauses", "transport", a.Transport, "reason", result.Reason)
	}
	return outcome(a.Claim, result, now, rand.Float64()) //nolint:gosec // it spreads retries and is not secret
}

// post sends the message unless it was refused or stopped. An attempt that was
// cut off is asked about again: it is tried again only if it is wanted for
// another reason.
func (r *Runner) post(a *attempt) push.Result {
	defer a.ended()
	now := r.Store.Now()
	if a.refusal != nil {
		return push.Result{}
	}
	var result push.Result
	if a.sending.Err() == nil {
		result = r.Hub.Send(a.sending, claimAddress(a.Claim), message(a.Claim, now))
	}
	if a.sending.Err() != nil {
		a.refusal = &models.Refusal{Reason: models.ReasonStopped, Until: now}
		return push.Result{} // the service is not to blame
	}
	return result
}

// refused returns the outcome of a claim that is not wanted, or not now.
func refused(why *models.Refusal) models.Outcome {
	if why.Until.IsZero() {
		return models.Outcome{State: models.DeliverySkipped, Reason: why.Reason, Untried: true}
	}
	return models.Outcome{State: models.DeliveryPending, Reason: why.Reason, RetryAt: why.Until, Untried: true}
}

// outcome returns what follows from each class (architecture, Answers of push
// services). rnd in [0,1) spreads retries.
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
