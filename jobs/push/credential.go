package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// bearer is a token that a provider accepts until it expires.
type bearer struct {
	value   string
	renewAt time.Time // on our clock, well before it ends
}

// credential keeps one bearer for all senders of a provider, renews it before it
// ends, and once more when the provider refuses it. Our clock may be wrong: how
// far is learnt from the Date of the provider's answers, and tokens and
// expirations are written by the provider's clock.
type credential struct {
	now  func() time.Time
	mint func(ctx context.Context) (bearer, error)
	gap  time.Duration // at least between two renewals that a refusal asked for
	skew atomic.Int64  // the provider's clock minus ours, ns

	lock   chan struct{} // a mutex that a context can leave: minting may need the network
	cur    bearer
	forced time.Time
}

func newCredential(now func() time.Time, gap time.Duration, mint func(context.Context) (bearer, error)) *credential {
	return &credential{now: now, gap: gap, mint: mint, lock: make(chan struct{}, 1)}
}

// mintError is a token endpoint that did not give a token, and what that comes to.
type mintError struct{ result Result }

func (e *mintError) Error() string { return "no token: " + e.result.Reason }

// errTooSoon keeps a refused token from being renewed in a loop.
var errTooSoon = errors.New("renewed a moment ago")

// with tries once, and once more with a renewed bearer if our credentials are
// refused. try also returns the Date of the answer, "" without one.
func (c *credential) with(ctx context.Context, try func(token string) (Result, string)) Result {
	b, err := c.get(ctx, "")
	if err != nil {
		return mintResult(err)
	}
	r, date := try(b.value)
	c.learn(date)
	if r.Class != Refused {
		return r
	}
	b, err = c.get(ctx, b.value)
	if errors.Is(err, errTooSoon) {
		return r
	}
	if err != nil {
		return mintResult(err)
	}
	r, _ = try(b.value)
	return r
}

func mintResult(err error) Result {
	var m *mintError
	if errors.As(err, &m) {
		return m.result
	}
	return unreachable(err, ScopeProvider)
}

// get returns the bearer in use, and never the one that was refused: whoever
// comes second with it gets the one that the first renewed.
func (c *credential) get(ctx context.Context, refused string) (bearer, error) {
	select {
	case c.lock <- struct{}{}:
		defer func() { <-c.lock }()
	case <-ctx.Done():
		return bearer{}, fmt.Errorf("wait for a token: %w", ctx.Err())
	}
	if refused != "" && c.cur.value == refused {
		if !c.forced.IsZero() && c.now().Sub(c.forced) < c.gap {
			return bearer{}, errTooSoon
		}
		c.forced, c.cur = c.now(), bearer{}
	}
	if c.cur.value != "" && c.now().Before(c.cur.renewAt) {
		return c.cur, nil
	}
	b, err := c.mint(ctx)
	if err != nil {
		return bearer{}, err
	}
	c.cur = b
	return b, nil
}

// providerNow returns the time by the provider's clock, as far as known.
func (c *credential) providerNow() time.Time { return c.now().Add(time.Duration(c.skew.Load())) }

// learn adjusts to the provider's clock from a Date header. It returns true if
// the difference is larger than latency and rounding to seconds explain.
func (c *credential) learn(date string) bool {
	at, err := http.ParseTime(date)
	if err != nil || at.Sub(c.providerNow()).Abs() < time.Minute {
		return false
	}
	c.skew.Store(int64(at.Sub(c.now())))
	return true
}
