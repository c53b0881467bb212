package pushtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log"
	"math/big"
	"strings"
)

// quiet keeps cut connections, which are meant, out of a test's output.
var quiet = log.New(io.Discard, "", 0)

type claims struct {
	Aud   string  `json:"aud"`
	Iss   string  `json:"iss"`
	Sub   string  `json:"sub"`
	Scope string  `json:"scope"`
	Exp   float64 `json:"exp"`
	Iat   float64 `json:"iat"`

	kid string
}

var errToken = errors.New("token is not signed by this key")

// openJWT verifies a compact JWS with an RSA (RS256) or P-256 (ES256) key.
func openJWT(token string, key crypto.PublicKey) (claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims{}, errToken
	}
	var raw [3][]byte
	for i, p := range parts {
		b, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil {
			return claims{}, err
		}
		raw[i] = b
	}
	var header struct{ Alg, Kid string }
	if err := json.Unmarshal(raw[0], &header); err != nil {
		return claims{}, err
	}
	if !verified(key, header.Alg, sha256.Sum256([]byte(parts[0]+"."+parts[1])), raw[2]) {
		return claims{}, errToken
	}
	c := claims{kid: header.Kid}
	err := json.Unmarshal(raw[1], &c)
	return c, err
}

func verified(key crypto.PublicKey, alg string, digest [32]byte, sig []byte) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return alg == "RS256" && rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], sig) == nil
	case *ecdsa.PublicKey:
		return alg == "ES256" && len(sig) == 64 &&
			ecdsa.Verify(k, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
	}
	return false
}
