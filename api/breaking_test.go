package api

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var release = flag.Bool("release", false, "store the served document as that of the latest release")

const releasedFile = "testdata/openapi.released.json"

// TestContractBreaksNothing compares the document with that of the latest
// release: what breaks an app needs a note in docs/api-versioning.md.
func TestContractBreaksNothing(t *testing.T) {
	served := newChecker(t).spec
	if *release {
		storeRelease(t, served)
	}
	raw, err := os.ReadFile(releasedFile)
	if err != nil {
		t.Fatal(err)
	}
	var released object
	if err := json.Unmarshal(raw, &released); err != nil {
		t.Fatal(err)
	}
	notes, err := os.ReadFile("../docs/api-versioning.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range breaks(released, copied(t, served)) {
		if !strings.Contains(string(notes), "- `"+b+"`") {
			t.Errorf("the contract breaks: %s. Take it back, or say in docs/api-versioning.md why (- `%s` …)", b, b)
		}
	}
}

// storeRelease stores the document without its words, which promise nothing.
func storeRelease(t *testing.T, served object) {
	t.Helper()
	out := copied(t, served)
	withoutWords(out)
	raw, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("testdata", 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(releasedFile, append(raw, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}

func withoutWords(v any) {
	switch v := v.(type) {
	case object:
		delete(v, "example")
		delete(v, "examples")
		for _, name := range []string{"description", "summary"} {
			if _, word := v[name].(string); word {
				delete(v, name)
			}
		}
		for _, inner := range v {
			withoutWords(inner)
		}
	case []any:
		for _, inner := range v {
			withoutWords(inner)
		}
	}
}

// copied is a copy with numbers as json.Unmarshal has them.
func copied(t *testing.T, o object) object {
	t.Helper()
	var out object
	if err := json.Unmarshal(encoded(t, o), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// comparison finds what breaks between two documents.
type comparison struct {
	old, now object
	seen     map[string]bool
	found    []string
}

func breaks(old, now object) []string {
	c := &comparison{old: old, now: now, seen: map[string]bool{}}
	paths, _ := old["paths"].(object)
	for path, item := range paths {
		methods, _ := item.(object)
		for method, op := range methods {
			c.operation(op, at(now, "paths", path, method))
		}
	}
	slices.Sort(c.found)
	return slices.Compact(c.found)
}

func (c *comparison) add(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

func (c *comparison) operation(old, now any) {
	id := text(old, "operationId")
	if now == nil {
		c.add("removed operation %s", id)
		return
	}
	c.parameters(id, old, now)
	bodies, _ := at(old, "requestBody", "content").(object)
	for media, body := range bodies {
		c.schema(id+" body", at(body, "schema"), at(now, "requestBody", "content", media, "schema"), true)
	}
	responses, _ := at(old, "responses").(object)
	for status, response := range responses {
		if at(now, "responses", status) == nil {
			c.add("removed answer %s %s", id, status)
			continue
		}
		headers, _ := at(response, "headers").(object)
		for name := range headers {
			if at(now, "responses", status, "headers", name) == nil {
				c.add("removed header %s %s %s", id, status, name)
			}
		}
		content, _ := at(response, "content").(object)
		for media, body := range content {
			c.schema(id+" "+status, at(body, "schema"), at(now, "responses", status, "content", media, "schema"), false)
		}
	}
}

func (c *comparison) parameters(id string, old, now any) {
	before, after := byName(at(old, "parameters")), byName(at(now, "parameters"))
	for name, p := range before {
		if after[name] == nil {
			c.add("removed parameter %s %s", id, name)
			continue
		}
		c.schema(id+" "+name, at(p, "schema"), at(after[name], "schema"), true)
	}
	for name, p := range after {
		if before[name] == nil && at(p, "required") == true {
			c.add("required parameter %s %s", id, name)
		}
	}
}

func byName(list any) map[string]any {
	out := map[string]any{}
	params, _ := list.([]any)
	for _, p := range params {
		out[text(p, "name")] = p
	}
	return out
}

func resolved(doc object, schema any) (object, string) {
	s, _ := schema.(object)
	ref, found := s["$ref"].(string)
	if !found {
		return s, ""
	}
	target, _ := at(doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...).(object)
	return target, strings.TrimPrefix(ref, schemaPath)
}

// schema compares a schema of what is sent, or answered, at a place.
func (c *comparison) schema(place string, old, now any, sent bool) {
	was, name := resolved(c.old, old)
	is, _ := resolved(c.now, now)
	if name != "" {
		place = name
		if c.seen[fmt.Sprint(name, sent)] {
			return
		}
		c.seen[fmt.Sprint(name, sent)] = true
	}
	if was == nil {
		return
	}
	if is == nil {
		c.add("removed schema %s", place)
		return
	}
	c.kinds(place, was, is, sent)
	c.limits(place, was, is, sent)
	c.properties(place, was, is, sent)
	if was["items"] != nil {
		c.schema(place+" items", was["items"], is["items"], sent)
	}
	for _, way := range []string{"anyOf", "oneOf"} {
		before, _ := was[way].([]any)
		after, _ := is[way].([]any)
		for i := range min(len(before), len(after)) {
			c.schema(place, before[i], after[i], sent)
		}
		if len(before) > len(after) && sent || len(before) < len(after) && !sent {
			c.add("changed forms %s", place)
		}
	}
}

// kinds: what is sent may be widened, what is answered narrowed.
func (c *comparison) kinds(place string, was, is object, sent bool) {
	from, to := textsOf(was["type"]), textsOf(is["type"])
	if sent {
		from, to = to, from
	}
	if slices.ContainsFunc(to, func(kind string) bool { return len(from) > 0 && !slices.Contains(from, kind) }) {
		c.add("changed type %s", place)
	}
	if sent {
		for _, word := range textsOf(was["enum"]) {
			if is["enum"] != nil && !slices.Contains(textsOf(is["enum"]), word) {
				c.add("removed value %s %s", place, word)
			}
		}
	}
}

func textsOf(v any) []string {
	var out []string
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, w := range v {
			out = append(out, fmt.Sprint(w))
		}
	}
	return out
}

// limits of what is sent may only become wider.
func (c *comparison) limits(place string, was, is object, sent bool) {
	if !sent {
		return
	}
	for _, key := range []string{"maximum", "maxLength", "maxItems"} {
		before, limited := was[key].(float64)
		if after, now := is[key].(float64); now && (!limited || after < before) {
			c.add("narrower %s %s", key, place)
		}
	}
	for _, key := range []string{"minimum", "minLength", "minItems"} {
		before, limited := was[key].(float64)
		if after, now := is[key].(float64); now && (!limited && after > 0 || after > before) {
			c.add("narrower %s %s", key, place)
		}
	}
	if is["pattern"] != nil && is["pattern"] != was["pattern"] {
		c.add("another pattern %s", place)
	}
}

func (c *comparison) properties(place string, was, is object, sent bool) {
	before, _ := was["properties"].(object)
	after, _ := is["properties"].(object)
	for name, p := range before {
		if after[name] == nil {
			c.add("removed field %s.%s", place, name)
			continue
		}
		c.schema(place+"."+name, p, after[name], sent)
	}
	required, still := textsOf(was["required"]), textsOf(is["required"])
	for _, name := range still {
		if sent && !slices.Contains(required, name) {
			c.add("required field %s.%s", place, name)
		}
	}
	for _, name := range required {
		if !sent && !slices.Contains(still, name) {
			c.add("optional field %s.%s", place, name)
		}
	}
}

// TestBreaksAreFound: each kind of break is one, and an addition is none.
func TestBreaksAreFound(t *testing.T) {
	for name, change := range map[string]func(object){
		"removed operation mayIRoll": func(d object) { delete(at(d, "paths").(object), "/v1/rest") },
		"removed field Rest.state":   func(d object) { delete(at(d, "components", "schemas", "Rest", "properties").(object), "state") },
		"required field SignUp.locale": func(d object) {
			o := at(d, "components", "schemas", "SignUp").(object)
			o["required"] = append(o["required"].([]any), "locale")
		},
		"removed value Trend worse": func(d object) {
			at(d, "components", "schemas", "Trend").(object)["enum"] = []any{"better", "same", "resolved"}
		},
		"narrower maximum ReportInput.erythema": func(d object) {
			at(d, "components", "schemas", "ReportInput", "properties", "erythema").(object)["maximum"] = 2.0
		},
		"changed type Rest.days_left": func(d object) {
			at(d, "components", "schemas", "Rest", "properties", "days_left").(object)["type"] = "string"
		},
		"removed header createReport 201 Location": func(d object) {
			delete(at(d, "paths", "/v1/reports", "post", "responses", "201", "headers").(object), "Location")
		},
	} {
		old, now := copied(t, newChecker(t).spec), copied(t, newChecker(t).spec)
		change(now)
		if got := breaks(old, now); !slices.Contains(got, name) {
			t.Errorf("%s is not found: %v", name, got)
		}
	}
	old, now := copied(t, newChecker(t).spec), copied(t, newChecker(t).spec)
	at(now, "components", "schemas", "Rest", "properties").(object)["more"] = object{"type": "string"}
	at(now, "paths").(object)["/v1/more"] = object{"get": object{"operationId": "more"}}
	if got := breaks(old, now); len(got) > 0 {
		t.Errorf("an addition breaks: %v", got)
	}
}
