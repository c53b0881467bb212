package care

import (
	"fmt"
	"io"
	"math"
	"testing"
	"time"
)

// budget is a bar of section 14.4: at most, or at least where atLeast. An aim is
// no promise yet.
type budget struct {
	name           string
	limit          float64
	atLeast, aim   bool
	got, plusMinus float64
}

func (b budget) met() bool {
	if b.atLeast {
		return b.got >= b.limit
	}
	return b.got <= b.limit
}

func (b budget) String() string {
	sign, met := "≤", "met"
	if b.atLeast {
		sign = "≥"
	}
	if !b.met() {
		met = "missed"
	}
	return fmt.Sprintf("%s | %s %.0f | %.1f ± %.1f | %s by %.1f", b.name, sign, b.limit, b.got, b.plusMinus, met, math.Abs(b.got-b.limit))
}

// population is whom a bar is about; all are average reporters.
type population struct {
	name string
	has  func(k kind) bool
}

// populations are those who keep to the advice (the rest, needles that section
// 2.2 leaves to people at home), those who keep to the rest, and everybody.
var populations = []population{
	{"rest and needle as advised", func(k kind) bool { return k.habit.follow && restFor(k.needle).atHome() }},
	{"rest as advised", func(k kind) bool { return k.habit.follow }},
	{"every habit", func(kind) bool { return true }},
}

// bars are those of healthy people, for 100 sessions.
func (p population) bars(all []*virtual, atRisk bool) []budget {
	s := total(all, func(k kind) bool { return k.reporter == average && k.atRisk == atRisk && p.has(k) })
	bar := func(tier Tier, limit float64, aim bool) budget {
		name := fmt.Sprintf("%s, %s: %v", p.name, riskName(atRisk), tier)
		if aim {
			name += ", the aim"
		}
		return budget{name: name, limit: limit, aim: aim, got: s.raised(tier), plusMinus: s.spread(tier)}
	}
	if atRisk {
		return []budget{bar(DoctorSoon, 40, false), bar(SameDay, 10, false)}
	}
	return []budget{bar(DoctorSoon, 20, false), bar(DoctorSoon, 10, true), bar(SameDay, 2, false)}
}

// infectionBar is the share of infected good reporters who are told in time.
func infectionBar(early []*virtual) budget {
	_, urgent := waits(early, good, false)
	_, atRisk := waits(early, good, true)
	urgent = append(urgent, atRisk...)
	share := urgent.within(72 * time.Hour)
	return budget{name: "infected, % told same_day in 72 h", limit: 95, atLeast: true,
		got: share, plusMinus: math.Sqrt(share * (100 - share) / float64(max(len(urgent), 1)))}
}

// TestBurdenIsWithinItsBudgets fails when a change of the rules frightens more
// healthy people than section 14.4 allows, or lets infections wait. It is small:
// the benchmark has the numbers of everybody. At risk and with needles of 1.0 and
// 1.5 mm no bar is held: DS-02 then speaks of what section 4 expects, and that is
// more than 40 (docs/safety/burden.md).
func TestBurdenIsWithinItsBudgets(t *testing.T) {
	zone := burdenZone(t)
	all := lives(followers(), advisedSeeds[:16], healthy(zone, onePercent))
	advised, rest := populations[0], populations[1]
	held := append(advised.bars(all, false), advised.bars(all, true)...)
	held = append(held, rest.bars(all, false)...)
	held = append(held, infectionBar(lives(kinds(good), burdenSeeds[:4], infected(zone, 24, 72))))
	for _, b := range held {
		t.Log(b)
		if !b.aim && !b.met() {
			t.Errorf("budget missed: %v; go test -bench Burden shows by which rules", b)
		}
	}
}

func printBudgets(w io.Writer, follow, all, early []*virtual) {
	var rows []string
	for i, sample := range [][]*virtual{follow, follow, all} {
		for _, atRisk := range []bool{false, true} {
			for _, b := range populations[i].bars(sample, atRisk) {
				rows = append(rows, fmt.Sprintf("| %v |", b))
			}
		}
	}
	rows = append(rows, fmt.Sprintf("| %v |", infectionBar(early)))
	table(w, "| Budget | Limit | Found | |", rows)
}
