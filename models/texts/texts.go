// Package texts holds what people read, in every language there is a file for:
// locales/<language>.json. A further language is one more file and no code;
// a text that it lacks is shown in English.
//
// No text says that all is well or names a disease (P7), and none that may
// stand on a lock screen by default names a body part or a symptom (RM-03).
package texts

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed locales/*.json
var files embed.FS

var catalogue = load(files)

// languages are those there is a file for; the first is the fallback.
type languages struct {
	bundle  *i18n.Bundle
	matcher language.Matcher
	tags    []language.Tag
}

// load reads the files that are part of the program: a fault in them is one of
// the build, found by any test.
func load(files fs.FS) languages {
	bundle := i18n.NewBundle(language.English)
	entries, err := fs.ReadDir(files, "locales")
	if err != nil {
		panic(fmt.Sprintf("texts: list the embedded locales: %v", err))
	}
	for _, e := range entries {
		if _, err := bundle.LoadMessageFileFS(files, "locales/"+e.Name()); err != nil {
			panic(fmt.Sprintf("texts: read the embedded locale %s: %v", e.Name(), err))
		}
	}
	tags := bundle.LanguageTags()
	return languages{bundle, language.NewMatcher(tags), tags}
}

// Printer writes the texts of one language for one region. It may be used by
// several goroutines.
type Printer struct {
	localizer *i18n.Localizer
	tag       language.Tag
	region    string
}

// For is the printer of the first language there is a file for. A tag is an
// Accept-Language value or a locale; what cannot be read is passed over, and
// English is the last resort.
func For(tags ...string) *Printer { return catalogue.printer(tags...) }

func (l languages) printer(tags ...string) *Printer {
	wanted := make([]string, len(tags))
	for i, t := range tags {
		wanted[i] = strings.ReplaceAll(t, "_", "-")
	}
	_, i := language.MatchStrings(l.matcher, wanted...)
	tag := l.tags[i]
	return &Printer{i18n.NewLocalizer(l.bundle, tag.String()), tag, ""}
}

// In is the same printer for an account's region (ISO 3166; "" is unknown),
// which decides the numbers to call (RM-06).
func (p *Printer) In(region string) *Printer {
	return &Printer{p.localizer, p.tag, strings.ToUpper(region)}
}

// Language is the tag of the texts, as for Content-Language.
func (p *Printer) Language() string { return p.tag.String() }

// Title is the heading of a key of care.
func (p *Printer) Title(key string) string { return p.orElse(key+".title", "unknown.title") }

// Message is the text of a key of care. A key that an older version stored and
// this one no longer knows still gets a text that sends nobody away.
func (p *Printer) Message(key string) string { return p.orElse(key+".message", "unknown.message") }

// helpIf are the red flags in the order in which they are read.
var helpIf = []string{"emergency", "fever", "spreading", "discharge", "pain", "eyes", "bleeding"}

// GetHelpIf is the short red-flag list that goes with every tier below
// same_day.
func (p *Printer) GetHelpIf() []string {
	list := make([]string, len(helpIf))
	for i, flag := range helpIf {
		list[i] = p.text("help_if." + flag)
	}
	return list
}

// LockScreen is what a push shows. tier is that of a warning, else "". Unless
// the person asked for detail it names no body part and no symptom (P7).
func (p *Printer) LockScreen(kind, tier, key string, detailed bool) (title, body string) {
	if detailed && key != "" {
		return p.Title(key), p.Message(key)
	}
	name := "lock." + kind
	if tier != "" {
		name += "." + tier
	}
	return p.orElse(name+".title", "lock.title"), p.orElse(name+".message", "lock.message")
}

// Action is the label of a button on a notification: acknowledge or snooze.
func (p *Printer) Action(name string) string { return p.orElse("action."+name, "action.open") }

func (p *Printer) text(id string) string { return p.orElse(id, "unknown.message") }

// orElse is the text with that id, else the one that stands in for it.
func (p *Printer) orElse(id, standIn string) string {
	data := map[string]string{"Emergency": p.emergency(), "Advice": p.advice()}
	for _, name := range []string{id, standIn} {
		if s, ok := p.localize(name, data); ok {
			return s
		}
	}
	return ""
}

func (p *Printer) localize(id string, data any) (string, bool) {
	s, err := p.localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data})
	// A text that is there in English alone comes with an error beside it.
	return s, s != "" || err == nil
}

func (p *Printer) emergency() string {
	if n := EmergencyNumber(p.region); n != "" {
		return n
	}
	s, _ := p.localize("number.emergency", nil)
	return s
}

func (p *Printer) advice() string {
	id := "number.advice"
	if p.region == "GB" || p.region == "UK" {
		id = "number.advice_GB"
	}
	s, _ := p.localize(id, nil)
	return s
}
