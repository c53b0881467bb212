package db

import (
	"reflect"
	"strconv"
	"strings"
)

// Args numbers the parameters of a statement that is assembled from parts.
type Args []any

// Add adds a parameter and returns its placeholder.
func (a *Args) Add(v any) string {
	*a = append(*a, v)
	return "$" + strconv.Itoa(len(*a))
}

// In adds the values and returns a parenthesised list of placeholders; for no
// values it returns (NULL), which matches nothing. A long list repeats its last
// value up to one of a few lengths, so that the driver's statement cache is
// effective.
func In[T any](a *Args, values ...T) string {
	if len(values) == 0 {
		return "(NULL)"
	}
	marks := make([]string, 0, padded(len(values)))
	for _, v := range values {
		marks = append(marks, a.Add(v))
	}
	for len(marks) < padded(len(values)) {
		marks = append(marks, a.Add(values[len(values)-1]))
	}
	return "(" + strings.Join(marks, ", ") + ")"
}

// padded returns the length to which a list or set of n rows is padded.
func padded(n int) int {
	if n <= 8 {
		return n
	}
	size := 16
	for size < n {
		size *= 4
	}
	return size
}

// Set returns "WITH name (columns) AS (VALUES …)", so that one statement
// handles many rows. A column name may be followed by its type, which
// PostgreSQL needs for everything except text: "seq BIGINT". The set is padded
// with rows of NULL, which match nothing, to one of a few sizes.
func Set(a *Args, name string, columns []string, rows [][]any) string {
	names, types := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		names[i], types[i], _ = strings.Cut(c, " ")
	}
	var text strings.Builder
	text.WriteString("WITH " + name + " (" + strings.Join(names, ", ") + ") AS (VALUES ")
	for n := range padded(len(rows)) {
		if n > 0 {
			text.WriteString("), ")
		}
		for i, separator := 0, "("; i < len(columns); i, separator = i+1, ", " {
			var v any
			if n < len(rows) {
				v = rows[n][i]
			}
			text.WriteString(separator)
			if types[i] == "" {
				text.WriteString(a.Add(v))
			} else {
				text.WriteString("CAST(" + a.Add(v) + " AS " + types[i] + ")")
			}
		}
	}
	text.WriteString("))")
	return text.String()
}

// putSizes are the numbers of rows that PutAll inserts per statement; few sizes
// mean few cached statements.
var putSizes = []int{64, 16, 4, 1}

// PutAll inserts or replaces several rows of one type.
func PutAll[R any](q Q, rows []*R) error {
	l, err := layoutOf(reflect.TypeFor[R]())
	if err != nil {
		return err
	}
	for _, size := range putSizes {
		for ; len(rows) >= size; rows = rows[size:] {
			args := make([]any, 0, size*len(l.fields))
			for _, r := range rows[:size] {
				if args, err = l.args(reflect.ValueOf(r).Elem(), args); err != nil {
					return err
				}
			}
			if err := q.Exec(l.upsertOf(size), args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// upsertOf returns the statement that inserts or replaces size rows.
func (l *layout) upsertOf(size int) string {
	if text, ok := l.upserts.Load(size); ok {
		return text.(string)
	}
	var args Args
	lines := make([]string, size)
	for n := range lines {
		marks := make([]string, len(l.names))
		for i := range marks {
			marks[i] = args.Add(nil)
		}
		lines[n] = "(" + strings.Join(marks, ", ") + ")"
	}
	text := l.insert + strings.Join(lines, ", ") + l.replace
	l.upserts.Store(size, text)
	return text
}
