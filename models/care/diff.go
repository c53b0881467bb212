package care

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Diff returns what changed from one version of the knowledge to another, as
// Markdown for a reviewing doctor: rules, tables, numbers, and the rules whose
// code decides differently. A version is one of Releases, or Current.
func Diff(from, to string) (string, error) {
	var both [2]edition
	for i, version := range []string{from, to} {
		page, err := editionPage(version)
		if err != nil {
			return "", err
		}
		if both[i], err = parseEdition(page); err != nil {
			return "", err
		}
	}
	changes := compare(both[0], both[1])
	head := fmt.Sprintf("# Knowledge %s → %s\n\n**Not clinically signed off.** ", both[0].version, both[1].version)
	if changes == "" {
		return head + "Nothing changed.\n", nil
	}
	return head + "The reasons stand in docs/safety/knowledge-base.md, the sources in docs/sources.md. " +
		"What a rule reads is computed by code that is not compared.\n" + changes, nil
}

func compare(from, to edition) string {
	var b strings.Builder
	for _, t := range from.tables {
		writeTableDiff(&b, t, tableNamed(to, t.name))
	}
	for _, t := range to.tables {
		if tableNamed(from, t.name).head == nil {
			writeTableDiff(&b, pageTable{name: t.name}, t)
		}
	}
	writeCodeDiff(&b, "Numbers", from.numbers, to.numbers, func(name, code string) string {
		note := cmp.Or(to.notes[name], from.notes[name])
		if note != "" {
			note = " (" + note + ")"
		}
		return plainNumber(code) + note
	})
	writeCodeDiff(&b, "Decided otherwise by the code", from.tests, to.tests, nil)
	return b.String()
}

func tableNamed(r edition, name string) pageTable {
	i := slices.IndexFunc(r.tables, func(t pageTable) bool { return t.name == name })
	if i < 0 {
		return pageTable{name: name}
	}
	return r.tables[i]
}

// writeTableDiff writes what changed in one table, row by row.
func writeTableDiff(b *strings.Builder, from, to pageTable) {
	var lines []string
	for _, row := range from.rows {
		now := rowNamed(to, row[0])
		switch {
		case now == nil:
			lines = append(lines, fmt.Sprintf("- **%s removed.** %s", row[0], describe(from.head, row)))
		case !slices.Equal(row, now):
			lines = append(lines, fmt.Sprintf("- **%s changed.**", row[0]))
			lines = append(lines, rowDiff(from.head, row, to.head, now)...)
		}
	}
	for _, row := range to.rows {
		if rowNamed(from, row[0]) == nil {
			lines = append(lines, fmt.Sprintf("- **%s added.** %s", row[0], describe(to.head, row)))
		}
	}
	writeChapter(b, to.name, lines)
}

func rowNamed(t pageTable, name string) []string {
	for _, row := range t.rows {
		if row[0] == name {
			return row
		}
	}
	return nil
}

// describe returns the non-empty cells of a row, each with its column name.
func describe(head, row []string) string {
	var out []string
	for i := 1; i < min(len(head), len(row)); i++ {
		if row[i] != "" {
			out = append(out, head[i]+": "+row[i])
		}
	}
	return strings.Join(out, "; ")
}

// rowDiff returns the cells that changed; columns are matched by name.
func rowDiff(fromHead, from, toHead, to []string) []string {
	cell := func(head, row []string, column string) string {
		if i := slices.Index(head, column); i >= 0 && i < len(row) && row[i] != "" {
			return row[i]
		}
		return "nothing"
	}
	var out []string
	columns := slices.Clone(toHead)
	for _, column := range fromHead {
		if !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
	}
	for _, column := range columns {
		was, now := cell(fromHead, from, column), cell(toHead, to, column)
		if was != now {
			out = append(out, fmt.Sprintf("  - %s was: %s", column, was), fmt.Sprintf("  - %s now: %s", column, now))
		}
	}
	return out
}

// writeCodeDiff writes the changes in named code, formatted by show; with a nil
// show it writes the names only.
func writeCodeDiff(b *strings.Builder, chapter string, from, to pageCode, show func(name, code string) string) {
	if show == nil {
		show = func(string, string) string { return "" }
	}
	var lines []string
	names := maps.Clone(from)
	maps.Copy(names, to)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, had := from[name]
		now, has := to[name]
		line := ""
		switch {
		case !had:
			line = " added. " + show(name, now)
		case !has:
			line = " removed. " + show(name, was)
		case was == now:
			continue
		case show(name, now) != "":
			line = " was " + plainNumber(was) + ", now " + show(name, now)
		}
		lines = append(lines, strings.TrimSpace("- **"+name+"**"+line))
	}
	writeChapter(b, chapter, lines)
}

func writeChapter(b *strings.Builder, name string, lines []string) {
	if len(lines) > 0 {
		fmt.Fprintf(b, "\n## %s\n\n%s\n", name, strings.Join(lines, "\n"))
	}
}

// plainNumber rewrites code for readers who do not know Go.
var plainNumber = strings.NewReplacer(" * time.Hour", " h", " * time.Minute", " min", " * day", " d", "[]time.Duration", "").Replace
