package texts

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func TestForPicksALanguage(t *testing.T) {
	for _, tags := range [][]string{nil, {""}, {"en-GB,en;q=0.9"}, {"xx-nonsense;;;"}, {"zu", "en_US"}, {strings.Repeat("a-", 5000)}} {
		p := For(tags...)
		if p.Language() != "en" || p.Title("check_in") != "How does your scalp feel?" {
			t.Errorf("%q: %s %q", tags, p.Language(), p.Title("check_in"))
		}
	}
}

func TestNumbersFollowTheRegion(t *testing.T) {
	for region, want := range map[string]string{
		"GB": "999", "de": "112", "NO": "112", "US": "911", "CA": "911", "AU": "000", "NZ": "111", "JP": "119", "": "", "ZZ": "", "AQ": "",
	} {
		if got := EmergencyNumber(region); got != want {
			t.Errorf("%q: got %q, want %q", region, got, want)
		}
	}
	for region, want := range map[string][2]string{
		"GB": {"Call 999 now", "Call 111 or your GP today"},
		"gb": {"Call 999 now", "Call 111 or your GP today"},
		"NZ": {"Call 111 now", "Call 0800 611 116 or your doctor today"},
		"CH": {"Call 144 now", "Call your doctor or an urgent care clinic today"},
		"":   {"Call your local emergency number now", "Call your doctor or an urgent care clinic today"},
	} {
		p := For("en").In(region)
		if got := p.Message("warning.EM-01"); !strings.Contains(got, want[0]) {
			t.Errorf("%q: %s", region, got)
		}
		if got := p.Message("warning.SD-01"); !strings.Contains(got, want[1]) {
			t.Errorf("%q: %s", region, got)
		}
	}
}

func TestAFurtherLanguageIsOneMoreFile(t *testing.T) {
	english, err := fs.ReadFile(files, "locales/en.json")
	if err != nil {
		t.Fatal(err)
	}
	l := load(fstest.MapFS{
		"locales/en.json": {Data: english},
		"locales/de.json": {Data: []byte(`{"check_in.title": "Wie geht es der Kopfhaut?", "number.emergency": "Ihre Notrufnummer"}`)},
	})
	p := l.printer("de-AT,de;q=0.9,en;q=0.5")
	if p.Language() != "de" || p.Title("check_in") != "Wie geht es der Kopfhaut?" {
		t.Errorf("%s: %s", p.Language(), p.Title("check_in"))
	}
	if got := p.Title("recheck"); got != "Please measure your temperature again" {
		t.Errorf("a text the file lacks is not in English: %q", got)
	}
	if got := p.Message("warning.EM-01"); !strings.Contains(got, "Call Ihre Notrufnummer now") {
		t.Errorf("number in the person's language: %q", got)
	}
	if got := l.printer("fr").Language(); got != "en" {
		t.Errorf("a language without a file: %s", got)
	}
}
