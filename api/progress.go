package api

import "aftercare/models"

// ProgressNote is what a person says of their own hair on one day. Photos stay
// on the phone.
type ProgressNote struct {
	Row
	On         string    `json:"on" format:"date" required:"true" doc:"The day, in the person's zone; not one to come"`
	Scale      *Scale    `json:"scale" doc:"Self-assessed; with a value"`
	Value      *float64  `json:"value" minimum:"0" maximum:"100" doc:"norwood 1 to 7, ludwig 1 to 3, sinclair 1 to 5, each in whole numbers; salt 0 to 100"`
	Change     *int      `json:"change" minimum:"-3" maximum:"3" doc:"Against the start: -3 much worse to 3 much better"`
	Shedding   *Shedding `json:"shedding"`
	By         TellsHair `json:"by" default:"self"`
	PhotoTaken *bool     `json:"photo_taken"`
	Note       *string   `json:"note" maxLength:"4000"`
	Flags      []string  `json:"flags" readOnly:"true" doc:"What came by sync and needs a look"`
}

func showProgress(_ words, p *models.Progress) ProgressNote {
	return ProgressNote{
		Row: rowOf(p.Base), On: p.On, Scale: word[Scale](p.Scale), Value: p.Value, Change: p.Change, Shedding: word[Shedding](p.Shedding),
		By: TellsHair(p.By), PhotoTaken: p.PhotoTaken, Note: some(p.Note), Flags: listed(p.Flags),
	}
}

func (p ProgressNote) row() (models.Progress, error) {
	return models.Progress{
		Base: p.base(), On: p.On, Scale: unword(p.Scale), Value: p.Value, Change: p.Change, Shedding: unword(p.Shedding),
		By: string(p.By), PhotoTaken: p.PhotoTaken, Note: deref(p.Note),
	}, nil
}

var progress = collection[models.Progress, ProgressNote]{
	path: "/v1/progress", noun: "progress note",
	list: models.List[models.Progress], get: models.Get[models.Progress],
	put: models.Put[models.Progress], del: models.Delete[models.Progress],
	base: func(p *models.Progress) *models.Base { return &p.Base },
	show: showProgress, row: ProgressNote.row,
}
