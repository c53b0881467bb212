package jobs

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aftercare/jobs/push"
	"aftercare/jobs/push/pushtest"
	"aftercare/models"
	"aftercare/models/storetest"
)

// subscribe gives the person's phone an address at a Web Push service.
func (p *person) subscribe(service *pushtest.WebPush) {
	p.Helper()
	to, err := service.Subscribe()
	p.check(err)
	_, err = p.SetPush(context.Background(), p.account, p.phones[0].ID, "webpush", models.PushAddress{
		Endpoint: to.Endpoint, P256dh: to.P256dh, Auth: to.Auth, Destination: to.Destination(),
	}, "1")
	p.check(err)
}

// realWebPush is a hub with the real sender, which may reach loopback.
func realWebPush(t *testing.T) *push.Hub {
	t.Helper()
	key, err := push.NewVAPIDKey()
	if err != nil {
		t.Fatal(err)
	}
	web, err := push.NewWebPush(push.WebPushOptions{Now: models.SystemClock, Key: key, Subject: "mailto:care@example.org", AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(web.Close)
	return push.NewHub(models.SystemClock, map[push.Transport]push.Sender{push.TransportWebPush: web})
}

// A Web Push host that a person chose answers 403, 429 with a day's
// Retry-After, or nothing: it gets little of our time, and delays nobody else.
// The real sender, over real sockets.
func TestHostileHostsDelayNobodyElse(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), models.SystemClock, realWebPush(t))
	services, people := map[string]*pushtest.WebPush{}, map[string][]*person{}
	for name, c := range map[string]struct {
		answer pushtest.Answer
		people int
	}{
		"forbids": {pushtest.Answer{Status: 403}, 20}, "sends away": {pushtest.Answer{Status: 429, Header: map[string]string{"Retry-After": "86400"}}, 20},
		"hangs": {pushtest.Answer{Hang: true}, 20}, "good": {pushtest.Answer{}, 20},
	} {
		service, err := pushtest.NewWebPush(pushtest.Options{Now: models.SystemClock})
		w.check(err)
		t.Cleanup(service.Close)
		service.Script(func(pushtest.Message) pushtest.Answer { return c.answer })
		services[name] = service
		for n := range c.people {
			p := w.join(fmt.Sprint(name, n), "Europe/Berlin")
			p.subscribe(service)
			_, err := w.TestPush(context.Background(), p.account, p.phones[0].ID)
			w.check(err)
			people[name] = append(people[name], p)
		}
	}

	done := make(chan error, 1)
	go func() { done <- w.runner.RunOnce(context.Background()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second) // less than one attempt that hangs
	defer cancel()
	if _, err := services["good"].Await(ctx, len(people["good"])); err != nil {
		t.Errorf("the good host waits for the others: %v", err)
	}
	services["hangs"].Close()
	w.check(<-done)
	w.runner.Wait()

	if n := len(services["hangs"].Messages()); n > 8 {
		t.Errorf("%d requests hung at once", n)
	}
	if n := len(services["sends away"].Messages()); n > 8 {
		t.Errorf("%d requests to a host that sent us away for a day", n)
	}
	for name, state := range map[string]models.PushState{
		"forbids": models.PushQuarantined, "sends away": models.PushActive, "hangs": models.PushActive, "good": models.PushActive,
	} {
		for _, p := range people[name] {
			d, err := w.Device(t.Context(), p.account, p.phones[0].ID)
			w.check(err)
			if d.PushState != state {
				t.Errorf("%s: the address is %s (%s), want %s", name, d.PushState, d.PushError, state)
			}
		}
	}
}

// Hosts that never answer take a tick's time at most: accounts are judged
// beside them, and a warning that time brings is stored within a minute (P2).
func TestHangingHostsDoNotKeepTheTick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(evening))
		slow := &service{now: models.SystemClock, delay: push.AttemptTimeout,
			script: func(push.Address, push.Message) push.Result {
				return push.Result{Class: push.Unavailable, Reason: "timeout", Scope: push.ScopeHost}
			}}
		fast := &service{now: models.SystemClock}
		hub := push.NewHub(models.SystemClock, map[push.Transport]push.Sender{push.TransportWebPush: slow, push.TransportFCM: fast})
		w := newWorld(t, storetest.SQLite(t), models.SystemClock, hub)
		blushes := w.join("red", "Europe/Berlin")
		blushes.rolls("session-1")
		<-time.After(15 * time.Hour)
		blushes.reports("report-01", red())
		w.runner.Tick = time.Hour
		w.check(w.runner.Start())
		<-time.After(7*day - 15*time.Hour - time.Minute)
		w.check(w.runner.Stop(context.Background()))
		w.runner.Tick = 10 * time.Second
		w.runner = New(w.runner.Options)
		w.check(w.runner.Start())
		for n := range 10 {
			hostile := w.join("hostile", "Europe/Berlin")
			host := fmt.Sprintf("https://h%d.example.org", n)
			_, err := w.SetPush(context.Background(), hostile.account, hostile.phones[0].ID, "webpush",
				models.PushAddress{Endpoint: host + "/x", Destination: host}, "1")
			w.check(err)
			for range 20 {
				_, err = w.TestPush(context.Background(), hostile.account, hostile.phones[0].ID)
				w.check(err)
			}
		}
		before := w.Now()
		for w.Now().Sub(before) < 10*time.Minute {
			<-time.After(10 * time.Second)
			if age := w.Now().Sub(w.runner.LastTick()); age > 30*time.Second {
				t.Fatalf("no good tick for %v", age)
			}
		}
		page, err := w.Warnings(context.Background(), blushes.account, models.Query{})
		w.check(err)
		if len(page.Items) == 0 {
			t.Fatal("no warning")
		}
		first := page.Items[0].Fired[0]
		if late := page.Items[0].RaisedAt.Sub(first.At.Time); late > time.Minute {
			t.Errorf("%s was stored %v late", first.Rule, late)
		}
		w.check(w.runner.Stop(context.Background()))
	})
}

// A service that is known and slow is kept as busy as it lets us, over many
// ticks: nothing is claimed in vain, and no tick waits for the next.
func TestASlowServiceIsKeptBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(evening))
		slow := &service{now: models.SystemClock, delay: 2 * time.Second}
		w := newWorld(t, storetest.SQLite(t), models.SystemClock, slow.hub(models.SystemClock))
		p := w.join("many", "Europe/Berlin")
		const pushes = 20 * 64 // forty seconds at 64 in flight
		for range pushes {
			_, err := w.TestPush(context.Background(), p.account, p.phones[0].ID)
			w.check(err)
		}
		begun := w.Now()
		w.check(w.runner.Start())
		for len(slow.accepted()) < pushes && w.Now().Sub(begun) < 5*time.Minute {
			<-time.After(time.Second)
		}
		if took := w.Now().Sub(begun); took > 44*time.Second {
			t.Errorf("%d pushes took %v, at best 40s", len(slow.accepted()), took)
		}
		<-time.After(5 * time.Second)
		w.check(w.runner.Stop(context.Background()))
		if n := len(slow.accepted()); n != pushes {
			t.Errorf("%d messages for %d pushes", n, pushes)
		}
	})
}
