package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"pgregory.net/rapid"

	"aftercare/models"
	"aftercare/models/storetest"
)

// TestNoInputGives500 sends, to every operation of the document, bodies that
// its schema describes, with some of them spoilt, and paths, queries and
// headers of all kinds. Every answer is one that the document names.
func TestNoInputGives500(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		w := openWorld(t, database)
		ops := w.operations()
		slices.SortFunc(ops, func(a, b *huma.Operation) int { return strings.Compare(a.OperationID, b.OperationID) })
		p := w.newPerson()
		rapid.Check(t, func(t *rapid.T) {
			op := rapid.SampledFrom(ops).Draw(t, "operation")
			path, query := anyPath(t, op), anyQuery(t, op)
			var body any
			if op.RequestBody != nil && rapid.IntRange(0, 9).Draw(t, "has body") > 0 {
				body = w.anyBody(t, op)
			}
			headers := anyHeaders(t)
			a := p.do(op.Method, path+query, body, headers...)
			if a.StatusCode >= 500 && op.Path != "/readyz" {
				sent, _ := json.Marshal(body)
				t.Fatalf("%s %s%s %v %s: %d %s\n%s", op.Method, path, query, headers, sent, a.StatusCode, a.raw, w.log)
			}
			if p.do("GET", "/v1/account", nil).StatusCode == http.StatusUnauthorized {
				p = w.newPerson() // signed out or erased
			}
		})
	})
}

// brokenBodies are what no operation can take; the server must not spend itself on
// them either.
var brokenBodies = []string{
	"{", "nul", "{}{}", "{} x", "{\"a\":1,}", "{'a':1}", "{\"a\":NaN}", "{\"a\":\"\t\"}", "\ufeff{}", "\xff\xfe{\x00}\x00", "\x00",
	strings.Repeat("[", 12_000), strings.Repeat(`{"a":`, 2_500) + "1", strings.Repeat(`{"a":`, 2_500) + "1" + strings.Repeat("}", 2_500),
}

// P10: what is refused changes nothing.
func TestARefusedBodyChangesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.session("row-00001", 30)
	p.report("row-00001", 1, object{"discharge": []string{"yellow_green"}})
	stored := func() string {
		return string(p.want(200, p.do("GET", "/v1/account", nil)).raw) + string(p.want(200, p.do("GET", "/v1/changes?since=0", nil)).raw)
	}
	path := strings.NewReplacer("{id}", "row-00001", "{purpose}", "push", "{collection}", "reports")
	for _, op := range w.operations() {
		if op.RequestBody == nil {
			continue
		}
		before := stored()
		for _, body := range brokenBodies {
			a := p.do(op.Method, path.Replace(op.Path), body)
			unknownTable := op.Path == "/v1/sync" && a.StatusCode == http.StatusNoContent // which it ignores
			if (a.StatusCode < 400 || a.StatusCode >= 500) && !unknownTable {
				t.Errorf("%s %s %.20q: %d", op.Method, op.Path, body, a.StatusCode)
			}
		}
		if after := stored(); after != before {
			t.Errorf("%s %s changed what is stored", op.Method, op.Path)
		}
	}
}

func anyPath(t *rapid.T, op *huma.Operation) string {
	id := rapid.OneOf(
		rapid.SampledFrom([]string{"row-0001", "row-0002", "current", "push", "health_data", "%00%00%00%00%00%00%00%00", "%ff%ff%ff%ff%ff%ff%ff%ff", "a", "..", "%2e%2e%2f"}),
		rapid.StringMatching(`[A-Za-z0-9_-]{1,70}`),
	).Draw(t, "id")
	return strings.NewReplacer("{id}", id, "{purpose}", id, "{collection}", rapid.SampledFrom(append(models.Collections(), id)).Draw(t, "collection")).Replace(op.Path)
}

func anyQuery(t *rapid.T, op *huma.Operation) string {
	var parts []string
	for _, param := range op.Parameters {
		if param.In != "query" || rapid.Bool().Draw(t, "without") {
			continue
		}
		value := rapid.OneOf(
			rapid.SampledFrom([]string{"", "-1", "0", "1", "9223372036854775807", "99999999999999999999", "active", "due", "open",
				"2026-11-25T09:00:00Z", "0000-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "%00", "%ff", "eyJ0IjoxLCJpIjoiXHUwMDAwIn0"}),
			rapid.StringMatching(`[A-Za-z0-9_%.-]{0,40}`),
		).Draw(t, param.Name)
		parts = append(parts, param.Name+"="+value)
	}
	if len(parts) == 0 {
		return ""
	}
	return "?" + strings.Join(parts, "&")
}

func anyHeaders(t *rapid.T) []string {
	all := []string{
		"If-Match: \"v1\"", "If-Match: *", "If-Match: \"v99999999999999999999\"", "If-None-Match: *", "Client-Time: 2026-11-25T09:30:00Z",
		"Client-Time: 0001-01-01T00:00:00Z", "Client-Time: 9999-12-31T23:59:59Z", "Client-Time: x", "Accept-Language: \xff\xfe", "Accept-Language: de;q=x,*",
		"Accept: text/html", "Accept: json", "Content-Type: text/plain", "Content-Type: application/merge-patch+json", "Content-Type: +;/", "Content-Encoding: br",
		"X-Forwarded-For: nobody",
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, 2, func(s string) string { return s }).Draw(t, "headers")
}

// anyBody follows the schema of the operation, spoilt in places.
func (w *world) anyBody(t *rapid.T, op *huma.Operation) any {
	for _, media := range op.RequestBody.Content {
		schema := media.Schema
		if op.Method == http.MethodPatch { // the schema of a patch says only that it is an object
			if put := w.api.OpenAPI().Paths[op.Path].Put; put != nil {
				schema = put.RequestBody.Content["application/json"].Schema
			}
			if name := map[string]string{"/v1/account": "Account", "/v1/devices/{id}": "Device"}[op.Path]; name != "" {
				schema = w.api.OpenAPI().Components.Schemas.Map()[name]
			}
		}
		return w.anyOf(t, schema, 4)
	}
	return nil
}

func (w *world) anyOf(t *rapid.T, s *huma.Schema, depth int) any {
	for s.Ref != "" {
		s = w.api.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	if rapid.IntRange(0, 19).Draw(t, "spoil") == 0 || depth == 0 {
		return anyJSON(2).Draw(t, "spoilt")
	}
	if len(s.Enum) > 0 {
		return rapid.SampledFrom(s.Enum).Draw(t, "enum")
	}
	switch s.Type {
	case huma.TypeBoolean:
		return rapid.Bool().Draw(t, "bool")
	case huma.TypeInteger:
		return rapid.SampledFrom([]any{0, 1, 2, 3, 10, -1, 180, 1 << 40, 1.5, -9.3e18}).Draw(t, "integer")
	case huma.TypeNumber:
		return rapid.SampledFrom([]any{0, 0.25, 0.5, 1.5, 36.6, 38.5, 100.4, -1, 1e308, 5e-324}).Draw(t, "number")
	case huma.TypeArray:
		out := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			out = append(out, w.anyOf(t, s.Items, depth-1))
		}
		return out
	case huma.TypeObject:
		out := object{}
		for _, name := range slices.Sorted(keysOf(s.Properties)) {
			if slices.Contains(s.Required, name) || rapid.Bool().Draw(t, name) {
				out[name] = w.anyOf(t, s.Properties[name], depth-1)
			}
		}
		return out
	}
	return anyText(t, s)
}

func anyText(t *rapid.T, s *huma.Schema) string {
	switch {
	case s.Format == "date-time":
		return rapid.SampledFrom([]string{ago(0), ago(hours(1)), ago(hours(100)), ago(hours(170)), ago(hours(-24)), "0001-01-01T00:00:00Z",
			"0001-01-01T00:00:00.001Z", "0000-12-31T23:00:00-23:59", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "2016-12-31T23:59:60Z", "1970-01-01T00:00:00Z"}).Draw(t, "time")
	case s.Format == "date":
		return rapid.SampledFrom([]string{"2026-11-25", "0000-01-01", "9999-12-31", "2026-02-29", "2024-02-29"}).Draw(t, "date")
	case s.Pattern != "" && rapid.Bool().Draw(t, "by pattern"):
		return rapid.StringMatching(s.Pattern).Draw(t, "pattern")
	}
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "Europe/London", "Africa/Cairo", "en-GB", "diabetes", "row-0001", "1", "ann@example.org", "\u0000", "\u200f", "🩹", "'; DROP TABLE accounts; --"}),
		rapid.String(),
	).Draw(t, "text")
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// FuzzRequest: no bytes in any place of a request give a 500 or an answer that
// the document does not name.
func FuzzRequest(f *testing.F) {
	w := newWorld(f)
	p := w.newPerson()
	ops := w.operations()
	slices.SortFunc(ops, func(a, b *huma.Operation) int { return strings.Compare(a.OperationID, b.OperationID) })
	for i, op := range ops {
		e := examples[op.Method+" "+op.Path]
		body, err := json.Marshal(e.Request)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), "row-0001", "limit=2", "If-Match", `"v1"`, body)
	}
	f.Fuzz(func(t *testing.T, i uint8, id, query, header, value string, body []byte) {
		op := ops[int(i)%len(ops)]
		path := strings.NewReplacer("{id}", id, "{purpose}", id).Replace(op.Path)
		req := rawRequest(op.Method, path, query, header, value, p.token, body)
		if req == nil {
			return
		}
		w.TB = t
		a := w.send(req)
		if a.StatusCode >= 500 {
			t.Fatalf("%s %s: %d %s\n%s", op.Method, path, a.StatusCode, a.raw, w.log)
		}
		w.log.Reset()
		if p.do("GET", "/v1/account", nil).StatusCode == http.StatusUnauthorized {
			p = w.newPerson()
		}
	})
}

// rawRequest is nil for what cannot be written as one HTTP request.
func rawRequest(method, path, query, header, value, token string, body []byte) *http.Request {
	if strings.ContainsFunc(path+query, func(r rune) bool { return r <= ' ' || r == 0x7f }) || strings.ContainsAny(value, "\r\n") {
		return nil
	}
	req := httptest.NewRequest(method, "/", bytes.NewReader(body))
	req.RequestURI = path + "?" + query
	req.Header.Set("Content-Type", "application/json")
	if validHeader(header) {
		req.Header.Set(header, value)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return req
}

func validHeader(name string) bool {
	for _, framing := range []string{"Content-Length", "Transfer-Encoding", "Host", "Connection", "Expect", "Trailer"} {
		if strings.EqualFold(name, framing) {
			return false // these change where the request ends, which is Fiber's matter
		}
	}
	return name != "" && strings.Trim(name, "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}

// FuzzUnmarshal: what is let through is JSON without NUL and without a key
// that stands twice, and reads the same when it is written again.
func FuzzUnmarshal(f *testing.F) {
	for _, e := range examples {
		if raw, err := json.Marshal(e.Request); err == nil {
			f.Add(raw)
		}
	}
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		if unmarshal(data, &v) != nil {
			return
		}
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var again any
		if err := unmarshal(raw, &again); err != nil || fmt.Sprint(again) != fmt.Sprint(v) {
			t.Fatalf("%q became %q: %v", data, raw, err)
		}
	})
}
