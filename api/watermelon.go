package api

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
)

// WatermelonDB's synchronize(): the change feed by tables, in flat columns. Times
// are epoch milliseconds, lists and objects JSON in a string.

// FlatRow is a row in flat columns.
type FlatRow json.RawMessage

// MarshalJSON returns the row.
func (r FlatRow) MarshalJSON() ([]byte, error) { return r, nil }

// Schema describes what all rows have.
func (FlatRow) Schema(r huma.Registry) *huma.Schema {
	const name = "FlatRow"
	if r.Map()[name] == nil {
		r.Map()[name] = &huma.Schema{
			Type: huma.TypeObject, Required: []string{"id"}, Properties: map[string]*huma.Schema{"id": {Type: huma.TypeString}},
			AdditionalProperties: true, // of a union with null oapi-codegen makes what does not compile
			Description:          "A row as GET answers it, in flat columns, each a text, a number, a boolean or null: times are epoch milliseconds, lists and objects JSON in a string.",
		}
	}
	return &huma.Schema{Ref: schemaPath + name}
}

// TableChanges is what has changed in a table. Everything is in updated.
type TableChanges struct {
	Created []FlatRow `json:"created"`
	Updated []FlatRow `json:"updated"`
	Deleted []string  `json:"deleted"`
}

// WatermelonPull is the answer to a pull.
type WatermelonPull struct {
	Changes   map[string]TableChanges `json:"changes"`
	Timestamp int64                   `json:"timestamp" doc:"last_pulled_at of the next pull and push"`
	Strategy  string                  `json:"experimentalStrategy,omitempty" required:"false" doc:"replacement: the set is whole, and what is not in it is gone; only where last_pulled_at is too old"`
}

type watermelonPullInput struct {
	LastPulledAt  string `query:"last_pulled_at" maxLength:"20" doc:"timestamp of the last pull; left out, empty, 0 or null: everything" example:"0"`
	SchemaVersion string `query:"schema_version" maxLength:"20" doc:"Of the app; every version is answered alike"`
	Migration     string `query:"migration" maxLength:"10000" doc:"What WatermelonDB's migrationsEnabledAtVersion gives, as JSON: its tables are answered whole"`
}

type watermelonPullOutput struct{ Body WatermelonPull }

func (s *server) watermelonPull(ctx context.Context, in *watermelonPullInput) (*watermelonPullOutput, error) {
	since, err := cursorOf(in.LastPulledAt)
	if err != nil {
		return nil, err
	}
	migrated, err := migratedTables(in.Migration)
	if err != nil {
		return nil, err
	}
	account := callerOf(ctx).AccountID
	out := WatermelonPull{Changes: map[string]TableChanges{}}
	for _, table := range models.Collections() {
		out.Changes[table] = TableChanges{[]FlatRow{}, []FlatRow{}, []string{}}
	}
	feed, err := s.Store.Changes(ctx, account, models.FeedQuery{Since: max(since, 0)})
	if models.IsCode(err, models.CodeCursorExpired) {
		since, out.Strategy = 0, "replacement"
		feed, err = s.Store.Changes(ctx, account, models.FeedQuery{})
	}
	if err != nil {
		return nil, err
	}
	if len(migrated) > 0 && since > 0 {
		whole, err := s.Store.Changes(ctx, account, models.FeedQuery{Collections: migrated})
		if err != nil {
			return nil, err
		}
		feed.Changes = slices.DeleteFunc(feed.Changes, func(c models.Change) bool { return slices.Contains(migrated, c.Collection) })
		feed.Changes = append(feed.Changes, whole.Changes...)
	}
	out.Timestamp = max(feed.Next, 1) // 0 would be none
	return &watermelonPullOutput{out}, flatten(wordsOf(ctx), feed.Changes, since <= 0, out.Changes)
}

// flatten adds the changes to their tables. A phone that begins with nothing
// receives no deletions.
func flatten(w words, changes []models.Change, begins bool, tables map[string]TableChanges) error {
	for _, c := range changes {
		t := tables[c.Collection]
		switch {
		case !c.Deleted:
			row, err := flatRow(feedRows[c.Collection].show(w, c.Row), c.Sent)
			if err != nil {
				return err
			}
			t.Updated = append(t.Updated, row)
		case !begins:
			t.Deleted = append(t.Deleted, c.ID)
		}
		tables[c.Collection] = t
	}
	return nil
}

// migratedTables returns the tables that a migration of the app names.
func migratedTables(sent string) (tables []string, err error) {
	if sent == "" || sent == "null" {
		return nil, nil
	}
	var migration struct {
		Tables  []string `json:"tables"`
		Columns []struct {
			Table string `json:"table"`
		} `json:"columns"`
	}
	if json.Unmarshal([]byte(sent), &migration) != nil {
		return nil, models.Invalid("query.migration", "is JSON as WatermelonDB gives it")
	}
	for _, c := range migration.Columns {
		migration.Tables = append(migration.Tables, c.Table)
	}
	for _, table := range migration.Tables {
		if slices.Contains(models.Collections(), table) && !slices.Contains(tables, table) {
			tables = append(tables, table)
		}
	}
	return tables, nil
}

// flatField is a column.
type flatField struct {
	name  string // as JSON, with its colon
	key   string
	index []int
	kind  flatKind
}

type flatKind int

const (
	flatPlain flatKind = iota
	flatTime
	flatJSON // lists and objects
)

var flatFields sync.Map // of each type of row

func flatFieldsOf(t reflect.Type) []flatField {
	if known, ok := flatFields.Load(t); ok {
		return known.([]flatField)
	}
	var out []flatField
	for field, name := range fieldsOf(t) {
		if field.Tag.Get("writeOnly") == "true" {
			continue
		}
		out = append(out, flatField{strconv.Quote(name) + ":", name, field.Index, flatKindOf(field.Type)})
	}
	flatFields.Store(t, out)
	return out
}

func flatKindOf(t reflect.Type) flatKind {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == typeOf[models.Time]():
		return flatTime
	case t.Kind() == reflect.Struct, t.Kind() == reflect.Slice, t.Kind() == reflect.Map:
		return flatJSON
	}
	return flatPlain
}

// flatRow writes a row, with what was sent for the fields that were set aside.
func flatRow(row any, sent map[string]any) (FlatRow, error) {
	v := reflect.ValueOf(row)
	out := make([]byte, 0, 512)
	for i, f := range flatFieldsOf(v.Type()) {
		separator := byte(',')
		if i == 0 {
			separator = '{'
		}
		out = append(append(out, separator), f.name...)
		value := v.FieldByIndex(f.index).Interface()
		if aside := sent[f.key]; aside != nil {
			value = aside
		}
		var err error
		if out, err = appendFlat(out, value, f.kind); err != nil {
			return nil, fmt.Errorf("encode a flat row: %w", err)
		}
	}
	return append(out, '}'), nil
}

func appendFlat(to []byte, value any, kind flatKind) ([]byte, error) {
	if at, ok := value.(models.Time); ok && kind == flatTime {
		if at.IsZero() {
			return append(to, "null"...), nil
		}
		return strconv.AppendInt(to, at.UnixMilli(), 10), nil
	}
	raw, err := json.Marshal(value)
	if err == nil && kind == flatJSON && len(raw) > 0 && (raw[0] == '{' || raw[0] == '[') {
		raw, err = json.Marshal(string(raw))
	}
	return append(to, raw...), err
}

// WatermelonTable is what an app has changed in a table.
type WatermelonTable struct {
	Created []documentInput `json:"created,omitempty" required:"false"`
	Updated []documentInput `json:"updated,omitempty" required:"false"`
	Deleted []string        `json:"deleted,omitempty" required:"false"`
}

type watermelonPushInput struct {
	LastPulledAt string `query:"last_pulled_at" maxLength:"20" doc:"timestamp of the last pull" example:"1"`
	ClientTime   string `header:"Client-Time" format:"date-time" doc:"The phone's clock when it sent; times are corrected when it is more than 5 minutes off"`
	PushNumber   int64  `header:"Push-Number" minimum:"0" maximum:"9007199254740991" doc:"Higher than that of each push that the phone has sent before; milliseconds since 1970 will do. A push that arrives after a later one then changes nothing: 409, with the highest number in current"`
	RawBody      []byte `contentType:"application/json"`
}

// watermelonPush stores everything or, if a row was edited since, nothing.
func (s *server) watermelonPush(ctx context.Context, in *watermelonPushInput) (*struct{}, error) {
	at, err := headerTime("Client-Time", in.ClientTime)
	if err != nil {
		return nil, err
	}
	since, err := cursorOf(in.LastPulledAt)
	if err != nil {
		return nil, err
	}
	sent, err := readBody[map[string]WatermelonTable](in.RawBody)
	if err != nil {
		return nil, err
	}
	var rows []models.Pushed
	for _, table := range slices.Sorted(maps.Keys(sent)) {
		more, err := s.pushedTable(table, sent[table])
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	rules := models.PushRules{ByNumber: true, Since: since, Whole: true, Number: in.PushNumber}
	_, err = s.Store.Push(ctx, callerOf(ctx), rows, rules, models.Write{ClientTime: at})
	return nil, err
}

// pushedTable reads the changes of a table. Tables that the feed does not have
// are the app's own.
func (s *server) pushedTable(table string, changes WatermelonTable) (out []models.Pushed, err error) {
	if !slices.Contains(models.Collections(), table) {
		return nil, nil
	}
	reads, writable := offlineRows[table]
	for _, doc := range append(changes.Created, changes.Updated...) {
		p := models.Pushed{Collection: table}
		p.ID, _ = doc["id"].(string)
		if writable {
			if p.Row, err = reads.read(s, unflatten(reads.row, doc)); err != nil {
				return nil, err
			}
		}
		out = append(out, p)
	}
	for _, id := range changes.Deleted {
		out = append(out, models.Pushed{Collection: table, ID: id})
	}
	return out, nil
}

// unflatten returns a flat row as GET would show it. What does not have the
// form of its column stays as it is, to be set aside.
func unflatten(row reflect.Type, flat documentInput) object {
	out := object{}
	for name, value := range flat {
		if value != "" { // WatermelonDB's text for none
			out[name] = value
		}
	}
	for _, f := range flatFieldsOf(row) {
		switch v := out[f.key].(type) {
		case string:
			var inner any
			if f.kind == flatJSON && json.Unmarshal([]byte(v), &inner) == nil {
				out[f.key] = inner
			}
		case float64:
			if at, err := models.T(time.UnixMilli(int64(v))).MarshalText(); f.kind == flatTime && err == nil {
				out[f.key] = string(at)
			}
		}
	}
	return out
}
