package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
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
	// anySchema lets answers hold what a phone has sent, whatever it was.
	anySchema bool
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
	if encoding := a.Header.Get("Content-Encoding"); encoding != "" {
		plain := a
		plain.raw = unpacked(w, encoding, a.raw)
		w.hold(req, plain)
		return a
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
	if a.StatusCode >= 400 && req.Method != http.MethodHead && a.Header.Get("Content-Type") == "application/problem+json" {
		for _, field := range []string{"type", "title", "status", "detail", "code", "instance", "request_id"} {
			if a.body[field] == nil {
				w.Errorf("%s %s: problem without %s: %s", req.Method, req.URL.Path, field, a.raw)
			}
		}
	}
	if !w.anySchema {
		newChecker(w).hold(w, req, a)
	}
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

// operations are all of the document, in the order of the page.
func (w *world) operations() []*huma.Operation {
	var out []*huma.Operation
	for _, item := range w.api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
			if op != nil {
				out = append(out, op)
			}
		}
	}
	slices.SortFunc(out, func(a, b *huma.Operation) int {
		return cmp.Or(cmp.Compare(group(a), group(b)), cmp.Compare(a.Extensions["x-order"].(int), b.Extensions["x-order"].(int)))
	})
	return out
}

// group is where the page shows an operation.
func group(op *huma.Operation) int {
	return slices.IndexFunc(tags, func(t *huma.Tag) bool { return t.Name == op.Tags[0] })
}

// advanceAll does what the jobs would do now.
func (w *world) advanceAll() {
	w.Helper()
	due, err := w.store.DueAccounts(w.Context(), 100)
	if err != nil || len(due) == 0 {
		w.Fatalf("nobody is due: %v", err)
	}
	for _, d := range due {
		if err := w.store.Advance(w.Context(), d); err != nil {
			w.Fatal(err)
		}
	}
}
