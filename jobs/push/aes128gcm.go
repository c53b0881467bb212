package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Sizes of RFC 8188 and 8291, in bytes.
const (
	saltLen    = 16
	headerLen  = saltLen + 4 + 1 + 65
	overhead   = headerLen + 1 + 16 // delimiter and tag
	recordSize = maxPayload
)

// padStep rounds the length up, so that a service cannot tell a warning from a
// check-in by its size and a message still stays small.
const padStep = 128

// padding is how many zero bytes follow a text of n bytes, within maxPayload.
func padding(n int) int {
	return max(0, min((padStep-n%padStep)%padStep, maxPayload-overhead-n))
}

// encrypt seals one message for a device in one record (RFC 8291). The ephemeral
// key and the salt must be new for every message.
func encrypt(to *ecdh.PublicKey, auth []byte, ephemeral *ecdh.PrivateKey, salt, plain []byte, pad int) ([]byte, error) {
	secret, err := ephemeral.ECDH(to)
	if err != nil {
		return nil, fmt.Errorf("agree on a key: %w", err)
	}
	from := ephemeral.PublicKey().Bytes()
	ikm, err := hkdf.Key(sha256.New, secret, auth, "WebPush: info\x00"+string(to.Bytes())+string(from), 32)
	if err != nil {
		return nil, fmt.Errorf("derive key material: %w", err)
	}
	aead, nonce, err := contentKey(ikm, salt)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(plain)+pad+overhead)
	out = append(out, salt...)
	out = binary.BigEndian.AppendUint32(out, recordSize)
	out = append(out, byte(len(from)))
	out = append(out, from...)
	text := make([]byte, len(plain)+1+pad)
	copy(text, plain)
	text[len(plain)] = 2 // delimiter of the last record (RFC 8188 section 2)
	return aead.Seal(out, nonce, text, nil), nil
}

func contentKey(ikm, salt []byte) (cipher.AEAD, []byte, error) {
	prk, err := hkdf.Extract(sha256.New, ikm, salt)
	if err != nil {
		return nil, nil, fmt.Errorf("extract content key: %w", err)
	}
	key, err := hkdf.Expand(sha256.New, prk, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, nil, fmt.Errorf("derive content key: %w", err)
	}
	nonce, err := hkdf.Expand(sha256.New, prk, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, nil, fmt.Errorf("derive nonce: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, fmt.Errorf("content cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, nil, fmt.Errorf("content cipher: %w", err)
	}
	return aead, nonce, nil
}
