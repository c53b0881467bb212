package models

import (
	"encoding/json"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// Time is an instant as it is stored and sent: UTC, whole milliseconds.
type Time = db.Time

// T is t in the precision in which times are stored.
func T(t time.Time) Time { return db.T(t) }

// SystemClock is the real time, in UTC.
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

// equalJSON compares two rows as they are stored and shown.
func equalJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// earliest is the earlier of two times, a zero one counting as none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
