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

// Limit bounds how often one person or address may do something.
type Limit struct {
	Name    string `json:"name" doc:"As it is called in RateLimit-Policy"`
	Max     int    `json:"max" doc:"Maximum number of requests"`
	Seconds int    `json:"seconds" doc:"Window length in seconds"`
}

// The limits of the contract. Codes have 80 bit and more, so only the refused
// ones count, and one phone's mistakes lock nobody else out of its network.
var (
	writesPerAccount   = Limit{"writes", 600, 3600}
	readsPerAccount    = Limit{"reads", 6000, 3600}
	devicesPerAccount  = Limit{"sign-ins", 10, 3600}
	refusedPerAccount  = Limit{"passwords-refused", 50, 3600}
	accountsPerAddress = Limit{"accounts", 30, 3600}
	signInsPerAccount  = Limit{"sign-in", 10, 900}
	signInsPerAddress  = Limit{"sign-in-address", 100, 900}
	signInsSlowed      = Limit{"sign-in-slowed", 2, 3600}
	codesPerAddress    = Limit{"codes-refused", 300, 900}
)

// maxWindows bounds, for each limit, the memory that strangers can make the
// limiter use.
const maxWindows = 100_000

// limiter counts in windows that begin with the first use of a key. It is per
// process: replicas each grant the limit.
type limiter struct {
	now    func() time.Time
	mu     sync.Mutex
	tables map[string]*windows // by the name of the limit
}

// windows are those of one limit. All have the same length, so they end in the
// order in which they began.
type windows struct {
	of    map[string]*window
	queue []*window
}

type window struct {
	key  string
	used int
	ends time.Time
}

// allowance is the remainder of a limit, for the headers.
type allowance struct {
	limit Limit
	left  int
	reset time.Duration
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, tables: map[string]*windows{}}
}

// take uses the limit a number of times for a key, 0 to ask only; beyond it,
// allowed is false.
func (l *limiter) take(limit Limit, key string, uses int) (a allowance, allowed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, length := l.now(), time.Duration(limit.Seconds)*time.Second
	t := l.tables[limit.Name]
	if t == nil {
		t = &windows{of: map[string]*window{}}
		l.tables[limit.Name] = t
	}
	t.forget(now)
	w := t.of[key]
	if w == nil && uses == 0 {
		return allowance{limit, limit.Max, length}, true
	}
	if w == nil {
		w = t.open(&window{key: key, ends: now.Add(length)})
	}
	if allowed = w.used < limit.Max; allowed {
		w.used += uses
	}
	return allowance{limit, limit.Max - w.used, w.ends.Sub(now)}, allowed
}

// forget drops the windows that have ended.
func (t *windows) forget(now time.Time) {
	for len(t.queue) > 0 && !now.Before(t.queue[0].ends) {
		t.drop()
	}
}

// open adds a window. If there are too many it replaces the oldest, which has
// the least time left.
func (t *windows) open(w *window) *window {
	if len(t.queue) >= maxWindows {
		t.drop()
	}
	t.of[w.key] = w
	t.queue = append(t.queue, w)
	return w
}

func (t *windows) drop() {
	delete(t.of, t.queue[0].key)
	t.queue[0] = nil
	t.queue = t.queue[1:]
}

// limit counts one use against a limit and refuses requests beyond it.
func (s *server) limit(ctx context.Context, limit Limit, key string) error {
	return s.use(ctx, limit, key, 1)
}

// limited refuses requests beyond a limit without counting.
func (s *server) limited(ctx context.Context, limit Limit, key string) error {
	return s.use(ctx, limit, key, 0)
}

func (s *server) use(ctx context.Context, limit Limit, key string, uses int) error {
	if !s.RateLimits {
		return nil
	}
	a, allowed := s.limits.take(limit, key, uses)
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
		hop, ok := hopOf(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		from = hop.Unmap().WithZone("")
	}
	if from.Is6() {
		return netip.PrefixFrom(from, 64).Masked().String()
	}
	return from.String()
}

// hopOf reads an address, with the port that some proxies add.
func hopOf(text string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return a, true
	}
	a, err := netip.ParseAddrPort(text)
	return a.Addr(), err == nil
}

func (s *server) trusted(a netip.Addr) bool {
	for _, p := range s.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
