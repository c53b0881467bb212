package api

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"aftercare/models/storetest"
)

// rawWrites is one connection that commits batches of what a judged report
// writes, each in its savepoint.
type rawWrites struct {
	jobs     chan rawJob
	accounts []string
}

type rawJob struct {
	account string
	i       int
	done    chan error
}

// writeStatements are those of a report that is stored and judged, in their
// order, as the store runs them; ?1 is the account, ?2 a report.
var writeStatements = []string{
	`UPDATE accounts SET change_seq = change_seq + 1 WHERE id = ?1 RETURNING change_seq`,
	`SELECT health_consent FROM accounts WHERE id = ?1`,
	`SELECT * FROM reports WHERE account_id = ?1 AND id = ?2 LIMIT 1`,
	`UPDATE reports SET answers = '{"itch":2,"erythema":1,"pain":1,"discharge":[]}', version = version + 1, seq = seq + 1, updated_at = updated_at + 1 WHERE account_id = ?1 AND id = ?2`,
	`SELECT * FROM accounts WHERE id = ?1 LIMIT 1`,
	`SELECT MIN(effective_at) FROM sessions WHERE account_id = ?1 AND deleted_at IS NULL`,
	`SELECT (SELECT MAX(effective_at) FROM reports WHERE account_id = ?1 AND deleted_at IS NULL), (SELECT MAX(effective_at) FROM sessions WHERE account_id = ?1 AND deleted_at IS NULL)`,
	`SELECT onset_at, settled_at FROM episodes WHERE account_id = ?1 AND deleted_at IS NULL AND state <> 'void' AND (settled_at IS NULL OR settled_at >= 1795480000000)`,
	`SELECT onset_at, settled_at FROM episodes WHERE account_id = ?1 AND deleted_at IS NULL AND state <> 'void' AND (settled_at IS NULL OR settled_at >= 1795480000001)`,
	`SELECT * FROM sessions WHERE account_id = ?1 AND deleted_at IS NULL AND effective_at >= 1748833200000`,
	`SELECT * FROM reports WHERE account_id = ?1 AND deleted_at IS NULL AND effective_at >= 1790341200000`,
	`SELECT * FROM rollers WHERE account_id = ?1 AND deleted_at IS NULL`,
	`SELECT * FROM episodes WHERE account_id = ?1 AND deleted_at IS NULL AND onset_at >= 1795480000000 ORDER BY onset_at, id`,
	`SELECT * FROM clinician_events WHERE account_id = ?1 AND at >= 1795480000000`,
	`SELECT * FROM acks WHERE account_id = ?1 AND at >= 1795480000000`,
	`UPDATE episodes SET seq = seq + 1, updated_at = updated_at + 1 WHERE account_id = ?1 AND onset_at >= 1795480000000`,
	`UPDATE reports SET assessment = assessment, seq = seq + 1 WHERE account_id = ?1 AND id = ?2`,
	`SELECT * FROM warnings WHERE account_id = ?1 AND reason <> 'history_changed' AND raised_at >= 1795480000000`,
	`SELECT * FROM warnings WHERE account_id = ?1 AND raised_at >= 1795480000000`,
	`SELECT * FROM reminders WHERE account_id = ?1 AND kind IN ('check_in','aftercare','rest_over','roller_care','progress','recheck','risk_review') AND (ended_at IS NULL OR anchor IN ('session-0')) ORDER BY due_at, id`,
	`UPDATE accounts SET judge_at = 1796094000000 WHERE id = ?1`,
	`SELECT * FROM reports WHERE account_id = ?1 AND id = ?2 LIMIT 1`,
	`UPDATE accounts SET change_seq = change_seq + 3 WHERE id = ?1`,
}

// newRawWrites works on a copy of the fleet's file.
func newRawWrites(b *testing.B, f *fleet) *rawWrites {
	b.Helper()
	file := storetest.SQLite(b)
	if _, err := f.raw.Exec("VACUUM INTO ?", file); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+file+"?_busy_timeout=10000&_foreign_keys=1&_cache_size=-16000&_stmt_cache_size=256&_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_secure_delete=1")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	r := &rawWrites{jobs: make(chan rawJob, connections)}
	for _, p := range f.people {
		r.accounts = append(r.accounts, p.account)
	}
	stopped := make(chan struct{})
	go func() { defer close(stopped); r.run(db) }()
	b.Cleanup(func() { close(r.jobs); <-stopped; _ = db.Close() })
	return r
}

func (r *rawWrites) write(worker, i int) error {
	job := rawJob{r.accounts[worker], i, make(chan error, 1)}
	r.jobs <- job
	return <-job.done
}

// run takes what waits into one transaction.
func (r *rawWrites) run(db *sql.DB) {
	ctx := context.Background()
	for job := range r.jobs {
		batch := []rawJob{job}
		tx, err := db.BeginTx(ctx, nil)
		if err == nil {
			err = rawWrite(tx, job)
		}
		for len(r.jobs) > 0 && len(batch) < connections && err == nil {
			job := <-r.jobs
			batch = append(batch, job)
			err = rawWrite(tx, job)
		}
		if err == nil {
			err = tx.Commit()
		}
		for _, job := range batch {
			job.done <- err
		}
	}
}

func rawWrite(tx *sql.Tx, job rawJob) error {
	if _, err := tx.Exec("SAVEPOINT s"); err != nil {
		return err
	}
	for _, statement := range writeStatements {
		if err := readAll(tx.Query(statement, rawArgs(statement, job)...)); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	_, err := tx.Exec("RELEASE s")
	return err
}

func rawArgs(statement string, job rawJob) []any {
	if strings.Contains(statement, "?2") {
		return []any{job.account, fmt.Sprintf("report-0-%d", job.i%6)}
	}
	return []any{job.account}
}

// readAll reads all rows to their end.
func readAll(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	cells := make([]any, len(columns))
	for i := range cells {
		cells[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(cells...); err != nil {
			return err
		}
	}
	return rows.Err()
}
