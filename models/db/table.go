package db

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"gorm.io/gorm/schema"

	"aftercare/models/fastjson"
)

// layout maps the fields of a struct to the columns of its table. GORM reads it
// from the tags, so that each table is described once.
type layout struct {
	table           string
	names           []string
	fields          [][]int // index paths
	types           []reflect.Type
	offsets         []uintptr
	json            []bool
	key             []bool
	column          map[string]int // by name
	insert, replace string         // the parts before and after the values of an upsert
	upserts         sync.Map       // by number of rows
}

var layouts sync.Map // by reflect.Type

func layoutOf(t reflect.Type) (*layout, error) {
	if l, ok := layouts.Load(t); ok {
		return l.(*layout), nil
	}
	s, err := schema.Parse(reflect.New(t).Interface(), &sync.Map{}, schema.NamingStrategy{IdentifierMaxLength: 64})
	if err != nil {
		return nil, fmt.Errorf("read the columns of %s: %w", t, err)
	}
	l := &layout{table: s.Table, column: map[string]int{}}
	var set []string
	for _, f := range s.Fields {
		if f.DBName == "" {
			continue
		}
		l.column[f.DBName] = len(l.names)
		l.names, l.fields, l.json = append(l.names, f.DBName), append(l.fields, f.StructField.Index), append(l.json, f.Serializer != nil)
		l.types, l.offsets = append(l.types, f.FieldType), append(l.offsets, offsetOf(t, f.StructField.Index))
		l.key = append(l.key, f.PrimaryKey)
		if !f.PrimaryKey {
			set = append(set, f.DBName+" = excluded."+f.DBName)
		}
	}
	l.insert = fmt.Sprintf("INSERT INTO %s (%s) VALUES ", l.table, strings.Join(l.names, ", "))
	l.replace = fmt.Sprintf(" ON CONFLICT (%s) DO UPDATE SET %s", strings.Join(s.PrimaryFieldDBNames, ", "), strings.Join(set, ", "))
	layouts.Store(t, l)
	return l, nil
}

// offsetOf returns where a field lies in a struct.
func offsetOf(t reflect.Type, path []int) (offset uintptr) {
	for _, i := range path {
		f := t.Field(i)
		t, offset = f.Type, offset+f.Offset
	}
	return offset
}

// TableOf returns the name of the table whose rows are of type R. It panics if
// R is not a struct that can be a row.
func TableOf[R any]() string {
	l, err := layoutOf(reflect.TypeFor[R]())
	if err != nil {
		panic(err)
	}
	return l.table
}

// Columns returns the comma-separated columns of R, for SELECTs that return
// more than R.
func Columns[R any]() string {
	l, err := layoutOf(reflect.TypeFor[R]())
	if err != nil {
		panic(err)
	}
	return strings.Join(l.names, ", ")
}

// JSONColumns returns the JSON columns of a row's type; none for nil.
func JSONColumns(row any) (map[string]bool, error) {
	out := map[string]bool{}
	if row == nil {
		return out, nil
	}
	l, err := layoutOf(reflect.TypeOf(row))
	if err != nil {
		return nil, err
	}
	for i, name := range l.names {
		out[name] = l.json[i]
	}
	return out, nil
}

// args appends the fields of a row as arguments of a statement.
func (l *layout) args(row reflect.Value, to []any) ([]any, error) {
	to = slices.Grow(to, len(l.fields))
	for i, path := range l.fields {
		cell, err := cellOf(row.FieldByIndex(path), l.json[i])
		if err != nil {
			return nil, fmt.Errorf("encode %s of %s: %w", l.names[i], l.table, err)
		}
		to = append(to, cell)
	}
	return to, nil
}

// cell returns the destination for scanning a column of the row at an address.
type cell func(row unsafe.Pointer) any

// cellAt returns that of a column, without reflection for the usual types. That
// of a JSON column is used again for each row.
func (l *layout) cellAt(column int) cell {
	of, offset := l.types[column], l.offsets[column]
	if l.json[column] {
		to := &jsonCell{of: of}
		return func(row unsafe.Pointer) any {
			to.at = unsafe.Add(row, offset)
			return to
		}
	}
	switch of {
	case reflect.TypeFor[string]():
		return func(row unsafe.Pointer) any { return (*string)(unsafe.Add(row, offset)) }
	case reflect.TypeFor[Time]():
		return func(row unsafe.Pointer) any { return (*Time)(unsafe.Add(row, offset)) }
	case reflect.TypeFor[int64]():
		return func(row unsafe.Pointer) any { return (*int64)(unsafe.Add(row, offset)) }
	}
	return func(row unsafe.Pointer) any { return reflect.NewAt(of, unsafe.Add(row, offset)).Interface() }
}

// scan reads rows into structs of one layout, or a single column into values of
// another type.
type scan struct {
	layout *layout // nil for one column
	whole  bool    // all columns of the layout, in its order
}

var scannerType = reflect.TypeFor[sql.Scanner]()

// scanner returns the scan for rows of type R, and the query with * replaced by
// the columns of R.
func scanner[R any](text string) (scan, string, error) {
	t := reflect.TypeFor[R]()
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(scannerType) {
		return scan{}, text, nil
	}
	l, err := layoutOf(t)
	if err != nil {
		return scan{}, "", err
	}
	if rest, ok := strings.CutPrefix(text, "SELECT * "); ok {
		return scan{l, true}, "SELECT " + strings.Join(l.names, ", ") + " " + rest, nil
	}
	if head, ok := strings.CutSuffix(text, "RETURNING *"); ok {
		return scan{l, true}, head + "RETURNING " + strings.Join(l.names, ", "), nil
	}
	return scan{layout: l}, text, nil
}

// prepare returns a function that gives the scan destinations for the row that a
// pointer refers to.
func (s scan) prepare(rows *sql.Rows) (func(row any) []any, error) {
	if s.layout == nil {
		return func(row any) []any { return []any{row} }, nil
	}
	columns, err := s.columns(rows)
	if err != nil {
		return nil, err
	}
	cells := make([]cell, len(columns))
	for i, column := range columns {
		cells[i] = s.layout.cellAt(column)
	}
	to := make([]any, len(columns))
	return func(row any) []any {
		at := reflect.ValueOf(row).UnsafePointer()
		for i := range cells {
			to[i] = cells[i](at)
		}
		return to
	}, nil
}

// columns returns the positions in the layout of the fields that the result's
// columns are read into.
func (s scan) columns(rows *sql.Rows) ([]int, error) {
	names := s.layout.names
	if !s.whole {
		var err error
		if names, err = rows.Columns(); err != nil {
			return nil, err
		}
	}
	columns := make([]int, len(names))
	for i, name := range names {
		at, ok := s.layout.column[name]
		if !ok {
			return nil, fmt.Errorf("no field for the column %s of %s", name, s.layout.table)
		}
		columns[i] = at
	}
	return columns, nil
}

// cellOf returns a field as an argument of a statement.
func cellOf(f reflect.Value, asJSON bool) (any, error) {
	if asJSON {
		text, err := json.Marshal(f.Interface())
		if err != nil || string(text) == "null" {
			return nil, err
		}
		return string(text), nil
	}
	if f.CanAddr() { // the usual types, without a copy of the field
		switch v := f.Addr().Interface().(type) {
		case *string:
			return *v, nil
		case *Time:
			return v.Value()
		case *bool:
			return *v, nil
		}
	}
	if v, ok := f.Interface().(driver.Valuer); ok {
		return v.Value()
	}
	switch f.Kind() {
	case reflect.Pointer:
		if f.IsNil() {
			return nil, nil
		}
		return cellOf(f.Elem(), false)
	case reflect.Int, reflect.Int64: // also named number types
		return f.Int(), nil
	case reflect.String:
		return f.String(), nil
	default:
		return f.Interface(), nil
	}
}

// same reports whether a field has the same value in two rows.
func same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.String:
		return a.String() == b.String()
	case reflect.Bool:
		return a.Bool() == b.Bool()
	case reflect.Int, reflect.Int64:
		return a.Int() == b.Int()
	}
	if x, ok := a.Addr().Interface().(*Time); ok {
		return x.Equal(b.Addr().Interface().(*Time).Time)
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// JSON is a value to be stored in a JSON column.
type JSON struct{ Of any }

// Value returns the encoded value.
func (j JSON) Value() (driver.Value, error) { return cellOf(reflect.ValueOf(j.Of), true) }

// jsonCell decodes a JSON column to an address; NULL leaves what is there
// unchanged.
type jsonCell struct {
	of reflect.Type
	at unsafe.Pointer
}

// Scan decodes the column.
func (c *jsonCell) Scan(src any) error {
	switch text := src.(type) {
	case nil:
		return nil
	case string:
		return fastjson.Read(text, c.of, c.at)
	case []byte: // the driver's
		return fastjson.Read(string(text), c.of, c.at)
	}
	return fmt.Errorf("want JSON, got a %T", src)
}
