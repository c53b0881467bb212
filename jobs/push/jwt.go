package push

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// signJWT makes a compact JWS. The kind of the key decides the algorithm:
// P-256 for ES256 (RFC 8292, APNs), RSA for RS256 (Google's service accounts).
func signJWT(key crypto.Signer, keyID string, claims map[string]any) (string, error) {
	header := map[string]string{"typ": "JWT", "alg": "ES256"}
	if _, ok := key.(*rsa.PrivateKey); ok {
		header["alg"] = "RS256"
	}
	if keyID != "" {
		header["kid"] = keyID
	}
	h, err := json.Marshal(header)
	if err != nil {
		return "", fmt.Errorf("encode JWT header: %w", err)
	}
	c, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode JWT claims: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c)
	sig, err := sign(key, sha256.Sum256([]byte(text)))
	if err != nil {
		return "", fmt.Errorf("sign JWT: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

func sign(key crypto.Signer, digest [32]byte) ([]byte, error) {
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return key.Sign(rand.Reader, digest[:], crypto.SHA256)
	}
	r, s, err := ecdsa.Sign(rand.Reader, ec, digest[:])
	if err != nil {
		return nil, err
	}
	sig := make([]byte, 64) // JWS wants r and s side by side, not ASN.1 (RFC 7518 section 3.4)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return sig, nil
}
