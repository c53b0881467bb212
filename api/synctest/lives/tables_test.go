package lives

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"aftercare/api/synctest/adapters"
)

// tablePhone synchronises as WatermelonDB does: flat rows, of which it knows
// the columns that were changed since they were synchronised.
type tablePhone struct {
	*line
	rows    map[adapters.Key]adapters.Row
	created map[adapters.Key]bool
	changed map[adapters.Key]map[string]bool
	deleted map[adapters.Key]bool
	at      int64
}

func newTablePhone(l *line) *tablePhone {
	return &tablePhone{
		l, map[adapters.Key]adapters.Row{}, map[adapters.Key]bool{}, map[adapters.Key]map[string]bool{}, map[adapters.Key]bool{}, 0,
	}
}

func (p *tablePhone) holds() map[adapters.Key]adapters.Row { return p.rows }

func (p *tablePhone) edit(key adapters.Key, changes adapters.Row) {
	if changes == nil {
		delete(p.rows, key)
		delete(p.changed, key)
		if p.deleted[key] = true; p.created[key] { // it was never sent, as far as the phone knows
			delete(p.created, key)
		}
		return
	}
	old := p.rows[key]
	if old == nil {
		p.created[key] = true
	} else if p.changed[key] == nil {
		p.changed[key] = map[string]bool{}
	}
	p.rows[key] = merged(old, flat(changes), adapters.Row{"id": key.ID})
	for name := range changes {
		if old != nil {
			p.changed[key][name] = true
		}
	}
}

// flat is a row in columns.
func flat(row adapters.Row) adapters.Row {
	out := adapters.Row{}
	for name, v := range row {
		out[name] = flatValue(name, v)
	}
	return out
}

func flatValue(name string, v any) any {
	switch v := v.(type) {
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil && (strings.HasSuffix(name, "_at") || name == "at" || name == "snoozed_until") {
			return float64(at.UnixMilli())
		}
	case []any:
		raw, err := json.Marshal(v)
		must(err)
		return string(raw)
	}
	return v
}

type tableChanges struct {
	Created []adapters.Row `json:"created"`
	Updated []adapters.Row `json:"updated"`
	Deleted []string       `json:"deleted"`
}

type tables struct {
	Changes   map[string]tableChanges
	Timestamp int64
	Strategy  string `json:"experimentalStrategy"`
}

func (p *tablePhone) sync(int) error {
	if err := p.pull(false); err != nil {
		return err
	}
	return p.push()
}

// pull takes what is new; again says that what a restored server had lost is sent.
func (p *tablePhone) pull(again bool) error {
	last := "null"
	if p.at > 0 {
		last = fmt.Sprint(p.at)
	}
	var got tables
	if _, err := p.ask(http.MethodGet, "/v1/sync?schema_version=1&migration=null&last_pulled_at="+last, nil, &got); err != nil {
		return err
	}
	restored := p.at > 0 && got.Timestamp-p.at >= 1<<31 // as watermelondb.mjs does
	if restored && !again {
		if lost, err := p.pushLost(got); err != nil {
			return err
		} else if lost {
			return p.pull(true)
		}
	}
	for table, changes := range got.Changes {
		p.apply(table, changes, restored || got.Strategy == "replacement")
	}
	p.at = got.Timestamp
	return nil
}

// pushLost sends what a restored server has lost, and says whether there was any.
func (p *tablePhone) pushLost(got tables) (again bool, err error) {
	lost := map[string]tableChanges{}
	for _, key := range sortedKeys(p.rows) {
		changes := got.Changes[key.Collection]
		come := slices.Contains(changes.Deleted, key.ID) || slices.ContainsFunc(changes.Updated, func(r adapters.Row) bool { return r["id"] == key.ID })
		if come || p.created[key] || !slices.Contains(written, key.Collection) {
			continue
		}
		t := lost[key.Collection]
		t.Updated = append(t.Updated, p.rows[key])
		lost[key.Collection] = t
	}
	if len(lost) == 0 {
		return false, nil
	}
	_, err = p.ask(http.MethodPost, fmt.Sprint("/v1/sync?last_pulled_at=", got.Timestamp), lost, nil)
	return true, err
}

func (p *tablePhone) apply(table string, changes tableChanges, whole bool) {
	come := map[string]bool{}
	for _, remote := range append(changes.Created, changes.Updated...) {
		key := adapters.Key{Collection: table, ID: remote["id"].(string)}
		if come[key.ID] = true; p.deleted[key] {
			continue
		}
		row := merged(p.rows[key], remote)
		for name := range p.changed[key] {
			row[name] = p.rows[key][name]
		}
		p.rows[key] = row
	}
	for key := range p.rows {
		if key.Collection == table && whole && !come[key.ID] && !p.created[key] {
			changes.Deleted = append(changes.Deleted, key.ID)
		}
	}
	for key := range p.deleted {
		if key.Collection == table && whole && !come[key.ID] {
			delete(p.deleted, key)
		}
	}
	for _, id := range changes.Deleted {
		key := adapters.Key{Collection: table, ID: id}
		delete(p.rows, key)
		delete(p.created, key)
		delete(p.changed, key)
		delete(p.deleted, key)
	}
}

func (p *tablePhone) push() error {
	sent := map[string]tableChanges{}
	for _, key := range sortedKeys(p.rows) {
		t := sent[key.Collection]
		switch {
		case p.created[key]:
			t.Created = append(t.Created, p.rows[key])
		case p.changed[key] != nil:
			t.Updated = append(t.Updated, p.rows[key])
		default:
			continue
		}
		sent[key.Collection] = t
	}
	for _, key := range sortedKeys(p.deleted) {
		t := sent[key.Collection]
		t.Deleted = append(t.Deleted, key.ID)
		sent[key.Collection] = t
	}
	if len(sent) == 0 {
		return nil
	}
	if _, err := p.ask(http.MethodPost, fmt.Sprint("/v1/sync?last_pulled_at=", p.at), sent, nil); err != nil {
		return err
	}
	clear(p.created)
	clear(p.changed)
	clear(p.deleted)
	return nil
}
