package db

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/sethvargo/go-retry"
	"gorm.io/gorm"
)

// plain commits each request in its own transaction and retries after a
// deadlock.
type plain struct {
	db    *gorm.DB
	q     newQ
	limit func() time.Duration
}

func (p plain) commit(ctx context.Context, _ string, fn func(q Q) error) error {
	if ctx.Err() != nil {
		return notRun(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, p.limit())
	defer cancel()
	backoff := retry.WithMaxRetries(8, retry.WithJitterPercent(50, retry.NewExponential(2*time.Millisecond)))
	err := retry.Do(ctx, backoff, func(ctx context.Context) error {
		err := p.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error { return fn(p.q(ctx, tx.Statement.ConnPool)) })
		if lostRace(err) {
			return retry.RetryableError(err)
		}
		return err
	})
	switch {
	case lostRace(err):
		return &Busy{Detail: "the write did not end in time; try again", Cause: err}
	case errors.Is(err, context.DeadlineExceeded):
		// A server that is frozen looks like one that is slow.
		return &Busy{"the write did not end in time; try again", err, true}
	}
	return Away(err)
}

// lostRace reports whether PostgreSQL aborted the transaction only because of
// another one: serialization_failure or deadlock_detected.
func lostRace(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
