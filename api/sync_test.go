package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"aftercare/models"
)

// pushes sends edits to a collection and returns the conflicting documents.
func (p *person) pushes(collection string, edits ...object) []object {
	p.Helper()
	a := p.want(200, p.do("POST", "/v1/sync/"+collection+"/push", edits))
	var conflicts []object
	if err := json.Unmarshal(a.raw, &conflicts); err != nil {
		p.Fatal(err)
	}
	return conflicts
}

// stores pushes edits that conflict with nothing.
func (p *person) stores(collection string, edits ...object) {
	p.Helper()
	if conflicts := p.pushes(collection, edits...); len(conflicts) > 0 {
		p.Fatalf("conflicts: %v", conflicts)
	}
}

// another is a second phone of the same person.
func (p *person) another() *person {
	p.Helper()
	code := p.want(201, p.do("POST", "/v1/pairing-codes", nil)).body["code"]
	return p.signedIn(p.want(201, p.call("POST", "/v1/devices", object{"pairing_code": code, "device": object{"name": "second", "platform": "ios"}})))
}

// pulls reads a collection by pages, as RxDB does.
func (p *person) pulls(collection string, limit int) (documents map[string]object) {
	p.Helper()
	documents = map[string]object{}
	path := fmt.Sprintf("/v1/sync/%s/pull?limit=%d", collection, limit)
	at := ""
	for {
		a := p.want(200, p.do("GET", path+at, nil))
		page, _ := a.body["documents"].([]any)
		for _, d := range page {
			documents[text(d.(object), "id")] = d.(object)
		}
		if len(page) < limit {
			return documents
		}
		checkpoint := a.body["checkpoint"].(object)
		at = fmt.Sprintf("&lwt=%.0f&id=%s", checkpoint["lwt"], checkpoint["id"])
	}
}

// isReminded returns a reminder that is due, an hour after a session was told of.
func (p *person) isReminded() object {
	p.Helper()
	p.session("session-0001", 30)
	p.clock.advance(time.Hour)
	p.advanceAll()
	for _, d := range p.pulls("reminders", 100) {
		if d["state"] == "due" {
			return d
		}
	}
	p.Fatal("no reminder is due")
	return nil
}

func edited(doc object, changes object) object {
	out := object{}
	for _, from := range []object{doc, changes} {
		for k, v := range from {
			out[k] = v
		}
	}
	return out
}

// edit is one of RxDB's: nil for a state that the phone does not know.
func edit(before, after object) object {
	if before == nil {
		return object{"newDocumentState": after}
	}
	return object{"assumedMasterState": before, "newDocumentState": after}
}

func TestCollectionsOfThePathsAreThoseOfTheFeed(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string][]string{
		"/v1/sync/{collection}/pull": models.Collections(), "/v1/sync/{collection}/push": models.Pushable(),
	} {
		item := w.api.OpenAPI().Paths[path]
		op := item.Get
		if op == nil {
			op = item.Post
		}
		i := slices.IndexFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == "collection" })
		takes := op.Parameters[i].Schema.Enum
		for _, name := range want {
			if !slices.Contains(takes, any(name)) {
				t.Errorf("%s does not take %s", path, name)
			}
		}
		if len(want) != len(takes) {
			t.Errorf("%s takes %v, want %v", path, takes, want)
		}
	}
}

// Documents are what GET answers, with _deleted; pages are short only at the end.
func TestDocumentsAreRows(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.fill()
	p.want(204, p.do("DELETE", "/v1/reports/report-of-ann-1", nil))
	for _, collection := range models.Collections() {
		one, many := p.pulls(collection, 1), p.pulls(collection, 1000)
		if len(many) == 0 || !reflect.DeepEqual(one, many) {
			t.Errorf("%s: %d documents by ones, %d at once", collection, len(one), len(many))
		}
		for id, d := range many {
			if d["_deleted"] == true {
				continue
			}
			want := p.want(200, p.do("GET", restPath(collection, id), nil)).body
			want["_deleted"] = false
			if !reflect.DeepEqual(d, want) {
				t.Errorf("%s %s is\n%v, GET answers\n%v", collection, id, d, want)
			}
		}
	}
	if d := p.pulls("reports", 10)["report-of-ann-1"]; d["_deleted"] != true || d["erythema"] != nil {
		t.Errorf("the tombstone is %v", d)
	}
	p.want(400, p.do("GET", "/v1/sync/reports/pull?limit=1001", nil))
	p.want(422, p.do("GET", "/v1/sync/secrets/pull", nil))
	p.want(422, p.do("POST", "/v1/sync/warnings/push", []object{}))
}

func restPath(collection, id string) string {
	if collection == "clinician_events" {
		collection = "clinician-events"
	}
	return "/v1/" + collection + "/" + id
}

func TestPushIsJudgedOnWhatAPersonWrites(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.session("session-0001", 30)
	doc := object{"id": "report-0001", "observed_at": "2026-11-25T08:00:00Z", "erythema": 1, "itch": 2, "_deleted": false}
	p.stores("reports", edit(nil, doc))
	p.stores("reports", edit(nil, doc)) // the answer was lost
	mine := p.pulls("reports", 10)["report-0001"]
	if assessment := mine["assessment"]; assessment == nil || mine["session_id"] != "session-0001" {
		t.Fatalf("not judged: %v", mine)
	}
	worse := edited(doc, object{"discharge": []string{"thick"}})
	p.stores("reports", edit(doc, worse)) // based on what the phone itself sent
	p.stores("reports", edit(doc, worse)) // again
	if tier := p.pulls("reports", 10)["report-0001"]["assessment"].(object)["tier"]; tier != "same_day" {
		t.Errorf("tier %v", tier)
	}
	// A version or a verdict that has moved on is no conflict.
	p.stores("reports", edit(edited(worse, object{"version": 7, "assessment": nil, "updated_at": "2020-01-01T00:00:00Z"}), edited(worse, object{"pain": 4})))
	conflicts := p.another().pushes("reports", edit(doc, edited(doc, object{"itch": 5})), edit(nil, object{"id": "report-0002", "observed_at": "2026-11-25T08:30:00Z", "itch": 1}))
	if len(conflicts) != 1 || conflicts[0]["pain"] != 4.0 || conflicts[0]["_deleted"] != false {
		t.Errorf("conflicts: %v", conflicts)
	}
	if now := p.pulls("reports", 10); len(now) != 2 || now["report-0001"]["itch"] != 2.0 {
		t.Errorf("stored: %v", now)
	}
}

// A delete wins over an edit that was not based on it, whichever comes first.
func TestADeleteWins(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	doc := func(id string) object {
		return object{"id": id, "observed_at": "2026-11-25T08:00:00Z", "itch": 2}
	}
	gone := func(id string) object { return object{"id": id, "_deleted": true} }
	for _, id := range []string{"report-0001", "report-0002"} {
		p.stores("reports", edit(nil, doc(id)))
	}
	changed := edited(doc("report-0001"), object{"itch": 7})
	p.stores("reports", edit(doc("report-0001"), gone("report-0001")))
	if c := p.another().pushes("reports", edit(doc("report-0001"), changed)); len(c) != 1 || c[0]["_deleted"] != true {
		t.Errorf("an edit after the delete: %v", c)
	}
	p.stores("reports", edit(doc("report-0002"), edited(doc("report-0002"), object{"itch": 7})))
	p.stores("reports", edit(doc("report-0002"), gone("report-0002")))
	for id, d := range p.pulls("reports", 10) {
		if d["_deleted"] != true {
			t.Errorf("%s lives", id)
		}
	}
	p.stores("reports", edit(nil, gone("report-0003"))) // never known here
	p.stores("reports", edit(edited(gone("report-0001"), object{}), changed))
	if d := p.pulls("reports", 10)["report-0001"]; d["_deleted"] != false || d["itch"] != 7.0 {
		t.Errorf("an edit of the tombstone: %v", d)
	}
}

func TestPushRefusesWhatIsNoPush(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.want(400, p.do("POST", "/v1/sync/reports/push", `{"not":"a list"}`))
	p.want(400, p.do("POST", "/v1/sync/reports/push", `[`))
	p.want(422, p.do("POST", "/v1/sync/reports/push", []object{edit(nil, object{"id": "short"})}))
}

// Reminders are answered by sync: what comes too late is told as it is.
func TestRemindersAreAnsweredBySync(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	due := p.isReminded()
	until := w.clock.now().Add(3 * time.Hour).Format(time.RFC3339)
	snoozed := edited(due, object{"state": "snoozed", "snoozed_until": until})
	p.stores("reminders", edit(due, snoozed))
	p.stores("reminders", edit(due, snoozed))
	if c := p.pushes("reminders", edit(due, edited(due, object{"state": "snoozed", "snoozed_until": "2031-01-01T00:00:00Z"}))); len(c) != 1 || c[0]["state"] != "snoozed" {
		t.Errorf("put off for years: %v", c)
	}
	done := edited(due, object{"state": "acknowledged", "acknowledged_at": "2026-11-25T09:30:00Z"})
	p.stores("reminders", edit(due, done))
	p.stores("reminders", edit(due, done))
	if now := p.want(200, p.do("GET", "/v1/reminders/"+text(due, "id"), nil)); now.body["acknowledged_at"] != "2026-11-25T09:30:00Z" {
		t.Errorf("acknowledged: %s", now.raw)
	}
	if c := p.pushes("reminders", edit(nil, object{"id": "no-such-reminder", "state": "acknowledged"})); len(c) != 1 || c[0]["_deleted"] != true {
		t.Errorf("an unknown one: %v", c)
	}
	if c := p.pushes("reminders", edit(due, object{"id": text(due, "id"), "_deleted": true})); len(c) != 1 || c[0]["state"] != "acknowledged" {
		t.Errorf("deleted by a phone: %v", c)
	}
}

// A wish that comes to nothing is answered with the reminder as it is: the phone
// must not take it for granted.
func TestWishesThatComeToNothingAreTold(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	due := p.isReminded()
	done := edited(due, object{"state": "acknowledged", "acknowledged_at": "2026-11-25T09:30:00Z"})
	p.stores("reminders", edit(due, done))
	before := p.pulls("reminders", 100)[text(due, "id")]
	p.stores("reminders", edit(due, edited(done, object{"acknowledged_at": "2026-11-25T09:45:00Z"}))) // a second phone
	_, timestamp, _ := p.synchronises("")
	tables, _, _ := p.synchronises(fmt.Sprint("last_pulled_at=", timestamp-1))
	if tables["reminders"].row(text(due, "id")) == nil {
		t.Error("the second phone is not told whose tap stands")
	}
	w.clock.advance(90 * 24 * time.Hour)
	if c := p.pushes("reminders", edit(before, due)); len(c) != 1 || c[0]["state"] != "acknowledged" {
		t.Errorf("taken back too late: %v", c)
	}
}

// A push that a proxy delivers after a later one of its phone changes nothing,
// though what it is based on is there again; one that says what is stored does no
// harm.
func TestAnOvertakenPushChangesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	numbered := func(status int, collection string, number int, edits ...object) answer {
		t.Helper()
		return p.want(status, p.do("POST", "/v1/sync/"+collection+"/push", edits, fmt.Sprint("Push-Number: ", number)))
	}
	doc := object{"id": "report-0001", "observed_at": "2026-11-25T08:00:00Z", "itch": 2}
	worse, gone := edited(doc, object{"itch": 7}), object{"id": "report-0001", "_deleted": true}
	numbered(200, "reports", 10, edit(nil, doc))
	numbered(200, "reports", 11, edit(doc, worse))
	numbered(200, "reports", 12, edit(worse, doc)) // the person thinks better of it
	numbered(200, "reports", 12, edit(worse, doc)) // a retry of the connection
	late := numbered(409, "reports", 11, edit(doc, worse))
	if late.code() != models.CodeSyncConflict || late.body["current"] != 12.0 {
		t.Errorf("too late: %s", late.raw)
	}
	numbered(200, "sessions", 1, edit(nil, object{"id": "session-0001", "started_at": ago(30 * time.Hour), "needle_mm": 0.5})) // counts for itself
	numbered(200, "reports", 13, edit(doc, gone))
	numbered(200, "reports", 14, edit(gone, doc))
	numbered(409, "reports", 13, edit(doc, gone))
	if d := p.pulls("reports", 10)["report-0001"]; d["itch"] != 2.0 || d["_deleted"] != false {
		t.Errorf("in the end: %v", d)
	}
	if c := p.another().pushes("reports", edit(doc, edited(doc, object{"itch": 4}))); len(c) > 0 { // another phone's numbers are its own
		t.Errorf("conflicts: %v", c)
	}
}

func TestAnOvertakenTapChangesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	due := p.isReminded()
	done := edited(due, object{"state": "acknowledged", "acknowledged_at": "2026-11-25T09:30:00Z"})
	for number, e := range []object{edit(due, done), edit(done, due), edit(due, done)} {
		status := []int{200, 200, 409}[number]
		p.want(status, p.do("POST", "/v1/sync/reminders/push", []object{e}, fmt.Sprint("Push-Number: ", number%2+1)))
	}
	if now := p.pulls("reminders", 100)[text(due, "id")]; now["state"] != due["state"] {
		t.Errorf("the tap that was taken back is %v", now)
	}
}
