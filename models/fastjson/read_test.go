package fastjson

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// cellsOfJSON is of all kinds that JSON columns have.
type cellsOfJSON struct {
	Name   string    `json:"name,omitempty"`
	Answer *int      `json:"answer,omitempty"`
	Hours  *float64  `json:"hours,omitempty"`
	Yes    bool      `json:"yes"`
	Set    []string  `json:"set,omitzero"`
	Parts  []part    `json:"parts"`
	At     time.Time `json:"at,omitzero"`
	Hidden string    `json:"-"`
	Ratio  []float64 `json:"ratio"`
}

type part struct {
	Rule string `json:"rule"`
	Of   *inner `json:"of,omitempty"`
}

type inner struct {
	N int `json:"n"`
}

func drawColumn(t *rapid.T) cellsOfJSON {
	c := cellsOfJSON{
		Name: rapid.String().Draw(t, "name"), Yes: rapid.Bool().Draw(t, "yes"),
		Set:   rapid.SliceOfN(rapid.SampledFrom([]string{"", "none", "not_sure", "\"", "\\", "é", "\u2028"}), -1, 9).Draw(t, "set"),
		Ratio: rapid.SliceOf(rapid.Float64()).Draw(t, "ratio"), Parts: []part{},
	}
	if rapid.Bool().Draw(t, "answered") {
		c.Answer, c.Hours = new(rapid.Int().Draw(t, "answer")), new(rapid.Float64Range(-1e3, 1e3).Draw(t, "hours"))
		c.At = time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "at")).UTC()
	}
	for range rapid.IntRange(0, 6).Draw(t, "parts") {
		c.Parts = append(c.Parts, part{Rule: rapid.StringMatching("[A-Z]{2}-[0-9]{2}").Draw(t, "rule"), Of: &inner{rapid.Int().Draw(t, "n")}})
	}
	return c
}

func TestColumnsAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(drawColumn(t))
		if err != nil {
			t.Fatal(err)
		}
		sameAsJSON(t, string(text))
	})
}

// sameAsJSON compares with encoding/json, which also says what cannot be read.
func sameAsJSON(t rapid.TB, text string) {
	t.Helper()
	var got, want cellsOfJSON
	gotErr, wantErr := Unmarshal(text, &got), json.Unmarshal([]byte(text), &want)
	if (gotErr == nil) != (wantErr == nil) {
		t.Fatalf("%s: %v, encoding/json says %v", text, gotErr, wantErr)
	}
	if diff := cmp.Diff(want, got); wantErr == nil && diff != "" {
		t.Fatalf("%s: encoding/json (-) and this (+) differ:\n%s", text, diff)
	}
}

func TestPlainColumnsNeedNoSecondReader(t *testing.T) {
	text := plainText(`{"name":"itch","answer":3,"hours":30.25,"yes":true,"set":[],"parts":[{"rule":"WT-02","of":{"n":-1}}],"at":"2026-11-27T10:00:00Z","ratio":null}`)
	var to cellsOfJSON
	if read := readerOf(reflect.TypeFor[cellsOfJSON]()); !read(&text, unsafe.Pointer(&to)) || text != "" || *to.Answer != 3 || to.Parts[0].Of.N != -1 || to.Set == nil {
		t.Errorf("read %+v, with %q left", to, text)
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, text := range []string{
		`{"name":"itch","answer":3,"hours":30.25,"yes":true,"set":["none"],"parts":[{"rule":"WT-02"}],"at":"2026-11-27T10:00:00Z"}`,
		`{"yes":true,"name":"out of order"}`, `{"Name":"x"}`, `{"name":"a","name":"b"}`, `{"answer":01}`, `{"hours":1e3}`, `{"set":null,"ratio":[1,2,3,4,5]}`, `{"yes":1}`, `null`, ` {}`, `{"unknown":{}}`, `{"name":"\xff"}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { sameAsJSON(t, text) })
}
