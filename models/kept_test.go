package models

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"aftercare/models/care"
)

// The periods of "Kept how long" (docs/operations.md), written out: an hour
// before its end a row is there, an hour after it is gone.
func TestKeptHowLong(t *testing.T) {
	const day = 24 * time.Hour
	each(t, func(t *testing.T, p *person) {
		mm := 0.5
		_, _, err := Put(context.Background(), p.Store, p.account, "roller-01", Roller{NeedleMM: &mm}, Write{})
		p.check(err)
		p.rolls("session-1", 30*time.Hour)
		p.reports("report-01", 0, pus())
		change := 1
		_, _, err = Put(context.Background(), p.Store, p.account, "progress-1", Progress{On: "2020-01-01", Change: &change}, Write{})
		p.check(err)
		p.visits("visit-001", 0, care.OutcomeBooked, func(e *ClinicianEvent) { e.EpisodeID = p.warnings()[0].EpisodeID })
		p.reach(p.account, p.device.ID)
		_, err = p.TestPush(context.Background(), p.account, p.device.ID)
		p.check(err)
		run := func(statement string, args ...any) {
			p.check(p.writeAny(context.Background(), func(tx *Tx) error {
				return tx.q.Exec(statement, args...)
			}))
		}
		p.live(time.Hour, time.Minute)
		_, _, err = p.NewPairingCode(context.Background(), p.caller())
		p.check(err)
		_, err = p.NewTicket(context.Background(), p.caller())
		p.check(err)
		_, _, err = p.NewDoctorReport(context.Background(), p.caller(), DoctorReport{FromAt: T(p.now().Add(-time.Hour)), ToAt: T(p.now()), Include: []string{"reports"}, Language: "en"})
		p.check(err)
		run("UPDATE deliveries SET next_at = NULL")
		tried := map[string]bool{}
		for _, c := range []struct {
			table, column string
			kept          time.Duration
		}{
			{"pairing_codes", "expires_at", 0}, // ten minutes after it was made
			{"deliveries", "created_at", 90 * day},
			{"rollers", "deleted_at", 180 * day}, {"sessions", "deleted_at", 180 * day}, {"reports", "deleted_at", 180 * day}, {"progress", "deleted_at", 180 * day}, {"clinician_events", "deleted_at", 180 * day},
			{"doctor_reports", "expires_at", 0}, {"tickets", "expires_at", 0},
			{"reminders", "ended_at", 365 * day}, {"reminders", "deleted_at", 180 * day},
			{"audit", "at", 2 * 365 * day},
		} {
			tried[c.table+" "+c.column] = true
			for _, still := range []bool{true, false} {
				age := c.kept + time.Hour
				if still {
					age = c.kept - time.Hour
				}
				run(fmt.Sprintf("UPDATE %s SET %s = $1", c.table, c.column), T(p.now().Add(-age)))
				there := "SELECT COUNT(*) FROM " + c.table
				if c.column == "ended_at" { // what is left is a tombstone
					there += " WHERE deleted_at IS NULL"
				}
				before := count(p, there)
				p.check(p.Purge(context.Background()))
				after := count(p, there)
				if before == 0 || still && after != before || !still && after != 0 {
					t.Errorf("%s %s old: %d rows, %d after the purge", c.table, age, before, after)
				}
			}
		}
		for _, row := range purges {
			if column, _, _ := strings.Cut(row.where, " "); !tried[row.table+" "+column] {
				t.Errorf("how long are %s kept, by %s?", row.table, column)
			}
		}
		stale := func(age time.Duration) PushState {
			run("UPDATE devices SET push_state = $1, push_registered_at = $2, last_seen_at = $2", PushActive, T(p.now().Add(-age)))
			p.check(p.Purge(context.Background()))
			d, err := p.Device(context.Background(), p.account, p.device.ID)
			p.check(err)
			return d.Push.State
		}
		if state := stale(60*day - time.Hour); state != PushActive {
			t.Errorf("a phone that was silent for less than 60 days: %s", state)
		}
		if state := stale(60*day + time.Hour); state != PushStale {
			t.Errorf("a phone that was silent for 60 days: %s", state)
		}
	})
}

// An anonymous account that never held anything goes 30 days after its phone was
// last heard of; one entry of any kind keeps it.
func TestEmptyAccountsAreKeptThirtyDays(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		p.check(p.writeAny(context.Background(), func(tx *Tx) error {
			return tx.q.Exec("UPDATE accounts SET created_at = 0")
		}))
		p.uploads(Pushed{Collection: "clinician_events", ID: "visit-001", Row: &ClinicianEvent{At: T(p.now()), Outcome: care.OutcomeBooked, EpisodeID: "not-here-yet"}})
		visited := p.account
		empty, _, _ := p.join("Europe/Berlin")
		there := func(account string) bool {
			return count(p, "SELECT COUNT(*) FROM accounts WHERE id = $1", account) == 1
		}
		for _, c := range []struct {
			passed time.Duration
			there  bool
		}{{30*24*time.Hour - time.Hour, true}, {2 * time.Hour, false}} {
			p.pass(c.passed)
			p.check(p.Purge(context.Background()))
			if there(empty) != c.there {
				t.Errorf("after %s the empty account is there: %v", c.passed, !c.there)
			}
		}
		if !there(visited) {
			t.Error("an account with nothing but a visit was deleted")
		}
	})
}

// A step-up of a time to come, made before the clock was set back, is none.
func TestAStepUpOfATimeToComeIsNone(t *testing.T) {
	for ahead, counts := range map[time.Duration]bool{-stepUpLife: false, -time.Minute: true, time.Second: true, time.Hour: false} {
		if err := stepUp(Caller{ConfirmedAt: evening.Add(ahead)}, evening); (err == nil) != counts {
			t.Errorf("confirmed %s from now: %v", ahead, err)
		}
	}
}
