package care

import (
	"math/bits"
	"slices"
	"time"
)

// gather computes the facts of the next report.
func (j *judging) gather(r *Report) {
	f := &j.facts
	*f = facts{mildRiseFor: -1, watchFor: -1, atRisk: j.atRisk(r.At)}
	f.suppressed = f.atRisk && j.risks.suppress.at(r.At)
	f.answer(&r.Answers)
	f.h = j.sinceSession(r.At)
	f.light = f.h != never && j.needle() <= lightMM
	f.hStrict = f.h
	j.withMinoxidil(f, r)
	if f.marks || !j.scars.reportedAt.IsZero() {
		j.withMarks(f, r)
	}
	if f.h == never {
		j.low = j.lastLows.since(r.At.Add(-lateWindow), j.reports[:j.r])
	}
	j.low.compare(f)
	if e := j.open; e != nil {
		e.ages(f, r.At)
	} else if f.h != never {
		f.hPersist = f.h
		f.baseline(j.newest.Baseline)
		f.lateOnset = f.h > upperNormalH && j.calmSince
	}
}

// sinceSession returns the age of the newest session, or never if there is none
// within 60 d (DQ-04).
func (j *judging) sinceSession(at time.Time) time.Duration {
	if j.newest == nil {
		return never
	}
	if h := age(at, j.newest.Time()); h <= lateWindow {
		return max(0, h) // a report during the session (DQ-04)
	}
	return never
}

// lastEnd returns when the newest session ended, or zero if there is none.
func (j *judging) lastEnd() time.Time {
	if j.newest == nil {
		return time.Time{}
	}
	return j.newest.Time()
}

// hours returns an age in hours as verdicts state it, -1 for no session within
// 60 d.
func hours(h time.Duration) float64 {
	if h == never {
		return -1
	}
	return h.Hours()
}

// ages adds the facts that depend on the open episode to a report at at.
func (e *running) ages(f *facts, at time.Time) {
	f.hPersist, f.onset = age(at, e.AnchorAt), age(at, e.OnsetAt)
	if e.carried {
		f.hStrict = max(f.h, f.hPersist)
	}
	if !e.mildFrom.IsZero() {
		f.mildRiseFor = age(at, e.mildFrom)
	}
	if !e.watchFrom.IsZero() {
		f.watchFor = age(at, e.watchFrom)
	}
	f.lateOnset = e.lateOnset
	f.baseline(e.baseline)
}

// assess adds the verdict on a report, from the rules that fired, and returns
// it.
func (j *judging) assess(r *Report, set ruleSet) *Assessment {
	f := &j.facts
	j.verdicts = j.verdicts[:len(j.verdicts)+1] // in place: copying one costs more than judging it
	a := &j.verdicts[len(j.verdicts)-1]
	a.HoursSince, a.AtRisk = hours(f.h), f.atRisk
	j.judged[r.ID] = a
	a.set(set, f)
	if !f.calm {
		a.asksAgain(r)
	}
	return a
}

// asksAgain lists the fields that the report answers with "not sure" (DQ-05).
func (a *Assessment) asksAgain(r *Report) {
	if r.Discharge.Has("not_sure") {
		a.AsksAgain = append(a.AsksAgain, "discharge")
	}
	for _, q := range [...]struct{ field, answer string }{{"odour", r.Odour}, {"tender_nodes", r.TenderNodes}, {"feverish", r.Feverish}} {
		if q.answer == "not_sure" {
			a.AsksAgain = append(a.AsksAgain, q.field)
		}
	}
	if r.Systemic.Has("not_sure") {
		a.AsksAgain = append(a.AsksAgain, "systemic")
	}
	if r.Alarm.Has("not_sure") {
		a.AsksAgain = append(a.AsksAgain, "alarm")
	}
}

// catchAllOnly is shared by most verdicts; appending to it copies.
var catchAllOnly = []string{"EX-00"}

// set fills in tier, deciding rule, title, advice and the IDs of the rules.
func (a *Assessment) set(set ruleSet, f *facts) {
	speaker, _ := (set & tierRules[set.tier()]).titleRule()
	a.Tier, a.Rule, a.Title = set.tier(), triage[set.first()].ID, title(speaker, f, false)
	if set != catchAll || f.stung {
		a.Advice = advise(set, speaker, f)
	}
	if set == catchAll {
		a.Rules = catchAllOnly
		return
	}
	a.Rules = make([]string, 0, bits.OnesCount64(uint64(set)))
	set.each(func(i int) { a.Rules = append(a.Rules, triage[i].ID) })
}

// title returns the text key of a rule. DS-01 has variants (DQ-11, DQ-12), as
// do SD-14 when based only on "not sure", SD-15 when due to time alone (RM-10),
// and SD-18 without minoxidil.
func title(i int, f *facts, byTime bool) string {
	switch rule := ruleSet(1) << i; {
	case rule == feelsIll && !f.isIll():
		return titles[i] + ".not_sure"
	case rule == raisedForRisk && byTime:
		return silentTitle
	case rule == swollen && !f.minoxidil:
		return titles[i] + ".other"
	case rule != overAWeek:
		return titles[i]
	}
	switch {
	case f.lateOnset:
		return titles[i] + ".c"
	case f.deep:
		return titles[i] + ".a"
	case f.atBaseline && f.mildRest:
		return titles[i] + ".baseline"
	}
	return titles[i] + ".b"
}

// wordings lists the titles of a rule from mildest to gravest; a warning only
// moves up (DQ-11, DQ-12, RM-10).
var wordings = map[ruleSet][]string{
	overAWeek: {"warning.DS-01.baseline", "warning.DS-01.b", "warning.DS-01.a"},
	feelsIll:  {"warning.SD-14.not_sure", "warning.SD-14"},
}

// silentTitle says "if it is still there"; any rule of the tier that a report
// fires is graver.
var silentTitle = titles[raisedForRisk.first()] + ".silent"

// graver returns the title for a scalp that has become worse than the warning's
// current title says, or "".
func graver(said string, rules ruleSet, f *facts, byTime bool) string {
	if said == silentTitle && !byTime { // a report says that it is still there
		rule, _ := rules.titleRule()
		return title(rule, f, false)
	}
	for rule, words := range wordings {
		was := slices.Index(words, said)
		if was < 0 || rules&rule == 0 {
			continue
		}
		if now := title(rule.first(), f, byTime); slices.Index(words, now) > was {
			return now
		}
	}
	return ""
}

var titles = func() (t [len(triage)]string) {
	for i := range triage {
		t[i] = "warning." + triage[i].ID
	}
	return t
}()
