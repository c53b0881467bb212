package push

import (
	"context"
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// WebPushOptions configure Web Push.
type WebPushOptions struct {
	Now          func() time.Time
	Key          *VAPIDKey
	Subject      string         // who runs this server: "mailto:…" or an https URL. Apple refuses to send without one
	AppURL       string         // where the app's paths are; "": where the browser subscribed
	AllowPrivate bool           // lets pushes reach loopback and private networks, plain HTTP included
	RootCAs      *x509.CertPool // nil = the system's
}

// WebPush sends to browsers and UnifiedPush distributors (RFC 8030, 8291, 8292).
type WebPush struct {
	now          func() time.Time
	signer       *vapidSigner
	appURL       string
	allowPrivate bool
	client       *http.Client
}

// NewWebPush checks the options.
func NewWebPush(o WebPushOptions) (*WebPush, error) {
	if o.Key == nil {
		return nil, fmt.Errorf("web push: a VAPID key is needed")
	}
	if o.Subject != "" && !strings.HasPrefix(o.Subject, "mailto:") && !strings.HasPrefix(o.Subject, "https://") {
		return nil, fmt.Errorf("web push: VAPID subject %q must begin with mailto: or https://", o.Subject)
	}
	return &WebPush{
		now:          o.Now,
		signer:       &vapidSigner{key: o.Key, subject: o.Subject, signed: map[string]signedVAPID{}},
		appURL:       strings.TrimSuffix(o.AppURL, "/"),
		allowPrivate: o.AllowPrivate,
		client:       newClient(guardedDialer(o.AllowPrivate), o.RootCAs),
	}, nil
}

// Close closes idle connections.
func (w *WebPush) Close() { w.client.CloseIdleConnections() }

// Send encrypts the message for the subscription and posts it. A signature that
// is refused is made once more: it may be the clock or a cached one that went
// stale, and only then is the address at fault.
func (w *WebPush) Send(ctx context.Context, to Address, m Message) Result {
	if m.Silent && !to.CanClear() {
		return Result{Class: Payload, Reason: "browsers take no push that shows nothing"}
	}
	if to.VAPIDKey != "" && to.VAPIDKey != w.signer.key.public {
		return Result{Class: Mistaken, Reason: "subscribed with another VAPID key"}
	}
	if w.signer.subject == "" && browserService(to.host()) == appleWebPush {
		return Result{Class: Refused, Reason: "VAPID_SUBJECT is not set, and Apple wants it", Scope: ScopeHost}
	}
	var wrong AddressError
	sub := to.subscription(&wrong, w.allowPrivate)
	if wrong != nil {
		return Result{Class: Mistaken, Reason: wrong.Error()}
	}
	body, err := seal(sub, m, w.appURL)
	if err != nil {
		return Result{Class: Payload, Reason: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, AttemptTimeout)
	defer cancel()
	r, refused := w.try(ctx, to, origin(sub.endpoint), m, body, "")
	if refused != "" {
		r, _ = w.try(ctx, to, origin(sub.endpoint), m, body, refused)
	}
	return r
}

// try posts once, signed for the audience. It returns the signature if that was
// refused.
func (w *WebPush) try(ctx context.Context, to Address, audience string, m Message, body []byte, refused string) (Result, string) {
	auth, err := w.signer.header(audience, refused, w.now())
	if err != nil {
		return Result{Class: Unavailable, Reason: err.Error()}, ""
	}
	a, err := post(ctx, w.client, to.Endpoint, webPushHeader(to, m, auth), body)
	if err != nil {
		return unreachable(err, ScopeHost), ""
	}
	r := a.result(ScopeHost, w.now())
	switch a.status {
	case http.StatusNotFound, http.StatusGone:
		r.Class = Gone
	case http.StatusUnauthorized, http.StatusForbidden:
		r.Class = Mistaken
		return r, auth
	}
	return r, ""
}

func webPushHeader(to Address, m Message, auth string) http.Header {
	h := http.Header{
		"Authorization":    {auth},
		"Content-Encoding": {"aes128gcm"},
		"Content-Type":     {"application/octet-stream"},
		"Ttl":              {m.ttlSeconds()},
		"Urgency":          {m.Urgency.String()},
	}
	if m.Tag != "" {
		h.Set("Topic", topic(to.Auth, m.Tag))
	}
	return h
}

// topic returns the tag in the 32 base64url characters that RFC 8030 section
// 5.4 allows. Keyed with the device's secret, it reveals nothing to the service
// and links no two devices.
func topic(auth, tag string) string {
	mac := hmac.New(sha256.New, []byte(auth))
	mac.Write([]byte(tag))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:24])
}

// plaintext returns what the browser decrypts: the fields of the app and, if
// there is room, the same as a declarative push message.
func plaintext(m Message, app string) ([]byte, error) {
	fields := m.payload(true)
	if !m.Silent {
		fields["web_push"], fields["notification"] = declarativeWebPush, m.declarative(app)
	}
	for {
		plain, err := json.Marshal(fields)
		switch {
		case err != nil:
			return nil, fmt.Errorf("encode message: %w", err)
		case len(plain)+overhead <= maxPayload:
			return plain, nil
		case fields["web_push"] == nil:
			return nil, errTooLong
		}
		delete(fields, "web_push")
		delete(fields, "notification")
	}
}

func seal(to subscription, m Message, app string) ([]byte, error) {
	plain, err := plaintext(m, app)
	if err != nil {
		return nil, err
	}
	ephemeral, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make ephemeral key: %w", err)
	}
	salt := make([]byte, saltLen)
	rand.Read(salt)
	return encrypt(to.key, to.auth, ephemeral, salt, plain, padding(len(plain)))
}
