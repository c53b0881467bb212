// Package texts holds what people read, in every language there is a file for:
// locales/<language>.json. A further language is one more file and no code;
// a text that it lacks is shown in English.
//
// No text says that all is well or names a disease as a finding (P7), and none
// that may stand on a lock screen by default names a body part or a symptom
// (RM-03). A condition that a person ticked may be named inside the app.
package texts

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// Printer writes the texts of one language for one region. It may be used by
// several goroutines.
type Printer struct {
	*locale
	place place
	// local are the texts that name a number to call, for that place.
	local map[string]string
}

// For is the printer of the first language there is a file for. A tag is an
// Accept-Language value or a locale; what cannot be read is passed over, and
// English is the last resort. Its region is unknown until In.
func For(tags ...string) *Printer { return catalogue.printer(tags...) }

// In is the same printer for an account's region (ISO 3166; "" is unknown),
// which decides the numbers to call (RM-06).
func (p *Printer) In(region string) *Printer { return p.at(placeOf(region)) }

// Language is the tag of the texts, as for Content-Language.
func (p *Printer) Language() string { return p.tag.String() }

// Reviewed says whether a clinician who speaks the language has read its texts.
func (p *Printer) Reviewed() bool { return p.text("about.reviewed") == "true" }

// IntendedUse says what Aftercare is for, and what it is not.
func (p *Printer) IntendedUse() string { return p.text("about.intended_use") }

// Title is the heading of a key of care.
func (p *Printer) Title(key string) string { return p.orElse(key+".title", "unknown.title") }

// Message is the text of a key of care; of a same-day warning with what to do
// at night and when it gets worse (RM-10). A key that an older version stored
// and this one no longer knows still gets a text that sends nobody away.
func (p *Printer) Message(key string) string { return p.orElse(key+".message", "unknown.message") }

// Standing is the heading and the text of an answer below an earlier warning
// that still stands, raised at that time in the person's zone (RM-09).
func (p *Printer) Standing(key string, raised time.Time) (title, message string) {
	stands := p.with("warning.standing.message", map[string]any{"Day": p.Day(raised)})
	if key == expected || key == expected+".standing" {
		return p.Title(expected + ".standing"), stands
	}
	return p.Title("warning.standing"), p.Message(key) + " " + stands
}

// expected is the key of an answer that found nothing beyond the usual.
const expected = "warning.EX-00"

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

// Action is the label of a button, on a notification too: acknowledge, snooze,
// calm, still_there, or an answer to a warning.
func (p *Printer) Action(name string) string { return p.orElse("action."+name, "action.open") }

// text is one that every language has, else what sends nobody away.
func (p *Printer) text(id string) string { return p.orElse(id, "unknown.message") }

// orElse is the text with that id, else the one that stands in for it.
func (p *Printer) orElse(id, standIn string) string {
	if s, ok := p.find(id); ok {
		return s
	}
	s, _ := p.find(standIn)
	return s
}

// find is a text that needs no values but the place.
func (p *Printer) find(id string) (string, bool) {
	if s, ok := p.plain[id]; ok {
		return s, true
	}
	s, ok := p.local[id]
	return s, ok
}

// printer is the one of the first tag that matches a language.
func (l *languages) printer(tags ...string) *Printer {
	if p, ok := l.matched.get(tags); ok {
		return p
	}
	wanted := make([]string, len(tags))
	for i, t := range tags {
		wanted[i] = strings.ReplaceAll(t, "_", "-")
	}
	_, i := language.MatchStrings(l.matcher, wanted...)
	p := l.locales[i].at(place{})
	l.matched.put(slices.Clone(tags), p)
	return p
}
