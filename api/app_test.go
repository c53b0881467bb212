package api

import (
	"regexp"
	"strings"
	"testing"
)

// TestApp: a browser is led to the app; each of its paths is its page, under a
// policy that lets nothing inline and nothing foreign run.
func TestApp(t *testing.T) {
	w := newWorld(t)
	if a := w.want(302, w.call("GET", "/", nil, "Accept: text/html,application/xhtml+xml")); a.Header.Get("Location") != "/app" {
		t.Errorf("a browser is led to %q", a.Header.Get("Location"))
	}
	page := w.want(200, w.call("GET", "/app", nil))
	for _, path := range []string{"/app", "/app/check-in", "/app/warnings/0198f2c4"} {
		a := w.want(200, w.call("GET", path, nil))
		policy := a.Header.Get("Content-Security-Policy")
		if string(a.raw) != string(page.raw) || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
			t.Errorf("%s: %d bytes under %q", path, len(a.raw), policy)
		}
		if a.Header.Get("Cache-Control") != "no-cache" || a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: kept by %q, cookie %q", path, a.Header.Get("Cache-Control"), a.Header.Get("Set-Cookie"))
		}
	}
	w.want(404, w.call("GET", "/app/assets/gone-1234.js", nil))
	script := regexp.MustCompile(`/app/assets/[^"]+\.js`).Find(page.raw)
	for _, encoding := range []string{"", "br", "gzip"} {
		a := w.want(200, w.call("GET", string(script), nil, "Accept-Encoding: "+encoding))
		if a.Header.Get("Content-Encoding") != encoding || a.Header.Get("Cache-Control") != keptForever || a.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("%s as %q: %v", script, encoding, a.Header)
		}
	}
	if a := w.want(200, w.call("GET", "/app/sw.js", nil)); a.Header.Get("Cache-Control") != "no-cache" || a.Header.Get("Service-Worker-Allowed") != "/app" {
		t.Errorf("the worker: %v", a.Header)
	}
}
