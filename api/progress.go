package api

import "aftercare/models"

// progress is what a person says of their own hair; photos stay on the phone.
var progress = collection[models.Progress]{
	path: "/v1/progress", noun: "progress note",
	list: models.List[models.Progress], get: models.Get[models.Progress],
	put: models.Put[models.Progress], del: models.Delete[models.Progress],
	base: func(p *models.Progress) *models.Base { return &p.Base },
	show: func(words, *models.Progress) {},
}
