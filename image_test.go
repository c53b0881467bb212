package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// The image is built from what .dockerignore lets through: all that the program
// consists of, and what builds it. A package of the program that is not named
// there fails nothing but the build of the image.
func TestTheImageIsBuiltFromTheWholeProgram(t *testing.T) {
	context := buildContext(t)
	whole, inImage := programFiles(t, "."), programFiles(t, context)
	if whole != inImage {
		t.Errorf("the program consists of\n%s\nand .dockerignore lets through\n%s", whole, inImage)
	}
	cmd := exec.Command("make", "-n", "build", "VERSION=test")
	cmd.Dir = context
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("make build in the image: %v\n%s", err, out)
	}
}

// buildContext returns a directory with the files that .dockerignore lets through.
func buildContext(t *testing.T) string {
	t.Helper()
	f, err := os.Open(".dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	patterns, err := ignorefile.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	walkFiles(t, func(path string) {
		left, err := ignored.MatchesOrParentMatches(path)
		if err != nil {
			t.Fatal(err)
		}
		if !left {
			copyTo(t, path, filepath.Join(dir, path))
		}
	})
	return dir
}

func walkFiles(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" || d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		if d.Type().IsRegular() {
			visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, []byte(readFile(t, from)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// programFiles returns the names of the files that the program in dir is
// compiled from, its embedded ones among them.
func programFiles(t *testing.T, dir string) string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-f",
		`{{if not .Standard}}{{if .Module.Main}}{{.ImportPath}} {{.GoFiles}} {{.CgoFiles}} {{.EmbedFiles}}{{end}}{{end}}`, ".")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list in %s: %v", dir, err)
	}
	return string(out)
}
