package api

import (
	"context"
	"math"

	"aftercare/models"
	"aftercare/models/care"
)

// Rest answers "may I roll?" at one moment.
type Rest struct {
	State             care.RestState `json:"state" doc:"blocked: something forbids it; resting: before the floor; early: before the end of the full rest; ready"`
	SinceLastSessionH *float64       `json:"since_last_session_h" doc:"Hours since the latest session; null: none yet"`
	FloorUntil        models.Time    `json:"floor_until" nullable:"true" doc:"Rolling before this time is never all right"`
	Until             models.Time    `json:"until" nullable:"true" doc:"End of the full rest"`
	DaysLeft          *int           `json:"days_left" doc:"Days until then, rounded up"`
	BlockedBy         []Block        `json:"blocked_by" doc:"Everything that speaks against rolling, in every state"`
	NextReminderAt    models.Time    `json:"next_reminder_at" nullable:"true"`
}

// Block is one reason not to roll.
type Block struct {
	Rule    string      `json:"rule" example:"RS-05"`
	Code    string      `json:"code" doc:"Stable key of the message" example:"rest.RS-05"`
	Message string      `json:"message"`
	Until   models.Time `json:"until" nullable:"true" doc:"When it ends, where that is known"`
}

type restOutput struct{ Body Rest }

func (s *server) rest(ctx context.Context, _ *struct{}) (*restOutput, error) {
	rest, next, err := s.Store.Rest(ctx, callerOf(ctx).AccountID)
	if err != nil {
		return nil, err
	}
	w := wordsOf(ctx)
	out := Rest{State: rest.State, BlockedBy: []Block{}, NextReminderAt: next}
	for _, b := range rest.Blocks {
		out.BlockedBy = append(out.BlockedBy, Block{b.Rule, b.Code, w.Message(b.Code), models.T(b.Until)})
	}
	s.count(rest, &out)
	return &restOutput{out}, nil
}

// count fills in what depends on the latest session.
func (s *server) count(rest care.Rest, out *Rest) {
	if rest.LastSession.IsZero() {
		return
	}
	now := s.Store.Now()
	hours := math.Round(now.Sub(rest.LastSession).Hours()*10) / 10
	days := max(0, int(math.Ceil(rest.Until.Sub(now).Hours()/24)))
	out.SinceLastSessionH, out.DaysLeft = &hours, &days
	out.FloorUntil, out.Until = models.T(rest.FloorUntil), models.T(rest.Until)
}

// Plan is the timeline of the cycle, soonest first.
type Plan struct {
	SessionID *string    `json:"session_id" doc:"The session whose cycle it is; null: none yet"`
	Items     []PlanItem `json:"items"`
}

// PlanItem is one step of the timeline.
type PlanItem struct {
	ID      string           `json:"id" doc:"Id of its reminder"`
	Kind    care.Kind        `json:"kind"`
	Rule    *string          `json:"rule" example:"RM-04"`
	Code    string           `json:"code" doc:"Stable key of the texts"`
	DueAt   models.Time      `json:"due_at"`
	State   models.PlanState `json:"state"`
	Title   string           `json:"title"`
	Message string           `json:"message"`
	HeldBy  *models.Reason   `json:"held_by" doc:"Rule or reason that holds the step"`
}

type planOutput struct{ Body Plan }

func (s *server) plan(ctx context.Context, _ *struct{}) (*planOutput, error) {
	session, items, err := s.Store.Plan(ctx, callerOf(ctx).AccountID)
	if err != nil {
		return nil, err
	}
	w, out := wordsOf(ctx), Plan{SessionID: some(session), Items: []PlanItem{}}
	for _, i := range items {
		out.Items = append(out.Items, PlanItem{
			i.ID, i.Kind, some(i.Rule), i.Code, i.DueAt, i.State, w.Title(i.Code), w.Message(i.Code), some(i.HeldBy),
		})
	}
	return &planOutput{out}, nil
}
