package db

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// Time is an instant as it is stored and sent: UTC, whole milliseconds. The
// column is a BIGINT of Unix milliseconds, because times stored as text with
// mixed offsets compare wrongly; the zero Time is NULL there and null in JSON.
type Time struct{ time.Time }

// T returns t in the precision in which times are stored.
func T(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Millisecond)}
}

// GormDataType returns the column type for GORM.
func (Time) GormDataType() string { return "bigint" }

// Value returns Unix milliseconds, or NULL for the zero Time.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil
	}
	return t.UnixMilli(), nil
}

// Scan reads what Value returned.
func (t *Time) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = Time{}
	case int64:
		*t = T(time.UnixMilli(v))
	default:
		return fmt.Errorf("scan time: want Unix milliseconds, got a %T", src)
	}
	return nil
}

// MarshalText returns RFC 3339 in UTC; the zero Time is empty.
func (t Time) MarshalText() ([]byte, error) { return t.appendText([]byte{}) }

// appendText appends RFC 3339 without trailing zeros in the fraction, so that an
// instant is echoed in the precision in which it was sent.
func (t Time) appendText(b []byte) ([]byte, error) {
	if t.IsZero() {
		return b, nil
	}
	u := T(t.Time)
	if err := u.check(); err != nil {
		return nil, err
	}
	return u.AppendFormat(b, time.RFC3339Nano), nil
}

// UnmarshalText parses RFC 3339 with any offset.
func (t *Time) UnmarshalText(text []byte) error {
	var sent time.Time
	if err := sent.UnmarshalText(text); err != nil {
		return ErrTime
	}
	if err := (Time{sent.UTC()}).check(); err != nil {
		return err
	}
	*t = T(sent)
	return nil
}

// MarshalJSON returns RFC 3339 in UTC as a string, or null for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) { return t.AppendJSON(nil) }

// AppendJSON appends what MarshalJSON returns.
func (t Time) AppendJSON(b []byte) ([]byte, error) {
	if t.IsZero() {
		return append(b, "null"...), nil
	}
	b, err := t.appendText(append(b, '"'))
	return append(b, '"'), err
}

// UnmarshalJSON parses an RFC 3339 string with any offset; null is zero.
func (t *Time) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*t = Time{}
		return nil
	}
	if len(data) < 2 || data[0] != '"' || data[len(data)-1] != '"' {
		return ErrTime
	}
	return t.UnmarshalText(data[1 : len(data)-1])
}

// ErrTime refuses a text that is not a time.
var ErrTime = errors.New("a time is written as in RFC 3339, with its offset: 2026-03-01T09:30:00+01:00")

// check returns an error for years that RFC 3339 cannot express or that would
// be read back as the zero Time.
func (t Time) check() error {
	if y := t.UTC().Year(); y < 1 || y > 9999 || T(t.Time).IsZero() {
		return ErrTime
	}
	return nil
}

// SystemClock returns the real time in UTC. It is the only place in the program
// that reads the machine's clock; everything else is passed a clock, so that
// tests choose the time.
func SystemClock() time.Time { return time.Now().UTC() }

// MaxTime is later than every stored time.
var MaxTime = Time{time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}
