package api

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
)

// A phone that was offline cannot be asked again. What it sends is read field by
// field: one that is no possible value is kept as it was sent, apart from the
// row, and counts as unknown.

// object is JSON with names.
type object = map[string]any

// offlineRow reads documents of one collection.
type offlineRow struct {
	// read returns the row of a document.
	read func(s *server, doc object) (any, error)
	row  reflect.Type // as it is shown
}

// offlineRows are the collections that phones write.
var offlineRows = map[string]offlineRow{
	"rollers":          offlineOf(rollers),
	"sessions":         offlineOf(sessions),
	"reports":          offlineOf(reports),
	"clinician_events": offlineOf(clinicianEvents),
	"progress":         offlineOf(progress),
	"reminders":        {readWish, typeOf[Reminder]()},
}

func offlineOf[R, T any](c collection[R, T]) offlineRow {
	return offlineRow{func(s *server, doc object) (any, error) { return c.offline(s, doc) }, typeOf[T]()}
}

// offline reads a document as if it had been PUT, but sets aside what PUT would
// refuse.
func (c collection[R, T]) offline(s *server, doc object) (*R, error) {
	r := &reading{s: s, schema: inputOf[T](s.schemas()), aside: object{}}
	r.take(doc)
	sent, plain := filled[T](r.doc)
	if !plain {
		if err := decode(r.doc, &sent); err != nil {
			r.doubt(func(alone object) error { return decode(alone, new(T)) })
			sent = *new(T)
			if err := decode(r.doc, &sent); err != nil {
				return nil, err
			}
		}
	}
	row, err := c.row(sent)
	var refused *models.Error
	if errors.As(err, &refused) { // calm together with something, or two temperatures
		for _, field := range []string{"calm", "temperature_f"} {
			r.setAside(field)
		}
		sent = *new(T)
		if err = decode(r.doc, &sent); err == nil {
			row, err = c.row(sent)
		}
	}
	if err != nil {
		return nil, err
	}
	models.SetAside(any(&row).(models.Entered), r.aside)
	return &row, nil
}

// inputOf returns the schema of what is sent of a row.
func inputOf[T any](r huma.Registry) *huma.Schema {
	return r.SchemaFromRef(derived(r, typeOf[T](), inputShape).Ref)
}

// reading is a document that is being read.
type reading struct {
	s      *server
	schema *huma.Schema
	doc    object // possible values
	aside  object // the others, as they were sent
}

// take sorts the fields of a document. Unknown fields and those that only the
// server writes are left out.
func (r *reading) take(sent object) {
	r.doc = object{}
	for name, value := range sent {
		p := r.schema.Properties[name]
		switch {
		case p == nil || p.ReadOnly || value == nil:
		case r.possible(p, value):
			r.doc[name] = value
		default:
			r.aside[name] = value
			if some := r.possibleOf(p, value); len(some) > 0 {
				r.doc[name] = some
			}
		}
	}
	for _, name := range r.schema.Required {
		if _, kept := r.aside[name]; r.doc[name] == nil && !kept && name != "id" {
			r.aside[name] = nil
		}
	}
}

func (r *reading) possible(p *huma.Schema, value any) bool {
	_, nul := survey(value)
	return !nul && r.s.validate(p, value) == nil
}

// possibleOf returns the items of a list that are possible: among several
// signs, an unknown one hides no other.
func (r *reading) possibleOf(p *huma.Schema, value any) (out []any) {
	list, _ := value.([]any)
	if p.Items == nil {
		return nil
	}
	for _, item := range list {
		twice := p.UniqueItems && slices.ContainsFunc(out, func(o any) bool { return reflect.DeepEqual(o, item) })
		if r.possible(p.Items, item) && !twice && (p.MaxItems == nil || len(out) < *p.MaxItems) {
			out = append(out, item)
		}
	}
	return out
}

// doubt sets aside every field that cannot be read alone.
func (r *reading) doubt(read func(alone object) error) {
	for name, value := range r.doc {
		if read(object{name: value}) != nil {
			r.setAside(name)
		}
	}
}

func (r *reading) setAside(name string) {
	if value, there := r.doc[name]; there {
		r.aside[name] = value
		delete(r.doc, name)
	}
}

// readWish reads what a person may want of a reminder.
func readWish(_ *server, doc object) (any, error) {
	var want models.Wish
	at, _ := doc["acknowledged_at"].(string)
	until, _ := doc["snoozed_until"].(string)
	want.Acknowledged = doc["state"] == string(models.StateAcknowledged)
	if want.At.UnmarshalText([]byte(at)) != nil || !want.Acknowledged {
		want.At = models.Time{}
	}
	if want.SnoozedUntil.UnmarshalText([]byte(until)) != nil || doc["state"] != string(models.StateSnoozed) {
		want.SnoozedUntil = models.Time{}
	}
	return want, nil
}

// document returns a row as phones sync it: what GET returns, with what was
// sent for the fields that were set aside, and whether it is deleted.
func document(w words, c models.Change) (json.RawMessage, error) {
	raw, err := json.Marshal(shownChange(w, c))
	if err != nil {
		return nil, err
	}
	mark := `{"_deleted":false,`
	if c.Deleted {
		mark = `{"_deleted":true,`
	}
	return append([]byte(mark), raw[1:]...), nil
}

// shownChange returns the row of a change; fields that were set aside appear as
// they were sent.
func shownChange(w words, c models.Change) any {
	shown := feedRows[c.Collection].show(w, c.Row)
	if len(c.Sent) == 0 {
		return shown
	}
	out := objectOf(shown)
	maps.Copy(out, sentOf(c, shown))
	return out
}

// sentOf is what was sent of the fields of a row that were set aside.
func sentOf(c models.Change, shown any) object {
	if len(c.Sent) == 0 {
		return nil
	}
	row, out := objectOf(shown), maps.Clone(c.Sent)
	maps.DeleteFunc(out, func(field string, sent any) bool {
		_, there := row[field]
		return !there || sent == nil
	})
	return out
}

// objectOf returns a row as a JSON object.
func objectOf(row any) (out object) {
	raw, err := json.Marshal(row)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic(err) // no row holds what JSON cannot
	}
	return out
}

// readBody reads the JSON of a sync, which is not validated against a schema.
func readBody[T any](raw []byte) (out T, err error) {
	if json.Unmarshal(raw, &out) != nil {
		return out, newProblem(400, "the body is no JSON of the form that is documented")
	}
	return out, nil
}
