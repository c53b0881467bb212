package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
)

type listRemindersInput struct {
	Paging
	Period
	State string `query:"state" enum:"scheduled,held,due,sent,acknowledged,snoozed,expired,cancelled"`
}

func (s *server) listReminders(ctx context.Context, in *listRemindersInput) (*listOutput[models.Reminder], error) {
	query := in.query()
	query.States = oneOf(in.State)
	if err := in.narrow(&query); err != nil {
		return nil, err
	}
	page, err := s.Store.Reminders(ctx, callerOf(ctx).AccountID, query)
	if err != nil {
		return nil, err
	}
	w := wordsOf(ctx)
	for i := range page.Items {
		remind(w, &page.Items[i])
	}
	return answerPage(ctx, page), nil
}

type reminderOutput struct {
	ETag string `header:"ETag" doc:"The version of the row"`
	Body models.Reminder
}

func (s *server) answerReminder(ctx context.Context, row models.Reminder, err error) (*reminderOutput, error) {
	if err != nil {
		return nil, err
	}
	w := wordsOf(ctx)
	remind(w, &row)
	return &reminderOutput{ETag: etag(row.Version), Body: row}, nil
}

func (s *server) readReminder(ctx context.Context, in *IDParam) (*reminderOutput, error) {
	row, err := s.Store.Reminder(ctx, callerOf(ctx).AccountID, in.ID)
	return s.answerReminder(ctx, row, err)
}

type acknowledgeReminderInput struct {
	IDParam
	Body *struct {
		At models.Time `json:"at,omitzero" doc:"When it was; default: now"`
	}
}

func (s *server) acknowledgeReminder(ctx context.Context, in *acknowledgeReminderInput) (*reminderOutput, error) {
	var at models.Time
	if in.Body != nil {
		at = in.Body.At
	}
	row, err := s.Store.AcknowledgeReminder(ctx, callerOf(ctx), in.ID, at)
	return s.answerReminder(ctx, row, err)
}

func (s *server) calmReminder(ctx context.Context, in *acknowledgeReminderInput) (*reminderOutput, error) {
	var at models.Time
	if in.Body != nil {
		at = in.Body.At
	}
	row, err := s.Store.CalmReminder(ctx, callerOf(ctx), in.ID, at)
	return s.answerReminder(ctx, row, err)
}

type snoozeInput struct {
	IDParam
	Body struct {
		Until models.Time `json:"until" doc:"15 minutes to 48 hours ahead"`
	}
}

func (s *server) snoozeReminder(ctx context.Context, in *snoozeInput) (*reminderOutput, error) {
	row, err := s.Store.SnoozeReminder(ctx, callerOf(ctx), in.ID, in.Body.Until)
	return s.answerReminder(ctx, row, err)
}

type receiptsInput struct {
	Body struct {
		Receipts []models.Receipt `json:"receipts" maxItems:"200"`
	}
}

func (s *server) addReceipts(ctx context.Context, in *receiptsInput) (*struct{}, error) {
	c := callerOf(ctx)
	return nil, s.Store.AddReceipts(ctx, c.AccountID, c.DeviceID, in.Body.Receipts)
}

// orActionToken also lets the token through that a push carries, for the one
// reminder that it is about.
func (s *server) orActionToken(op *huma.Operation) {
	op.Middlewares = huma.Middlewares{func(c huma.Context, next func(huma.Context)) {
		ctx := c.Context()
		token, _ := bearer(c.Header("Authorization"))
		caller, reminder, err := s.Store.AuthenticateAction(ctx, token)
		switch {
		case models.IsCode(err, models.CodeCredentialsRefused):
			s.authorise(c, next)
			return
		case err == nil && reminder != c.Param("id"):
			err = models.NotFound()
		case err == nil:
			err = s.limit(ctx, writesPerDevice, caller.AccountID+" "+caller.DeviceID)
		}
		if err != nil {
			writeProblem(c, problemOf(ctx, err))
			return
		}
		next(huma.WithValue(c, callerKey{}, caller))
	}}
}
