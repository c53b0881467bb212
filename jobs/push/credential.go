package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// bearer is a token that a provider takes until it ends.
type bearer struct {
	value   string
	renewAt time.Time // on our clock, well before it ends
}

// refusal is a provider saying no to our credentials.
type refusal struct {
	reason string
	date   string // the provider's clock, from its Date header
}

func (r *refusal) Error() string { return r.reason }

// errTooSoon keeps a refused token from being renewed in a loop.
var errTooSoon = errors.New("renewed a moment ago")

// credential keeps one bearer for all senders of a provider, renews it before it
// ends, and once more when the provider refuses it. Our clock may be wrong: how
// far is learnt from the refusal's Date, and the next token is signed by that.
type credential struct {
	now  func() time.Time
	mint func(ctx context.Context, at time.Time) (bearer, error)
	gap  time.Duration // at least between two renewals that a refusal asked for

	lock   chan struct{} // a mutex that a context can leave: minting may need the network
	cur    bearer
	skew   time.Duration
	forced time.Time
}

func newCredential(now func() time.Time, gap time.Duration, mint func(context.Context, time.Time) (bearer, error)) *credential {
	return &credential{now: now, gap: gap, mint: mint, lock: make(chan struct{}, 1)}
}

// get returns the bearer in use. A non-nil refused says which one the provider
// has just refused; whoever comes second gets the one that the first renewed.
func (c *credential) get(ctx context.Context, value string, refused *refusal) (string, error) {
	select {
	case c.lock <- struct{}{}:
		defer func() { <-c.lock }()
	case <-ctx.Done():
		return "", fmt.Errorf("wait for a token: %w", ctx.Err())
	}
	if refused != nil && c.cur.value == value {
		if err := c.discard(refused); err != nil {
			return "", err
		}
	}
	if c.cur.value != "" && c.now().Before(c.cur.renewAt) {
		return c.cur.value, nil
	}
	b, err := c.mint(ctx, c.now().Add(c.skew))
	var again *refusal
	if errors.As(err, &again) && c.learn(again.date) {
		b, err = c.mint(ctx, c.now().Add(c.skew))
	}
	if err != nil {
		return "", err
	}
	c.cur = b
	return b.value, nil
}

func (c *credential) discard(r *refusal) error {
	if !c.forced.IsZero() && c.now().Sub(c.forced) < c.gap {
		return errTooSoon
	}
	c.forced, c.cur = c.now(), bearer{}
	c.learn(r.date)
	return nil
}

// learn says whether the provider's clock is off by more than the way takes.
func (c *credential) learn(date string) bool {
	at, err := http.ParseTime(date)
	if err != nil {
		return false
	}
	skew := at.Sub(c.now())
	if (skew - c.skew).Abs() < time.Minute {
		return false
	}
	c.skew = skew
	return true
}

// with tries once, and once more with a renewed bearer if the first is
// refused. try returns a refusal for that, with the result it would come to.
func (c *credential) with(ctx context.Context, try func(bearer string) (Result, *refusal)) Result {
	token, err := c.get(ctx, "", nil)
	if err != nil {
		return credentialResult(err)
	}
	r, refused := try(token)
	if refused == nil {
		return r
	}
	renewed, err := c.get(ctx, token, refused)
	if errors.Is(err, errTooSoon) {
		return r
	}
	if err != nil {
		return credentialResult(err)
	}
	r, _ = try(renewed)
	return r
}

func credentialResult(err error) Result {
	var refused *refusal
	if errors.As(err, &refused) {
		return Result{Class: Refused, Reason: refused.reason, Scope: ScopeProvider}
	}
	var busy *busyError
	if errors.As(err, &busy) {
		return busy.result
	}
	return unreachable(err, ScopeProvider)
}

// busyError is a token endpoint that is down or throttles.
type busyError struct{ result Result }

func (e *busyError) Error() string { return "token endpoint: " + e.result.Reason }
