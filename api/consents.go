package api

import (
	"context"

	"aftercare/models"
)

// Consent is what a person agreed to.
type Consent struct {
	Purpose     Purpose     `json:"purpose"`
	Version     string      `json:"version" doc:"Version of the text that was shown" example:"1"`
	GrantedAt   models.Time `json:"granted_at"`
	WithdrawnAt models.Time `json:"withdrawn_at" nullable:"true"`
}

func showConsent(c *models.Consent) Consent {
	return Consent{Purpose(c.Purpose), c.Version, c.GrantedAt, c.WithdrawnAt}
}

func (s *server) listConsents(ctx context.Context, _ *struct{}) (*listOutput[Consent], error) {
	consents, err := s.Store.Consents(ctx, callerOf(ctx).AccountID)
	return answerPage(ctx, models.Page[models.Consent]{Items: consents}, showConsent), err
}

// PurposeParam names what is consented to.
type PurposeParam struct {
	Purpose Purpose `path:"purpose" example:"push"`
}

// Grant is an agreement to a text.
type Grant struct {
	Version string `json:"version" minLength:"1" maxLength:"20" doc:"Version of the text that was shown" example:"1"`
}

type grantInput struct {
	PurposeParam
	Body Grant
}

type consentOutput struct{ Body Consent }

// knownWording refuses a consent to a text that was never shown.
func knownWording(purpose, where, version string) error {
	if version != models.ConsentVersions[purpose] {
		return models.Invalid(where, "is not the version in force: see consent_versions of GET /v1/meta")
	}
	return nil
}

func (s *server) grantConsent(ctx context.Context, in *grantInput) (*consentOutput, error) {
	if err := knownWording(string(in.Purpose), "body.version", in.Body.Version); err != nil {
		return nil, err
	}
	consent, err := s.Store.GrantConsent(ctx, callerOf(ctx), string(in.Purpose), in.Body.Version)
	return &consentOutput{showConsent(&consent)}, err
}

func (s *server) withdrawConsent(ctx context.Context, in *PurposeParam) (*struct{}, error) {
	return nil, s.Store.WithdrawConsent(ctx, callerOf(ctx), string(in.Purpose))
}

// AuditEvent is one act on the account that its person may want to know of.
type AuditEvent struct {
	ID       string      `json:"id"`
	At       models.Time `json:"at"`
	Event    string      `json:"event" doc:"Such as sign_in, export or consent_withdrawn.push" example:"sign_in"`
	DeviceID *string     `json:"device_id" doc:"The device that did it"`
}

func (s *server) listAudit(ctx context.Context, in *Paging) (*listOutput[AuditEvent], error) {
	page, err := s.Store.Audit(ctx, callerOf(ctx).AccountID, models.Query{Limit: in.Limit, Cursor: in.Cursor})
	return answerPage(ctx, page, func(e *models.AuditEvent) AuditEvent {
		return AuditEvent{e.ID, e.At, e.Event, some(e.DeviceID)}
	}), err
}
