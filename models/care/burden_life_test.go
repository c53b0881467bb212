package care

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// weeks is how long a life lasts.
const weeks = 12

// virtual is one simulated person with the product, over the real Assess and Plan.
// Pushes go out as the store sends them: when they are due, once, warnings
// again until they are acknowledged, and in quiet hours only what RM-02 lets.
type virtual struct {
	kind kind
	slip slips
	rng  *rand.Rand
	body body
	p    Person
	h    History
	now  time.Time
	end  time.Time
	v    Verdict

	acts   []act // what the person will do
	pushed map[string]bool
	heard  map[warningKey]*heard
	reads  time.Time // a pending answer: one push is enough to make one report
	before levels    // told last

	infectAt int // the session that goes wrong, 0: none
	onset    time.Duration
	tally    tally
}

// act is one thing done at its time.
type act struct {
	at time.Time
	do func()
}

type warningKey struct {
	episode string
	tier    Tier
}

// heard is a warning as the person knows it.
type heard struct {
	rules   int
	askedAt time.Time
	acked   bool
	state   WarningState
	round   int // of RM-01
	next    time.Time
	byTime  bool
}

func newLife(k kind, s slips, seed uint64, zone *time.Location) *virtual {
	rng := rand.New(rand.NewPCG(seed, k.hash()))
	start := time.Date(2026, 1, 5, 7, 0, 0, 0, time.UTC).AddDate(0, 0, rng.IntN(60))
	l := &virtual{
		kind: k, slip: s, rng: rng, body: body{rng: rng, needle: k.needle, recall: day}, now: start, end: start.Add(weeks * 7 * day),
		p:      k.person(start, zone, time.Duration(rng.IntN(600))*time.Second),
		pushed: map[string]bool{}, heard: map[warningKey]*heard{},
	}
	l.newRoller()
	l.plan(0)
	return l
}

func (l *virtual) in(from, to float64) time.Time { return l.now.Add(l.body.hours(from, to)) }

func (l *virtual) later(at time.Time, do func()) { l.acts = append(l.acts, act{at, do}) }

// live runs until the end, or until done says that enough is known.
func (l *virtual) live(done func() bool) {
	for l.now.Before(l.end) && !done() {
		var items []Item
		l.v, items = Judge(l.h, l.p, l.now)
		l.warn()
		next := earlier(l.push(items), l.v.Next)
		for _, w := range l.heard {
			next = earlier(next, w.next)
		}
		for _, a := range l.acts {
			next = earlier(next, a.at)
		}
		l.now = earlier(next, l.end)
		l.act()
	}
	l.tally.time = l.now.Sub(l.p.CreatedAt)
}

// act does what is due.
func (l *virtual) act() {
	slices.SortStableFunc(l.acts, func(a, b act) int { return a.at.Compare(b.at) })
	for len(l.acts) > 0 && !l.acts[0].at.After(l.now) {
		a := l.acts[0]
		l.acts = l.acts[1:]
		a.do()
	}
}

// push sends what is due, and says when the next step is.
func (l *virtual) push(items []Item) (next time.Time) {
	for _, it := range items {
		id := fmt.Sprint(it.Kind, " ", it.Anchor, " ", it.Slot)
		if it.Done || it.HeldBy != "" || it.Silent || it.RidesWith != "" || l.pushed[id] || !it.Expires.After(l.now) {
			continue
		}
		if it.Due.After(l.now) {
			next = earlier(next, it.Due)
			continue
		}
		l.pushed[id] = true
		l.tally.push(it.Kind)
		switch it.Kind {
		case KindCheckIn, KindRecheck:
			l.mayAnswer(it.OneTap)
		case KindRestOver:
			if it.Slot == "check_in_first" {
				l.mayAnswer(false)
			}
		case KindRollerCare:
			if it.Slot == "replace" || it.Slot == quarantinedSlot {
				l.newRoller()
			}
		default: // nothing to answer
		}
	}
	return next
}

func (l *virtual) newRoller() {
	l.h.Rollers = append(l.h.Rollers, Roller{ID: fmt.Sprintf("roller-%d", len(l.h.Rollers)), NeedleMM: l.kind.needle})
	for i := range l.h.Rollers[:len(l.h.Rollers)-1] {
		if r := &l.h.Rollers[i]; !r.Discarded {
			r.Discarded, r.DiscardedAt = true, l.now
		}
	}
}

// mayAnswer lets a push be answered within 8 h, not at night. Two pushes that
// wait make one report.
func (l *virtual) mayAnswer(oneTap bool) {
	share := l.kind.reporter.answers
	if oneTap && l.body.nothingLeft(l.now) {
		share = l.kind.reporter.taps
	}
	if !l.body.chance(share) || l.reads.After(l.now) {
		return
	}
	l.reads = l.awake(l.in(0.1, 8))
	l.later(l.reads, func() { l.report(oneTap) })
}

// awake moves a time out of the night.
func (l *virtual) awake(t time.Time) time.Time {
	if night := (Hours{23 * 60, 7 * 60}); night.Contains(t, l.p.Zone) {
		return night.Defer(t, l.p.Zone).Add(l.body.hours(0.2, 2))
	}
	return t
}

// report tells the scalp of now, with slips. Who is offered one tap, and has
// nothing left, takes it.
func (l *virtual) report(oneTap bool) {
	a := l.body.answers(l.now, l.before)
	l.before = l.body.told(l.now)
	if oneTap && l.body.nothingLeft(l.now) {
		a = calmly()
	}
	l.slip.slip(l.rng, &a)
	l.h.Reports = append(l.h.Reports, Report{ID: fmt.Sprintf("report-%03d", len(l.h.Reports)), At: l.now, Answers: a})
	l.tally.reports++
}

// evening is one on which the person means to roll.
func (l *virtual) evening() {
	k := l.kind
	if k.habit.follow && (l.now.Before(l.v.Rest.Until) || l.body.chance(0.5)) {
		l.plan(1) // too early, or no time today
		return
	}
	if l.body.chance(k.reporter.preRoll) {
		l.report(true) // the app's check-in begins with it
		l.v = Assess(l.h, l.p, l.now)
	}
	if k.habit.follow && k.reporter != silent && l.v.Rest.State != RestReady {
		l.plan(1)
		return
	}
	l.later(l.now.Add(rolling+time.Minute), l.roll) // what is told before is not told after
	l.plan(k.restDays())
}

// plan sets the next evening on which the person means to roll.
func (l *virtual) plan(days int) {
	on := DateOf(l.now.In(l.p.Zone)).AddDays(days)
	l.later(At(on, Clock(18*60+l.rng.IntN(120)), l.p.Zone), l.evening)
}

// rolling is how long a session takes.
const rolling = 20 * time.Minute

// roll ends a session.
func (l *virtual) roll() {
	now := l.body.at(l.now)
	s := Session{
		ID: fmt.Sprintf("session-%02d", len(l.h.Sessions)), StartedAt: l.now.Add(-rolling), EndedAt: l.now,
		NeedleMM: l.kind.needle, RollerID: l.h.Rollers[len(l.h.Rollers)-1].ID, RollerDisinfected: new(true),
	}
	if l.kind.reporter != silent {
		s.Baseline = Baseline{Itch: new(now[itches]), Flaking: new(now[flakes])}
	}
	l.h.Sessions = append(l.h.Sessions, s)
	l.body.roll(l.now)
	l.before = l.body.told(l.now) // the trend is against the fresh scalp
	if len(l.h.Sessions) == l.infectAt {
		l.body.infect(l.onset)
		l.tally.onset = l.now.Add(l.onset)
		l.tally.standing = slices.ContainsFunc(l.v.Warnings, func(w Warning) bool { return w.Tier >= SameDay && w.State == WarningActive })
	}
}

// warn hears the warnings: what is new is counted and pushed.
func (l *virtual) warn() {
	for _, w := range l.v.Warnings {
		key := warningKey{w.Episode, w.Tier}
		k := l.heard[key]
		if k == nil {
			k = &heard{state: WarningActive}
			l.heard[key] = k
			l.tally.warning(w)
			if w.Tier >= SameDay {
				l.maySeeDoctor(w)
			}
		}
		back := w.AskedAt.After(k.askedAt) && (k.acked || k.state == WarningResolved)
		if w.State == WarningActive && (len(w.Fired) > k.rules || back) {
			fired := w.Fired[min(k.rules, len(w.Fired)-1)]
			k.acked, k.round, k.byTime = false, 0, fired.ByTime
			k.next = l.outOfQuiet(w.Tier, k)
			l.tally.asked(w, l.now)
			if !k.byTime { // read in the answer to the report
				l.mayAcknowledge(key, w)
			}
		}
		k.rules, k.askedAt, k.state = len(w.Fired), w.AskedAt, w.State
		l.notify(key, w)
	}
}

func (l *virtual) outOfQuiet(t Tier, k *heard) time.Time {
	if IgnoresQuietHours(t, k.byTime, k.round) {
		return l.now
	}
	return l.p.QuietHours.Defer(l.now, l.p.Zone)
}

// notify sends a warning that is due, and lets the next repeat wait (RM-01).
func (l *virtual) notify(key warningKey, w Warning) {
	k := l.heard[key]
	if w.State != WarningActive || k.acked {
		k.next = time.Time{}
	}
	if k.next.IsZero() || k.next.After(l.now) {
		return
	}
	l.tally.push("warning")
	if k.byTime {
		l.mayAnswer(true) // "still there" and "nothing left"
	}
	if k.byTime || k.round > 0 {
		l.mayAcknowledge(key, w)
	}
	rest := Repeats(w.Tier)
	if k.round++; k.round >= len(rest) {
		k.next = time.Time{}
		return
	}
	k.next = l.now.Add(rest[k.round] - rest[k.round-1])
	if !IgnoresQuietHours(w.Tier, k.byTime, k.round) {
		k.next = l.p.QuietHours.Defer(k.next, l.p.Zone)
	}
}

func (l *virtual) mayAcknowledge(key warningKey, w Warning) {
	if !l.body.chance(l.kind.reporter.answers) {
		return
	}
	l.later(l.in(0.02, 1), func() {
		l.heard[key].acked = true
		l.h.Acks = append(l.h.Acks, Ack{At: l.now, Tier: w.Tier, Action: "will_book", Report: w.Reports[0]})
	})
}

// maySeeDoctor lets a healthy person be cleared within two days: no infection.
func (l *virtual) maySeeDoctor(w Warning) {
	if l.body.chance(l.kind.reporter.answers) {
		l.later(l.in(16, 40), func() {
			l.h.Clinician = append(l.h.Clinician, ClinicianEvent{At: l.now, Outcome: OutcomeCleared, Report: w.Reports[0], NoInfection: true})
		})
	}
}
