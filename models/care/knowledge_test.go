package care

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/knowledge.md")

// A reviewer reads docs/knowledge.md; it must be what the code does.
func TestKnowledgeIsWhatTheCodeDoes(t *testing.T) {
	const file = "../../docs/knowledge.md"
	want := Knowledge()
	if *update {
		if err := os.MkdirAll("../../docs", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the code does; run: go test ./models/care -run Knowledge -update", file)
	}
}

func TestKnowledgePrintsEveryRuleOnce(t *testing.T) {
	page, _, _ := strings.Cut(Knowledge(), "\n## Rest by needle length")
	for _, r := range Rules() {
		if n := strings.Count(page, "\n| "+r.ID+" |"); n != 1 {
			t.Errorf("%s is printed %d times", r.ID, n)
		}
	}
}
