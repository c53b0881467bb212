package db

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"aftercare/models/storetest"
)

// instants that RFC 3339 can write, in any zone and to the nanosecond.
var instants = rapid.Custom(func(t *rapid.T) time.Time {
	ms := rapid.Int64Range(time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC).UnixMilli(), time.Date(9999, 12, 30, 0, 0, 0, 0, time.UTC).UnixMilli()).Draw(t, "ms")
	zone := time.FixedZone("", rapid.IntRange(-23*60, 23*60).Draw(t, "offset")*60)
	return time.UnixMilli(ms).Add(time.Duration(rapid.IntRange(0, 999_999).Draw(t, "ns"))).In(zone)
})

func TestTimeIsStoredAsTheSameInstant(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := openProbe(t, database)
		var id int64
		rapid.Check(t, func(rt *rapid.T) {
			id++
			at := T(instants.Draw(rt, "at"))
			if rapid.Bool().Draw(rt, "zero") {
				at = Time{}
			}
			type stored struct {
				ID int64
				At Time
			}
			err := s.WriteAny(context.Background(), func(tx *Tx) error {
				return run(tx.Q, "INSERT INTO times (id, at) VALUES ($1, $2)", id, at)
			})
			if err != nil {
				rt.Fatal(err)
			}
			got := query[stored](t, s, "SELECT * FROM times WHERE id = $1", id)
			if got.At != at {
				rt.Fatalf("stored %v, read %v", at, got.At)
			}
			null := query[bool](t, s, "SELECT at IS NULL FROM times WHERE id = $1", id)
			if null != at.IsZero() {
				rt.Fatalf("%v: NULL is %v", at, null)
			}
		})
	})
}

func TestTimeKeepsOrderInStorage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := T(instants.Draw(t, "a")), T(instants.Draw(t, "b"))
		va, errA := a.Value()
		vb, errB := b.Value()
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if a.Before(b.Time) != (va.(int64) < vb.(int64)) {
			t.Fatalf("%v and %v are ordered otherwise as %v and %v", a, b, va, vb)
		}
	})
}

func TestTimeInJSON(t *testing.T) {
	for sent, want := range map[string]string{
		`"2026-03-01T09:30:00+01:00"`:        `"2026-03-01T08:30:00Z"`,
		`"2026-03-01T09:30:00.25Z"`:          `"2026-03-01T09:30:00.25Z"`,
		`"2026-03-01T09:30:00.123987-11:30"`: `"2026-03-01T21:00:00.123Z"`,
		`"1969-12-31T23:59:59.9999Z"`:        `"1969-12-31T23:59:59.999Z"`,
		`null`:                               `null`,
	} {
		var at Time
		if err := json.Unmarshal([]byte(sent), &at); err != nil {
			t.Errorf("%s: %v", sent, err)
			continue
		}
		if got, err := json.Marshal(at); err != nil || string(got) != want {
			t.Errorf("%s came back as %s (%v), want %s", sent, got, err, want)
		}
	}
}

func TestTimeRefused(t *testing.T) {
	for _, sent := range []string{
		`"2026-03-01"`, `"2026-03-01T09:30:00"`, `""`, `1772357400000`, `{}`, `"yesterday"`,
		`"2026-02-30T00:00:00Z"`, `"2026-03-01T24:00:00Z"`, `"2026-03-01T09:30:00+25:00"`,
		`"0001-01-01T00:00:00Z"`, `"0001-01-01T00:00:00.0001Z"`, `"0000-06-01T00:00:00Z"`, `"9999-12-31T23:59:59-01:00"`,
	} {
		at := Time{probeNow}
		if err := json.Unmarshal([]byte(sent), &at); !errors.Is(err, ErrTime) {
			t.Errorf("%s was taken as %v (%v)", sent, at, err)
		}
		if at.Time != probeNow {
			t.Errorf("%s was refused and changed the value to %v", sent, at)
		}
	}
}

// A zero time must not be sent where the field says omitzero, and be null
// where it does not.
func TestZeroTimeInJSON(t *testing.T) {
	var v struct {
		Kept    Time `json:"kept"`
		Omitted Time `json:"omitted,omitzero"`
	}
	if got, err := json.Marshal(v); err != nil || string(got) != `{"kept":null}` {
		t.Fatalf("%s %v", got, err)
	}
}

func TestScanRefusesText(t *testing.T) {
	at := Time{probeNow}
	if err := at.Scan("2026-03-01 09:30:00"); err == nil || at.Time != probeNow {
		t.Fatalf("text was read as a time: %v %v", at, err)
	}
}

func FuzzTimeJSON(f *testing.F) {
	for _, seed := range []string{`"2026-03-01T09:30:00+01:00"`, `null`, `"0001-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999999-23:59"`, `"`, `"2026-03-01T09:30:60Z"`, `"\u0032026-03-01T09:30:00Z"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var at, again Time
		if json.Unmarshal(data, &at) != nil {
			return
		}
		sent, err := json.Marshal(at)
		if err != nil {
			t.Fatalf("%q was accepted and cannot be sent: %v", data, err)
		}
		if err := json.Unmarshal(sent, &again); err != nil || again != at {
			t.Fatalf("%q became %s and then %v (%v)", data, sent, again, err)
		}
		stored, err := at.Value()
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Scan(stored); err != nil || again != at {
			t.Fatalf("%q is stored as %v and read as %v (%v)", data, stored, again, err)
		}
	})
}
