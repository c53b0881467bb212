package models

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"sync"
	"time"

	"aftercare/models/care"
	"aftercare/models/db"
)

// digestMax is the largest size of a derived row in bytes. An account with as
// many rows as one may hold fits: 46,000 reports make 5.5 MB, and reading the
// tables instead takes three to ten times as long. A test lowers it.
var digestMax = 8 << 20

// Limits of a derived row.
const (
	// digestLife is how long a row is updated before it is rebuilt: its window
	// does not slide.
	digestLife = 30 * 24 * time.Hour
	// digestExcess is how much earlier than needed its window may begin: after an
	// upload of old rows it holds a history that no later write judges.
	digestExcess = 30 * 24 * time.Hour
)

// digestVersion distinguishes rows of another layout or knowledge version.
var digestVersion = func() uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, typeHash(reflect.TypeFor[kept]()), typeHash(reflect.TypeFor[care.Rest]()), care.KBVersion) // never fails
	return h.Sum64()
}()

// history returns what a judgement needs: from the derived row if that holds
// all of it, else from the tables.
func (a *opened) history(q db.Q, touched, now time.Time) (*history, error) {
	h, err := a.unpack(q, now)
	if err != nil {
		return nil, err
	}
	if h != nil && h.fits(touched, now) {
		return h, nil
	}
	var gap time.Duration
	if h == nil { // the person, or the knowledge, may be another
		gap = care.TakeOverGap
	} else {
		h.free()
	}
	return loadHistory(q, &a.Account, touched, now, gap)
}

// readTables makes the next judgement read the tables. What is known about a
// person or a roller affects every row that is judged: these must be the rows
// of the window, not those of the wider one that a derived row may hold.
func (a *opened) readTables() { a.DigestBody = nil }

// unpack returns the history in the derived row, or nil if that is missing, of
// another version, too old or outdated.
func (a *opened) unpack(q db.Q, now time.Time) (*history, error) {
	h := &history{now: now, person: &a.Account, healed: map[string]bool{}, unpacker: unpackers.Get().(*unpacker)}
	current, err := unpackVersioned(h.unpacker, a.DigestBody, &h.kept) && now.Sub(h.BuiltAt) <= digestLife, error(nil)
	if current && a.DigestSeq != a.ChangeSeq {
		current, err = h.catchUp(q, a.DigestSeq, a.ChangeSeq)
	}
	if err != nil || !current {
		h.free()
		return nil, err
	}
	return h, nil
}

// catchUp applies what other writes have changed since: the jobs update
// reminders several times a day, and a phone's first request of the day only
// the account. It reports whether nothing else changed.
func (h *history) catchUp(q db.Q, from, to int64) (bool, error) {
	moved, err := factsMoved(q, h.person.ID, from, to)
	if err != nil || moved {
		return false, err
	}
	rows, err := db.Rows[Reminder](q, "SELECT * FROM reminders WHERE account_id = $1 AND seq > $2 AND seq <= $3", h.person.ID, from, to)
	if err != nil {
		return false, err
	}
	for i := range rows {
		if slices.Contains(planned(), rows[i].Kind) {
			h.learn(&rows[i])
		}
	}
	return true, nil
}

// factsMoved reports whether rows that affect judging were written between two
// numbers of the account's change feed.
func factsMoved(q db.Q, account string, from, to int64) (bool, error) {
	const since = "WHERE account_id = $1 AND seq > $2 AND seq <= $3)"
	return db.Row[bool](q, `SELECT EXISTS (SELECT 1 FROM reports `+since+` OR EXISTS (SELECT 1 FROM sessions `+since+`
		OR EXISTS (SELECT 1 FROM rollers `+since+` OR EXISTS (SELECT 1 FROM progress `+since+` OR EXISTS (SELECT 1 FROM clinician_events `+since+` OR EXISTS (SELECT 1 FROM episodes `+since+` OR EXISTS (SELECT 1 FROM warnings `+since,
		account, from, to)
}

// packing has room for what is packed of one judgement.
type packing struct{ body, answer []byte }

var packings = sync.Pool{New: func() any { return &packing{make([]byte, 0, 8<<10), make([]byte, 0, 256)} }}

// versioned appends the version of packed values, which differs between versions
// of the program.
func versioned(to []byte) []byte { return binary.LittleEndian.AppendUint64(to, digestVersion) }

// unpackVersioned unpacks the value and reports whether it was of this version.
func unpackVersioned[T any](u *unpacker, from []byte, value *T) bool {
	return len(from) > 8 && binary.LittleEndian.Uint64(from) == digestVersion && unpack(u, from[8:], value) == nil
}

// learn puts a reminder in the place of the one with its id.
func (h *history) learn(r *Reminder) {
	i := slices.IndexFunc(h.Reminders, func(o *Reminder) bool { return o.ID == r.ID })
	if i >= 0 {
		h.Reminders[i] = r
		return
	}
	h.Reminders = append(h.Reminders, r)
}

// fits reports whether the window covers everything that a change at touched can
// affect, and not much more.
func (h *history) fits(touched, now time.Time) bool {
	var report, session time.Time
	for _, r := range h.Reports {
		if r.At.After(report) {
			report = r.At
		}
	}
	for _, s := range h.Sessions {
		if at := s.Time(); at.After(session) {
			session = at
		}
	}
	spans := make([]care.Span, 0, len(h.Episodes))
	for _, e := range h.Episodes {
		if e.State != EpisodeVoid {
			spans = append(spans, care.Span{From: e.OnsetAt.Time, Until: e.SettledAt.Time})
		}
	}
	need := care.WindowOf(now, touched, report, session, spans)
	return !need.Judge.Before(h.Window.Judge) && !need.Reports.Before(h.Window.Reports) && !need.Sessions.Before(h.Window.Sessions) &&
		need.Judge.Sub(h.Window.Judge) < digestExcess
}

// storeDigest stores the history for the next judgement, which catches up with
// rows that this write numbers afterwards, and the answer to "may I roll?".
func (tx *Tx) storeDigest(h *history, v care.Verdict) error {
	room := packings.Get().(*packing)
	defer packings.Put(room)
	room.body = pack(versioned(room.body[:0]), &h.kept)
	room.answer = pack(versioned(room.answer[:0]), &v.Rest)
	body := room.body
	if len(body) > digestMax {
		body = body[:0]
	}
	err := tx.q.Exec(`INSERT INTO digests (account_id, seq, body, answer, answer_until) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id) DO UPDATE SET seq = excluded.seq, body = excluded.body, answer = excluded.answer, answer_until = excluded.answer_until`,
		tx.Account, tx.tx.LastSeq(), body, room.answer, T(v.Next))
	if err != nil {
		return fmt.Errorf("store the derived row: %w", err)
	}
	return nil
}

// dropDigest deletes the derived row, so that the next judgement reads the
// tables.
func (tx *Tx) dropDigest() error {
	if err := tx.q.Exec("DELETE FROM digests WHERE account_id = $1", tx.Account); err != nil {
		return fmt.Errorf("drop the derived row: %w", err)
	}
	return nil
}
