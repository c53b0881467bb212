package care

import (
	"math/bits"
	"time"
)

// running is an episode while the history is walked.
type running struct {
	Episode
	baseline  Baseline
	lateOnset bool // DQ-12 c

	held    []heldRule // the T2 rules but DS-13
	carried bool       // rolled on a T2 scalp: DQ-01

	mildFrom  time.Time // WT-09 first fired, no T0 report since
	watchFrom time.Time // the first T1 or higher, no T0 report since

	// The last report that says how the scalp is, judged again in silence.
	told       *Report
	facts      facts
	fired      ruleSet
	moments    [4]time.Time // at which time alone may make DS-02, DS-01, SD-15 and DS-10 true, in their order
	heardUntil time.Time    // the last of them that is judged, else the report
	silent     ruleSet      // what came true since
	atBaseline bool         // the last symptoms were those of before (RS-06)
	restful    bool         // the last report was, but for marks that a clinician saw, calm
	reported   bool         // a report fired a T2 rule, not time alone (RS-06)

	infected   bool // a rule of RK-24 fired, and no clinician took it back since
	warnings   [Emergency + 1]*warning
	rollers    []string
	quarantine string // the rule of DV-07
	releasedAt time.Time
}

// heldRule is when a rule first held in an episode (SD-17).
type heldRule struct {
	rule ruleSet
	from time.Time
}

// ruleSet is a set of rows of triage, the worst ones in the lowest bits.
type ruleSet uint64

// setOf are the rows for which keep holds.
func setOf(keep func(r *Rule) bool) ruleSet {
	var s ruleSet
	for i := range triage {
		if keep(&triage[i]) {
			s |= 1 << i
		}
	}
	return s
}

// ids are the rows with these ids.
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
	fromWorse     = ids("SD-15", "SD-17") // may stand on DS-03
	catchAll      = ids("EX-00")
	hairLoss      = ids("DS-11")
	infectious    = ids("SD-01", "SD-02", "SD-03", "SD-04", "SD-05", "SD-07", "SD-08", "SD-09", "SD-10", "SD-11", "SD-12", "SD-16",
		"EM-01", "EM-02", "EM-03", "EM-08", "EM-09") // RK-24
	infections = setOf(func(r *Rule) bool { return r.infection || r.Tier >= SameDay }) // DV-07
)

func ofTier(t Tier) ruleSet { return setOf(func(r *Rule) bool { return r.Tier == t }) }

func ofStage(n int) ruleSet { return setOf(func(r *Rule) bool { return r.stage == n }) }

// first is the row that decides.
func (s ruleSet) first() int { return bits.TrailingZeros64(uint64(s)) }

// spoken are the rules that may give a text its title, each set only where the
// one before it is empty: DS-13 says "not urgent", WT-04 and WT-07 speak of no
// sign of their own.
var spoken = [...]ruleSet{^ids("DS-13", "WT-04", "WT-07"), ^ids("DS-13"), ^ruleSet(0)}

// speaker is the rule that gives the title of a set of one tier, and its rank
// in spoken; len(spoken) of an empty set.
func (s ruleSet) speaker() (rule, rank int) {
	for rank, of := range spoken {
		if s&of != 0 {
			return (s & of).first(), rank
		}
	}
	return 0, len(spoken)
}

// each calls do with every row, worst first.
func (s ruleSet) each(do func(i int)) {
	for ; s != 0; s &= s - 1 {
		do(s.first())
	}
}

func (s ruleSet) tier() Tier { return triage[s.first()].Tier }

// judge runs the table over the facts of a report. e is its episode, nil
// without one.
func (j *judge) judge(f *facts, e *running, at time.Time) ruleSet {
	if f.calm { // fires nothing, whatever its age
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

// watching notes which T1 rules hold, for WT-04 and WT-07.
func (f *facts) watching(set ruleSet) {
	set &= watchRules
	f.watch, f.watchRisk = set != 0, set&^aboveCourse != 0
	if set == aboveCourse {
		f.watchRisk, _ = f.aboveEnvelope()
	}
}

// holding are the rows, among those asked for, that hold.
func (f *facts) holding(among ruleSet) ruleSet {
	set := ruleSet(0)
	for ; among != 0; among &= among - 1 {
		if i := among.first(); triage[i].When(f) {
			set |= 1 << i
		}
	}
	return set
}

// lifting says that a rule holds that SD-15 raises.
func (f *facts) lifting(set ruleSet) bool {
	set &= liftedAtRisk
	if f.mildRest {
		set &^= afterAWeek
	}
	return set != 0
}

// persists says that one of the rules first held 72 h ago and no clinician event
// stops SD-17: booked for 72 h, seen for good.
func (j *judge) persists(e *running, set ruleSet, at time.Time) bool {
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

// holdsSince notes rules that hold for the first time.
func (e *running) holdsSince(set ruleSet, at time.Time) {
	for _, h := range e.held {
		set &^= h.rule
	}
	if set != 0 {
		e.held = append(e.held, heldRule{set, at})
	}
}

// report judges one report with the history up to it.
func (j *judge) report(r *Report) {
	f := &j.facts
	j.gather(r)
	j.toldSince = j.toldSince || (f.symptomatic || f.calm) && !r.At.Before(j.lastEnd())
	j.calmSince = j.calmSince || f.calm
	if r.At.Before(j.from) {
		j.unrest.tell(f, r.At, false)
		j.low.add(f)
		return
	}
	if r.SeenByClinician {
		j.seenAt(r.At)
	}
	restful := j.restful(f)
	j.toldSince = j.toldSince || restful && !r.At.Before(j.lastEnd())
	rested := j.unrest.rested
	j.unrest.tell(f, r.At, restful)
	set := j.judge(f, j.open, r.At)
	tier := set.tier()
	j.low.add(f)
	if j.open == nil && (f.symptomatic || tier >= DoctorSoon) {
		j.begin(r, f)
	}
	a := assessment(set, f, r)
	a.RestCalm = f.calm || restful
	if e := j.open; e != nil {
		a.EpisodeOf = e.FirstReport
		j.keep(e, r, f, set)
	}
	j.verdicts = append(j.verdicts, a)
	j.judged[r.ID] = &j.verdicts[len(j.verdicts)-1]
	j.withoutTrigger(f, set, r.At)
	if standing := j.stands(tier); len(standing) > 0 {
		a := &j.verdicts[len(j.verdicts)-1]
		if a.Standing = standing; tier == Expected {
			a.Title = standingKey
		}
	}
	if j.open != nil && f.calm {
		j.close(r.At)
		if j.quietAt = r.At; !rested.IsZero() { // calm for RS-03 since then
			j.quietAt = rested
		}
	}
}

// restful says that nothing but marks and scars is left, which a clinician has
// seen in this episode: that is calm enough for RS-03 and RS-04.
func (j *judge) restful(f *facts) bool {
	return f.calmButMarks && j.open != nil && usable(j.seen) && !j.seen.Before(j.open.OnsetAt)
}

// begin opens an episode with its first report (DQ-01).
func (j *judge) begin(r *Report, f *facts) {
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

// usedSince adds the rollers of the sessions from t on to those of an episode.
func (j *judge) usedSince(e *running, t time.Time) {
	for i := j.s - 1; i >= 0 && !j.sessions[i].Time().Before(t); i-- {
		e.rollers = append(e.rollers, j.sessions[i].RollerID)
	}
}

// keep adds a judged report to its episode.
func (j *judge) keep(e *running, r *Report, f *facts, set ruleSet) {
	tier := set.tier()
	e.Reports = append(e.Reports, r.ID)
	e.LastReportAt = r.At
	switch {
	case tier == Expected && f.unsaid&scFour == 0:
		e.watchFrom, e.mildFrom = time.Time{}, time.Time{}
	case tier == Expected: // a partial report lowers nothing (DQ-05)
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
		e.restful = j.restful(f)
		e.told, e.facts, e.fired, e.silent, e.heardUntil = r, *f, set, 0, r.At
	}
	if f.symptomatic {
		e.atBaseline = f.atBaseline
	}
	j.fire(e, set, Fired{At: r.At}, r.ID, f)
}

// close ends the open episode with a calm report.
func (j *judge) close(at time.Time) {
	e := j.open
	e.State, e.ClosedAt, e.Tier = EpisodeClosed, at, Expected
	if e.infected {
		e.Infection.From = at
		j.infections = append(j.infections, e)
	}
	j.open, j.calmAt = nil, at
	j.afterT2.close(e)
}

// agedRules are the rules that come true in silence by the time t (DQ-02).
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

// silence judges the last report of the open episode again at the moments
// before t, or until it.
func (j *judge) silence(t time.Time, until bool) {
	e := j.open
	if e == nil || e.told == nil {
		return
	}
	for _, at := range e.moments {
		if !at.After(e.heardUntil) || at.After(t) || at.Equal(t) && !until {
			continue
		}
		e.heardUntil = at
		set := e.agedRules(at) &^ e.silent
		if set == 0 {
			continue
		}
		e.silent |= set
		e.Tier = max(e.Tier, set.tier())
		j.fire(e, set, Fired{At: at, ByTime: true, PushNotBefore: j.uploaded(e.told)}, e.told.ID, &e.facts)
	}
}

// uploaded is when the last of the late reports had been here for a minute, where
// the report told is one of them; else zero (RM-14).
func (j *judge) uploaded(told *Report) time.Time {
	if !told.late() {
		return time.Time{}
	}
	if j.lastLate.IsZero() {
		for _, r := range j.reports {
			if r.late() {
				j.lastLate = later(j.lastLate, r.ReceivedAt)
			}
		}
	}
	return j.lastLate.Add(lateWait)
}

// late says that a report was received long after it was made.
func (r *Report) late() bool { return !r.ReceivedAt.IsZero() && r.ReceivedAt.Sub(r.At) > lateReportH }

// wakeInSilence asks to be judged again when time alone makes a rule true.
func (j *judge) wakeInSilence() {
	e := j.open
	if e == nil || e.told == nil {
		return
	}
	for _, at := range e.moments {
		if at.After(j.now) && e.agedRules(at)&^e.silent != 0 {
			j.wakeAt(at)
		}
	}
}
