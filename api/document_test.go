package api

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

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
		if op.Summary == "" || seen[op.OperationID] {
			t.Errorf("%s: summary %q, id %q", name, op.Summary, op.OperationID)
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
	for name := range explanations {
		if !slices.ContainsFunc(exampleList(t), func(e example) bool { return e.Operation == name }) {
			t.Errorf("an explanation of %s, which there is not", name)
		}
	}
}

// TestExamplesValidate holds every example against its schema.
func TestExamplesValidate(t *testing.T) {
	w := newWorld(t)
	for _, op := range w.operations() {
		name := op.Method + " " + op.Path
		if op.RequestBody != nil {
			for _, media := range op.RequestBody.Content {
				if errs := w.conform(media.Schema, huma.ModeWriteToServer, encoded(t, media.Example)); len(errs) > 0 {
					t.Errorf("%s request: %v", name, errs)
				}
			}
		}
		for status, res := range op.Responses {
			media := res.Content["application/json"]
			if media == nil || media.Example == nil {
				continue
			}
			if errs := w.conform(media.Schema, huma.ModeReadFromServer, encoded(t, media.Example)); len(errs) > 0 {
				t.Errorf("%s %s: %v", name, status, errs)
			}
		}
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

// TestExamplesPlay plays the examples in their order as one story, each
// answered as it says. With -update the answers go into the file.
func TestExamplesPlay(t *testing.T) {
	w := newWorld(t)
	list := exampleList(t)
	p := &person{world: w}
	ids := map[string]string{}
	played := map[string]bool{}
	for i, e := range list {
		a := p.playExample(e, ids)
		if a.StatusCode != e.Status {
			t.Fatalf("%s: %d, want %d: %s", e.Operation, a.StatusCode, e.Status, a.raw)
		}
		played[e.Operation] = true
		if e.Operation == "POST /v1/accounts" {
			p = w.signedIn(a)
		}
		if token := text(a.body, "token"); token != "" {
			p.token = token
		}
		if e.Response != nil && !*update {
			sameShape(t, e.Operation, e.Response, a)
		}
		if len(a.raw) > 0 {
			list[i].Response = shortened(e.Operation, a.body)
		}
	}
	for _, op := range w.operations() {
		if !played[op.Method+" "+op.Path] {
			t.Errorf("%s %s has no example", op.Method, op.Path)
		}
	}
	if *update {
		writeExamples(t, list)
	}
}

// playExample fills in the ids that the server made.
func (p *person) playExample(e example, ids map[string]string) answer {
	p.Helper()
	method, path, _ := strings.Cut(e.Operation, " ")
	collection := strings.Split(strings.TrimPrefix(path, "/v1/"), "/")[0]
	switch collection {
	case "rollers", "sessions", "reports", "progress":
		ids[collection] = "0198f2c4-7d2e-7000-8000-3b1c5a9e4f10"
	case "devices":
		ids[collection] = "current"
		if e.Operation == "DELETE /v1/devices/{id}" {
			all := p.do("GET", "/v1/devices", nil).items()
			ids[collection] = text(all[len(all)-1], "id")
		}
	default:
		if calm := strings.HasSuffix(path, "/calm"); strings.Contains(path, "{id}") && (ids[collection] == "" || calm) {
			rows := p.do("GET", "/v1/"+collection, nil).items()
			if calm {
				rows = slices.DeleteFunc(rows, func(o object) bool { return o["one_tap"] != true || o["state"] != "scheduled" })
			} else if collection == "reminders" { // what can be put off is due
				rows = slices.DeleteFunc(rows, func(o object) bool { return o["state"] != "due" || o["kind"] == "warning" })
			}
			if len(rows) == 0 {
				p.Fatalf("%s: nothing to play with", e.Operation)
			}
			ids[collection] = text(rows[0], "id")
		}
	}
	path = strings.NewReplacer("{id}", ids[collection], "{purpose}", "push").Replace(path)
	return p.do(method, path, e.Request)
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

// shortened keeps the document readable: two rows of a list are an example.
func shortened(name string, body object) object {
	for field, v := range body {
		if list, ok := v.([]any); ok && len(list) > 2 && (field == "items" || name == "GET /v1/knowledge" || strings.HasSuffix(name, "/export")) {
			body[field] = list[:2]
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
	open := []string{"GET /livez", "GET /readyz", "GET /v1/meta", "GET /v1/knowledge", "POST /v1/accounts", "POST /v1/devices"}
	for _, op := range w.operations() {
		name := op.Method + " " + op.Path
		path := strings.NewReplacer("{id}", "row-0001", "{purpose}", "push").Replace(op.Path)
		a := w.call(op.Method, path, nil)
		if slices.Contains(open, name) == (a.StatusCode == http.StatusUnauthorized) {
			t.Errorf("%s without a token: %s", name, strconv.Itoa(a.StatusCode))
		}
	}
}
