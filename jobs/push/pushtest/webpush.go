package pushtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"aftercare/jobs/push"
)

// Subscription is the device's half of a Web Push subscription.
type Subscription struct {
	Private *ecdh.PrivateKey
	Auth    []byte
}

// NewSubscription makes the keys that a browser would make.
func NewSubscription() (*Subscription, error) {
	k, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make subscription: %w", err)
	}
	auth := make([]byte, 16)
	rand.Read(auth)
	return &Subscription{k, auth}, nil
}

// Address is what the device registers for an endpoint.
func (s *Subscription) Address(endpoint string) push.Address {
	return push.Address{
		Transport: push.TransportWebPush, Endpoint: endpoint,
		P256dh: base64.RawURLEncoding.EncodeToString(s.Private.PublicKey().Bytes()),
		Auth:   base64.RawURLEncoding.EncodeToString(s.Auth),
	}
}

var errRecord = errors.New("not one whole aes128gcm record")

// Decrypt opens a message as a device does. It follows RFC 8291 step by step
// with bare HMAC, and shares no code with the sender.
func (s *Subscription) Decrypt(body []byte) ([]byte, error) {
	if len(body) < 21 || body[20] != 65 || len(body) < 86+17 || int(binary.BigEndian.Uint32(body[16:20])) < len(body)-86 {
		return nil, errRecord
	}
	salt, sender, sealed := body[:16], body[21:86], body[86:]
	from, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, fmt.Errorf("sender's key: %w", err)
	}
	shared, err := s.Private.ECDH(from)
	if err != nil {
		return nil, fmt.Errorf("agree on a key: %w", err)
	}
	prk := mac(s.Auth, shared)
	ikm := mac(prk, []byte("WebPush: info\x00"), s.Private.PublicKey().Bytes(), sender, []byte{1})
	prk = mac(salt, ikm)
	block, err := aes.NewCipher(mac(prk, []byte("Content-Encoding: aes128gcm\x00\x01"))[:16])
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, mac(prk, []byte("Content-Encoding: nonce\x00\x01"))[:12], sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("open record: %w", err)
	}
	text := strings.TrimRight(string(plain), "\x00")
	if !strings.HasSuffix(text, "\x02") {
		return nil, errRecord
	}
	return []byte(text[:len(text)-1]), nil
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// WebPush is a push service of a browser or a UnifiedPush distributor, and the
// devices behind it.
type WebPush struct {
	*Fake
	ready sync.WaitGroup // a request waits until the origin is known

	keyMu sync.Mutex
	subs  map[string]*Subscription // by path; nil = unsubscribed
	bound string                   // the VAPID key all subscriptions are bound to
	seen  map[string]claims        // verified signatures: checking costs more than the rest
}

// NewWebPush starts one.
func NewWebPush(o Options) (*WebPush, error) {
	w := &WebPush{subs: map[string]*Subscription{}, seen: map[string]claims{}}
	w.ready.Add(1)
	f, err := start(o, w)
	if err != nil {
		return nil, err
	}
	w.Fake = f
	w.ready.Done()
	return w, nil
}

// Subscribe adds a device.
func (w *WebPush) Subscribe() (push.Address, error) {
	s, err := NewSubscription()
	if err != nil {
		return push.Address{}, err
	}
	w.keyMu.Lock()
	defer w.keyMu.Unlock()
	path := fmt.Sprintf("/push/%d", len(w.subs)+1)
	w.subs[path] = s
	return s.Address(w.URL + path), nil
}

// Unsubscribe makes pushes to the endpoint 410.
func (w *WebPush) Unsubscribe(endpoint string) {
	w.keyMu.Lock()
	defer w.keyMu.Unlock()
	w.subs[strings.TrimPrefix(endpoint, w.URL)] = nil
}

// BindVAPID makes every other key 403.
func (w *WebPush) BindVAPID(public string) {
	w.keyMu.Lock()
	defer w.keyMu.Unlock()
	w.bound = public
}

// ServeHTTP takes a push.
func (w *WebPush) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.ready.Wait()
	m, status := w.read(r)
	if status != 0 {
		w.refuse(rw, r, Answer{Status: status})
		return
	}
	w.play(rw, r, w.record(m), Answer{Status: http.StatusCreated, Header: map[string]string{"Location": w.URL + "/m/1"}})
}

var topicForm = regexp.MustCompile(`^[A-Za-z0-9_-]{0,32}$`)

func (w *WebPush) read(r *http.Request) (Message, int) {
	w.keyMu.Lock()
	sub, known := w.subs[r.URL.Path]
	w.keyMu.Unlock()
	if !known {
		return Message{}, http.StatusNotFound
	}
	if sub == nil {
		return Message{}, http.StatusGone
	}
	if status := w.authorise(r.Header.Get("Authorization")); status != 0 {
		return Message{}, status
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4097))
	if err == nil && len(body) > 4096 {
		return Message{}, http.StatusRequestEntityTooLarge
	}
	ttl, ttlErr := strconv.ParseUint(r.Header.Get("TTL"), 10, 31)
	if err != nil || ttlErr != nil || r.Method != http.MethodPost || r.Header.Get("Content-Encoding") != "aes128gcm" ||
		!topicForm.MatchString(r.Header.Get("Topic")) {
		return Message{}, http.StatusBadRequest
	}
	plain, err := sub.Decrypt(body)
	if err != nil {
		return Message{}, http.StatusBadRequest
	}
	m := Message{Transport: push.TransportWebPush, To: w.URL + r.URL.Path, Collapse: r.Header.Get("Topic"),
		TTL: time.Duration(ttl) * time.Second, Urgency: r.Header.Get("Urgency")}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(plain, &all); err != nil {
		return Message{}, http.StatusBadRequest
	}
	m.Data = textsOf(all)
	m.fill()
	m.Title, m.Body = m.Data["title"], m.Data["body"]
	return m, 0
}

// fill reads what the data says the same way on every transport.
func (m *Message) fill() {
	m.NotificationID, m.Tag = m.Data["notification_id"], m.Data["tag"]
	m.Silent, m.TimeSensitive = m.Data["clear"] == "true", m.Data["time_sensitive"] == "true"
}

// authorise checks the signature as RFC 8292 section 4.2 asks.
func (w *WebPush) authorise(header string) int {
	token, public, ok := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	raw, err := base64.RawURLEncoding.DecodeString(public)
	if !ok || err != nil {
		return http.StatusUnauthorized
	}
	w.keyMu.Lock()
	defer w.keyMu.Unlock()
	c, seen := w.seen[header]
	if !seen {
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
		if err != nil {
			return http.StatusUnauthorized
		}
		if c, err = openJWT(token, key); err != nil {
			return http.StatusForbidden
		}
		w.seen[header] = c
	}
	left := time.Unix(int64(c.Exp), 0).Sub(w.now())
	if c.Aud != w.URL || left <= 0 || left > 24*time.Hour || w.bound != "" && w.bound != public {
		return http.StatusForbidden
	}
	return 0
}
