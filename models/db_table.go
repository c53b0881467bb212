package models

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"gorm.io/gorm"
	gormschema "gorm.io/gorm/schema"
)

// The store's hottest statements, those that judge a history, go past gorm's
// callbacks: they were more than half of a write's time. The layout of a row
// is still gorm's, so there is one description of each table.

// layout is how a type stands in its table.
type layout struct {
	table  string
	names  []string
	fields [][]int // index paths
	json   []bool
	upsert string
}

var layouts sync.Map // by reflect.Type

func layoutOf(db *gorm.DB, t reflect.Type) (*layout, error) {
	if l, ok := layouts.Load(t); ok {
		return l.(*layout), nil
	}
	s, err := gormschema.Parse(reflect.New(t).Interface(), &sync.Map{}, db.NamingStrategy)
	if err != nil {
		return nil, fmt.Errorf("read the layout of %s: %w", t, err)
	}
	l := &layout{table: s.Table}
	var set, marks []string
	for _, f := range s.Fields {
		if f.DBName == "" {
			continue
		}
		l.names, l.fields, l.json = append(l.names, f.DBName), append(l.fields, f.StructField.Index), append(l.json, f.Serializer != nil)
		marks = append(marks, fmt.Sprintf("$%d", len(l.names)))
		if !f.PrimaryKey {
			set = append(set, f.DBName+" = excluded."+f.DBName)
		}
	}
	l.upsert = fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (%s) DO UPDATE SET %s", l.table, strings.Join(l.names, ", "),
		strings.Join(marks, ", "), strings.Join(s.PrimaryFieldDBNames, ", "), strings.Join(set, ", "))
	layouts.Store(t, l)
	return l, nil
}

// selectRows reads the rows for which the condition holds. Its parameters are
// $1, $2 … in the order in which they first stand: so both databases read them.
func selectRows[R any](db *gorm.DB, where string, args ...any) (out []R, err error) {
	l, err := layoutOf(db, reflect.TypeFor[R]())
	if err != nil {
		return nil, err
	}
	query := "SELECT " + strings.Join(l.names, ", ") + " FROM " + l.table + " WHERE " + where
	rows, err := db.Statement.ConnPool.QueryContext(db.Statement.Context, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", l.table, err)
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	cells := make([]any, len(l.names))
	for rows.Next() {
		out = append(out, *new(R))
		row := reflect.ValueOf(&out[len(out)-1]).Elem()
		for i, path := range l.fields {
			cells[i] = row.FieldByIndex(path).Addr().Interface()
			if l.json[i] {
				cells[i] = jsonCell{cells[i]}
			}
		}
		if err := rows.Scan(cells...); err != nil {
			return nil, fmt.Errorf("read a row of %s: %w", l.table, err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", l.table, err)
	}
	return out, nil
}

// selectRow reads one row past gorm into the destinations.
func selectRow(db *gorm.DB, query string, args []any, to ...any) error {
	return db.Statement.ConnPool.QueryRowContext(db.Statement.Context, query, args...).Scan(to...)
}

// cellOf is a field as the database is given it.
func cellOf(f reflect.Value, asJSON bool) (any, error) {
	if asJSON {
		text, err := json.Marshal(f.Interface())
		if err != nil || string(text) == "null" {
			return nil, err
		}
		return string(text), nil
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
	case reflect.Int, reflect.Int64: // names of tiers, too, are stored as numbers
		return f.Int(), nil
	default:
		return f.Interface(), nil
	}
}

// jsonCell reads a column of JSON; NULL leaves what is there.
type jsonCell struct{ to any }

// Scan decodes the column.
func (c jsonCell) Scan(src any) error {
	switch text := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(text), c.to)
	case []byte:
		return json.Unmarshal(text, c.to)
	}
	return fmt.Errorf("want JSON, got a %T", src)
}

// list numbers the parameters of IN lists.
type list struct{ args []any }

// add is the list of the words in parentheses; NULL, in which nothing is, for
// none.
func (l *list) add(words ...string) string {
	if len(words) == 0 {
		return "(NULL)"
	}
	marks := make([]string, 0, len(words))
	for _, w := range words {
		l.args = append(l.args, w)
		marks = append(marks, fmt.Sprintf("$%d", len(l.args)))
	}
	return "(" + strings.Join(marks, ", ") + ")"
}

// moving hands rows of SQLite to COPY; the driver gives each column the Go type
// of its declaration, and both schemas declare the same.
type moving struct {
	*sql.Rows
	columns int
}

// Values is the current row.
func (m moving) Values() ([]any, error) {
	values, into := make([]any, m.columns), make([]any, m.columns)
	for i := range values {
		into[i] = &values[i]
	}
	return values, m.Scan(into...)
}
