package models

import (
	"encoding/json"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// Time is an instant as it is stored and sent: UTC, whole milliseconds.
type Time = db.Time

// T returns t in the precision in which times are stored.
func T(t time.Time) Time { return db.T(t) }

// SystemClock returns the real time in UTC.
func SystemClock() time.Time { return db.SystemClock() }

func deref[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

func optionalDate(s string) (care.Date, error) {
	if s == "" {
		return care.Date{}, nil
	}
	return care.ParseDate(s)
}

// equalJSON reports whether two rows are equal as stored and shown.
func equalJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// earliest returns the earlier of two times; a zero time counts as none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
