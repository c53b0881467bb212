package api

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Limit is how often something may be done by one person or address.
type Limit struct {
	Name    string `json:"name" doc:"As in RateLimit-Policy"`
	Max     int    `json:"max" doc:"So many times"`
	Seconds int    `json:"seconds" doc:"in so many seconds"`
}

// The limits of the contract.
var (
	writesPerDevice    = Limit{"writes", 600, 3600}
	accountsPerAddress = Limit{"accounts", 30, 3600}
	signInsPerAccount  = Limit{"sign-in", 10, 900}
)

// maxWindows bounds the memory that strangers can make the limiter use.
const maxWindows = 100_000

// limiter counts in windows that begin with the first use of a key. It is per
// process: replicas each grant the limit.
type limiter struct {
	now     func() time.Time
	mu      sync.Mutex
	windows map[string]*window
	swept   time.Time
}

type window struct {
	used int
	ends time.Time
}

// allowance is what is left of a limit, for the headers.
type allowance struct {
	limit Limit
	left  int
	reset time.Duration
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, windows: map[string]*window{}, swept: now()}
}

// take uses the limit once for a key; over it, allowed is false.
func (l *limiter) take(limit Limit, key string) (a allowance, allowed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.sweep(now)
	key = limit.Name + " " + key
	w := l.windows[key]
	if w == nil || !now.Before(w.ends) {
		w = &window{ends: now.Add(time.Duration(limit.Seconds) * time.Second)}
		l.windows[key] = w
	}
	if allowed = w.used < limit.Max; allowed {
		w.used++
	}
	return allowance{limit, limit.Max - w.used, w.ends.Sub(now)}, allowed
}

// sweep forgets windows that have ended, once a minute or when there are too
// many; if they are all young, all are forgotten rather than memory.
func (l *limiter) sweep(now time.Time) {
	full := len(l.windows) >= maxWindows
	if !full && now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for key, w := range l.windows {
		if !now.Before(w.ends) {
			delete(l.windows, key)
		}
	}
	if len(l.windows) >= maxWindows {
		clear(l.windows)
	}
}

// limit counts one use against a limit and refuses what is over it.
func (s *server) limit(ctx context.Context, limit Limit, key string) error {
	if !s.RateLimits {
		return nil
	}
	a, allowed := s.limits.take(limit, key)
	requestOf(ctx).limit = &a
	if allowed {
		return nil
	}
	p := newProblem(http.StatusTooManyRequests, fmt.Sprintf("at most %d of these in %d seconds; wait and try again", limit.Max, limit.Seconds))
	p.retryAfter = a.reset
	return p.at(ctx)
}

// write sets the headers of draft-ietf-httpapi-ratelimit-headers.
func (a *allowance) write(c *fiber.Ctx) {
	c.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", a.limit.Name, a.limit.Max, a.limit.Seconds))
	c.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", a.limit.Name, a.left, seconds(a.reset)))
}

// sender is the address that a request came from, as a key of limits: an IPv4
// address or the /64 that one IPv6 customer has. X-Forwarded-For is read from
// the right, and only as far as trusted proxies wrote it.
func (s *server) sender(c *fiber.Ctx) string {
	from, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	from = from.Unmap()
	var hops []string
	for _, line := range c.Request().Header.PeekAll(fiber.HeaderXForwardedFor) {
		hops = append(hops, strings.Split(string(line), ",")...)
	}
	for i := len(hops) - 1; i >= 0 && s.trusted(from); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		from = hop.Unmap().WithZone("")
	}
	if from.Is6() {
		return netip.PrefixFrom(from, 64).Masked().String()
	}
	return from.String()
}

func (s *server) trusted(a netip.Addr) bool {
	for _, p := range s.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
