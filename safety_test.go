package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryPromiseIsTried: each promise and each hazard names a test that holds it.
func TestEveryPromiseIsTried(t *testing.T) {
	for path, want := range map[string]int{"docs/promises.md": 10, "docs/safety/hazards.md": 20} {
		rows := regexp.MustCompile(`(?m)^\| [PH]\d+ \|.*$`).FindAllString(readFile(t, path), -1)
		if len(rows) < want {
			t.Errorf("%s has %d rows, want %d", path, len(rows), want)
		}
		for _, row := range rows {
			if !strings.Contains(row, "`Test") {
				t.Errorf("%s: no test in %q", path, row)
			}
		}
	}
}

// TestComponentsAreListed: the safety file names every direct dependency of the
// program, and none that is gone.
func TestComponentsAreListed(t *testing.T) {
	direct, _, _ := strings.Cut(readFile(t, "go.mod"), "// indirect")
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^(?:require )?\s*(\S+\.\S+/\S+) v\S+$`).FindAllStringSubmatch(direct, -1) {
		want = append(want, m[1])
	}
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+/[^`]+)` \\|").FindAllStringSubmatch(readFile(t, "docs/safety/components.md"), -1) {
		listed = append(listed, m[1])
	}
	slices.Sort(want)
	slices.Sort(listed)
	if len(want) < 10 || !slices.Equal(want, listed) {
		t.Errorf("components.md lists %v, go.mod requires %v", listed, want)
	}
}

// TestThePictureShowsTheFloors: the drawing of models has the files of doc.go,
// in their order.
func TestThePictureShowsTheFloors(t *testing.T) {
	var listed, drawn []string
	for _, m := range regexp.MustCompile(`(?m)^//\t {11}(.+)$`).FindAllStringSubmatch(readFile(t, "models/doc.go"), -1) {
		listed = append(listed, strings.Fields(m[1])...)
	}
	for _, m := range regexp.MustCompile(`>([a-z]+(?: · [a-z]+)+)<`).FindAllStringSubmatch(readFile(t, "docs/floors.svg"), -1) {
		drawn = append(drawn, strings.Split(m[1], " · ")...)
	}
	if len(listed) < 20 || !slices.Equal(drawn, listed) {
		t.Errorf("docs/floors.svg shows %v, models/doc.go lists %v", drawn, listed)
	}
}
