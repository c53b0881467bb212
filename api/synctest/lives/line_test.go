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

	pushes int64   // the number of the latest
	posted []*post // of late
}

// post is a push on its way.
type post struct {
	path          string
	body          []byte
	clock, number string
	done          bool // it was carried out
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
	status, raw, err := l.carry(r.Method, &post{path: path, body: body, clock: r.Header.Get("Client-Time"), number: r.Header.Get("Push-Number")})
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status), Body: io.NopCloser(bytes.NewReader(raw)), Request: r}, nil
}

// ask is a call of the phones that are written here. An answer that no phone
// should get ends the life.
func (l *line) ask(method, path string, body, into any) (status int, err error) {
	out := &post{path: path}
	if body != nil {
		out.body, err = json.Marshal(body)
		must(err)
		l.pushes = max(l.pushes+1, l.clock().UnixMilli())
		out.number = fmt.Sprint(l.pushes)
	}
	if l.who%2 == 1 {
		out.clock = l.clock().Format(time.RFC3339)
	}
	status, raw, err := l.carry(method, out)
	if status == http.StatusConflict {
		var problem struct{ Current int64 }
		must(json.Unmarshal(raw, &problem))
		l.pushes = max(l.pushes, problem.Current)
	}
	if err == nil && status == http.StatusOK && into != nil {
		must(json.Unmarshal(raw, into))
	}
	if err == nil && status >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %d %s", method, path, status, raw)
	}
	return status, err
}

func (l *line) carry(method string, out *post) (status int, answer []byte, err error) {
	l.calls++
	l.left--
	cut := l.left == 0
	if method == http.MethodPost {
		l.posted = append(l.posted, out)
	}
	if cut && l.lost {
		return 0, nil, errCut
	}
	status, answer = l.deliver(method, out)
	if cut {
		return 0, nil, errCut
	}
	return status, answer, nil
}

// deliver brings a call to the house, and judges what became of it.
func (l *line) deliver(method string, out *post) (status int, answer []byte) {
	if len(out.body) == 0 {
		out.body = nil
	}
	judge := func(int, []byte) {}
	if method == http.MethodPost {
		judge = l.life.ledger.expect(l, out.path, out.body)
	}
	status, answer = l.life.house.serve(l.token, method, out)
	switch status {
	case http.StatusOK, http.StatusNoContent, http.StatusGone, http.StatusConflict:
	default:
		fail("phone %d: %s %s: %d %s\n%s", l.who, method, out.path, status, answer, out.body)
	}
	judge(status, answer)
	out.done = out.done || status < http.StatusBadRequest
	return status, answer
}

// deliverLate has a proxy deliver a push again, or one that had not arrived. Once
// that or a later one of the phone was carried out, it changes nothing.
func (l *line) deliverLate(which int) {
	if len(l.posted) == 0 {
		return
	}
	at := max(0, len(l.posted)-1-which%8)
	late := l.posted[at]
	address, _, _ := strings.Cut(late.path, "?")
	over := slices.ContainsFunc(l.posted[at:], func(p *post) bool {
		other, _, _ := strings.Cut(p.path, "?")
		return p.done && other == address
	})
	if !over {
		l.deliver(http.MethodPost, late)
		l.life.tally.add("late", 1)
		return
	}
	l.life.tally.add("overtaken", 1)
	rows := sentRows(late.path, late.body)
	before := l.life.ledger.documents(rows)
	status, answer := l.life.house.serve(l.token, http.MethodPost, late)
	for key, after := range l.life.ledger.documents(rows) {
		if !reflect.DeepEqual(before[key], after) {
			fail("phone %d: an overtaken push of %v is %d %s and leaves\n%v\nof\n%v\n%s", l.who, key, status, answer, after, before[key], late.body)
		}
	}
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
	one := strings.HasPrefix(path, "/v1/sync/")
	rows := sentRows(path, body)
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

// sentRows reads a push.
func sentRows(path string, body []byte) (rows []sentRow) {
	collection, one := strings.CutPrefix(path, "/v1/sync/")
	collection = strings.TrimSuffix(collection, "/push")
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
	return rows
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
		// A row without a base is the phone's own, whose answer was lost: all of it counts.
		want, touched := row.next[field], !based || len(row.based) == 0 || !alike(row.next[field], row.based[field])
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
