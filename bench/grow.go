package main

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// edit changes a database that no server has open.
func edit(file string, change func(tx *sql.Tx) error) error {
	db, err := sql.Open("sqlite3", "file:"+file+"?_busy_timeout=10000")
	if err != nil {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return errors.Join(err, db.Close())
	}
	if err := change(tx); err != nil {
		return errors.Join(err, tx.Rollback(), db.Close())
	}
	return errors.Join(tx.Commit(), db.Close())
}

// grow gives an account a number of reports within 60 days, which would take
// hours through the API: alternating copies of a calm report and of one with
// signs, evenly spaced. They are numbered in the account's change feed like
// every write, so that whatever the program derives from the tables notices the
// change.
func grow(tx *sql.Tx, account string, reports int, now time.Time) error {
	columns, err := columnsOf(tx, "reports")
	if err != nil {
		return err
	}
	const numbered = "(SELECT change_seq + 1 FROM accounts WHERE id = account_id)"
	values := strings.NewReplacer(" id,", " ?1,", " observed_at,", " ?2,", " effective_at,", " ?2,", " seq,", " "+numbered+",").Replace(columns)
	insert, err := tx.Prepare("INSERT INTO reports (" + strings.TrimSuffix(columns, ",") + ") SELECT " + strings.TrimSuffix(values, ",") +
		" FROM reports WHERE account_id = ?3 AND id = ?4")
	if err != nil {
		return err
	}
	defer insert.Close()
	const within = 60 * 24 * time.Hour
	sources := []string{"report-00-calm", "report-02-sign"}
	for n := range reports {
		at := now.Add(-within + time.Duration(n)*within/time.Duration(reports))
		if _, err := insert.Exec(fmt.Sprintf("grown-%06d", n), at.UnixMilli(), account, sources[n%2]); err != nil {
			return err
		}
	}
	_, err = tx.Exec("UPDATE accounts SET change_seq = change_seq + 1 WHERE id = ?", account)
	return err
}

// columnsOf returns the columns of a table as " a, b, c,".
func columnsOf(tx *sql.Tx, table string) (string, error) {
	var names string
	err := tx.QueryRow("SELECT ' ' || group_concat(name, ', ') || ',' FROM pragma_table_info(?)", table).Scan(&names)
	return names, err
}

// of returns the people numbered from (inclusive) to to (exclusive).
func (all people) of(from, to int) people {
	all.Accounts = all.Accounts[from:to]
	return all
}

// grown are people with so many more reports than usual. One alone would reach
// the 40 reports of a day within a measurement.
type grown struct {
	reports int
	people
}

// growth measures writes and reads of accounts with many more reports than
// usual.
func (b *bench) growth() error {
	sizes := []grown{{0, b.people.of(0, 60)}, {1000, b.people.of(60, 120)}, {12000, b.people.of(120, 122)}}
	s, err := b.copyOf(func(tx *sql.Tx) error {
		for _, size := range sizes {
			for _, who := range size.Accounts {
				if err := grow(tx, who.ID, size.reports, size.Prepared); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, size := range sizes {
		b.row(s, fmt.Sprintf("stored report, %d more in 60 days", size.reports), 1, size.report)
		b.row(s, fmt.Sprintf("GET /v1/rest, %d more in 60 days", size.reports), 1, size.get("/v1/rest"))
	}
	return s.stop()
}

// neighbour measures 50 ordinary people while one person with 10,000 reports
// sends another as soon as the last is answered.
func (b *bench) neighbour() error {
	s, err := b.copyOf(func(tx *sql.Tx) error { return grow(tx, b.people.Accounts[0].ID, 10000, b.people.Prepared) })
	if err != nil {
		return err
	}
	heavy, others := b.people.of(0, 1), b.people.of(1, len(b.people.Accounts))
	b.row(s, "stored report, 50 people alone", 50, others.report)
	done := make(chan figures, 1)
	go func() {
		f, _ := s.load(1, b.during, heavy.report) // failing under a limit is a result too
		done <- f
	}()
	b.row(s, "stored report, 50 beside one with 10,000", 50, others.report)
	if f := <-done; f.requests > 0 {
		b.note("the one with 10,000 reports: %.1f requests/s, p50 %s", f.perSecond(), milliseconds(f.p50))
	} else {
		b.note("the one with 10,000 reports: no request was answered in time")
	}
	return s.stop()
}
