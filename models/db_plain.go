package models

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/sethvargo/go-retry"
	"gorm.io/gorm"
)

// plain commits each request by itself, again after a deadlock.
type plain struct{ db *gorm.DB }

func (p plain) commit(ctx context.Context, fn func(db *gorm.DB) error) error {
	if ctx.Err() != nil {
		return notRun(ctx)
	}
	backoff := retry.WithMaxRetries(8, retry.WithJitterPercent(50, retry.NewExponential(2*time.Millisecond)))
	err := retry.Do(ctx, backoff, func(ctx context.Context) error {
		err := p.db.WithContext(ctx).Transaction(fn)
		if lostRace(err) {
			return retry.RetryableError(err)
		}
		return err
	})
	if lostRace(err) || errors.Is(err, context.DeadlineExceeded) {
		return overloaded("the write did not end in time; try again", err)
	}
	return err
}

// lostRace says that PostgreSQL undid the transaction only because of another
// one: serialization_failure and deadlock_detected.
func lostRace(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
