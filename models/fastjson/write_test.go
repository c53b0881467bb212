package fastjson

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"
)

// instant appends itself.
type instant struct{ time.Time }

func (i instant) AppendJSON(b []byte) ([]byte, error) {
	text, err := i.MarshalJSON()
	return append(b, text...), err
}

// grade is a number that is written as a word.
type grade int

func (g grade) MarshalText() ([]byte, error) { return []byte(strings.Repeat("<", int(g))), nil }

type identity struct {
	ID      string `json:"id"`
	Version int64  `json:"version,omitempty"`
}

// answer is of all kinds that answers have.
type answer struct {
	identity
	Name   *string        `json:"name"`
	Grade  grade          `json:"grade,omitempty"`
	Grades []grade        `json:"grades"`
	At     instant        `json:"at"`
	Since  *instant       `json:"since"`
	Until  time.Time      `json:"until,omitzero"`
	Ratio  float64        `json:"ratio,omitzero"`
	Half   float32        `json:"half"`
	Many   map[string]any `json:"many,omitempty"`
	Any    any            `json:"any"`
	Bytes  []byte         `json:"bytes,omitempty"`
	Parts  []part         `json:"parts,omitempty"`
	Of     *inner         `json:"of,omitempty"`
	Named  identity       `json:"named,omitzero"`
	Yes    bool           `json:",omitempty"`
	Hidden string         `json:"-"`
	secret string
}

func drawAnswer(t *rapid.T) answer {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "<b>&", "\u2028", "é", "\xff", "\x7f", "a\\b", "eight by\"te", "plain enough, and long", "…"}))
	a := answer{
		identity: identity{text.Draw(t, "id"), rapid.Int64().Draw(t, "version")}, Grade: grade(rapid.IntRange(0, 2).Draw(t, "grade")),
		Ratio: rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1e-7, 1e-6, 1e21, 36.6, math.Copysign(0, -1)})).Draw(t, "ratio"),
		At:    instant{time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "at")).UTC()}, Half: 0.5, Yes: rapid.Bool().Draw(t, "yes"), secret: "s",
		Bytes: rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"),
	}
	if rapid.Bool().Draw(t, "more") {
		name := text.Draw(t, "name")
		a.Name, a.Since, a.Until, a.Of, a.Named.ID = &name, &a.At, a.At.Time, &inner{3}, name
		a.Grades, a.Many, a.Any = []grade{0, 2}, map[string]any{"b": name, "a": []int{1}}, part{Rule: name}
		a.Parts = []part{{Rule: name, Of: a.Of}, {}}
	}
	return a
}

// written is what encoding/json writes.
func written(t rapid.TB, v any) string {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestAnswersAreAsEncodingJSONWritesThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawAnswer(t)
		for _, v := range []any{a, &a, []answer{a, a}, struct{ Items []*answer }{[]*answer{&a, nil}}} {
			got, err := Append([]byte("before "), v)
			if want := "before " + written(t, v); err != nil || string(got) != want {
				t.Fatalf("%v\n got %s\nwant %s", err, got, want)
			}
		}
	})
}

func TestUsualAnswersNeedNoSecondWriter(t *testing.T) {
	a := answer{identity: identity{ID: "an id"}, Ratio: 36.6, Grades: []grade{1}}
	if _, err := writerOf(reflect.TypeFor[answer]())(nil, unsafe.Pointer(&a)); err != nil {
		t.Error(err)
	}
}

// twice has two fields of one name, of which neither counts.
type twice struct {
	identity
	inner
	ID2 string `json:"n"`
}

// chain holds itself.
type chain struct {
	Next *chain `json:"next,omitempty"`
	N    int
}

// whole is written another way where it can be addressed.
type whole struct{ N int }

func (w *whole) MarshalJSON() ([]byte, error) { return []byte(`"w"`), nil }

func TestUnusualValuesAreLeftToEncodingJSON(t *testing.T) {
	w := whole{1}
	for _, v := range []any{
		nil, 3, "x", twice{ID2: "a"}, chain{Next: &chain{N: 2}}, w, &w, []whole{w}, struct{ W whole }{w}, struct{ W *whole }{}, json.RawMessage(` { } `), [2]int{1, 2},
		struct {
			N int `json:"n,string"`
		}{4}, struct {
			*identity
			A uint8 `json:"é"`
		}{}, map[string]answer{}, []int(nil), struct{ E error }{},
	} {
		got, err := Append(nil, v)
		if want := written(t, v); err != nil || string(got) != want {
			t.Errorf("%T: %v\n got %s\nwant %s", v, err, got, want)
		}
	}
	if out, err := Append([]byte("x"), math.NaN()); err == nil || string(out) != "x" {
		t.Errorf("a number that JSON has no word for became %s (%v)", out, err)
	}
}

func TestPlainText(t *testing.T) {
	for c := range 256 {
		for at := range 19 {
			text := []byte(strings.Repeat("a", 19))
			text[at] = byte(c)
			plain, ascii := isPlain(string(text))
			if wantASCII := c < 0x80; plain != (c >= ' ' && c != '"' && c != '\\') || plain && ascii != wantASCII {
				t.Errorf("%q: plain %v, ascii %v", text, plain, ascii)
			}
		}
	}
}
