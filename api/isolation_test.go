package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aftercare/models/storetest"
)

// TestNoCallReachesAnotherAccount (P6): for every operation of the document,
// ids of another account behave exactly like unknown ids, wherever the example
// of the operation has one: in the path or in the body. Ann's data stay as
// they are. (Every operation has an example: TestExamplesPlay.)
func TestNoCallReachesAnotherAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		w := openWorld(t, database)
		ann := w.newPerson()
		theirs := ann.fill()
		before := ann.everything()
		tried := map[string]bool{}
		for _, e := range exampleList(t) {
			for _, kind := range namedIn(e) {
				id, known := theirs[kind]
				if !known {
					t.Fatalf("%s names a row of %s, and Ann has none", e.Operation, kind)
				}
				tried[e.Operation] = true
				got, want := w.tryOn(e, id), w.tryOn(e, strings.Map(otherID, id))
				if got != want {
					t.Errorf("%s with the id of another account's %s:\n%s\nwith an unknown id:\n%s", e.Operation, kind, got, want)
				}
			}
		}
		for _, op := range w.operations() {
			if name := op.Method + " " + op.Path; strings.Contains(name, "{id}") && !tried[name] {
				t.Errorf("%s was not tried", name)
			}
		}
		if after := ann.everything(); after != before {
			t.Errorf("another account's calls changed Ann's data:\n%s\n%s", before, after)
		}
	})
}

// fill gives the person one of everything that has an id, and answers the ids
// by the collection that they belong to.
func (p *person) fill() map[string]string {
	p.Helper()
	p.want(200, p.do("PUT", "/v1/devices/current/push", pushAddressOf("https://push.example.org/ann")))
	p.want(201, p.do("PUT", "/v1/rollers/roller-of-ann", object{"name": "mine", "needle_mm": 0.5}))
	p.session("session-of-ann", 169)
	p.report("report-of-ann-1", 100, object{"erythema": 2, "itch": 5})
	p.report("report-of-ann-2", 1, object{"erythema": 3, "pain": 8, "warmth": 3})
	p.want(201, p.do("PUT", "/v1/progress/progress-of-ann", object{"on": "2026-11-20", "shedding": "less"}))
	ids := map[string]string{
		"progress": "progress-of-ann", "rollers": "roller-of-ann", "sessions": "session-of-ann", "reports": "report-of-ann-1", "devices": p.device,
	}
	p.want(201, p.do("PUT", "/v1/clinician-events/visit-of-ann", object{"at": "2026-11-25T08:00:00Z", "outcome": "booked"}))
	ids["clinician-events"] = "visit-of-ann"
	p.want(201, p.do("POST", "/v1/doctor-reports", aboutAll))
	for _, collection := range []string{"episodes", "warnings", "reminders", "doctor-reports"} {
		rows := p.do("GET", "/v1/"+collection, nil).items()
		if len(rows) == 0 {
			p.Fatalf("no %s", collection)
		}
		ids[collection] = text(rows[0], "id")
	}
	return ids
}

// everything is what the account holds, less the record of the export itself.
func (p *person) everything() string {
	p.Helper()
	a := p.want(200, p.do("GET", "/v1/account/export", nil))
	delete(a.body, "audit")
	if account, ok := a.body["account"].(object); ok {
		delete(account, "change_seq") // the record of an export takes one
	}
	raw, err := json.Marshal(a.body)
	if err != nil {
		p.Fatal(err)
	}
	return string(raw)
}

// syncedExample is the collection that the examples of sync are about.
const syncedExample = "reports"

// namedIn are the collections whose ids stand in the call.
func namedIn(e example) []string {
	collection := strings.Split(strings.TrimPrefix(e.Operation[strings.Index(e.Operation, "/"):], "/v1/"), "/")[0]
	if collection == "sync" {
		collection = syncedExample
	}
	kinds := map[string]bool{}
	if strings.Contains(e.Operation, "{id}") {
		kinds[collection] = true
	}
	withIDs(e.Request, func(field, id string) string {
		kind := strings.TrimSuffix(field, "_id") + "s"
		if field == "id" {
			kind = collection
		}
		kinds[kind] = true
		return id
	})
	return slices.Sorted(maps.Keys(kinds))
}

// withIDs is the value with every id in it replaced.
func withIDs(v any, replace func(field, id string) string) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = withIDs(v[i], replace)
		}
		return out
	case object:
		out := object{}
		for field, value := range v {
			id, isText := value.(string)
			if isText && (field == "id" || strings.HasSuffix(field, "_id")) {
				out[field] = replace(field, id)
				continue
			}
			out[field] = withIDs(value, replace)
		}
		return out
	}
	return v
}

// tryOn calls with the id in every place, as a person who is new each time,
// and answers what came of it without what differs from call to call.
func (w *world) tryOn(e example, id string) string {
	w.Helper()
	bob := w.newPerson()
	method, path, _ := strings.Cut(e.Operation, " ")
	body := withIDs(e.Request, func(string, string) string { return id })
	a := bob.do(method, strings.NewReplacer("{id}", id, "{purpose}", "push", "{collection}", syncedExample).Replace(path), body)
	return fmt.Sprintf("%d %s\n%s", a.StatusCode, plain(string(a.raw), id), sorted(bob.everything(), id))
}

var changing = []*regexp.Regexp{
	regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`),
	regexp.MustCompile(`"(request_id|token|recovery_code)":"[^"]*"`),
	// Reminders at the person's hour are spread by a hash of the account.
	regexp.MustCompile(`"(due_at|expires_at|judge_at|wake_at)":"[^"]*"`),
}

func plain(s, id string) string {
	s = strings.ReplaceAll(s, id, "ID")
	for _, r := range changing {
		s = r.ReplaceAllString(s, "X")
	}
	return s
}

// sorted is an export without what differs from call to call: its rows come
// in the order of their ids, which are made anew each time.
func sorted(export, id string) string {
	var lists map[string]json.RawMessage
	_ = json.Unmarshal([]byte(export), &lists) // everything has written it
	var lines []string
	for name, list := range lists {
		var rows []json.RawMessage
		if json.Unmarshal(list, &rows) != nil {
			rows = []json.RawMessage{list}
		}
		for _, row := range rows {
			lines = append(lines, name+" "+plain(string(row), id))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// otherID makes another id of the same form.
func otherID(r rune) rune {
	switch {
	case r >= 'a' && r <= 'e', r >= '0' && r <= '8':
		return r + 1
	}
	return r
}
