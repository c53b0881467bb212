package lives

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"aftercare/api/synctest/adapters"
)

func (l *life) context() context.Context { return context.Background() }

// fields are those of each collection that these phones write.
var fields = map[string][]string{
	"rollers":          {"name", "needle_mm", "problems", "notes"},
	"sessions":         {"started_at", "ended_at", "needle_mm", "roller_id", "notes"},
	"reports":          {"observed_at", "erythema", "itch", "temperature_c", "odour", "alarm", "note"},
	"clinician_events": {"at", "outcome", "note"},
	"progress":         {"on", "change", "shedding", "note"},
}

// values are what a person might have told of a field, and what cannot be.
var values = map[string][]any{
	"name": {"new", nil, 12.0}, "needle_mm": {0.5, 1.5, nil, 99.0, "long"}, "problems": {[]any{}, []any{"bent"}, []any{"bent", "haunted"}, nil},
	"roller_id": {"roller-0-0000", "roller-1-0000", nil},
	"erythema":  {0.0, 1.0, 3.0, 9.0, nil}, "itch": {0.0, 7.0, 2.5, nil}, "temperature_c": {36.6, 39.0, 55.0, nil},
	"odour": {"no", "yes", "perhaps", nil}, "alarm": {[]any{}, []any{"chest_pain"}, []any{"chest_pain", "sixth_sense"}, nil},
	"outcome": {"booked", "seen", "cleared", "maybe", nil}, "change": {1.0, -3.0, 9.0, nil}, "shedding": {"less", "more", "all", nil},
}

// value is what a phone says of a field by its clock.
func value(field string, s step, now time.Time) any {
	stamp := func(d time.Duration) any { return now.Add(-d).UTC().Truncate(time.Second).Format(time.RFC3339) }
	switch field {
	case "observed_at", "at":
		return []any{stamp(time.Minute), stamp(time.Duration(s.b%200) * time.Hour), "yesterday", nil}[min(s.c%8, 7)/2%4]
	case "started_at":
		return stamp(time.Duration(s.b%400+1) * time.Hour)
	case "ended_at":
		return []any{nil, stamp(0), stamp(900 * time.Hour)}[s.c%3]
	case "on":
		return []any{now.Format(time.DateOnly), now.AddDate(0, 0, -s.b%60).Format(time.DateOnly), "2099-01-01", nil}[s.c%4]
	}
	all := values[field]
	return all[(s.b+s.c)%len(all)]
}

// timed are fields that take a moment or a day.
func timed(field string) bool {
	return slices.Contains([]string{"observed_at", "started_at", "ended_at", "at", "on"}, field)
}

// edit is one on a phone's screen.
func (l *life) edit(s step, n int) {
	collection := append(slices.Clone(written), "reminders", "reports", "sessions")[s.a%8]
	p, now := l.phones[s.who], l.lines[s.who].clock()
	if collection == "reminders" {
		l.tap(s, p, now)
		return
	}
	key := adapters.Key{Collection: collection, ID: fmt.Sprintf("%s-%d-%04d", strings.TrimSuffix(collection, "s"), s.who, s.b%3)}
	if others := slices.DeleteFunc(sortedKeys(p.holds()), func(k adapters.Key) bool { return k.Collection != collection }); s.b%4 > 0 && len(others) > 0 {
		key = others[s.b/4%len(others)]
	}
	held := p.holds()[key]
	if held == nil && l.gone[key] {
		if _, tables := p.(*tablePhone); tables || author(adapters.Row{"note": fmt.Sprintf("phone %s", strings.Split(key.ID, "-")[1])}) != s.who {
			return // nothing is brought back there
		}
	}
	if held != nil && s.c%5 == 0 {
		p.edit(key, nil)
		l.gone[key] = true
		l.tally.add("deletes", 1)
		return
	}
	p.edit(key, l.changes(s, n, key, held, now, fmt.Sprintf("phone %d", s.who)))
	l.made[key] = true
	l.tally.add("edits", 1)
}

// changes are those of an edit: every field of a new row, one or two of another,
// and a mark of their own.
func (l *life) changes(s step, n int, key adapters.Key, held adapters.Row, now time.Time, who string) adapters.Row {
	out := adapters.Row{}
	for i, field := range fields[key.Collection] {
		if values[field] == nil && !timed(field) {
			continue
		}
		if held == nil || (s.c+i)%4 == 0 {
			varied := step{b: s.b + i, c: s.c >> i}
			out[field] = value(field, varied, now)
		}
	}
	for _, field := range []string{"note", "notes"} {
		if slices.Contains(fields[key.Collection], field) {
			out[field] = fmt.Sprintf("%s, step %d", who, n)
		}
	}
	return out
}

// tap answers a reminder: it is acknowledged, put off, or either is taken back.
func (l *life) tap(s step, p phone, now time.Time) {
	keys := slices.DeleteFunc(sortedKeys(p.holds()), func(k adapters.Key) bool { return k.Collection != "reminders" })
	if len(keys) == 0 {
		return
	}
	key := keys[s.b%len(keys)]
	row := maps.Clone(p.holds()[key])
	switch row["state"] {
	case "acknowledged", "snoozed":
		if _, tables := p.(*tablePhone); tables {
			return // is taken back by REST
		}
		p.edit(key, adapters.Row{"state": "due", "acknowledged_at": nil, "snoozed_until": nil})
	case "due", "sent", "scheduled", "held":
		if s.c%2 == 0 {
			p.edit(key, adapters.Row{"state": "acknowledged", "acknowledged_at": now.UTC().Truncate(time.Second).Format(time.RFC3339)})
		} else {
			p.edit(key, adapters.Row{"state": "snoozed", "snoozed_until": now.Add(time.Duration(s.c%60) * time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339)})
		}
	}
	l.tally.add("edits", 1)
}

// atTheDesk writes by REST what the server has.
func (l *life) atTheDesk(s step, n int) {
	collection := written[s.a%len(written)]
	docs := l.house.documents(collection)
	ids := slices.Sorted(maps.Keys(docs))
	ids = slices.DeleteFunc(ids, func(id string) bool { return docs[id]["_deleted"] == true })
	if len(ids) == 0 {
		return
	}
	key := adapters.Key{Collection: collection, ID: ids[s.b%len(ids)]}
	path := "/v1/" + strings.ReplaceAll(collection, "_", "-") + "/" + key.ID
	if s.c%6 == 0 {
		l.house.must(l.lines[desk].token, http.MethodDelete, path, nil, nil)
		l.gone[key], l.ledger.gone[key] = true, desk
		return
	}
	mark := fmt.Sprintf("phone %d, step %d", desk, n)
	field := fields[collection][len(fields[collection])-1]
	status, raw := l.house.call(l.lines[desk].token, http.MethodPatch, path, adapters.Row{field: mark})
	if status != http.StatusOK && status != http.StatusUnprocessableEntity { // a row without an outcome is not patched alone
		fail("the desk: %d %s", status, raw)
	}
}
