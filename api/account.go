package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"aftercare/models"
)

type accountOutput struct {
	ETag string `header:"ETag" doc:"The version of the account"`
	Body models.Account
}

func answerAccount(a models.Account, err error) (*accountOutput, error) {
	return &accountOutput{ETag: etag(a.Version), Body: a}, err
}

func (s *server) readAccount(ctx context.Context, _ *struct{}) (*accountOutput, error) {
	return answerAccount(s.Store.Account(ctx, callerOf(ctx).AccountID))
}

type patchAccountInput struct {
	conditions
	patchInput
}

func (s *server) patchAccount(ctx context.Context, in *patchAccountInput) (*accountOutput, error) {
	caller := callerOf(ctx)
	return patch(s, in.RawBody, in.conditions,
		func() (models.Account, int64, error) {
			a, err := s.Store.Account(ctx, caller.AccountID)
			return a, a.Version, err
		},
		func(next models.Account, w models.Write) (*accountOutput, error) {
			var err error
			if next.Locale, next.Region, err = place(next.Locale, next.Region); err != nil {
				return nil, err
			}
			return answerAccount(s.Store.UpdateAccount(ctx, caller, next, w))
		})
}

func (s *server) eraseAccount(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.Store.EraseAccount(ctx, callerOf(ctx))
}

type signOutOthers struct {
	SignOutOthers bool `json:"sign_out_others,omitempty" doc:"Ends the tokens of all other devices"`
}

type recoveryCodeOutput struct {
	Body struct {
		RecoveryCode string `json:"recovery_code" doc:"Shown once"`
	}
}

func (s *server) newRecoveryCode(ctx context.Context, in *struct{ Body *signOutOthers }) (*recoveryCodeOutput, error) {
	out, err := &recoveryCodeOutput{}, error(nil)
	out.Body.RecoveryCode, err = s.Store.NewRecoveryCode(ctx, callerOf(ctx), in.Body != nil && in.Body.SignOutOthers)
	return out, err
}

type newPassword struct {
	Password string `json:"password" minLength:"8" maxLength:"256"`
	signOutOthers
}

func (s *server) setPassword(ctx context.Context, in *struct{ Body newPassword }) (*struct{}, error) {
	return nil, s.Store.SetPassword(ctx, callerOf(ctx), in.Body.Password, in.Body.SignOutOthers)
}

func (s *server) listConsents(ctx context.Context, _ *struct{}) (*listOutput[models.Consent], error) {
	consents, err := s.Store.Consents(ctx, callerOf(ctx).AccountID)
	return answerPage(ctx, models.Page[models.Consent]{Items: consents}), err
}

type purposeInput struct {
	Purpose string `path:"purpose" enum:"health_data,push" example:"health_data"`
}

type grantInput struct {
	purposeInput
	Body struct {
		Version string `json:"version" minLength:"1" maxLength:"20" doc:"Of the text that was shown" example:"1"`
	}
}

type consentOutput struct{ Body models.Consent }

func (s *server) grantConsent(ctx context.Context, in *grantInput) (*consentOutput, error) {
	consent, err := s.Store.GrantConsent(ctx, callerOf(ctx).AccountID, in.Purpose, in.Body.Version)
	return &consentOutput{consent}, err
}

func (s *server) withdrawConsent(ctx context.Context, in *purposeInput) (*struct{}, error) {
	return nil, s.Store.WithdrawConsent(ctx, callerOf(ctx).AccountID, in.Purpose)
}

func (s *server) listAudit(ctx context.Context, in *listInput) (*listOutput[models.AuditEvent], error) {
	page, err := s.Store.Audit(ctx, callerOf(ctx).AccountID, in.query())
	return answerPage(ctx, page), err
}

// exportTime is how long an export may take to be read.
const exportTime = 10 * time.Minute

// export streams everything the account holds. Once the stream runs, an error
// can only break it off: the reader then gets no end.
func (s *server) export(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	caller := callerOf(ctx)
	if err := s.Store.NeedStepUp(caller); err != nil {
		return nil, err
	}
	r := requestOf(ctx)
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "application/json")
		c.SetHeader("Content-Disposition", `attachment; filename="aftercare.json"`)
		read, write := io.Pipe()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exportTime)
		go func() {
			defer cancel()
			err := s.Store.Export(ctx, caller, write)
			if err != nil {
				s.Log.ErrorContext(ctx, "an export broke off", "error", err, "request_id", r.id)
			}
			_ = write.CloseWithError(err) // always nil
		}()
		humafiber.UnwrapV2(c).Context().SetBodyStream(read, -1)
	}}, nil
}

// holdsJSON documents an answer that no type describes.
func holdsJSON(op *huma.Operation) {
	op.Responses = map[string]*huma.Response{"200": {
		Description: http.StatusText(http.StatusOK),
		Content:     map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}}},
	}}
}
