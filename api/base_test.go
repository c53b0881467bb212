package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"pgregory.net/rapid"
)

func TestServiceEndpoints(t *testing.T) {
	w := newWorld(t)
	w.want(200, w.call("GET", "/livez", nil))
	w.want(200, w.call("GET", "/readyz", nil))
	meta := w.want(200, w.call("GET", "/v1/meta", nil))
	if meta.body["server_time"] != "2026-11-25T09:00:00Z" || meta.body["vapid_public_key"] != "BTestKey" {
		t.Errorf("meta: %s", meta.raw)
	}
	rules, _ := w.want(200, w.call("GET", "/v1/knowledge", nil)).body["rules"].([]any)
	if len(rules) == 0 {
		t.Error("no rules in force")
	}
	if got := meta.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options: %q", got)
	}
	if got := meta.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control: %q", got)
	}
}

func TestDocsLoadNothingFromElsewhere(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/docs", "/docs/start.js", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"} {
		a := w.want(200, w.call("GET", path, nil))
		if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "http") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if path == "/docs" && bytes.Contains(a.raw, []byte("http")) {
			t.Errorf("the page names another host:\n%s", a.raw)
		}
		packed := w.call("GET", path, nil, "Accept-Encoding: gzip")
		if enc := packed.Header.Get("Content-Encoding"); strings.HasSuffix(path, "bundle.js") && enc != "gzip" {
			t.Errorf("%s is not sent packed: %q", path, enc)
		}
	}
	if spec := w.want(200, w.call("GET", "/openapi.json", nil)); spec.body["openapi"] != "3.1.0" {
		t.Errorf("openapi %v", spec.body["openapi"])
	}
}

func TestProblems(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, method, path string
		body               any
		headers            []string
		status             int
		code               string
	}{
		{"unknown path", "GET", "/v1/nothing", nil, nil, 404, "not-found"},
		{"wrong method", "PUT", "/v1/meta", nil, nil, 405, "method-not-allowed"},
		{"no token", "GET", "/v1/sessions", nil, nil, 401, "unauthorized"},
		{"wrong token", "GET", "/v1/sessions", nil, []string{"Authorization: Bearer nothing"}, 401, "unauthorized"},
		{"wrong scheme", "GET", "/v1/sessions", nil, []string{"Authorization: Basic bm90aGluZw=="}, 401, "unauthorized"},
		{"packed body", "POST", "/v1/sessions", "{}", []string{"Content-Encoding: gzip"}, 415, "unsupported-media-type"},
		{"body over the limit", "POST", "/v1/sessions", strings.Repeat("x", maxBody+1), nil, 413, "too-large"},
		{"large body of a stranger", "POST", "/v1/accounts", strings.Repeat("x", smallBody+1), nil, 413, "too-large"},
		{"large body with a wrong token", "POST", "/v1/sync", strings.Repeat("x", smallBody+1), []string{"Authorization: Bearer nothing"}, 413, "too-large"},
		{"headers of a browser", "GET", "/v1/sessions", nil, []string{"Cookie: " + strings.Repeat("x", 7<<10)}, 401, "unauthorized"},
		{"broken form", "POST", "/v1/accounts", "x", []string{"Content-Type: multipart/form-data; boundary=a"}, 415, "unsupported-media-type"},
		{"JSON Patch", "PATCH", "/v1/account", "[]", []string{"Content-Type: application/json-patch+json"}, 415, "unsupported-media-type"},
		{"unknown method", "PROPFIND", "/v1/sessions", nil, nil, 400, "malformed"},
		{"broken escape", "GET", "/v1/sessions/%zz", nil, nil, 401, "unauthorized"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := httptest.NewRequest(c.method, "/", nil)
			if s, ok := c.body.(string); ok {
				req = httptest.NewRequest(c.method, "/", strings.NewReader(s))
			}
			req.RequestURI = c.path // as it is, escaped or not
			for _, h := range c.headers {
				name, value, _ := strings.Cut(h, ": ")
				req.Header.Set(name, value)
			}
			a := w.send(req)
			if a.StatusCode != c.status || a.code() != c.code {
				t.Errorf("%d %s, want %d %s", a.StatusCode, a.raw, c.status, c.code)
			}
			if a.Header.Get("Request-Id") == "" || a.body["instance"] != c.path && c.name != "broken escape" {
				t.Errorf("without its request: %v %s", a.Header, a.raw)
			}
			if c.status == 405 && a.Header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if c.status == 401 && a.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Error("401 without WWW-Authenticate")
			}
		})
	}
}

// TestPanicsTellNothing: neither the answer nor the log holds the value of a
// panic, which may quote what a person wrote.
func TestPanicsTellNothing(t *testing.T) {
	w := newWorld(t)
	w.app.Get("/boom", func(*fiber.Ctx) error { panic("my scalp is red") })
	w.app.Get("/error", func(*fiber.Ctx) error { return errors.New("pq: relation missing") })
	for _, path := range []string{"/boom", "/error"} {
		a := w.want(500, w.call("GET", path, nil))
		if a.code() != "internal" || bytes.Contains(a.raw, []byte("scalp")) || bytes.Contains(a.raw, []byte("pq:")) {
			t.Errorf("%s answered %s", path, a.raw)
		}
		if id := a.Header.Get("Request-Id"); !strings.Contains(w.log.String(), id) {
			t.Errorf("%s: no log line under %s", path, id)
		}
	}
	if strings.Contains(w.log.String(), "scalp") {
		t.Error("the log holds the value of the panic")
	}
	if !strings.Contains(w.log.String(), "pq: relation missing") {
		t.Error("the log does not hold the error")
	}
}

func TestAccessLogNamesNobody(t *testing.T) {
	w := newWorld(t)
	w.call("GET", "/v1/sessions/secret-id-0001?cursor=abc", nil, "Authorization: Bearer secret-token", "X-Forwarded-For: 203.0.113.9")
	line := w.log.String()
	for _, secret := range []string{"secret-id", "cursor", "secret-token", "203.0.113.9", "0.0.0.0"} {
		if strings.Contains(line, secret) {
			t.Errorf("the log holds %q: %s", secret, line)
		}
	}
	if !strings.Contains(line, "/v1/sessions/:id") || !strings.Contains(line, "status=401") {
		t.Errorf("the log does not say what happened: %s", line)
	}
}

func TestCORSOnlyIfSet(t *testing.T) {
	if a := newWorld(t).call("GET", "/v1/meta", nil, "Origin: https://app.example.org"); a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("an origin is allowed by default")
	}
	w := newWorld(t, func(o *Options) { o.CORSOrigins = []string{"https://app.example.org"} })
	if a := w.call("GET", "/v1/meta", nil, "Origin: https://app.example.org"); a.Header.Get("Access-Control-Allow-Origin") != "https://app.example.org" {
		t.Error("the named origin is not allowed")
	}
	if a := w.call("GET", "/v1/meta", nil, "Origin: https://evil.example.org"); a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("another origin is allowed")
	}
	if _, err := New(Options{Now: w.clock.now, CORSOrigins: []string{"https://*.example.org"}}); err == nil {
		t.Error("a wildcard is accepted")
	}
}

// TestForwardedAddresses: only what a trusted proxy wrote is believed.
func TestForwardedAddresses(t *testing.T) {
	proxy := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32"), netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		name    string
		trusted []netip.Prefix
		headers []string
		want    string
	}{
		{"no proxy", nil, []string{"203.0.113.9"}, "0.0.0.0"},
		{"one proxy", proxy, []string{"203.0.113.9"}, "203.0.113.9"},
		{"a forged first hop", proxy, []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		{"two proxies", proxy, []string{"203.0.113.9, 10.1.2.3"}, "203.0.113.9"},
		{"two lines", proxy, []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		{"an address with its port", proxy, []string{"203.0.113.9:4711"}, "203.0.113.9"},
		{"IPv6 with its port", proxy, []string{"[2001:db8:1:2::7]:4711"}, "2001:db8:1:2::/64"},
		{"nonsense", proxy, []string{"unknown"}, "0.0.0.0"},
		{"IPv6 counts by network", proxy, []string{"2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::/64"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &server{Options: Options{TrustedProxies: c.trusted}}
			app := fiber.New()
			var got string
			app.Get("/", func(c *fiber.Ctx) error { got = s.sender(c); return nil })
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			for _, h := range c.headers {
				req.Header.Add("X-Forwarded-For", h)
			}
			if _, err := app.Test(req, -1); err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestLimiterCountsInWindows(t *testing.T) {
	c := &clock{at: start}
	l := newLimiter(c.now)
	limit := Limit{"test", 2, 60}
	for i, want := range []bool{true, true, false} {
		if _, ok := l.take(limit, "a", 1); ok != want {
			t.Errorf("use %d allowed: %v", i+1, ok)
		}
	}
	if _, ok := l.take(limit, "b", 1); !ok {
		t.Error("one person's use counts for another")
	}
	c.advance(61 * time.Second)
	if a, ok := l.take(limit, "a", 1); !ok || a.left != 1 {
		t.Errorf("the window did not end: %+v", a)
	}
}

// TestLimiterForgets: strangers cannot make it grow without bound, nor make it
// forget one that is younger than all of theirs, nor one of another limit.
func TestLimiterForgets(t *testing.T) {
	c := &clock{at: start}
	l := newLimiter(c.now)
	flood, other := Limit{"test", 1, 3600}, Limit{"other", 1, 3600}
	l.take(other, "mine", 1)
	for i := range 2 * maxWindows {
		if i == maxWindows+10 {
			l.take(flood, "mine", 1)
		}
		l.take(flood, strconv.Itoa(i), 1)
		if n := len(l.tables["test"].of); n > maxWindows {
			t.Fatalf("%d windows", n)
		}
	}
	for _, limit := range []Limit{flood, other} {
		if _, ok := l.take(limit, "mine", 1); ok {
			t.Errorf("%s forgot what was used up", limit.Name)
		}
	}
	c.advance(time.Hour)
	l.take(flood, "mine", 0)
	if n := len(l.tables["test"].of) + len(l.tables["test"].queue); n > 0 {
		t.Errorf("%d windows are left after their end", n)
	}
}

// TestFieldErrorsKeepSecrets: what a person typed is never given back.
func TestFieldErrorsKeepSecrets(t *testing.T) {
	type body struct {
		Password string `json:"password" minLength:"10"`
		Email    string `json:"email" format:"email"`
		Link     string `json:"link" format:"uri"`
		Kind     string `json:"kind" enum:"a,b"`
		Pain     int    `json:"pain" maximum:"10"`
	}
	r := huma.NewMapRegistry("#/", huma.DefaultSchemaNamer)
	schema := r.Schema(typeOf[body](), false, "")
	var res huma.ValidateResult
	huma.Validate(r, schema, huma.NewPathBuffer([]byte("body"), 4), huma.ModeWriteToServer, map[string]any{
		"password": "hunter2", "email": "hunter2@@", "link": "ht tp://hunter2\x7f", "kind": "hunter2", "pain": 11.0, "hunter2": "hunter2",
	}, &res)
	p := fromHuma(422, "validation failed", res.Errors...)
	raw, err := json.Marshal(p.Errors)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(raw), "hunter2"); n != 2 {
		t.Errorf("only the name of the unknown field and the enum may come back: %s", raw)
	}
	for _, e := range p.Errors {
		if e.Location == "body.pain" && e.Value != 11.0 {
			t.Errorf("a number is given back: %+v", e)
		}
	}
	var typed huma.ValidateResult
	huma.Validate(r, schema, huma.NewPathBuffer([]byte("body"), 4), huma.ModeWriteToServer, map[string]any{"password": 123456.0}, &typed)
	if raw, _ := json.Marshal(fromHuma(422, "", typed.Errors...)); strings.Contains(string(raw), "123456") {
		t.Errorf("a password typed as a number comes back: %s", raw)
	}
}

// TestReadOnlyFieldsOfAWrongFormAreNamed as anything else that is wrong is, and
// not by the structs of the server.
func TestReadOnlyFieldsOfAWrongFormAreNamed(t *testing.T) {
	p := newWorld(t).newPerson()
	p.report("report-01", 1, object{"erythema": 1})
	for _, c := range []struct {
		method, path, field string
		body                object
	}{
		{"PATCH", "/v1/account", "version", object{"version": "x"}},
		{"PATCH", "/v1/reports/report-01", "assessment.rules", object{"assessment": object{"rules": 7}}},
		{"PUT", "/v1/reports/report-01", "version", object{"observed_at": ago(time.Hour), "erythema": 1, "version": "x"}},
		{"PUT", "/v1/rollers/roller-01", "uses", object{"uses": "many"}},
	} {
		a := p.want(422, p.do(c.method, c.path, c.body))
		faults, _ := a.body["errors"].([]any)
		if len(faults) != 1 || text(faults[0], "location") != "body."+c.field || text(faults[0], "message") != "has the wrong form" {
			t.Errorf("%s %s %v: %s", c.method, c.path, c.body, a.raw)
		}
	}
}

func TestUnmarshalRefusesWhatWouldSlipPastValidation(t *testing.T) {
	for body, want := range map[string]error{
		`{"a":1,"a":2}`:                 errAmbiguous,
		`{"a":{"b":1,"b":null}}`:        errAmbiguous,
		`[{"a":1},{"a":2}]`:             nil,
		`{"a":"x\u0000y"}`:              errNUL,
		`{"a\u0000":1}`:                 errNUL,
		`{"a":"say \"b\": c \\","d":1}`: nil,
		`{"a":":","b":["::",{"c":0}]}`:  nil,
	} {
		var v any
		if err := unmarshal([]byte(body), &v); !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", body, err, want)
		}
	}
}

// TestMembersAreCountedRight: for any JSON without a repeated key the count by
// colons is that of the tree.
func TestMembersAreCountedRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw, err := json.Marshal(anyJSON(3).Draw(t, "json"))
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := unmarshal(raw, &v); err != nil && !errors.Is(err, errNUL) {
			t.Fatalf("%s: %v", raw, err)
		}
	})
}

func anyJSON(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.String().AsAny(), rapid.Float64Range(-1e9, 1e9).AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil),
		rapid.SampledFrom([]string{"", ":", `"`, `\`, `":`, "\\\"", "2026-11-25T09:00:00Z", "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "not_sure"}).AsAny(),
		rapid.Int64().AsAny(),
	)
	if depth == 0 {
		return leaf
	}
	return rapid.OneOf(leaf,
		rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return anyJSON(depth - 1) }), 0, 4).AsAny(),
		rapid.MapOfN(rapid.String(), rapid.Deferred(func() *rapid.Generator[any] { return anyJSON(depth - 1) }), 0, 4).AsAny(),
	)
}

// TestMergeIsRFC7396 holds the examples of appendix A.
func TestMergeIsRFC7396(t *testing.T) {
	for _, c := range [][3]string{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`["a","b"]`, `["c","d"]`, `["c","d"]`},
		{`{"a":"b"}`, `["c"]`, `["c"]`},
		{`{"a":"foo"}`, `null`, `null`},
		{`{"e":null}`, `{"a":1}`, `{"a":1,"e":null}`},
		{`[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
	} {
		var target, patch any
		if err := errors.Join(json.Unmarshal([]byte(c[0]), &target), json.Unmarshal([]byte(c[1]), &patch)); err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(merge(target, patch)); string(got) != c[2] {
			t.Errorf("%s + %s = %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestETags(t *testing.T) {
	for tag, want := range map[string]int64{
		`"v3"`: 3, ` "v12" `: 12, `W/"v3"`: noVersion, `v3`: noVersion, `"3"`: noVersion, `"v0"`: noVersion,
		`"v-1"`: noVersion, `"v3", "v4"`: noVersion, `*`: noVersion, `"v99999999999999999999"`: noVersion,
	} {
		if got := parseETag(tag); got != want {
			t.Errorf("%s: %d, want %d", tag, got, want)
		}
	}
}
