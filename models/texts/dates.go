package texts

import (
	"strconv"
	"strings"
	"time"
)

// Day is a date as people say it, with its weekday, in the zone of t.
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

// decimal is a number with the language's decimal mark.
func (p *Printer) decimal(n float64) string {
	return strings.Replace(strconv.FormatFloat(n, 'f', -1, 64), ".", p.text("number.decimal"), 1)
}

// Expect says how many sessions and rollers nine months take with that needle
// (PG-14).
func (p *Printer) Expect(needleMM float64, sessions, rollers int) string {
	return p.with("expect.needle", map[string]any{
		"Needle":   p.decimal(needleMM),
		"Sessions": p.with("expect.sessions", map[string]any{"PluralCount": sessions}),
		"Rollers":  p.with("expect.rollers", map[string]any{"PluralCount": rollers}),
	})
}
