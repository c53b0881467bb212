package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"gorm.io/gorm"
)

// WriteAhead is WriteFor for a write that may be prepared before its turn. SQLite
// has one writer, so whatever a write reads and works out in its turn holds up
// all others. Prepared, it reads a snapshot on a reading connection, and what it
// would change is kept as statements; its turn comes with nothing left to do but
// these, if the account's counter is still the one that fn has told Raised.
// Otherwise, and whenever preparing fails for any reason, fn runs in its turn as
// any write.
//
// fn may so run twice: it must assign its results, not add to them, and it must not
// look at how many rows a statement changed. guarded are the tables of which no
// row changes without the counter of its account; what is read of others is read
// once more in the turn.
func (s *Store) WriteAhead(ctx context.Context, account string, guarded []string, fn func(tx *Tx) error) error {
	return s.writeFor(ctx, account, guarded, fn)
}

// prepared is a write that has run before its turn.
type prepared struct {
	tx         *Tx
	seen       []seen
	statements []statement
}

// seen is what a write has read that its account's counter does not guard.
type seen struct {
	statement
	rows string
}

type statement struct {
	text string
	args []any
}

// early prepares a write, if that can be done; done is called when the write is over.
func (s *Store) early(ctx context.Context, account string, guarded []string, fn func(tx *Tx) error) (p *prepared, done func()) {
	if _, one := s.commits.(*group); !one || guarded == nil {
		return nil, func() {}
	}
	if s.earlies.begin(account) && s.earlies.take(ctx) {
		p = s.prepare(ctx, guarded, fn)
		s.earlies.give()
	}
	return p, func() { s.earlies.end(account) }
}

// prepare runs fn before its turn; nil: it must wait for that.
func (s *Store) prepare(ctx context.Context, guarded []string, fn func(tx *Tx) error) *prepared {
	conn, err := s.reading(ctx)
	if err != nil {
		return nil
	}
	defer func() { _ = conn.Close() }() // gives it back to the pool
	still := context.WithoutCancel(ctx)
	if _, err := conn.ExecContext(still, "BEGIN"); err != nil {
		return nil
	}
	defer func() { _, _ = conn.ExecContext(still, "ROLLBACK") }() // it has changed nothing
	a := &ahead{conn: conn, guarded: guarded}
	q := s.q(still, a)
	q.health = nil // if something is wrong, the write meets it in its turn
	tx := &Tx{Q: q, Now: s.Now(), clock: s.Now}
	err = guard(ctx, s.opts.Log, func() error { return fn(tx) })
	if err != nil || a.gaveUp {
		return nil
	}
	a.tx = tx
	return &a.prepared
}

// reading takes one of the connections for reading.
func (s *Store) reading(ctx context.Context) (*sql.Conn, error) {
	pool, err := s.pool.DB()
	if err != nil {
		return nil, err
	}
	return pool.Conn(ctx)
}

// store runs what was prepared. It changes nothing and answers false if what that was
// made of is no longer so.
func (p *prepared) store(q Q) (current bool, err error) {
	for _, s := range p.seen {
		if rows, err := contents(q.ctx, q.conn, s.text, s.args); err != nil || rows != s.rows {
			return false, err
		}
	}
	c := p.tx.counters[p.tx.Account]
	last := max(c.next-1, c.stored+1)
	n, err := q.Exec("UPDATE accounts SET change_seq = $1 WHERE id = $2 AND change_seq = $3", last, p.tx.Account, c.stored)
	if err != nil || n == 0 {
		return false, err
	}
	c.stored, c.due = last, false
	for _, s := range p.statements {
		if _, err := q.conn.ExecContext(q.ctx, s.text, s.args...); err != nil {
			return true, q.failed(s.text, err)
		}
	}
	return true, nil
}

// ahead is the connection of a write that runs before its turn.
type ahead struct {
	gorm.ConnPool // has nothing but what is below
	conn          *sql.Conn
	guarded       []string
	changed       []string // tables
	prepared
	gaveUp bool
}

var errNotAhead = errors.New("cannot be known before the write's turn")

// ExecContext keeps a statement for the turn, with its values as they are now.
func (a *ahead) ExecContext(_ context.Context, text string, args ...any) (sql.Result, error) {
	kept := make([]any, len(args))
	for i, arg := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			a.gaveUp = true
			return nil, fmt.Errorf("parameter %d: %w", i+1, err)
		}
		if b, ok := v.([]byte); ok {
			v = slices.Clone(b)
		}
		kept[i] = v
	}
	a.statements = append(a.statements, statement{text, kept})
	a.changed = append(a.changed, tablesIn(text)...)
	return driver.RowsAffected(0), nil
}

// QueryContext reads, unless the write has changed what it would read. What the
// counter does not guard is kept, to be compared in the turn.
func (a *ahead) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	guarded := true
	for _, table := range tablesIn(text) {
		if slices.Contains(a.changed, table) {
			a.gaveUp = true
			return nil, errNotAhead
		}
		guarded = guarded && slices.Contains(a.guarded, table)
	}
	if !guarded {
		rows, err := contents(ctx, a.conn, text, args)
		if err != nil {
			a.gaveUp = true
			return nil, err
		}
		a.seen = append(a.seen, seen{statement{text, args}, rows})
	}
	return a.conn.QueryContext(ctx, text, args...)
}

// contents returns all that a query finds, as text.
func contents(ctx context.Context, conn gorm.ConnPool, text string, args []any) (string, error) {
	rows, err := conn.QueryContext(ctx, text, args...)
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }() // its error is also that of Err
	names, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var out []byte
	for rows.Next() {
		values, err := moving{rows, len(names)}.Values()
		if err != nil {
			return "", err
		}
		out = fmt.Appendf(out, "%#v\n", values)
	}
	return string(out), rows.Err()
}

// named finds the tables of a statement.
var named = regexp.MustCompile(`\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)`)

var namedIn sync.Map // by statement

// tablesIn returns the tables that a statement names.
func tablesIn(text string) []string {
	if known, ok := namedIn.Load(text); ok {
		return known.([]string)
	}
	var out []string
	for _, match := range named.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(out, match[1]) {
			out = append(out, match[1])
		}
	}
	namedIn.Store(text, out)
	return out
}

// earlies bounds what is prepared at once.
type earlies struct {
	slots   chan struct{}
	mu      sync.Mutex
	writing map[string]int // writes that may be prepared, by account
}

func newEarlies() earlies {
	return earlies{slots: make(chan struct{}, readers/2), writing: map[string]int{}}
}

// begin returns whether a write of an account is the only one: of several, all but
// the first to be stored would be prepared for nothing.
func (e *earlies) begin(account string) (alone bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.writing[account]++
	return e.writing[account] == 1
}

func (e *earlies) end(account string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.writing[account]--; e.writing[account] == 0 {
		delete(e.writing, account)
	}
}

// take waits for a slot and reports whether there is one before the caller is gone.
func (e *earlies) take(ctx context.Context) bool {
	select {
	case e.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (e *earlies) give() { <-e.slots }
