package db

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"gorm.io/gorm/schema"

	"aftercare/models/fastjson"
)

// layout maps the fields of a struct to the columns of its table. GORM reads it
// from the tags, so that each table is described once.
type layout struct {
	table           string
	names           []string
	fields          [][]int // index paths
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

// args returns the fields of a row as arguments of a statement.
func (l *layout) args(row reflect.Value) ([]any, error) {
	args := make([]any, len(l.fields))
	for i, path := range l.fields {
		var err error
		if args[i], err = cellOf(row.FieldByIndex(path), l.json[i]); err != nil {
			return nil, fmt.Errorf("encode %s of %s: %w", l.names[i], l.table, err)
		}
	}
	return args, nil
}

// cell returns the destination for scanning a column of a row.
func (l *layout) cell(row reflect.Value, column int) any {
	to := row.FieldByIndex(l.fields[column]).Addr().Interface()
	if l.json[column] {
		return jsonCell{to}
	}
	return to
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

// prepare returns a function that gives the scan destinations for a row.
func (s scan) prepare(rows *sql.Rows) (func(row reflect.Value) []any, error) {
	if s.layout == nil {
		return func(row reflect.Value) []any { return []any{row.Addr().Interface()} }, nil
	}
	columns, err := s.columns(rows)
	if err != nil {
		return nil, err
	}
	cells := make([]any, len(columns))
	return func(row reflect.Value) []any {
		for i, column := range columns {
			cells[i] = s.layout.cell(row, column)
		}
		return cells
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

// jsonCell decodes a JSON column; NULL leaves the destination unchanged.
type jsonCell struct{ to any }

// Scan decodes the column.
func (c jsonCell) Scan(src any) error {
	switch text := src.(type) {
	case nil:
		return nil
	case string:
		return fastjson.Unmarshal(text, c.to)
	case []byte: // the driver's
		return fastjson.Unmarshal(string(text), c.to)
	}
	return fmt.Errorf("want JSON, got a %T", src)
}
