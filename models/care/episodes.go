package care

import (
	"math/bits"
	"time"
)

// running is an episode during the pass.
type running struct {
	Episode
	baseline  Baseline
	lateOnset bool // DQ-12 c

	held    []heldRule // the T2 rules except DS-13
	carried bool       // rolled on a T2 scalp: DQ-01

	mildFrom  time.Time // WT-09 first fired, no T0 report since
	watchFrom time.Time // the first T1 or higher, no T0 report since

	// The last report that says how the scalp is; silence judges it again.
	lastReport  *Report
	facts       facts
	fired       ruleSet
	moments     [4]time.Time // when time alone may make DS-02, DS-01, SD-15 and DS-10 true, in that order
	judgedUntil time.Time    // the last of them that was judged, else the time of the report
	silent      ruleSet      // what came true since
	atBaseline  bool         // the last symptoms were those present before rolling (RS-06)
	restful     bool         // the last report was calm, except for marks that a clinician has seen
	reported    bool         // a report fired a T2 rule, not time alone (RS-06)

	infected   bool // a rule of RK-24 fired, and no clinician has ruled infection out since
	warnings   [Emergency + 1]*warning
	rollers    []string
	quarantine string // the rule that quarantines the rollers (DV-07)
	releasedAt time.Time
	leftAt     time.Time // when later ones made it stop mattering
}

// heldRule records when a rule first held in an episode (SD-17).
type heldRule struct {
	rule ruleSet
	from time.Time
}

// ruleSet is a bit set of triage rows; the worst rows have the lowest bits.
type ruleSet uint64

// setOf returns the set of rows for which keep returns true.
func setOf(keep func(r *Rule) bool) ruleSet {
	var s ruleSet
	for i := range triage {
		if keep(&triage[i]) {
			s |= 1 << i
		}
	}
	return s
}

// ids returns the set of rows with the given IDs.
func ids(want ...string) ruleSet {
	return setOf(func(r *Rule) bool { return Set(want).Has(r.ID) })
}

var (
	stages        = [...]ruleSet{ofStage(0), ofStage(1), ofStage(2)}
	tierRules     = [...]ruleSet{ofTier(Expected), ofTier(Watch), ofTier(DoctorSoon), ofTier(SameDay), ofTier(Emergency)}
	watchRules    = ofTier(Watch) &^ ids("WT-11")
	aboveCourse   = ids("WT-01")
	afterDose     = ids("WT-12")
	mildRiseRule  = ids("WT-09")
	silentRules   = ids("DS-01", "DS-02", "DS-10")
	overAWeek     = ids("DS-01")
	afterAWeek    = ids("DS-01", "DS-10")
	liftedAtRisk  = ofTier(DoctorSoon) &^ ids("DS-02", "DS-07", "DS-13", "WT-04", "WT-07") // SD-15
	routine       = ids("DS-13")
	persistable   = ofTier(DoctorSoon) &^ routine // SD-17, RS-06
	raisedForRisk = ids("SD-15")
	feelsIll      = ids("SD-14")
	swollen       = ids("SD-18")
	spreadsFast   = ids("EM-03")
	fromWorse     = ids("SD-15", "SD-17") // may result from DS-03
	catchAll      = ids("EX-00")
	hairLoss      = ids("DS-11")
	infectious    = ids("SD-01", "SD-02", "SD-03", "SD-04", "SD-05", "SD-07", "SD-08", "SD-09", "SD-10", "SD-11", "SD-12", "SD-16",
		"EM-01", "EM-02", "EM-03", "EM-08", "EM-09") // RK-24
	infections = setOf(func(r *Rule) bool { return r.infection || r.Tier >= SameDay }) // DV-07
	// The rules that hold only beside an answer that few reports give (facts.odd);
	// skipped for the others, which saves half the work of most reports.
	oddRules = ids("EM-01", "EM-02", "EM-03", "EM-04", "EM-05", "EM-06", "EM-07", "EM-08", "EM-09",
		"SD-01", "SD-02", "SD-03", "SD-04", "SD-05", "SD-09", "SD-10", "SD-11", "SD-13", "SD-14", "SD-16", "SD-18",
		"DS-05", "DS-06", "DS-08", "DS-09", "DS-11", "DS-12", "DS-13", "WT-02", "WT-03", "WT-06")
)

func ofTier(t Tier) ruleSet { return setOf(func(r *Rule) bool { return r.Tier == t }) }

func ofStage(n int) ruleSet { return setOf(func(r *Rule) bool { return r.stage == n }) }

// first returns the index of the deciding row, the worst in the set.
func (s ruleSet) first() int { return bits.TrailingZeros64(uint64(s)) }

// titleOrder ranks the rules that may supply the title; a set is used only when the
// ones before it are empty: DS-13 says "not urgent", and WT-04 and WT-07 name
// no sign of their own.
var titleOrder = [...]ruleSet{^ids("DS-13", "WT-04", "WT-07"), ^ids("DS-13"), ^ruleSet(0)}

// titleRule returns the rule that supplies the title for a set of one tier, and
// its rank in titleOrder, or len(titleOrder) if the set is empty.
func (s ruleSet) titleRule() (rule, rank int) {
	for rank, of := range titleOrder {
		if s&of != 0 {
			return (s & of).first(), rank
		}
	}
	return 0, len(titleOrder)
}

// each calls do for every row, worst first.
func (s ruleSet) each(do func(i int)) {
	for ; s != 0; s &= s - 1 {
		do(s.first())
	}
}

func (s ruleSet) tier() Tier { return triage[s.first()].Tier }

// rulesFor returns the triage rules that hold for the facts of a report. e is
// its episode, or nil.
func (j *judging) rulesFor(f *facts, e *running, at time.Time) ruleSet {
	if f.calm { // calm fires nothing, whatever its age
		return catchAll
	}
	set := f.holding(stages[0])
	own := set
	if own != 0 && own.tier() > Watch { // WT-12 does not hold beside a higher rule
		own &^= afterDose
	}
	f.watching(own)
	set |= f.holding(stages[1])
	f.lifts = f.lifting(set)
	f.persists = e != nil && j.persists(e, set&persistable, at)
	set |= f.holding(stages[2])
	if set == 0 {
		return catchAll
	}
	if set.tier() > Watch {
		set &^= afterDose
	}
	return set
}

// watching records which T1 rules hold, for WT-04 and WT-07.
func (f *facts) watching(set ruleSet) {
	set &= watchRules
	f.watch, f.watchRisk = set != 0, set&^aboveCourse != 0
	if set == aboveCourse {
		f.watchRisk, _ = f.aboveEnvelope()
	}
}

// holding returns the rows of among that hold.
func (f *facts) holding(among ruleSet) ruleSet {
	set := ruleSet(0)
	if !f.odd {
		among &^= oddRules
	}
	for ; among != 0; among &= among - 1 {
		if i := among.first(); triage[i].When(f) {
			set |= 1 << i
		}
	}
	return set
}

// lifting reports whether a rule holds that SD-15 escalates.
func (f *facts) lifting(set ruleSet) bool {
	set &= liftedAtRisk
	if f.mildRest {
		set &^= afterAWeek
	}
	return set != 0
}

// persists reports whether one of the rules first held at least 72 h ago and no
// clinician event stops SD-17: "booked" stops it for 72 h, "seen" for good.
func (j *judging) persists(e *running, set ruleSet, at time.Time) bool {
	for _, h := range e.held {
		if h.rule&set == 0 || age(at, h.from) < persistentGraceH || !j.seen.Before(h.from) {
			continue
		}
		if j.booked.Before(h.from) || age(at, j.booked) >= bookedGraceH {
			return true
		}
	}
	return false
}

// holdsSince records when rules hold for the first time.
func (e *running) holdsSince(set ruleSet, at time.Time) {
	for _, h := range e.held {
		set &^= h.rule
	}
	if set != 0 {
		e.held = append(e.held, heldRule{set, at})
	}
}

// report judges one report in the light of the history before it.
func (j *judging) report(r *Report) {
	f := &j.facts
	j.gather(r)
	j.reportedSince = j.reportedSince || (f.symptomatic || f.calm || f.calmButMarks && f.marksSeen) && !r.At.Before(j.lastEnd())
	j.calmSince = j.calmSince || f.calm
	if r.At.Before(j.from) {
		j.unrest.update(f, r.At, j.restful(f))
		j.low.add(f)
		return
	}
	if r.SeenByClinician {
		j.seenAt(r.At)
	}
	restful := j.restful(f)
	j.reportedSince = j.reportedSince || restful && !r.At.Before(j.lastEnd())
	rested := j.unrest.rested
	j.unrest.update(f, r.At, restful)
	set := j.rulesFor(f, j.open, r.At)
	tier := set.tier()
	j.low.add(f)
	begins := j.open == nil && (f.symptomatic || tier >= DoctorSoon)
	if begins {
		j.begin(r, f)
	}
	a := j.assess(r, set)
	a.RestCalm = f.calm || restful
	if e := j.open; e != nil {
		a.EpisodeOf = e.FirstReport
		j.keep(e, r, f, set, restful)
		if begins {
			j.succeed(e)
		}
	}
	j.withoutTrigger(f, set, r.At)
	if standing := j.unresolvedAbove(tier); len(standing) > 0 {
		if a.Standing = standing; tier == Expected {
			a.Title = standingKey
		}
	}
	if j.open != nil && f.calm {
		j.close(r.At)
		if j.quietAt = r.At; !rested.IsZero() { // calm for RS-03 since that report
			j.quietAt = rested
		}
	}
}

// restful reports whether only marks and scars remain that a clinician has seen,
// in this episode or since they were first told; that is calm enough for RS-03
// and RS-04.
func (j *judging) restful(f *facts) bool {
	return f.calmButMarks && (f.marksSeen || j.open != nil && usable(j.seen) && !j.seen.Before(j.open.OnsetAt))
}

// begin opens an episode with its first report (DQ-01).
func (j *judging) begin(r *Report, f *facts) {
	e := &running{Episode: Episode{FirstReport: r.ID, AnchorAt: r.At, OnsetAt: r.At, State: EpisodeOpen}, lateOnset: f.lateOnset}
	if f.h != never {
		e.AnchorSession, e.AnchorAt, e.baseline = j.newest.ID, j.newest.Time(), j.newest.Baseline
		j.usedSince(e, j.rest.groups[len(j.rest.groups)-1].first)
	}
	e.moments = [...]time.Time{
		e.AnchorAt.Add(riskSilentH), e.AnchorAt.Add(upperNormalH + tick), e.AnchorAt.Add(raisedSilentH),
		later(e.AnchorAt.Add(notHealedH+tick), e.OnsetAt.Add(onsetGraceH)),
	}
	j.open, j.calmAt, j.quietAt = e, time.Time{}, time.Time{}
	j.episodes = append(j.episodes, e)
}

// usedSince adds the rollers used from t on to those of an episode.
func (j *judging) usedSince(e *running, t time.Time) {
	for i := j.s - 1; i >= 0 && !j.sessions[i].Time().Before(t); i-- {
		e.rollers = append(e.rollers, j.sessions[i].RollerID)
	}
}

// keep adds a judged report to its episode.
func (j *judging) keep(e *running, r *Report, f *facts, set ruleSet, restful bool) {
	tier := set.tier()
	j.kept = append(j.kept, r.ID)
	e.Reports = j.kept[len(j.kept)-len(e.Reports)-1 : len(j.kept) : len(j.kept)]
	e.LastReportAt = r.At
	switch {
	case tier == Expected && f.unsaid&scFour == 0:
		e.watchFrom, e.mildFrom = time.Time{}, time.Time{}
	case tier == Expected: // a partial report does not lower the tier (DQ-05)
	case e.watchFrom.IsZero():
		e.watchFrom = r.At
	}
	if set&mildRiseRule != 0 && e.mildFrom.IsZero() {
		e.mildFrom = r.At
	}
	if f.symptomatic || f.quiet || tier >= DoctorSoon {
		e.Tier = tier
	}
	if f.symptomatic || f.quiet {
		e.restful = restful
		e.lastReport, e.facts, e.fired, e.silent, e.judgedUntil = r, *f, set, 0, r.At
	}
	if f.symptomatic {
		e.atBaseline = f.atBaseline
	}
	j.fire(e, set, Fired{At: r.At}, r.ID, f)
}

// close ends the open episode with a calm report.
func (j *judging) close(at time.Time) {
	e := j.open
	e.State, e.ClosedAt, e.Tier = EpisodeClosed, at, Expected
	if e.infected {
		e.Infection.From = at
		j.infections = append(j.infections, e)
	}
	j.open, j.calmAt = nil, at
	j.afterT2.close(e)
}

// agedRules returns the rules that become true without a new report by t
// (DQ-02).
func (e *running) agedRules(t time.Time) ruleSet {
	f := &e.facts
	f.hPersist, f.onset = age(t, e.AnchorAt), age(t, e.OnsetAt)
	set := f.holding(silentRules)
	if f.hPersist >= raisedSilentH {
		f.lifts = f.lifting(set)
		set |= f.holding(raisedForRisk)
	}
	return set &^ e.fired
}

// silence judges the last report of the open episode again at each moment
// before t, or, if until is set, up to and including t.
func (j *judging) silence(t time.Time, until bool) {
	e := j.open
	if e == nil || e.lastReport == nil {
		return
	}
	for _, at := range e.moments {
		if at.After(t) || at.Equal(t) && !until {
			return
		}
		if !at.After(e.judgedUntil) {
			continue
		}
		e.judgedUntil = at
		set := e.agedRules(at) &^ e.silent
		if set == 0 {
			continue
		}
		e.silent |= set
		e.Tier = max(e.Tier, set.tier())
		j.fire(e, set, Fired{At: at, ByTime: true, PushNotBefore: j.uploaded(e.lastReport)}, e.lastReport.ID, &e.facts)
	}
}

// uploaded returns when the last of the late reports had been stored for a
// minute, or zero if r is not one of them (RM-14).
func (j *judging) uploaded(r *Report) time.Time {
	if !r.late() {
		return time.Time{}
	}
	if j.lastLate.IsZero() {
		for _, other := range j.reports {
			if other.late() {
				j.lastLate = later(j.lastLate, other.ReceivedAt)
			}
		}
	}
	return j.lastLate.Add(lateWait)
}

// late reports whether a report arrived long after it was made.
func (r *Report) late() bool { return !r.ReceivedAt.IsZero() && r.ReceivedAt.Sub(r.At) > lateReportH }

// wakeInSilence schedules a new verdict for when time alone makes a rule true.
func (j *judging) wakeInSilence() {
	e := j.open
	if e == nil || e.lastReport == nil {
		return
	}
	for _, at := range e.moments {
		if at.After(j.now) && e.agedRules(at)&^e.silent != 0 {
			j.wakeAt(at)
		}
	}
}
