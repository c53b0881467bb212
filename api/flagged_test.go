package api

import (
	"fmt"
	"reflect"
	"testing"
)

// What is no possible value is kept as it was sent, named in flags, and counts as
// unknown; the rest of the row is judged.
func TestNothingIsRefusedForWhatItSays(t *testing.T) {
	w := newWorld(t)
	w.anySchema = true // these rows hold what was sent
	p := w.newPerson()
	p.session("session-0001", 30)
	sent := object{
		"id": "report-0001", "observed_at": "2026-11-25T08:00:00Z", "erythema": 9, "itch": 2.5, "temperature_c": 55,
		"alarm": []string{"chest_pain", "sixth_sense"}, "odour": "perhaps", "trend": 7, "note": "kept", "of_the_next_version": true,
	}
	p.stores("reports", edit(nil, sent))
	doc := p.pulls("reports", 10)["report-0001"]
	for field, value := range map[string]any{
		"erythema": 9.0, "itch": 2.5, "temperature_c": 55.0, "odour": "perhaps", "trend": 7.0, "note": "kept", "pain": nil,
		"alarm": []any{"chest_pain", "sixth_sense"},
		"flags": []any{"needs_review:alarm", "needs_review:erythema", "needs_review:itch", "needs_review:odour", "needs_review:temperature_c", "needs_review:trend"},
	} {
		if !reflect.DeepEqual(doc[field], value) {
			t.Errorf("%s is %v, was sent as %v", field, doc[field], value)
		}
	}
	if tier := doc["assessment"].(object)["tier"]; tier != "emergency" {
		t.Errorf("chest pain is %v", tier)
	}
	row := p.want(200, p.do("GET", "/v1/reports/report-0001", nil)).body
	if row["temperature_c"] != nil || row["odour"] != nil || !reflect.DeepEqual(row["flags"], doc["flags"]) {
		t.Errorf("by REST: %v", row)
	}
	changes, _ := p.want(200, p.do("GET", "/v1/changes", nil)).body["changes"].([]any)
	for _, c := range changes { // what typed clients read
		if text(c, "id") == "report-0001" && !reflect.DeepEqual(at(c, "row"), any(row)) {
			t.Errorf("by the feed: %v, by REST: %v", c, row)
		}
	}
	p.stores("reports", edit(nil, sent)) // the same again is the same
	p.want(200, p.do("PATCH", "/v1/reports/report-0001", object{"note": "still kept", "odour": "no", "trend": nil}))
	doc = p.pulls("reports", 10)["report-0001"]
	if doc["temperature_c"] != 55.0 || doc["odour"] != "no" || doc["trend"] != nil || doc["note"] != "still kept" {
		t.Errorf("after a patch: %v", doc)
	}
	p.stores("reports", edit(doc, edited(doc, object{"temperature_c": 38.5, "erythema": nil, "itch": 2, "alarm": []string{}})))
	if doc = p.pulls("reports", 10)["report-0001"]; len(doc["flags"].([]any)) != 0 || doc["temperature_c"] != 38.5 {
		t.Errorf("put right: %v", doc)
	}
}

// A phone that reads the feed is shown null for what is no possible value: its
// edit of such a row is no conflict, and takes nothing away that it does not
// change. One that reads documents is shown what was sent, and may.
func TestAnEditOfAFlaggedRowKeepsWhatWasSent(t *testing.T) {
	w := newWorld(t)
	w.anySchema = true // these rows hold what was sent
	p := w.newPerson()
	alarm := []any{"chest_pain", "sixth_sense"}
	p.stores("reports", edit(nil, object{"id": "report-0001", "observed_at": "2026-11-25T08:00:00Z", "itch": 2, "temperature_c": 55, "alarm": alarm}))
	p.stores("clinician_events", edit(nil, object{"id": "visit-0001", "at": "2026-11-25T08:00:00Z", "outcome": "maybe"}))
	row := p.want(200, p.do("GET", "/v1/reports/report-0001", nil)).body
	p.stores("reports", edit(row, edited(row, object{"itch": 3})))
	p.stores("reports", edit(row, edited(row, object{"itch": 3}))) // the answer was lost
	doc := p.pulls("reports", 10)["report-0001"]
	if doc["itch"] != 3.0 || doc["temperature_c"] != 55.0 || !reflect.DeepEqual(doc["alarm"], any(alarm)) {
		t.Errorf("stored as %v", doc)
	}
	visit := p.want(200, p.do("GET", "/v1/clinician-events/visit-0001", nil)).body
	p.stores("clinician_events", edit(visit, edited(visit, object{"note": "asked"})))
	if doc := p.pulls("clinician_events", 10)["visit-0001"]; doc["outcome"] != "maybe" || doc["note"] != "asked" {
		t.Errorf("stored as %v", doc)
	}
	row = p.want(200, p.do("GET", "/v1/reports/report-0001", nil)).body
	p.stores("reports", edit(row, edited(row, object{"temperature_c": 38.5})))
	if doc := p.pulls("reports", 10)["report-0001"]; doc["temperature_c"] != 38.5 || !reflect.DeepEqual(doc["flags"], []any{"needs_review:alarm"}) {
		t.Errorf("put right: %v", doc)
	}
	doc = p.pulls("reports", 10)["report-0001"]
	p.stores("reports", edit(doc, edited(doc, object{"alarm": nil})))
	if doc := p.pulls("reports", 10)["report-0001"]; doc["alarm"] != nil || len(doc["flags"].([]any)) > 0 {
		t.Errorf("cleared: %v", doc)
	}
	p.want(200, p.do("PATCH", "/v1/reports/report-0001", object{"itch": 5}))
	if conflicts := p.pushes("reports", edit(row, edited(row, object{"itch": 4}))); len(conflicts) != 1 {
		t.Errorf("an edit of what is past: %v", conflicts)
	}
}

// A patch is not refused for what it does not name: what a push brought without a
// value stays so until somebody gives it one.
func TestAPatchLeavesFlaggedFieldsAlone(t *testing.T) {
	p := newWorld(t).newPerson()
	for id, sent := range map[string]object{
		"visit-001": {"at": "2026-10-25T08:00:00Z"},
		"visit-002": {"at": "2026-10-25T08:00:00Z", "outcome": "healed"},
		"visit-003": {"at": "some day", "outcome": "seen"}, // of no episode either
	} {
		sent["id"] = id
		p.stores("clinician_events", edit(nil, sent))
		before := p.want(200, p.do("GET", "/v1/clinician-events/"+id, nil))
		after := p.want(200, p.do("PATCH", "/v1/clinician-events/"+id, object{"note": "by telephone"}))
		if after.body["note"] != "by telephone" || fmt.Sprint(after.body["flags"]) != fmt.Sprint(before.body["flags"]) {
			t.Errorf("%s is patched to %s", id, after.raw)
		}
		if whole := p.do("PUT", "/v1/clinician-events/"+id, after.body); after.body["outcome"] == nil { // a PUT is whole
			p.want(422, whole)
			if again := p.want(200, p.do("GET", "/v1/clinician-events/"+id, nil)); string(again.raw) != string(after.raw) {
				t.Errorf("a refused PUT left %s", again.raw)
			}
		}
	}
	a := p.want(200, p.do("PATCH", "/v1/clinician-events/visit-001", object{"outcome": "seen"}))
	if flags, _ := a.body["flags"].([]any); a.body["outcome"] != "seen" || len(flags) > 0 {
		t.Errorf("given an outcome it is %s", a.raw)
	}
	p.want(422, p.do("PATCH", "/v1/clinician-events/visit-002", object{"outcome": "healed"}))
}

// A row without a usable time is stored, and left out of judging.
func TestRowsWithoutATimeAreNotJudged(t *testing.T) {
	w := newWorld(t)
	w.anySchema = true
	p := w.newPerson()
	rows := map[string]object{
		"reports": {"erythema": 3, "pain": 9}, "sessions": {"needle_mm": 0.5}, "progress": {"shedding": "less"},
		"clinician_events": {"outcome": "cleared"},
	}
	p.want(200, p.do("PATCH", "/v1/account", object{"risks": []string{}}))
	for collection, row := range rows {
		for id, at := range map[string]any{"row-none": nil, "row-odd1": "yesterday", "row-odd2": 12} {
			doc := edited(row, object{"id": id})
			for _, field := range []string{"observed_at", "started_at", "on", "at"} {
				doc[field] = at
			}
			p.stores(collection, edit(nil, doc))
			p.stores(collection, edit(nil, doc))
			p.stores(collection, edit(doc, edited(doc, object{"note": "edited"})))
		}
		for id, doc := range p.pulls(collection, 10) {
			if len(doc["flags"].([]any)) == 0 || doc["assessment"] != nil || doc["rest"] != nil {
				t.Errorf("%s %s: %v", collection, id, doc)
			}
			p.want(200, p.do("GET", restPath(collection, id), nil))
		}
		if n := len(p.do("GET", restPath(collection, "")[:len(restPath(collection, ""))-1], nil).items()); n != 3 {
			t.Errorf("%d %s in the list", n, collection)
		}
	}
	if rest := p.want(200, p.do("GET", "/v1/rest", nil)); rest.body["state"] != "ready" {
		t.Errorf("rest: %s", rest.raw)
	}
}
