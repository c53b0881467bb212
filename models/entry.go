package models

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Entry is what a row has that a phone may write while it is offline.
type Entry struct {
	EditedSeq int64  `json:"-"` // number of the person's latest edit in the change feed
	EditedBy  string `json:"-"` // the phone that pushed it; "": a request wrote it
	// Sent holds, by the names of the fields, what was sent and is no possible
	// value: kept as it was, shown to phones that sync, unknown to everybody else.
	Sent  map[string]any `gorm:"serializer:json" json:"-"`
	Flags []string       `gorm:"serializer:json" json:"flags,omitzero" readOnly:"true"`
}

// Entered is a row with an Entry.
type Entered interface{ entry() *Entry }

func (e *Entry) entry() *Entry { return e }

// SetAside keeps what was sent of fields that are no possible values, by their
// names, with a row that a phone wrote while it was offline.
func SetAside(row Entered, sent map[string]any) {
	for field, value := range sent {
		row.entry().setAside(field, value)
	}
}

// lost reports whether what was sent of a field is no possible value.
func (e *Entry) lost(field string) bool {
	_, lost := e.Sent[field]
	return lost
}

// setAside keeps what was sent of a field apart from the row.
func (e *Entry) setAside(field string, sent any) {
	if !e.lost(field) {
		e.showAside(field, sent)
	}
}

// showAside sets a field aside with this, whatever was set aside of it before.
func (e *Entry) showAside(field string, sent any) {
	e.Sent = maps.Clone(e.Sent)
	if e.Sent == nil {
		e.Sent = map[string]any{}
	}
	e.Sent[field] = sent
}

// wholeRow is the location of a fault that is no field's.
const wholeRow = "body"

// needsReview is how a flag begins that names a field.
const needsReview = "needs_review:"

// flag names the fields that were set aside, and others that need a look.
func (e *Entry) flag(others ...string) {
	e.Flags = nil
	for _, field := range append(slices.Sorted(maps.Keys(e.Sent)), others...) {
		e.Flags = append(e.Flags, needsReview+field)
	}
}

// shownAt is the time under which lists show a row that was sent without a usable
// one: that of its arrival.
func (*Entry) shownAt(at Time, tx *Tx) Time {
	if at.IsZero() {
		return T(tx.Now)
	}
	return at
}

// stillLost keeps a row without a usable time that still has the one under which
// lists show it: nobody has said when it was.
func stillLost[T comparable](e, old *Entry, field string, now *T, shown T) {
	if old.lost(field) && (*now == shown || *now == *new(T) && e.lost(field)) {
		*now = shown
		e.setAside(field, old.Sent[field])
	}
}

// succeed takes over from the stored row what was set aside there, but for the
// fields that a write by REST has given a value or has named in a patch.
func (e *Entry) succeed(old *Entry, row any, named []string) {
	*e = Entry{EditedSeq: old.EditedSeq, EditedBy: old.EditedBy}
	for field, sent := range old.Sent {
		v := fieldNamed(reflect.ValueOf(row).Elem(), field)
		if !slices.Contains(named, field) && (!v.IsValid() || v.IsZero()) {
			e.setAside(field, sent)
		}
	}
}

// tidy sets the fields of a row aside that contradict others.
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

// plain is a value as it is read back from the database.
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

// fieldNamed returns the field of a row, or of its answers, with a name in JSON;
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
