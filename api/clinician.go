package api

import "aftercare/models"

// ClinicianEvent is what a clinician did about an episode.
type ClinicianEvent struct {
	Row
	EpisodeID   *string     `json:"episode_id" minLength:"8" maxLength:"64" doc:"Default: the latest episode that had begun by then; null: there was none when it came by sync" example:"0198f2c4-7d2e-7000-8000-5d1f0a6b8c21"`
	At          models.Time `json:"at" required:"true" doc:"When it was; not a time to come"`
	EffectiveAt models.Time `json:"effective_at" readOnly:"true" nullable:"true" doc:"What care counts from: at, corrected for a wrong clock of the phone"`
	Outcome     *Outcome    `json:"outcome" required:"true" doc:"booked: there is an appointment; seen: a clinician has seen it; cleared: the clinician agreed to rolling again"`
	NoInfection bool        `json:"no_infection" doc:"The clinician found no infection: the episode counts as none (RK-24)"`
	Note        *string     `json:"note" maxLength:"4000"`
	Flags       []string    `json:"flags" readOnly:"true" doc:"What came by sync and needs a look"`
}

func showClinicianEvent(_ words, e *models.ClinicianEvent) ClinicianEvent {
	return ClinicianEvent{
		Row: rowOf(e.Base), EpisodeID: some(e.EpisodeID), At: e.At, EffectiveAt: e.EffectiveAt, Outcome: word[Outcome](e.Outcome),
		NoInfection: e.NoInfection, Note: some(e.Note), Flags: listed(e.Flags),
	}
}

func (e ClinicianEvent) row() (models.ClinicianEvent, error) {
	return models.ClinicianEvent{
		Base: e.base(), EpisodeID: deref(e.EpisodeID), At: e.At, Outcome: unword(e.Outcome), NoInfection: e.NoInfection, Note: deref(e.Note),
	}, nil
}

var clinicianEvents = collection[models.ClinicianEvent, ClinicianEvent]{
	path: "/v1/clinician-events", noun: "clinician event",
	list: models.List[models.ClinicianEvent], get: models.Get[models.ClinicianEvent],
	put: models.Put[models.ClinicianEvent], del: models.Delete[models.ClinicianEvent],
	base: func(e *models.ClinicianEvent) *models.Base { return &e.Base },
	show: showClinicianEvent, row: ClinicianEvent.row,
}
