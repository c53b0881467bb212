package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// prose is what people read: one comment of a Go file, or one paragraph or row
// of a page.
type prose struct{ place, text string }

// pages returns every Markdown file of the repository by its path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	walkTree(t, ".md", func(path string) { out[path] = readFile(t, path) })
	if len(out) < 10 {
		t.Fatalf("only %d pages found: the walk has lost the tree", len(out))
	}
	return out
}

func walkTree(t *testing.T, ext string, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") && d.Name() != ".github" || d.Name() == "node_modules" || d.Name() == "testdata"):
			return filepath.SkipDir
		case !d.IsDir() && filepath.Ext(path) == ext:
			visit(filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// everythingWritten returns the comments of all Go files and the paragraphs of all pages.
// Kept pages of old knowledge are as they were.
func everythingWritten(t *testing.T) []prose {
	t.Helper()
	var out []prose
	walkTree(t, ".go", func(path string) {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range file.Comments {
			place := path + ":" + strconv.Itoa(files.Position(group.Pos()).Line)
			out = append(out, prose{place, strings.Join(strings.Fields(group.Text()), " ")})
		}
	})
	for path, text := range pages(t) {
		if strings.Contains(path, "/releases/") {
			continue
		}
		line := 1
		for _, paragraph := range strings.Split(text, "\n\n") {
			out = append(out, prose{path + ":" + strconv.Itoa(line), paragraph})
			line += strings.Count(paragraph, "\n") + 2
		}
	}
	return out
}

var (
	headingLine = regexp.MustCompile(`(?m)^#+ (.*)$`)
	firstCell   = regexp.MustCompile(`(?m)^\| \**([A-Z]{1,2}-?\d+)\**(?: \([^|]*\))? \|`)
	linkTarget  = regexp.MustCompile(`\]\(([^)\s]+)\)|src(?:set)?="([^"]+)"`)
)

func headings(page string) []string {
	var out []string
	for _, m := range headingLine.FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return out
}

// rowIDs returns what stands in the first cells of a page's tables.
func rowIDs(page string) []string {
	var out []string
	for _, m := range firstCell.FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return out
}

// sections returns the numbers that the headings of the knowledge base begin with.
func sections(page string) []string {
	var out []string
	for _, h := range headings(page) {
		number, _, _ := strings.Cut(h, " ")
		out = append(out, strings.TrimSuffix(number, "."))
	}
	return out
}

// sourceIDs returns the ids of the source register, ranges expanded.
func sourceIDs(page string) []string {
	var out []string
	for _, row := range regexp.MustCompile(`(?m)^\| (S\d[^|]*)\|`).FindAllStringSubmatch(page, -1) {
		for _, part := range strings.Split(row[1], ",") {
			from, to, isRange := strings.Cut(strings.ReplaceAll(strings.TrimSpace(part), "S", ""), "–")
			first, _ := strconv.Atoi(from)
			last := first
			if isRange {
				last, _ = strconv.Atoi(to)
			}
			for n := first; n <= last; n++ {
				out = append(out, "S"+string(rune('0'+n/10))+string(rune('0'+n%10)))
			}
		}
	}
	return out
}

// TestReferencesResolve: what a comment or a page cites is in docs/, so that
// nobody needs anything but the repository to understand it.
func TestReferencesResolve(t *testing.T) {
	all := pages(t)
	knowledge, register := all["docs/safety/knowledge-base.md"], all["docs/sources.md"]
	titled := map[string][]string{}
	for _, name := range []string{"contract", "architecture", "operations", "performance", "glossary"} {
		titled[name] = headings(all["docs/"+name+".md"])
	}
	rules := rowIDs(knowledge)
	kinds := []struct {
		name    string
		pattern *regexp.Regexp
		known   []string
	}{
		{"promise", regexp.MustCompile(`\bP(\d{1,2})\b`), trimAll(rowIDs(all["docs/promises.md"]), "P")},
		{"rule", regexp.MustCompile(`\b((?:EM|SD|DS|WT|EX|DQ|NL|RS|AC|DV|RK|RM|PG|SX|HL)-\d\d)\b`), rules},
		{"section", regexp.MustCompile(`\bsections? (\d+(?:\.\d)?)\b`), sections(knowledge)},
		{"decision", regexp.MustCompile(`\bdecision (\d\d)\b`), decisions(t)},
		{"source", regexp.MustCompile(`\b(S\d\d)\b`), sourceIDs(register)},
	}
	headed := regexp.MustCompile(`\(([a-z]+), ([A-Z][^);]*)\)`)
	found := map[string]int{}
	for _, p := range everythingWritten(t) {
		for _, k := range kinds {
			if k.name == "section" && strings.Contains(p.text, "RFC") {
				continue // a section of the standard
			}
			for _, m := range k.pattern.FindAllStringSubmatch(p.text, -1) {
				found[k.name]++
				if !slices.Contains(k.known, m[1]) {
					t.Errorf("%s: %s %s is nowhere in docs/", p.place, k.name, m[1])
				}
			}
		}
		for _, m := range headed.FindAllStringSubmatch(p.text, -1) {
			if m[1] != "design" && titled[m[1]] == nil {
				continue
			}
			found[m[1]]++
			if !slices.Contains(titled[m[1]], m[2]) {
				t.Errorf("%s: docs/%s.md has no heading %q", p.place, m[1], m[2])
			}
		}
	}
	for _, kind := range []string{"promise", "rule", "section", "source", "contract"} {
		if found[kind] == 0 {
			t.Errorf("no reference to a %s was found: the pattern has lost them", kind)
		}
	}
}

func trimAll(list []string, prefix string) []string {
	var out []string
	for _, s := range list {
		out = append(out, strings.TrimPrefix(s, prefix))
	}
	return out
}

// decisions returns the numbers of the decisions that are written down.
func decisions(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("docs/decisions/[0-9][0-9]-*.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		files[i] = filepath.Base(f)[:2]
	}
	return files
}

// TestLinksLead: every relative link of a page leads to a file, and to a heading of it.
func TestLinksLead(t *testing.T) {
	all := pages(t)
	for path, text := range all {
		for _, m := range linkTarget.FindAllStringSubmatch(text, -1) {
			target := m[1] + m[2]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(target, "#")
			to := path
			if file != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(path), file))
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %s leads nowhere", path, target)
			} else if anchor != "" && !slices.Contains(anchors(all[to]), anchor) {
				t.Errorf("%s: %s has no heading %q", path, to, anchor)
			}
		}
	}
}

// anchors returns the names that GitHub gives to the headings of a page.
func anchors(page string) []string {
	out := headings(page)
	for i, h := range out {
		h = strings.ToLower(strings.NewReplacer("`", "", "*", "").Replace(h))
		h = regexp.MustCompile(`[^\p{L}\p{N}\-_ ]`).ReplaceAllString(h, "")
		out[i] = strings.ReplaceAll(h, " ", "-")
	}
	return out
}

// TestNamedTestsExist: a page that says that a test holds something names one
// that is there.
func TestNamedTestsExist(t *testing.T) {
	declared := map[string]bool{}
	walkTree(t, ".go", func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark|Example)\w+)\(`).FindAllStringSubmatch(readFile(t, path), -1) {
				declared[m[1]] = true
			}
		}
	})
	for path, text := range pages(t) {
		for _, name := range regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark|Example)[A-Z]\w+`).FindAllString(text, -1) {
			if !declared[name] {
				t.Errorf("%s: there is no %s", path, name)
			}
		}
	}
}
