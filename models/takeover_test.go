package models

import (
	"slices"
	"testing"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
	"aftercare/models/storetest"
)

// A danger sign that a later one has taken over is judged no more, until what is
// known about the person takes the later one away: nobody has cleared the first.
func TestAnUnclearedDangerHoldsAgainWithoutTheLaterOne(t *testing.T) {
	p := newPerson(t, storetest.SQLite(t))
	risks := func(risks ...Risk) { p.edits(func(in *Account) { in.Risks = append([]Risk{}, risks...) }) }
	risks(Risk{Code: "diabetes"})
	const day = 24 * time.Hour
	p.rolls("session-1", 30*day)
	first := p.reports("report-1", 29*day, care.Answers{Erythema: of(2), Systemic: care.Set{"very_unwell"}}) // no infection, which is a risk itself
	_, err := p.AddClinicianEvent(t.Context(), p.account, first.EpisodeID, ClinicianEvent{At: T(p.now().Add(-28 * day)), Outcome: care.OutcomeSeen}, Write{})
	p.check(err)
	p.reports("report-2", 27*day, Calm())
	p.rolls("session-2", 24*day)
	second := p.reports("report-3", 15*day, red())
	if second.Assessment.Tier != care.SameDay || second.Assessment.Rule != "SD-15" {
		t.Fatalf("judged %+v, want a danger only for the risk", second.Assessment)
	}
	p.reports("report-4", 10*day, Calm())
	settled, err := db.Row[struct{ At Time }](p.read(t.Context()), "SELECT settled_at AS at FROM episodes WHERE account_id = $1 AND id = $2", p.account, first.EpisodeID)
	p.check(err)
	if want := p.now().Add(-15*day - care.TakeOverGap); !settled.At.Equal(want) {
		t.Errorf("the first matters until %v, want %v", settled.At, want)
	}
	p.reports("report-5", 9*day, Calm())
	risks()
	p.reports("report-6", 0, Calm())
	rest, _, err := p.Rest(t.Context(), p.account)
	p.check(err)
	if !slices.ContainsFunc(rest.Blocks, func(b care.Block) bool { return b.Rule == "RS-05" }) {
		t.Errorf("rest %+v, want the hold of the first danger", rest)
	}
}
