package lives

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"aftercare/api/synctest/adapters"
)

// line is how a phone reaches the house. It cuts calls, and holds that the server
// loses no edit of those that it answers.
type line struct {
	life  *life
	who   int
	token string
	skew  time.Duration
	calls int  // so far
	left  int  // until one is cut; below 0: none will be
	lost  bool // the call that is cut reaches nobody; else only its answer is lost
}

var errCut = errors.New("the line was cut")

// clock is the phone's, as it believes.
func (l *line) clock() time.Time { return l.life.house.at.Add(l.skew) }

// RoundTrip carries out what the plain loop asks.
func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	path := r.URL.RequestURI()
	if r.URL.Path == "/v1/changes" {
		path += fmt.Sprintf("&limit=%d", 1+l.calls%5)
	}
	status, raw, err := l.carry(r.Method, path, body, r.Header.Get("Client-Time"))
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status), Body: io.NopCloser(bytes.NewReader(raw)), Request: r}, nil
}

// ask is a call of the phones that are written here. An answer that no phone
// should get ends the life.
func (l *line) ask(method, path string, body, into any) (status int, err error) {
	var sent []byte
	if body != nil {
		sent, err = json.Marshal(body)
		must(err)
	}
	clock := ""
	if l.who%2 == 1 {
		clock = l.clock().Format(time.RFC3339)
	}
	status, raw, err := l.carry(method, path, sent, clock)
	if err == nil && status == http.StatusOK && into != nil {
		must(json.Unmarshal(raw, into))
	}
	if err == nil && status >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %d %s", method, path, status, raw)
	}
	return status, err
}

func (l *line) carry(method, path string, body []byte, clock string) (status int, answer []byte, err error) {
	l.calls++
	l.left--
	cut := l.left == 0
	if cut && l.lost {
		return 0, nil, errCut
	}
	if len(body) == 0 {
		body = nil
	}
	judge := func(int, []byte) {}
	if method == http.MethodPost {
		judge = l.life.ledger.expect(l, path, body)
	}
	status, answer = l.life.house.serve(l.token, method, path, body, clock)
	switch status {
	case http.StatusOK, http.StatusNoContent, http.StatusGone, http.StatusConflict:
	default:
		fail("phone %d: %s %s: %d %s\n%s", l.who, method, path, status, answer, body)
	}
	judge(status, answer)
	if cut {
		return 0, nil, errCut
	}
	return status, answer, nil
}

// ledger knows who has deleted what.
type ledger struct {
	life *life
	gone map[adapters.Key]int
}

// sentRow is one of a push, in whatever way it was sent.
type sentRow struct {
	adapters.Key
	based, next adapters.Row
}

func (s sentRow) deletes() bool { return s.next["_deleted"] == true }

// expect reads a push before it is carried out, and returns what judges it.
func (g *ledger) expect(l *line, path string, body []byte) func(status int, answer []byte) {
	collection, one := strings.CutPrefix(path, "/v1/sync/")
	collection = strings.TrimSuffix(collection, "/push")
	var rows []sentRow
	if one {
		var sent []struct{ AssumedMasterState, NewDocumentState adapters.Row }
		must(json.Unmarshal(body, &sent))
		for _, s := range sent {
			rows = append(rows, sentRow{adapters.Key{Collection: collection, ID: s.NewDocumentState["id"].(string)}, s.AssumedMasterState, s.NewDocumentState})
		}
	} else {
		var sent map[string]tableChanges
		must(json.Unmarshal(body, &sent))
		for table, changes := range sent {
			for _, row := range append(changes.Created, changes.Updated...) {
				rows = append(rows, sentRow{adapters.Key{Collection: table, ID: row["id"].(string)}, nil, row})
			}
			for _, id := range changes.Deleted {
				rows = append(rows, sentRow{adapters.Key{Collection: table, ID: id}, nil, adapters.Row{"id": id, "_deleted": true}})
			}
		}
	}
	before := g.documents(rows)
	return func(status int, answer []byte) {
		refused := map[string]bool{}
		if one {
			var conflicts []adapters.Row
			must(json.Unmarshal(answer, &conflicts))
			for _, c := range conflicts {
				refused[c["id"].(string)] = true
			}
		}
		after := g.documents(rows)
		for _, row := range rows {
			switch {
			case status == http.StatusConflict:
				if !reflect.DeepEqual(before[row.Key], after[row.Key]) {
					fail("phone %d: a refused push left %v", l.who, after[row.Key])
				}
			case refused[row.ID]:
				g.refused(l, row, before[row.Key])
			default:
				g.taken(l, row, one, before[row.Key], after[row.Key])
			}
		}
	}
}

func (g *ledger) documents(rows []sentRow) map[adapters.Key]adapters.Row {
	out, read := map[adapters.Key]adapters.Row{}, map[string]bool{}
	for _, row := range rows {
		if read[row.Collection] {
			continue
		}
		read[row.Collection] = true
		for id, d := range g.life.house.documents(row.Collection) {
			out[adapters.Key{Collection: row.Collection, ID: id}] = d
		}
	}
	return out
}

// author is the phone that wrote what a row says; -1: none.
func author(row adapters.Row) int {
	who := -1
	if _, err := fmt.Sscanf(mark(row), "phone %d", &who); err != nil {
		return -1
	}
	return who
}

// mark is what every edit gives its row anew.
func mark(row adapters.Row) string {
	for _, field := range []string{"note", "notes"} {
		if s, ok := row[field].(string); ok {
			return s
		}
	}
	return ""
}

// refused holds that an edit conflicts only with one of somebody else that its
// phone had not seen.
func (g *ledger) refused(l *line, row sentRow, before adapters.Row) {
	by, known := g.gone[row.Key]
	switch {
	case row.Collection == "reminders":
	case before == nil:
		fail("phone %d: %v conflicts with nothing", l.who, row.Key)
	case before["_deleted"] == true:
		if known && by == l.who {
			fail("phone %d: %v conflicts with its own delete", l.who, row.Key)
		}
	case l.life.restored && len(row.based) > 0 && !alikeIn(row.Collection, before, row.based):
		// A phone that reads the feed has sent again what the server had lost: less
		// what it had never been shown.
	case mark(before) == mark(row.based) || author(before) == l.who:
		fail("phone %d: %v conflicts with what it knows:\n%v\nbased %v\nnext %v", l.who, row.Key, before, row.based, row.next)
	}
}

// taken holds that what was answered is stored, what the edit did not touch is
// as it was, and nothing was written over that its phone had not seen.
func (g *ledger) taken(l *line, row sentRow, based bool, before, after adapters.Row) {
	dead := after == nil || after["_deleted"] == true
	switch {
	case row.Collection == "reminders":
		if row.next["state"] == "acknowledged" && based && after["state"] != "acknowledged" && after != nil {
			fail("phone %d: acknowledged %v is %v\nbefore %v\nbased %v\nnext %v", l.who, row.ID, after, before, row.based, row.next)
		}
		return
	case row.deletes():
		if !dead {
			fail("phone %d: deleted %v lives", l.who, row.Key)
		}
		if before != nil && before["_deleted"] != true {
			g.gone[row.Key] = l.who
		}
		return
	case dead:
		fail("phone %d: %v was taken and is not there", l.who, row.Key)
	}
	if before != nil && based {
		g.knew(l, row, before)
	}
	for _, field := range fields[row.Collection] {
		want, touched := row.next[field], !based || !alike(row.next[field], row.based[field])
		got := after[field]
		if !based {
			got, want = flatValue(field, got), flatValue(field, want)
		}
		if !touched && before != nil && before["_deleted"] != true {
			want = before[field]
		}
		if !alike(got, want) && !(want == nil && unsaid(field)) {
			fail("phone %d: %s of %v is %v, want %v (before %v)\nbased %v\nnext %v", l.who, field, row.Key, got, want, before, row.based, row.next)
		}
	}
}

// unsaid are fields that the server fills in where nothing was said.
func unsaid(field string) bool {
	return field == "observed_at" || field == "started_at" || field == "at" || field == "on"
}

func alikeIn(collection string, a, b adapters.Row) bool {
	return !slices.ContainsFunc(fields[collection], func(f string) bool { return !alike(a[f], b[f]) })
}

func alike(a, b any) bool {
	if a == "" {
		a = nil
	}
	if b == "" {
		b = nil
	}
	return reflect.DeepEqual(plain(a), plain(b))
}

// plain is a value as JSON reads it.
func plain(v any) (out any) {
	raw, err := json.Marshal(v)
	must(err)
	must(json.Unmarshal(raw, &out))
	return out
}

func (g *ledger) knew(l *line, row sentRow, before adapters.Row) {
	by, known := g.gone[row.Key]
	switch {
	case before["_deleted"] == true:
		if known && by != l.who && row.based["_deleted"] != true {
			fail("phone %d: %v is back, which phone %d has deleted", l.who, row.Key, by)
		}
	case mark(before) == mark(row.based), mark(before) == mark(row.next), author(before) == l.who:
	default:
		fail("phone %d: %v is written over, which it did not know:\n%v\nbased %v\nnext %v", l.who, row.Key, before, row.based, row.next)
	}
}
