package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Q runs statements: in a transaction, in a snapshot, or on the readers. The
// parameters of a statement are $1, $2 …, in any order.
type Q struct {
	ctx   context.Context
	conn  gorm.ConnPool
	lite  bool // SQLite
	trace func(text string, args []any)
	limit time.Duration // of one query; 0: that of the context
}

// bounded is the context of one query: a server that is frozen, or behind a
// cable that was cut, says nothing for minutes.
func (q Q) bounded() (context.Context, context.CancelFunc) {
	if q.limit == 0 {
		return q.ctx, func() {}
	}
	return context.WithTimeout(q.ctx, q.limit)
}

// statement gives SQLite its own form of numbered parameters: it takes $1 for a
// name and numbers names by their first appearance in the text.
func (q Q) statement(text string, args []any) string {
	if q.trace != nil {
		q.trace(text, args)
	}
	if q.lite {
		return strings.ReplaceAll(text, "$", "?")
	}
	return text
}

// Exec runs a statement and returns how many rows it changed.
func (q Q) Exec(text string, args ...any) (int64, error) {
	res, err := q.conn.ExecContext(q.ctx, q.statement(text, args), args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", verb(text), err)
	}
	return res.RowsAffected()
}

// Put inserts the row that the pointer names, or replaces the one with its key.
func (q Q) Put(row any) error {
	v := reflect.ValueOf(row).Elem()
	l, err := layoutOf(v.Type())
	if err != nil {
		return err
	}
	args, err := l.args(v)
	if err != nil {
		return err
	}
	_, err = q.Exec(l.upsertOf(1), args...)
	return err
}

// Change updates the columns in which two states of a row differ; both are
// pointers to it. Rows that do not differ run no statement.
func (q Q) Change(before, after any) error {
	a, b := reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem()
	l, err := layoutOf(b.Type())
	if err != nil {
		return err
	}
	var set, where []string
	var args Args
	for i, path := range l.fields {
		field := b.FieldByIndex(path)
		if !l.key[i] && reflect.DeepEqual(a.FieldByIndex(path).Interface(), field.Interface()) {
			continue
		}
		cell, err := cellOf(field, l.json[i])
		if err != nil {
			return fmt.Errorf("encode %s of %s: %w", l.names[i], l.table, err)
		}
		if l.key[i] {
			where = append(where, l.names[i]+" = "+args.Add(cell))
		} else {
			set = append(set, l.names[i]+" = "+args.Add(cell))
		}
	}
	if len(set) == 0 {
		return nil
	}
	_, err = q.Exec("UPDATE "+l.table+" SET "+strings.Join(set, ", ")+" WHERE "+strings.Join(where, " AND "), args...)
	return err
}

// ForUpdate ends a SELECT that takes the lock of a table's rows until the
// transaction ends. SQLite has one writer and no such words.
func (q Q) ForUpdate(table string) string {
	if q.lite {
		return ""
	}
	return " FOR UPDATE OF " + table
}

// Rows reads what the query finds, each row into an R: a struct by the names
// of its columns, or the one column into anything else. "SELECT * FROM" and
// "RETURNING *" are written out as the columns of R, so that a statement
// outlives a migration that adds one.
func Rows[R any](q Q, text string, args ...any) (out []R, err error) {
	scan, text, err := scanner[R](text)
	if err != nil {
		return nil, err
	}
	ctx, cancel := q.bounded()
	defer cancel()
	rows, err := q.conn.QueryContext(ctx, q.statement(text, args), args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", verb(text), err)
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	cells, err := scan.prepare(rows)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		out = append(out, *new(R))
		if err := rows.Scan(cells(reflect.ValueOf(&out[len(out)-1]).Elem())...); err != nil {
			return nil, fmt.Errorf("%s: read a row: %w", verb(text), err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", verb(text), err)
	}
	return out, nil
}

// ErrNoRow says that a query for one row found none.
var ErrNoRow = sql.ErrNoRows

// Row reads the first row that the query finds; none is ErrNoRow.
func Row[R any](q Q, text string, args ...any) (R, error) {
	rows, err := Rows[R](q, text, args...)
	if err == nil && len(rows) == 0 {
		err = ErrNoRow
	}
	if err != nil {
		return *new(R), err
	}
	return rows[0], nil
}

// Found reads the first row that the query finds; none is nil.
func Found[R any](q Q, text string, args ...any) (*R, error) {
	row, err := Row[R](q, text, args...)
	if errors.Is(err, ErrNoRow) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &row, nil
}

// Each calls fn with the columns and the values of every row that the query
// finds, one at a time: what is read need not fit into memory.
func (q Q) Each(text string, args []any, fn func(names []string, values []any) error) (err error) {
	rows, err := q.conn.QueryContext(q.ctx, q.statement(text, args), args...)
	if err != nil {
		return fmt.Errorf("%s: %w", verb(text), err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return fmt.Errorf("%s: %w", verb(text), err)
	}
	for rows.Next() {
		values, err := moving{rows, len(names)}.Values()
		if err != nil {
			return fmt.Errorf("%s: read a row: %w", verb(text), err)
		}
		if err := fn(names, values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// verb is the beginning of a statement, for an error: never a value.
func verb(text string) string {
	words := strings.Fields(text)
	return strings.ToLower(strings.Join(words[:min(3, len(words))], " "))
}
