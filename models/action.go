package models

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// actionLife is how long a push's action token works (contract, Reminders).
const actionLife = 48 * time.Hour

// actionPrefix distinguishes an action token from that of a device.
const actionPrefix = "act."

// actionToken returns a token with which the phone acknowledges or snoozes this
// one reminder, without its session's token. It is stored nowhere, and sealed:
// FCM and APNs read what they carry, and must not learn whose it is.
func (s *Store) actionToken(ctx context.Context, c *Claim) (string, error) {
	seal, err := s.actionSeal(ctx)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(action{c.AccountID, c.DeviceID, c.ReminderID, s.Now().Add(actionLife).Unix()})
	if err != nil {
		return "", fmt.Errorf("make an action token: %w", err)
	}
	return actionPrefix + base64.RawURLEncoding.EncodeToString(seal.Seal(nil, nil, body, nil)), nil //nolint:gosec // the AEAD makes its own random nonces
}

// action is the content of an action token.
type action struct {
	Account, Device, Reminder string
	Expires                   int64 // unix seconds
}

// actionSeal returns AES-GCM with random nonces under a key of this database.
func (s *Store) actionSeal(ctx context.Context) (cipher.AEAD, error) {
	secret, err := s.db.Secret(ctx, "action_key")
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256([]byte(secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("make the action key: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// AuthenticateAction returns the caller and the reminder of an action token. A
// token ends with the device that it was sent to.
func (s *Store) AuthenticateAction(ctx context.Context, token string) (caller Caller, reminder string, err error) {
	seal, err := s.actionSeal(ctx)
	if err != nil {
		return Caller{}, "", err
	}
	sealed, found := strings.CutPrefix(token, actionPrefix)
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || !found {
		return Caller{}, "", refused()
	}
	body, err := seal.Open(nil, nil, raw, nil)
	var a action
	if err != nil || json.Unmarshal(body, &a) != nil || s.Now().Unix() >= a.Expires {
		return Caller{}, "", refused()
	}
	caller, err = s.signedIn(ctx, a.Account, a.Device)
	return caller, a.Reminder, err
}
