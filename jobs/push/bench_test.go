package push

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

var checkIn = Message{
	NotificationID: "0198c0de-0000-7000-8000-000000000001", Tag: "r-0198c0de", TTL: time.Hour, Urgency: High,
	Title: "A check-in is waiting", Body: "Open the app.", ReminderID: "0198c0de-0000-7000-8000-000000000002", Kind: "check_in",
	ActionToken: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
}

// naive prepares a message as the usual libraries do: a new signature each time,
// and every message padded to the limit.
func naive(b *testing.B, w *WebPush, to Address, m Message) (string, []byte) {
	plain, err := json.Marshal(m.data(true))
	if err != nil {
		b.Fatal(err)
	}
	sub := read(b, to)
	ephemeral, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	salt := make([]byte, saltLen)
	rand.Read(salt)
	body, err := encrypt(sub.key, sub.auth, ephemeral, salt, plain, maxPayload-overhead-len(plain))
	if err != nil {
		b.Fatal(err)
	}
	jwt, err := signJWT(w.signer.key.private, "", map[string]any{"aud": to.Destination(), "exp": w.now().Add(vapidLife).Unix()})
	if err != nil {
		b.Fatal(err)
	}
	return "vapid t=" + jwt + ", k=" + w.signer.key.public, body
}

// read reads a valid address.
func read(t testing.TB, a Address) subscription {
	t.Helper()
	var wrong AddressError
	s := a.subscription(&wrong, true)
	if wrong != nil {
		t.Fatal(wrong)
	}
	return s
}

func benchWebPush(b *testing.B) *WebPush {
	b.Helper()
	key, err := NewVAPIDKey()
	if err != nil {
		b.Fatal(err)
	}
	w, err := NewWebPush(WebPushOptions{Now: func() time.Time { return epoch }, Key: key, Subject: "mailto:care@example.org", AllowPrivate: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(w.Close)
	return w
}

// BenchmarkPrepare is the cost of a message before it leaves: encrypt and sign,
// beside the naive way in the same run.
func BenchmarkPrepare(b *testing.B) {
	w, to := benchWebPush(b), testAddress("https://push.example.org/x")
	var ours, theirs time.Duration
	var small, padded int
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		body, err := seal(read(b, to), checkIn, "")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.signer.header(to.Destination(), "", w.now()); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		_, big := naive(b, w, to, checkIn)
		ours, theirs = ours+middle.Sub(start), theirs+time.Since(middle)
		small, padded = len(body), len(big)
	}
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "µs/message")
	b.ReportMetric(float64(theirs.Microseconds())/float64(b.N), "µs/naive")
	b.ReportMetric(float64(theirs)/float64(ours), "times-naive")
	b.ReportMetric(float64(padded)/float64(small), "bytes-naive/bytes")
}

// sink takes every push and does nothing else, so that the sender is measured.
func sink(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
	})}
	done := make(chan struct{})
	go func() { defer close(done); srv.Serve(l) }()
	b.Cleanup(func() { srv.Close(); <-done })
	return "http://" + l.Addr().String()
}

// BenchmarkHandOver is one message through the hub to a sink on this machine, 64
// in flight, beside bare POSTs of as many bytes over the same client.
func BenchmarkHandOver(b *testing.B) {
	w, origin := benchWebPush(b), sink(b)
	to := testAddress(origin + "/x")
	h := NewHub(w.now, map[Transport]Sender{TransportWebPush: w}, origin)
	body, err := seal(read(b, to), checkIn, "")
	if err != nil {
		b.Fatal(err)
	}
	auth, err := w.signer.header(origin, "", w.now())
	if err != nil {
		b.Fatal(err)
	}
	const batch = 512
	var ours, bare time.Duration
	for b.Loop() {
		start := time.Now()
		inFlight(batch, func() {
			release, ok := h.TryAcquire(to.Destination())
			if !ok {
				b.Error("no place")
				return
			}
			r := h.Send(b.Context(), to, checkIn)
			release(r)
			if r.Class != Accepted {
				b.Errorf("got %+v", r)
			}
		})
		middle := time.Now()
		inFlight(batch, func() {
			if _, err := post(b.Context(), w.client, to.Endpoint, webPushHeader(to, checkIn, auth), body); err != nil {
				b.Error(err)
			}
		})
		ours, bare = ours+middle.Sub(start), bare+time.Since(middle)
	}
	b.ReportMetric(float64(batch*b.N)/ours.Seconds(), "messages/s")
	b.ReportMetric(float64(batch*b.N)/bare.Seconds(), "bare-posts/s")
	b.ReportMetric(float64(bare)/float64(ours), "of-bare")
}

func inFlight(n int, do func()) {
	var all sync.WaitGroup
	for range knownLimit {
		all.Go(func() {
			for range n / knownLimit {
				do()
			}
		})
	}
	all.Wait()
}

func BenchmarkTryAcquire(b *testing.B) {
	h := NewHub(func() time.Time { return epoch }, map[Transport]Sender{TransportWebPush: nobody{}})
	to := testAddress("https://web.push.apple.com/x")
	b.ReportAllocs()
	for b.Loop() {
		release, _ := h.TryAcquire(to.Destination())
		release(Result{Class: Accepted})
	}
}
