package app

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// sources are what the build reads, as build/plugins.mjs hashes it.
func sources(t *testing.T) []string {
	t.Helper()
	names := []string{"index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"}
	for _, dir := range []string{"src", "public", "build"} {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				names = append(names, filepath.ToSlash(name))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(names)
	return names
}

// TestDistIsWhatTheSourcesAre holds, also without Node, that nobody changed the
// sources and forgot to build.
func TestDistIsWhatTheSourcesAre(t *testing.T) {
	sum := sha256.New()
	for _, name := range sources(t) {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(body))
		sum.Write(body)
	}
	built, err := os.ReadFile("dist/sources.sha256")
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != strings.TrimSpace(string(built)) {
		t.Errorf("dist was built from other sources: run make app and commit app/dist")
	}
}

// TestBuildingAgainGivesTheSame builds the sources anew, where Node is there,
// and compares what is unpacked: versions of Node pack differently.
func TestBuildingAgainGivesTheSame(t *testing.T) {
	npm := tools(t)
	copied := t.TempDir()
	for _, name := range sources(t) {
		body, err := os.ReadFile(name)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(copied, name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(copied, name), body, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	modules, err := filepath.Abs("node_modules")
	if err == nil {
		err = os.Symlink(modules, filepath.Join(copied, "node_modules"))
	}
	if err != nil {
		t.Fatal(err)
	}
	run(t, npm, copied, "run", "build")
	want, got := unpacked(t, "dist"), unpacked(t, filepath.Join(copied, "dist"))
	for name, body := range want {
		if !bytes.Equal(got[name], body) {
			t.Errorf("%s differs from what the sources build", name)
		}
		delete(got, name)
	}
	for name := range got {
		t.Errorf("%s is built but not committed", name)
	}
}

// TestUnits runs the tests of the app's own modules.
func TestUnits(t *testing.T) {
	run(t, tools(t), ".", "test")
}

// tools returns npm, or skips where the packages of the app are not installed.
func tools(t *testing.T) string {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err == nil {
		_, err = os.Stat("node_modules/.package-lock.json")
	}
	if err != nil {
		t.Skip("needs Node and its packages, make deps installs them:", err)
	}
	return npm
}

func run(t *testing.T, npm, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command(npm, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func unpacked(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(filepath.ToSlash(name), filepath.ToSlash(dir)+"/")
		if plain, packed := strings.CutSuffix(name, ".br"); packed {
			name = plain
			body, err = io.ReadAll(brotli.NewReader(bytes.NewReader(body)))
		}
		out[name] = body
		return err
	})
	if err != nil || len(out) < 5 {
		t.Fatal(len(out), err)
	}
	return out
}

// TestEverythingHasAType: the page, the worker and the manifest are there, and
// only what is named by its content may be kept for good.
func TestEverythingHasAType(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"index.html", "sw.js", "manifest.webmanifest", "icon.svg", "icon-192.png", "icon-512.png"} {
		if f, ok := files[name]; !ok || f.Forever || len(f.Body) == 0 {
			t.Errorf("%s: there %v, kept for good %v, %d bytes", name, ok, f.Forever, len(f.Body))
		}
	}
}

// What the app's scripts may weigh, packed with gzip.
const (
	allScripts  = 60_000
	homeScripts = 22_000
)

// TestScriptsAreSmall holds what a phone loads: the scripts in all, and those
// without which home does not show.
func TestScriptsAreSmall(t *testing.T) {
	built := unpacked(t, "dist")
	all := 0
	for name, body := range built {
		if path.Ext(name) == ".js" {
			all += zipped(t, body)
		}
	}
	home := 0
	for _, name := range imported(built) {
		home += zipped(t, built[name])
	}
	t.Logf("scripts weigh %d bytes, those of home %d", all, home)
	if all > allScripts || home > homeScripts || home == 0 {
		t.Errorf("scripts weigh %d bytes and may weigh %d; those of home %d and may weigh %d", all, allScripts, home, homeScripts)
	}
}

// imported names the page's script and everything that it imports at once.
func imported(built map[string][]byte) []string {
	names := []string{}
	for _, m := range regexp.MustCompile(`src="/app/([^"]+\.js)"`).FindAllSubmatch(built["index.html"], -1) {
		names = append(names, string(m[1]))
	}
	static := regexp.MustCompile(`(?:from|import)"(\.[^"]+\.js)"`)
	for i := 0; i < len(names); i++ {
		for _, m := range static.FindAllSubmatch(built[names[i]], -1) {
			if next := path.Join(path.Dir(names[i]), string(m[1])); !slices.Contains(names, next) {
				names = append(names, next)
			}
		}
	}
	return names
}

func zipped(t *testing.T, body []byte) int {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Len()
}
