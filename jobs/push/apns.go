package push

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// APNsOptions configure Apple's push service with a provider token.
type APNsOptions struct {
	Now                  func() time.Time
	Key                  []byte // the .p8 file
	KeyID, TeamID, Topic string
	URL                  string         // "" = Apple's; given, it serves both environments
	RootCAs              *x509.CertPool // nil = the system's
}

// APNs sends to iPhones.
type APNs struct {
	now                 func() time.Time
	topic               string
	production, sandbox string
	cred                *credential
	client              *http.Client
}

// Apple refuses provider tokens older than 60 min and new ones more often than
// every 20 min.
const (
	apnsReuse = 40 * time.Minute
	apnsGap   = 20 * time.Minute
)

// NewAPNs reads the key; nothing is sent yet.
func NewAPNs(o APNsOptions) (*APNs, error) {
	key, err := parsePKCS8(o.Key)
	if err != nil {
		return nil, fmt.Errorf("APNs key: %w", err)
	}
	if ec, ok := key.(*ecdsa.PrivateKey); !ok || ec.Curve != elliptic.P256() {
		return nil, fmt.Errorf("APNs key: must be a P-256 key")
	}
	if o.KeyID == "" || o.TeamID == "" || o.Topic == "" {
		return nil, fmt.Errorf("APNs: key id, team id and topic are needed")
	}
	s := &APNs{
		now: o.Now, topic: o.Topic, client: newClient(&net.Dialer{Timeout: dialTimeout}, o.RootCAs),
		production: "https://api.push.apple.com", sandbox: "https://api.sandbox.push.apple.com",
	}
	if o.URL != "" {
		s.production = strings.TrimSuffix(o.URL, "/")
		s.sandbox = s.production
	}
	s.cred = newCredential(o.Now, apnsGap, func(context.Context) (bearer, error) {
		jwt, err := signJWT(key, o.KeyID, map[string]any{"iss": o.TeamID, "iat": s.cred.providerNow().Unix()})
		return bearer{value: jwt, renewAt: o.Now().Add(apnsReuse)}, err
	})
	return s, nil
}

// Close closes idle connections.
func (s *APNs) Close() { s.client.CloseIdleConnections() }

// Send posts the message over the one HTTP/2 connection that is kept.
func (s *APNs) Send(ctx context.Context, to Address, m Message) Result {
	body, err := json.Marshal(apnsPayload(m))
	if err != nil {
		return Result{Class: Payload, Reason: fmt.Sprintf("encode message: %v", err)}
	}
	if len(body) > maxPayload {
		return Result{Class: Payload, Reason: errTooLong.Error()}
	}
	host := s.production
	if to.Environment == "sandbox" {
		host = s.sandbox
	}
	ctx, cancel := context.WithTimeout(ctx, AttemptTimeout)
	defer cancel()
	return s.cred.with(ctx, func(token string) (Result, string) {
		a, err := post(ctx, s.client, host+"/3/device/"+to.Token, s.header(m, token), body)
		if err != nil {
			return unreachable(err, ScopeProvider), ""
		}
		return apnsResult(a, to.RegisteredAt, s.now()), a.header.Get("Date")
	})
}

func (s *APNs) header(m Message, token string) http.Header {
	h := http.Header{}
	h.Set("Authorization", "bearer "+token)
	h.Set("Apns-Topic", s.topic)
	h.Set("Apns-Push-Type", "alert")
	h.Set("Apns-Priority", "10")
	h.Set("Apns-Expiration", "0") // Apple's word for now or never
	if m.TTL > 0 {
		h.Set("Apns-Expiration", strconv.FormatInt(s.cred.providerNow().Add(m.TTL).Unix(), 10))
	}
	if m.Silent {
		h.Set("Apns-Push-Type", "background") // Apple refuses priority 10 with it
	} else if m.Tag != "" {
		h.Set("Apns-Collapse-Id", hashTag(m.Tag))
	}
	if m.Silent || m.Urgency == Low {
		h.Set("Apns-Priority", "5")
	}
	return h
}

func apnsPayload(m Message) map[string]any {
	p := m.payload(false)
	if m.Silent {
		p["aps"] = map[string]any{"content-available": 1}
		return p
	}
	aps := map[string]any{
		"alert":              map[string]string{"title": m.Title, "body": m.Body},
		"sound":              "default",
		"interruption-level": "active",
	}
	if m.TimeSensitive {
		aps["interruption-level"] = "time-sensitive"
	}
	if len(m.Actions) > 0 {
		aps["category"] = strings.Join(m.Actions, "_") // the app registers its buttons under this name
	}
	if m.Kind != "" {
		aps["thread-id"] = m.Kind
	}
	p["aps"] = aps
	return p
}

// apnsResult reads Apple's answer. Gone needs Apple's word that the token was
// dead at a time after the device last registered it: the app may have been
// installed again since.
func apnsResult(a answer, registered, now time.Time) Result {
	if a.status == http.StatusOK {
		return Result{Class: Accepted, ProviderID: a.header.Get("Apns-Id")}
	}
	var e struct {
		Reason    string
		Timestamp int64 // milliseconds
	}
	_ = json.Unmarshal(a.body, &e) // an answer without a reason is judged by its status alone
	r := a.result(ScopeProvider, now)
	if isCode(e.Reason) {
		r.Reason = e.Reason
	}
	switch {
	case r.Class == Accepted: // a 2xx that Apple never sends
		r = Result{Class: Unavailable, Reason: fmt.Sprintf("status %d", a.status), Scope: ScopeProvider}
	case a.status == http.StatusGone && e.Timestamp > 0 && time.UnixMilli(e.Timestamp).After(registered):
		r.Class = Gone
	case a.status == http.StatusGone: // of an earlier registration: it says nothing about Apple
		r.Scope = ScopeDevice
	case a.status == http.StatusBadRequest && (e.Reason == "BadDeviceToken" || e.Reason == "DeviceTokenNotForTopic"):
		r.Class = Mistaken
	case e.Reason == "TooManyRequests":
		r.Class, r.Scope = Throttled, ScopeDevice
	case a.status == http.StatusTooManyRequests && e.Reason != "TooManyProviderTokenUpdates":
		r.Scope = ScopeDevice
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		r.Class = Refused
	}
	return r
}
