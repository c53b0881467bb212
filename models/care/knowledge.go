package care

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed constants.go
var constantsSource string

// chapters are the kinds of rules in the order in which a reviewer reads them,
// by the prefix of their ids.
var chapters = []struct{ prefix, name string }{
	{"EM", "Emergency"},
	{"SD", "Same day"},
	{"DS", "Doctor soon"},
	{"WT", "Watch"},
	{"EX", "Expected"},
	{"DQ", "State and clock"},
	{"NL", "Needle length and rest"},
	{"RS", "Sessions and rest"},
	{"AC", "Aftercare"},
	{"DV", "Roller"},
	{"RK", "Risk factors"},
	{"RM", "Reminders and warnings"},
	{"PG", "Progress"},
}

// Knowledge is everything in force as a page of Markdown: the rules by group,
// then the constants as they stand in the code.
func Knowledge() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What Aftercare knows\n\nKnowledge base %s. **Not clinically signed off.** This page is printed from the code and shows what it does; "+
		"source ids are those of the knowledge base.\n", KBVersion)
	for _, g := range chapters {
		fmt.Fprintf(&b, "\n## %s\n\n| Id | Tier | Rule | Sources | Confidence |\n|---|---|---|---|---|\n", g.name)
		for _, r := range Rules() {
			if strings.HasPrefix(r.ID, g.prefix+"-") {
				b.WriteString(r.markdown())
			}
		}
	}
	b.WriteString("\n## Constants\n\n```go\n" + constantsSource + "```\n")
	return b.String()
}

func (r Row) markdown() string {
	sources, confidence := strings.Join(r.Sources, " "), r.Confidence
	if confidence == design {
		confidence = "design"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", r.ID, r.Tier, cell.Replace(r.Summary), sources, confidence)
}

// cell keeps a text within its cell of a table.
var cell = strings.NewReplacer("|", `\|`, "\n", " ")
