package models

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"gorm.io/gorm"
)

// Query is what a list is asked for.
type Query struct {
	From, To time.Time // of the row's own time; zero: open; To is exclusive
	Limit    int
	Cursor   string // from the page before
	State    string // "" for all
}

// Page is a part of a list, newest first; NextCursor is "" at its end.
type Page[T any] struct {
	Items      []T
	NextCursor string
}

// DefaultLimit and MaxLimit of a list.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// cursor is the place after the last row of a page.
type cursor struct {
	At int64  `json:"t"`
	ID string `json:"i"`
}

func (c cursor) String() string {
	raw, _ := json.Marshal(c) // two plain fields cannot fail
	return base64.RawURLEncoding.EncodeToString(raw)
}

func parseCursor(s string) (c cursor, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil || !idPattern.MatchString(c.ID) {
		return c, Invalid("query.cursor", "is not one that a list answered")
	}
	return c, nil
}

func (q Query) limit() int {
	if q.Limit <= 0 {
		return DefaultLimit
	}
	return min(q.Limit, MaxLimit)
}

// List reads living rows, newest first by their own time, then id.
func List[R any, P row[R]](ctx context.Context, s *Store, account string, q Query) (Page[R], error) {
	db := s.read(ctx).Where("account_id = ? AND deleted_at IS NULL", account)
	return page[R, P](db, q)
}

func page[R any, P row[R]](db *gorm.DB, q Query) (Page[R], error) {
	column := P(new(R)).orderColumn()
	if q.State != "" {
		db = db.Where("state = ?", q.State)
	}
	if !q.From.IsZero() {
		db = db.Where(column+" >= ?", T(q.From))
	}
	if !q.To.IsZero() {
		db = db.Where(column+" < ?", T(q.To))
	}
	if q.Cursor != "" {
		c, err := parseCursor(q.Cursor)
		if err != nil {
			return Page[R]{}, err
		}
		db = db.Where("("+column+" < ? OR ("+column+" = ? AND id < ?))", c.At, c.At, c.ID)
	}
	var rows []R
	err := db.Order(column + " DESC, id DESC").Limit(q.limit() + 1).Find(&rows).Error
	if err != nil || len(rows) <= q.limit() {
		return Page[R]{Items: rows}, err
	}
	rows = rows[:q.limit()]
	last := P(&rows[len(rows)-1])
	next := cursor{At: last.orderTime().UnixMilli(), ID: last.base().ID}
	return Page[R]{Items: rows, NextCursor: next.String()}, nil
}
