package models

import (
	"context"
	"errors"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// Rest is the answer to "may I roll?", judged at this moment.
func (s *Store) Rest(ctx context.Context, account string) (care.Rest, Time, error) {
	q, now := s.read(ctx), s.Now()
	a, err := openAccount(q, account, "reports", "", "")
	if err != nil {
		return care.Rest{}, Time{}, err
	}
	h, err := a.history(q, time.Time{}, now)
	if err != nil {
		return care.Rest{}, Time{}, err
	}
	verdict := care.Assess(h.facts(), a.person(), now)
	next, err := db.Row[Time](q, "SELECT MIN(due_at) FROM reminders WHERE account_id = $1 AND ended_at IS NULL AND state = $2 AND NOT silent",
		account, StateScheduled)
	return verdict.Rest, next, err
}

// PlanItem is one step of the cycle's timeline.
type PlanItem struct {
	ID      string    `json:"id"`
	Kind    care.Kind `json:"kind"`
	Rule    string    `json:"rule,omitempty"`
	Code    string    `json:"code"`
	DueAt   Time      `json:"due_at"`
	State   PlanState `json:"state" enum:"upcoming,due,done,held,skipped"`
	Title   string    `json:"title"`
	Message string    `json:"message"`
	HeldBy  Reason    `json:"held_by,omitempty"`
}

// planHorizon is how far ahead steps that hang on no session are shown.
const planHorizon = 365 * 24 * time.Hour

// Plan is the timeline of the latest session's cycle, with the steps that hang
// on no session, soonest first. It is the reminders as they stand.
func (s *Store) Plan(ctx context.Context, account string) (sessionID string, items []PlanItem, err error) {
	q := s.read(ctx)
	sessionID, err = db.Row[string](q, `SELECT id FROM sessions WHERE account_id = $1 AND deleted_at IS NULL AND effective_at IS NOT NULL
		ORDER BY effective_at DESC, id DESC LIMIT 1`, account)
	if err != nil && !errors.Is(err, db.ErrNoRow) {
		return "", nil, err
	}
	args := db.Args{account, ReasonNotPlanned, sessionID, T(s.Now().Add(planHorizon))}
	rs, err := db.Rows[Reminder](q, "SELECT * FROM reminders WHERE account_id = $1 AND deleted_at IS NULL AND kind IN "+db.In(&args, planned()...)+
		" AND reason <> $2 AND (session_id = $3 OR ended_at IS NULL) AND due_at < $4 ORDER BY due_at, kind, slot", args...)
	items = make([]PlanItem, 0, len(rs))
	for _, r := range rs {
		items = append(items, PlanItem{
			ID: r.ID, Kind: r.Kind, Rule: r.Rule, Code: r.TextKey, DueAt: r.DueAt, State: r.planState(), HeldBy: r.HeldBy,
		})
	}
	return sessionID, items, err
}

func (r *Reminder) planState() PlanState {
	switch r.State {
	case StateScheduled, StateSnoozed:
		return PlanUpcoming
	case StateHeld:
		return PlanHeld
	case StateDue, StateSent:
		return PlanDue
	case StateAcknowledged:
		return PlanDone
	}
	return PlanSkipped
}
