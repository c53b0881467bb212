package models

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"aftercare/models/db"
)

// Change is one row of an account's change feed: the row as it is now, under
// the number of its latest change.
type Change struct {
	Collection string
	Seq        int64
	ID         string
	Deleted    bool
	Row        any            // a pointer to a Roller, Session, Report …
	Sent       map[string]any // what was sent of fields that are no possible value, by their names
}

// Feed is a page of the change feed. The following page begins after Next.
type Feed struct {
	Changes []Change
	Next    int64
	More    bool
}

// FeedQuery selects a page of the change feed.
type FeedQuery struct {
	Since int64 // Next of the page before; 0: from the beginning
	Limit int   // the most rows; 0: all
	// Collections are those to read; none: all.
	Collections []string
}

// collections lists what the change feed holds.
var collections = []struct {
	name string
	read func(q db.Q, account string, after, upTo int64) ([]Change, error)
}{
	{"rollers", changed[Roller]}, {"sessions", changed[Session]}, {"reports", changed[Report]}, {"progress", changed[Progress]},
	{"clinician_events", changed[ClinicianEvent]},
	{"reminders", changedReminders}, {"episodes", changed[Episode]}, {"warnings", changedWarnings},
}

// Collections returns the names of the collections in the change feed.
func Collections() (names []string) {
	for _, c := range collections {
		names = append(names, c.name)
	}
	return names
}

// Changes returns what has changed in an account since a number of its feed,
// ordered by number. A row that changes while it is read appears in the next
// page, under its new number; so no snapshot is needed.
func (s *Store) Changes(ctx context.Context, account string, ask FeedQuery) (Feed, error) {
	q := s.read(ctx)
	begun, after := splitCursor(ask.Since)
	found, err := numbered(q, account, after, ask)
	if err != nil {
		return Feed{}, err
	}
	out := Feed{Next: after}
	if out.More = ask.Limit > 0 && len(found) > ask.Limit; out.More {
		found = found[:ask.Limit]
	}
	if len(found) > 0 {
		out.Next = found[len(found)-1].Seq
	}
	for i, c := range collections {
		if !slices.ContainsFunc(found, func(n numberOf) bool { return n.Collection == i }) {
			continue
		}
		rows, err := c.read(q, account, after, out.Next)
		if err != nil {
			return Feed{}, fmt.Errorf("read the changes of %s: %w", c.name, err)
		}
		for _, row := range rows {
			row.Collection = c.name
			out.Changes = append(out.Changes, row)
		}
	}
	slices.SortFunc(out.Changes, func(a, b Change) int { return cmp.Compare(a.Seq, b.Seq) })
	out.Next, err = checkCursor(q, account, ask.Since, begun, out)
	return out, err
}

// Counter returns the number of an account's latest change.
func (s *Store) Counter(ctx context.Context, account string) (int64, error) {
	a, err := readCounter(s.read(ctx), account)
	return a.ChangeSeq, err
}

// counter is the number of the latest change of an account, and the number up
// to which its tombstones were purged.
type counter struct{ ChangeSeq, PurgedSeq int64 }

func readCounter(q db.Q, account string) (counter, error) {
	a, err := db.Row[counter](q, "SELECT change_seq, purged_seq FROM accounts WHERE id = $1", account)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return a, noAccount()
	case err != nil:
		return a, fmt.Errorf("read the counter: %w", err)
	}
	return a, nil
}

// numberOf is a number of the feed with the collection of its row.
type numberOf struct {
	Seq        int64
	Collection int
}

// numbered returns the numbers after a cursor, one more than the limit if there
// are more. It reads indexes alone.
func numbered(q db.Q, account string, after int64, ask FeedQuery) ([]numberOf, error) {
	var parts []string
	for i, c := range collections {
		if len(ask.Collections) == 0 || slices.Contains(ask.Collections, c.name) {
			parts = append(parts, fmt.Sprintf("SELECT seq, %d AS collection FROM %s WHERE account_id = $1 AND seq > $2", i, c.name))
		}
	}
	text, args := strings.Join(parts, " UNION ALL ")+" ORDER BY seq", db.Args{account, after}
	if ask.Limit > 0 {
		text += " LIMIT " + args.Add(ask.Limit+1)
	}
	found, err := db.Rows[numberOf](q, text, args...)
	if err != nil {
		return nil, fmt.Errorf("look for changes: %w", err)
	}
	return found, nil
}

// changed reads the rows of a collection between two numbers.
func changed[R any, P row[R]](q db.Q, account string, after, upTo int64) ([]Change, error) {
	rows, err := changedRows[R](q, account, after, upTo)
	return asChanges[R, P](rows), err
}

func changedRows[R any](q db.Q, account string, after, upTo int64) ([]R, error) {
	return db.Rows[R](q, "SELECT * FROM "+db.TableOf[R]()+" WHERE account_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq", account, after, upTo)
}

func asChanges[R any, P row[R]](rows []R) []Change {
	out := make([]Change, 0, len(rows))
	for i := range rows {
		b := P(&rows[i]).base()
		c := Change{Seq: b.Seq, ID: b.ID, Deleted: b.deleted(), Row: &rows[i]}
		if written, ok := c.Row.(Entered); ok {
			c.Sent = written.entry().Sent
		}
		out = append(out, c)
	}
	return out
}

func changedReminders(q db.Q, account string, after, upTo int64) ([]Change, error) {
	rows, err := changedRows[Reminder](q, account, after, upTo)
	if err == nil {
		err = fillDeliveries(q, account, rows)
	}
	return asChanges(rows), err
}

func changedWarnings(q db.Q, account string, after, upTo int64) ([]Change, error) {
	rows, err := changedRows[Warning](q, account, after, upTo)
	if err == nil {
		err = fillWarnings(q, account, rows)
	}
	return asChanges(rows), err
}

// A cursor is a number of the feed. While a phone that began with nothing has
// not reached the numbers of purged tombstones, its cursor is negative and
// holds the number up to which they were purged: the phone needs none of them,
// unless more are purged before it has finished.
const purgeMarks = 1 << 10

// splitCursor returns the number of a cursor, and whether its phone began with
// nothing and has not caught up yet.
func splitCursor(cursor int64) (begun bool, after int64) {
	if cursor > 0 {
		return false, cursor
	}
	return true, -cursor / purgeMarks
}

// checkCursor refuses a cursor after which tombstones were purged, or that is
// ahead of the account, and returns the cursor of the next page. It reads the
// account after the rows, so that nothing is purged between.
func checkCursor(q db.Q, account string, since int64, begun bool, page Feed) (int64, error) {
	a, err := readCounter(q, account)
	if err != nil {
		return 0, err
	}
	mark := a.PurgedSeq % purgeMarks
	if since > a.ChangeSeq || since > 0 && since < a.PurgedSeq || since < 0 && -since%purgeMarks != mark {
		return 0, &Error{Code: CodeCursorExpired, Detail: "rows were deleted since then that are no longer known; begin again with since=0 and drop what does not come"}
	}
	if !page.More { // no row has a number of before the last restore, whose phones are to notice it
		page.Next = max(page.Next, a.ChangeSeq-a.ChangeSeq%db.Epoch)
	}
	switch {
	case !begun || page.Next >= a.PurgedSeq:
		return page.Next, nil
	case page.More:
		return -(page.Next*purgeMarks + mark), nil
	}
	return a.PurgedSeq, nil // every row that has come since has a higher number
}
