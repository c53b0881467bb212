package models

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// parsePackage parses the files of this package without its tests.
func parsePackage(t *testing.T) (*token.FileSet, []*ast.File) {
	t.Helper()
	fset := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return fset, files
}

// floors are the files in the order of the package comment.
func floors(t *testing.T, files []*ast.File) map[string]int {
	t.Helper()
	order := map[string]int{}
	for _, f := range files {
		if f.Doc == nil {
			continue
		}
		for line := range strings.Lines(f.Doc.Text()) {
			if !strings.HasPrefix(line, "\t ") {
				continue
			}
			for _, name := range strings.Fields(line) {
				order[name+".go"] = len(order) + 1
			}
		}
	}
	return order
}

// exports finds what the compiler exported of the packages that this one uses.
func exports(t *testing.T) func(path string) (io.ReadCloser, error) {
	t.Helper()
	list, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(list)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }
}

// A declaration is used from its own file, from one above it on its floor, or
// from a higher floor: so no two files can need each other.
func TestFilesUseOnlyWhatIsBelow(t *testing.T) {
	fset, files := parsePackage(t)
	order := floors(t, files)
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", exports(t))}
	pkg, err := conf.Check("aftercare/models", fset, files, info)
	if err != nil {
		t.Fatal(err)
	}
	fileOf := func(p token.Pos) string { return fset.Position(p).Filename }
	for _, f := range files {
		if name := fileOf(f.Pos()); name != "doc.go" && order[name] == 0 {
			t.Errorf("%s has no floor in doc.go", name)
		}
	}
	arrows := 0
	for id, used := range info.Uses {
		if used.Pkg() != pkg || fileOf(id.Pos()) == fileOf(used.Pos()) {
			continue
		}
		arrows++
		if from, to := fileOf(id.Pos()), fileOf(used.Pos()); order[from] >= order[to] {
			t.Errorf("%s uses %s of %s, which is above it", fset.Position(id.Pos()), id.Name, to)
		}
	}
	if arrows < 200 {
		t.Fatalf("only %d uses between files found: the check is blind", arrows)
	}
}
