package texts

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
	"unsafe"
)

func TestForPicksALanguage(t *testing.T) {
	for _, tags := range [][]string{nil, {""}, {"en-GB,en;q=0.9"}, {"xx-nonsense;;;"}, {"zu", "en_US"}, {strings.Repeat("a-", 5000)}} {
		p := For(tags...)
		if p.Language() != "en" || p.Title("check_in") != "How does your scalp feel?" {
			t.Errorf("%q: %s %q", tags, p.Language(), p.Title("check_in"))
		}
	}
}

// A header comes first, the account's locale second, English last.
func TestLanguagesAreNegotiated(t *testing.T) {
	for want, asked := range map[string][][]string{
		"en":    {{"en-US"}, {"it"}, {"*"}, {"ja", "ko"}, {"en, de;q=0.9", "fr"}, {"xx, zz-ZZ"}},
		"de":    {{"de-AT,de;q=0.9,en;q=0.5"}, {"de_CH"}, {"ja", "de"}, {"", "de-LI"}, {"it;q=0.8, de;q=0.2"}, {"xx, de;q=0.5"}, {"C,POSIX;q=0.9,de-DE;q=0.8", "fr"}},
		"es":    {{"es-419"}, {"es_MX"}, {"es-ES,es;q=0.9,en;q=0.1"}},
		"fr":    {{"fr-CA"}, {"fr"}, {"it,fr;q=0.7,en;q=0.3"}},
		"pt-BR": {{"pt"}, {"pt-PT"}, {"pt_BR"}, {"pt-AO,en;q=0.1"}},
	} {
		for _, tags := range asked {
			for range 2 { // matched, then remembered
				if got := For(tags...).Language(); got != want {
					t.Errorf("%q: got %s, want %s", tags, got, want)
				}
			}
		}
	}
}

// What is remembered of strangers' headers is bounded, and nothing of it is
// wrong afterwards.
func TestMatchesAreBounded(t *testing.T) {
	l := load(files)
	for i := range 3 * maxMatches {
		l.printer(fmt.Sprintf("de-x-%d", i), "fr")
	}
	l.printer(strings.Repeat("de,", maxTagBytes))
	if n := len(l.matched.byTags); n > maxMatches {
		t.Errorf("%d remembered", n)
	}
	if got := l.printer("fr-CA", "de").Language(); got != "fr" {
		t.Error(got)
	}
}

// A header lies in a buffer that the next request overwrites.
func TestMatchesKeepNoBuffer(t *testing.T) {
	l := load(files)
	buffer := []byte("de-AT")
	header := unsafe.String(&buffer[0], len(buffer))
	l.printer(header)
	copy(buffer, "fr-CA")
	if got := l.printer("de-AT").Language(); got != "de" {
		t.Errorf("de-AT: %s", got)
	}
	for key := range l.matched.byTags {
		if key[0] != "de-AT" {
			t.Errorf("remembered as %q", key[0])
		}
	}
}

// Printers are shared by all requests and the jobs.
func TestPrintersAgreeAcrossGoroutines(t *testing.T) {
	l := load(files)
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			for _, region := range []string{"GB", "DE", "FR", "", "BR"} {
				p := l.printer(languageNames[i%len(languageNames)]).In(region)
				want := For(p.Language()).In(region)
				if p.Message("warning.SD-01") != want.Message("warning.SD-01") || len(p.Catalogue(nil, nil).Risks) == 0 {
					t.Errorf("%s in %s", p.Language(), region)
				}
			}
		})
	}
	wait.Wait()
}

func TestDaysReadAsPeopleSayThem(t *testing.T) {
	for name, want := range map[string][2]string{
		"en": {"Sunday 1 November", "Monday 2 March"}, "de": {"Sonntag, 1. November", "Montag, 2. März"},
		"es": {"domingo 1 de noviembre", "lunes 2 de marzo"}, "fr": {"dimanche 1er novembre", "lundi 2 mars"},
		"pt-BR": {"domingo, 1º de novembro", "segunda-feira, 2 de março"},
	} {
		p := For(name)
		first, second := p.Day(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)), p.Day(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
		if first != want[0] || second != want[1] {
			t.Errorf("%s: %q, %q", name, first, second)
		}
	}
}

// RM-09: an answer below a standing warning says so, says what ends it, and
// never uses the words of an answer that found nothing.
func TestAStandingWarningIsSaid(t *testing.T) {
	raised := time.Date(2026, 11, 1, 23, 0, 0, 0, time.FixedZone("", 3600))
	for _, name := range languageNames {
		p := For(name).In("GB")
		ends := p.with("warning.standing.message", map[string]any{"Day": p.Day(raised)})
		title, message := p.Standing("warning.WT-01", raised)
		if title != p.Title("warning.standing") || message != p.Message("warning.WT-01")+" "+ends || !strings.Contains(message, p.Day(raised)) {
			t.Errorf("%s: %q %q", name, title, message)
		}
		title, message = p.Standing("warning.EX-00", raised)
		again, same := p.Standing("warning.EX-00.standing", raised)
		if title == p.Title("warning.EX-00") || message != ends || title != again || message != same {
			t.Errorf("%s: %q %q", name, title, message)
		}
		later := raised.AddDate(0, 0, 1)
		if _, message = p.Standing("warning.EX-00", later); !strings.Contains(message, p.Day(later)) {
			t.Errorf("%s: of the day after it says %q", name, message)
		}
	}
}

func TestNumbersFollowTheRegion(t *testing.T) {
	for region, want := range map[string]string{
		"GB": "999", "de": "112", "NO": "113", "US": "911", "CA": "911", "AU": "000", "NZ": "111", "JP": "119", "": "", "ZZ": "", "AQ": "",
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

// RM-11: reminders wait for quiet hours to end and join each other, so no text
// promises an hour. DV-06: what protects after contact with blood has to begin in
// time, in every language (the numbers of translations are held elsewhere).
func TestHoursInTextsAgreeWithThePlan(t *testing.T) {
	english := every(t, "en")
	promised := regexp.MustCompile(`(?i)\bin (\d+) hours`)
	for id, s := range english {
		if promised.MatchString(s) {
			t.Errorf("%s promises an hour: %s", id, s)
		}
	}
	for _, id := range []string{"session.DV-06.message", "roller.DV-06.message", "roller_care.shared.message"} {
		if !strings.Contains(english[id], "72 hours") {
			t.Errorf("DV-06: %s names no limit: %s", id, english[id])
		}
	}
}
