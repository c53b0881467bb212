package api

import (
	"aftercare/models"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawer draws values that a schema of the document accepts.
type drawer struct {
	*rapid.T
	c *checker
}

func (d drawer) resolve(schema object) object {
	for {
		ref, found := schema["$ref"].(string)
		if !found {
			return schema
		}
		schema, _ = at(d.c.spec, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...).(object)
	}
}

func (d drawer) value(schema object) any {
	schema = d.resolve(schema)
	for _, way := range []string{"oneOf", "anyOf"} {
		if ways, found := schema[way].([]any); found {
			one, _ := rapid.SampledFrom(ways).Draw(d.T, way).(object)
			return d.value(one)
		}
	}
	if words, found := schema["enum"].([]any); found {
		return rapid.SampledFrom(words).Draw(d.T, "word")
	}
	if fixed, found := schema["const"]; found {
		return fixed
	}
	kind, _ := schema["type"].(string)
	if kinds, several := schema["type"].([]any); several {
		kind, _ = rapid.SampledFrom(kinds).Draw(d.T, "type").(string)
	}
	switch kind {
	case "object":
		return d.object(schema)
	case "array":
		return d.array(schema)
	case "boolean":
		return rapid.Bool().Draw(d.T, "bool")
	case "integer", "number":
		return d.number(schema, kind)
	case "string":
		return d.text(schema)
	}
	return nil
}

func (d drawer) object(schema object) object {
	out := object{}
	properties, _ := schema["properties"].(object)
	required, _ := schema["required"].([]any)
	names := make([]string, 0, len(properties))
	for name := range properties {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.Contains(required, any(name)) || rapid.IntRange(0, 2).Draw(d.T, name) == 0 {
			inner, _ := properties[name].(object)
			out[name] = d.value(inner)
			if known := knownWords[name]; known != nil && out[name] != nil {
				out[name] = rapid.SampledFrom(known).Draw(d.T, "known")
			}
		}
	}
	return out
}

func (d drawer) array(schema object) []any {
	out := []any{}
	items, _ := schema["items"].(object)
	for range rapid.IntRange(0, 3).Draw(d.T, "items") {
		if v := d.value(items); !slices.ContainsFunc(out, func(o any) bool { return fmt.Sprint(o) == fmt.Sprint(v) }) {
			out = append(out, v)
		}
	}
	return out
}

func (d drawer) number(schema object, kind string) any {
	low, high := 0.0, 1000.0
	if n, ok := schema["minimum"].(json.Number); ok {
		low, _ = n.Float64()
	}
	if n, ok := schema["maximum"].(json.Number); ok {
		high, _ = n.Float64()
	}
	if kind == "integer" {
		return rapid.IntRange(int(low), int(high)).Draw(d.T, "integer")
	}
	tenths := rapid.IntRange(int(low*10), int(high*10)).Draw(d.T, "tenths")
	return max(low, float64(tenths)/10)
}

// knownWords are texts of which the server knows more than their schema says.
var knownWords = map[string][]string{
	"time_zone": {"Europe/Berlin", "America/New_York", "Mars/Olympus"}, "locale": {"en-GB", "de", "pt-BR"}, "version": {"1", "1", "2"},
}

// samples of the patterns in the document.
var samples = map[string][]string{
	"^[A-Za-z0-9_-]{8,64}$":           {"row-0001", "row-0002", "0198f2c4-7d2e-7000-8000-3b1c5a9e4f10"},
	"^[A-Z]{2}$":                      {"GB", "DE", "XX"},
	"^([A-Z]{2})?$":                   {"", "GB", "US"},
	"^([01][0-9]|2[0-3]):[0-5][0-9]$": {"00:00", "09:30", "23:59"},
	"^[A-Za-z0-9_-]{87}=?$":           {"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"},
	"^[A-Za-z0-9_-]{22}(==)?$":        {"BTBZMqHH6r4Tts7J_aSIgg", "BTBZMqHH6r4Tts7J_aSIgg=="},
}

func (d drawer) text(schema object) string {
	if pattern, found := schema["pattern"].(string); found {
		known := samples[pattern]
		if known == nil {
			d.Fatalf("no sample of the pattern %s", pattern)
		}
		return rapid.SampledFrom(known).Draw(d.T, "pattern")
	}
	switch schema["format"] {
	case "date-time":
		h := rapid.IntRange(-100, 40).Draw(d.T, "hours")
		return start.Add(time.Duration(h) * time.Hour).Format(time.RFC3339)
	case "date":
		return start.AddDate(0, 0, rapid.IntRange(-400, 100).Draw(d.T, "days")).Format(time.DateOnly)
	case "email":
		return fmt.Sprintf("ann%d@example.org", rapid.IntRange(0, 1_000_000).Draw(d.T, "email"))
	}
	low, high := 0, 60
	if n, ok := schema["minLength"].(json.Number); ok {
		l, _ := n.Int64()
		low = int(l)
	}
	if n, ok := schema["maxLength"].(json.Number); ok {
		h, _ := n.Int64()
		high = min(int(h), low+20)
	}
	return rapid.StringOfN(rapid.RuneFrom([]rune("abcdefgh äö\"\\<0123")), low, high, -1).Draw(d.T, "text")
}

// stricter are the fields of which the server knows more than a schema can say:
// zones and languages, versions of texts, orders of times, what belongs together.
var stricter = []string{
	"path.id", "body", "body.time_zone", "body.locale", "body.consent.version", "body.version", "body.ended_at", "body.temperature_f",
	"body.observed_at", "body.on", "body.value", "body.hair_loss.onset_on", "body.hair_loss.type", "body.clinician_cleared_on", "body.email", "body.password", "body.endpoint", "body.until", "body.at", "body.episode_id", "body.id", "body.device.name", "body.name", "body.from", "body.to",
}

// agrees says whether a refusal of what the document accepts is one of those.
func agrees(a answer) bool {
	if a.StatusCode != http.StatusUnprocessableEntity {
		return a.StatusCode != http.StatusBadRequest && a.StatusCode < 500
	}
	if a.code() == models.CodeSnoozeLimit {
		return true
	}
	faults, _ := a.body["errors"].([]any)
	for _, f := range faults {
		if !slices.Contains(stricter, text(f, "location")) && text(f, "message") != "does not go with calm:true" {
			return false
		}
	}
	return len(faults) > 0
}

// leftAlone are the operations that end what the others need.
var leftAlone = []string{"eraseAccount", "signOut", "withdrawConsent", "exportAccount"}

// hashing are the operations that hash a password: under the race detector the
// 19 MB of each cost as much as twenty other answers, so they are drawn less often.
var hashing = []string{"signUp", "signIn", "confirmIdentity", "setPassword"}

// TestServerAndDocumentAgree draws requests of every operation. Every answer
// holds to the document (the harness checks each); a body that the document
// accepts is accepted, and one that it refuses is refused.
func TestServerAndDocumentAgree(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.session("row-0001", 50)
	p.report("row-0001", 1, object{"discharge": []string{"yellow_green"}})
	c, ops := newChecker(t), w.operations()
	calls, succeeded := 0, map[string]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		note := object{"on": "2026-11-01", "scale": "norwood", "value": 3} // a drawn one is rarely accepted
		if a := p.do("PUT", "/v1/progress/row-0001", note); a.StatusCode >= 300 && a.code() != models.CodeConsentRequired {
			rt.Fatalf("a progress note is answered %d: %s", a.StatusCode, a.raw)
		}
		for _, op := range ops {
			seldom := 1
			if slices.Contains(hashing, op.OperationID) {
				seldom = 7
			}
			if slices.Contains(leftAlone, op.OperationID) || rapid.IntRange(0, seldom).Draw(rt, "skip") > 0 {
				continue
			}
			d, path, body := drawer{rt, c}, p.drawnPath(rt, op.Path), any(nil)
			if op.RequestBody != nil {
				media := jsonType
				if op.Method == http.MethodPatch {
					media = patchType
				}
				schema, _ := at(c.spec, "paths", op.Path, strings.ToLower(op.Method), "requestBody", "content", media, "schema").(object)
				body = d.value(schema)
				if o, ok := body.(object); ok && rapid.IntRange(0, 4).Draw(rt, "spoil") == 0 {
					o["colour"] = "red"
				}
			}
			a := p.do(op.Method, path, body)
			calls++
			if a.StatusCode < 300 {
				succeeded[op.OperationID] = true
			}
			if made := a.Header.Get("Location"); made != "" && op.Method == http.MethodPost && !strings.Contains(made, "row-0") {
				p.do("DELETE", made, nil) // so many a day are too many
			}
			if body == nil {
				continue
			}
			refused := c.accepts(op.Method, op.Path, body)
			if refused == nil && !agrees(a) {
				t.Errorf("%s: the document accepts %v, the server does not: %s", op.OperationID, body, a.raw)
			}
			if refused != nil && a.StatusCode < 400 {
				t.Errorf("%s: the server accepts %v, the document does not: %v", op.OperationID, body, refused)
			}
			if t.Failed() {
				rt.FailNow()
			}
		}
	})
	if calls < 400 {
		t.Errorf("only %d answers", calls)
	}
	// Each operation succeeds in the examples; here most must, or the draws try refusals only.
	if 4*len(succeeded) < 3*len(ops) {
		t.Errorf("only %d of %d operations were answered with success: %v", len(succeeded), len(ops), slices.Sorted(maps.Keys(succeeded)))
	}
	t.Logf("%d answers, %d of %d operations answered with success", calls, len(succeeded), len(ops))
}

// drawnPath fills in ids, most of them of rows that there are.
func (p *person) drawnPath(t *rapid.T, path string) string {
	if !strings.Contains(path, "{") {
		return path
	}
	ids := []string{"row-0001", "row-0001", "row-0002", "unknown-1"}
	collection, _, _ := strings.Cut(path, "/{")
	switch collection {
	case "/v1/devices":
		ids = []string{"current"}
	case "/v1/sync":
		ids = models.Pushable()
	case "/v1/account/consents":
		ids = []string{"push", "health_data"}
	case "/v1/warnings", "/v1/episodes", "/v1/reminders":
		for _, row := range p.do("GET", collection, nil).items() {
			ids = append(ids, text(row, "id"))
		}
	}
	before, after, _ := strings.Cut(path, "{")
	_, after, _ = strings.Cut(after, "}")
	return before + rapid.SampledFrom(ids).Draw(t, "id") + after
}
