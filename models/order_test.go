package models

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"aftercare/models/care"
	"aftercare/models/db"
	"aftercare/models/storetest"
)

// told is one thing that a phone writes, in whatever order it arrives.
type told struct {
	kind    int // session, report, deleted session, deleted report, clinician, passing of time, clinician to come
	id      string
	ago     time.Duration
	answers care.Answers
	outcome string
	needle  float64
}

func drawTold(t *rapid.T) told {
	hours := rapid.OneOf(rapid.IntRange(0, 400), rapid.IntRange(0, 24*900)).Draw(t, "hours ago")
	return told{
		kind:    rapid.SampledFrom([]int{0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6}).Draw(t, "kind"),
		id:      fmt.Sprintf("row-%05d", rapid.IntRange(0, 6).Draw(t, "id")),
		ago:     time.Duration(hours)*time.Hour + time.Duration(rapid.IntRange(0, 59).Draw(t, "minutes"))*time.Minute,
		outcome: rapid.SampledFrom([]string{care.OutcomeBooked, care.OutcomeSeen, care.OutcomeCleared}).Draw(t, "outcome"),
		needle:  rapid.SampledFrom([]float64{0.2, 0.3, 0.5, 1, 1.5}).Draw(t, "needle"),
		answers: rapid.SampledFrom([]care.Answers{
			Calm(), Calm(), red(), pus(), {Erythema: of(2), Warmth: of(1)}, {Itch: of(1), Flaking: of(1)},
			{Erythema: of(0), Pain: of(8)}, {Lumps: "few_pimples"}, {Erythema: of(1), TemperatureC: &[]float64{39.2}[0]},
		}).Draw(t, "answers"),
	}
}

func (p *person) hears(w told) {
	p.Helper()
	ctx := context.Background()
	switch w.kind {
	case 0:
		p.rolls(w.id, w.ago, func(s *Session) { s.NeedleMM = &w.needle })
	case 1:
		p.reports(w.id, w.ago, w.answers)
	case 2:
		p.check(Delete[Session](ctx, p.Store, p.account, w.id, Write{}))
	case 3:
		p.check(Delete[Report](ctx, p.Store, p.account, w.id, Write{}))
	case 4:
		page, err := List[Episode](ctx, p.Store, p.account, Query{Limit: 1})
		p.check(err)
		for _, e := range page.Items {
			_, err := p.AddClinicianEvent(ctx, p.account, e.ID, ClinicianEvent{At: T(p.now().Add(-w.ago / 8)), Outcome: w.outcome}, Write{})
			p.check(err)
		}
	case 5:
		p.pass(w.ago / 8)
		p.advance()
	case 6:
		p.tries(p.toVisit("visit-001", time.Hour+w.ago/8, w.outcome))
	}
}

// verdictRows is what the store keeps of a verdict, by the ids of the phone.
type verdictRows struct {
	Reports  map[string]string
	Sessions map[string]SessionRest
	Episodes map[string]string // by earliest report
	Warnings map[string]string // the rules that hold, by earliest report and tier
}

// whole judges everything that is stored, without any window.
func (p *person) whole() (care.History, care.Verdict) {
	p.Helper()
	q := p.read(context.Background())
	a, err := findAccount(q, p.account)
	p.check(err)
	var h care.History
	sessions, err := db.Rows[Session](q, "SELECT * FROM sessions WHERE account_id = $1 AND deleted_at IS NULL", p.account)
	p.check(err)
	for i := range sessions {
		h.Sessions = append(h.Sessions, sessions[i].facts())
	}
	reports, err := db.Rows[Report](q, "SELECT * FROM reports WHERE account_id = $1 AND deleted_at IS NULL", p.account)
	p.check(err)
	for i := range reports {
		h.Reports = append(h.Reports, reports[i].facts())
	}
	events, err := db.Rows[ClinicianEvent](q, "SELECT * FROM clinician_events WHERE account_id = $1 AND deleted_at IS NULL", p.account)
	p.check(err)
	for _, e := range events {
		h.Clinician = append(h.Clinician, care.ClinicianEvent{At: e.EffectiveAt.Time, Outcome: e.Outcome})
	}
	return h, care.Assess(h, a.person(), p.now())
}

func (p *person) verdict() verdictRows {
	p.Helper()
	q := p.read(context.Background())
	out := verdictRows{map[string]string{}, map[string]SessionRest{}, map[string]string{}, map[string]string{}}
	reports, err := db.Rows[Report](q, "SELECT * FROM reports WHERE account_id = $1 AND deleted_at IS NULL", p.account)
	p.check(err)
	for _, r := range reports {
		out.Reports[r.ID] = fmt.Sprintln(r.Assessment.Tier, r.Assessment.Rules, r.Assessment.AtRisk, r.SessionID)
	}
	sessions, err := db.Rows[Session](q, "SELECT * FROM sessions WHERE account_id = $1 AND deleted_at IS NULL", p.account)
	p.check(err)
	for _, s := range sessions {
		out.Sessions[s.ID] = *s.Rest
	}
	episodes, err := db.Rows[Episode](q, "SELECT * FROM episodes WHERE account_id = $1 AND state <> $2", p.account, EpisodeVoid)
	p.check(err)
	warnings, err := db.Rows[Warning](q, "SELECT * FROM warnings WHERE account_id = $1 AND reason <> $2", p.account, ReasonHistoryChanged)
	p.check(err)
	for _, e := range episodes {
		out.Episodes[e.ReportIDs[0]] = fmt.Sprintln(e.State, e.AnchorSessionID, e.OnsetAt, e.ClosedAt, e.PeakTier, e.ReportIDs)
		for _, w := range warnings {
			if w.EpisodeID == e.ID {
				out.Warnings[fmt.Sprint(e.ReportIDs[0], w.Tier)] = w.holds(p.now())
			}
		}
	}
	return out
}

// What is stored after any sequence of writes, edits and deletions, in any
// order, is what the whole history means: the window that the store loads
// never changes a verdict.
func TestStoredVerdictsAreThoseOfTheWholeHistory(t *testing.T) {
	p := newPerson(t, storetest.SQLite(t))
	rapid.Check(t, func(rt *rapid.T) {
		p.TB = t
		p.account, p.device, p.secrets = p.join("Europe/Berlin")
		for _, w := range rapid.SliceOfN(rapid.Custom(drawTold), 1, 16).Draw(rt, "told") {
			p.hears(w)
		}
		p.advance()
		p.checkWhole(rt)
	})
}

// checkWhole compares what is stored with the verdict on the whole history.
func (p *person) checkWhole(t rapid.TB) {
	p.Helper()
	h, v := p.whole()
	at, sessions := map[string]time.Time{}, make([]keptSession, len(h.Sessions))
	for _, r := range h.Reports {
		at[r.ID] = r.At
	}
	for i, s := range h.Sessions {
		sessions[i].Session = s
	}
	want := verdictRows{map[string]string{}, map[string]SessionRest{}, map[string]string{}, map[string]string{}}
	for id, a := range v.Reports {
		want.Reports[id] = fmt.Sprintln(a.Tier, a.Rules, a.AtRisk, groupsOf(sessions).of(at[id]))
	}
	for id, s := range v.Sessions {
		want.Sessions[id] = SessionRest{Until: T(s.Until), Days: s.Days, FloorUntil: T(s.FloorUntil), Rule: s.Rule}
	}
	for _, e := range v.Episodes {
		want.Episodes[e.FirstReport] = fmt.Sprintln(e.State, e.AnchorSession, T(e.OnsetAt), T(e.ClosedAt), e.PeakTier, e.Reports)
	}
	for _, w := range v.Warnings {
		holds := Warning{}
		for _, f := range w.Fired {
			holds.Fired = append(holds.Fired, Fired{Rule: f.Rule, At: T(f.At)})
		}
		want.Warnings[fmt.Sprint(w.Episode, w.Tier)] = holds.holds(p.now())
	}
	if diff := cmp.Diff(want, p.verdict()); diff != "" {
		t.Fatalf("whole history (-) and store (+) differ:\n%s", diff)
	}
}

// The same where several phones of several people write at once, while time has
// them judged again: writes are prepared from what others are about to change.
func TestVerdictsOfWritesAtOnceAreThoseOfTheWholeHistory(t *testing.T) {
	first := newPerson(t, storetest.SQLite(t))
	rapid.Check(t, func(rt *rapid.T) {
		var people []*person
		var wg sync.WaitGroup
		for i := range 2 {
			p := &person{TB: t, Store: first.Store, at: evening}
			p.account, p.device, p.secrets = p.join("Europe/Berlin")
			people = append(people, p)
			for phone := range 2 {
				all := rapid.SliceOfN(rapid.Custom(drawTold), 1, 5).Draw(rt, fmt.Sprint("told by phone ", phone, " of ", i))
				wg.Go(func() {
					for _, w := range all {
						w.kind %= 5 // time stands still
						p.hears(w)
					}
				})
			}
			wg.Go(func() {
				for range 2 {
					p.check(p.write(context.Background(), p.account, func(tx *Tx) error { return tx.judgeAgain(time.Time{}) }))
				}
			})
		}
		wg.Wait()
		for _, p := range people {
			p.checkWhole(rt)
		}
	})
}

func (w told) String() string {
	return fmt.Sprintf("{kind %d %s ago %v %v needle %v e=%v p=%v l=%s d=%v}", w.kind, w.id, w.ago, w.outcome, w.needle, w.answers.Erythema, w.answers.Pain, w.answers.Lumps, w.answers.Discharge)
}
