package api

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// The document has three schemas for what phones write: what is answered
// (Report), what is sent (ReportInput) and what is patched (ReportPatch). All
// three come from one Go struct whose fields can hold everything that is
// answered, null included, and whose tags say the rest:
//
//	readOnly:"true"   only the server writes it; in a body it is ignored, so
//	                  that what GET answered can be PUT back
//	writeOnly:"true"  it is only ever sent
//	required:"true"   it has to be sent

const schemaPath = "#/components/schemas/"

// shape is one of the two that are derived from a struct.
type shape string

const (
	inputShape shape = "Input"
	patchShape shape = "Patch"
)

// derived returns the schema in which a struct is sent, or patched: nothing is
// required unless tagged so, and null is the same as leaving it out (in a
// patch: clears it).
func derived(r huma.Registry, t reflect.Type, as shape) *huma.Schema {
	name := t.Name() + string(as)
	ref := &huma.Schema{Ref: schemaPath + name}
	if r.Map()[name] != nil {
		return ref
	}
	answered := r.Schema(t, false, "")
	out := &huma.Schema{
		Type: huma.TypeObject, Description: answered.Description,
		Properties: map[string]*huma.Schema{}, AdditionalProperties: false,
	}
	r.Map()[name] = out
	for field, json := range fieldsOf(t) {
		p := sentProperty(r, answered.Properties[json], as)
		out.Properties[json] = p
		switch {
		case field.Tag.Get("readOnly") == "true":
			out.Properties[json] = &huma.Schema{ReadOnly: true} // whatever it holds
		case field.Tag.Get("required") != "true":
			p.Nullable = true
		case as == inputShape:
			out.Required = append(out.Required, json)
		}
	}
	out.PrecomputeMessages()
	return ref
}

// sentProperty returns a property as it is sent; so are the properties inside
// it. Lists are replaced as a whole (RFC 7396).
func sentProperty(r huma.Registry, answered *huma.Schema, as shape) *huma.Schema {
	p := *answered
	if t := structOf(r, p.Ref); t != nil {
		p.Ref = derived(r, t, as).Ref
	}
	if p.Items != nil {
		if t := structOf(r, p.Items.Ref); t != nil {
			p.Items = derived(r, t, inputShape)
		}
	}
	if as == patchShape {
		p.Default = nil
	}
	return &p
}

// structOf returns the struct behind a reference, nil for enums and for none.
func structOf(r huma.Registry, ref string) reflect.Type {
	if ref == "" {
		return nil
	}
	return r.TypeFromRef(ref)
}

// fieldsOf iterates over the fields of a struct that have a JSON name.
func fieldsOf(t reflect.Type) func(yield func(reflect.StructField, string) bool) {
	return func(yield func(reflect.StructField, string) bool) {
		for _, field := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" || name == "-" {
				continue
			}
			if !yield(field, name) {
				return
			}
		}
	}
}

// served is a registry as the document shows it. huma validates bodies with
// the registry itself, and cannot say there that a reference may be null.
type served struct {
	huma.Registry
	schemas map[string]*huma.Schema
}

func (s served) Map() map[string]*huma.Schema { return s.schemas }

// MarshalJSON writes the schemas by their names.
func (s served) MarshalJSON() ([]byte, error) { return json.Marshal(s.schemas) }

func serve(r huma.Registry) served {
	out := served{r, map[string]*huma.Schema{}}
	for name, schema := range r.Map() {
		out.schemas[name] = servedSchema(r, name, schema)
	}
	// A risk that is only named needs no object.
	if risk := out.schemas["RiskInput"]; risk != nil {
		out.schemas["RiskInput"] = &huma.Schema{
			Description: "A risk, or its code alone", AnyOf: []*huma.Schema{{Ref: schemaPath + "RiskCode"}, {Ref: schemaPath + "RiskFields"}},
		}
		out.schemas["RiskFields"] = risk
	}
	return out
}

// servedSchema leaves out what is ignored, and marks where null is possible: at
// a pointer of a response, and at everything that need not be sent.
func servedSchema(r huma.Registry, name string, schema *huma.Schema) *huma.Schema {
	if schema.Properties == nil {
		return schema
	}
	out := *schema
	out.Properties = map[string]*huma.Schema{}
	sent := strings.HasSuffix(name, string(inputShape)) || strings.HasSuffix(name, string(patchShape))
	nullable := nullableReferences(r, name)
	for json, property := range schema.Properties {
		if sent && property.ReadOnly || !sent && property.WriteOnly {
			continue
		}
		p := *property
		p.ReadOnly, p.WriteOnly = false, false
		p.Nullable = p.Nullable || nullable[json] || !sent && optional(name, schema, json)
		if p.Nullable && p.Ref != "" {
			p = huma.Schema{Description: p.Description, AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
		}
		out.Properties[json] = &p
	}
	return &out
}

// nullableReferences returns the properties that are pointers in Go.
func nullableReferences(r huma.Registry, name string) map[string]bool {
	out := map[string]bool{}
	if t := r.TypeFromRef(schemaPath + name); t != nil {
		for field, json := range fieldsOf(t) {
			out[json] = field.Type.Kind() == reflect.Pointer && !strings.Contains(field.Tag.Get("json"), ",omit")
		}
	}
	return out
}

// optional reports whether a body may omit the property. Problems omit some
// too, but never have null.
func optional(name string, schema *huma.Schema, json string) bool {
	if name == "Problem" || name == "FieldError" {
		return false
	}
	for _, required := range schema.Required {
		if required == json {
			return false
		}
	}
	return true
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }
