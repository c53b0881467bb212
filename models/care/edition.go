package care

import (
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"regexp"
	"strings"
)

// Current names the knowledge compiled into this program, released or not.
const Current = "current"

// releases holds the pages that Knowledge printed when each version was
// released. They are kept as reviewers read them and are never edited.
//
//go:embed releases/*.md
var releases embed.FS

// Releases returns the versions whose pages are kept.
func Releases() []string {
	names, err := fs.Glob(releases, "releases/*.md")
	if err != nil {
		panic(err) // the pattern is malformed
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(name, "releases/"), ".md")
	}
	return names
}

// editionPage returns the page of a kept version, or the current one.
func editionPage(version string) (string, error) {
	if page, err := releases.ReadFile("releases/" + version + ".md"); err == nil {
		return string(page), nil
	}
	if version == Current || version == KBVersion {
		return Knowledge(), nil
	}
	return "", fmt.Errorf("knowledge %q is not kept: name one of %s, or %s for %s, which is in force",
		version, strings.Join(Releases(), ", "), Current, KBVersion)
}

// edition is a parsed page, so that two can be compared.
type edition struct {
	version string
	tables  []pageTable
	numbers pageCode // constants, and the lines of tables in the code
	tests   pageCode // what decides whether a rule holds, by rule or helper
	notes   pageCode // the comment beside a constant: its rule or source
}

// pageTable is one table of a page; the first cell of a row is its name.
type pageTable struct {
	name string
	head []string
	rows [][]string
}

// pageCode maps the name of a declaration to its code.
type pageCode map[string]string

var versionLine = regexp.MustCompile(`Knowledge base (\S+)\. `)

// parseEdition parses a page of Knowledge.
func parseEdition(page string) (edition, error) {
	r := edition{numbers: pageCode{}, tests: pageCode{}, notes: pageCode{}}
	m := versionLine.FindStringSubmatch(page)
	if m == nil {
		return r, fmt.Errorf("the page names no version")
	}
	r.version = m[1]
	for _, chapter := range strings.Split(page, "\n## ")[1:] {
		name, body, _ := strings.Cut(chapter, "\n")
		if _, code, found := strings.Cut(body, "```go\n"); found {
			code, _, _ = strings.Cut(code, "\n```")
			if err := r.readCode(code); err != nil {
				return r, fmt.Errorf("knowledge %s, %s: %w", r.version, name, err)
			}
			continue
		}
		r.tables = append(r.tables, readTable(name, body))
	}
	return r, nil
}

func readTable(name, body string) pageTable {
	t := pageTable{name: name}
	for line := range strings.Lines(body) {
		switch {
		case !strings.HasPrefix(line, "| "):
		case t.head == nil:
			t.head = splitRow(line)
		default:
			row := splitRow(line)
			if len(row) > 1 && t.head[1] == "Code" { // one rule covers several risks
				row[0] += " " + row[1]
			}
			t.rows = append(t.rows, row)
		}
	}
	return t
}

// splitRow returns the cells of a row; an escaped \| does not separate cells.
func splitRow(line string) []string {
	const bar = "\x00"
	line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "|"), "|")
	out := strings.Split(strings.ReplaceAll(line, `\|`, bar), "|")
	for i := range out {
		out[i] = strings.TrimSpace(strings.ReplaceAll(out[i], bar, "|"))
	}
	return out
}

// readCode parses the declarations in a block of code.
func (r *edition) readCode(code string) error {
	if !strings.HasPrefix(code, "package ") {
		code = "package care\n" + code
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", code, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	text := func(n ast.Node) string { return plainCode(code[n.Pos()-file.FileStart : n.End()-file.FileStart]) }
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			r.tests[d.Name.Name] = text(d)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if v, ok := s.(*ast.ValueSpec); ok && v.Names[0].Name != "KBVersion" {
					r.readValue(v, text)
					r.notes[v.Names[0].Name] = strings.TrimSpace(v.Comment.Text())
				}
			}
		}
	}
	return nil
}

// readValue reads a constant or a table. A table is compared line by line,
// keyed by the first element of each line; of a rule only the deciding code
// counts.
func (r *edition) readValue(v *ast.ValueSpec, text func(ast.Node) string) {
	name := v.Names[0].Name
	if len(v.Values) == 0 { // as the one before it
		r.numbers[name] = "one more than the constant before it"
		return
	}
	table, ok := v.Values[0].(*ast.CompositeLit)
	if !ok || len(table.Elts) == 0 {
		r.numbers[name] = text(v.Values[0])
		return
	}
	for _, line := range table.Elts {
		switch line := line.(type) {
		case *ast.KeyValueExpr:
			r.numbers[name+" "+text(line.Key)] = text(line.Value)
		case *ast.CompositeLit:
			if rule, when := ruleOf(line, text); rule != "" {
				r.tests[rule] = when
			} else {
				r.numbers[name+" "+strings.Trim(text(line.Elts[0]), `"`)] = text(line)
			}
		default:
			r.numbers[name] = text(table)
		}
	}
}

// ruleOf returns the ID of a triage rule and the code that decides it.
func ruleOf(line *ast.CompositeLit, text func(ast.Node) string) (id, when string) {
	for _, field := range line.Elts {
		kv, ok := field.(*ast.KeyValueExpr)
		if !ok {
			return "", ""
		}
		switch text(kv.Key) {
		case "ID":
			id = strings.Trim(text(kv.Value), `"`)
		case "Summary", "Sources", "Confidence": // already in the table of rules
		default:
			when += text(kv) + "\n"
		}
	}
	return id, when
}

// plainCode returns code without comments and formatting.
func plainCode(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code) {
		line, _, _ = strings.Cut(line, "//")
		b.WriteString(line + " ")
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
