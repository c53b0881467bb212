package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
)

// registerTypes teaches huma the types of models that write their own JSON.
func registerTypes(r huma.Registry) {
	r.RegisterTypeAlias(typeOf[models.Time](), typeOf[dateTime]())
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// dateTime stands for models.Time in schemas.
type dateTime struct{}

// Schema is a point in time.
func (dateTime) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Examples: []any{"2026-11-25T09:00:00Z"}}
}
