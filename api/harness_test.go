package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"aftercare/models"
	"aftercare/models/storetest"
)

// start is when the clock of a test begins: a Wednesday morning.
var start = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// clock is moved by the test alone.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is an API on a store of its own, with what it logged.
type world struct {
	testing.TB
	app   *fiber.App
	api   huma.API
	clock *clock
	store *models.Store
	log   *bytes.Buffer
}

// newWorld starts an API on SQLite; set changes its options.
func newWorld(t testing.TB, set ...func(*Options)) *world {
	t.Helper()
	return openWorld(t, storetest.SQLite(t), set...)
}

func openWorld(t testing.TB, database string, set ...func(*Options)) *world {
	t.Helper()
	w := &world{TB: t, clock: &clock{at: start}, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(&lockedWriter{w: w.log}, nil))
	store, err := models.Open(context.Background(), models.Options{Database: database, Now: w.clock.now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	o := Options{
		Store: store, Log: log, Now: w.clock.now, VAPIDPublicKey: "BTestKey",
		CheckPush: func(_ string, a *models.PushAddress) []models.FieldError {
			if strings.HasPrefix(a.Endpoint, "http:") {
				return []models.FieldError{{Location: "body.endpoint", Message: "must be an https URL"}}
			}
			return nil
		},
		Ready: func(context.Context) Readiness { return Readiness{Ready: true, Database: "ok", Migrations: "ok"} },
	}
	for _, f := range set {
		f(&o)
	}
	w.store = store
	s, app, err := build(o)
	if err != nil {
		t.Fatal(err)
	}
	w.app, w.api = app, s.api
	return w
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// answer is what came back.
type answer struct {
	*http.Response
	raw  []byte
	body map[string]any
}

func (a answer) code() string { s, _ := a.body["code"].(string); return s }

// call sends one request; headers are "Name: value". A body that is not a
// string is encoded. Every answer is held against the OpenAPI document.
func (w *world) call(method, target string, body any, headers ...string) answer {
	w.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			w.Fatal(err)
		}
		reader = bytes.NewReader(raw)
	}
	req := httptest.NewRequest(method, target, reader)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	return w.send(req)
}

func (w *world) send(req *http.Request) answer {
	w.Helper()
	res, err := w.app.Test(req, -1)
	if err != nil {
		w.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	a := answer{Response: res}
	if a.raw, err = io.ReadAll(res.Body); err != nil {
		w.Fatal(err)
	}
	_ = json.Unmarshal(a.raw, &a.body) // not every answer is an object
	w.hold(req, a)
	return a
}

// want fails unless the status is the expected one.
func (w *world) want(status int, a answer) answer {
	w.Helper()
	if a.StatusCode != status {
		w.Fatalf("status %d, want %d: %s", a.StatusCode, status, a.raw)
	}
	return a
}

// hold checks an answer against the OpenAPI document, and every problem
// against what every problem must have.
func (w *world) hold(req *http.Request, a answer) {
	w.Helper()
	if a.Header.Get("Request-Id") == "" {
		w.Errorf("%s %s: no Request-Id", req.Method, req.URL.Path)
	}
	if a.StatusCode >= 400 && a.Header.Get("Content-Type") == "application/problem+json" {
		for _, field := range []string{"type", "title", "status", "code", "instance", "request_id"} {
			if a.body[field] == nil {
				w.Errorf("%s %s: problem without %s: %s", req.Method, req.URL.Path, field, a.raw)
			}
		}
	}
	op := w.operation(req.Method, req.URL.Path)
	if op == nil {
		return
	}
	res := op.Responses[strconv.Itoa(a.StatusCode)]
	if res == nil && op.RequestBody == nil && req.ContentLength > 0 {
		return // a body where none is wanted may be too large, or no JSON
	}
	if res == nil {
		w.Errorf("%s %s answered %d, which the document does not name: %s", req.Method, op.Path, a.StatusCode, a.raw)
		return
	}
	media, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	if content := res.Content[media]; content != nil && content.Schema != nil {
		if errs := w.conform(content.Schema, huma.ModeReadFromServer, a.raw); len(errs) > 0 {
			w.Errorf("%s %s %d does not hold to its schema: %v\n%s", req.Method, op.Path, a.StatusCode, errs, a.raw)
		}
	} else if len(a.raw) > 0 {
		w.Errorf("%s %s %d: a %q body that the document does not name", req.Method, op.Path, a.StatusCode, media)
	}
}

func (w *world) conform(schema *huma.Schema, mode huma.ValidateMode, raw []byte) []error {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return []error{err}
	}
	var res huma.ValidateResult
	huma.Validate(w.api.OpenAPI().Components.Schemas, schema, huma.NewPathBuffer(nil, 0), mode, v, &res)
	return res.Errors
}

// operation finds the documented operation of a request, nil for none.
func (w *world) operation(method, path string) *huma.Operation {
	var best *huma.Operation
	for _, op := range w.operations() {
		if op.Method == method && matches(op.Path, path) && (best == nil || strings.Count(op.Path, "{") < strings.Count(best.Path, "{")) {
			best = op
		}
	}
	return best
}

func matches(pattern, path string) bool {
	p, q := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(p) != len(q) {
		return false
	}
	for i := range p {
		if p[i] != q[i] && !strings.HasPrefix(p[i], "{") {
			return false
		}
	}
	return true
}

// operations are all of the document.
func (w *world) operations() []*huma.Operation {
	var out []*huma.Operation
	for _, item := range w.api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
			if op != nil {
				out = append(out, op)
			}
		}
	}
	return out
}
