package api

import (
	"context"

	"aftercare/models"
	"aftercare/models/care"
	"aftercare/models/texts"
)

// Warning is the advice to see a doctor. It is complete in the app whether or
// not any push arrives.
type Warning struct {
	Row
	EpisodeID      string              `json:"episode_id"`
	Tier           care.Tier           `json:"tier"`
	Code           string              `json:"code" doc:"Stable key of the texts" example:"doctor_soon.DS-01.b"`
	Rule           string              `json:"rule" doc:"The rule that raised it; after an edit, the first of its rules that still holds" example:"DS-01"`
	Rules          []string            `json:"rules" doc:"Every rule of its tier that was told of, oldest first, also those that an edit has ended since"`
	KBVersion      string              `json:"kb_version" example:"0.1.0"`
	RaisedAt       models.Time         `json:"raised_at"`
	Title          string              `json:"title"`
	Message        string              `json:"message"`
	GetHelpIf      []string            `json:"get_help_if" doc:"Signs that should not wait; empty where the message already says to go now"`
	Emergency      *string             `json:"emergency_number" doc:"The number to call in an emergency, of the account's region; null where none is known" example:"112"`
	Advice         *string             `json:"advice_number" doc:"Medical advice that is no emergency, of the account's region; null where no line covers all of it" example:"116117"`
	ReportIDs      []string            `json:"report_ids" doc:"The reports that caused it"`
	State          models.WarningState `json:"state"`
	Reason         *models.Reason      `json:"reason" doc:"Why it was superseded"`
	AcknowledgedAt models.Time         `json:"acknowledged_at" nullable:"true"`
	Action         *models.Action      `json:"action" doc:"The person's answer; null: none yet"`
	ResolvedAt     models.Time         `json:"resolved_at" nullable:"true"`
	Notifications  []Notification      `json:"notifications"`
}

// Notification is one push of a warning to one device.
type Notification struct {
	At       models.Time          `json:"at"`
	DeviceID string               `json:"device_id"`
	State    models.DeliveryState `json:"state"`
}

func showWarning(w words, row *models.Warning) Warning {
	out := Warning{
		Row: rowOf(row.Base), EpisodeID: row.EpisodeID, Tier: row.Tier, Code: row.Code, Rule: row.Rule, Rules: listed(row.Rules),
		KBVersion: row.KBVersion, RaisedAt: row.RaisedAt, Title: w.Title(row.Code), Message: w.Message(row.Code),
		GetHelpIf: w.helpIf(row.Tier), Emergency: some(texts.EmergencyNumber(w.region)), Advice: some(texts.AdviceNumber(w.region)), ReportIDs: listed(row.ReportIDs), State: row.State, Reason: some(row.Reason),
		AcknowledgedAt: row.AcknowledgedAt, Action: word[models.Action](row.Action), ResolvedAt: row.ResolvedAt,
		Notifications: []Notification{},
	}
	for _, n := range row.Notifications {
		out.Notifications = append(out.Notifications, Notification{n.At, n.DeviceID, n.State})
	}
	return out
}

type listWarningsInput struct {
	ListRows
	State []models.WarningState `query:"state" doc:"Only these states, comma separated" example:"[\"active\"]"`
}

func (s *server) listWarnings(ctx context.Context, in *listWarningsInput) (*listOutput[Warning], error) {
	query, err := in.query()
	if err != nil {
		return nil, err
	}
	query.States = as[string](in.State)
	page, err := s.Store.Warnings(ctx, callerOf(ctx).AccountID, query)
	if err != nil {
		return nil, err
	}
	return answerPage(ctx, page, inWords(ctx, showWarning)), nil
}

type warningOutput struct {
	ETag string `header:"ETag" doc:"The version of the row"`
	Body Warning
}

func answerWarning(ctx context.Context, row models.Warning, err error) (*warningOutput, error) {
	if err != nil {
		return nil, err
	}
	return &warningOutput{ETag: etag(row.Version), Body: showWarning(wordsOf(ctx), &row)}, nil
}

func (s *server) readWarning(ctx context.Context, in *IDParam) (*warningOutput, error) {
	row, err := s.Store.Warning(ctx, callerOf(ctx).AccountID, in.ID)
	return answerWarning(ctx, row, err)
}

// WarningAnswer is a person's answer to a warning.
type WarningAnswer struct {
	Action models.Action `json:"action" doc:"booked and seen also record a clinician visit"`
}

type acknowledgeWarningInput struct {
	IDParam
	Body WarningAnswer
}

func (s *server) unacknowledgeWarning(ctx context.Context, in *IDParam) (*struct{}, error) {
	return nil, s.Store.UnacknowledgeWarning(ctx, callerOf(ctx), in.ID)
}

func (s *server) acknowledgeWarning(ctx context.Context, in *acknowledgeWarningInput) (*warningOutput, error) {
	row, err := s.Store.AcknowledgeWarning(ctx, callerOf(ctx), in.ID, in.Body.Action)
	return answerWarning(ctx, row, err)
}
