package models

import (
	"context"
	"errors"
	"fmt"

	"aftercare/models/migrations"
)

// Open connects to the database, creating and migrating it as needed. A
// database of a newer version, or a SQLite file that another process has
// open, is refused.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.postgres() {
		return openPostgres(ctx, o.withDefaults(), migrations.Postgres())
	}
	s, err := openSQLite(ctx, o.withDefaults(), migrations.SQLite())
	if err != nil {
		return nil, err
	}
	if err := s.releaseClaims(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// releaseClaims lets what was being sent when the process ended be claimed at
// once. On SQLite alone: there no other process can hold a lease.
func (s *Store) releaseClaims(ctx context.Context) error {
	err := s.writeAny(ctx, func(tx *Tx) error {
		return tx.Exec("UPDATE deliveries SET next_at = ? WHERE next_at IS NOT NULL AND state = ?", T(tx.Now), DeliverySending).Error
	})
	if err != nil {
		return fmt.Errorf("release the claims of an earlier process: %w", err)
	}
	return nil
}
