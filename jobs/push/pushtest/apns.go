package pushtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"aftercare/jobs/push"
)

// What an APNs sender must be configured with to reach the fake.
const (
	APNsKeyID  = "KEY1234567"
	APNsTeamID = "TEAM123456"
	APNsTopic  = "com.example.aftercare"
)

// APNs is Apple's push service, HTTP/2 only, for both environments.
type APNs struct {
	*Fake
	ready sync.WaitGroup
	key   *ecdsa.PrivateKey

	deviceMu sync.Mutex
	dead     map[string]time.Time
	bearers  map[string]claims // verified tokens
}

// NewAPNs starts one; it always has TLS.
func NewAPNs(o Options) (*APNs, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make APNs key: %w", err)
	}
	s := &APNs{key: key, dead: map[string]time.Time{}, bearers: map[string]claims{}}
	s.ready.Add(1)
	o.TLS = true
	if s.Fake, err = start(o, s); err != nil {
		return nil, err
	}
	s.ready.Done()
	return s, nil
}

// Key is the .p8 file.
func (s *APNs) Key() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		return nil, fmt.Errorf("write APNs key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Register makes the address of a new device.
func (s *APNs) Register() push.Address {
	token := make([]byte, 32)
	rand.Read(token)
	return push.Address{Transport: push.TransportAPNs, Token: hex.EncodeToString(token), Environment: "production", RegisteredAt: s.now()}
}

// Unregister makes a token 410, dead since the given time.
func (s *APNs) Unregister(token string, since time.Time) {
	s.deviceMu.Lock()
	defer s.deviceMu.Unlock()
	s.dead[token] = since
}

// Bearers counts the different provider tokens seen.
func (s *APNs) Bearers() int {
	s.deviceMu.Lock()
	defer s.deviceMu.Unlock()
	return len(s.bearers)
}

// APNsError is an error answer as Apple gives it.
func APNsError(status int, reason string) Answer {
	return Answer{Status: status, Body: `{"reason":"` + reason + `"}`}
}

// ServeHTTP takes a push.
func (s *APNs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.ready.Wait()
	m, refused := s.read(r)
	if refused.Status != 0 {
		s.refuse(w, r, refused)
		return
	}
	s.play(w, r, s.record(m), Answer{Status: 200, Header: map[string]string{"apns-id": rand.Text()}})
}

func (s *APNs) read(r *http.Request) (Message, Answer) {
	if r.ProtoMajor != 2 {
		return Message{}, Answer{Status: http.StatusHTTPVersionNotSupported}
	}
	token, ok := strings.CutPrefix(r.URL.Path, "/3/device/")
	if !ok {
		return Message{}, APNsError(404, "BadPath")
	}
	if reason := s.authorise(r.Header.Get("Authorization")); reason != "" {
		return Message{}, APNsError(403, reason)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4097))
	if err != nil || len(body) > 4096 {
		return Message{}, APNsError(413, "PayloadTooLarge")
	}
	if reason := checkAPNsHeader(r.Header, token); reason != "" {
		return Message{}, APNsError(400, reason)
	}
	s.deviceMu.Lock()
	since, dead := s.dead[token]
	s.deviceMu.Unlock()
	if dead {
		return Message{}, Answer{Status: 410, Body: fmt.Sprintf(`{"reason":"Unregistered","timestamp":%d}`, since.UnixMilli())}
	}
	return s.understand(r.Header, token, body)
}

func checkAPNsHeader(h http.Header, token string) string {
	raw, err := hex.DecodeString(token)
	background := h.Get("apns-push-type") == "background"
	switch {
	case err != nil || len(raw) < 32:
		return "BadDeviceToken"
	case h.Get("apns-topic") != APNsTopic:
		return "DeviceTokenNotForTopic"
	case !background && h.Get("apns-push-type") != "alert":
		return "InvalidPushType"
	case h.Get("apns-priority") != "5" && (background || h.Get("apns-priority") != "10"):
		return "BadPriority"
	case len(h.Get("apns-collapse-id")) > 64:
		return "BadCollapseId"
	}
	return ""
}

func (s *APNs) authorise(header string) string {
	s.deviceMu.Lock()
	defer s.deviceMu.Unlock()
	token := strings.TrimPrefix(header, "bearer ")
	c, seen := s.bearers[token]
	if !seen {
		var err error
		if c, err = openJWT(token, &s.key.PublicKey); err != nil || c.kid != APNsKeyID || c.Iss != APNsTeamID {
			return "InvalidProviderToken"
		}
		s.bearers[token] = c
	}
	switch age := s.now().Sub(time.Unix(int64(c.Iat), 0)); {
	case age > time.Hour:
		return "ExpiredProviderToken"
	case age < -5*time.Minute:
		return "InvalidProviderToken"
	}
	return ""
}

func (s *APNs) understand(h http.Header, token string, body []byte) (Message, Answer) {
	var all map[string]json.RawMessage
	var aps struct {
		Alert            *struct{ Title, Body string }
		ContentAvailable int    `json:"content-available"`
		Level            string `json:"interruption-level"`
	}
	if json.Unmarshal(body, &all) != nil || json.Unmarshal(all["aps"], &aps) != nil {
		return Message{}, APNsError(400, "PayloadEmpty")
	}
	m := Message{Transport: push.TransportAPNs, To: token, Collapse: h.Get("apns-collapse-id"), Data: textsOf(all)}
	m.fill()
	m.TimeSensitive = aps.Level == "time-sensitive"
	m.Silent = aps.Alert == nil && aps.ContentAvailable == 1
	m.Urgency = map[string]string{"5": "normal", "10": "high"}[h.Get("apns-priority")]
	if aps.Alert != nil {
		m.Title, m.Body = aps.Alert.Title, aps.Alert.Body
	}
	expires, err := strconv.ParseInt(h.Get("apns-expiration"), 10, 64)
	if err != nil {
		return Message{}, APNsError(400, "BadExpirationDate")
	}
	if expires > 0 {
		m.TTL = time.Unix(expires, 0).Sub(s.now()).Round(time.Second)
	}
	return m, Answer{}
}
