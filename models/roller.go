package models

import (
	"reflect"
	"time"

	"aftercare/models/care"
)

// Advisory is advice on a session or a roller; Message is filled in the
// person's language when it is shown.
type Advisory struct {
	Rule     string        `json:"rule"`
	Code     string        `json:"code"`
	Severity care.Severity `json:"severity" enum:"info,caution,stop"`
	Message  string        `json:"message,omitempty"`
}

func advisories(in []care.Advisory) []Advisory {
	out := make([]Advisory, 0, len(in))
	for _, a := range in {
		out = append(out, Advisory{Rule: a.Rule, Code: a.Code, Severity: a.Severity})
	}
	return out
}

// Roller is the device that is rolled over the scalp.
type Roller struct {
	Base
	Name        string   `json:"name,omitempty" maxLength:"100"`
	NeedleMM    *float64 `gorm:"column:needle_mm" json:"needle_mm,omitempty" exclusiveMinimum:"0" maximum:"5" doc:"Needle length in millimetres"`
	Material    string   `json:"material,omitempty" maxLength:"100"`
	FirstUsedOn string   `json:"first_used_on,omitempty" format:"date"`
	Shared      bool     `json:"shared,omitempty" required:"false" doc:"Used by more than one person"`
	Problems    []string `gorm:"serializer:json" json:"problems,omitzero" enum:"bent,rusty,dull,dropped,borrowed,used_on_wound" maxItems:"6" uniqueItems:"true"`
	State       string   `json:"state,omitempty" enum:"in_use,discarded" default:"in_use"`
	Notes       string   `json:"notes,omitempty" maxLength:"4000"`

	Uses          int        `json:"uses" readOnly:"true" required:"false"`
	MaxUses       int        `json:"max_uses,omitempty" readOnly:"true"`
	ReplaceBy     string     `json:"replace_by,omitempty" format:"date" readOnly:"true"`
	QuarantinedBy string     `json:"quarantined_by,omitempty" readOnly:"true" doc:"Rule of the warning after which the roller must be discarded"`
	QuarantinedAt Time       `json:"-"`
	Advisories    []Advisory `gorm:"serializer:json" json:"advisories,omitzero" readOnly:"true"`
	Flags         []string   `gorm:"serializer:json" json:"flags,omitzero" readOnly:"true"`
}

// Rollers in use and discarded ones.
const (
	RollerInUse     = "in_use"
	RollerDiscarded = "discarded"
)

func (*Roller) orderColumn() string { return "created_at" }

func (r *Roller) orderTime() Time { return r.CreatedAt }

// touched is zero: a roller moves no verdict on an older report.
func (r *Roller) touched() time.Time { return time.Time{} }

func (r *Roller) adopt(old *Roller) {
	if r.State == "" {
		r.State = RollerInUse
	}
	if old == nil {
		old = &Roller{}
	}
	r.Uses, r.MaxUses, r.ReplaceBy = old.Uses, old.MaxUses, old.ReplaceBy
	r.QuarantinedBy, r.QuarantinedAt = old.QuarantinedBy, old.QuarantinedAt
	r.Advisories, r.Flags = old.Advisories, old.Flags
}

func (r *Roller) arrive(*Tx, *Roller, Write) error {
	if _, err := optionalDate(r.FirstUsedOn); err != nil {
		return Invalid("body.first_used_on", "must be a date, YYYY-MM-DD")
	}
	return nil
}

func (r *Roller) scrub() {
	*r = Roller{Base: r.Base, State: RollerDiscarded}
}

// facts is the roller as care sees it.
func (r *Roller) facts() care.Roller {
	first, _ := optionalDate(r.FirstUsedOn) // checked on arrival
	return care.Roller{
		ID: r.ID, NeedleMM: deref(r.NeedleMM), FirstUsedOn: first, Shared: r.Shared,
		Problems: r.Problems, Discarded: r.State == RollerDiscarded, DiscardedAt: r.UpdatedAt.Time,
	}
}

// judged takes over what care computed and says whether that is news.
func (r *Roller) judged(c care.RollerCare) bool {
	before := *r
	r.Uses, r.MaxUses, r.ReplaceBy = c.Uses, c.MaxUses, c.ReplaceBy.String()
	if r.QuarantinedBy != c.QuarantinedBy {
		r.QuarantinedBy, r.QuarantinedAt = c.QuarantinedBy, T(c.QuarantinedAt)
	}
	r.Advisories = advisories(c.Advisories)
	return !reflect.DeepEqual(before, *r)
}
