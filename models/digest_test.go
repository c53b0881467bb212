package models

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"aftercare/models/care"
	"aftercare/models/db"
	"aftercare/models/storetest"
)

// twin makes the person of another store in this one: the same ids, so that
// what hangs on them is the same.
func (p *person) twin(of *person) {
	p.Helper()
	p.account, p.device, p.secrets = of.account, of.device, of.secrets
	p.mu.Lock()
	p.at = of.now()
	p.mu.Unlock()
	a, err := db.Row[Account](of.read(context.Background()), "SELECT * FROM accounts WHERE id = $1", of.account)
	of.check(err)
	devices, err := db.Rows[Device](of.read(context.Background()), "SELECT * FROM devices WHERE account_id = $1", of.account)
	of.check(err)
	consents, err := db.Rows[Consent](of.read(context.Background()), "SELECT * FROM consents WHERE account_id = $1", of.account)
	of.check(err)
	p.check(p.writeAny(context.Background(), func(tx *Tx) error {
		p.check(tx.q.Put(&a))
		for i := range devices {
			p.check(tx.q.Put(&devices[i]))
		}
		for i := range consents {
			p.check(tx.q.Put(&consents[i]))
		}
		p.check(tx.raise(a.ID))
		return tx.judgeAgain(time.Time{})
	}))
}

// forgets drops the derived row, so that the next judgement reads the tables.
func (p *person) forgets() {
	p.Helper()
	p.check(p.writeAny(context.Background(), func(tx *Tx) error {
		tx.Account = p.account
		return tx.dropDigest()
	}))
}

// act is one thing that happens to an account.
type act struct {
	told
	also int // of the acts that told does not know
	nth  int // of a list
}

func drawAct(t *rapid.T) act {
	return act{drawTold(t), rapid.IntRange(0, 19).Draw(t, "also"), rapid.IntRange(0, 3).Draw(t, "nth")}
}

func (p *person) suffers(a act) {
	p.Helper()
	ctx := context.Background()
	switch a.also {
	case 0:
		p.handOver()
	case 1:
		p.pass(time.Duration(1+a.nth) * 5 * time.Hour)
		p.advance()
		p.handOver()
	case 2:
		for i, w := range p.warnings() {
			if i == a.nth {
				_, err := p.AcknowledgeWarning(ctx, p.caller(), w.ID, Actions()[a.nth])
				p.check(err)
			}
		}
	case 3:
		for i, r := range p.open(planned()...) {
			if i == a.nth {
				_, err := p.AcknowledgeReminder(ctx, p.caller(), r.ID, Time{})
				p.check(err)
			}
		}
	case 4:
		p.edits(func(in *Account) {
			in.UsesMinoxidil = !in.UsesMinoxidil
			in.Notify.CheckIn = a.nth%2 == 0
			in.HairLoss = []*HairLoss{nil, {Type: "unknown"}, {Type: "traction", TightStyles: true}, {Type: "scarring"}}[a.nth]
			in.Risks = [][]Risk{nil, {}, {{Code: "diabetes"}}, {{Code: "keloid"}}}[a.nth]
		})
	case 5:
		mm := a.needle
		_, _, err := Put(ctx, p.Store, p.account, fmt.Sprintf("roller-%02d", a.nth), Roller{NeedleMM: &mm, Shared: a.nth == 3}, Write{})
		p.check(err)
	case 6:
		p.rolls(a.id, a.ago, func(s *Session) { s.NeedleMM, s.RollerID = nil, fmt.Sprintf("roller-%02d", a.nth) })
	case 7:
		p.check(Delete[Roller](ctx, p.Store, p.account, fmt.Sprintf("roller-%02d", a.nth), Write{}))
	case 9:
		_, err := p.says(fmt.Sprintf("progress-%d", a.nth), func(in *Progress) { in.Change = of(a.nth - 1) })
		p.check(err)
	case 10: // DQ-06: of a time to come
		p.tries(p.toVisit(fmt.Sprintf("visit-%03d", a.nth), time.Hour+a.ago/8, a.outcome, func(e *ClinicianEvent) { e.NoInfection = a.nth == 0 }))
	case 8:
		p.check(p.WithdrawConsent(ctx, p.caller(), ConsentHealth))
		p.check(Delete[Report](ctx, p.Store, p.account, a.id, Write{}))
		_, err := p.GrantConsent(ctx, p.caller(), ConsentHealth, "1")
		p.check(err)
	default:
		p.hears(a.told)
	}
}

func (p *person) edits(edit func(*Account)) {
	p.Helper()
	a, err := p.Account(context.Background(), p.account)
	p.check(err)
	edit(&a)
	_, err = p.UpdateAccount(context.Background(), p.caller(), a, Write{})
	p.check(err)
}

// stored is all that judging keeps of an account, without what is made anew in
// each store: the ids of the server, feed numbers, times of storing.
func (p *person) stored() map[string]string {
	p.Helper()
	q, out := p.read(context.Background()), map[string]string{}
	names := strings.NewReplacer(p.names(q, out)...)
	rows, err := db.Rows[Reminder](q, "SELECT * FROM reminders WHERE account_id = $1", p.account)
	p.check(err)
	for _, r := range rows {
		key := names.Replace(fmt.Sprintf("reminder %s %s %s", r.Kind, r.Anchor, r.Slot))
		r.Base, r.Anchor = Base{Version: r.Version}, ""
		out[key] = fmt.Sprintf("%+v", r)
	}
	reports, err := db.Rows[Report](q, "SELECT * FROM reports WHERE account_id = $1 AND deleted_at IS NULL", p.account)
	p.check(err)
	for _, r := range reports {
		text, err := json.Marshal(r.ReportVerdict)
		p.check(err)
		out["report "+r.ID] = names.Replace(r.SessionID + string(text))
	}
	sessions, err := db.Rows[Session](q, "SELECT * FROM sessions WHERE account_id = $1 AND deleted_at IS NULL", p.account)
	p.check(err)
	for _, s := range sessions {
		text, err := json.Marshal(s.SessionVerdict)
		p.check(err)
		out["session "+s.ID] = fmt.Sprint(deref(s.NeedleMMUsed), string(text))
	}
	rollers, err := db.Rows[Roller](q, "SELECT * FROM rollers WHERE account_id = $1 AND deleted_at IS NULL", p.account)
	p.check(err)
	for _, r := range rollers {
		out["roller "+r.ID] = fmt.Sprintf("%+v", r.RollerVerdict)
	}
	a, err := findAccount(q, p.account)
	p.check(err)
	rest, next, err := p.Rest(context.Background(), p.account)
	p.check(err)
	judged, err := restOf(q, p.account, p.now())
	p.check(err)
	if diff := cmp.Diff(judged, rest); diff != "" {
		p.Errorf("rest judged now (-) and kept (+) differ:\n%s", diff)
	}
	out["account"] = fmt.Sprintf("%v %v %+v %v", a.JudgeAt, a.FirstSessionAt, rest, next)
	return out
}

// names are what the ids of the server stand for; it fills in episodes and
// warnings by them.
func (p *person) names(q db.Q, out map[string]string) (pairs []string) {
	episodes, err := db.Rows[Episode](q, "SELECT * FROM episodes WHERE account_id = $1 ORDER BY onset_at, created_at", p.account)
	p.check(err)
	for i, e := range episodes {
		pairs = append(pairs, e.ID, fmt.Sprint("episode-", i))
	}
	warnings, err := db.Rows[Warning](q, "SELECT * FROM warnings WHERE account_id = $1 ORDER BY raised_at, tier, created_at", p.account)
	p.check(err)
	for i, w := range warnings {
		pairs = append(pairs, w.ID, fmt.Sprint("warning-", i))
	}
	names := strings.NewReplacer(pairs...)
	for _, e := range episodes {
		key := names.Replace(e.ID)
		e.Base = Base{}
		out[key] = names.Replace(fmt.Sprintf("%+v", e))
	}
	for _, w := range warnings {
		key := names.Replace(w.ID)
		w.Base = Base{Version: w.Version}
		out[key] = names.Replace(fmt.Sprintf("%+v", w))
	}
	return pairs
}

// What is stored after any acts is the same whether each judgement takes the
// derived row or reads the tables.
func TestTheDerivedRowIsAsTheTables(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		kept, plain := newPerson(t, database), newPerson(t, storetest.SQLite(t))
		rapid.Check(t, func(rt *rapid.T) {
			kept.account, kept.device, kept.secrets = kept.join("Europe/Berlin")
			plain.twin(kept)
			for i, a := range rapid.SliceOfN(rapid.Custom(drawAct), 1, 20).Draw(rt, "acts") {
				plain.forgets()
				kept.suffers(a)
				plain.suffers(a)
				plain.forgets()
				if diff := cmp.Diff(plain.stored(), kept.stored()); diff != "" {
					rt.Fatalf("after act %d, %+v, the tables (-) and the derived row (+) differ:\n%s", i, a, diff)
				}
			}
		})
	})
}

// The test above means nothing where the derived row is never taken.
func TestTheDerivedRowIsTaken(t *testing.T) {
	p := &person{TB: t, at: evening}
	var counts map[string]int
	p.Store, counts = counted(t, storetest.SQLite(t), p.now)
	p.account, p.device, p.secrets = p.join("Europe/Berlin")
	p.rolls("session-1", 30*time.Hour)
	p.reports("report-01", 0, red())
	p.pass(24 * time.Hour)
	p.advance() // moves reminders, so that the row has to catch up
	p.handOver()
	clear(counts)
	p.reports("report-02", 0, red())
	if counts["SELECT"] > 5 { // one counts the reports of the day
		t.Errorf("%d reads: the row was not taken after the jobs had moved reminders", counts["SELECT"])
	}
	clear(counts)
	p.reports("report-03", 400*24*time.Hour, red())
	if counts["SELECT"] < 8 {
		t.Errorf("%d reads: a report from before the window was judged by the row alone", counts["SELECT"])
	}
}

// A row of another version of the program, or a damaged one, is read as none.
func TestAnotherDerivedRowIsNone(t *testing.T) {
	for name, spoil := range map[string]func(body []byte) []byte{
		"other version": func(b []byte) []byte { b[0]++; return b },
		"cut off":       func(b []byte) []byte { return b[:len(b)/2] },
		"empty":         func([]byte) []byte { return []byte{} },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t, storetest.SQLite(t))
			p.reports("report-01", time.Hour, pus())
			body, err := db.Row[[]byte](p.read(t.Context()), "SELECT body FROM digests WHERE account_id = $1", p.account)
			p.check(err)
			p.check(p.writeAny(t.Context(), func(tx *Tx) error {
				return tx.q.Exec("UPDATE digests SET body = $1 WHERE account_id = $2", spoil(body), p.account)
			}))
			p.reports("report-02", 0, care.Answers{Erythema: of(0), Swelling: of(0), Warmth: of(0), Pain: of(0)})
			if n := len(p.warnings()); n != 1 {
				t.Errorf("%d warnings, want the one of before", n)
			}
		})
	}
}

// An account that reports more than the row holds is judged from the tables.
func TestALargeHistoryHasNoDerivedRow(t *testing.T) {
	p := newPerson(t, storetest.SQLite(t))
	rows := func() int {
		return count(p, "SELECT COUNT(*) FROM digests WHERE account_id = $1 AND length(body) > 0", p.account)
	}
	if rows() != 1 {
		t.Fatal("a small history has none")
	}
	defer func(most int) { digestMax = most }(digestMax)
	digestMax = 8 << 10
	p.check(p.write(t.Context(), p.account, func(tx *Tx) error {
		for i := range 300 {
			r := Report{Base: Base{ID: fmt.Sprintf("report-%04d", i)}, ObservedAt: T(tx.Now.Add(-time.Duration(i) * 20 * time.Minute)), Answers: red()}
			r.EffectiveAt = r.ObservedAt
			if err := tx.save(&r); err != nil {
				return err
			}
		}
		return tx.judgeAgain(tx.Now.Add(-100 * time.Hour))
	}))
	if rows() != 0 {
		t.Error("a row past its bound was kept")
	}
}

// The needle length that a session takes from its roller is in the answer: what was
// judged from the derived row is used again by the next judgement.
func TestASessionIsAnsweredWithTheNeedleOfItsRoller(t *testing.T) {
	p := newPerson(t, storetest.SQLite(t))
	_, _, err := Put(t.Context(), p.Store, p.account, "roller-01", Roller{NeedleMM: new(0.75)}, Write{})
	p.check(err)
	for i := range 3 { // the first is judged from the tables
		s := p.rolls(fmt.Sprint("session-", i), time.Duration(9-i)*24*time.Hour, func(s *Session) { s.NeedleMM, s.RollerID = nil, "roller-01" })
		p.reports(fmt.Sprint("report-", i), time.Hour, red())
		if deref(s.NeedleMMUsed) != 0.75 {
			t.Errorf("session %d was answered with a needle of %v mm", i, deref(s.NeedleMMUsed))
		}
	}
}

// A session that is deleted, or moved, leaves the one before it as the last, however
// long ago that was.
func TestADeletedSessionLeavesTheOneBefore(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.rolls("session-1", 700*24*time.Hour)
		p.rolls("session-2", 10*24*time.Hour)
		p.forgets()
		p.reports("report-01", 0, red())
		p.check(Delete[Session](t.Context(), p.Store, p.account, "session-2", Write{}))
		kept, _, err := p.Rest(t.Context(), p.account)
		p.check(err)
		p.forgets()
		read, _, err := p.Rest(t.Context(), p.account)
		p.check(err)
		if diff := cmp.Diff(read, kept); diff != "" || kept.SessionID != "session-1" {
			t.Errorf("the rest after %q, of the tables (-) and the derived row (+) differ:\n%s", kept.SessionID, diff)
		}
	})
}
