package api

import (
	"database/sql"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"aftercare/models"
	"aftercare/models/storetest"
	"aftercare/models/texts"
)

// bareSync is what one would write by hand for these calls.
func (f *fleet) bareSync(b *testing.B) *fiber.App {
	app := f.bare()
	account := func(c *fiber.Ctx) string { return c.Locals("account").(string) }
	since := func(c *fiber.Ctx) int64 {
		n, _ := strconv.ParseInt(c.Query("lwt", c.Query("since", "0")), 10, 64)
		return n
	}
	app.Get("/v1/sync/reports/pull", func(c *fiber.Ctx) error {
		rows, at, err := f.bareReportsSince(account(c), since(c))
		return barePage(c, rows, at, err)
	})
	app.Get("/v1/sync/sessions/pull", func(c *fiber.Ctx) error {
		rows, at, err := f.bareSessionsSince(account(c), since(c))
		return barePage(c, rows, at, err)
	})
	app.Get("/v1/changes", func(c *fiber.Ctx) error {
		for _, table := range models.Collections() {
			if err := readAll(f.raw.Query("SELECT * FROM "+table+" WHERE account_id = ? AND seq > ? ORDER BY seq LIMIT 200", account(c), since(c))); err != nil { //nolint:gosec // a name of this schema
				return err
			}
		}
		var next int64
		if err := f.raw.QueryRow("SELECT change_seq FROM accounts WHERE id = ?", account(c)).Scan(&next); err != nil {
			return err
		}
		return c.JSON(fiber.Map{"changes": []any{}, "next": next, "more": false})
	})
	writes := f.copyForWrites(b)
	app.Post("/v1/sync/reports/push", func(c *fiber.Ctx) error { return barePush(c, writes, account(c)) })
	return app
}

func barePage(c *fiber.Ctx, rows []any, at *Checkpoint, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(struct {
		Documents  []any       `json:"documents"`
		Checkpoint *Checkpoint `json:"checkpoint"`
	}{rows, at})
}

// live marks a document as living.
type live[T any] struct {
	Deleted bool `json:"_deleted"`
	Row     T
}

// MarshalJSON writes the row with its mark.
func (l live[T]) MarshalJSON() ([]byte, error) {
	raw, err := json.Marshal(l.Row)
	return append([]byte(`{"_deleted":false,`), raw[1:]...), err
}

// inGB are the words of the person's language.
func inGB() words { return words{texts.For("", "en").In("GB"), "GB", time.UTC} }

func (f *fleet) bareReportsSince(account string, since int64) ([]any, *Checkpoint, error) {
	rows, err := f.raw.Query(`SELECT id, observed_at, effective_at, session_id, answers, note, episode_id, assessment, warning_ids, version, created_at, updated_at, seq
		FROM reports WHERE account_id = ? AND seq > ? ORDER BY seq LIMIT 1000`, account, since)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	w, items, at := inGB(), []any{}, &Checkpoint{}
	for rows.Next() {
		var r models.Report
		var answers, assessment, warnings []byte
		var observed, effective, created, updated int64
		if err := rows.Scan(&r.ID, &observed, &effective, &r.SessionID, &answers, &r.Note, &r.EpisodeID, &assessment, &warnings, &r.Version, &created, &updated, &r.Seq); err != nil {
			return nil, nil, err
		}
		r.ObservedAt.Time, r.EffectiveAt.Time = time.UnixMilli(observed).UTC(), time.UnixMilli(effective).UTC()
		r.CreatedAt.Time, r.UpdatedAt.Time = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
		for raw, into := range map[*[]byte]any{&answers: &r.Answers, &assessment: &r.Assessment, &warnings: &r.WarningIDs} {
			if len(*raw) == 0 {
				continue
			}
			if err := json.Unmarshal(*raw, into); err != nil {
				return nil, nil, err
			}
		}
		items = append(items, live[Report]{Row: showReport(w, &r)})
		at.ID, at.LWT = r.ID, r.Seq
	}
	return items, at, rows.Err()
}

func (f *fleet) bareSessionsSince(account string, since int64) ([]any, *Checkpoint, error) {
	rows, err := f.raw.Query(`SELECT id, started_at, effective_at, needle_mm, performed_by, bleeding, needle_mm_used, rest, advisories, version, created_at, updated_at, seq
		FROM sessions WHERE account_id = ? AND seq > ? ORDER BY seq LIMIT 1000`, account, since)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	w, items, at := inGB(), []any{}, &Checkpoint{}
	for rows.Next() {
		var s models.Session
		var rest, advisories []byte
		var started, effective, created, updated int64
		if err := rows.Scan(&s.ID, &started, &effective, &s.NeedleMM, &s.PerformedBy, &s.Bleeding, &s.NeedleMMUsed, &rest, &advisories, &s.Version, &created, &updated, &s.Seq); err != nil {
			return nil, nil, err
		}
		s.EffectiveAt.Time = time.UnixMilli(effective).UTC()
		s.StartedAt.Time, s.CreatedAt.Time, s.UpdatedAt.Time = time.UnixMilli(started).UTC(), time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
		for raw, into := range map[*[]byte]any{&rest: &s.Rest, &advisories: &s.Advisories} {
			if len(*raw) == 0 {
				continue
			}
			if err := json.Unmarshal(*raw, into); err != nil {
				return nil, nil, err
			}
		}
		items = append(items, live[Session]{Row: showSession(w, &s)})
		at.ID, at.LWT = s.ID, s.Seq
	}
	return items, at, rows.Err()
}

// copyForWrites is a copy of the file that is written as durably as the store's.
func (f *fleet) copyForWrites(b *testing.B) *sql.DB {
	b.Helper()
	file := storetest.SQLite(b)
	if _, err := f.raw.Exec("VACUUM INTO ?", file); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+file+"?_busy_timeout=10000&_foreign_keys=1&_stmt_cache_size=256&_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_secure_delete=1")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { _ = db.Close() })
	return db
}

// barePush stores reports in one transaction.
func barePush(c *fiber.Ctx, db *sql.DB, account string) error {
	var sent []struct {
		NewDocumentState struct {
			Report
			Deleted bool `json:"_deleted"`
		}
	}
	if err := json.Unmarshal(c.Body(), &sent); err != nil {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var seq int64
	if err := tx.QueryRow("UPDATE accounts SET change_seq = change_seq + ? WHERE id = ? RETURNING change_seq", len(sent), account).Scan(&seq); err != nil {
		return err
	}
	for n, s := range sent {
		if s.NewDocumentState.Deleted {
			_, err = tx.Exec("DELETE FROM reports WHERE account_id = ? AND id = ?", account, s.NewDocumentState.ID)
		} else {
			err = bareStore(tx, account, seq-int64(n), s.NewDocumentState.Report)
		}
		if err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return c.JSON([]any{})
}

func bareStore(tx *sql.Tx, account string, seq int64, r Report) error {
	answers, err := json.Marshal(r.answers())
	if err != nil {
		return err
	}
	if err := readAll(tx.Query("SELECT * FROM reports WHERE account_id = ? AND id = ?", account, r.ID)); err != nil {
		return err
	}
	at := r.ObservedAt.UnixMilli()
	_, err = tx.Exec(`INSERT INTO reports (account_id, id, observed_at, effective_at, session_id, answers, clinician_diagnosis, note, episode_id, assessment, warning_ids, version, seq, created_at, updated_at)
		SELECT ?1, ?2, ?3, ?3, '', ?4, '', ?5, '', (SELECT assessment FROM reports WHERE account_id = ?1 LIMIT 1), '[]', 1, ?6, ?3, ?3 WHERE TRUE
		ON CONFLICT (account_id, id) DO UPDATE SET answers = excluded.answers, note = excluded.note, seq = excluded.seq, version = version + 1`,
		account, r.ID, at, string(answers), deref(r.Note), seq)
	return err
}
