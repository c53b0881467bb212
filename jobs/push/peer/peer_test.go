// Package peer measures the Web Push sender beside a public one.
package peer

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"aftercare/jobs/push"
	"aftercare/jobs/push/pushtest"
)

const (
	atOnce   = 64
	messages = 100_000
)

// herd sends all messages, so many at once.
func herd(n int, send func()) time.Duration {
	var left atomic.Int64
	left.Store(int64(n))
	begun := time.Now()
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				send()
			}
		})
	}
	all.Wait()
	return time.Since(begun)
}

// BenchmarkSender hands 100,000 check-ins to a local sink, by our sender through
// the hub and by webpush-go, in the same run.
func BenchmarkSender(b *testing.B) {
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
	}))
	defer sink.Close()
	subscription, err := pushtest.NewSubscription()
	if err != nil {
		b.Fatal(err)
	}
	to := subscription.Address(sink.URL + "/phone")
	key, err := push.NewVAPIDKey()
	if err != nil {
		b.Fatal(err)
	}
	private, err := key.Private()
	if err != nil {
		b.Fatal(err)
	}
	sender, err := push.NewWebPush(push.WebPushOptions{Now: time.Now, Key: key, Subject: "mailto:care@example.org", AllowPrivate: true})
	if err != nil {
		b.Fatal(err)
	}
	hub := push.NewHub(time.Now, map[push.Transport]push.Sender{push.TransportWebPush: sender}, sink.URL)
	defer hub.Close()
	message := push.Message{NotificationID: "n", Tag: "t", TTL: time.Hour, Title: "A check-in is waiting", Body: "Open the app.", ReminderID: "r", Kind: "check_in"}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}
	defer client.CloseIdleConnections()
	for b.Loop() {
		ours := herd(messages, func() {
			release, ok := hub.TryAcquire(to.Destination())
			if !ok {
				b.Error("no place")
				return
			}
			r := hub.Send(context.Background(), to, message)
			release(r)
			if r.Class != push.Accepted {
				b.Errorf("ours: %+v", r)
			}
		})
		theirs := herd(messages, func() {
			res, err := webpush.SendNotification([]byte(`{"title":"A check-in is waiting","body":"Open the app."}`),
				&webpush.Subscription{Endpoint: to.Endpoint, Keys: webpush.Keys{P256dh: to.P256dh, Auth: to.Auth}},
				&webpush.Options{HTTPClient: client, Subscriber: "care@example.org", VAPIDPublicKey: key.Public(), VAPIDPrivateKey: private, TTL: 3600})
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		})
		b.ReportMetric(messages/ours.Seconds(), "ours/s")
		b.ReportMetric(messages/theirs.Seconds(), "webpush-go/s")
		b.ReportMetric(theirs.Seconds()/ours.Seconds(), "times-webpush-go")
	}
}
