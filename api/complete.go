package api

import (
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// marshal writes an answer with every field that its type has, though
// encoding/json would leave some out: null where there is no value, [] for a
// list that is computed. Problems are as RFC 9457 has them: what does not apply
// is not there.
func marshal(w io.Writer, v any) error {
	if _, problem := v.(*Problem); problem {
		return huma.DefaultJSONFormat.Marshal(w, v)
	}
	return huma.DefaultJSONFormat.Marshal(w, complete(reflect.ValueOf(v)))
}

// form is how a struct is written: as a twin whose fields hold anything, and
// so null, and are never left out.
type form struct {
	twin   reflect.Type
	fields []formField
}

type formField struct {
	index    []int
	optional bool
	computed bool // a list that only the server writes
	leaf     bool // holds no struct: encoding/json writes it as it is
}

var forms sync.Map // of *form by reflect.Type

// complete is v in a form in which no field is left out.
func complete(v reflect.Value) any {
	switch {
	case !v.IsValid():
		return nil
	case leaf(v.Type()):
		return v.Interface()
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return complete(v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		out := make([]any, v.Len())
		for i := range out {
			out[i] = complete(v.Index(i))
		}
		return out
	}
	f := formOf(v.Type())
	twin := reflect.New(f.twin)
	for i, field := range f.fields {
		cell := v.FieldByIndex(field.index)
		switch {
		case field.computed && cell.IsNil():
			twin.Elem().Field(i).Set(reflect.ValueOf([]any{}))
		case field.optional && empty(cell):
		case field.leaf:
			twin.Elem().Field(i).Set(cell)
		default:
			if value := complete(cell); value != nil {
				twin.Elem().Field(i).Set(reflect.ValueOf(value))
			}
		}
	}
	return twin.Interface()
}

// empty says that an optional field has no value. A bool always has one.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Bool:
		return false
	case reflect.Slice, reflect.Map:
		return v.IsNil()
	}
	return v.IsZero()
}

func formOf(t reflect.Type) *form {
	if f, known := forms.Load(t); known {
		return f.(*form)
	}
	f := &form{}
	var twins []reflect.StructField
	for _, field := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		embedded := field.Anonymous && name == "" // its fields are visible themselves
		if name == "-" || embedded || !field.IsExported() || field.Tag.Get("writeOnly") == "true" || hidden(t, field.Index) {
			continue
		}
		if name == "" {
			name = field.Name
		}
		f.fields = append(f.fields, formField{
			index: field.Index, optional: strings.Contains(options, "omit"), leaf: leaf(field.Type),
			computed: field.Type.Kind() == reflect.Slice && field.Tag.Get("readOnly") == "true",
		})
		twins = append(twins, reflect.StructField{
			Name: fmt.Sprintf("F%d", len(twins)), Type: typeOf[any](), Tag: reflect.StructTag(fmt.Sprintf(`json:%q`, name)),
		})
	}
	f.twin = reflect.StructOf(twins)
	forms.Store(t, f)
	return f
}

// hidden says that a field stands inside one with a name of its own in JSON,
// or none.
func hidden(t reflect.Type, index []int) bool {
	for depth := 1; depth < len(index); depth++ {
		if t.FieldByIndex(index[:depth]).Tag.Get("json") != "" {
			return true
		}
	}
	return false
}

// leaf says that a type writes itself, or holds nothing that could be left out.
func leaf(t reflect.Type) bool {
	if t.Implements(typeOf[json.Marshaler]()) || t.Implements(typeOf[encoding.TextMarshaler]()) {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return leaf(t.Elem())
	case reflect.Struct, reflect.Interface:
		return false
	}
	return true
}
