package care_test

import (
	"math"
	"slices"
	"time"

	"aftercare/models/care"
)

// An independent reading of the knowledge base (sections 4 and 5 with the amendments
// of section 14, and the rest of sections 2 and 6): slow, obvious, and written from the
// rules as they are worded and not from the code. It scans the whole history for every
// fact. TestTheCodeReadsAsThePage compares it with Assess.
//
// Readings taken where the wording leaves a choice:
//
//   - Mild rest and a baseline that was left ask for the four main signs to be said;
//     the trend is nothing that remains.
//   - A calm report may answer feverish with yes beside a reading below 38.0.
//   - Silence is judged on the last report that was symptomatic or said all to be 0,
//     with the risk of that time. A partial report of T2 and above is a last word, too.
//   - SD-15 in silence begins at 204 h: the question at 180 h had 24 h.
//   - Lows are those of the newest session, with the reports inside it; one at its very
//     start is before it. Without a session within 60 days they are of the last 60 days.
//     On a scalp of T2 and above they stay what they were at the last report before the
//     session; SD-12 and WT-05 keep their 0 in the same way.
//   - A mark was first told after the last report that answered skin without one, and
//     after the last 45 days in which none was told.
//   - WT-12 looks at the uses of the last 72 h: of the newest session (without hours: at
//     it), of the report and of those of the last 72 h (without hours: when told). It
//     gives way to a higher rule before WT-04 and WT-07 are read, which may rest on it
//     where it stands alone.
//   - EM-09 and SD-05 (b) count feverish where there is no reading, as EM-08.
//   - RK-24 counts from the close of the episode, and is lifted by a clinician's word
//     of that episode that comes after its last sign of infection.
//   - DQ-06: two reports answer all but the products, "spreads fast" where it was a
//     trigger of a T4, and the trend where it was worse beside SD-15 or SD-17 and the
//     report is not calm. A rule of the tier in any episode asks for two new ones; a
//     warning that is back, or that a report joins after time had raised it, asks for a
//     new answer. What is told in the very report of a trigger ends only older ones.
//   - RS-01 is judged at the start of a session, RS-12 by the flags at its end and the
//     infections that closed before its start. RS-08 looks back by the table, not by a
//     clinic's interval.
//   - RS-03 after a T1 that began no episode lasts 45 days, and longer as long as no
//     session and no calm report followed. A baseline of itch or flaking is advice on
//     its session and no block.
//   - A flag whose date of setting is unknown is lifted by no clearance.
//   - Events of one and the same millisecond have no order and are not drawn.

// oracle reads one history as it stands at now.
type oracle struct {
	p        care.Person
	now      time.Time
	sessions []care.Session // by the time they count from
	reports  []care.Report  // by time
	events   []clinicianEvent
	acks     []care.Ack
	groups   [][]int // of sessions that count once (DQ-09)

	judged   []judgement // of reports, in their order
	episodes []*episodeOfPage
}

// clinicianEvent is one told as such, beside a report, or by an answer to a warning.
type clinicianEvent struct {
	at      time.Time
	outcome string
	report  string // the report that told it, "" for none
	about   string // a report of the episode that it is about; "": not said
	none    bool   // no infection, a clinician said
}

// judgement is what the page says of one report.
type judgement struct {
	care.Report
	tier    care.Tier
	fired   []string // worst first
	atRisk  bool
	hours   float64 // since the newest session; +Inf: none within 60 days
	episode *episodeOfPage
}

func (j judgement) has(rule string) bool { return slices.Contains(j.fired, rule) }

// episodeOfPage is a run of symptoms until a calm report (DQ-01, DQ-02).
type episodeOfPage struct {
	first     string
	anchor    *care.Session // nil: none within 60 days (DQ-04)
	onset     time.Time
	closed    time.Time // zero: open
	reports   []int     // of judged
	moments   []moment
	carriedAt []time.Time // sessions rolled while the last word was T2 or more (DQ-01)
}

// moment is one at which rules of T2 and above held, by a report or by time alone.
type moment struct {
	at     time.Time
	rules  []string
	byTime bool
	report string
}

func hoursBetween(from, to time.Time) float64 { return to.Sub(from).Hours() }

func read(h care.History, p care.Person, now time.Time) *oracle {
	o := &oracle{p: p, now: now}
	for _, s := range h.Sessions {
		if !s.Time().After(now) {
			o.sessions = append(o.sessions, s)
		}
	}
	slices.SortStableFunc(o.sessions, func(a, b care.Session) int { return a.Time().Compare(b.Time()) })
	o.groups = groupsOf(o.sessions)
	for _, r := range h.Reports {
		if !r.At.After(now) {
			o.reports = append(o.reports, r)
		}
	}
	slices.SortStableFunc(o.reports, func(a, b care.Report) int { return a.At.Compare(b.At) })
	o.readEvents(h)
	for i := range o.reports {
		o.judge(i)
	}
	if e := o.open(); e != nil {
		o.hearSilence(e, now.Add(1))
	}
	return o
}

// readEvents gathers what was told of clinicians: "booked and seen are also
// clinician events", and a report's seen_by_clinician is one.
func (o *oracle) readEvents(h care.History) {
	for _, e := range h.Clinician {
		o.events = append(o.events, clinicianEvent{at: e.At, outcome: e.Outcome, about: e.Report, none: e.NoInfection})
	}
	for _, r := range h.Reports {
		if r.SeenByClinician {
			o.events = append(o.events, clinicianEvent{at: r.At, outcome: care.OutcomeSeen, report: r.ID})
		}
	}
	for _, a := range h.Acks {
		if !a.At.After(o.now) {
			o.acks = append(o.acks, a)
		}
		if a.Action == care.OutcomeBooked || a.Action == care.OutcomeSeen {
			o.events = append(o.events, clinicianEvent{at: a.At, outcome: a.Action})
		}
	}
	o.events = slices.DeleteFunc(o.events, func(e clinicianEvent) bool { return e.at.After(o.now) })
}

// open is the episode that runs, nil for none.
func (o *oracle) open() *episodeOfPage {
	if n := len(o.episodes); n > 0 && o.episodes[n-1].closed.IsZero() {
		return o.episodes[n-1]
	}
	return nil
}

// judge gives the verdict on the i-th report, and opens or closes an episode by it.
func (o *oracle) judge(i int) {
	r := o.reports[i]
	e := o.open()
	if e != nil {
		o.hearSilence(e, r.At)
		o.seeSessions(e, r.At)
	}
	f := o.factsOf(r, e)
	j := judgement{Report: r, atRisk: f.atRisk, hours: f.h}
	j.fired, j.tier = f.verdict()
	switch {
	case isCalm(r.Answers):
		if e != nil {
			e.closed = r.At
		}
	case e == nil && (isSymptomatic(r.Answers) || j.tier >= care.DoctorSoon):
		e = &episodeOfPage{first: r.ID, anchor: o.newestSession(r.At), onset: r.At}
		o.episodes = append(o.episodes, e)
	}
	if e != nil {
		j.episode = e
		e.reports = append(e.reports, i)
		e.moments = append(e.moments, moment{at: r.At, rules: j.fired, report: r.ID})
	}
	o.judged = append(o.judged, j)
}

// newestSession is the latest one that ended by then, within 60 days; a report
// inside a session belongs to it (DQ-04).
func (o *oracle) newestSession(at time.Time) *care.Session {
	var newest *care.Session
	for i := range o.sessions {
		s := &o.sessions[i]
		inside := s.StartedAt.Before(at) && at.Before(s.Time())
		if inside || !s.Time().After(at) && at.Sub(s.Time()) <= 60*24*time.Hour {
			newest = s
		}
	}
	return newest
}

// ageSince is the hours since a session, 0 inside it.
func ageSince(s *care.Session, at time.Time) float64 {
	if s == nil {
		return math.Inf(1)
	}
	return max(0, hoursBetween(s.Time(), at))
}

// persistence is h_persist: from the session that started the episode, else from
// the onset (DQ-01, DQ-04).
func (e *episodeOfPage) persistence(at time.Time) float64 {
	if e.anchor != nil {
		return ageSince(e.anchor, at)
	}
	return hoursBetween(e.onset, at)
}

// seeSessions notes the sessions until then that were rolled on a scalp whose last
// word was T2 or more, silence included (DQ-01).
func (o *oracle) seeSessions(e *episodeOfPage, until time.Time) {
	e.carriedAt = nil
	for i := range o.sessions {
		s := &o.sessions[i]
		began, by := s.StartedAt, s.Time()
		before := began // a report at the very start of a session is no part of it
		if began.Equal(by) {
			before = began.Add(-1)
		}
		if by.After(until) && began.Before(until) {
			by = until
		}
		if by.After(e.onset) && !by.After(until) && (len(e.carriedAt) > 0 || o.lastWord(e, before, by.Add(-1)) >= care.DoctorSoon) {
			e.carriedAt = append(e.carriedAt, began)
		}
	}
}

// isWord says whether a report speaks for its episode: it is symptomatic, says all to
// be 0, or is T2 and above. Any other is partial and changes nothing.
func isWord(j judgement) bool {
	return j.tier >= care.DoctorSoon || isSymptomatic(j.Answers) || saysZero(j.Answers)
}

// lastWord is the tier of the last judgement of the episode: of its last word until a
// moment, or of the silence that lasted until another.
func (o *oracle) lastWord(e *episodeOfPage, until, silence time.Time) care.Tier {
	tier, last := care.Expected, time.Time{}
	for _, i := range e.reports {
		if j := o.judged[i]; isWord(j) && !j.At.After(until) {
			tier, last = j.tier, j.At
		}
	}
	said := o.lastSaid(e, until)
	if said == nil {
		return tier
	}
	if said.At.Equal(last) {
		return max(tier, tierOf(o.silentRules(e, *said, silence)))
	}
	for _, m := range e.moments { // a partial word of T2 stands until time raises more
		if m.byTime && m.at.After(last) && !m.at.After(silence) {
			tier = max(tier, tierOf(m.rules))
		}
	}
	return tier
}

func (o *oracle) answersOf(report string) care.Answers {
	for _, r := range o.reports {
		if r.ID == report {
			return r.Answers
		}
	}
	return care.Answers{}
}

// lastSaid is the last report of the episode that was symptomatic or said everything
// to be 0, the one that silence is judged on; a partial one between changes nothing
// (DQ-02). Nil: there is none.
func (o *oracle) lastSaid(e *episodeOfPage, until time.Time) *judgement {
	for k := len(e.reports) - 1; k >= 0; k-- {
		j := &o.judged[e.reports[k]]
		if !j.At.After(until) && (isSymptomatic(j.Answers) || saysZero(j.Answers)) {
			return j
		}
	}
	return nil
}

// hearSilence adds what time alone raised in the episode after its last report and
// before a moment. Only DS-01, DS-02, DS-10 and what SD-15 makes of them speak in
// silence.
func (o *oracle) hearSilence(e *episodeOfPage, before time.Time) {
	last := o.judged[e.reports[len(e.reports)-1]]
	said := o.lastSaid(e, last.At)
	if said == nil {
		return
	}
	known := slices.Clone(said.fired) // a partial report after it changes nothing (DQ-02)
	for _, m := range e.moments {
		if m.byTime && !m.at.Before(said.At) {
			known = append(known, m.rules...)
		}
	}
	for _, at := range o.momentsOfSilence(e) {
		spoken := at.Equal(last.At) && said.ID == last.ID // by the report itself
		if at.Before(last.At) || spoken || !at.Before(before) {
			continue
		}
		var fresh []string
		for _, rule := range o.silentRules(e, *said, at) {
			if !slices.Contains(known, rule) {
				fresh = append(fresh, rule)
			}
		}
		if len(fresh) > 0 {
			known = append(known, fresh...)
			e.moments = append(e.moments, moment{at: at, rules: fresh, byTime: true})
		}
	}
}

// tick is the smallest time that is told apart: rows hold milliseconds.
const tickOfPage = time.Millisecond

// momentsOfSilence are those at which a rule that speaks in silence can begin to.
func (o *oracle) momentsOfSilence(e *episodeOfPage) []time.Time {
	from := e.onset
	if e.anchor != nil {
		from = e.anchor.Time()
	}
	all := []time.Time{e.onset.Add(72 * time.Hour)}
	for _, hours := range []int{72, 96, 168, 204, 240} {
		all = append(all, from.Add(time.Duration(hours)*time.Hour), from.Add(time.Duration(hours)*time.Hour+tickOfPage))
	}
	for _, r := range o.reports {
		all = append(all, r.At.Add(tickOfPage))
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// silentRules are the rules that hold in silence at a moment. They are judged on what
// was last said, with the risk of then.
func (o *oracle) silentRules(e *episodeOfPage, said judgement, at time.Time) []string {
	h, atRisk, mild := e.persistence(at), said.atRisk, isMildRest(said.Answers)
	var rules []string
	if !isSymptomatic(said.Answers) {
		return nil
	}
	if atRisk && !mild && h >= 96 {
		rules = append(rules, "DS-02")
	}
	if onlyNodes(said.Answers) {
		return rules
	}
	over := h > 168
	late := h > 240 && hoursBetween(e.onset, at) >= 72
	if over {
		rules = append(rules, "DS-01")
	}
	if late {
		rules = append(rules, "DS-10")
	}
	if atRisk && !mild && (over || late) && h >= 204 {
		rules = append(rules, "SD-15")
	}
	return rules
}
