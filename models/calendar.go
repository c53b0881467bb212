package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// Calendar is the secret address of a calendar subscription. An account has at
// most one.
type Calendar struct {
	AccountID  string `gorm:"primaryKey"`
	SecretHash string
	CreatedAt  Time `gorm:"autoCreateTime:false"`
}

// TableName returns the table of the addresses.
func (Calendar) TableName() string { return "calendars" }

// CalendarDate is one date: its kind and its time. It says nothing about health
// (P7).
type CalendarDate struct {
	ID        string
	Kind      care.Kind
	At        time.Time // in the person's zone
	UpdatedAt time.Time
}

// CalendarFeed is the content of a calendar subscription.
type CalendarFeed struct {
	Language string
	Zone     *time.Location
	Dates    []CalendarDate
}

// How far back a calendar reaches, and how far ahead.
const (
	calendarBack  = 60 * 24 * time.Hour
	calendarAhead = 400 * 24 * time.Hour
)

// NewCalendar makes an address and revokes the previous one. The secret is
// shown once.
func (s *Store) NewCalendar(ctx context.Context, caller Caller) (secret string, err error) {
	if secret, err = newLink(caller.AccountID); err != nil {
		return "", err
	}
	err = s.write(ctx, caller.AccountID, func(tx *Tx) error {
		c := Calendar{AccountID: tx.Account, SecretHash: hashSecret(secret), CreatedAt: T(tx.Now)}
		if err := tx.q.Put(&c); err != nil {
			return fmt.Errorf("store a calendar address: %w", err)
		}
		return tx.audit("calendar_made", caller.DeviceID)
	})
	return secret, err
}

// DeleteCalendar revokes the address, if there is one.
func (s *Store) DeleteCalendar(ctx context.Context, caller Caller) error {
	return s.write(ctx, caller.AccountID, func(tx *Tx) error {
		n, err := tx.q.ExecCount("DELETE FROM calendars WHERE account_id = $1", tx.Account)
		if err != nil || n == 0 {
			return err
		}
		return tx.audit("calendar_ended", caller.DeviceID)
	})
}

// CalendarOf returns the dates of an address: check-ins, care of the roller, and
// the end of the rest, unless its go-ahead is held or never came (RS-03, RS-05 to
// RS-07, RS-14): a calendar must not say what a push may not.
func (s *Store) CalendarOf(ctx context.Context, secret string) (CalendarFeed, error) {
	account, err := accountOfLink(secret)
	if err != nil {
		return CalendarFeed{}, err
	}
	q := s.read(ctx)
	a, err := db.Row[Account](q, "SELECT id, locale, time_zone FROM accounts WHERE id = $1 AND EXISTS (SELECT 1 FROM calendars WHERE account_id = $1 AND secret_hash = $2)",
		account, hashSecret(secret))
	if errors.Is(err, db.ErrNoRow) {
		return CalendarFeed{}, NotFound()
	}
	if err != nil {
		return CalendarFeed{}, err
	}
	feed := CalendarFeed{Language: a.Locale, Zone: a.zone()}
	args := db.Args{account, T(s.Now().Add(-calendarBack)), T(s.Now().Add(calendarAhead)), StateCancelled, care.KindRestOver, StateHeld, StateExpired}
	rows, err := db.Rows[Reminder](q, `SELECT id, kind, due_at, updated_at FROM reminders WHERE account_id = $1 AND deleted_at IS NULL
		AND due_at >= $2 AND due_at < $3 AND state <> $4 AND NOT (kind = $5 AND state IN ($6, $7)) AND kind IN `+db.In(&args, care.KindCheckIn, care.KindRestOver, care.KindRollerCare)+" ORDER BY due_at, id", args...)
	for _, r := range rows {
		feed.Dates = append(feed.Dates, CalendarDate{r.ID, r.Kind, r.DueAt.In(feed.Zone), r.UpdatedAt.Time})
	}
	return feed, err
}
