package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// inForce is the environment's name of the mutant that is in force.
const inForce = "MUTANT"

// spared files print or compare pages, or search; no rule stands in them.
var spared = []string{"knowledge.go", "diff.go", "edition.go", "redflags.go"}

// mutant is one change of one place.
type mutant struct {
	id   int
	name string // the file with the line, what stands there and what it becomes
}

// source is the package with all mutants in it.
type source struct {
	dir    string
	fset   *token.FileSet
	info   *types.Info
	text   map[string][]byte // by path
	edits  map[string][]edit // by path
	sites  []mutant
	remade map[string][]string  // by path, code that makes a table again
	known  map[types.Object]int // first mutant of each constant
	seen   map[string]int       // names so far
}

// edit replaces the bytes from..to of a file; at one place the outer one comes first.
type edit struct {
	from, to int
	text     string
	depth    int
	closes   bool // ends a place: before what begins there, and inner places first
}

func readPackage(dir string) (*source, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	s := &source{dir: dir, fset: token.NewFileSet(), text: map[string][]byte{}, edits: map[string][]edit{}, remade: map[string][]string{},
		known: map[types.Object]int{}, seen: map[string]int{},
		info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		if s.text[path], err = os.ReadFile(path); err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(s.fset, path, s.text[path], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	config := types.Config{Importer: importer.ForCompiler(s.fset, "source", nil)}
	if _, err := config.Check("care", s.fset, files, s.info); err != nil {
		return nil, err
	}
	for _, file := range files {
		path := s.fset.File(file.Pos()).Name()
		if !slices.Contains(spared, filepath.Base(path)) {
			s.plant(path, file)
		}
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.VAR {
				for _, spec := range d.Specs {
					s.remake(path, spec.(*ast.ValueSpec))
				}
			}
		}
	}
	return s, nil
}

func (s *source) mutants() []mutant { return slices.Clone(s.sites) }

// add makes a mutant of the place that begins at from, and returns its number.
func (s *source) add(path string, from int, was, becomes string) int {
	line := 1 + strings.Count(string(s.text[path][:from]), "\n")
	around := strings.Join(strings.Fields(lineAt(s.text[path], from)), " ")
	name := fmt.Sprintf("%s:%d %s → %s  in  %s", filepath.Base(path), line, was, becomes, around)
	if s.seen[name]++; s.seen[name] > 1 {
		name += fmt.Sprintf("  (%d)", s.seen[name])
	}
	s.sites = append(s.sites, mutant{len(s.sites) + 1, name})
	return len(s.sites)
}

func lineAt(text []byte, at int) string {
	start := strings.LastIndexByte(string(text[:at]), '\n') + 1
	line, _, _ := strings.Cut(string(text[start:]), "\n")
	if len(line) > 200 {
		from := max(0, at-start-60)
		line = line[from:min(len(line), from+160)]
	}
	return line
}

func (s *source) edit(path string, e edit) { s.edits[path] = append(s.edits[path], e) }

// rewritten returns a file with its edits.
func (s *source) rewritten(path string) []byte {
	out := s.part(path, 0, len(s.text[path]))
	for _, again := range s.remade[path] {
		out = append(out, again...)
	}
	return out
}

// remake lets a variable of the package be made again: its table was made when
// the program started, with no mutant in force.
func (s *source) remake(path string, spec *ast.ValueSpec) {
	if len(spec.Values) == 0 || spec.Names[0].Name == "_" {
		return
	}
	offset := func(at token.Pos) int { return s.fset.Position(at).Offset }
	text := func(from, to token.Pos) []byte { return s.part(path, offset(from), offset(to)) }
	names := text(spec.Names[0].Pos(), spec.Names[len(spec.Names)-1].End())
	values := text(spec.Values[0].Pos(), spec.Values[len(spec.Values)-1].End())
	order := slices.IndexFunc(s.info.InitOrder, func(i *types.Initializer) bool { return i.Rhs == spec.Values[0] })
	s.remade[path] = append(s.remade[path], fmt.Sprintf("\nfunc init() { mutantTables = append(mutantTables, mutantTable{%d, func() { %s = %s }}) }\n", order, names, values))
}

// part returns a part of a file with its edits.
func (s *source) part(path string, from, to int) []byte {
	var edits []edit
	for _, e := range s.edits[path] {
		if e.from >= from && (e.from < to || e.from == to && e.closes) {
			edits = append(edits, e)
		}
	}
	slices.SortStableFunc(edits, func(a, b edit) int {
		if c := cmp.Compare(a.from, b.from); c != 0 {
			return c
		}
		switch {
		case a.closes && b.closes:
			return cmp.Compare(b.depth, a.depth)
		case a.closes:
			return -1
		case b.closes:
			return 1
		}
		return cmp.Compare(a.depth, b.depth)
	})
	var out []byte
	at := from
	for _, e := range edits {
		out = append(append(out, s.text[path][at:e.from]...), e.text...)
		at = e.to
	}
	return append(out, s.text[path][at:to]...)
}

// compile builds the test binary with all mutants.
func (s *source) compile(ctx context.Context, dir string) (binary string, err error) {
	replace := map[string]string{}
	write := func(path string, text []byte) error {
		full, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		replace[full] = filepath.Join(dir, filepath.Base(path))
		return os.WriteFile(replace[full], text, 0o600)
	}
	for path := range s.text {
		if err := write(path, s.rewritten(path)); err != nil {
			return "", err
		}
	}
	if err := write(filepath.Join(s.dir, "mutants_in_force.go"), []byte(helpers)); err != nil {
		return "", err
	}
	if err := driverFiles(s.dir, write); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		return "", err
	}
	binary = filepath.Join(dir, "care.test")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, "./"+filepath.ToSlash(s.dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w in %s:\n%s", err, dir, out)
	}
	return binary, nil
}
