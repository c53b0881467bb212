package api

import (
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

var update = flag.Bool("update", false, "write the answers of the played story into examples.json")

// TestDocumentIsComplete: every operation has a summary, its problems, and
// examples of what is sent and answered.
func TestDocumentIsComplete(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	for _, op := range w.operations() {
		name := op.Method + " " + op.Path
		if op.Summary == "" || op.Description == "" || seen[op.OperationID] {
			t.Errorf("%s: summary %q, description %q, id %q", name, op.Summary, op.Description, op.OperationID)
		}
		seen[op.OperationID] = true
		problems := 0
		for status, res := range op.Responses {
			if status >= "400" && res.Content["application/problem+json"] != nil {
				problems++
			}
			if media := res.Content["application/json"]; media != nil && status < "300" && status != "201" && media.Example == nil && op.Responses["201"] == nil {
				t.Errorf("%s: no example of what %s answers", name, status)
			}
		}
		if problems == 0 {
			t.Errorf("%s: its problems are not told", name)
		}
		if op.RequestBody != nil {
			for _, media := range op.RequestBody.Content {
				if media.Example == nil {
					t.Errorf("%s: no example of what is sent", name)
				}
			}
		}
	}
	if len(seen) < 50 {
		t.Errorf("only %d operations", len(seen))
	}
	for id := range explanations {
		if !seen[id] {
			t.Errorf("an explanation of %s, which there is not", id)
		}
	}
}

// TestExamplesValidate holds every example of the document against its schema,
// those of errors as well.
func TestExamplesValidate(t *testing.T) {
	c := newChecker(t)
	checked := 0
	var walk func(node any, place []string)
	walk = func(node any, place []string) {
		o, _ := node.(object)
		if example, found := o["example"]; found && o["schema"] != nil {
			checked++
			if err := c.conform(encoded(t, example), append(place, "schema")...); err != nil {
				t.Errorf("the example at %v: %v", place, err)
			}
			return
		}
		for name, inner := range o {
			walk(inner, append(slices.Clone(place), name))
		}
	}
	walk(c.spec["paths"], []string{"paths"})
	if checked < 300 {
		t.Errorf("only %d examples", checked)
	}
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func exampleList(t *testing.T) []example {
	t.Helper()
	var list []example
	if err := json.Unmarshal(exampleFile, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestExamplesPlay plays the examples as the page shows them, from top to
// bottom, each with the id that the page fills in: every one answers as it
// says. With -update the answers go into the file.
func TestExamplesPlay(t *testing.T) {
	w := newWorld(t)
	if now := w.clock.now().Format(time.RFC3339); now != examplesAt {
		t.Fatalf("it is %s, and in the examples %s", now, examplesAt)
	}
	list := exampleList(t)
	ops := w.operations()
	p := &person{world: w}
	for i, op := range ops {
		if name := op.Method + " " + op.Path; i >= len(list) || list[i].Operation != name {
			t.Fatalf("example %d is not that of %s: the examples stand in the order of the page", i, name)
		}
		e := list[i]
		a := p.do(op.Method, p.prefilled(op), e.Request)
		if a.StatusCode != e.Status || a.StatusCode >= 300 {
			t.Fatalf("%s: %d, want %d: %s", e.Operation, a.StatusCode, e.Status, a.raw)
		}
		if op.OperationID == "signUp" {
			p = w.signedIn(a)
		}
		if e.Response != nil && !*update {
			sameShape(t, e.Operation, e.Response, a)
		}
		if len(a.raw) > 0 {
			list[i].Response = shortened(e.Operation, a.body)
			if a.body == nil && json.Valid(a.raw) { // a list
				list[i].Response = json.RawMessage(a.raw)
			}
		}
	}
	if *update {
		writeExamples(t, list)
	}
}

// prefilled is the path with the example of the page, or with an id from the
// list above where the server makes the ids.
func (p *person) prefilled(op *huma.Operation) string {
	p.Helper()
	path := op.Path
	for _, param := range op.Parameters {
		if param.In != "path" {
			continue
		}
		id, _ := param.Example.(string)
		if id == "" {
			id = p.listedID(op.Path)
		}
		path = strings.Replace(path, "{"+param.Name+"}", id, 1)
	}
	return path
}

// listedID is an id to try an operation with that only the server knows.
func (p *person) listedID(path string) string {
	p.Helper()
	collection, _, _ := strings.Cut(path, "/{id}")
	rows := p.do("GET", collection, nil).items()
	switch {
	case strings.HasSuffix(path, "/calm"):
		rows = slices.DeleteFunc(rows, func(o object) bool { return o["one_tap"] != true || o["state"] != "scheduled" })
	case path == "/v1/reminders/{id}/acknowledgement":
		rows = slices.DeleteFunc(rows, func(o object) bool { return o["state"] != "acknowledged" })
	case collection == "/v1/reminders": // one that can be snoozed, and acknowledged then
		rows = slices.DeleteFunc(rows, func(o object) bool { return o["state"] != "due" && o["state"] != "snoozed" || o["kind"] == "warning" })
	}
	if len(rows) == 0 {
		p.Fatalf("%s: nothing to play with", path)
	}
	return text(rows[0], "id")
}

// sameShape fails when an example answers other fields than the server does.
func sameShape(t *testing.T, name string, want any, a answer) {
	t.Helper()
	shown, _ := want.(object)
	for field := range shown {
		if _, ok := a.body[field]; !ok {
			t.Errorf("%s: the example answers %s, the server does not (go test ./api -run ExamplesPlay -update)", name, field)
		}
	}
	for field := range a.body {
		if _, ok := shown[field]; !ok {
			t.Errorf("%s: the server answers %s, the example does not (go test ./api -run ExamplesPlay -update)", name, field)
		}
	}
}

// shortened keeps the document readable: two rows of a list, or two of many
// words, are an example.
func shortened(name string, body object) object {
	if tables, ok := body["changes"].(object); ok {
		for _, table := range tables {
			if rows, _ := table.(object)["updated"].([]any); len(rows) > 1 {
				table.(object)["updated"] = rows[:1]
			}
		}
	}
	for field, v := range body {
		if list, ok := v.([]any); ok && len(list) > 2 && (field == "items" || field == "changes" || field == "documents" || name == "GET /v1/knowledge" || name == "GET /v1/catalogue" || name == "GET /v1/statistics" || strings.HasSuffix(name, "/export")) {
			body[field] = list[:2]
		}
		if words, ok := v.(object); ok && name == "GET /v1/catalogue" && len(words) > 6 {
			for _, key := range slices.Sorted(maps.Keys(words))[2:] {
				delete(words, key)
			}
		}
	}
	return body
}

func writeExamples(t *testing.T, list []example) {
	var b strings.Builder
	b.WriteString("[\n")
	for i, e := range list {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("  " + string(raw))
		if i < len(list)-1 {
			b.WriteString(",")
		}
		b.WriteString("\n")
	}
	b.WriteString("]\n")
	if err := os.WriteFile("examples.json", []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestEveryOperationNeedsASignIn but those that cannot.
func TestEveryOperationNeedsASignIn(t *testing.T) {
	w := newWorld(t)
	open := []string{"GET /livez", "GET /readyz", "GET /v1/meta", "GET /v1/knowledge", "GET /v1/catalogue", "POST /v1/accounts", "POST /v1/devices"}
	for _, op := range w.operations() {
		name := op.Method + " " + op.Path
		path := strings.NewReplacer("{id}", "row-0001", "{purpose}", "push", "{collection}", "reports").Replace(op.Path)
		a := w.call(op.Method, path, nil)
		if slices.Contains(open, name) == (a.StatusCode == http.StatusUnauthorized) {
			t.Errorf("%s without a token: %s", name, strconv.Itoa(a.StatusCode))
		}
	}
}
