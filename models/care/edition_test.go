package care

import (
	"slices"
	"strings"
	"testing"
)

func mustParse(t *testing.T, page string) edition {
	t.Helper()
	e, err := parseEdition(page)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A released version is what was reviewed: its rules change under a new version only.
func TestAReleasedVersionNeverChanges(t *testing.T) {
	if !slices.Contains(Releases(), "0.1.0") {
		t.Fatal("0.1.0 is not kept")
	}
	for _, version := range Releases() {
		page, err := editionPage(version)
		if err != nil {
			t.Fatal(err)
		}
		if got := mustParse(t, page).version; got != version {
			t.Errorf("the page kept as %s is of version %s", version, got)
		}
		if version != KBVersion {
			continue
		}
		if changes := compare(mustParse(t, page), mustParse(t, Knowledge())); changes != "" {
			t.Errorf("knowledge %s is released and has changed; raise KBVersion:\n%s", version, changes)
		}
	}
}

// Every rule, table, number and predicate of the page can be found again.
func TestAnEditionHoldsAllThatThePageSays(t *testing.T) {
	e := mustParse(t, Knowledge())
	rules := 0
	for _, c := range chapters {
		rules += len(tableNamed(e, c.name).rows)
	}
	if rules != len(Rules()) {
		t.Errorf("%d rules were read of %d", rules, len(Rules()))
	}
	for i := range triage {
		if !strings.Contains(e.tests[triage[i].ID], "When: ") {
			t.Errorf("what decides %s was not read", triage[i].ID)
		}
	}
	if got := len(tableNamed(e, "Rest by needle length, in days").rows); got != len(restTable)+1 {
		t.Errorf("%d rows of rest were read of %d", got, len(restTable)+1)
	}
	if got := plainNumber(e.numbers["upperNormalH"]); got != "168 h" {
		t.Errorf("upperNormalH was read as %q, want 168 h", got)
	}
}

// One change of each kind is found, and nothing else.
func TestDiffFindsEachKindOfChange(t *testing.T) {
	page := Knowledge()
	sd04 := page[strings.Index(page, "\n| SD-04 |"):]
	sd04 = sd04[:1+strings.Index(sd04[1:], "\n")]
	for _, c := range []struct{ name, old, new, want string }{
		{"number", "upperNormalH        = 168 * time.Hour", "upperNormalH = 144 * time.Hour",
			"## Numbers\n\n- **upperNormalH** was 168 h, now 144 h (S00, S20, H: 7 d, the limit of DS-01)"},
		{"line of a table in the code", "{48 * time.Hour, 2, 1, 1, 3, 4, 2}", "{48 * time.Hour, 2, 1, 1, 2, 4, 2}",
			"- **envelope 48 * time.Hour** was {48 h, 2, 1, 1, 3, 4, 2}, now {48 h, 2, 1, 1, 2, 4, 2}"},
		{"table", "| NL-03 | 0.5 | 14 |", "| NL-03 | 0.5 | 10 |",
			"## Rest by needle length, in days\n\n- **NL-03 changed.**\n  - Rest was: 14\n  - Rest now: 10"},
		{"words of a rule", "| SD-02 | same_day | Foul odour |", "| SD-02 | emergency | Foul odour |",
			"## Same day\n\n- **SD-02 changed.**\n  - Tier was: same_day\n  - Tier now: emergency"},
		{"rule removed", sd04, "", "- **SD-04 removed.** Tier: same_day; Rule: Streaks"},
		{"rule added", sd04, sd04 + "\n| SD-99 | same_day | New | S01 | low |",
			"- **SD-99 added.** Tier: same_day; Rule: New; Sources: S01; Confidence: low"},
		{"predicate alone", "return f.odour\n", "return f.odour && f.local\n", "## Decided otherwise by the code\n\n- **SD-02**"},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(page, c.old, c.new, 1)
			if changed == page {
				t.Fatal("the page does not hold what was to be changed")
			}
			got := compare(mustParse(t, page), mustParse(t, changed))
			if !strings.Contains(got, c.want) || strings.Count(got, "- **") != 1 {
				t.Errorf("got %q, want %q alone", got, c.want)
			}
		})
	}
}

// Comments and layout are no change of a rule.
func TestDiffIgnoresCommentsAndLayout(t *testing.T) {
	page := Knowledge()
	changed := strings.ReplaceAll(strings.ReplaceAll(page, " // ", " // as before: "), "\t", "  ")
	if got := compare(mustParse(t, page), mustParse(t, changed)); got != "" {
		t.Errorf("got %q, want no change", got)
	}
}

func TestDiffRefusesAVersionThatIsNotKept(t *testing.T) {
	_, err := Diff("0.0.9", Current)
	if err == nil || !strings.Contains(err.Error(), "0.1.0") {
		t.Errorf("got %v, want an error that names the versions kept", err)
	}
	if _, err := Diff("0.1.0", Current); err != nil {
		t.Error(err)
	}
}
