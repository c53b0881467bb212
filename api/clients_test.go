package api

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clientTime bounds one tool: generating and compiling takes a minute on a
// busy machine.
const clientTime = 9 * time.Minute

// tool runs a command in a directory and returns what it printed.
func tool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clientTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// needsNode skips without the npm packages.
func needsNode(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("clienttest/node_modules/.package-lock.json"); err != nil {
		t.Skip("NOT TESTED: the npm packages are missing. Run: make deps")
	}
}

// writeDocument stores the document as a server at this address serves it.
func writeDocument(t *testing.T, path, url string) []byte {
	t.Helper()
	s, _, err := build(Options{PublicURL: url})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := s.specification()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return raw
}

// listening serves an API at an address of its own.
func listening(t testing.TB) string {
	t.Helper()
	return newWorld(t).listen()
}

// listen serves this API at an address.
func (w *world) listen() string {
	t := w.TB
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- w.app.Listener(l) }()
	t.Cleanup(func() {
		if err := w.app.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// TestClientLinters: neither linter finds anything; of OWASP's rules those are
// held that clienttest/owasp.yaml does not turn off with a reason.
func TestClientLinters(t *testing.T) {
	needsNode(t)
	spec := filepath.Join(t.TempDir(), "openapi.json")
	writeDocument(t, spec, "https://aftercare.example.org")
	for _, rules := range []string{"spectral.yaml", "owasp.yaml"} {
		tool(t, "clienttest", "npx", "spectral", "lint", "--fail-severity", "hint", "-r", rules, spec)
	}
	out := tool(t, "clienttest", "npx", "redocly", "lint", "--extends", "recommended", "--format", "json", spec)
	if !strings.Contains(out, `"errors": 0`) || !strings.Contains(out, `"warnings": 0`) {
		t.Errorf("redocly: %s", out)
	}
}

const conversation = "same_day|blocked|acknowledged|active|cleared"

func TestClientInTypeScript(t *testing.T) {
	needsNode(t)
	dir := t.TempDir()
	spec := filepath.Join(dir, "openapi.json")
	writeDocument(t, spec, "https://aftercare.example.org")
	tool(t, "clienttest", "npx", "openapi-typescript", spec, "-o", "schema.d.ts")
	out, err := filepath.Abs("clienttest/node_modules/.cache/conversation")
	if err != nil {
		t.Fatal(err)
	}
	tool(t, "clienttest", "npx", "tsc", "-p", ".", "--outDir", out)
	if said := tool(t, "clienttest", "node", filepath.Join(out, "conversation.js"), listening(t)); !strings.Contains(said, conversation) {
		t.Errorf("the conversation ends with %s", said)
	}
}

// TestClientsInGo generates anew only if the document has changed.
func TestClientsInGo(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED with -short: generating and compiling the Go clients takes a minute")
	}
	const dir, seen = "clienttest/gen", "clienttest/gen/openapi.json"
	before, _ := os.ReadFile(seen) // none: the first time
	if string(before) != string(writeDocument(t, filepath.Join(t.TempDir(), "openapi.json"), "https://aftercare.example.org")) {
		generate(t, dir, seen)
	}
	base := listening(t)
	for _, client := range []string{"./cmd/oapi", "./cmd/ogen"} {
		if said := tool(t, dir, "go", "run", client, base); !strings.Contains(said, conversation) {
			t.Errorf("%s ends with %s", client, said)
		}
	}
}

func generate(t *testing.T, dir, seen string) {
	t.Helper()
	for _, made := range []string{"oapi", "ogenclient"} {
		if err := os.MkdirAll(filepath.Join(dir, made), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	spec, err := filepath.Abs(filepath.Join(t.TempDir(), "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	writeDocument(t, spec, "https://aftercare.example.org")
	tool(t, dir, "go", "tool", "oapi-codegen", "-config", "oapi-codegen.yaml", spec)
	tool(t, dir, "go", "tool", "ogen", "--target", "ogenclient", "--package", "ogenclient", "--config", "ogen.yaml", "--clean", spec)
	writeDocument(t, seen, "https://aftercare.example.org") // last: what is half made is made again
}
