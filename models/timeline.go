package models

import (
	"context"
	"time"

	"aftercare/models/care"
)

// Rest is the answer to "may I roll?", judged at this moment.
func (s *Store) Rest(ctx context.Context, account string) (care.Rest, Time, error) {
	db := s.read(ctx)
	now := s.Now()
	a, err := findAccount(db, account)
	if err != nil {
		return care.Rest{}, Time{}, err
	}
	h, err := loadHistory(db, a, time.Time{}, now)
	if err != nil {
		return care.Rest{}, Time{}, err
	}
	verdict := care.Assess(h.facts, a.person(), now)
	var next struct{ At Time }
	err = selectRow(db, "SELECT MIN(due_at) FROM reminders WHERE account_id = $1 AND deleted_at IS NULL AND state = $2 AND NOT silent",
		[]any{account, StateScheduled}, &next.At)
	return verdict.Rest, next.At, err
}

// PlanItem is one step of the cycle's timeline.
type PlanItem struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Rule    string `json:"rule,omitempty"`
	Code    string `json:"code"`
	DueAt   Time   `json:"due_at"`
	State   string `json:"state" enum:"upcoming,due,done,held,skipped"`
	Title   string `json:"title"`
	Message string `json:"message"`
	HeldBy  string `json:"held_by,omitempty"`
}

// planHorizon is how far ahead steps that hang on no session are shown.
const planHorizon = 365 * 24 * time.Hour

// Plan is the timeline of the latest session's cycle, with the steps that hang
// on no session, soonest first. It is the reminders as they stand.
func (s *Store) Plan(ctx context.Context, account string) (sessionID string, items []PlanItem, err error) {
	db := s.read(ctx)
	var ids []string
	err = db.Model(&Session{}).Where("account_id = ? AND deleted_at IS NULL AND effective_at IS NOT NULL", account).
		Order("effective_at DESC, id DESC").Limit(1).Pluck("id", &ids).Error
	if err != nil {
		return "", nil, err
	}
	if len(ids) == 1 {
		sessionID = ids[0]
	}
	var rs []Reminder
	err = db.Where("account_id = ? AND deleted_at IS NULL AND kind IN ? AND reason <> ?", account, planned, reasonNotPlanned).
		Where("(session_id = ? OR ended_at IS NULL) AND due_at < ?", sessionID, T(s.Now().Add(planHorizon))).
		Order("due_at, kind, slot").Find(&rs).Error
	items = make([]PlanItem, 0, len(rs))
	for _, r := range rs {
		items = append(items, PlanItem{
			ID: r.ID, Kind: r.Kind, Rule: r.Rule, Code: r.TextKey, DueAt: r.DueAt, State: r.planState(), HeldBy: r.HeldBy,
		})
	}
	return sessionID, items, err
}

func (r *Reminder) planState() string {
	switch r.State {
	case StateScheduled, StateSnoozed:
		return "upcoming"
	case StateHeld:
		return "held"
	case StateDue, StateSent:
		return "due"
	case StateAcknowledged:
		return "done"
	}
	return "skipped"
}
