package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"
)

func TestRateLimits(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.RateLimits = true })
	phone := object{"name": "x", "platform": "web"}
	for range signInsPerAccount.Max {
		a := w.want(401, w.call("POST", "/v1/devices", object{"email": "ann@example.org", "password": "wrong one", "device": phone}))
		if a.Header.Get("RateLimit") == "" || a.Header.Get("RateLimit-Policy") != `"sign-in";q=10;w=900` {
			t.Fatalf("headers: %v", a.Header)
		}
	}
	over := w.want(429, w.call("POST", "/v1/devices", object{"email": "ANN@example.org ", "password": "wrong one", "device": phone}))
	if over.Header.Get("Retry-After") != "900" || over.code() != "rate-limited" {
		t.Errorf("Retry-After %q, %s", over.Header.Get("Retry-After"), over.raw)
	}
	w.want(401, w.call("POST", "/v1/devices", object{"email": "bob@example.org", "password": "wrong one", "device": phone}))
	w.clock.advance(15 * time.Minute)
	w.want(401, w.call("POST", "/v1/devices", object{"email": "ann@example.org", "password": "wrong one", "device": phone}))

	p := w.newPerson()
	for range accountsPerAddress.Max - 1 {
		w.newPerson()
	}
	w.want(429, w.call("POST", "/v1/accounts", object{
		"time_zone": "Europe/London", "consent": object{"health_data": true, "version": "1"}, "device": phone,
	}))
	p.want(200, p.do("PUT", "/v1/devices/current/push", pushAddressOf("https://push.example.org/x")))
	for range testPushes.Max {
		p.want(202, p.do("POST", "/v1/devices/current/push/test", nil))
	}
	p.want(429, p.do("POST", "/v1/devices/current/push/test", nil))
	for i := range writesPerAccount.Max {
		if a := p.do("DELETE", "/v1/rollers/row-0001", nil); a.StatusCode == http.StatusTooManyRequests {
			if i != writesPerAccount.Max-testPushes.Max-2 { // and the address
				t.Errorf("over the limit after %d writes", i)
			}
			break
		}
	}
	p.want(429, p.do("DELETE", "/v1/rollers/row-0001", nil))
	p.want(200, p.do("GET", "/v1/rollers", nil))
}

// fewer lowers a limit until the test ends: each wrong password takes time.
func fewer(t *testing.T, limit *Limit, most int) {
	before := limit.Max
	limit.Max = most
	t.Cleanup(func() { limit.Max = before })
}

// TestWrongCodesLockNobodyOut: phone networks share addresses.
func TestWrongCodesLockNobodyOut(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.RateLimits = true })
	p := w.newPerson()
	phone := object{"name": "x", "platform": "web"}
	try := func(code string) answer {
		return w.call("POST", "/v1/devices", object{"recovery_code": code, "device": phone})
	}
	for range codesPerAddress.Max - 1 {
		w.want(401, try("AAAA"))
	}
	code := p.recovery
	for range 5 { // right ones do not count
		code = text(w.want(201, try(code)).body, "recovery_code")
	}
	w.want(401, try("AAAA"))
	w.want(429, try(code))
	w.clock.advance(15 * time.Minute)
	w.want(201, try(code))
}

// TestPasswordsAreTriedWithinLimits, whatever else is sent: neither a body that
// is refused nor other names make room for more guesses.
func TestPasswordsAreTriedWithinLimits(t *testing.T) {
	fewer(t, &signInsPerAddress, 2*signInsPerAccount.Max)
	w := newWorld(t, func(o *Options) { o.RateLimits = true })
	phone := object{"name": "x", "platform": "web"}
	two := object{"email": "ann@example.org", "password": password, "pairing_code": "1", "device": phone}
	for range 2 * signInsPerAccount.Max {
		w.want(422, w.call("POST", "/v1/devices", two))
	}
	guess := func(email string) answer {
		return w.call("POST", "/v1/devices", object{"email": email, "password": "wrong one", "device": phone})
	}
	for i := range signInsPerAddress.Max {
		w.want(401, guess(fmt.Sprintf("p%d@example.org", i)))
	}
	over := w.want(429, guess("ann@example.org"))
	if policy := over.Header.Get("RateLimit-Policy"); policy != `"sign-in-address";q=20;w=900` {
		t.Errorf("the limit is %s", policy)
	}
}

// TestAnotherEmailIsLimited: a change of e-mail answers whether an address is
// taken, as a new account does.
func TestAnotherEmailIsLimited(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.RateLimits = true })
	w.newPerson(withEmail("ann@example.org"))
	p := w.newPerson(withEmail("bob@example.org"))
	for range accountsPerAddress.Max - 2 {
		w.want(409, p.do("PATCH", "/v1/account", object{"email": "ann@example.org"}))
	}
	w.want(429, p.do("PATCH", "/v1/account", object{"email": "ann@example.org"}))
	w.want(200, p.do("PATCH", "/v1/account", object{"email": "bob@example.org", "reminder_time": "10:00"}))
	w.want(200, p.do("PATCH", "/v1/account", object{"email": nil}))
}

// TestLimitsCountByAccount: devices are free, so another one has no allowance of
// its own, and there are only so many in an hour.
func TestLimitsCountByAccount(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.RateLimits = true })
	p := w.newPerson()
	second := *p
	pair := func() answer {
		code := text(w.want(201, p.do("POST", "/v1/pairing-codes", nil)).body, "code")
		return w.call("POST", "/v1/devices", object{"pairing_code": code, "device": object{"name": "x", "platform": "web"}})
	}
	for range devicesPerAccount.Max {
		second.token = text(w.want(201, pair()).body, "token")
	}
	w.want(429, pair())
	for _, phone := range []*person{p, &second} {
		phone.want(200, phone.do("PUT", "/v1/devices/current/push", pushAddressOf("https://push.example.org/"+phone.token[len(phone.token)-5:])))
	}
	for range testPushes.Max {
		p.want(202, p.do("POST", "/v1/devices/current/push/test", nil))
	}
	second.want(429, second.do("POST", "/v1/devices/current/push/test", nil))
	for p.do("DELETE", "/v1/rollers/row-0001", nil).StatusCode != http.StatusTooManyRequests {
	}
	second.want(429, second.do("DELETE", "/v1/rollers/row-0001", nil))
	if a := second.want(200, second.do("GET", "/v1/account", nil)); a.Header.Get("RateLimit-Policy") != `"reads";q=6000;w=3600` {
		t.Errorf("a read counts as %s", a.Header.Get("RateLimit-Policy"))
	}
}

// TestGuessersCloseNobodysAccount: after many wrong passwords another address
// has few tries, and its owner's right one is among them; a phone of the account
// and the recovery code are not slowed down, another account's phone is.
func TestGuessersCloseNobodysAccount(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.RateLimits, o.TrustedProxies = true, []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	})
	fewer(t, &refusedPerAccount, 10)
	ann, bob := w.newPerson(withEmail("ann@example.org")), w.newPerson(withEmail("bob@example.org"))
	phone := object{"name": "x", "platform": "web"}
	try := func(from, word string, headers ...string) answer {
		return w.call("POST", "/v1/devices", object{"email": "ann@example.org", "password": word, "device": phone}, append(headers, "X-Forwarded-For: "+from)...)
	}
	for i := range refusedPerAccount.Max {
		w.want(401, try(fmt.Sprintf("192.0.2.%d", i/5), "wrong one"))
	}
	for range signInsSlowed.Max {
		w.want(401, try("192.0.2.99", "wrong one"))
	}
	over := w.want(429, try("192.0.2.99", password))
	if policy := over.Header.Get("RateLimit-Policy"); policy != `"sign-in-slowed";q=2;w=3600` {
		t.Errorf("the limit is %s", policy)
	}
	w.want(429, try("192.0.2.99", password, "Authorization: Bearer "+bob.token))
	w.want(201, try("192.0.2.99", password, "Authorization: Bearer "+ann.token))
	w.want(201, try("198.51.100.1", password))
	w.want(201, w.call("POST", "/v1/devices", object{"recovery_code": ann.recovery, "device": phone}, "X-Forwarded-For: 192.0.2.99"))
	ann.want(204, ann.do("POST", "/v1/devices/current/confirm", object{"password": password}))
}
