package api

import (
	"context"

	"aftercare/models"
)

type listEpisodesInput struct {
	Paging
	Period
	State string `query:"state" enum:"open,closed,void"`
}

func (s *server) listEpisodes(ctx context.Context, in *listEpisodesInput) (*listOutput[models.Episode], error) {
	query := in.query()
	query.States = oneOf(in.State)
	if err := in.narrow(&query); err != nil {
		return nil, err
	}
	page, err := models.List[models.Episode](ctx, s.Store, callerOf(ctx).AccountID, query)
	return answerPage(ctx, page), err
}

type episodeOutput struct {
	ETag string `header:"ETag" doc:"The version of the row"`
	Body models.Episode
}

func answerEpisode(e models.Episode, err error) (*episodeOutput, error) {
	return &episodeOutput{ETag: etag(e.Version), Body: e}, err
}

func (s *server) readEpisode(ctx context.Context, in *IDParam) (*episodeOutput, error) {
	return answerEpisode(models.Get[models.Episode](ctx, s.Store, callerOf(ctx).AccountID, in.ID))
}

type clinicianInput struct {
	IDParam
	Conditions
	Body struct {
		At          models.Time `json:"at,omitzero" doc:"Default: now; not a time to come"`
		Outcome     string      `json:"outcome" enum:"booked,seen,cleared" doc:"Only cleared lifts the block on rolling"`
		NoInfection bool        `json:"no_infection,omitempty" required:"false" doc:"The clinician found no infection: the episode counts as none (RK-24)"`
		Note        string      `json:"note,omitempty" maxLength:"4000"`
	}
}

func (s *server) addClinicianEvent(ctx context.Context, in *clinicianInput) (*episodeOutput, error) {
	w, err := in.write()
	if err != nil {
		return nil, err
	}
	event := models.ClinicianEvent{At: in.Body.At, Outcome: in.Body.Outcome, NoInfection: in.Body.NoInfection, Note: in.Body.Note}
	return answerEpisode(s.Store.AddClinicianEvent(ctx, callerOf(ctx).AccountID, in.ID, event, w))
}

type listWarningsInput struct {
	Paging
	Period
	State string `query:"state" enum:"active,acknowledged,resolved,superseded"`
}

func (s *server) listWarnings(ctx context.Context, in *listWarningsInput) (*listOutput[models.Warning], error) {
	query := in.query()
	query.States = oneOf(in.State)
	if err := in.narrow(&query); err != nil {
		return nil, err
	}
	page, err := s.Store.Warnings(ctx, callerOf(ctx).AccountID, query)
	if err != nil {
		return nil, err
	}
	w := wordsOf(ctx)
	for i := range page.Items {
		warn(w, &page.Items[i])
	}
	return answerPage(ctx, page), nil
}

type warningOutput struct {
	ETag string `header:"ETag" doc:"The version of the row"`
	Body models.Warning
}

func (s *server) answerWarning(ctx context.Context, row models.Warning, err error) (*warningOutput, error) {
	if err != nil {
		return nil, err
	}
	w := wordsOf(ctx)
	warn(w, &row)
	return &warningOutput{ETag: etag(row.Version), Body: row}, nil
}

func (s *server) readWarning(ctx context.Context, in *IDParam) (*warningOutput, error) {
	row, err := s.Store.Warning(ctx, callerOf(ctx).AccountID, in.ID)
	return s.answerWarning(ctx, row, err)
}

type acknowledgeWarningInput struct {
	IDParam
	Body struct {
		Action models.Action `json:"action" enum:"will_book,booked,seen,watching" doc:"booked and seen are clinician events as well"`
	}
}

func (s *server) acknowledgeWarning(ctx context.Context, in *acknowledgeWarningInput) (*warningOutput, error) {
	row, err := s.Store.AcknowledgeWarning(ctx, callerOf(ctx), in.ID, in.Body.Action)
	return s.answerWarning(ctx, row, err)
}
