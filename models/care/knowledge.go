package care

import (
	_ "embed"
	"fmt"
	"strings"
)

// Anything that is not a table row is printed verbatim, so that no number and
// no predicate can change without the page.
var (
	//go:embed constants.go
	constantsSource string
	//go:embed rules_triage.go
	triageSource string
)

// chapters lists the kinds of rules by ID prefix, in the order in which a
// reviewer reads them.
var chapters = []struct{ prefix, name string }{
	{"EM", "Emergency"},
	{"SD", "Same day"},
	{"DS", "Doctor soon"},
	{"WT", "Watch"},
	{"EX", "Expected"},
	{"DQ", "State and clock"},
	{"NL", "Needle length and rest"},
	{"RS", "Sessions and rest"},
	{"SX", "During a session"},
	{"AC", "Aftercare"},
	{"DV", "Roller"},
	{"RK", "Risk factors"},
	{"HL", "Kind of hair loss"},
	{"RM", "Reminders and warnings"},
	{"PG", "Progress"},
}

// Knowledge returns everything in force as a page of Markdown: the rules by
// chapter, the numbers of the tables, then the source of the constants and of
// the triage rules.
func Knowledge() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What Aftercare knows\n\nKnowledge base %s. **Not clinically signed off.** This page is printed from the code and shows what it does; "+
		"the sources behind the ids stand in sources.md.\n", KBVersion)
	for _, g := range chapters {
		fmt.Fprintf(&b, "\n## %s\n\n| Id | Tier | Rule | Sources | Confidence |\n|---|---|---|---|---|\n", g.name)
		for _, r := range Rules() {
			if strings.HasPrefix(r.ID, g.prefix+"-") {
				b.WriteString(r.markdown())
			}
		}
	}
	writeTables(&b)
	b.WriteString("\n## Constants\n\n```go\n" + constantsSource + "```\n")
	b.WriteString("\n## Predicates of the triage rules\n\n```go\n" + triageSource[strings.Index(triageSource, "// triage is the table"):] + "```\n")
	return b.String()
}

// writeTables prints the numbers from the tables in the code.
func writeTables(b *strings.Builder) {
	b.WriteString("\n## Rest by needle length, in days\n\n| Id | Up to mm | Rest | Floor | At home |\n|---|---|---|---|---|\n")
	for _, r := range append(restTable[:], unknownRow) {
		fmt.Fprintf(b, "| %s | %v | %d | %d | %s |\n", r.ID, r.upTo, r.rest, r.floor, r.policy)
	}
	b.WriteString("\n## Aftercare, in hours after the session\n\n" +
		"| Id | Up to 0.3 mm | Up to 0.5 mm | Above | On a calm scalp only | Pushed |\n|---|---|---|---|---|---|\n")
	for _, s := range aftercareSteps {
		fmt.Fprintf(b, "| %s | %d | %d | %d | %t | %t |\n", s.ID, s.light, s.deep, s.long, s.needsCalm, s.push)
	}
	b.WriteString("\n## Risk factors, what they do\n\n| Id | Code | Go-ahead | At risk |\n|---|---|---|---|\n")
	for _, r := range riskCodes {
		fmt.Fprintf(b, "| %s | %s | %s | %t |\n", r.rule, r.code, r.effect, r.warn)
	}
}

func (r Row) markdown() string {
	sources, confidence := strings.Join(r.Sources, " "), r.Confidence
	if confidence == design {
		confidence = "design"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", r.ID, r.Tier, cell.Replace(r.Summary), sources, confidence)
}

// cell escapes a text for a table cell.
var cell = strings.NewReplacer("|", `\|`, "\n", " ")
