package push

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync"
	"time"
)

// VAPIDKey identifies this server to Web Push services (RFC 8292). Subscriptions
// are bound to it: a new key makes all of them useless.
type VAPIDKey struct {
	private *ecdsa.PrivateKey
	public  string
}

// NewVAPIDKey makes a key.
func NewVAPIDKey() (*VAPIDKey, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make VAPID key: %w", err)
	}
	return newVAPIDKey(k)
}

// ParseVAPIDKey reads a private key as Private and the common tools write it:
// base64url of 32 bytes.
func ParseVAPIDKey(private string) (*VAPIDKey, error) {
	b, err := decodeBase64(private)
	if err != nil {
		return nil, fmt.Errorf("VAPID private key %w", err)
	}
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), b)
	if err != nil {
		return nil, fmt.Errorf("VAPID private key must be the 32 bytes of a P-256 key: %w", err)
	}
	return newVAPIDKey(k)
}

func newVAPIDKey(k *ecdsa.PrivateKey) (*VAPIDKey, error) {
	pub, err := k.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encode VAPID public key: %w", err)
	}
	return &VAPIDKey{k, base64.RawURLEncoding.EncodeToString(pub)}, nil
}

// Public returns the applicationServerKey that a browser subscribes with,
// base64url.
func (k *VAPIDKey) Public() string { return k.public }

// Private returns the secret half, base64url, to be stored.
func (k *VAPIDKey) Private() (string, error) {
	b, err := k.private.Bytes()
	if err != nil {
		return "", fmt.Errorf("encode VAPID private key: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// A signature is good for 12 h and used for 6: RFC 8292 allows 24 h, and so a
// clock that is hours wrong does no harm in either direction.
const (
	vapidLife  = 12 * time.Hour
	vapidReuse = 6 * time.Hour
)

// maxSigned bounds the signatures kept: origins are chosen by people.
const maxSigned = 1024

// vapidSigner keeps one signature per origin, because signing costs as much as
// the encryption.
type vapidSigner struct {
	key     *VAPIDKey
	subject string
	mu      sync.Mutex
	signed  map[string]signedVAPID
}

type signedVAPID struct {
	header  string
	renewAt time.Time
}

// header returns the Authorization for an origin; refused is one that the
// service did not accept, which is not returned again.
func (s *vapidSigner) header(origin, refused string, now time.Time) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if got, ok := s.signed[origin]; ok && got.header != refused && now.Before(got.renewAt) {
		return got.header, nil
	}
	claims := map[string]any{"aud": origin, "exp": now.Add(vapidLife).Unix()}
	if s.subject != "" {
		claims["sub"] = s.subject
	}
	jwt, err := signJWT(s.key.private, "", claims)
	if err != nil {
		return "", err
	}
	if len(s.signed) >= maxSigned {
		clear(s.signed)
	}
	header := "vapid t=" + jwt + ", k=" + s.key.public
	s.signed[origin] = signedVAPID{header, now.Add(vapidReuse)}
	return header, nil
}
