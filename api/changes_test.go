package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"
)

// feed reads the change feed by pages from a number on.
func (p *person) feed(since, limit int) (changes []object, next int) {
	p.Helper()
	for {
		a := p.want(200, p.do("GET", fmt.Sprintf("/v1/changes?since=%d&limit=%d", since, limit), nil))
		for _, c := range a.body["changes"].([]any) {
			changes = append(changes, c.(object))
		}
		since = int(a.body["next"].(float64))
		if a.body["more"] == false {
			return changes, since
		}
	}
}

// A row of the feed is exactly what GET answers, in the reader's language.
func TestChangesShowRowsAsREST(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.fill()
	p.want(201, p.do("PUT", "/v1/reports/report-gone", object{"observed_at": "2026-11-25T08:00:00Z", "itch": 2}))
	p.want(204, p.do("DELETE", "/v1/reports/report-gone", nil))
	changes, next := p.feed(0, 3)
	seen := map[string]bool{}
	for _, c := range changes {
		collection, id := text(c, "collection"), text(c, "id")
		seen[collection] = true
		if c["deleted"] == true {
			seen["deleted"] = true
			if c["row"] != nil || id != "report-gone" {
				t.Errorf("deleted: %v", c)
			}
			continue
		}
		if want := p.want(200, p.do("GET", restPath(collection, id), nil)).body; !reflect.DeepEqual(c["row"], any(want)) {
			t.Errorf("%s %s:\n%v\nGET answers\n%v", collection, id, c["row"], want)
		}
	}
	for collection := range feedRows {
		if !seen[collection] {
			t.Errorf("no row of %s", collection)
		}
	}
	if !seen["deleted"] {
		t.Error("no tombstone")
	}
	if more, same := p.feed(next, 3); len(more) > 0 || same != next {
		t.Errorf("after %d: %v, next %d", next, more, same)
	}
	p.want(200, p.do("PATCH", "/v1/rollers/roller-of-ann", object{"name": "the other"}))
	if more, _ := p.feed(next, 3); len(more) != 1 || text(more[0]["row"].(object), "name") != "the other" {
		t.Errorf("one row was edited: %v", more)
	}
	german := p.want(200, p.do("GET", "/v1/changes?limit=5000", nil, "Accept-Language: de"))
	if german.Header.Get("Content-Language") != "de" {
		t.Errorf("in %q", german.Header.Get("Content-Language"))
	}
}

func TestChangesOfAnExpiredCursor(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.want(201, p.do("PUT", "/v1/reports/report-gone", object{"observed_at": "2026-11-25T08:00:00Z", "itch": 2}))
	_, next := p.feed(0, 100)
	p.want(204, p.do("DELETE", "/v1/reports/report-gone", nil))
	w.clock.advance(170 * 24 * time.Hour)
	p.want(200, p.do("GET", "/v1/account", nil)) // the token lives on
	w.clock.advance(11 * 24 * time.Hour)
	if err := w.store.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := p.want(410, p.do("GET", fmt.Sprintf("/v1/changes?since=%d", next), nil)); a.code() != "cursor-expired" {
		t.Errorf("code %s", a.code())
	}
	p.want(410, p.do("GET", "/v1/changes?since=99999999", nil))
	p.want(422, p.do("GET", "/v1/changes?since=soon", nil))
	changes, _ := p.feed(0, 100)
	for _, c := range changes {
		if c["id"] == "report-gone" {
			raw, _ := json.Marshal(c)
			t.Errorf("it was purged: %s", raw)
		}
	}
}
