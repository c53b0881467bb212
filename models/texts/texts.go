// Package texts holds the texts that people read, in every language that has a
// file: locales/<language>.json. Another language is one more file and no code;
// a text that it lacks is shown in English.
//
// No text says that all is well or names a disease as a finding (P7), and none
// that may appear on a lock screen by default names a body part or a symptom
// (RM-03). A condition that a person ticked may be named inside the app.
package texts

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/text/language"
)

// Printer returns the texts of one language for one region. It is safe for
// concurrent use.
type Printer struct {
	*locale
	place place
	// local holds the texts that name a number to call at that place.
	local map[string]string
	// stood is the sentence of Standing that was made last.
	stood atomic.Pointer[stood]
}

// stood is what a warning of a day that still stands adds to a verdict.
type stood struct {
	day      string
	sentence string
}

// For returns the printer of the first language that has a file. A tag is an
// Accept-Language value or a locale; tags that cannot be parsed are skipped,
// and English is the fallback. The region is unknown until In.
func For(tags ...string) *Printer { return catalogue.printer(tags...) }

// In returns the same printer for an account's region (ISO 3166; "" is
// unknown), which decides the numbers to call (RM-06).
func (p *Printer) In(region string) *Printer { return p.at(placeOf(region)) }

// Language returns the language tag of the texts, as for Content-Language.
func (p *Printer) Language() string { return p.tag.String() }

// Reviewed reports whether a clinician who speaks the language has reviewed its
// texts.
func (p *Printer) Reviewed() bool { return p.text("about.reviewed") == "true" }

// IntendedUse returns the statement of what Aftercare is for, and what it is
// not.
func (p *Printer) IntendedUse() string { return p.text("about.intended_use") }

// Title returns the heading for a key of care.
func (p *Printer) Title(key string) string { return p.orElse(key+".title", "unknown.title") }

// Message returns the text for a key of care; for a same-day warning it
// includes what to do at night and when it gets worse (RM-10). A key that only
// an older version knows gets a text that is safe: it sends nobody away.
func (p *Printer) Message(key string) string { return p.orElse(key+".message", "unknown.message") }

// Standing returns the heading and text of a verdict that is below an earlier,
// unresolved warning, which was raised at that time in the person's zone
// (RM-09).
func (p *Printer) Standing(key string, raised time.Time) (title, message string) {
	stands := p.stands(raised)
	if key == expected || key == expected+".standing" {
		return p.Title(expected + ".standing"), stands
	}
	return p.Title("warning.standing"), p.Message(key) + " " + stands
}

// stands returns the sentence of a warning that still stands. The last one is
// kept: the reports of a list usually stand below the same warning, and filling
// in the day takes longer than the rest of a report.
func (p *Printer) stands(raised time.Time) string {
	day := raised.Format(time.DateOnly)
	if last := p.stood.Load(); last != nil && last.day == day {
		return last.sentence
	}
	sentence := p.with("warning.standing.message", map[string]any{"Day": p.Day(raised)})
	p.stood.Store(&stood{day, sentence})
	return sentence
}

// expected is the key of a verdict that found nothing unusual.
const expected = "warning.EX-00"

// helpIf lists the red flags in reading order.
var helpIf = []string{"emergency", "fever", "spreading", "discharge", "pain", "eyes", "bleeding"}

// GetHelpIf returns the short list of red flags that accompanies every tier
// below same_day.
func (p *Printer) GetHelpIf() []string {
	list := make([]string, len(helpIf))
	for i, flag := range helpIf {
		list[i] = p.text("help_if." + flag)
	}
	return list
}

// LockScreen returns what a push shows. tier is that of a warning, else "".
// Unless the person asked for detail it names no body part and no symptom (P7).
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

// Action returns the label of a button, also used on notifications:
// acknowledge, snooze, calm, still_there, or an answer to a warning.
func (p *Printer) Action(name string) string { return p.orElse("action."+name, "action.open") }

// Say returns the text of an id that needs no value.
func (p *Printer) Say(id string) string { return p.text(id) }

// Has reports whether there is a text of that id that needs no value.
func (p *Printer) Has(id string) bool {
	_, ok := p.find(id)
	return ok
}

// Fill returns the text of an id with its values.
func (p *Printer) Fill(id string, values map[string]any) string { return p.with(id, values) }

// text returns a text that every language has, or the safe fallback.
func (p *Printer) text(id string) string { return p.orElse(id, "unknown.message") }

// orElse returns the text with the ID, or else the fallback's.
func (p *Printer) orElse(id, standIn string) string {
	if s, ok := p.find(id); ok {
		return s
	}
	s, _ := p.find(standIn)
	return s
}

// under returns the ids of the texts that begin with prefix and need no value
// other than the place, in order.
func (p *Printer) under(prefix string) []string {
	var ids []string
	for _, texts := range []map[string]string{p.plain, p.local} {
		for id := range texts {
			if strings.HasPrefix(id, prefix) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// find returns a text that needs no values other than the place.
func (p *Printer) find(id string) (string, bool) {
	if s, ok := p.plain[id]; ok {
		return s, true
	}
	s, ok := p.local[id]
	return s, ok
}

// readable leaves out of an Accept-Language value what is no language that is
// known: a parser refuses the whole value for it, and a phone that asks for
// German as well would read English.
func readable(header string) string {
	if _, _, err := language.ParseAcceptLanguage(header); err == nil {
		return header
	}
	return strings.Join(slices.DeleteFunc(strings.Split(header, ","), func(item string) bool {
		_, _, err := language.ParseAcceptLanguage(item)
		return err != nil
	}), ",")
}

// printer returns the printer of the first tag that matches a language.
func (l *languages) printer(tags ...string) *Printer {
	if p, ok := l.matched.get(tags); ok {
		return p
	}
	wanted := make([]string, len(tags))
	for i, t := range tags {
		wanted[i] = readable(strings.ReplaceAll(t, "_", "-"))
	}
	_, i := language.MatchStrings(l.matcher, wanted...)
	p := l.locales[i].at(place{})
	l.matched.put(slices.Clone(tags), p)
	return p
}
