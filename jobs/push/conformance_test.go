package push_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"aftercare/jobs/push"
	"aftercare/jobs/push/pushtest"
)

func TestEveryTransportConforms(t *testing.T) {
	for _, transport := range push.Transports() {
		if rigs[string(transport)] == nil {
			t.Errorf("the suite does not run on %s: it has no rig", transport)
		}
	}
}

func TestMessageArrivesWhole(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		to, m := r.register(), message()
		if got := r.send(t, to, m); got.Class != push.Accepted {
			t.Fatalf("got %+v", got)
		}
		arrived := must[[]pushtest.Message](t)(r.fake.Await(t.Context(), 1))
		got := arrived[0]
		if got.Title != m.Title || got.Body != m.Body || got.NotificationID != m.NotificationID || got.Tag != m.Tag {
			t.Errorf("words or identity changed: %+v", got)
		}
		if got.TTL != m.TTL || got.Urgency != "high" || !got.TimeSensitive || got.Silent || got.Collapse == "" {
			t.Errorf("handling changed: %+v", got)
		}
		for key, want := range map[string]string{
			"reminder_id": "r-1", "kind": "check_in", "action_token": "act-secret", "actions": "acknowledge,snooze",
			"url": "/app/reminders/r-1",
		} {
			if got.Data[key] != want {
				t.Errorf("data %s = %q, want %q", key, got.Data[key], want)
			}
		}
	})
}

func TestRetryReplacesItself(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		to := r.register()
		r.send(t, to, message())
		r.send(t, to, message())
		other := message()
		other.Tag = "t-2"
		r.send(t, to, other)
		got := r.fake.Messages()
		if got[0].Collapse != got[1].Collapse || got[0].NotificationID != got[1].NotificationID {
			t.Errorf("a retry is another message: %+v, %+v", got[0], got[1])
		}
		if got[0].Collapse == got[2].Collapse && got[0].Tag == got[2].Tag {
			t.Error("another tag replaces the first")
		}
	})
}

func TestSilentMessageClearsAndShowsNothing(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		m := message()
		m.Silent, m.TTL = true, 0
		if got := r.send(t, r.register(), m); got.Class != push.Accepted {
			t.Fatalf("got %+v", got)
		}
		got := r.fake.Messages()[0]
		if !got.Silent || got.Tag != "t-1" || got.Title+got.Body != "" || got.Data["action_token"] != "" || got.TTL != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestMessageWhoseTimeIsOverIsNowOrNever(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		for _, ttl := range []time.Duration{-time.Hour, 0, time.Millisecond} {
			m := message()
			m.TTL = ttl
			if got := r.send(t, r.register(), m); got.Class != push.Accepted {
				t.Errorf("TTL %v: %+v", ttl, got)
			}
		}
		for _, got := range r.fake.Messages() {
			if got.TTL != 0 {
				t.Errorf("kept for %v", got.TTL)
			}
		}
	})
}

func TestTooLongMessageIsNeverSent(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		m := message()
		for _, n := range []int{2500, 4096, 100_000} {
			m.Body = strings.Repeat("ä", n/2)
			if got := r.send(t, r.register(), m); got.Class == push.Accepted && n > 2500 || got.Class != push.Accepted && got.Class != push.Payload {
				t.Errorf("%d bytes: %+v", n, got)
			}
		}
		if got := r.fake.Messages(); len(got) != 1 || len(got[0].Body) != 2500 {
			t.Errorf("%d messages arrived, want only the one that fits", len(got))
		}
	})
}

func TestDeadAddressIsGone(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		dead, alive := r.register(), r.register()
		r.kill(dead)
		if got := r.send(t, dead, message()); got.Class != push.Gone {
			t.Errorf("dead address: %+v", got)
		}
		if got := r.send(t, alive, message()); got.Class != push.Accepted {
			t.Errorf("its neighbour: %+v", got)
		}
	})
}

// Rows of the error table that read the same on every transport.
func TestFaultsOfTheServiceAreTriedAgain(t *testing.T) {
	after := func(s string) map[string]string { return map[string]string{"Retry-After": s} }
	date := epoch.Add(90 * time.Second).Format(http.TimeFormat)
	faults := map[string]struct {
		answer pushtest.Answer
		class  push.Class
		after  time.Duration
	}{
		"500":                     {pushtest.Answer{Status: 500}, push.Unavailable, 0},
		"502 html":                {pushtest.Answer{Status: 502, Body: "<html>Bad Gateway"}, push.Unavailable, 0},
		"503 retry in seconds":    {pushtest.Answer{Status: 503, Header: after("120")}, push.Unavailable, 2 * time.Minute},
		"503 retry at a date":     {pushtest.Answer{Status: 503, Header: after(date)}, push.Unavailable, 90 * time.Second},
		"503 retry in the past":   {pushtest.Answer{Status: 503, Header: after("Mon, 02 Jan 2006 15:04:05 GMT")}, push.Unavailable, 0},
		"503 retry never":         {pushtest.Answer{Status: 503, Header: after("4294967295")}, push.Unavailable, 24 * time.Hour},
		"503 retry beyond":        {pushtest.Answer{Status: 503, Header: after("99999999999")}, push.Unavailable, 24 * time.Hour},
		"503 retry unreadable":    {pushtest.Answer{Status: 503, Header: after("-5 bananas")}, push.Unavailable, 0},
		"429 with time":           {pushtest.Answer{Status: 429, Header: after("7")}, push.Throttled, 7 * time.Second},
		"408":                     {pushtest.Answer{Status: 408}, push.Unavailable, 0},
		"413":                     {pushtest.Answer{Status: 413}, push.Payload, 0},
		"400 without a word":      {pushtest.Answer{Status: 400}, push.Payload, 0},
		"400 in another language": {pushtest.Answer{Status: 400, Body: "[1,2"}, push.Payload, 0},
		"redirect":                {pushtest.Answer{Status: 307, Header: map[string]string{"Location": "https://example.org/"}}, push.Unavailable, 0},
		"teapot":                  {pushtest.Answer{Status: 418}, push.Unavailable, 0},
		"reset":                   {pushtest.Answer{Reset: true}, push.Unavailable, 0},
		"not HTTP":                {pushtest.Answer{Garbage: true}, push.Unavailable, 0},
		"500 cut short":           {pushtest.Answer{Status: 500, Body: "{", Cut: true}, push.Unavailable, 0},
		"endless body":            {pushtest.Answer{Status: 500, Body: strings.Repeat("x", 1<<20)}, push.Unavailable, 0},
	}
	onEach(t, func(t *testing.T, r *rig) {
		for name, row := range faults {
			t.Run(name, func(t *testing.T) {
				to := r.register()
				r.fake.Script(func(pushtest.Message) pushtest.Answer { return row.answer })
				got := r.send(t, to, message())
				if got.Class != row.class || got.RetryAfter != row.after {
					t.Errorf("got %+v, want %v after %v", got, row.class, row.after)
				}
				r.fake.Script(nil)
				if got := r.send(t, to, message()); got.Class != push.Accepted {
					t.Errorf("after the fault: %+v", got)
				}
			})
		}
	})
}

func TestSilenceOfTheServiceIsATimeout(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		to, m := r.register(), message()
		r.fake.Script(func(pushtest.Message) pushtest.Answer { return pushtest.Answer{Hang: true} })
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		got := r.sender.Send(ctx, to, m)
		noSecret(t, got, to, m)
		if got.Class != push.Unavailable || got.Reason != "timeout" {
			t.Errorf("got %+v", got)
		}
	})
}

func TestServiceThatIsDownIsTriedAgain(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		to, m := r.register(), message()
		r.send(t, to, m) // holds a connection and a token, as in service
		r.fake.Close()
		if got := r.send(t, to, m); got.Class != push.Unavailable {
			t.Errorf("got %+v", got)
		}
	})
}

// An hour is what a server without time service is off after a change of the clocks.
func TestClockThatIsAnHourOffStillSends(t *testing.T) {
	for name, skew := range map[string]time.Duration{"ahead": time.Hour, "behind": -time.Hour, "far ahead": 3 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, r *rig) {
				to := r.register()
				r.ours.Advance(skew)
				for range 3 {
					if got := r.send(t, to, message()); got.Class != push.Accepted {
						t.Errorf("got %+v", got)
					}
				}
				for _, m := range r.fake.Messages()[1:] { // the first answer tells the service's clock
					if m.TTL != time.Hour {
						t.Errorf("kept for %v, want an hour on the service's clock", m.TTL)
					}
				}
			})
		})
	}
}

func TestDateToRetryAtIsByTheClockOfTheService(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		to := r.register()
		r.ours.Advance(-time.Hour)
		at := epoch.Add(2 * time.Minute).Format(http.TimeFormat)
		r.fake.Script(func(pushtest.Message) pushtest.Answer {
			return pushtest.Answer{Status: 503, Header: map[string]string{"Retry-After": at}}
		})
		if got := r.send(t, to, message()); got.RetryAfter != 2*time.Minute {
			t.Errorf("got %+v", got)
		}
	})
}

func TestCredentialsAreRenewedBeforeTheyEnd(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		to := r.register()
		for range 200 { // 25 hours
			if got := r.send(t, to, message()); got.Class != push.Accepted {
				t.Errorf("got %+v", got)
			}
			r.ours.Advance(450 * time.Second)
			r.theirs.Advance(450 * time.Second)
		}
		if n := r.fake.Refused(); n > 0 {
			t.Errorf("%d requests came with credentials that had ended", n)
		}
	})
}

func TestManyAtOnceArriveOnce(t *testing.T) {
	onEach(t, func(t *testing.T, r *rig) {
		const n = 100
		to := r.register()
		results := make(chan push.Result, n)
		for range n {
			go func() { results <- r.sender.Send(t.Context(), to, message()) }()
		}
		for range n {
			if got := <-results; got.Class != push.Accepted {
				t.Errorf("got %+v", got)
			}
		}
		if got := len(r.fake.Messages()); got != n {
			t.Errorf("%d arrived, want %d", got, n)
		}
	})
}

// FCM keeps for a device that is off the messages of four collapse keys, any
// four: no reminder may push a warning out.
func TestFCMHasAKeyForEachGroupAndNoneForAClear(t *testing.T) {
	r, _ := fcmRig(t)
	to := r.register()
	keys := map[string]bool{}
	for n := range 40 {
		m := message()
		m.Tag, m.Group = fmt.Sprint("t-", n), n%4
		r.send(t, to, m)
	}
	for _, got := range r.fake.Messages() {
		keys[got.Collapse] = true
	}
	if len(keys) != 4 || keys[""] {
		t.Errorf("collapse keys: %v", keys)
	}
	clear := message()
	clear.Silent = true
	r.send(t, to, clear)
	if got := r.fake.Messages(); got[len(got)-1].Collapse != "" {
		t.Errorf("a clear may be dropped for a reminder: %+v", got[len(got)-1])
	}
}

// Apple takes nothing from a server that does not say who runs it: that is our
// fault and not the address's, which must not be lost for it.
func TestAppleWithoutASubjectIsOurFault(t *testing.T) {
	web := must[*push.WebPush](t)(push.NewWebPush(push.WebPushOptions{Now: time.Now, Key: must[*push.VAPIDKey](t)(push.NewVAPIDKey())}))
	defer web.Close()
	r, _ := webPushRig(t, true)
	to := r.register()
	to.Endpoint = "https://web.push.apple.com/abc"
	if got := web.Send(t.Context(), to, message()); got.Class != push.Refused || got.Scope != push.ScopeHost {
		t.Errorf("got %+v", got)
	}
}
