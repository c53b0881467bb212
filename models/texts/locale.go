package texts

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed locales/*.json
var files embed.FS

var catalogue = load(files)

// languages are the languages that have a file; the first is the fallback.
type languages struct {
	matcher language.Matcher
	locales []*locale
	matched matches
}

// locale is one language. Its texts are rendered once: those without a value at
// the start, those with a phone number once for each place.
type locale struct {
	tag       language.Tag
	localizer *i18n.Localizer
	plain     map[string]string
	withPlace []string
	printers  sync.Map // place → *Printer; there are no more places than pairs of numbers
}

// place is the part of a region that the texts depend on.
type place struct{ emergency, advice string }

func placeOf(region string) place {
	return place{EmergencyNumber(region), AdviceNumber(region)}
}

// load parses the files built into the program. It panics on an error, which is
// a fault of the build that any test finds.
func load(files fs.FS) *languages {
	bundle := i18n.NewBundle(language.English)
	entries, err := fs.ReadDir(files, "locales")
	if err != nil {
		panic(fmt.Sprintf("texts: list the embedded locales: %v", err))
	}
	texts := map[string]*i18n.Message{} // in any language, for the IDs and the values they need
	for _, e := range entries {
		file, err := bundle.LoadMessageFileFS(files, "locales/"+e.Name())
		if err != nil {
			panic(fmt.Sprintf("texts: read the embedded locale %s: %v", e.Name(), err))
		}
		for _, m := range file.Messages {
			if texts[m.ID] == nil {
				texts[m.ID] = m
			}
		}
	}
	l := &languages{matcher: language.NewMatcher(bundle.LanguageTags())}
	for _, tag := range bundle.LanguageTags() {
		l.locales = append(l.locales, newLocale(bundle, tag, texts))
	}
	return l
}

var value = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

// values returns the names of the values that a text needs.
func values(text string) []string {
	var names []string
	for _, m := range value.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func newLocale(bundle *i18n.Bundle, tag language.Tag, texts map[string]*i18n.Message) *locale {
	l := &locale{tag: tag, localizer: i18n.NewLocalizer(bundle, tag.String()), plain: map[string]string{}}
	for id, m := range texts {
		needs := values(m.Other)
		switch {
		case len(needs) == 0:
			l.plain[id] = l.with(id, nil)
		case !slices.ContainsFunc(needs, func(v string) bool { return v != "Emergency" && v != "Advice" }):
			l.withPlace = append(l.withPlace, id)
		}
	}
	return l
}

// at returns the printer for a place, created on first use.
func (l *locale) at(where place) *Printer {
	if p, ok := l.printers.Load(where); ok {
		return p.(*Printer)
	}
	p := &Printer{locale: l, place: where, local: make(map[string]string, len(l.withPlace))}
	data := map[string]any{"Emergency": l.number("emergency", where.emergency), "Advice": l.advice(where.advice)}
	for _, id := range l.withPlace {
		p.local[id] = l.with(id, data)
	}
	for id := range p.local {
		if strings.HasPrefix(id, "warning.SD-") && strings.HasSuffix(id, ".message") {
			p.local[id] += " " + p.local["warning.same_day.tail"]
		}
	}
	first, _ := l.printers.LoadOrStore(where, p)
	return first.(*Printer)
}

// number returns a phone number as used in a sentence, or a phrase if there is
// none.
func (l *locale) number(kind, number string) string {
	if number == "" {
		return l.plain["number."+kind]
	}
	return l.with("number."+kind+"_line", map[string]any{"Number": number})
}

// advice returns the medical advice line as used in a sentence; it names the GP
// where that is what people call their doctor.
func (l *locale) advice(number string) string {
	if number == AdviceNumber("GB") {
		return l.plain["number.advice_GB"]
	}
	return l.number("advice", number)
}

// with returns a text with values filled in; PluralCount among them selects the
// plural form.
func (l *locale) with(id string, data map[string]any) string {
	// A text that exists only in English is returned together with an error.
	s, _ := l.localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data, PluralCount: data["PluralCount"]})
	return s
}

// matches caches which printer matches a request's languages: matching costs
// more than the whole response. It is bounded, because clients may send
// anything as Accept-Language.
type matches struct {
	mu     sync.RWMutex
	byTags map[[2]string]*Printer
}

// Bounds of matches: a browser's Accept-Language has some 60 bytes.
const (
	maxMatches  = 512
	maxTagBytes = 120
)

// keyOf returns the cache key; ok is false for tags not worth caching.
func keyOf(tags []string) (key [2]string, ok bool) {
	if len(tags) > len(key) {
		return key, false
	}
	copy(key[:], tags)
	return key, len(key[0])+len(key[1]) <= maxTagBytes
}

func (m *matches) get(tags []string) (*Printer, bool) {
	key, ok := keyOf(tags)
	if !ok {
		return nil, false
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	p, ok := m.byTags[key]
	return p, ok
}

func (m *matches) put(tags []string, p *Printer) {
	// The tags may point into the buffer of a request, which is reused.
	for i := range tags {
		tags[i] = strings.Clone(tags[i])
	}
	key, ok := keyOf(tags)
	if !ok {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byTags == nil || len(m.byTags) >= maxMatches {
		m.byTags = make(map[[2]string]*Printer)
	}
	m.byTags[key] = p
}
