package care_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aftercare/models/care"
)

var (
	oracleSeed      = flag.Uint64("oracle.seed", 1, "seed of the histories that are compared with the page")
	oracleHistories = flag.Int("oracle.histories", 20000, "how many histories are compared with the page")
)

// life is one case: a history, a person, and the moments of judging.
type life struct {
	h    care.History
	p    care.Person
	nows []time.Time
	// standing asks to compare the warnings that stood at each report, too: the
	// page reads the history up to each of them, which takes its time.
	standing bool
}

// answer is what is compared of a verdict, by what it speaks of.
type answer map[string]string

func TestTheCodeReadsAsThePage(t *testing.T) {
	t.Parallel()
	t.Logf("seed %d, %d histories (-oracle.seed, -oracle.histories)", *oracleSeed, *oracleHistories)
	for i := range *oracleHistories {
		l := dice{rand.New(rand.NewPCG(*oracleSeed, uint64(i)))}.life()
		if difference(l) == "" {
			continue
		}
		l = shrunk(l)
		t.Fatalf("history %d of seed %d:\n%s\n%s", i, *oracleSeed, script(l), difference(l))
	}
}

// difference is what page and code differ in, "" for nothing.
func difference(l life) string {
	for _, now := range l.nows {
		page, code := ofPage(read(l.h, l.p, now)), ofCode(care.Assess(l.h, l.p, now))
		if l.standing {
			page.addStanding(l, now)
		} else {
			code.dropStanding()
		}
		var lines []string
		for about := range page {
			if page[about] != code[about] {
				lines = append(lines, fmt.Sprintf("%s\n  page: %s\n  code: %s", about, page[about], code[about]))
			}
		}
		for about := range code {
			if _, ok := page[about]; !ok {
				lines = append(lines, fmt.Sprintf("%s\n  page: nothing\n  code: %s", about, code[about]))
			}
		}
		if len(lines) > 0 {
			slices.Sort(lines)
			return fmt.Sprintf("judged at %s:\n%s", clock(now), strings.Join(lines, "\n"))
		}
	}
	return ""
}

func rulesText(tier care.Tier, rules []string, atRisk bool, hours float64) string {
	sorted := slices.Sorted(slices.Values(rules))
	text := tier.String() + " " + rules[0] + " of " + strings.Join(sorted, " ")
	if atRisk {
		text += ", at risk"
	}
	if hours >= 0 && !math.IsInf(hours, 1) {
		text += ", " + strconv.FormatFloat(hours, 'f', 6, 64) + " h after a session"
	}
	return text
}

func ofCode(v care.Verdict) answer {
	a := answer{}
	for id, r := range v.Reports {
		a[id] = rulesText(r.Tier, r.Rules, r.AtRisk, r.HoursSince)
	}
	for id, r := range v.Reports {
		var standing []string
		for _, w := range r.Standing {
			standing = append(standing, fmt.Sprintf("%v warning of %s", w.Tier, w.Episode))
		}
		a.stand(id, standing)
	}
	for _, e := range v.Episodes {
		a["episode of "+e.FirstReport] = episodeText(e.AnchorSession, e.OnsetAt, e.ClosedAt, e.Tier, e.PeakTier)
	}
	for _, w := range v.Warnings {
		var fired []string
		for _, f := range w.Fired {
			fired = append(fired, firedText(f.Rule, f.At, f.ByTime))
		}
		a[w.Tier.String()+" warning of "+w.Episode] = warningText(fired, w.State)
	}
	blocks := map[string]time.Time{}
	for _, b := range v.Rest.Blocks {
		if b.Rule == "RS-07" {
			b.Until = time.Time{}
		}
		block(blocks, b.Rule, b.Until)
	}
	a["rest"] = restText(v.Rest.State, v.Rest.FloorUntil, v.Rest.Until, blocks)
	return a
}

func ofPage(o *oracle) answer {
	a := answer{}
	for _, j := range o.judged {
		a[j.ID] = rulesText(j.tier, j.fired, j.atRisk, j.hours)
	}
	for _, e := range o.episodes {
		anchor := ""
		if e.anchor != nil {
			anchor = e.anchor.ID
		}
		tier, peak := o.tierNow(e)
		a["episode of "+e.first] = episodeText(anchor, e.onset, e.closed, tier, peak)
	}
	for _, w := range o.warnings() {
		a[w.tier.String()+" warning of "+w.episode] = warningText(w.fired, w.state)
	}
	r := o.rest()
	a["rest"] = restText(r.state, r.floor, r.until, r.blocks)
	return a
}

const beside = "standing beside "

func (a answer) stand(report string, warnings []string) {
	if len(warnings) > 0 {
		a[beside+report] = strings.Join(slices.Sorted(slices.Values(warnings)), ", ")
	}
}

func (a answer) dropStanding() {
	maps.DeleteFunc(a, func(about, _ string) bool { return strings.HasPrefix(about, beside) })
}

// addStanding adds which warnings of T3 and T4 stood at the time of each report of a
// lower tier (RM-09).
func (a answer) addStanding(l life, now time.Time) {
	for _, r := range l.h.Reports {
		if r.At.After(now) {
			continue
		}
		o := read(l.h, l.p, r.At)
		tier := o.judged[len(o.judged)-1].tier
		var standing []string
		for _, w := range o.warnings() {
			if w.tier >= care.SameDay && w.tier > tier && w.raised.Before(r.At) && w.state != care.WarningResolved {
				standing = append(standing, fmt.Sprintf("%v warning of %s", w.tier, w.episode))
			}
		}
		a.stand(r.ID, standing)
	}
}

// tierNow is that of the last report of the episode, or of what the silence since
// raised; peak is the highest it ever had.
func (o *oracle) tierNow(e *episodeOfPage) (now, peak care.Tier) {
	if e.closed.IsZero() {
		now = o.lastWord(e, o.now, o.now)
	}
	for _, m := range e.moments {
		peak = max(peak, tierOf(m.rules))
	}
	return now, peak
}

func episodeText(anchor string, onset, closed time.Time, tier, peak care.Tier) string {
	return "from " + clock(onset) + " after \"" + anchor + "\", closed " + clock(closed) + ", now " + tier.String() + ", once " + peak.String()
}

func firedText(rule string, at time.Time, byTime bool) string {
	text := rule + " at " + clock(at)
	if byTime {
		text += " by time"
	}
	return text
}

func warningText(fired []string, state care.WarningState) string {
	return string(state) + ": " + strings.Join(slices.Sorted(slices.Values(fired)), ", ")
}

func restText(state care.RestState, floor, until time.Time, blocks map[string]time.Time) string {
	text := string(state) + ", floor " + clock(floor) + ", rest " + clock(until)
	for _, rule := range slices.Sorted(maps.Keys(blocks)) {
		text += ", " + rule + " until " + clock(blocks[rule])
	}
	return text
}

// clock is a time after the start of the story.
func clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Sub(startOfPage).String()
}

// script tells a history line by line.
func script(l life) string {
	var lines []string
	for _, s := range l.h.Sessions {
		lines = append(lines, fmt.Sprintf("%s ends %s: %+v", s.ID, clock(s.Time()), asJSON(s)))
	}
	for _, r := range l.h.Reports {
		lines = append(lines, fmt.Sprintf("%s at %s: %s", r.ID, clock(r.At), asJSON(r.Answers)))
	}
	for _, e := range l.h.Clinician {
		lines = append(lines, fmt.Sprintf("clinician at %s: %s %q, no infection %v", clock(e.At), e.Outcome, e.Report, e.NoInfection))
	}
	for _, a := range l.h.Acks {
		lines = append(lines, fmt.Sprintf("ack at %s: %v %s %q", clock(a.At), a.Tier, a.Action, a.Report))
	}
	for _, r := range l.p.Risks {
		lines = append(lines, fmt.Sprintf("risk %s, inactive %v, until %v, set on %v, stood from %s to %s", r.Code, r.Inactive, r.Until, r.SetOn, clock(r.SetAt), clock(r.EndedAt)))
	}
	if l.p.RisksReviewedAt.IsZero() {
		lines = append(lines, "never answered the health questions")
	}
	if l.p.UsesMinoxidil {
		lines = append(lines, "uses minoxidil")
	}
	if l.p.HairLoss != nil {
		lines = append(lines, fmt.Sprintf("hair loss %+v", *l.p.HairLoss))
	}
	if !l.p.ClinicianClearedOn.IsZero() {
		lines = append(lines, "cleared on "+l.p.ClinicianClearedOn.String())
	}
	return strings.Join(lines, "\n")
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// shrunk drops from a case whatever the difference does not need.
func shrunk(l life) life {
	for again := true; again; {
		again = false
		for _, smaller := range smallerThan(l) {
			if difference(smaller) != "" {
				l, again = smaller, true
				break
			}
		}
	}
	return l
}
