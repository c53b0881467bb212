package models

import (
	"fmt"
	"strings"
	"time"

	"aftercare/models/db"
)

// Bounds of what an account holds (contract, Service): without them one
// person's history slows everybody's judging.
const (
	MaxReportsADay  = 40
	MaxSessionsADay = 10
	MaxRollers      = 200
	MaxRows         = 50_000
)

// overBounds returns what would be too much of if next, the successor of old
// (nil: none), were stored; "" if nothing is. What was there before stays: only
// a new row counts, or one that moves to another day of its own time.
//
// A request is refused with the answer. A sync keeps the row, flags it, and
// leaves it out of judging.
func overBounds[R any, P writable[R]](tx *Tx, old *R, next P) (too string, err error) {
	table, living := db.TableOf[R](), old != nil && !P(old).base().deleted()
	day := next.orderTime().Truncate(24 * time.Hour)
	daily := map[string]int64{"reports": MaxReportsADay, "sessions": MaxSessionsADay}[table]
	written := tx.tx.LastSeq() % (1 << 32) // a restore raises it by that
	switch {
	case written < daily: // as every new account: there is nothing to count yet
	case daily > 0 && !(living && P(old).orderTime().Truncate(24*time.Hour).Equal(day)):
		column := next.orderColumn()
		n, err := db.Row[int64](tx.q, "SELECT COUNT(*) FROM "+table+" WHERE account_id = $1 AND "+column+" >= $2 AND "+column+" < $3 AND deleted_at IS NULL AND id <> $4",
			tx.Account, T(day), T(day.Add(24*time.Hour)), next.base().ID)
		if err != nil || n >= daily {
			return fmt.Sprintf("at most %d %s for one day of their own time", daily, table), err
		}
	case table == "rollers" && !living:
		n, err := db.Row[int64](tx.q, "SELECT COUNT(*) FROM rollers WHERE account_id = $1 AND deleted_at IS NULL", tx.Account)
		if err != nil || n >= MaxRollers {
			return fmt.Sprintf("at most %d rollers", MaxRollers), err
		}
	}
	if old != nil || written < MaxRows {
		return "", nil
	}
	n, err := tx.rows()
	if err != nil || n >= MaxRows {
		return fmt.Sprintf("at most %d rows in all", MaxRows), err
	}
	return "", nil
}

// rows returns how many rows the account holds.
func (tx *Tx) rows() (int64, error) {
	var sums []string
	for _, table := range filled {
		sums = append(sums, "(SELECT COUNT(*) FROM "+table+" WHERE account_id = $1)")
	}
	n, err := db.Row[int64](tx.q, "SELECT "+strings.Join(sums, " + "), tx.Account)
	if err != nil {
		return 0, fmt.Errorf("count the rows of an account: %w", err)
	}
	return n, nil
}

// filled are the tables that grow with what a person enters.
var filled = []string{"rollers", "sessions", "reports", "progress", "clinician_events", "episodes", "warnings", "reminders"}
