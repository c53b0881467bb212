package db

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
)

// The outcomes of a write, and the kinds of errors that a database reports.
// They are what an operator watches, and labels of metrics.
var (
	Outcomes   = []string{outcomeStored, outcomeRefused, outcomeOverloaded, outcomeAway, outcomeFailed}
	ErrorKinds = []string{kindFull, kindReadOnly, kindLocked, kindDisk, kindUnreachable, kindTimeout, kindOther}
)

const (
	outcomeStored     = "stored"     // it is on disk
	outcomeRefused    = "refused"    // by a rule of ours: nothing was wrong with the database
	outcomeOverloaded = "overloaded" // it did not get its turn
	outcomeAway       = "away"       // the database cannot serve
	outcomeFailed     = "failed"     // a fault of ours

	kindFull        = "full"
	kindReadOnly    = "read_only"
	kindLocked      = "locked"
	kindDisk        = "disk"
	kindUnreachable = "unreachable"
	kindTimeout     = "timeout"
	kindOther       = "other"
)

// health counts what became of writes and statements.
type health struct {
	writes [5]atomic.Int64 // in the order of Outcomes
	errors [7]atomic.Int64 // in the order of ErrorKinds
	// stored and away are the numbers of the last write that was stored and of
	// the last one that found the database away.
	count, stored, away atomic.Int64
}

// wrote counts the outcome of a write.
func (h *health) wrote(err error) {
	outcome := outcomeOf(err)
	if outcome == outcomeAway || outcome == outcomeFailed {
		h.failed(err)
	}
	h.writes[slices.Index(Outcomes, outcome)].Add(1)
	n := h.count.Add(1)
	switch outcome {
	case outcomeStored:
		h.stored.Store(n)
	case outcomeAway:
		h.away.Store(n)
	}
}

func outcomeOf(err error) string {
	var busy *Busy
	switch {
	case err == nil:
		return outcomeStored
	case errors.As(err, &busy) && busy.away:
		return outcomeAway
	case errors.As(err, &busy), errors.Is(err, context.Canceled):
		return outcomeOverloaded
	case errors.Is(err, errPanic), kindOf(err) != "":
		return outcomeFailed
	}
	return outcomeRefused
}

// failed counts the error of a read, or of a whole write.
func (h *health) failed(err error) {
	if kind := kindOf(err); kind != "" && !errors.Is(err, context.Canceled) {
		h.errors[slices.Index(ErrorKinds, kind)].Add(1)
	}
}

// kindOf returns the kind of a database's error, "" for any other.
func kindOf(err error) string {
	var pg *pgconn.PgError
	var lite sqlite3.Error
	switch {
	case errors.As(err, &pg):
		return kindOfPostgres(pg.Code)
	case errors.As(err, &lite):
		if kind := liteKinds[lite.Code]; kind != "" {
			return kind
		}
		return kindOther
	case errors.Is(err, context.DeadlineExceeded):
		return kindTimeout
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return kindFull
	case errors.Is(err, syscall.EROFS):
		return kindReadOnly
	case isAway(err):
		return kindUnreachable
	}
	return ""
}

var liteKinds = map[sqlite3.ErrNo]string{
	sqlite3.ErrFull: kindFull, sqlite3.ErrReadonly: kindReadOnly, sqlite3.ErrBusy: kindLocked, sqlite3.ErrLocked: kindLocked,
	sqlite3.ErrIoErr: kindDisk, sqlite3.ErrCorrupt: kindDisk, sqlite3.ErrNotADB: kindDisk, sqlite3.ErrCantOpen: kindUnreachable,
}

func kindOfPostgres(code string) string {
	switch {
	case strings.HasPrefix(code, "40"), code == "55P03": // another transaction was in the way
		return kindLocked
	case code == "53100":
		return kindFull
	case code == "25006":
		return kindReadOnly
	case slices.Contains(awayClasses, code[:min(2, len(code))]) || slices.Contains(awayStates, code):
		return kindUnreachable
	}
	return kindOther
}

// TakesNoWrites reports whether the last write that reached the database found
// it away.
func (s *Store) TakesNoWrites() bool { return s.health.away.Load() > s.health.stored.Load() }

// Writes returns how many writes had each of the Outcomes.
func (s *Store) Writes() map[string]int64 { return counted(Outcomes, s.health.writes[:]) }

// Errors returns how many errors of each of the ErrorKinds there were.
func (s *Store) Errors() map[string]int64 { return counted(ErrorKinds, s.health.errors[:]) }

func counted(names []string, counts []atomic.Int64) map[string]int64 {
	out := map[string]int64{}
	for i, name := range names {
		out[name] = counts[i].Load()
	}
	return out
}

// Note stores a value under a name, in the place of the one before.
func (s *Store) Note(ctx context.Context, name, value string) error {
	return s.WriteAny(ctx, func(tx *Tx) error {
		return tx.Q.Exec("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	})
}
