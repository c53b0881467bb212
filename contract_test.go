package main

import (
	"encoding/json"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aftercare/jobs/push"
	"aftercare/models"
)

// TestTheContractNamesWhatIsServed: docs/contract.md names every path of the
// served document and every value of its closed sets, so that neither grows
// without the other.
func TestTheContractNamesWhatIsServed(t *testing.T) {
	contract, planned, found := strings.Cut(readFile(t, "docs/contract.md"), "\n## Planned\n")
	if !found {
		t.Fatal("the contract has no section Planned")
	}
	document := served(t)
	paths, _ := document["paths"].(map[string]any)
	for path := range paths {
		// Collections are described once, by their name.
		name := strings.TrimSuffix(path, "/{id}")
		if !strings.Contains(contract, name) {
			t.Errorf("docs/contract.md does not name %s", path)
		}
		if strings.Contains(planned, "`"+name+"`") {
			t.Errorf("docs/contract.md says that %s is planned, and it is there", path)
		}
	}
	values := closedSets(document, nil)
	if len(paths) < 20 || len(values) < 50 {
		t.Fatalf("only %d paths and %d values found: the document was not understood", len(paths), len(values))
	}
	for _, reason := range models.Reasons() {
		values = append(values, string(reason))
	}
	for _, value := range values {
		if !strings.Contains(contract, "`"+value+"`") && !strings.Contains(contract, `"`+value+`"`) {
			t.Errorf("docs/contract.md does not name the value %q", value)
		}
	}
}

// TestTheContractNamesWhatIsSent: docs/contract.md names every field that a
// body may hold.
func TestTheContractNamesWhatIsSent(t *testing.T) {
	named := map[string]bool{}
	for _, code := range regexp.MustCompile("(?s)```.*?```|`[^`]+`").FindAllString(readFile(t, "docs/contract.md"), -1) {
		for _, word := range regexp.MustCompile(`\w+`).FindAllString(code, -1) {
			named[word] = true
		}
	}
	sent := body{document: served(t), seen: map[string]bool{}, fields: map[string]bool{}}
	for _, operations := range sent.document["paths"].(map[string]any) {
		for _, operation := range operations.(map[string]any) {
			if operation, ok := operation.(map[string]any); ok {
				sent.read(operation["requestBody"])
			}
		}
	}
	if len(sent.fields) < 100 {
		t.Fatalf("only %d fields found: the document was not understood", len(sent.fields))
	}
	for field := range sent.fields {
		if !named[field] {
			t.Errorf("docs/contract.md does not name the field %s", field)
		}
	}
}

// body collects the fields that may be sent.
type body struct {
	document     map[string]any
	seen, fields map[string]bool
}

// read adds the fields below a part of the document.
func (b *body) read(part any) {
	switch part := part.(type) {
	case []any:
		for _, p := range part {
			b.read(p)
		}
	case map[string]any:
		ref, _ := part["$ref"].(string)
		if name := path.Base(ref); ref != "" && !b.seen[name] {
			b.seen[name] = true
			b.read(b.document["components"].(map[string]any)["schemas"].(map[string]any)[name])
		}
		properties, _ := part["properties"].(map[string]any)
		for name, p := range properties {
			if p.(map[string]any)["readOnly"] != true {
				b.fields[name] = true
				b.read(p)
			}
		}
		for key, p := range part {
			if !slices.Contains([]string{"properties", "example", "examples"}, key) {
				b.read(p)
			}
		}
	}
}

// served returns the document of the running program.
func served(t *testing.T) map[string]any {
	t.Helper()
	res, err := http.Get(serve(t, t.TempDir()).base + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var document map[string]any
	if err := json.NewDecoder(res.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	return document
}

// TestTheAPITakesEveryTransport: api and jobs do not know each other, and each
// has a list of them.
func TestTheAPITakesEveryTransport(t *testing.T) {
	schemas := served(t)["components"].(map[string]any)["schemas"].(map[string]any)
	forms := schemas["PushAddress"].(map[string]any)["discriminator"].(map[string]any)["mapping"].(map[string]any)
	taken := closedSets(schemas["Transport"], nil)
	for _, transport := range push.Transports() {
		if name := string(transport); !slices.Contains(taken, name) || forms[name] == nil {
			t.Errorf("the API has no form for an address of %s", name)
		}
	}
	if len(taken) != len(push.Transports()) || len(forms) != len(taken) {
		t.Errorf("the API takes %q, jobs/push sends over %q", taken, push.Transports())
	}
}

// closedSets returns the values of all enums below a part of the document.
func closedSets(part any, values []string) []string {
	switch part := part.(type) {
	case []any:
		for _, p := range part {
			values = closedSets(p, values)
		}
	case map[string]any:
		for key, p := range part {
			if key != "enum" {
				values = closedSets(p, values)
				continue
			}
			list, _ := p.([]any)
			for _, v := range list {
				if s, ok := v.(string); ok && !slices.Contains(values, s) {
					values = append(values, s)
				}
			}
		}
	}
	return values
}
