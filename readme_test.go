package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// update rewrites the parts of the README that the program prints:
// go test . -run README -update
var update = flag.Bool("update", false, "rewrite the parts of README.md that the program prints")

// part is what follows a marker in the README: a fenced block or a table.
func part(marker string) *regexp.Regexp {
	return regexp.MustCompile("(?s)(<!-- " + regexp.QuoteMeta(marker) + " -->\n)(```\n.*?```\n|(?:\\|[^\n]*\n)+)")
}

// holdPart wants the part of the README to be what the program says.
func holdPart(t *testing.T, marker, want string) {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := part(marker).FindSubmatch(readme)
	if m == nil {
		t.Fatalf("README.md has no part %q", marker)
	}
	if string(m[2]) == want {
		return
	}
	if !*update {
		t.Errorf("README.md differs; go test . -run README -update writes it anew. The program says:\n%s", want)
		return
	}
	next := bytes.Replace(readme, m[0], append(append([]byte{}, m[1]...), want...), 1)
	if err := os.WriteFile("README.md", next, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestREADMEShowsTheDemo holds that the demo is in the README as it is
// printed, and that it is the same each time.
func TestREADMEShowsTheDemo(t *testing.T) {
	demo := filepath.Join(t.TempDir(), "demo")
	if err := goBuild(demo, "./demo"); err != nil {
		t.Fatal(err)
	}
	tell := func() string {
		out, err := exec.Command(demo).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	first := tell()
	if second := tell(); first != second {
		t.Errorf("the demo differs from one time to the next:\n%s\n%s", first, second)
	}
	holdPart(t, "what `go run ./demo` prints", "```\n"+first+"```\n")
}

// settingsFlags are the settings as the program knows them.
func settingsFlags(t *testing.T) []*kong.Flag {
	t.Helper()
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	var out []*kong.Flag
	for _, f := range parser.Model.Flags {
		if len(f.Envs) == 1 {
			out = append(out, f)
		}
	}
	if len(out) < 15 {
		t.Fatalf("only %d settings found", len(out))
	}
	return out
}

func TestREADMEListsTheSettings(t *testing.T) {
	var table strings.Builder
	table.WriteString("| Setting | Default | |\n|---|---|---|\n")
	for _, f := range settingsFlags(t) {
		value := ""
		if f.Default != "" {
			value = "`" + f.Default + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", f.Envs[0], value, f.Help)
	}
	holdPart(t, "the settings of `aftercare --help`", table.String())
}

var spaces = regexp.MustCompile(`\s+`)

// TestHelpShowsEverySetting holds that --help names each setting, its default
// and what it is for.
func TestHelpShowsEverySetting(t *testing.T) {
	help := spaces.ReplaceAllString(must(t, t.TempDir(), nil, "--help"), " ")
	for _, f := range settingsFlags(t) {
		flag := "--" + f.Name + "=STRING"
		if f.Default != "" {
			flag = fmt.Sprintf("--%s=%q", f.Name, f.Default)
		}
		entry := fmt.Sprintf("%s %s ($%s).", flag, strings.TrimSuffix(f.Help, "."), f.Envs[0])
		if !strings.Contains(help, entry) {
			t.Errorf("--help does not say %q", entry)
		}
	}
}

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```\n")

// TestREADMEConversation runs the commands of the README against a server, and
// wants the answers that stand under them.
func TestREADMEConversation(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("the conversation is told in curl, which is not installed here")
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for _, block := range shellBlock.FindAllSubmatch(readme, -1) {
		script.Write(block[1])
	}
	s := serve(t, t.TempDir())
	commands := strings.ReplaceAll(script.String(), "http://localhost:8080", s.base)
	if commands == script.String() {
		t.Fatal("README.md talks to another address than http://localhost:8080")
	}
	run := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail")
	// What the README promises of an answer becomes a mark in the output.
	run.Stdin = strings.NewReader(promise.ReplaceAllString(commands, "echo '→ $1'"))
	run.Env = clean()
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	promised, answer := 0, ""
	for _, line := range strings.Split(string(out), "\n") {
		want, ok := strings.CutPrefix(line, "→ ")
		if !ok {
			if line != "" {
				answer = line
			}
			continue
		}
		promised++
		if !strings.Contains(answer, want) {
			t.Errorf("the README promises %s in %s", want, answer)
		}
	}
	if promised < 5 {
		t.Errorf("only %d answers are promised in the README", promised)
	}
}

var promise = regexp.MustCompile(`(?m)^# → (.*)$`)
