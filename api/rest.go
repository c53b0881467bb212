package api

import (
	"context"
	"math"

	"aftercare/models"
	"aftercare/models/care"
)

type restAnswer struct {
	State             string      `json:"state" enum:"blocked,resting,early,ready" doc:"blocked: something forbids it; resting: before the floor; early: before the full rest; ready"`
	SinceLastSessionH *float64    `json:"since_last_session_h" doc:"Hours since the latest session; null: none yet"`
	FloorUntil        models.Time `json:"floor_until" nullable:"true" doc:"The scalp cannot be rolled before"`
	Until             models.Time `json:"until" nullable:"true" doc:"The end of the full rest"`
	DaysLeft          *int        `json:"days_left" doc:"Days until then, rounded up"`
	BlockedBy         []block     `json:"blocked_by" doc:"All that applies, in every state"`
	NextReminderAt    models.Time `json:"next_reminder_at" nullable:"true"`
}

type block struct {
	Rule    string      `json:"rule" example:"RS-05"`
	Code    string      `json:"code"`
	Message string      `json:"message"`
	Until   models.Time `json:"until,omitzero" doc:"If a time is known"`
}

type restOutput struct{ Body restAnswer }

// rest answers "may I roll?" at this moment.
func (s *server) rest(ctx context.Context, _ *struct{}) (*restOutput, error) {
	rest, next, err := s.Store.Rest(ctx, callerOf(ctx).AccountID)
	if err != nil {
		return nil, err
	}
	w := wordsOf(ctx)
	out := restAnswer{State: string(rest.State), BlockedBy: []block{}, NextReminderAt: next}
	for _, b := range rest.Blocks {
		out.BlockedBy = append(out.BlockedBy, block{b.Rule, b.Code, w.Message(b.Code), models.T(b.Until)})
	}
	s.count(rest, &out)
	return &restOutput{out}, nil
}

// count fills in what hangs on a session.
func (s *server) count(rest care.Rest, out *restAnswer) {
	if rest.LastSession.IsZero() {
		return
	}
	now := s.Store.Now()
	hours := math.Round(now.Sub(rest.LastSession).Hours()*10) / 10
	days := max(0, int(math.Ceil(rest.Until.Sub(now).Hours()/24)))
	out.SinceLastSessionH, out.DaysLeft = &hours, &days
	out.FloorUntil, out.Until = models.T(rest.FloorUntil), models.T(rest.Until)
}

type planOutput struct {
	Body struct {
		SessionID *string           `json:"session_id" doc:"The session whose cycle it is; null: none yet"`
		Items     []models.PlanItem `json:"items"`
	}
}

// plan is the timeline of the cycle.
func (s *server) plan(ctx context.Context, _ *struct{}) (*planOutput, error) {
	session, items, err := s.Store.Plan(ctx, callerOf(ctx).AccountID)
	if err != nil {
		return nil, err
	}
	w := wordsOf(ctx)
	for i := range items {
		items[i].Title, items[i].Message = w.Title(items[i].Code), w.Message(items[i].Code)
	}
	out := &planOutput{}
	out.Body.Items = items
	if session != "" {
		out.Body.SessionID = &session
	}
	return out, nil
}
