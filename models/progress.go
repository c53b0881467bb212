package models

import (
	"time"

	"aftercare/models/care"
)

// Progress is a person's own assessment of their hair on one day. Photos stay
// on the phone.
type Progress struct {
	Base
	Entry
	On         string   `gorm:"column:on_date" json:"on,omitempty" format:"date" required:"true" doc:"The day, in the person's zone"`
	At         Time     `json:"-"` // the start of that day
	Scale      string   `json:"scale,omitempty" enum:"norwood,ludwig,sinclair,salt" doc:"Self-assessed; with a value"`
	Value      *float64 `json:"value,omitempty" minimum:"0" maximum:"100" doc:"norwood 1 to 7, ludwig 1 to 3, sinclair 1 to 5, salt 0 to 100"`
	Change     *int     `json:"change,omitempty" minimum:"-3" maximum:"3" doc:"Against the start: -3 much worse to 3 much better"`
	Shedding   string   `json:"shedding,omitempty" enum:"less,same,more"`
	By         string   `gorm:"column:told_by" json:"by,omitempty" enum:"self,clinician" default:"self"`
	PhotoTaken *bool    `json:"photo_taken,omitempty"`
	Note       string   `json:"note,omitempty" maxLength:"4000"`
}

// TableName returns the table of progress entries.
func (Progress) TableName() string { return "progress" }

func (*Progress) orderColumn() string { return "at" }

func (p *Progress) orderTime() Time { return p.At }

// touched returns zero: progress affects no verdict.
func (p *Progress) touched() (at time.Time, episode string) { return time.Time{}, "" }

func (p *Progress) adopt(old *Progress) {
	if p.By == "" {
		p.By = "self"
	}
	if old != nil {
		p.At = old.At
		stillLost(&p.Entry, &old.Entry, "on", &p.On, old.On)
	}
}

func (p *Progress) arrive(tx *Tx, old *Progress, w Write) error {
	account, err := tx.account()
	if err != nil {
		return err
	}
	today := tx.Now.In(account.zone()).Format(time.DateOnly)
	switch {
	case p.On == "" && p.lost("on"):
		p.On = today
	case p.On == "":
		return Invalid("body.on", "is required")
	case p.On > today && !w.Offline: // a phone that was offline may have a wrong clock
		return Invalid("body.on", "must not be a day to come")
	}
	p.flag()
	if old != nil && !old.deleted() && old.On == p.On {
		return nil
	}
	day, err := optionalDate(min(p.On, today))
	p.At = T(care.At(day, 0, account.zone()))
	return err
}

// faults checks the day, and the value against its scale (PG-06 to PG-08).
func (p *Progress) faults() (out []FieldError) {
	if _, err := optionalDate(p.On); err != nil {
		out = append(out, FieldError{Location: "body.on", Message: "must be a date, YYYY-MM-DD"})
	}
	switch {
	case p.lost("value"):
	case (p.Scale == "") != (p.Value == nil):
		out = append(out, FieldError{Location: "body.value", Message: "scale and value come together, or neither"})
	case p.Scale != "" && !p.facts().OnScale():
		out = append(out, FieldError{Location: "body.value", Message: "is none of its scale: norwood 1 to 7, ludwig 1 to 3, sinclair 1 to 5 in whole numbers, salt 0 to 100"})
	case p.Value == nil && p.Change == nil && p.Shedding == "" && p.PhotoTaken == nil && !p.lost(wholeRow):
		out = append(out, FieldError{Location: wholeRow, Message: "says nothing: give a scale with its value, change, shedding or photo_taken"})
	}
	return out
}

func (p *Progress) scrub() {
	*p = Progress{Base: p.Base, On: p.On, At: p.At, By: "self"}
}

// facts returns the entry as input for care.
func (p *Progress) facts() care.Progress {
	return care.Progress{At: p.At.Time, Scale: p.Scale, Value: deref(p.Value), Change: p.Change, Shedding: p.Shedding}
}

func (p *Progress) leaveOut() { p.flagTooMany() }
