package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"aftercare/models"
)

// synchronises pulls as WatermelonDB does.
func (p *person) synchronises(query string) (tables map[string]TableRows, timestamp int, strategy any) {
	p.Helper()
	a := p.want(200, p.do("GET", "/v1/sync?"+query, nil))
	var out struct{ Changes map[string]TableRows }
	if err := json.Unmarshal(a.raw, &out); err != nil {
		p.Fatal(err)
	}
	return out.Changes, int(a.body["timestamp"].(float64)), a.body["experimentalStrategy"]
}

// TableRows is a table as a client reads it.
type TableRows struct {
	Created, Updated []object
	Deleted          []string
}

func (t TableRows) row(id string) object {
	for _, r := range t.Updated {
		if r["id"] == id {
			return r
		}
	}
	return nil
}

// uploads pushes one table as WatermelonDB does.
func (p *person) uploads(status, since int, table string, changes object) {
	p.Helper()
	p.want(status, p.do("POST", fmt.Sprintf("/v1/sync?last_pulled_at=%d", since), object{table: changes}))
}

func TestTablesAreFlat(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.fill()
	p.want(200, p.do("PATCH", "/v1/reports/report-of-ann-1", object{"skin": []string{"rash"}, "products": []object{{"kind": "oil"}}}))
	p.want(204, p.do("DELETE", "/v1/progress/progress-of-ann", nil))
	tables, timestamp, strategy := p.synchronises("last_pulled_at=null&schema_version=1&migration=null")
	if len(tables) != len(models.Collections()) || strategy != nil || timestamp < 2 {
		t.Fatalf("%d tables, timestamp %d, strategy %v", len(tables), timestamp, strategy)
	}
	for name, table := range tables {
		if table.Created == nil || table.Deleted == nil || len(table.Created)+len(table.Deleted) > 0 || len(table.Updated) == 0 == (name != "progress") {
			t.Errorf("%s: %d created, %d updated, deleted %v", name, len(table.Created), len(table.Updated), table.Deleted)
		}
		for _, row := range table.Updated {
			for column, v := range row {
				switch v.(type) {
				case string, float64, bool, nil:
				default:
					t.Errorf("%s.%s is a %T", name, column, v)
				}
			}
		}
	}
	r := tables["reports"].row("report-of-ann-1")
	if r["observed_at"] != float64(start.Add(-100*time.Hour).UnixMilli()) || r["skin"] != `["rash"]` || r["trend"] != nil || r["seen_by_clinician"] != false {
		t.Errorf("a report: %v", r)
	}
	if inner := (object{}); json.Unmarshal([]byte(r["assessment"].(string)), &inner) != nil || inner["tier"] == nil {
		t.Errorf("its verdict: %v", r["assessment"])
	}
	// What was pulled can be pushed: it is the same.
	before := p.everything()
	for name, table := range tables {
		p.uploads(204, timestamp, name, object{"updated": table.Updated})
	}
	if again, _, _ := p.synchronises(fmt.Sprint("last_pulled_at=", timestamp)); len(again["reports"].Updated)+len(again["sessions"].Updated)+len(again["rollers"].Updated) > 0 {
		t.Errorf("pushing the same wrote %v\nbefore %s", again, before)
	}
}

// TestALongHistoryIsPulledAtOnce, by a client too that takes no gzip:
// WatermelonDB has no pages.
func TestALongHistoryIsPulledAtOnce(t *testing.T) {
	p := newWorld(t).newPerson()
	for n := range 4 {
		p.stores("reports", object{"newDocumentState": object{
			"id": fmt.Sprintf("report-%04d", n), "observed_at": start.Add(-time.Hour), "erythema": 1, "note": strings.Repeat("x", 7<<18),
		}})
	}
	if tables, _, _ := p.synchronises(""); len(tables["reports"].Updated) != 4 {
		t.Errorf("%d reports", len(tables["reports"].Updated))
	}
}

func TestPushOfTablesIsWholeOrNothing(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.session("session-0001", 30)
	_, first, _ := p.synchronises("")
	row := object{"id": "report-0001", "observed_at": start.Add(-time.Hour).UnixMilli(), "erythema": 2, "skin": "[]", "trend": "", "_status": "created", "_changed": ""}
	p.uploads(204, first, "reports", object{"created": []object{row}, "updated": []object{}, "deleted": []string{}})
	p.uploads(204, first, "reports", object{"created": []object{row}}) // the answer was lost
	tables, second, _ := p.synchronises(fmt.Sprint("last_pulled_at=", first))
	mine := tables["reports"].row("report-0001")
	if mine["assessment"] == nil || mine["skin"] != "[]" || mine["flags"] != "[]" || mine["observed_at"] != float64(start.Add(-time.Hour).UnixMilli()) {
		t.Fatalf("stored: %v", mine)
	}
	other := edited(mine, object{"id": "report-0002"})
	p.uploads(204, second, "reports", object{"updated": []object{other}}) // of an id that is not known
	p.want(200, p.do("PATCH", "/v1/reports/report-0001", object{"itch": 9}))
	third := edited(mine, object{"id": "report-0003"})
	p.uploads(409, second, "reports", object{"created": []object{third}, "updated": []object{edited(mine, object{"pain": 3})}})
	tables, now, _ := p.synchronises(fmt.Sprint("last_pulled_at=", second))
	if tables["reports"].row("report-0003") != nil || tables["reports"].row("report-0001")["pain"] != nil {
		t.Errorf("a refused push left %v", tables["reports"])
	}
	p.uploads(204, now, "reports", object{"updated": []object{edited(mine, object{"pain": 3})}, "deleted": []string{"report-0002", "report-0009"}})
	tables, _, _ = p.synchronises(fmt.Sprint("last_pulled_at=", now))
	if r := tables["reports"].row("report-0001"); r["pain"] != 3.0 || r["itch"] != nil || !reflect.DeepEqual(tables["reports"].Deleted, []string{"report-0002"}) {
		t.Errorf("after the second try: %v", tables["reports"])
	}
	p.uploads(204, now, "photos", object{"created": []object{{"id": "a-photo-1"}}}) // the app's own
	p.want(400, p.do("POST", "/v1/sync", `[]`))
}

// A row that the server does not take is told again, so that the phone does not
// keep what it made of it.
func TestTablesThatAreReadOnlyAreToldAgain(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	ids := p.fill()
	tables, at, _ := p.synchronises("")
	for _, table := range []string{"warnings", "episodes", "reminders"} {
		row := tables[table].row(ids[table])
		p.uploads(204, at, table, object{"updated": []object{edited(row, object{"state": "cancelled"})}, "deleted": []string{ids[table]}})
		again, _, _ := p.synchronises(fmt.Sprint("last_pulled_at=", at))
		if told := again[table].row(ids[table]); told == nil || told["state"] != row["state"] {
			t.Errorf("%s: told again as %v", table, told)
		}
	}
}

func TestTablesOfAnExpiredCursorAndOfAMigration(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.fill()
	p.want(204, p.do("DELETE", "/v1/reports/report-of-ann-2", nil))
	_, at, _ := p.synchronises("")
	tables, _, strategy := p.synchronises(fmt.Sprintf(`last_pulled_at=%d&migration={"from":1,"tables":["rollers"],"columns":[{"table":"sessions","columns":["pain"]},{"table":"photos","columns":[]}]}`, at))
	if len(tables["rollers"].Updated) != 1 || len(tables["sessions"].Updated) != 1 || len(tables["reports"].Updated) != 0 || strategy != nil {
		t.Errorf("a migration: %v, strategy %v", tables, strategy)
	}
	tables, now, strategy := p.synchronises("last_pulled_at=999999999")
	if strategy != "replacement" || len(tables["sessions"].Updated) != 1 || len(tables["reports"].Deleted) != 0 || now != at {
		t.Errorf("of a cursor that the account has not come to: %v, strategy %v, timestamp %d", tables, strategy, now)
	}
	p.want(422, p.do("GET", "/v1/sync?migration={", nil))
}

// Tables that a proxy delivers late change nothing: a row, a delete, and a tap
// conflict with what has happened since.
func TestTablesThatComeTooLate(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	due := p.isReminded()
	_, at, _ := p.synchronises("")
	tap := edited(due, object{"state": "acknowledged", "acknowledged_at": start.Add(time.Hour).UnixMilli()})
	p.uploads(204, at, "reminders", object{"updated": []object{tap}})
	p.want(204, p.do("DELETE", "/v1/reminders/"+text(due, "id")+"/acknowledgement", nil))
	p.uploads(409, at, "reminders", object{"updated": []object{tap}})

	p.report("report-0001", 1, object{"itch": 2})
	_, at, _ = p.synchronises("")
	p.uploads(204, at, "reports", object{"deleted": []string{"report-0001"}})
	p.want(201, p.do("PUT", "/v1/reports/report-0001", object{"observed_at": ago(time.Hour), "itch": 3})) // it is brought back
	p.uploads(409, at, "reports", object{"deleted": []string{"report-0001"}})

	_, at, _ = p.synchronises("")
	upload := func(status, number int, changes object) {
		t.Helper()
		p.want(status, p.do("POST", fmt.Sprint("/v1/sync?last_pulled_at=", at), object{"reports": changes}, fmt.Sprint("Push-Number: ", number)))
	}
	upload(204, 2, object{"deleted": []string{"report-0009"}}) // made, and deleted again, before any of it arrived
	upload(409, 1, object{"created": []object{{"id": "report-0009", "observed_at": start.UnixMilli(), "itch": 1}}})
}
