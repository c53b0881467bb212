package models

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"aftercare/models/db"
)

// Caller is the owner of a bearer token.
type Caller struct {
	AccountID   string
	DeviceID    string
	Locale      string
	Region      string
	TimeZone    string
	ConfirmedAt time.Time // last sign-in by password or recovery code
}

// Zone returns the person's time zone, UTC for nobody.
func (c Caller) Zone() *time.Location {
	a := Account{TimeZone: c.TimeZone}
	return a.zone()
}

// SignedIn is what a phone receives when it has signed in.
type SignedIn struct {
	Account Account
	Device  Device
	Secrets Secrets
}

// Secrets are shown once.
type Secrets struct {
	Token        string
	RecoveryCode string // "" where none was made
}

// Authenticate returns the owner of a bearer token, with one read. The first
// use of a renewed token revokes the old one.
func (s *Store) Authenticate(ctx context.Context, token string) (Caller, error) {
	hash, now := hashSecret(token), s.Now()
	args := db.Args{hash}
	which := "(d.token_hash = $1 OR d.next_token_hash = $1)"
	// Tokens of before version 8 of the database name no account; they are found
	// by their hash alone until their phones have renewed them.
	if account, _, named := strings.Cut(token, "."); named {
		which = "d.account_id = " + args.Add(account) + " AND " + which
	}
	d, err := db.Row[struct {
		AccountID, ID, Locale, Region string
		TimeZone                      string
		NextTokenHash                 *string
		ConfirmedAt, LastSeenAt       Time
	}](s.read(ctx), `SELECT d.account_id, d.id, a.locale, a.region, a.time_zone, d.next_token_hash, d.confirmed_at, d.last_seen_at
		FROM devices d JOIN accounts a ON a.id = d.account_id WHERE `+which, args...)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return Caller{}, refused()
	case err != nil:
		return Caller{}, fmt.Errorf("look a token up: %w", err)
	case now.Sub(d.LastSeenAt.Time) > tokenLife:
		return Caller{}, refused()
	}
	c := Caller{AccountID: d.AccountID, DeviceID: d.ID, Locale: d.Locale, Region: d.Region, TimeZone: d.TimeZone, ConfirmedAt: d.ConfirmedAt.Time}
	if deref(d.NextTokenHash) == hash || now.Sub(d.LastSeenAt.Time) > 24*time.Hour {
		err = s.seen(ctx, c.AccountID, c.DeviceID, hash)
	}
	return c, err
}

// signedIn returns the caller of a device.
func (s *Store) signedIn(ctx context.Context, account, device string) (Caller, error) {
	caller, err := db.Row[Caller](s.read(ctx), `SELECT d.account_id, d.id AS device_id, a.locale, a.region, a.time_zone
		FROM devices d JOIN accounts a ON a.id = d.account_id WHERE d.account_id = $1 AND d.id = $2`, account, device)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return Caller{}, refused()
	case err != nil:
		return Caller{}, fmt.Errorf("look a device up: %w", err)
	}
	return caller, nil
}

// seen records the first use of a token on a day, and revokes the token that it
// replaces.
func (s *Store) seen(ctx context.Context, account, device, hash string) error {
	return s.write(ctx, account, func(tx *Tx) error {
		return tx.q.Exec(`UPDATE devices SET last_seen_at = $1, token_hash = $2,
			next_token_hash = CASE WHEN next_token_hash = $2 THEN NULL ELSE next_token_hash END
			WHERE account_id = $3 AND id = $4 AND (token_hash = $2 OR next_token_hash = $2)`, T(tx.Now), hash, account, device)
	})
}

// NeedStepUp refuses what needs a sign-in of the last five minutes.
func (s *Store) NeedStepUp(caller Caller) error { return stepUp(caller, s.Now()) }

func stepUp(caller Caller, now time.Time) error {
	// One of a time to come was made before the clock was set back; a little ahead
	// is another process's clock.
	if now.Sub(caller.ConfirmedAt).Abs() < stepUpLife {
		return nil
	}
	return &Error{Code: CodeStepUpRequired, Detail: "confirm with the password or the recovery code at POST /v1/devices/current/confirm first"}
}

// Lives of credentials (contract, Accounts and devices).
const (
	tokenLife  = 180 * 24 * time.Hour
	stepUpLife = 5 * time.Minute
)
