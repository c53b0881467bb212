package models

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/argon2"
)

// refused returns the same error for every wrong credential.
func refused() error {
	return &Error{Code: CodeCredentialsRefused, Detail: "these credentials are not accepted"}
}

// Lifetimes of credentials (contract, Accounts and devices).
const (
	pairingLife   = 10 * time.Minute
	recoveryBytes = 20 // 160 bits
	pairingBytes  = 10 // 80 bits, for ten minutes
)

// newToken returns an opaque 256-bit credential, shown once and stored hashed.
// It begins with the account's ID, so that a lookup needs only one machine of
// several.
func newToken(account string) string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails
	return account + "." + base64.RawURLEncoding.EncodeToString(raw[:])
}

// newLink returns the secret part of an address that needs no sign-in. It holds
// the account, so that opening it asks one machine of several.
func newLink(account string) (string, error) {
	id, err := uuid.Parse(account)
	if err != nil {
		return "", fmt.Errorf("make a link for an account: %w", err)
	}
	var raw [16 + 32]byte
	copy(raw[:], id[:])
	_, _ = rand.Read(raw[len(id):]) // never fails
	return base64.RawURLEncoding.EncodeToString(raw[:]), nil
}

// accountOfLink returns the account that a link belongs to, if it is a link.
func accountOfLink(secret string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(secret)
	if err != nil || len(raw) != 16+32 {
		return "", NotFound()
	}
	return uuid.UUID(raw[:16]).String(), nil
}

// codeAlphabet is Crockford's base 32: no letter can be mistaken for a digit.
var codeAlphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// newCode returns a code of n random bytes that a person can type, in groups of
// four characters.
func newCode(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails
	plain := codeAlphabet.EncodeToString(raw)
	var groups []string
	for len(plain) > 4 {
		groups, plain = append(groups, plain[:4]), plain[4:]
	}
	return strings.Join(append(groups, plain), "-")
}

// normalCode returns a typed code in the form used for comparison.
func normalCode(code string) string {
	return strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(code))
}

// hashSecret returns the hash of a secret with full entropy, which needs no
// slow hash.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// argon2id at 19 MiB, two passes (the OWASP minimum): 21 ms and 19 MB per
// check.
const (
	argonTime    = 2
	argonMemory  = 19 * 1024
	argonThreads = 1
	argonKey     = 32
)

// hashing bounds the memory and cores used for passwords; hashQueue bounds how
// many checks may run or wait: the last one waits half a second.
var (
	hashing   = make(chan struct{}, 2)
	hashQueue = make(chan struct{}, 50)
)

// argon returns the password's hash when its turn comes. If the queue is full
// or ctx ends first, it returns CodeOverloaded.
func argon(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case hashQueue <- struct{}{}:
	default:
		return nil, overloaded("too many passwords are being checked; try again", nil)
	}
	defer func() { <-hashQueue }()
	select {
	case hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, overloaded("the password did not get its turn in time; try again", ctx.Err())
	}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey), nil
}

func hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	sum, err := argon(ctx, password, salt)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

// decoy is checked if there is no password, so that the response takes the same
// time whatever was wrong.
var decoy = "$argon2id$v=19$m=19456,t=2,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)

// checkPassword compares in constant time and reports whether the password
// matches; an empty hash matches nothing.
func checkPassword(ctx context.Context, hash, password string) (bool, error) {
	known := hash != ""
	if !known {
		hash = decoy
	}
	parts := strings.Split(hash, "$")
	if len(parts) != 6 {
		return false, nil
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	want, errWant := base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errWant != nil {
		return false, nil
	}
	sum, err := argon(ctx, password, salt)
	return err == nil && subtle.ConstantTimeCompare(sum, want) == 1 && known, err
}
