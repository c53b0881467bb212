package push

import (
	"context"
	"maps"
	"math"
	"net/url"
	"slices"
	"sync"
	"time"
)

// How many requests may be in flight. Browser services, FCM and APNs take what
// one small server can send; any other host is chosen by a person, may be slow
// or hostile, and all of those together must leave room for the rest.
const (
	knownLimit  = 64
	otherLimit  = 8
	othersLimit = 128
)

// maxLanes bounds what invented hosts can make the hub remember.
const maxLanes = 4096

// refusedPause is how long a destination rests after it refused our credentials.
const refusedPause = 5 * time.Minute

// Hub sends over whatever transport an address has, and limits how much is in
// flight to each destination: the limit is halved when a service is
// overwhelmed, grows again with every round of answers, and a Retry-After stops
// the destination it names. It is the only mechanism of flow control.
//
//	release, ok := hub.TryAcquire(destination) // not ok: leave the row, Room says until when
//	result := hub.Send(ctx, to, m)
//	release(result)                            // Result{} if it was not sent after all
//
// One goroutine per acquired place is safe: their number is bounded here.
type Hub struct {
	now     func() time.Time
	senders map[Transport]Sender
	known   map[string]bool

	mu     sync.Mutex
	lanes  map[string]*lane
	others int // in flight to hosts that are not known
}

// lane is what is remembered of one destination.
type lane struct {
	label    string // for metrics; "" = not a known service
	max      float64
	limit    float64
	inFlight int
	epoch    int       // raised by a cut: what was sent before it proves nothing after it
	until    time.Time // nothing is sent before
	refused  string    // why our credentials were refused
}

// NewHub returns a hub with the configured senders. Each of knownOrigins
// ("https://host:port") counts as a known service. Destinations without a
// sender are closed: their rows wait.
func NewHub(now func() time.Time, senders map[Transport]Sender, knownOrigins ...string) *Hub {
	h := &Hub{now: now, senders: senders, known: map[string]bool{}, lanes: map[string]*lane{}}
	for _, o := range knownOrigins {
		h.known[o] = true
	}
	for name, t := range providers {
		if h.known[name] = true; !h.Configured(t) {
			h.lanes[name] = &lane{label: name}
		}
	}
	return h
}

var providers = map[string]Transport{destFCM: TransportFCM, destAPNs: TransportAPNs, destAPNsSandbox: TransportAPNs}

// Providers returns the destinations that are no Web Push origin, sorted.
func Providers() []string { return slices.Sorted(maps.Keys(providers)) }

// transportOf returns the transport of a destination.
func transportOf(destination string) Transport {
	if t, ok := providers[destination]; ok {
		return t
	}
	return TransportWebPush
}

// Send hands the message over without asking for room: hold a place from
// TryAcquire. A transport that is not configured is Refused.
func (h *Hub) Send(ctx context.Context, to Address, m Message) Result {
	s, ok := h.senders[to.Transport]
	if !ok {
		return Result{Class: Refused, Reason: "transport is not configured", Scope: ScopeProvider}
	}
	return s.Send(ctx, to, m)
}

// Configured reports whether the transport has a sender.
func (h *Hub) Configured(t Transport) bool { return h.senders[t] != nil }

// Off reports whether the destination is a provider whose transport is not
// configured: its rows wait until it is.
func (h *Hub) Off(destination string) bool {
	t, ok := providers[destination]
	return ok && !h.Configured(t)
}

// TryAcquire takes a place in flight to a destination, the one of an Address.
// The place is held until release is called with the outcome; further calls of
// release do nothing.
func (h *Hub) TryAcquire(name string) (release func(Result), ok bool) {
	if !h.Configured(transportOf(name)) {
		return nil, false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	l, ok := h.lanes[name]
	if !ok {
		l = h.newLane(name)
	}
	if free, _ := h.room(l); free == 0 || !ok && !h.makeSpace() {
		return nil, false
	}
	h.lanes[name] = l
	h.count(l, 1)
	epoch := l.epoch
	var once sync.Once
	return func(r Result) { once.Do(func() { h.release(name, l, epoch, r) }) }, true
}

// Room returns how many more messages the destination takes right now, and if
// none because it asked for a pause, until when. A zero time means until one is
// answered, or never if the transport is not configured.
func (h *Hub) Room(destination string) (free int, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l, ok := h.lanes[destination]; ok {
		return h.room(l)
	}
	return h.room(h.newLane(destination))
}

// Closed returns the destinations that accept nothing right now, so that a
// claim can skip their rows.
func (h *Hub) Closed() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for name, l := range h.lanes {
		if free, _ := h.room(l); free == 0 {
			out = append(out, name)
		}
	}
	return out
}

// InFlight returns the number of requests by service, for metrics. Hosts that people chose are
// one label, "other": they may name a person, and there is no end to them.
func (h *Hub) InFlight() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string]int{"other": h.others}
	for _, l := range h.lanes {
		if l.label != "" {
			out[l.label] += l.inFlight
		}
	}
	return out
}

// Refused returns the destinations that refused our credentials, each with the
// reason, until it takes a message again.
func (h *Hub) Refused() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string]string{}
	for name, l := range h.lanes {
		if l.refused != "" {
			out[name] = l.refused
		}
	}
	return out
}

// Close closes idle connections.
func (h *Hub) Close() {
	for _, s := range h.senders {
		if c, ok := s.(interface{ Close() }); ok {
			c.Close()
		}
	}
}

func (h *Hub) newLane(name string) *lane {
	l := &lane{max: otherLimit, label: h.label(name)}
	if l.label != "" {
		l.max = knownLimit
	}
	l.limit = l.max
	return l
}

func (h *Hub) label(name string) string {
	if h.known[name] {
		return name
	}
	u, err := url.Parse(name)
	if err != nil || u.Scheme != "https" || u.Port() != "" {
		return "" // another port is another server
	}
	return browserService(u.Hostname())
}

func (h *Hub) count(l *lane, n int) {
	l.inFlight += n
	if l.label == "" {
		h.others += n
	}
}

func (h *Hub) room(l *lane) (int, time.Time) {
	if h.now().Before(l.until) {
		return 0, l.until
	}
	free := int(l.limit) - l.inFlight
	if l.label == "" {
		free = min(free, othersLimit-h.others)
	}
	return max(free, 0), time.Time{}
}

func (h *Hub) release(name string, l *lane, epoch int, r Result) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count(l, -1)
	l.learn(r, epoch == l.epoch, h.now())
	if l.inFlight == 0 && l.limit == l.max && l.refused == "" && !h.now().Before(l.until) {
		delete(h.lanes, name) // as good as new
	}
}

// learn adjusts the lane to an outcome; current says that the attempt began
// after the last cut. Failures that arrive together cut once.
func (l *lane) learn(r Result, current bool, now time.Time) {
	switch {
	case r.Class == 0, (r.Class == Throttled || r.Class == Unavailable) && r.Scope == ScopeDevice:
		// Not sent; or what one device met, which says nothing about the others.
	case r.Class == Refused:
		l.limit, l.refused, l.epoch = 1, r.Reason, l.epoch+1 // one probe after the pause
		l.pause(now.Add(refusedPause))
	case r.Class == Throttled || r.Class == Unavailable:
		if current {
			l.limit, l.epoch = max(1, math.Floor(l.limit/2)), l.epoch+1
		}
		l.pause(now.Add(r.RetryAfter))
	case current:
		l.refused = ""
		l.limit = min(l.max, l.limit+1/l.limit)
	}
}

func (l *lane) pause(until time.Time) {
	if until.After(l.until) {
		l.until = until
	}
}

// makeSpace forgets, when there are too many lanes, those that hold nobody back,
// and if that is not enough, a pause: its rows carry their own time to wait.
func (h *Hub) makeSpace() bool {
	if len(h.lanes) < maxLanes {
		return true
	}
	spare := ""
	for name, l := range h.lanes {
		if l.inFlight > 0 || h.known[name] {
			continue
		}
		if spare = name; !h.now().Before(l.until) {
			delete(h.lanes, name)
		}
	}
	delete(h.lanes, spare)
	return spare != ""
}
