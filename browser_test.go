package main

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

// browserPatience is how long a flow in the browser may take on a busy machine.
const browserPatience = 5 * time.Minute

// TestAppInBrowser plays the app in Chromium against the real server: from the
// first start to a warning that is answered, and offline with two tabs.
func TestAppInBrowser(t *testing.T) {
	s := servePlain(t, t.TempDir())
	inBrowser(t, s.base, "flow.mjs")
}

// TestPhonesInBrowser delivers pushes to Chromium through its own protocol, pairs
// a second browser and erases the account.
func TestPhonesInBrowser(t *testing.T) {
	s := servePlain(t, t.TempDir())
	inBrowser(t, s.base, "phones.mjs")
}

// TestEveryScreenInBrowser holds every screen, in each look and offline, to axe,
// its width and a silent console.
func TestEveryScreenInBrowser(t *testing.T) {
	s := servePlain(t, t.TempDir())
	inBrowser(t, s.base, "everywhere.mjs")
}

// TestPhotosStayOnThePhone takes a picture with a camera that the browser makes
// up, and looks at everything that it sends.
func TestPhotosStayOnThePhone(t *testing.T) {
	s := servePlain(t, t.TempDir())
	inBrowser(t, s.base, "photos.mjs")
}

// inBrowser runs one script of app/e2e, or skips where its tools are missing.
func inBrowser(t *testing.T, base, script string, args ...string) {
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
	cmd := exec.CommandContext(ctx, "node", append([]string{"app/e2e/" + script}, args...)...)
	cmd.Env = append(os.Environ(), "BASE_URL="+base, "CHROMIUM="+chromium)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", script, err, out)
	}
}
