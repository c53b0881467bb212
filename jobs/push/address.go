package push

import (
	"crypto/ecdh"
	"encoding/base64"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Address is where one device takes its pushes. Token and Auth are secrets.
type Address struct {
	Transport Transport

	Endpoint string // Web Push: the URL that the browser or distributor gave
	P256dh   string // Web Push: the device's public key, base64url
	Auth     string // Web Push: the device's 16-byte secret, base64url
	VAPIDKey string // Web Push: our public key that the subscription was made with; empty = unknown

	Token       string // FCM and APNs
	Environment string // APNs: "production" or "sandbox"

	RegisteredAt time.Time // when a device last sent this address
}

// FieldProblem is one field of an Address that cannot be used, by its name in
// the contract.
type FieldProblem struct{ Field, Problem string }

// AddressError lists every field of an Address that cannot be used.
type AddressError []FieldProblem

// Error names the fields and never their values, which are secrets.
func (e AddressError) Error() string {
	parts := make([]string, len(e))
	for i, p := range e {
		parts[i] = p.Field + " " + p.Problem
	}
	return "push address: " + strings.Join(parts, "; ")
}

func (e *AddressError) add(field, problem string, args ...any) {
	*e = append(*e, FieldProblem{field, fmt.Sprintf(problem, args...)})
}

// Limits on what a device may register. Real endpoints and FCM tokens stay
// under 500 bytes; APNs says not to rely on a length (32 bytes today).
const (
	maxEndpoint = 2048
	maxFCMToken = 4096
	maxAPNsHex  = 200
)

// Validate returns nil if the address can be sent to, else an AddressError.
// With allowPrivate plain HTTP and private hosts pass too. It looks up no
// names: those that resolve to private hosts are refused at dial time.
func (a Address) Validate(allowPrivate bool) error {
	var e AddressError
	switch a.Transport {
	case TransportWebPush:
		a.subscription(&e, allowPrivate)
	case TransportFCM:
		if n := len(a.Token); n < 32 || n > maxFCMToken || strings.ContainsFunc(a.Token, notToken) {
			e.add("token", "must be an FCM registration token of 32 to %d characters", maxFCMToken)
		}
	case TransportAPNs:
		a.checkAPNs(&e)
	default:
		e.add("transport", "must be one of %q", Transports())
	}
	if e == nil {
		return nil
	}
	return e
}

func (a Address) checkAPNs(e *AddressError) {
	if n := len(a.Token); n < 64 || n > maxAPNsHex || n%2 == 1 || strings.ContainsFunc(a.Token, notHex) {
		e.add("token", "must be an APNs device token: 64 to %d hexadecimal digits", maxAPNsHex)
	}
	if a.Environment != "production" && a.Environment != "sandbox" {
		e.add("environment", `must be "production" or "sandbox"`)
	}
}

// subscription is a Web Push address that has been read.
type subscription struct {
	endpoint *url.URL
	key      *ecdh.PublicKey
	auth     []byte
}

// subscription reads a Web Push address, and adds to e what cannot be used.
func (a Address) subscription(e *AddressError, allowPrivate bool) (s subscription) {
	var err error
	if s.endpoint, err = parseEndpoint(a.Endpoint, allowPrivate); err != nil {
		e.add("endpoint", "%v", err)
	}
	if s.key, err = parsePublicKey(a.P256dh); err != nil {
		e.add("keys.p256dh", "%v", err)
	}
	if s.auth, err = parseAuth(a.Auth); err != nil {
		e.add("keys.auth", "%v", err)
	}
	return s
}

// parseEndpoint refuses what a push service never hands out. Its errors do not
// quote the URL: whoever has it can push to the device.
func parseEndpoint(s string, allowPrivate bool) (*url.URL, error) {
	if len(s) > maxEndpoint {
		return nil, fmt.Errorf("must be at most %d characters long", maxEndpoint)
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return nil, fmt.Errorf("must be an absolute https URL")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !allowPrivate) {
		return nil, fmt.Errorf("must be an https URL")
	}
	if u.User != nil || u.Fragment != "" {
		return nil, fmt.Errorf("must have no user name and no fragment")
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !mayDial(ip, allowPrivate) {
		return nil, fmt.Errorf("must name a public host")
	}
	return u, nil
}

func parsePublicKey(s string) (*ecdh.PublicKey, error) {
	b, err := decodeBase64(s)
	if err != nil {
		return nil, err
	}
	k, err := ecdh.P256().NewPublicKey(b)
	if err != nil { // takes no other form of point
		return nil, fmt.Errorf("must be an uncompressed point on P-256 (65 bytes)")
	}
	return k, nil
}

func parseAuth(s string) ([]byte, error) {
	b, err := decodeBase64(s)
	if err != nil {
		return nil, err
	}
	if len(b) != 16 {
		return nil, fmt.Errorf("must be 16 bytes, not %d", len(b))
	}
	return b, nil
}

// decodeBase64 accepts both alphabets, padded or not: browsers return
// base64url, some client libraries standard base64.
func decodeBase64(s string) ([]byte, error) {
	s = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(s), "=")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("must be base64url")
	}
	return b, nil
}

func notHex(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) }

func notToken(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }

// The destinations that are no Web Push origin.
const (
	destFCM         = "fcm"
	destAPNs        = "apns"
	destAPNsSandbox = "apns-sandbox" // a key that Apple bound to one environment must not stop the other
)

// Destination returns the key of flow control and claims: "fcm", "apns",
// "apns-sandbox", or the origin of a Web Push endpoint. It is stored with a
// delivery and is not secret.
func (a Address) Destination() string {
	switch {
	case a.Transport == TransportFCM:
		return destFCM
	case a.Transport == TransportAPNs && a.Environment == "sandbox":
		return destAPNsSandbox
	case a.Transport == TransportAPNs:
		return destAPNs
	}
	u, err := url.Parse(a.Endpoint)
	if err != nil {
		return "invalid"
	}
	return origin(u)
}

// origin keeps its scheme, so that no host chosen by a person can have the name
// of a provider. Without the default port and the dot that ends a full name,
// each server has one.
func origin(u *url.URL) string {
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), u.Port()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	scheme := strings.ToLower(u.Scheme)
	if port != "" && !(scheme == "https" && port == "443") && !(scheme == "http" && port == "80") {
		host += ":" + port
	}
	return scheme + "://" + host
}

// CanClear reports whether a Silent message may be sent to the address.
// Browsers punish a push that shows nothing (Safari withdraws the permission
// after three), and a warning lost that way is worse than an old notification
// on a screen.
func (a Address) CanClear() bool {
	if a.Transport != TransportWebPush {
		return true
	}
	host := a.host()
	return host != "" && browserService(host) == ""
}

// host returns the host of a Web Push endpoint, "" if it cannot be parsed.
func (a Address) host() string {
	u, err := url.Parse(a.Endpoint)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
