package api

import "aftercare/models"

// rollers are the devices; what they were used for is computed.
var rollers = collection[models.Roller]{
	path: "/v1/rollers", noun: "roller",
	list: models.List[models.Roller], get: models.Get[models.Roller],
	put: models.Put[models.Roller], del: models.Delete[models.Roller],
	base: func(r *models.Roller) *models.Base { return &r.Base },
	show: func(w words, r *models.Roller) { advise(w, r.Advisories) },
}
