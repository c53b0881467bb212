package db

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"
	"sync"
)

// batch is a transaction that several requests share.
type batch struct {
	conn    *sql.Conn
	use     sync.Mutex // one statement at a time
	broken  error      // why the transaction cannot be committed; belongs to the part whose turn it is
	members []*request
	running []*part // may not have ended yet, in their order
}

// partsAtOnce is how many requests run beside each other. With one a core is idle;
// five gave no more than three (docs/performance.md).
const partsAtOnce = 4

// part is what one request does in a batch, in a savepoint of its own.
//
// Most of a write is reading and judging. So a request for one account begins
// while those before it, for other accounts, still run, and waits for its turn
// only when it writes: what it has read, nobody else changes meanwhile.
type part struct {
	*batch
	*request
	before *part // whose writes come first; nil: they have ended
	ended  chan struct{}
	inTurn bool            // its savepoint is open
	kept   []keptStatement // to be run in its turn
	failed error           // of one of those: the write fails, whatever its caller makes of it
}

// makeWay waits until a request may begin: not beside another one for its account,
// or for no single account, and not beside too many.
func (b *batch) makeWay(r *request) {
	for i := len(b.running) - 1; i >= 0; i-- {
		p := b.running[i]
		if len(b.running)-i >= partsAtOnce || p.account == "" || r.account == "" || p.account == r.account {
			p.wait()
			b.running = b.running[i+1:] // those before it have ended too
			return
		}
	}
}

// last returns the part that was started last; nil: all have ended.
func (b *batch) last() *part {
	if len(b.running) == 0 {
		return nil
	}
	return b.running[len(b.running)-1]
}

// start runs a request beside those that are running; it writes after them.
func (b *batch) start(q newQ, r *request) {
	p := &part{batch: b, request: r, before: b.last(), ended: make(chan struct{})}
	b.members = append(b.members, r)
	b.running = append(b.running, p)
	go p.run(q)
}

// wait returns when the part has ended; nil is none.
func (p *part) wait() {
	if p != nil {
		<-p.ended
	}
}

// run runs the request and stores its error in it. An error that breaks the
// transaction itself, as a full disk does, is the batch's.
func (p *part) run(newQ newQ) {
	defer close(p.ended)
	broken := errors.New("the write did not end") // a test failed inside fn
	defer func() {
		p.before.wait()
		if p.broken == nil {
			p.broken = broken
		}
	}()
	// Interrupting a statement rolls back SQLite's whole transaction, so a
	// caller that goes away must not interrupt the other requests.
	q := newQ(context.WithoutCancel(p.ctx), p.conn)
	q.part = p
	if p.conn != nil {
		p.err = p.fn(q)
		broken = p.end()
	}
}

// end runs what is kept and closes the savepoint; if the request failed, it undoes
// what the request wrote.
func (p *part) end() error {
	if p.err == nil && len(p.kept) > 0 {
		p.err = p.takeTurn()
	}
	if p.err == nil {
		p.err = p.failed
	}
	if !p.inTurn {
		return nil
	}
	p.use.Lock()
	defer p.use.Unlock()
	ctx := context.Background()
	if p.err == nil {
		_, err := p.conn.ExecContext(ctx, "RELEASE request")
		return err
	}
	_, err := p.conn.ExecContext(ctx, "ROLLBACK TO request; RELEASE request")
	if err != nil && isAway(p.err) {
		return p.err // a full disk rolls back the whole transaction, including the savepoint
	}
	return err
}

// enter waits until a statement may run; leave lets the next one run. One that
// writes waits for the turn of its request, and so does one that reads what the
// request has written. A nil part is a connection that nobody shares.
func (p *part) enter(text string) error {
	if p == nil {
		return nil
	}
	writes := !strings.HasPrefix(text, "SELECT")
	if writes || slices.ContainsFunc(p.kept, func(s keptStatement) bool { return strings.Contains(text, s.table) }) {
		if err := p.takeTurn(); err != nil {
			return err
		}
	}
	p.use.Lock()
	return nil
}

func (p *part) leave() {
	if p != nil {
		p.use.Unlock()
	}
}

// takeTurn waits for the part before, opens the savepoint, and runs what is kept.
func (p *part) takeTurn() error {
	if p.failed != nil || p.inTurn && len(p.kept) == 0 {
		return p.failed
	}
	p.before.wait()
	if p.broken != nil {
		return p.broken
	}
	p.use.Lock()
	defer p.use.Unlock()
	if !p.inTurn {
		if _, err := p.conn.ExecContext(context.Background(), "SAVEPOINT request"); err != nil {
			return err
		}
		p.inTurn = true
	}
	kept := p.kept
	p.kept = nil
	for _, s := range kept {
		if _, p.failed = s.q.run(s.text, s.args); p.failed != nil {
			return p.failed
		}
	}
	return nil
}

// keptStatement is one that runs later.
type keptStatement struct {
	q     Q
	text  string
	args  []any
	table string // the only one in which it changes rows, or "", which every text contains
}

// keep keeps a statement, with its values as they are now.
func (p *part) keep(q Q, text string, args []any) error {
	s := keptStatement{q: q, text: text, args: make([]any, len(args)), table: changedBy(text)}
	for i, arg := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return q.failed(text, err)
		}
		if b, ok := v.([]byte); ok {
			v = bytes.Clone(b)
		}
		s.args[i] = v
	}
	p.kept = append(p.kept, s)
	return nil
}

// changedBy returns the only table in which a statement changes rows, or "": a
// DELETE may take rows of other tables along.
func changedBy(text string) string {
	rest, ok := strings.CutPrefix(text, "UPDATE ")
	if !ok {
		rest, ok = strings.CutPrefix(text, "INSERT INTO ")
	}
	if !ok {
		return ""
	}
	table, _, _ := strings.Cut(rest, " ")
	return table
}
