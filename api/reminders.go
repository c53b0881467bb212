package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
	"aftercare/models/care"
)

// Reminder is one thing that the person is reminded of once, with what became
// of it on each device.
type Reminder struct {
	Row
	Kind           care.Kind            `json:"kind"`
	Rule           *string              `json:"rule" doc:"Rule of the knowledge base" example:"RM-04"`
	Code           string               `json:"code" doc:"Stable key of the texts" example:"check_in.day_1"`
	SessionID      *string              `json:"session_id" doc:"The session whose cycle it belongs to"`
	DueAt          models.Time          `json:"due_at"`
	ExpiresAt      models.Time          `json:"expires_at"`
	State          models.ReminderState `json:"state"`
	HeldBy         *models.Reason       `json:"held_by" doc:"Rule or reason that keeps it from being sent"`
	Reason         *models.Reason       `json:"reason" doc:"Why it ended"`
	SnoozedUntil   models.Time          `json:"snoozed_until" nullable:"true"`
	AcknowledgedAt models.Time          `json:"acknowledged_at" nullable:"true"`
	Title          string               `json:"title"`
	Message        string               `json:"message"`
	OneTap         bool                 `json:"one_tap" doc:"Whether it offers *nothing left*: POST /v1/reminders/{id}/calm"`
	Deliveries     []Delivery           `json:"deliveries" doc:"The latest notification of each device"`
}

// Delivery is the notification of one device.
type Delivery struct {
	DeviceID       string               `json:"device_id"`
	NotificationID string               `json:"notification_id" doc:"The same for every retry; new for a repeat or a snooze"`
	Transport      Transport            `json:"transport"`
	State          models.DeliveryState `json:"state"`
	Reason         *models.Reason       `json:"reason" doc:"Why it waits, or why it ended"`
	Attempts       int                  `json:"attempts"`
	LastError      *string              `json:"last_error" doc:"What the push service said last"`
	AcceptedAt     models.Time          `json:"accepted_at" nullable:"true" doc:"When the push service took it"`
	DeliveredAt    models.Time          `json:"delivered_at" nullable:"true" doc:"When the phone showed it"`
	OpenedAt       models.Time          `json:"opened_at" nullable:"true"`
}

func showReminder(w words, r *models.Reminder) Reminder {
	out := Reminder{
		Row: rowOf(r.Base), Kind: r.Kind, Rule: some(r.Rule), Code: r.TextKey, SessionID: some(r.SessionID), DueAt: r.DueAt,
		ExpiresAt: r.ExpiresAt, State: r.State, HeldBy: some(r.HeldBy), Reason: some(r.Reason), SnoozedUntil: r.SnoozedUntil,
		AcknowledgedAt: r.AcknowledgedAt, Title: w.Title(r.TextKey), Message: w.Message(r.TextKey), OneTap: r.OneTap, Deliveries: []Delivery{},
	}
	for _, d := range r.Deliveries {
		out.Deliveries = append(out.Deliveries, Delivery{
			d.DeviceID, d.NotificationID, Transport(d.Transport), d.State, some(d.Reason), d.Attempts, some(d.LastError),
			d.AcceptedAt, d.DeliveredAt, d.OpenedAt,
		})
	}
	return out
}

type listRemindersInput struct {
	ListRows
	State []models.ReminderState `query:"state" doc:"Only these states, comma separated" example:"[\"due\",\"sent\"]"`
}

func (s *server) listReminders(ctx context.Context, in *listRemindersInput) (*listOutput[Reminder], error) {
	query, err := in.query()
	if err != nil {
		return nil, err
	}
	query.States = as[string](in.State)
	page, err := s.Store.Reminders(ctx, callerOf(ctx).AccountID, query)
	if err != nil {
		return nil, err
	}
	return answerPage(ctx, page, inWords(ctx, showReminder)), nil
}

type reminderOutput struct {
	ETag string `header:"ETag" doc:"The version of the row"`
	Body Reminder
}

func answerReminder(ctx context.Context, row models.Reminder, err error) (*reminderOutput, error) {
	if err != nil {
		return nil, err
	}
	return &reminderOutput{ETag: etag(row.Version), Body: showReminder(wordsOf(ctx), &row)}, nil
}

func (s *server) readReminder(ctx context.Context, in *IDParam) (*reminderOutput, error) {
	row, err := s.Store.Reminder(ctx, callerOf(ctx).AccountID, in.ID)
	return answerReminder(ctx, row, err)
}

// Acknowledgement is when a person acknowledged a reminder.
type Acknowledgement struct {
	At models.Time `json:"at,omitzero" doc:"When the person tapped it; default: now"`
}

type acknowledgeReminderInput struct {
	IDParam
	Body *Acknowledgement
}

func (s *server) acknowledgeReminder(ctx context.Context, in *acknowledgeReminderInput) (*reminderOutput, error) {
	row, err := s.Store.AcknowledgeReminder(ctx, callerOf(ctx), in.ID, deref(in.Body).At)
	return answerReminder(ctx, row, err)
}

// Snooze is how long to postpone a reminder.
type Snooze struct {
	Until models.Time `json:"until" doc:"15 minutes to 48 hours ahead; a time in the quiet hours means their end"`
}

func (s *server) calmReminder(ctx context.Context, in *acknowledgeReminderInput) (*reminderOutput, error) {
	row, err := s.Store.CalmReminder(ctx, callerOf(ctx), in.ID, deref(in.Body).At)
	return answerReminder(ctx, row, err)
}

type snoozeInput struct {
	IDParam
	Body Snooze
}

func (s *server) snoozeReminder(ctx context.Context, in *snoozeInput) (*reminderOutput, error) {
	row, err := s.Store.SnoozeReminder(ctx, callerOf(ctx), in.ID, in.Body.Until)
	return answerReminder(ctx, row, err)
}

func (s *server) unacknowledgeReminder(ctx context.Context, in *IDParam) (*struct{}, error) {
	return nil, s.Store.UnacknowledgeReminder(ctx, callerOf(ctx), in.ID)
}

func (s *server) unsnoozeReminder(ctx context.Context, in *IDParam) (*struct{}, error) {
	return nil, s.Store.UnsnoozeReminder(ctx, callerOf(ctx), in.ID)
}

// Receipts are what a phone showed and opened.
type Receipts struct {
	Receipts []Receipt `json:"receipts" maxItems:"200"`
}

// Receipt is one notification that was shown or opened.
type Receipt struct {
	ReminderID string      `json:"reminder_id" maxLength:"64"`
	Event      ReceiptKind `json:"event"`
	At         models.Time `json:"at"`
}

type receiptsInput struct{ Body Receipts }

func (s *server) addReceipts(ctx context.Context, in *receiptsInput) (*struct{}, error) {
	c, list := callerOf(ctx), make([]models.Receipt, 0, len(in.Body.Receipts))
	only, _ := ctx.Value(onlyKey{}).(string)
	for _, r := range in.Body.Receipts {
		if only != "" && r.ReminderID != only {
			return nil, models.NotFound()
		}
		list = append(list, models.Receipt{ReminderID: r.ReminderID, Event: string(r.Event), At: r.At})
	}
	return nil, s.Store.AddReceipts(ctx, c.AccountID, c.DeviceID, list)
}

// orActionToken also accepts the token in a push, for the one reminder that it
// belongs to: that of the path; where the path names none, the handler checks
// it.
func (s *server) orActionToken(op *huma.Operation) {
	op.Errors = append(op.Errors, http.StatusNotFound) // for the token of another reminder, whatever the method
	op.Middlewares = huma.Middlewares{func(c huma.Context, next func(huma.Context)) {
		ctx := c.Context()
		token, _ := bearer(c.Header("Authorization"))
		caller, reminder, err := s.Store.AuthenticateAction(ctx, token)
		switch {
		case models.IsCode(err, models.CodeCredentialsRefused):
			s.authorise(c, next)
			return
		case err == nil && strings.Contains(op.Path, "{id}") && reminder != c.Param("id"):
			err = models.NotFound()
		case err == nil:
			err = s.limit(ctx, writesPerAccount, caller.AccountID)
		}
		if err != nil {
			writeProblem(c, problemOf(ctx, err))
			return
		}
		next(huma.WithValue(huma.WithValue(c, callerKey{}, caller), onlyKey{}, reminder))
	}}
}

// onlyKey is for the one reminder that an action token speaks for.
type onlyKey struct{}
