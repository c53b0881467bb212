package api

import "aftercare/models"

// Roller is the device that is rolled over the scalp.
type Roller struct {
	Row
	Name        *string       `json:"name" maxLength:"100" example:"0.5 mm, titanium"`
	NeedleMM    *float64      `json:"needle_mm" minimum:"0.01" maximum:"5" doc:"Needle length in millimetres" example:"0.5"`
	Material    *string       `json:"material" maxLength:"100"`
	FirstUsedOn *string       `json:"first_used_on" format:"date"`
	Shared      bool          `json:"shared" doc:"Used by more than one person"`
	Problems    []RollerFault `json:"problems" nullable:"true" maxItems:"6" uniqueItems:"true" doc:"Empty: none; null: not answered"`
	State       RollerState   `json:"state" default:"in_use"`
	Notes       *string       `json:"notes" maxLength:"4000"`

	Uses          int        `json:"uses" readOnly:"true" doc:"Number of sessions it was used in"`
	MaxUses       *int       `json:"max_uses" readOnly:"true" doc:"Number of sessions after which it is worn"`
	ReplaceBy     *string    `json:"replace_by" format:"date" readOnly:"true"`
	QuarantinedBy *string    `json:"quarantined_by" readOnly:"true" doc:"Rule of the warning after which it has to be discarded" example:"SD-01"`
	Advisories    []Advisory `json:"advisories" readOnly:"true"`
	Flags         []string   `json:"flags" readOnly:"true" doc:"What came by sync and needs a look, such as needs_review:needle_mm"`
}

func showRoller(w words, r *models.Roller) Roller {
	return Roller{
		Row: rowOf(r.Base), Name: some(r.Name), NeedleMM: r.NeedleMM, Material: some(r.Material),
		FirstUsedOn: some(r.FirstUsedOn), Shared: r.Shared, Problems: as[RollerFault](r.Problems), State: RollerState(r.State),
		Notes: some(r.Notes), Uses: r.Uses, MaxUses: some(r.MaxUses), ReplaceBy: some(r.ReplaceBy),
		QuarantinedBy: some(r.QuarantinedBy), Advisories: advisoriesOf(w, r.Advisories), Flags: listed(r.Flags),
	}
}

func (r Roller) row() (models.Roller, error) {
	return models.Roller{
		Base: r.base(), Name: deref(r.Name), NeedleMM: r.NeedleMM, Material: deref(r.Material),
		FirstUsedOn: deref(r.FirstUsedOn), Shared: r.Shared, Problems: as[string](r.Problems), State: string(r.State),
		Notes: deref(r.Notes),
	}, nil
}

var rollers = collection[models.Roller, Roller]{
	path: "/v1/rollers", noun: "roller",
	list: models.List[models.Roller], get: models.Get[models.Roller],
	put: models.Put[models.Roller], del: models.Delete[models.Roller],
	base: func(r *models.Roller) *models.Base { return &r.Base },
	show: showRoller, row: Roller.row,
}

type listRollersInput struct {
	ListRows
	State []RollerState `query:"state" doc:"Only these states, comma separated" example:"[\"in_use\"]"`
}

func (in *listRollersInput) query() (models.Query, error) {
	q, err := in.ListRows.query()
	q.States = as[string](in.State)
	return q, err
}
