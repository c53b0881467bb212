package models

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"aftercare/models/db"
)

// Bounds of the pages for a doctor (contract, For a doctor).
const (
	doctorReportLife  = 72 * time.Hour
	doctorReportOpens = 5
	maxDoctorReports  = 10
	maxDoctorRows     = 1000 // of each table in one report, the newest
)

// DoctorReport is a link to a page about a period of time. Whoever has its
// address can open it a few times.
type DoctorReport struct {
	AccountID  string   `gorm:"primaryKey"`
	ID         string   `gorm:"primaryKey"`
	SecretHash string   // of the last part of the address
	FromAt     Time     // inclusive
	ToAt       Time     // exclusive
	Include    []string `gorm:"serializer:json"`
	Questions  string   // the person's own, printed as typed
	Language   string
	CreatedAt  Time `gorm:"autoCreateTime:false"`
	ExpiresAt  Time
	OpensLeft  int
}

// TableName returns the table of the links.
func (DoctorReport) TableName() string { return "doctor_reports" }

// Has reports whether the person wants this part in the report.
func (r *DoctorReport) Has(part string) bool { return slices.Contains(r.Include, part) }

// DoctorPage is the content of a report at the time it is opened. Lists are
// ordered by their own time, oldest first.
type DoctorPage struct {
	DoctorReport
	Account  Account
	Zone     *time.Location
	Sessions []Session
	Rollers  map[string]Roller
	Reports  []Report
	Warnings []Warning
	Visits   []ClinicianEvent
	Progress []Progress
	// Asked and Answered count the check-ins that came due.
	Asked, Answered int
}

// NewDoctorReport makes a link and returns its secret, which is shown once.
func (s *Store) NewDoctorReport(ctx context.Context, caller Caller, r DoctorReport) (DoctorReport, string, error) {
	switch {
	case r.FromAt.IsZero() || r.ToAt.IsZero() || !r.FromAt.Before(r.ToAt.Time):
		return r, "", Invalid("body.to", "must be later than from")
	case r.ToAt.Sub(r.FromAt.Time) > 400*24*time.Hour:
		return r, "", Invalid("body.from", "must be at most 400 days before to")
	}
	secret, err := newLink(caller.AccountID)
	if err != nil {
		return r, "", err
	}
	err = s.write(ctx, caller.AccountID, func(tx *Tx) error {
		open, err := db.Row[int](tx.q, "SELECT COUNT(*) FROM doctor_reports WHERE account_id = $1 AND expires_at > $2", tx.Account, T(tx.Now))
		if err != nil {
			return err
		}
		if open >= maxDoctorReports {
			return Invalid("body", fmt.Sprintf("at most %d of these can be open; end one first", maxDoctorReports))
		}
		r.AccountID, r.ID, r.SecretHash = tx.Account, NewID(), hashSecret(secret)
		r.CreatedAt, r.ExpiresAt, r.OpensLeft = T(tx.Now), T(tx.Now.Add(doctorReportLife)), doctorReportOpens
		if err := tx.q.Put(&r); err != nil {
			return fmt.Errorf("store a link for a doctor: %w", err)
		}
		return tx.audit("doctor_report_made", caller.DeviceID)
	})
	return r, secret, err
}

// DoctorReports lists the links that still open, newest first.
func (s *Store) DoctorReports(ctx context.Context, account string) ([]DoctorReport, error) {
	return db.Rows[DoctorReport](s.read(ctx), "SELECT * FROM doctor_reports WHERE account_id = $1 AND expires_at > $2 ORDER BY created_at DESC, id DESC",
		account, T(s.Now()))
}

// DeleteDoctorReport revokes a link at once.
func (s *Store) DeleteDoctorReport(ctx context.Context, caller Caller, id string) error {
	return s.write(ctx, caller.AccountID, func(tx *Tx) error {
		n, err := tx.q.ExecCount("DELETE FROM doctor_reports WHERE account_id = $1 AND id = $2", tx.Account, id)
		if err != nil || n == 0 {
			return err
		}
		return tx.audit("doctor_report_ended", caller.DeviceID)
	})
}

// OpenDoctorReport counts one opening and returns the content. Unknown, expired
// and used-up links get the same answer.
func (s *Store) OpenDoctorReport(ctx context.Context, secret string) (DoctorPage, error) {
	account, err := accountOfLink(secret)
	if err != nil {
		return DoctorPage{}, err
	}
	p := DoctorPage{}
	err = s.write(ctx, account, func(tx *Tx) error {
		p.DoctorReport, err = db.Row[DoctorReport](tx.q, `UPDATE doctor_reports SET opens_left = opens_left - 1
			WHERE account_id = $1 AND secret_hash = $2 AND expires_at > $3 AND opens_left > 0 RETURNING *`, tx.Account, hashSecret(secret), T(tx.Now))
		if errors.Is(err, db.ErrNoRow) {
			return NotFound()
		}
		if err != nil {
			return err
		}
		return tx.audit("doctor_report_opened", "")
	})
	if err != nil {
		return p, err
	}
	q := s.read(ctx)
	a, err := findAccount(q, account)
	if err != nil {
		return p, err
	}
	p.Account, p.Zone = *a, a.zone()
	return p, p.load(q)
}

// load reads the rows that the report shows.
func (p *DoctorPage) load(q db.Q) error {
	var err error
	if p.Sessions, err = newestOf[Session](q, p, "deleted_at IS NULL AND effective_at >= $2 AND effective_at < $3", "effective_at"); err != nil {
		return err
	}
	if p.Reports, err = newestOf[Report](q, p, "deleted_at IS NULL AND effective_at >= $2 AND effective_at < $3", "effective_at"); err != nil {
		return err
	}
	p.Warnings, err = newestOf[Warning](q, p, "deleted_at IS NULL AND (raised_at >= $2 OR state IN ('active', 'acknowledged')) AND raised_at < $3", "raised_at")
	if err != nil {
		return err
	}
	for i := range p.Warnings {
		p.Warnings[i].Rules = p.Warnings[i].rules()
	}
	if p.Visits, err = newestOf[ClinicianEvent](q, p, "deleted_at IS NULL AND at >= $2 AND at < $3", "at"); err != nil {
		return err
	}
	if p.Progress, err = newestOf[Progress](q, p, "deleted_at IS NULL AND at >= $2 AND at < $3", "at"); err != nil {
		return err
	}
	p.Asked, p.Answered, err = checkIns(q, p.AccountID, p.FromAt, p.ToAt)
	if err != nil {
		return err
	}
	rollers, err := db.Rows[Roller](q, "SELECT * FROM rollers WHERE account_id = $1 AND deleted_at IS NULL", p.AccountID)
	p.Rollers = map[string]Roller{}
	for _, r := range rollers {
		p.Rollers[r.ID] = r
	}
	return err
}

// newestOf returns the newest rows of the report's period, oldest first.
func newestOf[R any](q db.Q, p *DoctorPage, where, at string) ([]R, error) {
	rows, err := db.Rows[R](q, "SELECT * FROM "+db.TableOf[R]()+" WHERE account_id = $1 AND "+where+" ORDER BY "+at+" DESC, id DESC LIMIT $4",
		p.AccountID, p.FromAt, p.ToAt, maxDoctorRows)
	slices.Reverse(rows)
	return rows, err
}

// checkIns counts the check-ins that came due in a period, and those of them
// that a report answered. A check-in that had expired before it could be shown,
// because its session was entered later, does not count.
func checkIns(q db.Q, account string, from, to Time) (asked, answered int, err error) {
	n, err := db.Row[struct{ Asked, Answered int }](q, `SELECT COUNT(*) AS asked, COUNT(CASE WHEN state = $4 THEN 1 END) AS answered
		FROM reminders WHERE account_id = $1 AND kind = 'check_in' AND deleted_at IS NULL AND due_at >= $2 AND due_at < $3
		AND (state IN ('due', 'sent', 'acknowledged') OR state = 'expired' AND reason = $5)`, account, from, to, StateAcknowledged, ReasonNotDelivered)
	return n.Asked, n.Answered, err
}
