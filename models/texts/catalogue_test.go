package texts

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aftercare/models/care"
)

// every is each text of a locale file as people read it, by its id.
func every(t *testing.T, file string) map[string]string {
	t.Helper()
	raw, err := fs.ReadFile(files, file)
	if err != nil {
		t.Fatal(err)
	}
	var ids map[string]string
	if err := json.Unmarshal(raw, &ids); err != nil {
		t.Fatal(err)
	}
	p := For("en").In("GB")
	shown := map[string]string{}
	for id := range ids {
		shown[id] = p.text(id)
	}
	return shown
}

func words(list ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(` + strings.Join(list, "|") + `)\b`)
}

var (
	reassuring = words("all clear", "all is well", "all good", "safe", "safely", "fine", "healthy", "heal(s|ed)?", "harmless",
		"no(thing)? (need )?to worry", "(do not|don't) worry", "no problem", "good news", "ok(ay)?", "perfect(ly)?", "normal(ly)?",
		"no signs? of", "not? infect\\w*", "well done", "congratulations", "cured?", "recovered")
	diseases = words("infected", "infections", "inflamed", "inflammation", "cellulitis", "sepsis", "septic", "abscess(es)?", "boils", "a boil",
		"folliculitis", "herpes", "cold sores?", "shingles", "ringworm", "tinea", "impetigo", "granulomas?", "dermatitis", "psoriasis",
		"eczema", "diabet\\w+", "hiv", "aids", "hepatitis", "cancer", "allerg\\w+", "anaphyla\\w+", "necro\\w+", "keloids?", "alopecia",
		"lupus", "tetanus", "lice", "mrsa", "erysipelas", "gangrene", "haemophilia", "stroke", "heart attack", "disease")
	infection    = regexp.MustCompile(`(?i)infection`)
	infectionSay = regexp.MustCompile(`(?i)signs of infection`)
	health       = words("scalp", "skin", "head", "hair", "bald\\w*", "face", "eyes?", "body", "blood", "bleed\\w*", "pain\\w*", "itch\\w*", "red(ness)?",
		"swell\\w*", "swollen", "fever\\w*", "temperature", "symptoms?", "infect\\w*", "irritat\\w*", "heal\\w*", "health", "medic\\w*", "doctor", "clinic\\w*",
		"hospital", "emergency", "needl\\w*", "roll\\w*", "session", "wound", "treat\\w*", "minoxidil", "ill", "sick", "warning", "risk\\w*", "calm", "111", "999", "112", "911")
)

// P7: no text says that all is well or names a disease.
func TestNoTextReassuresOrNamesADisease(t *testing.T) {
	for id, s := range every(t, "locales/en.json") {
		if w := reassuring.FindString(s); w != "" {
			t.Errorf("%s reassures with %q: %s", id, w, s)
		}
		if w := diseases.FindString(s); w != "" {
			t.Errorf("%s names a disease with %q: %s", id, w, s)
		}
		if len(infection.FindAllString(s, -1)) != len(infectionSay.FindAllString(s, -1)) {
			t.Errorf("%s says more than \"signs of infection\": %s", id, s)
		}
	}
}

// P7, RM-03: what may stand on a lock screen by default.
func TestLockScreenNamesNoHealthWord(t *testing.T) {
	for id, s := range every(t, "locales/en.json") {
		if !strings.HasPrefix(id, "lock.") && !strings.HasPrefix(id, "action.") {
			continue
		}
		if w := health.FindString(s); w != "" {
			t.Errorf("%s says %q: %s", id, w, s)
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

// Each key has a title and a message of its own, not what stands in for them.
func TestEveryKeyOfCareHasItsTexts(t *testing.T) {
	texts := every(t, "locales/en.json")
	for _, key := range append(care.Keys(), care.PlanKeys()...) {
		for _, part := range []string{".title", ".message"} {
			if texts[key+part] == "" {
				t.Errorf("%s%s is missing", key, part)
			}
		}
	}
}

// A line of advice is one message (RM-08).
func TestEveryAdviceHasItsText(t *testing.T) {
	texts := every(t, "locales/en.json")
	for _, key := range care.AdviceKeys() {
		if texts[key+".message"] == "" {
			t.Errorf("%s.message is missing", key)
		}
	}
}

// A text that nothing shows would be translated for nobody.
func TestEveryTextIsShown(t *testing.T) {
	shown := regexp.MustCompile(`^(unknown|lock(\.\w+){0,2}|summary|test|sign_in)\.(title|message)$|^(number|help_if|action|advice)\.`)
	keys := append(care.Keys(), care.PlanKeys()...)
	for id := range every(t, "locales/en.json") {
		key := strings.TrimSuffix(strings.TrimSuffix(id, ".title"), ".message")
		if !shown.MatchString(id) && !slices.Contains(keys, key) {
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
	for id, s := range every(t, "locales/en.json") {
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
	if help := strings.Join(p.GetHelpIf(), " "); len(p.GetHelpIf()) != 7 || !strings.Contains(help, "Call 999") || !strings.Contains(help, "38 °C") {
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
		"EM-02": {"39 °C"},
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
