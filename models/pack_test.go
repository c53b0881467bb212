package models

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"aftercare/models/care"
)

// draw fills every field that is packed.
func draw(t *rapid.T, v reflect.Value) {
	switch {
	case v.Type() == timeType:
		if rapid.Bool().Draw(t, "has a time") {
			v.Set(reflect.ValueOf(time.UnixMilli(rapid.Int64Range(-1<<45, 1<<45).Draw(t, "ms")).UTC()))
		}
		return
	case v.Kind() == reflect.Pointer:
		if rapid.Bool().Draw(t, "is set") {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem())
		}
		return
	case v.Kind() == reflect.Slice:
		if n := rapid.IntRange(-1, 3).Draw(t, "length"); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				draw(t, v.Index(i))
			}
		}
		return
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("gorm") != "-" {
				draw(t, v.Field(i))
			}
		}
		return
	}
	drawPlain(t, v)
}

func drawPlain(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(rapid.Int8().Draw(t, "int")))
	case reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint"))
	case reflect.Float64:
		v.SetFloat(rapid.Float64Range(-100, 100).Draw(t, "float"))
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.Just(""), rapid.Just("a word"), rapid.String(), rapid.Just(NewID())).Draw(t, "string"))
	default:
		t.Fatalf("no value for a %s", v.Type())
	}
}

func TestPackedIsUnpackedAsItWas(t *testing.T) {
	u := new(unpacker) // one, whose memory is used again
	rapid.Check(t, func(t *rapid.T) {
		var in, out kept
		draw(t, reflect.ValueOf(&in).Elem())
		packed := pack(nil, &in)
		if err := unpack(u, packed, &out); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(in, out); diff != "" {
			t.Fatalf("packed (-) and unpacked (+):\n%s", diff)
		}
		if !packsAlike(&in, &out) {
			t.Fatal("a value and its copy do not pack alike")
		}
		if !bytes.Equal(packed, pack(nil, &out)) {
			t.Fatal("packing again gives other bytes")
		}
		out.Sessions, out.Anchors = append(out.Sessions, keptSession{Mark: 1}), append(out.Anchors, "another")
		out.Reminders = append(out.Reminders, &Reminder{})
		u.free()
	})
}

func TestValuesPackAlikeWhoseBytesAreTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a, b Reminder
		draw(t, reflect.ValueOf(&a).Elem())
		if b = a; rapid.Bool().Draw(t, "differs") {
			v := reflect.ValueOf(&b).Elem()
			draw(t, v.Field(rapid.IntRange(0, v.NumField()-3).Draw(t, "field")))
		}
		if got, want := packsAlike(&a, &b), bytes.Equal(pack(nil, &a), pack(nil, &b)); got != want {
			t.Errorf("packs alike: %t, of the same bytes: %t\n%s", got, want, cmp.Diff(a, b))
		}
	})
}

func TestTypesThatArePackedInOtherWaysHaveOtherHashes(t *testing.T) {
	type inner struct{ At time.Time }
	type other struct{ At Time }
	seen := map[uint64]string{}
	for _, t1 := range []reflect.Type{
		reflect.TypeFor[struct{ A int }](), reflect.TypeFor[struct{ B int }](), reflect.TypeFor[struct{ A string }](),
		reflect.TypeFor[struct{ A []string }](), reflect.TypeFor[struct{ A *string }](), reflect.TypeFor[struct{ A, B int }](),
		reflect.TypeFor[struct{ A []inner }](), reflect.TypeFor[struct{ A []other }](), reflect.TypeFor[kept](), reflect.TypeFor[care.Answers](),
	} {
		h := typeHash(t1)
		if seen[h] != "" {
			t.Errorf("%s and %s have one hash", seen[h], t1)
		}
		seen[h] = fmt.Sprint(t1)
	}
}

// A damaged row is rebuilt from the tables; it must not end the program.
func FuzzUnpack(f *testing.F) {
	one := 1
	f.Add(pack(nil, &kept{
		Reports: []keptReport{{Report: care.Report{ID: NewID(), At: time.UnixMilli(1e12), Answers: care.Answers{Pain: &one, Skin: care.Set{"rash"}}}}},
	}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, in []byte) {
		var out kept
		if err := unpack(new(unpacker), in, &out); err == nil {
			pack(nil, &out)
		}
	})
}

func BenchmarkPack(b *testing.B) {
	var in kept
	for i := range 40 {
		pain, at := i%4, time.UnixMilli(1.7e12+int64(i)*36e5*50)
		in.Sessions = append(in.Sessions, keptSession{Session: care.Session{ID: NewID(), StartedAt: at, RollerID: "roller-1", NeedleMM: 0.5}})
		in.Reports = append(in.Reports, keptReport{Report: care.Report{ID: NewID(), At: at, Answers: care.Answers{Pain: &pain, Itch: &pain, Skin: care.Set{"rash"}}}})
		in.Reminders = append(in.Reminders, &Reminder{Base: Base{ID: NewID()}, Kind: care.KindCheckIn, Anchor: in.Sessions[i].ID, Slot: "72", DueAt: T(at), ExpiresAt: T(at)})
	}
	packed := pack(nil, &in)
	b.Run("pack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			pack(make([]byte, 0, 8<<10), &in)
		}
		b.ReportMetric(float64(len(packed)), "bytes")
	})
	b.Run("unpack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var out kept
			u := unpackers.Get().(*unpacker)
			if err := unpack(u, packed, &out); err != nil {
				b.Fatal(err)
			}
			u.free()
		}
	})
}
