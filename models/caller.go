package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Caller is who a bearer token stands for.
type Caller struct {
	AccountID   string
	DeviceID    string
	Locale      string
	Region      string
	ConfirmedAt time.Time // last sign-in by password or recovery code
}

// Secrets are shown once.
type Secrets struct {
	Token        string
	RecoveryCode string // "" where none was made
}

// Authenticate answers whom a bearer token stands for. A renewed token's
// first use ends the old one.
func (s *Store) Authenticate(ctx context.Context, token string) (Caller, error) {
	hash, now := hashSecret(token), s.Now()
	var c Caller
	var next sql.NullString
	var confirmed, seen Time
	err := selectRow(s.read(ctx), `SELECT d.account_id, d.id, a.locale, a.region, d.next_token_hash, d.confirmed_at, d.last_seen_at
		FROM devices d JOIN accounts a ON a.id = d.account_id WHERE d.token_hash = $1 OR d.next_token_hash = $1`, []any{hash},
		&c.AccountID, &c.DeviceID, &c.Locale, &c.Region, &next, &confirmed, &seen)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Caller{}, refused()
	case err != nil:
		return Caller{}, fmt.Errorf("look a token up: %w", err)
	case now.Sub(seen.Time) > tokenLife:
		return Caller{}, refused()
	}
	c.ConfirmedAt = confirmed.Time
	if next.String == hash || now.Sub(seen.Time) > 24*time.Hour {
		err = s.seen(ctx, c.AccountID, c.DeviceID, hash)
	}
	return c, err
}

// seen notes a day's first use of a token, and ends the one it replaces.
func (s *Store) seen(ctx context.Context, account, device, hash string) error {
	return s.write(ctx, account, func(tx *Tx) error {
		return tx.Exec(`UPDATE devices SET last_seen_at = ?, token_hash = ?,
			next_token_hash = CASE WHEN next_token_hash = ? THEN NULL ELSE next_token_hash END
			WHERE account_id = ? AND id = ? AND (token_hash = ? OR next_token_hash = ?)`,
			T(tx.Now), hash, hash, account, device, hash, hash).Error
	})
}

// NeedStepUp refuses what needs a sign-in less than five minutes old.
func (s *Store) NeedStepUp(caller Caller) error { return stepUp(caller, s.Now()) }

func stepUp(caller Caller, now time.Time) error {
	if now.Sub(caller.ConfirmedAt) < stepUpLife {
		return nil
	}
	return &Error{Code: CodeStepUpRequired, Detail: "confirm with the password or the recovery code at POST /v1/devices/current/confirm first"}
}

// Lives of credentials (contract, Accounts and devices).
const (
	tokenLife  = 180 * 24 * time.Hour
	stepUpLife = 5 * time.Minute
)
