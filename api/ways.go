package api

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
)

// ways are the alternative forms of one body. The document says oneOf; the
// server picks the form first, so that an error names the field at fault.
type ways struct {
	name  string // of the schema
	says  string // what to send
	forms []reflect.Type
	pick  func(body map[string]any) reflect.Type // nil: no form
	// by is the field that tells the forms apart, if one does, with its value in
	// each form.
	by     string
	values []string
}

// WayBody is a body that its handler reads by ways.
type WayBody struct {
	Body json.RawMessage
}

// read validates a body against the form that it has.
func (w ways) read(s *server, raw json.RawMessage, into any) error {
	var body map[string]any
	if err := json.Unmarshal(raw, &body); err != nil || body == nil {
		return models.Invalid("body", w.says)
	}
	form := w.pick(body)
	if form == nil {
		return models.Invalid("body", w.says)
	}
	if err := s.validate(s.schemas().Schema(form, true, ""), body); err != nil {
		return err
	}
	return decode(body, into)
}

// schema returns the union of the forms.
func (w ways) schema(r huma.Registry) *huma.Schema {
	one := &huma.Schema{Description: w.says}
	if w.by != "" {
		one.Discriminator = &huma.Discriminator{PropertyName: w.by, Mapping: map[string]string{}}
	}
	for i, form := range w.forms {
		ref := r.Schema(form, true, "")
		one.OneOf = append(one.OneOf, ref)
		if w.by != "" {
			one.Discriminator.Mapping[w.values[i]] = ref.Ref
		}
	}
	r.Map()[w.name] = one
	return &huma.Schema{Ref: schemaPath + w.name}
}

// onlyOf returns the form whose own field is present, if no other's is.
func onlyOf(fields map[string]reflect.Type) func(map[string]any) reflect.Type {
	return func(body map[string]any) reflect.Type {
		var form reflect.Type
		for field, t := range fields {
			if body[field] == nil {
				continue
			}
			if form != nil {
				return nil
			}
			form = t
		}
		return form
	}
}

// takesOneOf documents a body that is read by ways.
func takesOneOf(s *server, w ways) option {
	return s.takesBody(jsonType, w.schema(s.schemas()))
}

// takes documents the body of a PUT or POST of T.
func takes[T any](s *server) option {
	return func(op *huma.Operation) {
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			jsonType: {Schema: derived(s.schemas(), typeOf[T](), inputShape)},
		}}
	}
}

// takesPatch documents the body of a PATCH of T.
func takesPatch[T any](s *server) option {
	derived(s.schemas(), typeOf[T](), inputShape) // of what it is merged into: requests make no schema, they run side by side
	return s.takesBody(patchType, derived(s.schemas(), typeOf[T](), patchShape))
}

// takesBody documents a body that the handler validates itself; huma only reads
// it as JSON.
func (s *server) takesBody(mediaType string, schema *huma.Schema) option {
	return func(op *huma.Operation) {
		media := &huma.MediaType{Schema: &huma.Schema{}}
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{mediaType: media}}
		s.registered = append(s.registered, func() { media.Schema = schema })
	}
}

// The media types of bodies.
const (
	jsonType    = "application/json"
	patchType   = "application/merge-patch+json"
	problemType = "application/problem+json"
)
