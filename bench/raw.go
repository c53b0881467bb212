package main

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// raw is the minimum that any server on this storage spends on a judged report:
// it looks up the token, reads the account with everything that its judgement
// needs in one row, stores the report, that row, the episode and three
// reminders, and shares a commit with up to 63 others, synced before it
// responds. Every statement finds its rows by a key. Nothing is validated or
// judged, and the stored data has the sizes of ours.
type raw struct {
	db     *sql.DB
	writes chan write
}

type write struct {
	account, id string
	body        []byte
	done        chan error
}

const rawSchema = `
CREATE TABLE accounts (id TEXT PRIMARY KEY, seq INTEGER, judge_at INTEGER);
CREATE TABLE tokens (hash BLOB PRIMARY KEY, account_id TEXT) WITHOUT ROWID;
CREATE TABLE derived (account_id TEXT PRIMARY KEY, seq INTEGER, body BLOB);
CREATE TABLE reports (account_id TEXT, id TEXT, observed_at INTEGER, seq INTEGER, answers TEXT, assessment TEXT, PRIMARY KEY (account_id, id));
CREATE INDEX reports_observed ON reports (account_id, observed_at);
CREATE INDEX reports_seq ON reports (account_id, seq);
CREATE TABLE episodes (account_id TEXT, id INTEGER, seq INTEGER, body TEXT, PRIMARY KEY (account_id, id));
CREATE TABLE reminders (account_id TEXT, id INTEGER, due_at INTEGER, seq INTEGER, ended_at INTEGER, body TEXT, PRIMARY KEY (account_id, id));
CREATE INDEX reminders_open ON reminders (account_id, due_at) WHERE ended_at IS NULL;
CREATE INDEX reminders_seq ON reminders (account_id, seq)`

// rawOptions are ours: an acknowledged write survives a power cut.
const rawOptions = "?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=10000&_cache_size=-16000&_stmt_cache_size=64&_txlock=immediate"

// Sizes in bytes of an account's data.
const (
	rawDerived = 4800
	rawRow     = 200
)

func (b *bench) startRaw() (*process, error) {
	dir := filepath.Join(b.dir, "raw")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "raw.db")
	db, err := sql.Open("sqlite3", "file:"+file+rawOptions)
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec(rawSchema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	err = edit(file, func(tx *sql.Tx) error { return fillRaw(tx, b.people) })
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(dir, "/livez", nil, self, "raw", file, "ADDRESS")
}

func fillRaw(tx *sql.Tx, all people) error {
	text := strings.Repeat("x", rawDerived)
	var errs []error
	exec := func(statement string, args ...any) {
		_, err := tx.Exec(statement, args...)
		errs = append(errs, err)
	}
	for _, who := range all.Accounts {
		hash := sha256.Sum256([]byte(who.Token))
		exec("INSERT INTO accounts VALUES (?, 1000, 0)", who.ID)
		exec("INSERT INTO tokens VALUES (?, ?)", hash[:], who.ID)
		exec("INSERT INTO derived VALUES (?, 1000, ?)", who.ID, []byte(text))
		exec("INSERT INTO episodes VALUES (?, 0, 0, ?)", who.ID, text[:rawRow])
		for n := range 60 {
			exec("INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?)", who.ID, fmt.Sprintf("report-%06d", n), n, n, text[:rawRow], text[:rawRow])
		}
		for n := range 550 {
			var ended any = n
			if n >= 525 {
				ended = nil
			}
			exec("INSERT INTO reminders VALUES (?, ?, ?, ?, ?, ?)", who.ID, n, n, n, ended, text[:rawRow])
		}
	}
	return errors.Join(errs...)
}

// serveRaw runs the process that is measured.
func serveRaw(file, address string) error {
	db, err := sql.Open("sqlite3", "file:"+file+rawOptions)
	if err != nil {
		return err
	}
	r := &raw{db, make(chan write, 64)}
	go r.write()
	return fasthttp.ListenAndServe(address, r.handle)
}

func (r *raw) handle(ctx *fasthttp.RequestCtx) {
	path := string(ctx.Path())
	if path == "/livez" {
		return
	}
	token, _ := strings.CutPrefix(string(ctx.Request.Header.Peek("Authorization")), "Bearer ")
	hash := sha256.Sum256([]byte(token))
	var account string
	err := r.db.QueryRow("SELECT account_id FROM tokens WHERE hash = ?", hash[:]).Scan(&account)
	switch {
	case err != nil:
	case ctx.IsPut():
		w := write{account, path[strings.LastIndexByte(path, '/')+1:], ctx.PostBody(), make(chan error, 1)}
		r.writes <- w
		err = <-w.done
	case path == "/v1/rest":
		err = r.rest(ctx, account)
	default:
		err = r.list(ctx, account)
	}
	if err != nil {
		ctx.Error(err.Error(), fasthttp.StatusInternalServerError)
	}
}

func (r *raw) rest(ctx *fasthttp.RequestCtx, account string) error {
	var due int64
	var body []byte
	err := r.db.QueryRow(`SELECT d.body, (SELECT due_at FROM reminders WHERE account_id = d.account_id AND ended_at IS NULL ORDER BY due_at LIMIT 1)
		FROM derived d WHERE d.account_id = ?`, account).Scan(&body, &due)
	fmt.Fprintf(ctx, `{"state":"resting","next_reminder_at":%d,"body":%q}`, due, body[:500])
	return err
}

func (r *raw) list(ctx *fasthttp.RequestCtx, account string) error {
	rows, err := r.db.Query("SELECT id, observed_at, answers, assessment FROM reports WHERE account_id = ? ORDER BY observed_at DESC LIMIT 50", account)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, answers, assessment string
		var at int64
		if err := rows.Scan(&id, &at, &answers, &assessment); err != nil {
			return err
		}
		fmt.Fprintf(ctx, `{"id":%q,"observed_at":%d,"answers":%q,"assessment":%q},`, id, at, answers, assessment)
	}
	return rows.Err()
}

// write commits the waiting requests, up to 64 together.
func (r *raw) write() {
	for first := range r.writes {
		group := []write{first}
		for len(group) < cap(r.writes) && len(r.writes) > 0 {
			group = append(group, <-r.writes)
		}
		err := r.commit(group)
		for _, w := range group {
			w.done <- err
		}
	}
}

func (r *raw) commit(group []write) error {
	tx, err := r.db.Begin()
	if err != nil {
		return err
	}
	for _, w := range group {
		if err := store(tx, w); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// store writes one report.
func store(tx *sql.Tx, w write) error {
	var seq int64
	var derived []byte
	err := tx.QueryRow("SELECT a.seq, d.body FROM accounts a JOIN derived d ON d.account_id = a.id WHERE a.id = ?", w.account).Scan(&seq, &derived)
	if err != nil {
		return err
	}
	seq++
	now := time.Now().UnixMilli()
	for _, s := range []struct {
		text string
		args []any
	}{
		{"INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?)", []any{w.account, w.id, now, seq, w.body, string(derived[:rawRow])}},
		{"UPDATE episodes SET seq = ?, body = ? WHERE account_id = ? AND id = 0", []any{seq, string(derived[:rawRow]), w.account}},
		{"UPDATE reminders SET due_at = ?, seq = ? WHERE account_id = ? AND id = 547", []any{now, seq, w.account}},
		{"UPDATE reminders SET due_at = ?, seq = ? WHERE account_id = ? AND id = 548", []any{now, seq, w.account}},
		{"UPDATE reminders SET due_at = ?, seq = ? WHERE account_id = ? AND id = 549", []any{now, seq, w.account}},
		{"UPDATE derived SET seq = ?, body = ? WHERE account_id = ?", []any{seq, derived, w.account}},
		{"UPDATE accounts SET seq = ?, judge_at = ? WHERE id = ?", []any{seq, now, w.account}},
	} {
		if _, err := tx.Exec(s.text, s.args...); err != nil {
			return err
		}
	}
	return nil
}
