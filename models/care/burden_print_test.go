package care

import (
	"fmt"
	"io"
	"time"
)

func printHealthy(w io.Writer, all []*virtual) {
	var rows, pushes []string
	for _, atRisk := range []bool{false, true} {
		for _, r := range reporters {
			s := total(all, func(k kind) bool { return k.reporter == r && k.atRisk == atRisk })
			rows = append(rows, s.row(r.name+", "+riskName(atRisk)))
			pushes = append(pushes, s.pushRow(r.name+", "+riskName(atRisk)))
		}
	}
	table(w, sumHead, rows)
	table(w, pushHead, pushes)
	printAverage(w, all)
	printHabits(w, all)
}

// printAverage sets the average reporters apart by habit and by needle.
func printAverage(w io.Writer, all []*virtual) {
	var rows []string
	add := func(name string, keep func(k kind) bool) {
		for _, atRisk := range []bool{false, true} {
			s := total(all, func(k kind) bool { return k.reporter == average && k.atRisk == atRisk && keep(k) })
			rows = append(rows, s.row(name+", "+riskName(atRisk)))
		}
	}
	for _, h := range habits {
		add(h.name, func(k kind) bool { return k.habit == h })
	}
	for _, mm := range needles {
		add(fmt.Sprint(mm, " mm"), func(k kind) bool { return k.needle == mm })
	}
	fmt.Fprint(w, "Average reporters:\n\n")
	table(w, sumHead, rows)
}

// printHabits names the rules, for all habits and for those who keep to the rest.
func printHabits(w io.Writer, all []*virtual) {
	var sums []*sum
	for _, follow := range []bool{false, true} {
		for _, atRisk := range []bool{false, true} {
			sums = append(sums, total(all, func(k kind) bool {
				return k.reporter == average && k.atRisk == atRisk && (k.habit.follow || !follow)
			}))
		}
	}
	table(w, "| Rule, average reporters | All habits, not at risk | at risk | Follows the rest, not at risk | at risk |", ruleRows(sums, 24))
}

// variant is another reading of an assumption.
type variant struct {
	name string
	all  []*virtual
}

func printVariants(w io.Writer, variants []variant) {
	var rows []string
	for _, atRisk := range []bool{false, true} {
		at := func(k kind) bool { return k.atRisk == atRisk }
		follow := func(k kind) bool { return at(k) && k.habit.follow }
		for _, v := range variants {
			rows = append(rows, total(v.all, at).row(v.name+", "+riskName(atRisk)),
				total(v.all, follow).row("of these, who follow the rest, "+riskName(atRisk)))
		}
	}
	fmt.Fprint(w, "Average reporters, if it is otherwise:\n\n")
	table(w, sumHead, rows)
}

func printInfected(w io.Writer, early, late []*virtual) {
	var rows []string
	for _, x := range []struct {
		onset string
		all   []*virtual
	}{{"24 to 72 h", early}, {"day 5 to 10", late}} {
		for _, atRisk := range []bool{false, true} {
			for _, r := range reporters {
				first, urgent := waits(x.all, r, atRisk)
				rows = append(rows, fmt.Sprintf("| %s, %s, %s | %d | %s | %s | %.0f %% | %s | %s | %.0f %% | %.0f %% |", x.onset, r.name, riskName(atRisk), len(urgent),
					first.quantile(0.5), first.quantile(0.9), first.within(72*time.Hour),
					urgent.quantile(0.5), urgent.quantile(0.9), urgent.within(72*time.Hour), 100-urgent.within(14*day)))
			}
		}
	}
	table(w, "| Infected | People | Any warning: median | p90 | in 72 h | same_day: median | p90 | in 72 h | not in 14 d |", rows)
}

// waits are the delays of the people of a kind, from onset to any warning and
// to a same_day.
func waits(all []*virtual, r reporter, atRisk bool) (first, urgent delays) {
	for _, l := range all {
		if t := l.tally; l.kind.reporter == r && l.kind.atRisk == atRisk && !t.onset.IsZero() && !t.standing {
			first.add(t.onset, t.warned)
			urgent.add(t.onset, t.urgent)
		}
	}
	return first, urgent
}
