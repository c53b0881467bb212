package push_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"aftercare/jobs/push"
	"aftercare/jobs/push/pushtest"
)

// epoch is when every test begins.
var epoch = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// clock is a time that only a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: epoch} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// rig is one sender and the service it talks to.
type rig struct {
	sender   push.Sender
	fake     *pushtest.Fake
	register func() push.Address
	kill     func(to push.Address) // makes the address dead, as when the app is removed
	ours     *clock
	theirs   *clock
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newKey(t testing.TB) *push.VAPIDKey { return must[*push.VAPIDKey](t)(push.NewVAPIDKey()) }

func webPushRig(t testing.TB, tls bool) (*rig, *pushtest.WebPush) {
	r := &rig{ours: newClock(), theirs: newClock()}
	fake := must[*pushtest.WebPush](t)(pushtest.NewWebPush(pushtest.Options{Now: r.theirs.Now, TLS: tls}))
	t.Cleanup(fake.Close)
	s := must[*push.WebPush](t)(push.NewWebPush(push.WebPushOptions{
		Now: r.ours.Now, Key: newKey(t), Subject: "mailto:care@example.org", AllowPrivate: true, RootCAs: fake.RootCAs,
	}))
	t.Cleanup(s.Close)
	r.sender, r.fake = s, fake.Fake
	r.register = func() push.Address { return must[push.Address](t)(fake.Subscribe()) }
	r.kill = func(to push.Address) { fake.Unsubscribe(to.Endpoint) }
	return r, fake
}

func fcmRig(t testing.TB) (*rig, *pushtest.FCM) {
	r := &rig{ours: newClock(), theirs: newClock()}
	fake := must[*pushtest.FCM](t)(pushtest.NewFCM(pushtest.Options{Now: r.theirs.Now, TLS: true}))
	t.Cleanup(fake.Close)
	s := must[*push.FCM](t)(push.NewFCM(push.FCMOptions{
		Now: r.ours.Now, Credentials: must[[]byte](t)(fake.Credentials()), URL: fake.URL, RootCAs: fake.RootCAs,
	}))
	t.Cleanup(s.Close)
	r.sender, r.fake, r.register = s, fake.Fake, fake.Register
	r.kill = func(to push.Address) { fake.Unregister(to.Token) }
	return r, fake
}

func apnsRig(t testing.TB) (*rig, *pushtest.APNs) {
	r := &rig{ours: newClock(), theirs: newClock()}
	fake := must[*pushtest.APNs](t)(pushtest.NewAPNs(pushtest.Options{Now: r.theirs.Now}))
	t.Cleanup(fake.Close)
	s := must[*push.APNs](t)(push.NewAPNs(push.APNsOptions{
		Now: r.ours.Now, Key: must[[]byte](t)(fake.Key()), KeyID: pushtest.APNsKeyID, TeamID: pushtest.APNsTeamID,
		Topic: pushtest.APNsTopic, URL: fake.URL, RootCAs: fake.RootCAs,
	}))
	t.Cleanup(s.Close)
	r.sender, r.fake, r.register = s, fake.Fake, fake.Register
	r.kill = func(to push.Address) { fake.Unregister(to.Token, r.theirs.Now().Add(time.Minute)) }
	return r, fake
}

// rigs are all transports; the conformance suite runs on each.
var rigs = map[string]func(testing.TB) *rig{
	"webpush":           func(t testing.TB) *rig { r, _ := webPushRig(t, true); return r },
	"unifiedpush-plain": func(t testing.TB) *rig { r, _ := webPushRig(t, false); return r },
	"fcm":               func(t testing.TB) *rig { r, _ := fcmRig(t); return r },
	"apns":              func(t testing.TB) *rig { r, _ := apnsRig(t); return r },
}

func onEach(t *testing.T, test func(t *testing.T, r *rig)) {
	for name, build := range rigs {
		t.Run(name, func(t *testing.T) { test(t, build(t)) })
	}
}

// send hands over one message and holds that no outcome tells a secret.
func (r *rig) send(t testing.TB, to push.Address, m push.Message) push.Result {
	t.Helper()
	got := r.sender.Send(t.Context(), to, m)
	noSecret(t, got, to, m)
	return got
}

func noSecret(t testing.TB, got push.Result, to push.Address, m push.Message) {
	t.Helper()
	for _, secret := range []string{to.Token, to.Auth, to.P256dh, to.Endpoint, m.Title, m.Body, m.ActionToken, "127.0.0.1", "/push/"} {
		if secret != "" && strings.Contains(got.Reason, secret) {
			t.Errorf("reason %q tells %q", got.Reason, secret)
		}
	}
	if got.Class != push.Accepted && got.Reason == "" {
		t.Errorf("%v without a reason", got.Class)
	}
}

func message() push.Message {
	return push.Message{
		NotificationID: "n-1", Tag: "t-1", TTL: time.Hour, Urgency: push.High, Title: "A check-in is waiting", Body: "Open the app.",
		ReminderID: "r-1", Kind: "check_in", URL: "/app/reminders/r-1", Actions: []string{"acknowledge", "snooze"}, Labels: []string{"OK", "Later"}, ActionToken: "act-secret", TimeSensitive: true,
	}
}
