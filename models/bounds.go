package models

import (
	"fmt"
	"slices"
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

// overBounds returns which bound would be exceeded if next, the successor of
// old (nil: none), were stored; "" if none. Existing rows are never refused:
// only a new row counts, or one that moves to another day of its own time.
//
// A request is refused with the result. A sync keeps the row, flags it, and
// leaves it out of judging.
func overBounds[R any, P writable[R]](tx *Tx, old *R, next P) (too string, err error) {
	table, counted := db.TableOf[R](), old != nil && !P(old).base().deleted() && !P(old).entry().tooMany()
	day, daily := dayOf(table, next), dailyBounds[table]
	written := tx.tx.LastSeq()%db.Epoch + tx.added[sizeOf{}] // a restore raises it by that
	switch {
	case written < daily: // as every new account: there is nothing to count yet
	case daily > 0 && !(counted && dayOf(table, P(old)).Equal(day)):
		column := next.orderColumn()
		n, known := tx.ofDays[sizeOf{table, day.Unix()}]
		if !known || old != nil && !P(old).base().deleted() {
			n, err = tx.rowsOfDay(table, column, day, daily-tx.added[sizeOf{table, day.Unix()}], next.base().ID)
		}
		if err != nil || n+tx.added[sizeOf{table, day.Unix()}] >= daily {
			return fmt.Sprintf("at most %d %s for one day of their own time", daily, table), err
		}
	case table == "rollers" && !counted:
		n, err := db.Row[int64](tx.q, "SELECT COUNT(*) FROM rollers WHERE account_id = $1 AND deleted_at IS NULL AND id <> $2", tx.Account, next.base().ID)
		if err != nil || n+tx.added[sizeOf{table, day.Unix()}] >= MaxRollers {
			return fmt.Sprintf("at most %d rollers", MaxRollers), err
		}
	}
	if old != nil && !P(old).entry().tooMany() || written < MaxRows {
		return "", nil
	}
	n, err := tx.rows()
	if n += tx.added[sizeOf{}]; old != nil {
		n-- // itself
	}
	if err != nil || n >= MaxRows {
		return fmt.Sprintf("at most %d rows in all", MaxRows), err
	}
	return "", nil
}

// rowsOfDay counts the living rows of a day, except one. A result below most
// may be too high: it comes from an index alone.
func (tx *Tx) rowsOfDay(table, column string, day time.Time, most int64, but string) (int64, error) {
	count, args := "SELECT COUNT(*) FROM "+table+" WHERE account_id = $1 AND "+column+" >= $2 AND "+column+" < $3", []any{tx.Account, T(day), T(day.Add(24 * time.Hour))}
	n, err := db.Row[int64](tx.q, count, args...)
	if err != nil || n < most {
		return n, err
	}
	return db.Row[int64](tx.q, count+" AND deleted_at IS NULL AND id <> $4", append(args, but)...)
}

// dailyBounds limits the rows of one day of their own time, by table.
var dailyBounds = map[string]int64{"reports": MaxReportsADay, "sessions": MaxSessionsADay}

// dayOf returns the day for which a row counts; zero for tables without a daily
// bound.
func dayOf(table string, row interface{ orderTime() Time }) time.Time {
	if dailyBounds[table] == 0 {
		return time.Time{}
	}
	return row.orderTime().Truncate(24 * time.Hour)
}

// count records that a push replaces one row with another, nil for none: until
// it is judged, the tables show nothing of it.
func (s sizes) count(old, next interface {
	base() *Base
	orderTime() Time
}, table string) {
	if old == nil {
		s[sizeOf{}]++
	} else if !old.base().deleted() {
		s[sizeOf{table, dayOf(table, old).Unix()}]--
	}
	if !next.base().deleted() {
		s[sizeOf{table, dayOf(table, next).Unix()}]++
	}
}

// flagTooMany marks a row beyond a bound; leaveOut excludes it from judging.
const flagTooMany = "too_many"

func (e *Entry) tooMany() bool { return slices.Contains(e.Flags, flagTooMany) }

func (e *Entry) flagTooMany() { e.Flags = append(e.Flags, flagTooMany) }

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

// filled lists the tables that grow with what a person enters.
var filled = []string{"rollers", "sessions", "reports", "progress", "clinician_events", "episodes", "warnings", "reminders"}
