package models

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Entry holds the common fields of rows that a phone may write while it is
// offline.
type Entry struct {
	EditedSeq int64  `json:"-"` // number of the person's latest edit in the change feed
	EditedBy  string `json:"-"` // the phone that pushed it; "": a request wrote it
	// Sent holds, by field name, what was sent and is no possible
	// value: kept as it was, shown to phones that sync, unknown to everybody else.
	Sent  map[string]any `gorm:"serializer:json" json:"-"`
	Flags []string       `gorm:"serializer:json" json:"flags,omitzero" readOnly:"true"`
}

// Entered is a row with an Entry.
type Entered interface{ entry() *Entry }

func (e *Entry) entry() *Entry { return e }

// SetAside keeps, with a row that a phone wrote while it was offline, the sent
// values of fields that are no possible values, by field name.
func SetAside(row Entered, sent map[string]any) {
	for field, value := range sent {
		row.entry().setAside(field, value)
	}
}

// lost reports whether the value sent for a field is no possible value.
func (e *Entry) lost(field string) bool {
	_, lost := e.Sent[field]
	return lost
}

// setAside keeps the value sent for a field apart from the row.
func (e *Entry) setAside(field string, sent any) {
	if !e.lost(field) {
		e.showAside(field, sent)
	}
}

// showAside sets a field aside with the given value, replacing what was set
// aside before.
func (e *Entry) showAside(field string, sent any) {
	e.Sent = maps.Clone(e.Sent)
	if e.Sent == nil {
		e.Sent = map[string]any{}
	}
	e.Sent[field] = sent
}

// wholeRow is the location of a fault that belongs to no single field.
const wholeRow = "body"

// needsReview is the prefix of a flag that names a field.
const needsReview = "needs_review:"

// flag names the fields that were set aside, and others that need review.
func (e *Entry) flag(others ...string) {
	e.Flags = nil
	for _, field := range append(slices.Sorted(maps.Keys(e.Sent)), others...) {
		e.Flags = append(e.Flags, needsReview+field)
	}
}

// shownAt returns the time by which lists sort a row that was sent without a
// usable one: that of its arrival.
func (*Entry) shownAt(at Time, tx *Tx) Time {
	if at.IsZero() {
		return T(tx.Now)
	}
	return at
}

// stillLost keeps a row without a usable time at the time by which lists
// already sort it: nobody has said when it was.
func stillLost[T comparable](e, old *Entry, field string, now *T, shown T) {
	if old.lost(field) && (*now == shown || *now == *new(T) && e.lost(field)) {
		*now = shown
		e.setAside(field, old.Sent[field])
	}
}

// succeed copies what was set aside in the stored row, except for the fields to
// which a REST write has given a value or that it named in a patch.
func (e *Entry) succeed(old *Entry, row any, named []string) {
	*e = Entry{EditedSeq: old.EditedSeq, EditedBy: old.EditedBy}
	for field, sent := range old.Sent {
		v := fieldNamed(reflect.ValueOf(row).Elem(), field)
		if !slices.Contains(named, field) && (!v.IsValid() || v.IsZero()) {
			e.setAside(field, sent)
		}
	}
}

// tidy sets aside the fields of a row that contradict others.
func tidy(row interface {
	faults() []FieldError
	entry() *Entry
}) {
	for range 2 { // what is set aside may leave a row that says nothing
		for _, f := range row.faults() {
			field := strings.TrimPrefix(f.Location, "body.")
			var sent any
			if v := fieldNamed(reflect.ValueOf(row).Elem(), field); v.IsValid() && !v.IsZero() {
				sent = plain(v.Interface())
				v.SetZero()
			}
			row.entry().setAside(field, sent)
		}
	}
}

// plain returns a value as it would be read back from the database.
func plain(v any) (out any) {
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		return nil // no field of a row holds what JSON cannot
	}
	return out
}

// fieldNamed returns the field of a row, or of its answers, with a JSON name;
// the zero Value if there is none.
func fieldNamed(row reflect.Value, name string) reflect.Value {
	for _, f := range reflect.VisibleFields(row.Type()) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case tag == name:
			return row.FieldByIndex(f.Index)
		case f.Name == "Answers":
			if v := fieldNamed(row.FieldByIndex(f.Index), name); v.IsValid() {
				return v
			}
		}
	}
	return reflect.Value{}
}
