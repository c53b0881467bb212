package models

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"aftercare/models/db"
)

// Base holds the common fields of a person's rows. Version counts the person's
// edits, Seq is the row's number in the account's change feed.
type Base struct {
	AccountID string `gorm:"primaryKey" json:"-"`
	ID        string `gorm:"primaryKey" json:"id,omitempty" minLength:"8" maxLength:"64" pattern:"^[A-Za-z0-9_-]{8,64}$" doc:"Made by the phone (UUIDv7 advised) or by the server"`
	Version   int64  `json:"version,omitempty" readOnly:"true"`
	Seq       int64  `json:"-"`
	CreatedAt Time   `gorm:"autoCreateTime:false" json:"created_at,omitzero" readOnly:"true"`
	UpdatedAt Time   `gorm:"autoUpdateTime:false" json:"updated_at,omitzero" readOnly:"true"`
	DeletedAt Time   `gorm:"column:deleted_at" json:"-"`
}

func (b *Base) base() *Base { return b }

// deleted reports whether the row is a tombstone of the change feed.
func (b *Base) deleted() bool { return !b.DeletedAt.IsZero() }

// arrived records when the row first arrived.
func (b *Base) arrived(now time.Time) {
	if b.CreatedAt.IsZero() {
		b.CreatedAt = T(now)
	}
}

// written sets the times and the change feed number of a row that is about to
// be stored.
func (b *Base) written(tx *Tx) {
	now := T(tx.Now)
	b.AccountID = tx.Account
	b.arrived(tx.Now)
	b.Version = max(b.Version, 1)
	b.UpdatedAt, b.Seq = now, tx.tx.NextSeq()
}

// row is a pointer to a stored type that embeds Base.
type row[R any] interface {
	*R
	base() *Base
	// orderColumn returns the column with the row's own time, by which lists
	// are sorted.
	orderColumn() string
	orderTime() Time
}

// writable is a row that a phone can write.
type writable[R any] interface {
	row[R]
	// adopt copies from the stored row what the server owns; old is nil for a
	// new row.
	adopt(old *R)
	entry() *Entry
	// faults returns the fields that contradict others.
	faults() []FieldError
	// arrive validates against what is stored and sets what is fixed on arrival.
	arrive(tx *Tx, old *R, w Write) error
	// touched returns the time from which the history must be judged again, and
	// the episode, if any, that must be judged again from its onset.
	touched() (at time.Time, episode string)
	// leaveOut flags a row that is beyond a bound, and takes it out of judging.
	leaveOut()
	// scrub removes what the person typed from a tombstone.
	scrub()
}

// Write holds the conditions of a write and the phone's clock.
type Write struct {
	// IfVersion is the version the phone knows (If-Match); 0: any.
	IfVersion int64
	// IfExists refuses to create a row (If-Match: *).
	IfExists bool
	// CreateOnly refuses to replace a living row (If-None-Match: *).
	CreateOnly bool
	// Offline marks what a phone wrote while it was offline: the person cannot be
	// asked again, so nothing of it is refused.
	Offline bool
	// Named lists the fields that a patch names.
	Named []string
	// ClientTime is the phone's clock when it sent the request; zero: trusted.
	ClientTime time.Time
}

// clockTolerance is how far a phone's clock may be off before times are
// corrected (contract, Conventions).
const clockTolerance = 5 * time.Minute

// effective returns the time that care uses: the sent one, corrected for the
// error of the phone's clock, and never in the future.
func (w Write) effective(sent Time, now time.Time) Time {
	at := w.corrected(sent, now)
	if at.After(now) {
		at = now
	}
	return T(at)
}

// corrected returns the sent time by the server's clock.
func (w Write) corrected(sent Time, now time.Time) time.Time {
	if !w.ClientTime.IsZero() {
		if skew := now.Sub(w.ClientTime); skew.Abs() > clockTolerance {
			return sent.Add(skew)
		}
	}
	return sent.Time
}

// answersRisks reports whether a patch answers the health questions and leaves
// it to the server to say when.
func (w Write) answersRisks() bool {
	return slices.Contains(w.Named, "risks") && !slices.Contains(w.Named, "risks_reviewed_at")
}

// check returns an error unless the conditions hold for the row's version;
// living is false if there is no living row.
func (w Write) check(version int64, living bool, current any) error {
	switch {
	case w.CreateOnly && living:
		return &Error{Code: CodeVersionMismatch, Detail: "a row with this id exists already", Current: current}
	case w.IfExists && !living:
		return &Error{Code: CodeVersionMismatch, Detail: "there is no row with this id"}
	case w.IfVersion != 0 && (!living || version != w.IfVersion):
		e := &Error{Code: CodeVersionMismatch, Detail: "the row was edited since; take the current one and try again"}
		if living {
			e.Current = current
		}
		return e
	}
	return nil
}

// NewID returns a UUIDv7 for a row that the server creates.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// idPattern matches the IDs that a phone may choose.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

func validID(id string) error {
	if !idPattern.MatchString(id) {
		return Invalid("path.id", "must be 8 to 64 letters, digits, - or _")
	}
	return nil
}

// find returns a row, including a tombstone, or nil if there is none.
func find[R any, P row[R]](q db.Q, account, id string) (*R, error) {
	return db.Found[R](q, "SELECT * FROM "+db.TableOf[R]()+" WHERE account_id = $1 AND id = $2", account, id)
}

// Get returns a living row. Another account's ID counts as unknown.
func Get[R any, P row[R]](ctx context.Context, s *Store, account, id string) (R, error) {
	return get[R, P](s.read(ctx), account, id)
}

func get[R any, P row[R]](q db.Q, account, id string) (R, error) {
	found, err := find[R, P](q, account, id)
	if err != nil {
		return *new(R), err
	}
	if found == nil || P(found).base().deleted() {
		return *new(R), NotFound()
	}
	return *found, nil
}

// Query selects a page of a list.
type Query struct {
	From, To  time.Time // range of the row's own time; zero: open; To is exclusive
	Limit     int
	Cursor    string   // NextCursor of the previous page
	States    []string // none: any
	SessionID string   // reports of this session; "": any
}

// Page is a part of a list, newest first; NextCursor is "" on the last page.
type Page[T any] struct {
	Items      []T
	NextCursor string
}

// Default and maximum length of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// cursor is the position after the last row of a page.
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

// List returns living rows, newest first by their own time, then ID.
func List[R any, P row[R]](ctx context.Context, s *Store, account string, q Query) (Page[R], error) {
	where := db.Args{}
	return page[R, P](s.read(ctx), "account_id = "+where.Add(account)+" AND deleted_at IS NULL", where, q)
}

// page returns one page of the rows that meet the condition.
func page[R any, P row[R]](from db.Q, where string, args db.Args, q Query) (Page[R], error) {
	column := P(nil).orderColumn()
	if len(q.States) > 0 {
		where += " AND state IN " + db.In(&args, q.States...)
	}
	if q.SessionID != "" {
		where += " AND session_id = " + args.Add(q.SessionID)
	}
	if !q.From.IsZero() {
		where += " AND " + column + " >= " + args.Add(T(q.From))
	}
	if !q.To.IsZero() {
		where += " AND " + column + " < " + args.Add(T(q.To))
	}
	if q.Cursor != "" {
		c, err := parseCursor(q.Cursor)
		if err != nil {
			return Page[R]{}, err
		}
		where += " AND (" + column + ", id) < (" + args.Add(c.At) + ", " + args.Add(c.ID) + ")"
	}
	rows, err := db.Rows[R](from, "SELECT * FROM "+db.TableOf[R]()+" WHERE "+where+" ORDER BY "+column+" DESC, id DESC LIMIT "+args.Add(q.limit()+1), args...)
	if err != nil || len(rows) <= q.limit() {
		return Page[R]{Items: rows}, err
	}
	rows = rows[:q.limit()]
	last := P(&rows[len(rows)-1])
	next := cursor{At: last.orderTime().UnixMilli(), ID: last.base().ID}
	return Page[R]{Items: rows, NextCursor: next.String()}, nil
}

// save stores an edited row with a new number in the change feed.
func (tx *Tx) save(row interface{ base() *Base }) error {
	row.base().written(tx)
	return tx.q.Put(row)
}

// editable is a row that a person edits.
type editable interface {
	base() *Base
	entry() *Entry
}

// saveEdited stores a row that the person edited.
func (tx *Tx) saveEdited(row editable) error {
	tx.edited(row)
	return tx.q.Put(row)
}

// edited gives a row that the person edited its numbers.
func (tx *Tx) edited(row editable) {
	row.base().written(tx)
	row.entry().EditedSeq, row.entry().EditedBy = row.base().Seq, ""
	if tx.offline {
		row.entry().EditedBy = tx.Device
	}
}

// saveChanges stores a row whose stored state is known: for an existing row,
// only the columns that changed.
func (tx *Tx) saveChanges(before, row interface{ base() *Base }) error {
	if row.base().CreatedAt.IsZero() {
		return tx.save(row)
	}
	row.base().written(tx)
	return tx.q.Change(before, row)
}

// AuditEvent is an action on the account that the person may want to know
// about.
type AuditEvent struct {
	AccountID string `gorm:"primaryKey" json:"-"`
	ID        string `gorm:"primaryKey" json:"id"`
	At        Time   `json:"at"`
	Event     string `json:"event"`
	DeviceID  string `json:"device_id,omitempty"`
}

// TableName returns the table of audit events.
func (AuditEvent) TableName() string { return "audit" }

func (e *AuditEvent) base() *Base { return &Base{ID: e.ID} }

func (*AuditEvent) orderColumn() string { return "at" }

func (e *AuditEvent) orderTime() Time { return e.At }

func (tx *Tx) audit(event, device string) error {
	e := AuditEvent{AccountID: tx.Account, ID: NewID(), At: T(tx.Now), Event: event, DeviceID: device}
	return tx.q.Put(&e)
}

// eventSignUp is the audit event of the device that created the account.
const eventSignUp = "sign_up"
