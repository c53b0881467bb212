package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Q runs statements in a transaction, in a snapshot, or on the read pool. The
// parameters of a statement are $1, $2 …, in any order.
type Q struct {
	ctx    context.Context
	conn   gorm.ConnPool
	lite   bool // SQLite
	trace  func(text string, args []any)
	limit  time.Duration // time limit of a query; 0: only the context's
	coded  func(error) error
	health *health // counts errors; nil: nobody does
	part   *part   // of a batch; nil: the connection is its own
	later  bool    // see Later
}

// bounded returns a context with the time limit of one query: a server that is
// frozen, or whose cable was cut, may not answer for minutes.
func (q Q) bounded() (context.Context, context.CancelFunc) {
	if q.limit == 0 {
		return q.ctx, func() {}
	}
	return context.WithTimeout(q.ctx, q.limit)
}

// Coded returns a Q whose errors are converted by coded, for reads outside a
// write.
func (q Q) Coded(coded func(error) error) Q {
	q.coded = coded
	return q
}

// failed returns the error with the first words of its statement, never with a
// value.
func (q Q) failed(text string, err error) error {
	words := strings.Fields(text)
	if q.health != nil {
		q.health.failed(err)
	}
	if errors.Is(err, context.DeadlineExceeded) && q.ctx.Err() == nil { // it was the limit of the query
		err = &Busy{"the database did not answer in time; try again", err, true}
	}
	err = fmt.Errorf("%s: %w", strings.ToLower(strings.Join(words[:min(3, len(words))], " ")), Away(err))
	if q.coded != nil {
		err = q.coded(err)
	}
	return err
}

// statement returns the text with SQLite's numbered parameters: SQLite would
// take $1 for a name and number names by first appearance.
func (q Q) statement(text string, args []any) string {
	if q.trace != nil {
		q.trace(text, args)
	}
	if q.lite {
		return strings.ReplaceAll(text, "$", "?")
	}
	return text
}

// Later returns a Q whose Exec may run as late as the end of the write, in its
// order, and reports then that it failed: for a caller that does not ask. So the
// write needs its turn only at its end (see part).
func (q Q) Later() Q {
	q.later = true
	return q
}

// Exec runs a statement.
func (q Q) Exec(text string, args ...any) error {
	if q.later && q.part != nil {
		return q.part.keep(q, text, args)
	}
	_, err := q.ExecCount(text, args...)
	return err
}

// ExecCount runs a statement at once and returns how many rows it changed.
func (q Q) ExecCount(text string, args ...any) (int64, error) {
	if err := q.part.enter(text); err != nil {
		return 0, q.failed(text, err)
	}
	defer q.part.leave()
	return q.run(text, args)
}

func (q Q) run(text string, args []any) (int64, error) {
	res, err := q.conn.ExecContext(q.ctx, q.statement(text, args), args...)
	if err != nil {
		return 0, q.failed(text, err)
	}
	return res.RowsAffected()
}

// Put inserts the row that the pointer refers to, or replaces the one with the
// same key.
func (q Q) Put(row any) error {
	v := reflect.ValueOf(row).Elem()
	l, err := layoutOf(v.Type())
	if err != nil {
		return err
	}
	args, err := l.args(v, nil)
	if err != nil {
		return err
	}
	return q.Exec(l.upsertOf(1), args...)
}

// Change updates the columns in which two states of a row differ; both
// arguments are pointers. If nothing differs, no statement runs.
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
		if !l.key[i] && same(a.FieldByIndex(path), field) {
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
	return q.Exec("UPDATE "+l.table+" SET "+strings.Join(set, ", ")+" WHERE "+strings.Join(where, " AND "), args...)
}

// ForUpdate returns the end of a SELECT that locks the table's rows until the
// transaction ends. It is empty on SQLite, which has only one writer.
func (q Q) ForUpdate(table string) string {
	if q.lite {
		return ""
	}
	return " FOR UPDATE OF " + table
}

// Rows returns the rows that the query finds, each as an R: a struct filled by
// column name, or any other type for a single column. "SELECT * FROM" and
// "RETURNING *" are expanded to the columns of R, so that a statement still
// works after a migration adds a column.
func Rows[R any](q Q, text string, args ...any) (out []R, err error) {
	scan, text, err := scanner[R](text)
	if err != nil {
		return nil, err
	}
	ctx, cancel := q.bounded()
	defer cancel()
	if err := q.part.enter(text); err != nil {
		return nil, q.failed(text, err)
	}
	defer q.part.leave()
	rows, err := q.conn.QueryContext(ctx, q.statement(text, args), args...)
	if err != nil {
		return nil, q.failed(text, err)
	}
	defer func() { _ = rows.Close() }() // its error is also that of Err
	cells, err := scan.prepare(rows)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		if n := len(out); n == cap(out) && n < 64 { // a row may be large: copied less often than by append
			out = slices.Grow(out, max(1, 3*n))
		}
		out = append(out, *new(R))
		if err := rows.Scan(cells(&out[len(out)-1])...); err != nil {
			return nil, q.failed(text, fmt.Errorf("read a row: %w", err))
		}
	}
	if err := rows.Err(); err != nil {
		return nil, q.failed(text, err)
	}
	return out, nil
}

// ErrNoRow means that a query for one row found none.
var ErrNoRow = sql.ErrNoRows

// Row returns the first row that the query finds, or ErrNoRow.
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

// Found returns the first row that the query finds, or nil.
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

// Each calls fn with the columns and values of each row that the query finds,
// one at a time, so that the rows need not fit into memory. In a write fn must run
// no statement: the connection is in use.
func (q Q) Each(text string, args []any, fn func(names []string, values []any) error) (err error) {
	if err := q.part.enter(text); err != nil {
		return q.failed(text, err)
	}
	defer q.part.leave()
	rows, err := q.conn.QueryContext(q.ctx, q.statement(text, args), args...)
	if err != nil {
		return q.failed(text, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return q.failed(text, err)
	}
	for rows.Next() {
		values, err := moving{rows, len(names)}.Values()
		if err != nil {
			return q.failed(text, fmt.Errorf("read a row: %w", err))
		}
		if err := fn(names, values); err != nil {
			return err
		}
	}
	return rows.Err()
}
