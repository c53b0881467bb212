package api

import "aftercare/models"

// sessions are never refused for being unwise: they are stored as told and
// answered with advisories.
var sessions = collection[models.Session]{
	path: "/v1/sessions", noun: "session",
	list: models.List[models.Session], get: models.Get[models.Session],
	put: models.Put[models.Session], del: models.Delete[models.Session],
	base: func(r *models.Session) *models.Base { return &r.Base },
	show: func(w words, r *models.Session) { advise(w, r.Advisories) },
}
