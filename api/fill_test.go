package api

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What a push reads without writing JSON again is what decode would read, of
// whatever is sent; and all that an app sends usually is read so.
func TestFilledIsDecoded(t *testing.T) {
	t.Run("rollers", filledIsDecoded[Roller])
	t.Run("sessions", filledIsDecoded[Session])
	t.Run("reports", filledIsDecoded[Report])
	t.Run("clinician events", filledIsDecoded[ClinicianEvent])
	t.Run("progress", filledIsDecoded[ProgressNote])
	for _, doc := range []object{course(neverCalm).report(1, hours(100), "a note"), course(healing).report(1, hours(1), "")} {
		doc["discharge"] = []any{"clear", "blood"}
		for field, value := range doc {
			if n, whole := value.(int); whole { // as JSON has it
				doc[field] = float64(n)
			}
		}
		if _, plain := filled[Report](doc); !plain {
			t.Errorf("%v is read by way of JSON", doc)
		}
	}
}

func filledIsDecoded[T any](t *testing.T) {
	names := []string{}
	for name := range pathsOf(typeOf[T]()) {
		names = append(names, name)
	}
	slices.Sort(names)
	read := 0
	agree := func(t interface{ Fatalf(string, ...any) }, doc object) {
		got, plain := filled[T](doc)
		if !plain {
			return
		}
		read++
		var want T
		if err := decode(doc, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("of %v filled reads %+v, decode %+v, %v", doc, got, want, err)
		}
	}
	values := []any{
		0.0, 3.0, 2.5, -1.0, 1e10, true, false, "", "no", "yes", "2026-11-25T09:00:00Z", "2026-11-25T09:00:00.123+05:30", "2026-11-25", nil,
		[]any{}, []any{"clear", "clear"}, []any{nil}, []any{"a", 1.0}, object{}, []any{object{"name": "x"}},
	}
	for _, name := range names {
		for _, value := range values {
			agree(t, object{name: value})
		}
	}
	value := rapid.OneOf(anyJSON(2), rapid.SampledFrom(values))
	rapid.Check(t, func(t *rapid.T) {
		agree(t, rapid.MapOfN(rapid.SampledFrom(names), value, 0, 4).Draw(t, "document"))
	})
	if read == 0 {
		t.Error("nothing was read without JSON")
	}
}
