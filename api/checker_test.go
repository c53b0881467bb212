package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// checker holds answers against the OpenAPI document as it is served, with a
// validator that shares no code with the server.
type checker struct {
	spec    object
	mu      sync.Mutex
	schemas *jsonschema.Compiler
	known   map[string]*jsonschema.Schema
}

const specURL = "https://example.org/openapi.json"

var theChecker = sync.OnceValues(func() (*checker, error) {
	s, _, err := build(Options{})
	if err != nil {
		return nil, err
	}
	raw, err := s.specification()
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	spec, _ := doc.(object)
	return &checker{spec: spec, schemas: c, known: map[string]*jsonschema.Schema{}}, c.AddResource(specURL, doc)
})

func newChecker(t testing.TB) *checker {
	t.Helper()
	c, err := theChecker()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// schema compiles the one at a place of the document.
func (c *checker) schema(place ...string) (*jsonschema.Schema, error) {
	pointer := "#"
	for _, p := range place {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(p)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.known[pointer]; s != nil {
		return s, nil
	}
	s, err := c.schemas.Compile(specURL + pointer)
	if err == nil {
		c.known[pointer] = s
	}
	return s, err
}

// conform holds JSON against the schema at a place of the document.
func (c *checker) conform(raw []byte, place ...string) error {
	s, err := c.schema(place...)
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// path finds the documented path of a request, "" for none.
func (c *checker) path(path string) string {
	best := ""
	paths, _ := c.spec["paths"].(object)
	for p := range paths {
		if matches(p, path) && (best == "" || strings.Count(p, "{") < strings.Count(best, "{")) {
			best = p
		}
	}
	return best
}

// undocumentedHeaders are those that every HTTP answer may have.
var undocumentedHeaders = map[string]bool{
	"Content-Type": true, "Content-Length": true, "Date": true, "Cache-Control": true, "Content-Security-Policy": true,
	"Referrer-Policy": true, "X-Content-Type-Options": true, "Vary": true, "Content-Encoding": true,
}

// hold checks an answer against the document: status, type, headers, body.
func (c *checker) hold(t testing.TB, req *http.Request, a answer) {
	t.Helper()
	method, path := req.Method, c.path(req.URL.Path)
	if method == http.MethodHead {
		method = http.MethodGet
	}
	op, _ := at(c.spec, "paths", path, strings.ToLower(method)).(object)
	if op == nil {
		return
	}
	status := strconv.Itoa(a.StatusCode)
	res, _ := at(op, "responses", status).(object)
	if res == nil && op["requestBody"] == nil && req.ContentLength > 0 {
		return // a body where none is wanted may be too large, or no JSON
	}
	if res == nil {
		t.Errorf("%s %s answered %s, which the document does not name: %s", method, path, status, a.raw)
		return
	}
	documented, _ := res["headers"].(object)
	for name := range a.Header {
		if !undocumentedHeaders[name] && !strings.HasPrefix(name, "Access-Control-") && !hasHeader(documented, name) {
			t.Errorf("%s %s %s has the header %s, which the document does not name", method, path, status, name)
		}
	}
	media, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	switch content := at(res, "content", media); {
	case len(a.raw) == 0, media == eventsType && content != nil:
	case content == nil:
		t.Errorf("%s %s %s: a %q body that the document does not name", method, path, status, media)
	default:
		if err := c.conform(a.raw, "paths", path, strings.ToLower(method), "responses", status, "content", media, "schema"); err != nil {
			t.Errorf("%s %s %s does not hold to its schema: %v\n%s", method, path, status, err, a.raw)
		}
	}
}

func hasHeader(documented object, name string) bool {
	for d := range documented {
		if strings.EqualFold(d, name) {
			return true
		}
	}
	return false
}

// accepts says whether the document accepts a body.
func (c *checker) accepts(method, path string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	media := jsonType
	if method == http.MethodPatch {
		media = patchType
	}
	return c.conform(raw, "paths", path, strings.ToLower(method), "requestBody", "content", media, "schema")
}
