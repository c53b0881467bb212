package models

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/sethvargo/go-retry"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// postgresConns is the pool of one process: ten of them fit beside each other
// under PostgreSQL's default limit of 100 with room for an operator.
const postgresConns = 9

func openPostgres(ctx context.Context, o Options, migrations fs.FS) (s *Store, err error) {
	s = &Store{opts: o}
	if s.pool, err = gorm.Open(postgres.Open(o.Database), gormConfig(s.Now)); err != nil {
		return nil, openErr("PostgreSQL", err)
	}
	pool, err := s.pool.DB()
	if err != nil {
		return nil, openErr("PostgreSQL", err)
	}
	pool.SetMaxOpenConns(postgresConns)
	pool.SetMaxIdleConns(postgresConns)
	s.release = []func() error{pool.Close}
	s.commits = plain{s.pool}
	if err := migratePostgres(ctx, o, pool, migrations); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

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
