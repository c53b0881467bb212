package api

import (
	"context"

	"aftercare/models"
	"aftercare/models/care"
)

// Episode is one run of symptoms, from its first report until the scalp is
// calm again.
type Episode struct {
	Row
	AnchorSessionID *string           `json:"anchor_session_id" doc:"The session before it; null: none within 60 days"`
	State           care.EpisodeState `json:"state" doc:"void: an edit left it without reports"`
	OnsetAt         models.Time       `json:"onset_at"`
	LastReportAt    models.Time       `json:"last_report_at"`
	ClosedAt        models.Time       `json:"closed_at" nullable:"true"`
	Tier            care.Tier         `json:"tier" doc:"Of the latest judgement"`
	PeakTier        care.Tier         `json:"peak_tier" doc:"The gravest so far"`
	ReportIDs       []string          `json:"report_ids"`
	WarningIDs      []string          `json:"warning_ids"`
}

func showEpisode(e *models.Episode) Episode {
	return Episode{
		Row: rowOf(e.Base), AnchorSessionID: some(e.AnchorSessionID), State: e.State, OnsetAt: e.OnsetAt,
		LastReportAt: e.LastReportAt, ClosedAt: e.ClosedAt, Tier: e.Tier, PeakTier: e.PeakTier,
		ReportIDs: listed(e.ReportIDs), WarningIDs: listed(e.WarningIDs),
	}
}

type listEpisodesInput struct {
	ListRows
	State []care.EpisodeState `query:"state" doc:"Only these states, comma separated" example:"[\"open\"]"`
}

func (s *server) listEpisodes(ctx context.Context, in *listEpisodesInput) (*listOutput[Episode], error) {
	query, err := in.query()
	if err != nil {
		return nil, err
	}
	query.States = as[string](in.State)
	page, err := models.List[models.Episode](ctx, s.Store, callerOf(ctx).AccountID, query)
	if err != nil {
		return nil, err
	}
	return answerPage(ctx, page, showEpisode), nil
}

type episodeOutput struct {
	ETag string `header:"ETag" doc:"The version of the row"`
	Body Episode
}

func answerEpisode(e models.Episode, err error) (*episodeOutput, error) {
	return &episodeOutput{ETag: etag(e.Version), Body: showEpisode(&e)},
		shownCurrent(err, func(e *models.Episode) any { return showEpisode(e) })
}

func (s *server) readEpisode(ctx context.Context, in *IDParam) (*episodeOutput, error) {
	return answerEpisode(models.Get[models.Episode](ctx, s.Store, callerOf(ctx).AccountID, in.ID))
}

// ClinicianVisit is what a clinician did about an episode.
type ClinicianVisit struct {
	At          models.Time `json:"at,omitzero" doc:"Default: now; not a time to come"`
	Outcome     Outcome     `json:"outcome" doc:"booked: there is an appointment; seen: a clinician has seen it; cleared: the clinician agreed to rolling again"`
	NoInfection bool        `json:"no_infection,omitempty" required:"false" doc:"The clinician found no infection: the episode counts as none (RK-24)"`
	Note        string      `json:"note,omitempty" maxLength:"4000"`
}

type clinicianInput struct {
	IDParam
	Conditions
	Body ClinicianVisit
}

func (s *server) addClinicianEvent(ctx context.Context, in *clinicianInput) (*episodeOutput, error) {
	w, err := in.write()
	if err != nil {
		return nil, err
	}
	event := models.ClinicianEvent{At: in.Body.At, Outcome: string(in.Body.Outcome), NoInfection: in.Body.NoInfection, Note: in.Body.Note}
	return answerEpisode(s.Store.AddClinicianEvent(ctx, callerOf(ctx).AccountID, in.ID, event, w))
}
