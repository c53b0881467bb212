// Package adapters holds what phones do to synchronise, one for each kind of app.
// This one is the plain loop of loop.ts in a typed language, as Swift or Kotlin
// writes it: rows by collection and id, an outbox of edits, and one number.
package adapters

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Row is a row as the server shows it.
type Row map[string]any

// Key names a row.
type Key struct{ Collection, ID string }

// Edit is one that the server has not answered yet.
type Edit struct {
	Key
	Based Row // the row that the person saw; nil: none
	Row   Row // nil: deleted
	Times int // how often the person has edited it
}

// Phone is what a phone stores. An app keeps all of it in one database, and what
// one page or one answer changes in one transaction.
type Phone struct {
	URL, Token string
	Client     *http.Client
	Now        func() time.Time // the phone's clock, right or wrong

	Rows     map[Key]Row
	Outbox   []Edit
	Since    int64        // the cursor
	Furthest int64        // the highest cursor that there was
	Pushes   int64        // the number of the latest push
	Come     map[Key]bool // what came since all comes again; nil: it does not
	Restored bool         // it does because a backup was restored
}

// written are the collections of what a person writes. Reminders, episodes and
// warnings follow from it.
var written = []string{"rollers", "sessions", "reports", "clinician_events", "progress"}

// Edit writes a row, nil deletes it. It is kept until the server has answered it.
func (p *Phone) Edit(key Key, row Row) {
	if at := p.waiting(key); at >= 0 {
		p.Outbox[at].Row = row
		p.Outbox[at].Times++
	} else {
		p.Outbox = append(p.Outbox, Edit{Key: key, Based: p.Rows[key], Row: row})
	}
	if row == nil {
		delete(p.Rows, key)
		return
	}
	p.Rows[key] = row
}

func (p *Phone) waiting(key Key) int {
	return slices.IndexFunc(p.Outbox, func(e Edit) bool { return e.Key == key })
}

// Sync sends what waits and takes what is new. After an error it is called again
// later: nothing is lost.
func (p *Phone) Sync(ctx context.Context) error {
	for _, step := range []func(context.Context) error{p.push, p.pull, p.push} { // the second sends what a restored server had lost
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *Phone) push(ctx context.Context) error {
	for most := 100; len(p.Outbox) > 0; {
		collection, sent := p.Outbox[0].Collection, map[Key]Edit{}
		var body, conflicts []Row
		for _, e := range p.Outbox {
			if e.Collection == collection && len(sent) < most {
				body, sent[e.Key] = append(body, e.document()), e
			}
		}
		status, err := p.call(ctx, http.MethodPost, "/v1/sync/"+collection+"/push", body, &conflicts)
		switch {
		case status == http.StatusRequestEntityTooLarge && len(sent) > 1:
			most = len(sent) / 2
			continue
		case err != nil:
			return err
		}
		p.answered(sent)
		for _, current := range conflicts { // others were faster: theirs stands
			id, _ := current["id"].(string)
			key := Key{collection, id}
			p.Outbox = slices.DeleteFunc(p.Outbox, func(e Edit) bool { return e.Key == key })
			p.take(key, current, current["_deleted"] == true)
		}
	}
	return nil
}

// answered takes edits out of the outbox that are on disk there now, but for those
// that the person has edited again meanwhile.
func (p *Phone) answered(sent map[Key]Edit) {
	p.Outbox = slices.DeleteFunc(p.Outbox, func(e Edit) bool {
		s, ok := sent[e.Key]
		return ok && s.Times == e.Times
	})
	for i, e := range p.Outbox {
		if s, ok := sent[e.Key]; ok {
			p.Outbox[i].Based = s.state()
		}
	}
}

// document is an edit as the server takes it.
func (e Edit) document() Row {
	if e.Based == nil {
		return Row{"newDocumentState": e.state()}
	}
	return Row{"assumedMasterState": e.Based, "newDocumentState": e.state()}
}

// state is the row as the edit leaves it.
func (e Edit) state() Row {
	next := Row{}
	for name, value := range e.Row {
		next[name] = value
	}
	next["id"], next["_deleted"] = e.ID, e.Row == nil
	return next
}

func (p *Phone) take(key Key, row Row, deleted bool) {
	if deleted {
		delete(p.Rows, key)
		return
	}
	p.Rows[key] = row
}

// page is one of GET /v1/changes.
type page struct {
	Changes []struct {
		Collection string
		ID         string
		Deleted    bool
		Row        Row
		Sent       Row // of the fields that flags name
	}
	Next int64
	More bool
}

func (p *Phone) pull(ctx context.Context) error {
	if p.Since == 0 && p.Come == nil { // what is here was made here: a server that has it not has lost it
		p.Come, p.Restored = map[Key]bool{}, true
	}
	for more := true; more; {
		var got page
		status, err := p.call(ctx, http.MethodGet, fmt.Sprintf("/v1/changes?since=%d", p.Since), nil, &got)
		switch {
		case status == http.StatusGone: // begin again, and drop what does not come
			p.Since, p.Come = 0, map[Key]bool{}
			continue
		case err != nil:
			return err
		}
		p.read(got)
		more = got.More
	}
	if p.Come != nil {
		p.settle()
	}
	return nil
}

func (p *Phone) read(got page) {
	if p.Furthest > 0 && got.Next-p.Furthest >= 1<<31 { // a backup was restored: all comes again
		p.Come, p.Restored = map[Key]bool{}, true
	}
	for _, c := range got.Changes {
		key := Key{c.Collection, c.ID}
		if p.Come != nil {
			p.Come[key] = true
		}
		if p.waiting(key) < 0 { // else the push decides
			maps.Copy(c.Row, c.Sent)
			p.take(key, c.Row, c.Deleted)
		}
	}
	p.Since, p.Furthest = got.Next, max(p.Furthest, got.Next)
}

// settle ends a time in which all came: what did not is gone, or lost by a
// restore and sent again.
func (p *Phone) settle() {
	for key, row := range p.Rows {
		switch {
		case p.Come[key] || p.waiting(key) >= 0:
		case p.Restored && slices.Contains(written, key.Collection):
			p.Outbox = append(p.Outbox, Edit{Key: key, Row: row})
		default:
			delete(p.Rows, key)
		}
	}
	p.Come, p.Restored = nil, false
}

func (p *Phone) call(ctx context.Context, method, path string, body []Row, into any) (status int, err error) {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return 0, fmt.Errorf("encode a push: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, p.URL+path, &sent)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header.Set("Authorization", "Bearer "+p.Token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Client-Time", p.Now().Format(time.RFC3339))
	if method == http.MethodPost { // what a proxy delivers after a later one is not taken
		p.Pushes = max(p.Pushes+1, p.Now().UnixMilli())
		req.Header.Set("Push-Number", strconv.FormatInt(p.Pushes, 10))
	}
	res, err := p.Client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusConflict { // the clock was set back: goes on from its highest number
		var problem struct{ Current int64 }
		if json.NewDecoder(res.Body).Decode(&problem) == nil {
			p.Pushes = max(p.Pushes, problem.Current)
		}
	}
	if res.StatusCode != http.StatusOK {
		return res.StatusCode, fmt.Errorf("%s %s: %s", method, path, res.Status)
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return 0, fmt.Errorf("read the answer to %s: %w", path, err)
	}
	return res.StatusCode, nil
}
