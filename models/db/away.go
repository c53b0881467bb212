package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
)

// Away returns a Busy if the error says that the database, or a machine of it,
// cannot serve now: it is down, starting, failing over, read-only or full. That
// passes, or the operator has to fix it; it is no fault of the statement. Other
// errors are returned unchanged.
func Away(err error) error {
	var busy *Busy
	if err == nil || errors.As(err, &busy) || !isAway(err) {
		return err
	}
	return &Busy{"the database cannot serve at the moment; try again", err, true}
}

func isAway(err error) bool {
	var pg *pgconn.PgError
	var lite sqlite3.Error
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &connect):
		return true
	case errors.As(err, &pg):
		return slices.Contains(awayClasses, pg.Code[:min(2, len(pg.Code))]) || slices.Contains(awayStates, pg.Code)
	case errors.As(err, &lite):
		return slices.Contains(awayLite, lite.Code)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return false // the caller's own deadline or cancellation
	}
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, driver.ErrBadConn) || pgconn.SafeToRetry(err) // SafeToRetry: the connection had ended before anything was sent
}

// PostgreSQL's error codes (its manual, appendix A) by which it, a pooler or
// Citus says that a server is unavailable. Citus returns connection_failure for
// a worker that it cannot reach.
var (
	awayClasses = []string{
		"08", // connection exceptions
		"53", // insufficient resources: a full disk, no memory, too many connections
	}
	awayStates = []string{
		"57P01", // admin_shutdown
		"57P02", // crash_shutdown
		"57P03", // cannot_connect_now: starting, or recovering
		"25006", // read_only_sql_transaction: this is a standby now
	}
	awayLite = []sqlite3.ErrNo{sqlite3.ErrFull, sqlite3.ErrReadonly, sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrIoErr, sqlite3.ErrCantOpen}
)
