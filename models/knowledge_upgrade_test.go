package models

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
	"aftercare/models/storetest"
)

// old is a database as knowledge 0.1 left it.
type old struct {
	*person
	t testing.TB
}

// reports stores a report with the verdict of 0.1.
func (o old) reports(id, episode string, ago time.Duration, tier care.Tier, rule string, answers care.Answers) {
	o.t.Helper()
	at := T(o.now().Add(-ago))
	o.saves(&Report{
		Base: Base{ID: id, CreatedAt: at}, ObservedAt: at, EffectiveAt: at, Answers: answers,
		ReportVerdict: ReportVerdict{EpisodeID: episode, Assessment: &Assessment{
			Tier: tier, Rule: rule, Rules: []string{rule}, KBVersion: "0.1.0", Code: "warning." + rule, AsksAgain: []string{},
		}},
	})
}

func (o old) saves(row interface{ base() *Base }) {
	o.t.Helper()
	o.check(o.write(context.Background(), o.account, func(tx *Tx) error { return tx.save(row) }))
}

// episode stores one from a first report to a last one; zero settled: it counts
// until a doctor clears it.
func (o old) episode(id string, state care.EpisodeState, from, to, settled time.Duration, tier care.Tier, reports ...string) {
	o.t.Helper()
	e := &Episode{
		Base: Base{ID: id}, State: state, OnsetAt: T(o.now().Add(-from)), LastReportAt: T(o.now().Add(-to)),
		Tier: tier, PeakTier: tier, ReportIDs: reports, WarningIDs: []string{},
	}
	if state == care.EpisodeClosed {
		e.ClosedAt = e.LastReportAt
	}
	if settled != 0 {
		e.SettledAt = T(o.now().Add(-settled))
	}
	o.saves(e)
}

func (o old) warning(id, episode string, tier care.Tier, rule string, ago time.Duration, state WarningState, report string) {
	o.t.Helper()
	at := T(o.now().Add(-ago))
	w := &Warning{
		Base: Base{ID: id}, EpisodeID: episode, Tier: tier, Code: "warning." + rule, Rule: rule, Fired: []Fired{{Rule: rule, At: at, ByTime: true}},
		KBVersion: "0.1.0", RaisedAt: at, AskedAt: at, ReportIDs: []string{report}, State: state,
	}
	if state == WarningResolved {
		w.AcknowledgedAt, w.Action, w.ResolvedAt = at, ActionWatching, T(at.Add(48*time.Hour))
	}
	o.saves(w)
}

func complete(edit func(*care.Answers)) care.Answers {
	a := Calm()
	edit(&a)
	return a
}

const days = 24 * time.Hour

// fill stores what 0.1 and 0.2 judge differently, and what they judge alike.
func (o old) fill() {
	o.edits(func(in *Account) { in.Risks = []Risk{{Code: "diabetes"}} })
	o.reports("report-01", "episode-1", 70*days, care.SameDay, "SD-01", complete(func(a *care.Answers) { a.Discharge = care.Set{"yellow_green"} }))
	o.reports("report-02", "episode-1", 68*days, care.Expected, "EX-00", Calm())
	o.reports("report-03", "", 66*days, care.Expected, "EX-00", Calm())
	o.episode("episode-1", care.EpisodeClosed, 70*days, 68*days, 0, care.SameDay, "report-01", "report-02")
	o.warning("warning-1", "episode-1", care.SameDay, "SD-01", 70*days, WarningResolved, "report-01")

	// 39.5 °C without a sign on the scalp: 0.2 says same_day (SD-05 c), 0.1 did not.
	fever := 39.5
	o.reports("report-04", "episode-2", 60*days, care.Watch, "WT-03", complete(func(a *care.Answers) { a.TemperatureC, a.Erythema = &fever, of(1) }))
	o.reports("report-05", "episode-2", 58*days, care.Expected, "EX-00", Calm())
	o.episode("episode-2", care.EpisodeClosed, 60*days, 58*days, 56*days, care.Watch, "report-04", "report-05")

	// At risk and silent: 0.1 said DS-02 after 72 h, 0.2 does after 96 h.
	o.reports("report-06", "episode-3", 85*time.Hour, care.Expected, "EX-00", complete(func(a *care.Answers) { a.Erythema = of(1) }))
	o.episode("episode-3", care.EpisodeOpen, 85*time.Hour, 85*time.Hour, 0, care.DoctorSoon, "report-06")
	o.warning("warning-3", "episode-3", care.DoctorSoon, "DS-02", 12*time.Hour, WarningActive, "report-06")
}

// unbegun makes the next start the first of the knowledge in force.
const unbegun = "DELETE FROM settings WHERE name = 'knowledge." + care.KBVersion + "'"

func (p *person) executes(statements ...string) {
	p.Helper()
	p.check(p.writeAny(context.Background(), func(tx *Tx) error {
		for _, statement := range statements {
			if err := tx.q.Exec(statement); err != nil {
				return err
			}
		}
		return nil
	}))
}

// upgraded opens a database that 0.1 has left.
func upgraded(t *testing.T, database string) *person {
	t.Helper()
	p := newPerson(t, database)
	old{p, t}.fill()
	p.executes(unbegun, "DELETE FROM digests", "DELETE FROM reminders")
	p.check(p.Close())
	p.pass(time.Minute)
	p.opens(t, database)
	return p
}

// opens starts the program anew on the database, which is closed.
func (p *person) opens(t *testing.T, database string) {
	t.Helper()
	s, err := Open(context.Background(), Options{Database: database, Now: p.now})
	p.check(err)
	t.Cleanup(func() { p.check(s.Close()) })
	p.Store = s
}

// states are what an upgrade must leave alone.
func (p *person) states() map[string]string {
	p.Helper()
	out, q := map[string]string{}, p.read(context.Background())
	reports, err := db.Rows[Report](q, "SELECT * FROM reports WHERE account_id = $1", p.account)
	p.check(err)
	for _, r := range reports {
		out[r.ID] = r.Assessment.KBVersion + " " + r.Assessment.Rule + " " + r.EpisodeID
	}
	episodes, err := db.Rows[Episode](q, "SELECT * FROM episodes WHERE account_id = $1", p.account)
	p.check(err)
	for _, e := range episodes {
		out[e.ID] = fmt.Sprint(e.State, e.PeakTier, e.OnsetAt, e.ReportIDs)
	}
	for _, w := range p.warnings() {
		out[w.ID] = fmt.Sprint(w.KBVersion, w.Rules, w.State, w.Reason)
	}
	return out
}

// An upgrade judges nobody's past again and warns nobody of it; open warnings keep
// their state, and the next report is judged by the new rules.
func TestAnUpgradeLeavesThePastAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := upgraded(t, database)
		before := p.states()
		same := func(when string, but ...string) {
			t.Helper()
			now := p.states()
			was := maps.Clone(before)
			for _, id := range but {
				delete(was, id)
				delete(now, id)
			}
			if !equalJSON(was, now) {
				t.Errorf("%s: was %v, is %v", when, before, now)
			}
		}
		told := func(sent []Claim) {
			t.Helper()
			if rules := p.toldOf(sent); len(rules) != 0 {
				t.Errorf("told of %v", rules)
			}
		}
		told(p.live(24*time.Hour, time.Hour))
		same("after a day of jobs")
		if rest, _, err := p.Rest(t.Context(), p.account); err != nil || rest.State != care.RestBlocked {
			t.Errorf("rest is %s, %v", rest.State, err)
		}
		r := p.reports("report-07", 0, Calm())
		told(append(p.handOver(), p.live(24*time.Hour, time.Hour)...))
		if r.Assessment.KBVersion != care.KBVersion || r.Assessment.Code != "warning.EX-00" || len(r.Assessment.Standing) != 0 {
			t.Errorf("the report was judged as %+v", r.Assessment)
		}
		same("after a calm report", "report-07", "episode-3", "warning-3")
		if e, err := Get[Episode](t.Context(), p.Store, p.account, "episode-3"); err != nil || e.State != care.EpisodeClosed {
			t.Errorf("the open episode is %s, %v", e.State, err)
		}
		if w, err := p.Warning(t.Context(), p.account, "warning-3"); err != nil || w.State == WarningActive {
			t.Errorf("its warning is %s, %v", w.State, err)
		}
	})
}

// What comes after an upgrade is judged by the new rules, and told.
func TestAfterAnUpgradeADangerSignWarns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := upgraded(t, database)
		p.live(2*time.Hour, time.Hour)
		p.reports("report-07", 0, complete(func(a *care.Answers) { a.Discharge = care.Set{"thick"} }))
		if told := p.toldOf(p.handOver()); len(told) == 0 {
			t.Error("nobody was told")
		}
		// A correction of the past is judged like any other.
		p.pass(time.Hour)
		p.reports("report-04", 60*days+3*time.Hour, complete(func(a *care.Answers) { a.Discharge = care.Set{"yellow_green"} }))
		r, err := Get[Report](t.Context(), p.Store, p.account, "report-04")
		p.check(err)
		if r.Assessment.KBVersion != care.KBVersion || r.Assessment.Rule != "SD-01" {
			t.Errorf("the corrected report is %+v", r.Assessment)
		}
		if r, err := Get[Report](t.Context(), p.Store, p.account, "report-01"); err != nil || r.Assessment.KBVersion != "0.1.0" {
			t.Errorf("one from before it is of %s, %v", r.Assessment.KBVersion, err)
		}
	})
}

// due says whether the person is to be judged, and nothing else.
func (p *person) due() bool {
	p.Helper()
	due, err := p.DueAccounts(context.Background(), 10)
	p.check(err)
	return len(due) > 0
}

// A restart costs nobody a judgement: neither a new database nor one that has
// been upgraded judges everybody again. While the processes of one PostgreSQL are
// replaced, each has them judged, since an older one may have done so meanwhile.
func TestARestartJudgesNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := newPerson(t, database)
		p.rolls("session-1", time.Hour)
		p.advance()
		p.check(p.Close())
		p.opens(t, database)
		if p.due() {
			t.Error("a restart of the first version has everybody judged")
		}
	})
	storetest.Each(t, func(t *testing.T, database string) {
		p := upgraded(t, database)
		if !p.due() {
			t.Error("an upgrade has nobody judged")
		}
		p.advance()
		p.check(p.Close())
		p.opens(t, database)
		if p.due() != p.Postgres() {
			t.Errorf("a second start right after an upgrade has everybody judged: %v", p.due())
		}
		p.live(rollout, rollout)
		p.check(p.Close())
		p.opens(t, database)
		if p.due() {
			t.Error("a restart later has everybody judged")
		}
	})
}

// A first start that ends before everybody's judgement is due does not count as
// one: the next does it again.
func TestAnInterruptedUpgradeIsDoneAgain(t *testing.T) {
	database := storetest.SQLite(t)
	p := newPerson(t, database)
	p.rolls("session-1", time.Hour)
	p.advance()
	p.executes(unbegun, fmt.Sprintf("CREATE TRIGGER broken BEFORE UPDATE OF judge_at ON accounts WHEN NEW.judge_at <= %d BEGIN SELECT RAISE(ABORT, 'broken'); END", p.now().UnixMilli()))
	p.check(p.Close())
	if _, err := Open(t.Context(), Options{Database: database, Now: p.now}); err == nil {
		t.Fatal("nothing is interrupted")
	}
	p.pass(time.Minute)
	p.opens(t, database)
	if !p.due() {
		t.Error("nobody is judged")
	}
}
