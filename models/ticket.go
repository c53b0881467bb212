package models

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"aftercare/models/db"
)

// ticketLife is how long a ticket opens a stream (contract, Sync for offline
// phones).
const ticketLife = time.Minute

// NewTicket returns a secret that authenticates the caller once: it is used in
// a URL, where a token must not appear.
func (s *Store) NewTicket(ctx context.Context, caller Caller) (string, error) {
	ticket := newToken(caller.AccountID)
	err := s.db.WriteFor(ctx, caller.AccountID, func(tx *db.Tx) error {
		return tx.Q.Exec("INSERT INTO tickets (account_id, ticket_hash, device_id, expires_at) VALUES ($1, $2, $3, $4)",
			caller.AccountID, hashSecret(ticket), caller.DeviceID, T(tx.Now.Add(ticketLife)))
	})
	if err != nil {
		return "", fmt.Errorf("store a ticket: %w", coded(err))
	}
	return ticket, nil
}

// UseTicket consumes a ticket and returns its caller.
func (s *Store) UseTicket(ctx context.Context, ticket string) (Caller, error) {
	account, _, _ := strings.Cut(ticket, ".")
	var device string
	err := s.db.WriteFor(ctx, account, func(tx *db.Tx) (err error) {
		device, err = db.Row[string](tx.Q, "DELETE FROM tickets WHERE account_id = $1 AND ticket_hash = $2 AND expires_at > $3 RETURNING device_id",
			account, hashSecret(ticket), T(tx.Now))
		return err
	})
	switch {
	case errors.Is(err, db.ErrNoRow):
		return Caller{}, refused()
	case err != nil:
		return Caller{}, fmt.Errorf("use a ticket: %w", coded(err))
	}
	return s.signedIn(ctx, account, device)
}

// StillSignedIn returns an error unless the device may still read the account.
func (s *Store) StillSignedIn(ctx context.Context, caller Caller) error {
	_, err := s.signedIn(ctx, caller.AccountID, caller.DeviceID)
	return err
}
