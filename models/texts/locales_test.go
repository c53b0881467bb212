package texts

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aftercare/models/care"
)

// forms are the texts of an id by plural form, "" where it has one form.
func forms(value any) map[string]string {
	if text, ok := value.(string); ok {
		return map[string]string{"": text}
	}
	out := map[string]string{}
	for form, text := range value.(map[string]any) {
		out[form] = text.(string)
	}
	return out
}

func TestEveryLanguageHasTheSameTexts(t *testing.T) {
	english := raw(t, "en")
	for _, name := range languageNames[1:] {
		other := raw(t, name)
		for id, text := range english {
			theirs, ok := other[id]
			if !ok {
				t.Errorf("%s lacks %s", name, id)
				continue
			}
			want, got := forms(text), forms(theirs)
			if a, b := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)); !slices.Equal(a, b) {
				t.Errorf("%s %s has the forms %q, English %q", name, id, b, a)
			}
			for form := range want {
				sameValues(t, name+" "+id, want[form], got[form])
			}
		}
		for id := range other {
			if _, ok := english[id]; !ok {
				t.Errorf("%s has %s, which English lacks", name, id)
			}
		}
	}
}

// sameValues holds a translation to the placeholders and the numbers of the
// original: 38 °C is 38 °C in every language.
func sameValues(t *testing.T, id, original, translation string) {
	t.Helper()
	if a, b := all(value, original), all(value, translation); !slices.Equal(a, b) {
		t.Errorf("%s: the values are %q, of the original %q", id, b, a)
	}
	if a, b := all(filledIn, original), all(filledIn, translation); !slices.Equal(a, b) {
		t.Errorf("%s: an app fills in %q, in the original %q", id, b, a)
	}
	if strings.HasSuffix(id, "number.decimal") || strings.HasSuffix(id, "date.first") || strings.HasSuffix(id, "intended_use") {
		return
	}
	if a, b := numbersIn(original), numbersIn(translation); !slices.Equal(a, b) {
		t.Errorf("%s: the numbers are %q, of the original %q", id, b, a)
	}
}

func all(pattern *regexp.Regexp, text string) []string {
	found := pattern.FindAllString(text, -1)
	slices.Sort(found)
	return found
}

var (
	filledIn   = regexp.MustCompile(`\{\w+\}`)
	number     = regexp.MustCompile(`\d+(?:[.,]\d+)?`)
	fahrenheit = regexp.MustCompile(`\d+(?:[.,]\d+)?\x{a0}°F`)
)

// numbersIn are the numbers of a text with a decimal point. Fahrenheit stands
// only where people measure in it.
func numbersIn(text string) []string {
	found := all(number, fahrenheit.ReplaceAllString(text, ""))
	for i := range found {
		found[i] = strings.ReplaceAll(found[i], ",", ".")
	}
	slices.Sort(found)
	return found
}

// A line that ends between a number and its unit, or before a French question
// mark, is misread by who reads in haste.
func TestNoLineBreaksBeforeAUnitOrAMark(t *testing.T) {
	parted := map[string]*regexp.Regexp{"": regexp.MustCompile(`[\d}] (?:°[CF]|mm\b|%)`), "fr": regexp.MustCompile(`« | [:;?!»]`)}
	for _, name := range languageNames {
		for id, text := range raw(t, name) {
			for _, s := range forms(text) {
				if parted[""].MatchString(s) || name == "fr" && parted["fr"].MatchString(s) {
					t.Errorf("%s %s: %s", name, id, s)
				}
			}
		}
	}
}

func TestNumbersHaveTheDecimalMarkOfTheLanguage(t *testing.T) {
	foreign := map[string]*regexp.Regexp{".": regexp.MustCompile(`\d,\d`), ",": regexp.MustCompile(`\d\.\d`)}
	for _, name := range languageNames {
		texts := every(t, name)
		for id, s := range texts {
			if id != "expect.needle" && foreign[texts["number.decimal"]].MatchString(s) {
				t.Errorf("%s %s: %s", name, id, s)
			}
		}
	}
}

// A text without its translation would pass every other test.
func TestTextsAreTranslated(t *testing.T) {
	english := every(t, "en")
	for _, name := range languageNames[1:] {
		for id, s := range every(t, name) {
			if s == english[id] && len(strings.Fields(s)) > 2 && id != "expect.needle" {
				t.Errorf("%s %s is English: %s", name, id, s)
			}
		}
	}
}

// intent is what the messages of a tier must say in a language.
type intent struct{ today, notRoll string }

func TestMessagesSayWhatToDoInEveryLanguage(t *testing.T) {
	for name, say := range map[string]intent{
		"en": {"today", "do not roll"}, "de": {"heute", "rollen sie nicht"}, "es": {"hoy", "no use el rodillo"},
		"fr": {"aujourd’hui", "n’utilisez pas le rouleau"}, "pt-BR": {"hoje", "não use o roller"},
	} {
		for id, s := range every(t, name) {
			want := ""
			switch {
			case !strings.HasSuffix(id, ".message"):
			case strings.HasPrefix(id, "warning.EM-"):
				want = "999"
			case strings.HasPrefix(id, "warning.SD-"):
				want = say.today
			case strings.HasPrefix(id, "warning.DS-"), strings.HasPrefix(id, "warning.WT-") && id != "warning.WT-11.message":
				want = say.notRoll
			}
			if !strings.Contains(strings.ToLower(s), want) {
				t.Errorf("%s %s does not say %q: %s", name, id, want, s)
			}
		}
	}
}

// RM-10: a same-day text says what to do when the doctor is closed, and when
// it gets worse.
func TestSameDayMessagesSayWhatToDoAtNight(t *testing.T) {
	for _, name := range languageNames {
		p := For(name).In("DE")
		tail, _ := p.find("warning.same_day.tail")
		for _, key := range care.Keys() {
			sameDay := strings.HasPrefix(key, "warning.SD-")
			if got := strings.HasSuffix(p.Message(key), " "+tail); got != sameDay {
				t.Errorf("%s %s ends with the words for the night: %v", name, key, got)
			}
		}
		if !strings.Contains(tail, "112") {
			t.Errorf("%s: no number in %q", name, tail)
		}
	}
}

// RM-08: an advice is one short line beside another text.
func TestAdviceIsShort(t *testing.T) {
	for _, name := range languageNames {
		for id, s := range every(t, name) {
			if strings.HasPrefix(id, "advice.") && len(strings.Fields(s)) > 28 {
				t.Errorf("%s %s: %d words: %s", name, id, len(strings.Fields(s)), s)
			}
		}
	}
}

// Consents keep theirs: their text does not change under its version.
func TestThereIsOneKindOfApostrophe(t *testing.T) {
	for _, name := range languageNames {
		for id, text := range raw(t, name) {
			for _, s := range forms(text) {
				if strings.Contains(s, "'") && !strings.HasPrefix(id, "consent.") {
					t.Errorf("%s %s: %s", name, id, s)
				}
			}
		}
	}
}
