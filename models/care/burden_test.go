package care

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Seeds make the numbers: same seeds, same people. The budgets are few events in
// many sessions, so more of those are drawn whom the product advises.
var (
	burdenSeeds    = seedsTo(6)
	everybodySeeds = seedsTo(24)
	advisedSeeds   = seedsTo(48)
)

func seedsTo(n uint64) (seeds []uint64) {
	for i := range n {
		seeds = append(seeds, i+1)
	}
	return seeds
}

func burdenZone(t testing.TB) *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// lives simulates one person of each kind for each seed, in their order.
func lives(all []kind, seeds []uint64, live func(k kind, seed uint64) *virtual) []*virtual {
	out := make([]*virtual, len(all)*len(seeds))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range out {
		slots <- struct{}{}
		wg.Go(func() {
			out[i] = live(all[i%len(all)], seeds[i/len(all)])
			<-slots
		})
	}
	wg.Wait()
	return out
}

// healthy lets nobody's scalp be infected.
func healthy(zone *time.Location, s slips) func(k kind, seed uint64) *virtual {
	return func(k kind, seed uint64) *virtual {
		l := newLife(k, s, seed, zone)
		l.live(func() bool { return false })
		l.tally.sessions = len(l.h.Sessions)
		return l
	}
}

// askedOfNow is healthy with the other reading of the page: pain, itch and
// burning are asked as "right now" (section 5.2), not of a day (section 8.2).
func askedOfNow(zone *time.Location) func(k kind, seed uint64) *virtual {
	return func(k kind, seed uint64) *virtual {
		l := newLife(k, onePercent, seed, zone)
		l.body.recall = 0
		l.live(func() bool { return false })
		l.tally.sessions = len(l.h.Sessions)
		return l
	}
}

// infected lets one of the first three sessions go wrong, between two hours
// after it, and waits 14 days for the warning.
func infected(zone *time.Location, from, to float64) func(k kind, seed uint64) *virtual {
	return func(k kind, seed uint64) *virtual {
		l := newLife(k, onePercent, seed+1<<32, zone)
		l.infectAt, l.onset = l.body.between(1, 3), l.body.hours(from, to)
		l.live(func() bool {
			t := &l.tally
			return !t.urgent.IsZero() || !t.onset.IsZero() && l.now.After(t.onset.Add(14*day))
		})
		return l
	}
}

// total is the sum of the people of some kinds.
func total(ls []*virtual, keep func(k kind) bool) *sum {
	s := new(sum)
	for _, l := range ls {
		if keep(l.kind) {
			s.add(&l.tally)
		}
	}
	return s
}

// TestSimulatedHealingIsExpected keeps the yardstick straight: what the
// simulation calls healthy is expected by the rules at every hour, and over
// after a week.
func TestSimulatedHealingIsExpected(t *testing.T) {
	for _, mm := range needles {
		for seed := range uint64(100) {
			b := body{rng: rand.New(rand.NewPCG(seed, 0)), needle: mm}
			b.roll(t0)
			for h := 0.0; h < 10*24; h++ {
				now := b.at(hour(h))
				got := new(story).roll(0, mm).tell(h, asTold(now)).at(h).Reports["report-0"]
				if got.Tier != Expected || h > upperNormalH.Hours() && now != (levels{}) {
					t.Fatalf("%v mm, seed %d: %v at %v h fires %v", mm, seed, now, h, got.Rules)
				}
			}
		}
	}
}

// BenchmarkBurden prints what the rules ask of healthy people, and how soon they
// warn infected ones. It has no time of its own to show.
func BenchmarkBurden(b *testing.B) {
	zone := burdenZone(b)
	for b.Loop() {
		w := os.Stdout
		fmt.Fprintf(w, "\nKnowledge %s, %d weeks, seeds 1 to %d; for the budgets 1 to %d, of who keeps to the rest 1 to %d\n\n",
			KBVersion, weeks, len(burdenSeeds), len(everybodySeeds), len(advisedSeeds))
		all := lives(kinds(reporters...), burdenSeeds, healthy(zone, onePercent))
		printHealthy(w, all)
		printVariants(w, []variant{
			{"no wrong answer", lives(kinds(average), burdenSeeds, healthy(zone, slips{}))},
			{"1 % of each sign question", lives(kinds(average), burdenSeeds, healthy(zone, onePercentEach))},
			{"80 % tap \"nothing left\"", lives(kinds(tapping), burdenSeeds, healthy(zone, onePercent))},
			{"pain, itch and burning asked of now", lives(kinds(average), burdenSeeds, askedOfNow(zone))},
		})
		early := lives(kinds(reporters...), burdenSeeds, infected(zone, 24, 72))
		late := lives(kinds(reporters...), burdenSeeds, infected(zone, 120, 240))
		printInfected(w, early, late)
		printBudgets(w, lives(followers(), advisedSeeds, healthy(zone, onePercent)), lives(kinds(average), everybodySeeds, healthy(zone, onePercent)), early)
	}
}
