package models

import (
	"context"
	"fmt"
	"time"

	"aftercare/models/db"
)

// KeepAlive records on PostgreSQL that this process is alive, and ends the
// leases of processes that have not done so for the grace time, so that what
// they had claimed is due at once. It returns the number of those deliveries.
// No lease is longer than longest.
//
// A row is used rather than a session lock: a pooler in transaction mode gives
// each transaction another session. On SQLite there is one process, and Open
// ends the leases of an earlier one.
func (s *Store) KeepAlive(ctx context.Context, grace, longest time.Duration) (released int64, err error) {
	if !s.Postgres() {
		return 0, nil
	}
	err = s.writeAny(ctx, func(tx *Tx) error {
		released = 0 // this may run twice
		if err := tx.alive(s.worker); err != nil {
			return err
		}
		dead, err := db.Rows[string](tx.q, "DELETE FROM workers WHERE seen_at < $1 RETURNING id", T(tx.Now.Add(-grace)))
		for _, id := range dead {
			n, err := tx.q.ExecCount("UPDATE deliveries SET next_at = $1 WHERE next_at > $1 AND next_at <= $2 AND state = $3 AND lease LIKE $4",
				T(tx.Now), T(tx.Now.Add(longest)), DeliverySending, id+".%")
			if err != nil {
				return err
			}
			released += n
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("record that this process lives: %w", err)
	}
	return released, nil
}

// Beat writes a row, so that a tick with nothing else to write notices a
// database that takes no writes. On PostgreSQL it is the process's own row: a
// process that hangs in its transaction must not block the others.
func (s *Store) Beat(ctx context.Context) error {
	if !s.Postgres() {
		return coded(s.db.Note(ctx, "last_tick", s.Now().Format(time.RFC3339)))
	}
	return s.writeAny(ctx, func(tx *Tx) error { return tx.alive(s.worker) })
}

// alive records that a process is alive.
func (tx *Tx) alive(worker string) error {
	return tx.q.Exec("INSERT INTO workers (id, seen_at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at", worker, T(tx.Now))
}
