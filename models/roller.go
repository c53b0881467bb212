package models

import (
	"time"

	"aftercare/models/care"
)

// Advisory is advice on a session or a roller; Message is filled in in the
// person's language when it is shown.
type Advisory struct {
	Rule     string        `json:"rule"`
	Code     string        `json:"code"`
	Severity care.Severity `json:"severity" enum:"info,caution,stop"`
	Message  string        `json:"message,omitempty"`
}

func advisories(in []care.Advisory) []Advisory {
	return appendAdvisories(make([]Advisory, 0, len(in)), in)
}

func appendAdvisories(to []Advisory, in []care.Advisory) []Advisory {
	if to == nil {
		to = []Advisory{}
	}
	for _, a := range in {
		to = append(to, Advisory{Rule: a.Rule, Code: a.Code, Severity: a.Severity})
	}
	return to
}

// Roller is the device that is rolled over the scalp.
type Roller struct {
	Base
	Entry
	Name        string   `json:"name,omitempty" maxLength:"100"`
	NeedleMM    *float64 `gorm:"column:needle_mm" json:"needle_mm,omitempty" exclusiveMinimum:"0" maximum:"5" doc:"Needle length in millimetres"`
	Material    string   `json:"material,omitempty" maxLength:"100"`
	FirstUsedOn string   `json:"first_used_on,omitempty" format:"date"`
	Shared      bool     `json:"shared,omitempty" required:"false" doc:"Used by more than one person"`
	Problems    []string `gorm:"serializer:json" json:"problems,omitzero" enum:"bent,rusty,dull,dropped,borrowed,used_on_wound" maxItems:"6" uniqueItems:"true"`
	State       string   `json:"state,omitempty" enum:"in_use,discarded" default:"in_use"`
	DiscardedAt Time     `json:"-"` // zero: in use, or discarded before this was kept
	Notes       string   `json:"notes,omitempty" maxLength:"4000"`

	RollerVerdict
}

// RollerVerdict is the result of judging a roller.
type RollerVerdict struct {
	Uses          int        `json:"uses" readOnly:"true" required:"false"`
	MaxUses       int        `json:"max_uses,omitempty" readOnly:"true"`
	ReplaceBy     string     `json:"replace_by,omitempty" format:"date" readOnly:"true"`
	QuarantinedBy string     `json:"quarantined_by,omitempty" readOnly:"true" doc:"Rule of the warning after which the roller must be discarded"`
	QuarantinedAt Time       `json:"-"`
	Advisories    []Advisory `gorm:"serializer:json" json:"advisories,omitzero" readOnly:"true"`
}

func rollerVerdictOf(c care.RollerCare, quarantined Time) RollerVerdict {
	return RollerVerdict{c.Uses, c.MaxUses, c.ReplaceBy.String(), c.QuarantinedBy, quarantined, advisories(c.Advisories)}
}

// States to filter rollers by: in use or discarded.
const (
	RollerInUse     = "in_use"
	RollerDiscarded = "discarded"
)

func (*Roller) orderColumn() string { return "created_at" }

func (r *Roller) orderTime() Time { return r.CreatedAt }

// touched returns zero: a roller affects no verdict on an older report.
func (r *Roller) touched() (at time.Time, episode string) { return time.Time{}, "" }

func (r *Roller) adopt(old *Roller) {
	if r.State == "" {
		r.State = RollerInUse
	}
	if old == nil {
		old = &Roller{}
	}
	r.RollerVerdict, r.DiscardedAt = old.RollerVerdict, old.DiscardedAt
}

func (r *Roller) arrive(tx *Tx, old *Roller, _ Write) error { //nolint:unparam // as all rows
	switch discarded := r.State == RollerDiscarded; {
	case !discarded:
		r.DiscardedAt = Time{}
	case old == nil || old.State != RollerDiscarded:
		r.DiscardedAt = T(tx.Now)
	}
	r.flag()
	return nil
}

func (r *Roller) faults() (out []FieldError) {
	if _, err := optionalDate(r.FirstUsedOn); err != nil {
		out = append(out, FieldError{Location: "body.first_used_on", Message: "must be a date, YYYY-MM-DD"})
	}
	return out
}

func (r *Roller) scrub() {
	*r = Roller{Base: r.Base, State: RollerDiscarded}
}

// facts returns the roller as input for care.
func (r *Roller) facts() care.Roller {
	first, _ := optionalDate(r.FirstUsedOn) // validated on arrival
	return care.Roller{
		ID: r.ID, NeedleMM: deref(r.NeedleMM), FirstUsedOn: first, Shared: r.Shared,
		Problems: r.Problems, Discarded: r.State == RollerDiscarded, DiscardedAt: r.DiscardedAt.Time,
	}
}

func (r *Roller) mark() uint64 { return packedHash(&r.RollerVerdict) }

func (r *Roller) leaveOut() {
	r.RollerVerdict = RollerVerdict{}
	r.flagTooMany()
}
