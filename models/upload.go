package models

import (
	"fmt"
	"time"

	"aftercare/models/db"
)

// Pushed is one row as an offline phone has it.
type Pushed struct {
	Collection string
	ID         string
	// Row is the row the phone wants, a pointer to a Roller, Session …, or a Wish for
	// a reminder; nil: the row is deleted.
	Row any
	// Based is the state that the edit was based on, in the same form; nil: none.
	Based        any
	BasedDeleted bool // the edit restores what the phone knew as deleted
}

// PushRules define what a conflict is.
type PushRules struct {
	// ByNumber: a row that was edited after Since conflicts; otherwise a row
	// does if it is not as the phone based its edit on.
	ByNumber bool
	Since    int64
	// Whole refuses all rows for one conflict.
	Whole bool
	// Number is what the phone gives its pushes, each higher than those before;
	// 0: it gives none.
	Number int64
}

// editedSince reports whether a row was edited after the pull that a push of
// tables is based on.
func (r PushRules) editedSince(edited int64) bool { return r.ByNumber && edited > r.Since }

// upload is a push in progress.
type upload struct {
	*Tx
	rules     PushRules
	write     Write
	highest   int64          // the number of a push of this phone that was here before; 0: none was
	stored    map[string]any // rows by collection and id, as they are now
	edits     batch
	touched   time.Time
	conflicts []Change
}

// A request may arrive when its phone has long sent another: a proxy has held it,
// or sends it again. What it says is not what the person wants any more, and what
// it is based on may be there again. So phones number their pushes.

// takeNumber takes note of the number of a push, and of the highest that the phone
// has given before to one of this collection, or of all tables.
func (u *upload) takeNumber(sent []Pushed) error {
	if u.rules.Number == 0 || len(sent) == 0 {
		return nil
	}
	of := sent[0].Collection
	if u.rules.Whole {
		of = ""
	}
	taken, err := u.q.ExecCount(`INSERT INTO push_numbers (account_id, device_id, collection, number)
		SELECT account_id, id, $3, $4 FROM devices WHERE account_id = $1 AND id = $2
		ON CONFLICT (account_id, device_id, collection) DO UPDATE SET number = excluded.number WHERE excluded.number > push_numbers.number`,
		u.Account, u.Device, of, u.rules.Number)
	if err != nil || taken > 0 {
		return err
	}
	rows, err := db.Rows[int64](u.q, "SELECT number FROM push_numbers WHERE account_id = $1 AND device_id = $2 AND collection = $3", u.Account, u.Device, of)
	if err == nil && len(rows) > 0 { // else the phone was signed out
		u.highest = rows[0]
	}
	return err
}

// inTime returns an error if the push would change something although this or a
// later one of the phone was here before.
func (u *upload) inTime() error {
	if u.highest == 0 {
		return nil
	}
	return &Error{
		Code: CodeSyncConflict, Current: u.highest,
		Detail: fmt.Sprintf("this phone has sent number %d before; push what still waits with a higher one", u.highest),
	}
}

// countDays counts the living rows of all days for which the new ones of a push
// count, and those that it restores: asking for each took a quarter of its time.
func (u *upload) countDays(table string, sent []Pushed) error {
	var days [][]any
	column, known := "", sizes{}
	for _, p := range sent {
		row, timed := p.Row.(interface {
			orderTime() Time
			orderColumn() string
		})
		old, stored := u.stored[table+" "+p.ID].(interface{ base() *Base })
		if p.Collection != table || !timed || stored && !old.base().deleted() {
			continue
		}
		day := sizeOf{table, dayOf(table, row).Unix()}
		if _, again := known[day]; !again {
			column, known[day] = row.orderColumn(), 0
			days = append(days, []any{T(time.Unix(day.day, 0))})
		}
	}
	if len(days) < 2 {
		return nil
	}
	args := db.Args{u.Account}
	found, err := db.Rows[struct {
		Day Time
		N   int64
	}](u.q, db.Set(&args, "days", []string{"day BIGINT"}, days)+" SELECT day, (SELECT COUNT(*) FROM "+table+
		" WHERE account_id = $1 AND "+column+" >= day AND "+column+" < day + 86400000 AND deleted_at IS NULL) AS n FROM days WHERE day IS NOT NULL", args...)
	if err != nil {
		return fmt.Errorf("count the rows of the days of a push: %w", err)
	}
	for _, f := range found {
		u.ofDays[sizeOf{table, f.Day.Unix()}] = f.N
	}
	return nil
}

func (c Change) of(collection string) Change {
	c.Collection = collection
	return c
}

// renumber gives a row a new number in the feed, so that a phone that has it
// otherwise, and takes that for stored, receives it.
func (u *upload) renumber(p Pushed) error {
	return u.q.Exec("UPDATE "+p.Collection+" SET seq = $1 WHERE account_id = $2 AND id = $3", u.tx.NextSeq(), u.Account, p.ID)
}
