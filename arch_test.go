package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "aftercare"

// mayImport is the house: what each room may use of the others, and which
// libraries belong to one room alone. A package that is not named here fails
// the test, so a new one has to find its place first.
var mayImport = map[string][]string{
	"":    {"api", "jobs", "jobs/push", "models", "models/care"},
	"api": {"api/paper", "app", "models", "models/care", "models/fastjson", "models/texts"},
	"app": {},
	// The page for a doctor: nothing else needs a layout, fonts and a PDF writer.
	"api/paper":         {"models", "models/care", "models/texts"},
	"jobs":              {"jobs/push", "models", "models/care", "models/texts"},
	"jobs/push":         {},
	"models":            {"models/care", "models/db", "models/texts"},
	"models/db":         {"models/fastjson", "models/migrations"},
	"models/care":       {},
	"models/fastjson":   {},
	"models/migrations": {},
	"models/texts":      {},
	// The demo shows a phone, which needs a push service that is not the real one.
	"demo": {"api", "jobs", "jobs/push", "jobs/push/pushtest", "models"},
	// Helpers of tests.
	"api/synctest/adapters":       {},
	"api/synctest/lives":          {},
	"jobs/push/pushtest":          {"jobs/push"},
	"models/care/cmd/mutate":      {},
	"models/storetest":            {"models/migrations"},
	"models/storetest/cmd/withpg": {"models/storetest"},
}

// roomOf says which libraries only some rooms may use.
var roomOf = map[string][]string{
	"gorm.io/":                    {"models/db"},
	"github.com/gofiber/":         {"api", "demo", ""},
	"github.com/danielgtaylor/":   {"api"},
	"github.com/valyala/fasthttp": {"api"},
	"github.com/pressly/goose":    {"models/db", "models/storetest"},
	"github.com/robfig/cron":      {"jobs"},
	"codeberg.org/go-pdf/":        {"api/paper"},
	"github.com/arran4/":          {"api"},
}

// source is one parsed file with the directory it lies in ("" at the top).
type source struct {
	dir, path string
	test      bool
	file      *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || otherModule(path)) {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		out = append(out, source{strings.TrimPrefix(dir, "."), path, strings.HasSuffix(path, "_test.go"), file})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("only %d files found: the walk has lost the tree", len(out))
	}
	return out
}

func otherModule(dir string) bool {
	found, _ := filepath.Glob(filepath.Join(dir, "go.mod")) // the pattern is valid
	return len(found) > 0
}

func imports(f *ast.File) []string {
	var out []string
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err == nil {
			out = append(out, path)
		}
	}
	return out
}

func TestImportsGoDownOnly(t *testing.T) {
	for _, src := range sources(t) {
		allowed, known := mayImport[src.dir]
		if !known {
			t.Errorf("%s: package %q has no place in the house; add it to mayImport", src.path, src.dir)
			continue
		}
		if src.test {
			continue // tests of a room may reach for the helpers of another
		}
		for _, path := range imports(src.file) {
			if inner, ours := strings.CutPrefix(path, module+"/"); ours && !slices.Contains(allowed, inner) {
				t.Errorf("%s imports %s: not down", src.path, path)
			}
		}
	}
}

func TestLibrariesStayInTheirRoom(t *testing.T) {
	for _, src := range sources(t) {
		for _, path := range imports(src.file) {
			for prefix, rooms := range roomOf {
				if strings.HasPrefix(path, prefix) && !slices.Contains(rooms, src.dir) && !src.test {
					t.Errorf("%s imports %s, which belongs to %q", src.path, path, rooms)
				}
			}
			first, _, _ := strings.Cut(path, "/")
			if src.dir == "models/care" && !src.test && (strings.Contains(first, ".") || first == module) {
				t.Errorf("%s imports %s: care is the standard library only", src.path, path)
			}
		}
	}
}

// TestProgramHoldsNoHelpersOfTests holds that what stands in for phones and push
// services is not linked into the server.
func TestProgramHoldsNoHelpersOfTests(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if !slices.Contains(packages, module+"/models") {
		t.Fatalf("go list names %d packages, and not our own", len(packages))
	}
	for _, p := range packages {
		if p == "net/http/httptest" || strings.HasPrefix(p, module+"/") && strings.HasSuffix(p, "test") {
			t.Errorf("the program imports %s", p)
		}
	}
}

// forbidden calls, and the one place where each may stand.
var forbidden = map[string]func(source) bool{
	"time.Now":      func(s source) bool { return s.path == "models/db/time.go" },
	"time.Since":    func(s source) bool { return false },
	"time.Until":    func(s source) bool { return false },
	"os.Getenv":     func(s source) bool { return s.dir == "" || strings.HasPrefix(s.dir, "models/storetest") },
	"os.LookupEnv":  func(s source) bool { return s.dir == "" || strings.HasPrefix(s.dir, "models/storetest") },
	"os.Environ":    func(s source) bool { return s.dir == "" || strings.HasPrefix(s.dir, "models/storetest") },
	".AutoMigrate":  func(s source) bool { return false },
	"time.Sleep":    func(s source) bool { return false },
	"os.Exit":       func(s source) bool { return s.dir == "" || s.dir == "demo" || strings.Contains(s.dir, "/cmd/") },
	"rand.Seed":     func(s source) bool { return false },
	"http.Get":      func(s source) bool { return false },
	"http.Post":     func(s source) bool { return false },
	"log.Printf":    func(s source) bool { return false },
	"log.Println":   func(s source) bool { return false },
	"log.Fatal":     func(s source) bool { return strings.Contains(s.dir, "/cmd/") },
	"http.PostForm": func(s source) bool { return false },
}

// TestForbiddenCalls holds the one clock, the one place of configuration and
// the migrations in SQL. Sleeping and the machine's time are as wrong in a
// test as anywhere; a test may read the environment.
func TestForbiddenCalls(t *testing.T) {
	for _, src := range sources(t) {
		ast.Inspect(src.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			names := []string{"." + sel.Sel.Name}
			if pkg, ok := sel.X.(*ast.Ident); ok {
				names = append(names, pkg.Name+"."+sel.Sel.Name)
			}
			for _, name := range names {
				allowed, watched := forbidden[name]
				if watched && !allowed(src) && !(src.test && forTests(name)) {
					t.Errorf("%s uses %s", src.path, strings.TrimPrefix(name, "."))
				}
			}
			return true
		})
	}
}

// forTests are calls that are forbidden in the program alone. A benchmark or a
// test of the whole program measures real time.
func forTests(name string) bool {
	return strings.HasPrefix(name, "os.") || strings.HasPrefix(name, "http.") ||
		slices.Contains([]string{"time.Now", "time.Since", "time.Until"}, name)
}
