package main

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// browserPatience is how long a flow in the browser may take on a busy machine, and
// browserGrace how long it may take then to say where it stood.
const (
	browserPatience = 10 * time.Minute
	browserGrace    = 20 * time.Second
)

// inBrowsers are the flows that Chromium plays against the real server.
var inBrowsers = map[string]string{
	"flow.mjs":       "from the first start to a warning that is answered and taken back, and a red flag offline",
	"offline.mjs":    "a month offline in two tabs: few requests, both versions of a conflict, the same rows on both sides",
	"doctor.mjs":     "a page for the doctor and a calendar address: made, copied, opened elsewhere, ended",
	"keyboard.mjs":   "the first session and check-in without a mouse, at 400 % zoom",
	"phones.mjs":     "pushes through the browser's own protocol, a second browser, an erased account",
	"everywhere.mjs": "every screen, in each look and offline: axe, its width, a silent console",
	"photos.mjs":     "no picture leaves the phone",
	"docs.mjs":       "/docs is quiet and closed at first, keeps the token, and every example is answered with success as the page has filled it in, at the real time",
}

func TestInBrowser(t *testing.T) {
	t.Parallel()
	for script, what := range inBrowsers {
		t.Run(script, func(t *testing.T) {
			t.Parallel() // a browser waits much of its time
			t.Log(what)
			s := servePlain(t, t.TempDir())
			inBrowser(t, s.base, script)
		})
	}
}

// inBrowser runs one script of app/e2e, or skips where its tools are missing.
func inBrowser(t *testing.T, base, script string) {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err == nil {
		_, err = exec.LookPath("node")
	}
	if err == nil {
		_, err = os.Stat("app/node_modules/.package-lock.json")
	}
	if err != nil {
		t.Skip("needs Chromium and the app's packages, make deps installs them:", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), browserPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "app/e2e/"+script)
	cmd.Env = append(os.Environ(), "BASE_URL="+base, "CHROMIUM="+chromium)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it ends its browser, and what waits for that fails
	cmd.WaitDelay = browserGrace
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", script, err, out)
	}
}
