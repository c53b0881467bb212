// Package pushtest holds push services to test against: Web Push, FCM and APNs,
// each speaking the real protocol on a loopback socket, checking what the real
// one checks, and answering as a script says.
package pushtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"aftercare/jobs/push"
)

// Options of every fake.
type Options struct {
	Now func() time.Time // the service's own clock, which need not be ours
	TLS bool             // HTTPS with HTTP/2; needs the fake's RootCAs in the sender. APNs always has it
}

// Message is what arrived at a fake, understood as the device would.
type Message struct {
	Transport      push.Transport
	To             string // the endpoint or token
	NotificationID string
	Tag            string // what replaces on the screen
	Collapse       string // what replaces in the service: topic, collapse key or collapse id
	TTL            time.Duration
	Urgency        string // "low", "normal", "high"
	Title, Body    string
	Silent         bool
	TimeSensitive  bool
	Data           map[string]string
	At             time.Time
	Accepted       bool // false if the script said otherwise
}

// Answer is what a fake does with a message that is right in every way. The zero
// Answer accepts it.
type Answer struct {
	Status  int
	Header  map[string]string
	Body    string
	Hang    bool // never answers
	Reset   bool // cuts the connection instead of answering
	Cut     bool // cuts it in the middle of the body
	Garbage bool // answers in something that is no HTTP (over HTTP/2: cuts)
}

// Accepts reports whether the sender may believe that the message is accepted.
func (a Answer) Accepts() bool {
	return a.Status/100 <= 2 && !a.Hang && !a.Reset && !a.Garbage
}

// Fake is what all fakes share.
type Fake struct {
	URL     string         // its origin
	RootCAs *x509.CertPool // nil without TLS

	now    func() time.Time
	server *http.Server
	closed chan struct{}
	done   chan struct{}
	ending sync.Once

	mu      sync.Mutex
	script  func(Message) Answer
	got     []Message
	refused int
	changed chan struct{}
}

// Script decides about each message from now on; nil accepts all. It is called
// for one message at a time.
func (f *Fake) Script(script func(Message) Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script = script
}

// Messages returns what arrived so far, also what the script refused.
func (f *Fake) Messages() []Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Message(nil), f.got...)
}

// Refused counts the requests that were not right, and so never reached the script.
func (f *Fake) Refused() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refused
}

func (f *Fake) refuse(w http.ResponseWriter, r *http.Request, a Answer) {
	f.mu.Lock()
	f.refused++
	f.mu.Unlock()
	f.play(w, r, a, Answer{})
}

// Await returns the accepted messages as soon as there are at least n.
func (f *Fake) Await(ctx context.Context, n int) ([]Message, error) {
	for {
		f.mu.Lock()
		var ok []Message
		for _, m := range f.got {
			if m.Accepted {
				ok = append(ok, m)
			}
		}
		changed := f.changed
		f.mu.Unlock()
		if len(ok) >= n {
			return ok, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ok, fmt.Errorf("wait for %d messages, got %d: %w", n, len(ok), ctx.Err())
		}
	}
}

// Close ends the service and every connection to it; Messages stay. Closing
// again does nothing.
func (f *Fake) Close() {
	f.ending.Do(func() {
		close(f.closed)
		f.server.Close()
		<-f.done
	})
}

func (f *Fake) record(m Message) Answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	var a Answer
	if f.script != nil {
		a = f.script(m)
	}
	m.At, m.Accepted = f.now(), a.Accepts()
	f.got = append(f.got, m)
	close(f.changed)
	f.changed = make(chan struct{})
	return a
}

// play gives an answer, or the ordinary one if the script wants none.
func (f *Fake) play(w http.ResponseWriter, r *http.Request, a Answer, ordinary Answer) {
	switch {
	case a.Hang:
		select {
		case <-f.closed:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	case a.Garbage:
		garble(w)
	case a.Reset:
		panic(http.ErrAbortHandler)
	}
	if a.Status == 0 {
		a.Status = ordinary.Status
		if a.Body == "" {
			a.Body = ordinary.Body
		}
		for k, v := range ordinary.Header {
			w.Header().Set(k, v)
		}
	}
	for k, v := range a.Header {
		w.Header().Set(k, v)
	}
	w.Header().Set("Date", f.now().UTC().Format(http.TimeFormat))
	if a.Cut {
		w.Header().Set("Content-Length", fmt.Sprint(len(a.Body)+100))
	}
	w.WriteHeader(a.Status)
	fmt.Fprint(w, a.Body)
	if a.Cut {
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func garble(w http.ResponseWriter) {
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	buf.WriteString("\x00\xff 201 certainly\r\n\r\n")
	buf.Flush()
	conn.Close()
}

func start(o Options, handler http.Handler) (*Fake, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start fake push service: %w", err)
	}
	f := &Fake{
		URL: "http://" + l.Addr().String(), now: o.Now, server: &http.Server{Handler: handler, ErrorLog: quiet},
		closed: make(chan struct{}), done: make(chan struct{}), changed: make(chan struct{}),
	}
	serve := f.server.Serve
	if o.TLS {
		cert, err := selfSigned()
		if err != nil {
			l.Close()
			return nil, err
		}
		f.URL = "https://" + l.Addr().String()
		f.RootCAs = x509.NewCertPool()
		f.RootCAs.AddCert(cert.Leaf)
		f.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
		serve = func(l net.Listener) error { return f.server.ServeTLS(l, "", "") }
	}
	go func() {
		defer close(f.done)
		_ = serve(l) // always http.ErrServerClosed: only Close ends it
	}()
	return f, nil
}

func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make key of fake: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "fake push service"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make certificate of fake: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read certificate of fake: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// textsOf are the texts of a payload; a list of texts with commas between, as FCM
// carries it.
func textsOf(all map[string]json.RawMessage) map[string]string {
	out := map[string]string{}
	for name, raw := range all {
		var text string
		var list []string
		switch {
		case json.Unmarshal(raw, &text) == nil:
			out[name] = text
		case json.Unmarshal(raw, &list) == nil:
			out[name] = strings.Join(list, ",")
		}
	}
	return out
}
