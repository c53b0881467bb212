package push

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func testHub(known ...string) (*Hub, *time.Time) {
	now := epoch
	none := map[Transport]Sender{}
	for _, transport := range Transports() {
		none[transport] = nobody{}
	}
	return NewHub(func() time.Time { return now }, none, known...), &now
}

type nobody struct{}

func (nobody) Send(context.Context, Address, Message) Result { return Result{Class: Accepted} }

func web(host string) Address { return testAddress("https://" + host + "/x") }

// take acquires as many places as there are.
func take(h *Hub, to Address) (places []func(Result)) {
	for {
		release, ok := h.TryAcquire(to.Destination())
		if !ok {
			return places
		}
		places = append(places, release)
	}
}

func giveBack(places []func(Result), r Result) {
	for _, release := range places {
		release(r)
	}
}

func TestPlacesInFlight(t *testing.T) {
	for name, row := range map[string]struct {
		to   Address
		want int
	}{
		"fcm":          {Address{Transport: TransportFCM}, 64},
		"apns":         {Address{Transport: TransportAPNs, Environment: "production"}, 64},
		"chrome":       {web("fcm.googleapis.com"), 64},
		"firefox":      {web("updates.push.services.mozilla.com"), 64},
		"edge":         {web("wns2-par02p.notify.windows.com"), 64},
		"safari":       {web("web.push.apple.com"), 64},
		"local sink":   {web("sink.test:8443"), 64},
		"own server":   {web("ntfy.example.org"), 8},
		"look-alike":   {web("fcm.googleapis.com.example.org"), 8},
		"look-alike 2": {web("evilnotify.windows.com"), 8},
		"named fcm":    {web("fcm"), 8},
		"path":         {testAddress("https://example.org/web.push.apple.com"), 8},
		"user":         {testAddress("https://web.push.apple.com@example.org/"), 8},
	} {
		h, _ := testHub("https://sink.test:8443")
		if free, _ := h.Room(row.to.Destination()); free != row.want {
			t.Errorf("%s: room for %d, want %d", name, free, row.want)
		}
		if got := len(take(h, row.to)); got != row.want {
			t.Errorf("%s: %d places, want %d", name, got, row.want)
		}
		if closed := h.Closed(); !slices.Equal(closed, []string{row.to.Destination()}) {
			t.Errorf("%s: closed %v", name, closed)
		}
	}
}

func TestOneHerdOfFailuresHalvesOnce(t *testing.T) {
	for _, r := range []Result{{Class: Throttled, Scope: ScopeProvider}, {Class: Unavailable, Scope: ScopeProvider}} {
		h, _ := testHub()
		to := Address{Transport: TransportFCM}
		for _, want := range []int{64, 32, 16, 8, 4, 2, 1, 1} {
			places := take(h, to)
			if len(places) != want {
				t.Fatalf("%v: %d places, want %d", r.Class, len(places), want)
			}
			giveBack(places, r)
		}
		rounds := 0
		for ; len(h.lanes) > 0 && rounds <= 100; rounds++ {
			giveBack(take(h, to), Result{Class: Accepted})
		}
		if rounds < 10 || rounds > 100 {
			t.Errorf("%v: recovered after %d rounds", r.Class, rounds)
		}
	}
}

func TestRetryAfterStopsWhomItNames(t *testing.T) {
	for name, row := range map[string]struct {
		result  Result
		stopped bool
	}{
		"host throttles":     {Result{Class: Throttled, Scope: ScopeHost, RetryAfter: time.Hour}, true},
		"provider is down":   {Result{Class: Unavailable, Scope: ScopeProvider, RetryAfter: time.Hour}, true},
		"a device throttles": {Result{Class: Throttled, Scope: ScopeDevice, RetryAfter: time.Hour}, false},
		"no time named":      {Result{Class: Throttled, Scope: ScopeHost}, false},
		"bad message":        {Result{Class: Payload, Scope: ScopeHost, RetryAfter: time.Hour}, false},
	} {
		h, now := testHub()
		to := web("ntfy.example.org")
		release, _ := h.TryAcquire(to.Destination())
		release(row.result)
		free, until := h.Room(to.Destination())
		if stopped := free == 0; stopped != row.stopped || stopped && !until.Equal(epoch.Add(time.Hour)) {
			t.Errorf("%s: room for %d until %v", name, free, until)
		}
		if row.result.Scope == ScopeDevice && free != otherLimit {
			t.Errorf("%s: room for %d, though the others did nothing", name, free)
		}
		if _, ok := h.TryAcquire(to.Destination()); ok == row.stopped {
			t.Errorf("%s: acquired %v", name, ok)
		}
		if _, ok := h.TryAcquire(web("other.example.org").Destination()); !ok {
			t.Errorf("%s: stopped another host", name)
		}
		*now = epoch.Add(time.Hour)
		if _, ok := h.TryAcquire(to.Destination()); !ok {
			t.Errorf("%s: still stopped when the time is over", name)
		}
	}
}

func TestRefusedDestinationRestsAndIsProbedByOne(t *testing.T) {
	h, now := testHub()
	sandbox := Address{Transport: TransportAPNs, Environment: "sandbox"}
	places := take(h, sandbox)
	giveBack(places[:32], Result{Class: Refused, Reason: "InvalidProviderToken"})
	giveBack(places[32:], Result{Class: Accepted}) // were under way before, and prove nothing
	if got := h.Refused(); !maps.Equal(got, map[string]string{"apns-sandbox": "InvalidProviderToken"}) {
		t.Errorf("told %v", got)
	}
	if free, until := h.Room("apns-sandbox"); free != 0 || !until.Equal(epoch.Add(refusedPause)) {
		t.Errorf("room for %d until %v", free, until)
	}
	if free, _ := h.Room("apns"); free != 64 {
		t.Errorf("production has room for %d", free)
	}
	*now = epoch.Add(refusedPause)
	places = take(h, sandbox)
	if len(places) != 1 {
		t.Errorf("probed by %d", len(places))
	}
	giveBack(places, Result{Class: Gone})
	if got := h.Refused(); len(got) != 0 {
		t.Errorf("still told %v", got)
	}
}

func TestTransportWithoutASenderIsRefused(t *testing.T) {
	h := NewHub(func() time.Time { return epoch }, map[Transport]Sender{TransportWebPush: nobody{}})
	to := Address{Transport: TransportFCM}
	if _, ok := h.TryAcquire(to.Destination()); ok || h.Configured(TransportFCM) || !h.Configured(TransportWebPush) {
		t.Error("there is no FCM sender")
	}
	if free, _ := h.Room("fcm"); free != 0 {
		t.Errorf("room for %d", free)
	}
	if closed := slices.Sorted(slices.Values(h.Closed())); !slices.Equal(closed, Providers()) {
		t.Errorf("closed %v", closed)
	}
	if got := h.Send(t.Context(), to, Message{}); got.Class != Refused {
		t.Errorf("got %+v", got)
	}
}

// A wildcard name gives one attacker any number of hosts.
func TestInventedHostsTakeNeitherMemoryNorPlaces(t *testing.T) {
	h, now := testHub()
	var held []func(Result)
	for i := range maxLanes + 500 {
		release, ok := h.TryAcquire(web(fmt.Sprintf("h%d.evil.example", i)).Destination())
		if !ok {
			t.Fatalf("host %d got no place though none is held", i)
		}
		release(Result{Class: Throttled, Scope: ScopeHost, RetryAfter: 24 * time.Hour})
	}
	if n := len(h.lanes); n > maxLanes {
		t.Errorf("%d hosts are remembered", n)
	}
	*now = epoch.Add(25 * time.Hour)
	for i := range 1000 {
		if release, ok := h.TryAcquire(web(fmt.Sprintf("h%d.evil.example", i)).Destination()); ok {
			held = append(held, release)
		}
	}
	if len(held) != othersLimit {
		t.Errorf("invented hosts hold %d places", len(held))
	}
	for _, to := range []Address{{Transport: TransportFCM}, {Transport: TransportAPNs}, web("web.push.apple.com")} {
		if free, _ := h.Room(to.Destination()); free != knownLimit {
			t.Errorf("%s has room for %d", to.Destination(), free)
		}
	}
	if got := h.InFlight(); got["other"] != othersLimit || len(got) != 1 {
		t.Errorf("metrics show %v", got)
	}
}

// Whatever the outcomes and their order: no more in flight than allowed, nothing
// sent during a pause, every place comes back, and one host's fate is its own.
func TestFlowControlHoldsItsLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, now := testHub()
		addresses := []Address{{Transport: TransportFCM}, web("web.push.apple.com"), web("a.example"), web("b.example")}
		held := map[string][]func(Result){}
		pauses := map[string]time.Time{}
		t.Repeat(map[string]func(*rapid.T){
			"acquire": func(t *rapid.T) {
				to := rapid.SampledFrom(addresses).Draw(t, "to")
				d := to.Destination()
				free, until := h.Room(d)
				release, ok := h.TryAcquire(to.Destination())
				if ok != (free > 0) || ok && now.Before(pauses[d]) || !until.IsZero() && !until.Equal(pauses[d]) {
					t.Fatalf("acquired %v with room for %d until %v, pause until %v", ok, free, until, pauses[d])
				}
				if ok {
					held[d] = append(held[d], release)
				}
			},
			"release": func(t *rapid.T) {
				d := rapid.SampledFrom(addresses).Draw(t, "to").Destination()
				if len(held[d]) == 0 {
					t.Skip()
				}
				r := Result{
					Class:      Class(rapid.IntRange(0, int(Payload)).Draw(t, "class")),
					Scope:      Scope(rapid.IntRange(0, 2).Draw(t, "scope")),
					RetryAfter: time.Duration(rapid.IntRange(0, 3).Draw(t, "after")) * time.Minute,
				}
				held[d][0](r)
				held[d][0](Result{Class: Refused}) // does nothing
				held[d] = held[d][1:]
				pause := time.Duration(0)
				switch {
				case r.Class == Refused:
					pause = refusedPause
				case (r.Class == Throttled || r.Class == Unavailable) && r.Scope != ScopeDevice:
					pause = r.RetryAfter
				}
				if until := now.Add(pause); pause > 0 && until.After(pauses[d]) {
					pauses[d] = until
				}
			},
			"wait": func(t *rapid.T) {
				*now = now.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "seconds")) * time.Second)
			},
			"": func(t *rapid.T) {
				got, want := h.InFlight(), map[string]int{"other": len(held["https://a.example"]) + len(held["https://b.example"])}
				for name, n := range map[string]int{"fcm": len(held["fcm"]), "web.push.apple.com": len(held["https://web.push.apple.com"])} {
					if _, known := got[name]; known {
						want[name] = n
					}
					if n > knownLimit {
						t.Fatalf("%d in flight to %s", n, name)
					}
				}
				if !maps.Equal(got, want) {
					t.Fatalf("in flight %v, want %v", got, want)
				}
			},
		})
	})
}

func TestHubIsSafeForManyAtOnce(t *testing.T) {
	h, _ := testHub()
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			to := web(fmt.Sprintf("h%d.example", i%5))
			for n := range 200 {
				if release, ok := h.TryAcquire(to.Destination()); ok {
					h.Send(t.Context(), to, Message{})
					release(Result{Class: Class(n % 8), Scope: ScopeHost})
				}
				h.Closed()
				h.InFlight()
				h.Refused()
			}
		})
	}
	all.Wait()
	if got := h.InFlight()["other"]; got != 0 {
		t.Errorf("%d places were lost", got)
	}
}

// A person chooses endpoints: a known service is one only under its own name and
// port, and one server has one place in flow control however it is written.
func TestADestinationIsAServerAndNotItsSpelling(t *testing.T) {
	at := func(endpoint string) Address {
		return Address{Transport: TransportWebPush, Endpoint: endpoint}
	}
	for _, same := range []string{"https://Push.Example.org/a", "https://push.example.org:443/b", "https://push.example.org./c"} {
		if got := at(same).Destination(); got != "https://push.example.org" {
			t.Errorf("%s goes to %s", same, got)
		}
	}
	if got := at("https://[2606:4700::1]:8443/a").Destination(); got != "https://[2606:4700::1]:8443" {
		t.Errorf("an address in brackets goes to %s", got)
	}
	hub, _ := testHub()
	for endpoint, places := range map[string]int{
		"https://db5p.notify.windows.com/a": 64, "https://db5p.notify.windows.com:443/a": 64,
		"https://db5p.notify.windows.com:8443/a": 8, "http://db5p.notify.windows.com/a": 8, "https://notify.windows.com.example.org/a": 8,
	} {
		if free, _ := hub.Room(at(endpoint).Destination()); free != places {
			t.Errorf("%s has %d places, want %d", endpoint, free, places)
		}
	}
}
