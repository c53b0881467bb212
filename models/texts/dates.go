package texts

import (
	"strconv"
	"strings"
	"time"
)

// Day returns the date of t in its zone, with the weekday, in everyday form.
func (p *Printer) Day(t time.Time) string {
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = p.text("date.first")
	}
	return p.with("date.day", map[string]any{
		"Weekday": p.text("date.weekday." + strconv.Itoa(int(t.Weekday()))),
		"Day":     day,
		"Month":   p.text("date.month." + strconv.Itoa(int(t.Month()))),
	})
}

// Decimal returns a number with the language's decimal separator.
func (p *Printer) Decimal(n float64) string {
	return strings.Replace(strconv.FormatFloat(n, 'f', -1, 64), ".", p.text("number.decimal"), 1)
}

// Expect returns how many sessions and rollers nine months take with a needle
// (PG-14).
func (p *Printer) Expect(needleMM float64, sessions, rollers int) string {
	return p.with("expect.needle", map[string]any{
		"Needle":   p.Decimal(needleMM),
		"Sessions": p.with("expect.sessions", map[string]any{"PluralCount": sessions}),
		"Rollers":  p.with("expect.rollers", map[string]any{"PluralCount": rollers}),
	})
}
