package texts

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"aftercare/models/care"
)

// languageNames are those that every text exists in.
var languageNames = []string{"en", "de", "es", "fr", "pt-BR"}

// baseOf is the language without its region, by which word lists go.
func baseOf(name string) string {
	base, _, _ := strings.Cut(name, "-")
	return base
}

// raw is a locale file: a text, or the forms of one by number, by id.
func raw(t *testing.T, name string) map[string]any {
	t.Helper()
	file, err := fs.ReadFile(files, "locales/"+name+".json")
	if err != nil {
		t.Fatal(err)
	}
	var ids map[string]any
	if err := json.Unmarshal(file, &ids); err != nil {
		t.Fatal(err)
	}
	return ids
}

// every is each text of a language as people read it, by its id.
func every(t *testing.T, name string) map[string]string {
	t.Helper()
	p := For(name).In("GB")
	example := map[string]any{"Day": p.Day(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)), "PluralCount": 2,
		"Needle": "0.5", "Sessions": "2", "Rollers": "2", "Number": "112", "Weekday": "Monday", "Month": "May",
		"From": "2026-11-01", "To": "2026-11-28", "Zone": "Europe/Berlin", "Asked": 6, "Answered": 5, "List": "Smoking", "Count": 3, "Page": 1, "Pages": 2}
	shown := map[string]string{}
	for id := range raw(t, name) {
		if s, ok := p.find(id); ok {
			shown[id] = s
			continue
		}
		shown[id] = p.with(id, example)
	}
	return shown
}

// namesConditions says whether a text asks for what the person may tick: that
// may name a condition, inside the app.
func namesConditions(id string) bool {
	return strings.HasPrefix(id, "risk.") || strings.HasPrefix(id, "hair_loss.type.")
}

// P7: no text says that all is well or names a disease as a finding.
func TestNoTextReassuresOrNamesADisease(t *testing.T) {
	for _, name := range languageNames {
		not := forbidden[baseOf(name)]
		for id, s := range every(t, name) {
			if id == "about.intended_use" { // says in fixed words what it cannot tell
				continue
			}
			said := spoken(s)
			if w := not.reassuring.FindString(said); w != "" {
				t.Errorf("%s %s reassures with %q: %s", name, id, w, s)
			}
			if namesConditions(id) {
				continue
			}
			if w := not.diseases.FindString(said); w != "" {
				t.Errorf("%s %s names a disease with %q: %s", name, id, w, s)
			}
			if len(not.infection.FindAllString(said, -1)) != len(not.signsOf.FindAllString(said, -1)) {
				t.Errorf("%s %s says more than \"signs of infection\": %s", name, id, s)
			}
		}
	}
}

// P7, RM-03: what may stand on a lock screen by default.
func TestLockScreenNamesNoHealthWord(t *testing.T) {
	for _, name := range languageNames {
		for id, s := range every(t, name) {
			if !strings.HasPrefix(id, "lock.") && !strings.HasPrefix(id, "action.") && !strings.HasPrefix(id, "calendar.") {
				continue
			}
			if w := forbidden[baseOf(name)].health.FindString(spoken(s)); w != "" {
				t.Errorf("%s %s says %q: %s", name, id, w, s)
			}
		}
	}
}

// A title is read in one line on a lock screen, a button beside two others.
func TestPushTextsFitTheScreen(t *testing.T) {
	for _, name := range languageNames {
		for id, s := range every(t, name) {
			limit := 0
			switch {
			case strings.HasPrefix(id, "lock.") && strings.HasSuffix(id, ".title"):
				limit = 40
			case strings.HasPrefix(id, "lock."):
				limit = 110
			case strings.HasPrefix(id, "action."):
				limit = 28
			case strings.HasSuffix(id, ".title"): // on the lock screen of who asked for detail
				limit = 60
			}
			if n := len([]rune(s)); limit > 0 && n > limit {
				t.Errorf("%s %s: %d characters, at most %d: %s", name, id, n, limit, s)
			}
		}
	}
}

// A list of words that finds nothing holds nothing.
func TestTheListsFindTheirWords(t *testing.T) {
	for base, say := range map[string][4]string{
		"en": {"You are fine.", "This is cellulitis.", "You have an infection.", "Your scalp"},
		"de": {"Das ist harmlos.", "Das ist eine Blutvergiftung.", "Sie haben eine Infektion.", "Ihre Kopfhaut"},
		"es": {"Todo está bien.", "Es una celulitis.", "Tiene una infección.", "Su piel"},
		"fr": {"C'est sans danger.", "C'est un érysipèle.", "Vous avez une infection.", "Votre peau"},
		"pt": {"Está tudo bem.", "É uma celulite.", "Você tem uma infecção.", "Sua pele"},
	} {
		not := forbidden[base]
		if !not.reassuring.MatchString(spoken(say[0])) || !not.diseases.MatchString(spoken(say[1])) || !not.infection.MatchString(spoken(say[2])) ||
			not.signsOf.MatchString(spoken(say[2])) || !not.health.MatchString(spoken(say[3])) {
			t.Errorf("%s: the lists miss one of %q", base, say)
		}
	}
}

func TestLockScreen(t *testing.T) {
	p := For("en").In("DE")
	for _, kind := range []care.Kind{care.KindCheckIn, care.KindAftercare, care.KindRestOver, care.KindRollerCare,
		care.KindProgress, care.KindRecheck, care.KindRiskReview, "warning", "summary", "test", "sign_in"} {
		title, body := p.LockScreen(string(kind), "", "warning.EM-01", false)
		if general, _ := p.LockScreen("nothing", "", "", false); title == general || body == "" {
			t.Errorf("%s has no text of its own: %q %q", kind, title, body)
		}
	}
	seen := map[string]bool{}
	for _, tier := range []care.Tier{care.DoctorSoon, care.SameDay, care.Emergency} {
		title, _ := p.LockScreen("warning", tier.String(), "warning.EM-01", false)
		if seen[title] {
			t.Errorf("%v reads like a lower tier: %q", tier, title)
		}
		seen[title] = true
	}
	if _, body := p.LockScreen("warning", "emergency", "warning.EM-01", true); !strings.Contains(body, "Call 112 now") {
		t.Errorf("detailed on request: %q", body)
	}
}

// Each key has a title and a message of its own, and each line of advice a
// message, not what stands in for them.
func TestEveryKeyOfCareHasItsTexts(t *testing.T) {
	texts := every(t, "en")
	for _, key := range append(care.Keys(), care.PlanKeys()...) {
		for _, part := range []string{".title", ".message"} {
			if texts[key+part] == "" {
				t.Errorf("%s%s is missing", key, part)
			}
		}
	}
	for _, key := range care.AdviceKeys() {
		if texts[key+".message"] == "" {
			t.Errorf("%s.message is missing", key)
		}
	}
}

// A text that nothing shows would be translated for nobody.
func TestEveryTextIsShown(t *testing.T) {
	shown := regexp.MustCompile(`^(unknown|lock(\.\w+){0,2}|summary|test|sign_in|warning\.(EX-00\.)?standing)\.(title|message)$|` +
		`^warning\.same_day\.tail$|^(about|number|help_if|date)\.|^expect\.(needle|sessions|rollers)$|^(page|calendar)\.`)
	keys := slices.Concat(care.Keys(), care.PlanKeys(), care.AdviceKeys())
	inCatalogue, err := json.Marshal(For("en").In("GB").Catalogue(nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	for id, text := range every(t, "en") {
		key := strings.TrimSuffix(strings.TrimSuffix(id, ".title"), ".message")
		quoted, _ := json.Marshal(text)
		if !shown.MatchString(id) && !slices.Contains(keys, key) && !strings.Contains(string(inCatalogue), string(quoted)) {
			t.Errorf("nothing shows %s", id)
		}
	}
}

func TestUnknownKeySendsNobodyAway(t *testing.T) {
	p := For("en")
	if !strings.Contains(p.Message("warning.XX-99"), "get medical advice") || p.Title("warning.XX-99") == "" {
		t.Errorf("%q %q", p.Title("warning.XX-99"), p.Message("warning.XX-99"))
	}
}

func TestTextsCarryTheirIntent(t *testing.T) {
	p := For("en").In("GB")
	for id, s := range every(t, "en") {
		if strings.Contains(s, "<no value>") || strings.Contains(s, "{{") || s != strings.TrimSpace(s) || s == "" {
			t.Errorf("%s is not written out: %q", id, s)
		}
		want := ""
		switch {
		case strings.HasPrefix(id, "warning.EM-") && strings.HasSuffix(id, ".message"):
			want = "call 999"
		case strings.HasPrefix(id, "warning.SD-") && strings.HasSuffix(id, ".message"):
			want = "today"
		case strings.HasPrefix(id, "warning.DS-") && strings.HasSuffix(id, ".message"):
			want = "do not roll"
		}
		if !strings.Contains(strings.ToLower(s), want) {
			t.Errorf("%s does not say %q: %s", id, want, s)
		}
	}
	if help := strings.Join(p.GetHelpIf(), " "); len(p.GetHelpIf()) != 7 || !strings.Contains(help, "Call 999") || !strings.Contains(help, "38\u00a0°C") {
		t.Errorf("red flags: %s", help)
	}
}

func BenchmarkMessage(b *testing.B) {
	for b.Loop() {
		For("en-GB,en;q=0.9").In("GB").Message("warning.DS-01.a")
	}
}

// Every tier below same_day carries the red flags: what is an emergency by the
// rules is one in that list too, and nothing milder.
func TestTheRedFlagsSendToEmergencyHelpWhatTheRulesDo(t *testing.T) {
	list := strings.Join(For("en").In("GB").GetHelpIf(), " ")
	var calls []string
	for sentence := range strings.SplitSeq(list, ". ") {
		if strings.Contains(sentence, "999") {
			calls = append(calls, sentence)
		}
	}
	urgent := strings.Join(calls, " ")
	for rule, signs := range map[string][]string{
		"EM-01": {"confusion", "fast breathing", "clammy", "chills", "racing heart", "fainting"},
		"EM-02": {"39\u00a0°C"},
		"EM-03": {"within hours", "worse than it looks", "black", "purple", "numb", "crackles", "large blisters"},
		"EM-04": {"sight", "eye does not open"},
		"EM-05": {"face or tongue", "trouble breathing", "hives all over"},
		"EM-06": {"chest pain"},
		"EM-07": {"15 minutes", "10 minutes"},
		"EM-08": {"health condition"},
	} {
		for _, sign := range signs {
			if !strings.Contains(urgent, sign) {
				t.Errorf("%s: no call for %q in: %s", rule, sign, urgent)
			}
		}
	}
}
