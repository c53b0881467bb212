package care

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// tally is what one life counts.
type tally struct {
	sessions, reports int
	time              time.Duration
	pushes            map[Kind]int
	warnings          []raised

	// Of who is infected.
	onset    time.Time
	standing bool      // a same_day stood before: the course says nothing
	warned   time.Time // any warning after the onset
	urgent   time.Time // same_day or emergency after it
}

// raised is a warning as it was when the person first saw it.
type raised struct {
	tier   Tier
	rule   string
	byTime bool
}

func (t *tally) push(k Kind) {
	if t.pushes == nil {
		t.pushes = map[Kind]int{}
	}
	t.pushes[k]++
}

// warning counts one that is new. One that a higher tier of the same moment
// supersedes is not seen.
func (t *tally) warning(w Warning) {
	if w.State == WarningActive {
		t.warnings = append(t.warnings, raised{w.Tier, w.Rule(), w.Fired[0].ByTime})
	}
}

// asked notes when an infected person is first told to get help.
func (t *tally) asked(w Warning, now time.Time) {
	if t.onset.IsZero() || now.Before(t.onset) {
		return
	}
	if t.warned.IsZero() {
		t.warned = now
	}
	if w.Tier >= SameDay && t.urgent.IsZero() {
		t.urgent = now
	}
}

// sum is the tally of many people.
type sum struct {
	people, touched, sessions, reports, pushes int
	weeks                                      float64
	byKind                                     map[Kind]int
	tiers                                      [Emergency + 1][2]int // by report, by time
	rules                                      map[string]int
}

func (s *sum) add(t *tally) {
	if s.rules == nil {
		s.rules, s.byKind = map[string]int{}, map[Kind]int{}
	}
	s.people++
	s.sessions += t.sessions
	s.reports += t.reports
	s.weeks += t.time.Hours() / 24 / 7
	for k, n := range t.pushes {
		s.pushes += n
		s.byKind[k] += n
	}
	if len(t.warnings) > 0 {
		s.touched++
	}
	for _, w := range t.warnings {
		by, rule := 0, w.tier.String()+" "+w.rule
		if w.byTime {
			by, rule = 1, rule+" by time"
		}
		s.tiers[w.tier][by]++
		s.rules[rule]++
	}
}

// per100 is a count for 100 sessions.
func (s *sum) per100(n int) float64 { return 100 * float64(n) / float64(max(s.sessions, 1)) }

// raised is how many warnings of a tier there were for 100 sessions.
func (s *sum) raised(t Tier) float64 { return s.per100(s.tiers[t][0] + s.tiers[t][1]) }

// spread is the standard error of that.
func (s *sum) spread(t Tier) float64 {
	return 100 * math.Sqrt(float64(s.tiers[t][0]+s.tiers[t][1])) / float64(max(s.sessions, 1))
}

const sumHead = "| Warnings for 100 sessions | People | Sessions | Reports a session | Pushes a week | doctor_soon by report | by time | same_day by report | by time | emergency | At least one |"

func (s *sum) row(who string) string {
	pct := func(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }
	return fmt.Sprintf("| %s | %d | %d | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %.0f %% |", who, s.people, s.sessions,
		float64(s.reports)/float64(max(s.sessions, 1)), float64(s.pushes)/s.weeks,
		s.per100(s.tiers[DoctorSoon][0]), s.per100(s.tiers[DoctorSoon][1]),
		s.per100(s.tiers[SameDay][0]), s.per100(s.tiers[SameDay][1]),
		s.per100(s.tiers[Emergency][0]), pct(s.touched, s.people))
}

const pushHead = "| Pushes a week | Check-ins | Tips | Go-ahead | Rollers | Warnings | Others |"

func (s *sum) pushRow(who string) string {
	row, rest := "| "+who+" |", s.pushes
	for _, kinds := range [][]Kind{{KindCheckIn, KindRecheck}, {KindAftercare}, {KindRestOver}, {KindRollerCare}, {"warning"}} {
		n := 0
		for _, k := range kinds {
			n += s.byKind[k]
		}
		rest -= n
		row += fmt.Sprintf(" %.1f |", float64(n)/s.weeks)
	}
	return row + fmt.Sprintf(" %.1f |", float64(rest)/s.weeks)
}

// delays is how long infected people waited, in hours; who was never warned
// counts as endless.
type delays []time.Duration

const endless = 1 << 62

func (d *delays) add(from, to time.Time) {
	if to.IsZero() {
		*d = append(*d, endless)
		return
	}
	*d = append(*d, to.Sub(from))
}

// quantile is the delay of a share of them, "never" where they were not warned.
func (d delays) quantile(q float64) string {
	if len(d) == 0 {
		return "–"
	}
	slices.Sort(d)
	v := d[min(len(d)-1, int(q*float64(len(d))))]
	if v == endless {
		return "never"
	}
	return fmt.Sprintf("%.0f h", v.Hours())
}

func (d delays) within(limit time.Duration) float64 {
	n := 0
	for _, v := range d {
		if v <= limit {
			n++
		}
	}
	return 100 * float64(n) / float64(max(len(d), 1))
}

// table prints rows of a Markdown table in columns.
func table(w io.Writer, head string, rows []string) {
	tw := tabwriter.NewWriter(w, 0, 0, 0, ' ', 0)
	for i, row := range append([]string{head}, rows...) {
		fmt.Fprintln(tw, strings.ReplaceAll(row, " | ", "\t | "))
		if i == 0 {
			fmt.Fprintln(tw, strings.TrimSuffix(strings.Repeat("|---\t ", strings.Count(head, "|")-1), "\t ")+"|")
		}
	}
	_ = tw.Flush()
	fmt.Fprintln(w)
}

// ruleRows are the rules that raised most, for 100 sessions of each sum.
func ruleRows(sums []*sum, most int) (rows []string) {
	all := map[string]int{}
	for _, s := range sums {
		for rule, n := range s.rules {
			all[rule] += n
		}
	}
	names := slices.SortedFunc(maps.Keys(all), func(x, y string) int { return cmp.Or(all[y]-all[x], strings.Compare(x, y)) })
	for _, name := range names[:min(most, len(names))] {
		row := "| " + name + " |"
		for _, s := range sums {
			row += fmt.Sprintf(" %.1f |", s.per100(s.rules[name]))
		}
		rows = append(rows, row)
	}
	return rows
}
