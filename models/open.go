package models

import (
	"context"
	"errors"
	"fmt"

	"aftercare/models/db"
)

// Open connects to the database, creating and migrating it as needed. A
// database of a newer version, or a SQLite file that another process has
// open, is refused.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := openWith(ctx, o, db.Open)
	if err != nil {
		return s, err
	}
	if err := s.beginKnowledge(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.Postgres() {
		return s, nil
	}
	if err := s.releaseClaims(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Inspect opens a database as it is, even while a server uses it: it takes no
// lock, migrates nothing and claims nothing. Operators use it for Stuck and
// Requeue.
func Inspect(ctx context.Context, o Options) (*Store, error) { return openWith(ctx, o, db.Inspect) }

func openWith(ctx context.Context, o Options, open func(context.Context, Options) (*db.Store, error)) (*Store, error) {
	s := &Store{opts: o.WithDefaults(), worker: NewID()}
	s.opts.Wrote = s.watchers.wake
	var err error
	if s.db, err = open(ctx, s.opts); err != nil {
		return nil, err
	}
	return s, nil
}

// UnknownZones counts the accounts by time zones that this program does not
// know: they are treated as UTC. It reads all accounts.
func (s *Store) UnknownZones(ctx context.Context) (map[string]int64, error) {
	found, err := db.Rows[struct {
		TimeZone string
		N        int64
	}](s.read(ctx), "SELECT time_zone, COUNT(*) AS n FROM accounts GROUP BY time_zone")
	if err != nil {
		return nil, fmt.Errorf("look for strange zones: %w", err)
	}
	out := map[string]int64{}
	for _, f := range found {
		if _, err := zoneOf(f.TimeZone); err != nil {
			out[f.TimeZone] = f.N
		}
	}
	return out, nil
}

// releaseClaims ends the leases of an earlier process, so that what it was
// sending is due at once. Only on SQLite: no other process can hold a lease there.
func (s *Store) releaseClaims(ctx context.Context) error {
	err := s.writeAny(ctx, func(tx *Tx) error {
		return tx.q.Exec("UPDATE deliveries SET next_at = $1 WHERE next_at IS NOT NULL AND state = $2", T(tx.Now), DeliverySending)
	})
	if err != nil {
		return fmt.Errorf("release the claims of an earlier process: %w", err)
	}
	return nil
}
