package lives

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"aftercare/api/synctest/adapters"
)

// phone is one of the kinds that docs/sync.md names.
type phone interface {
	// holds are the rows that its screens show.
	holds() map[adapters.Key]adapters.Row
	// edit changes fields of a row, or makes it; nil deletes it.
	edit(key adapters.Key, changes adapters.Row)
	// sync does what the kind does when it is online; what says how much of it.
	sync(what int) error
}

// all of what a phone synchronises at once.
const all = -1

// newPhone is a phone with nothing, of the kind that its number says.
func newPhone(l *line) phone {
	switch l.who % 3 {
	case 0:
		return newLoopPhone(l)
	case 1:
		return newDocumentPhone(l)
	default:
		return newTablePhone(l)
	}
}

// loopPhone is the plain loop, as it is published.
type loopPhone struct{ *adapters.Phone }

func newLoopPhone(l *line) *loopPhone {
	return &loopPhone{&adapters.Phone{
		URL: "http://house", Token: l.token, Client: &http.Client{Transport: l}, Rows: map[adapters.Key]adapters.Row{}, Now: l.clock,
	}}
}

func (p *loopPhone) holds() map[adapters.Key]adapters.Row { return p.Rows }

func (p *loopPhone) edit(key adapters.Key, changes adapters.Row) {
	if changes == nil {
		p.Edit(key, nil)
		return
	}
	p.Edit(key, merged(p.Rows[key], changes))
}

func (p *loopPhone) sync(int) error { return p.Sync(context.Background()) }

func merged(rows ...adapters.Row) adapters.Row {
	out := adapters.Row{}
	for _, row := range rows {
		maps.Copy(out, row)
	}
	return out
}

// documentPhone replicates as RxDB does: of each document what the phone has,
// and what it takes for the server's. Both say of a deleted one that it is.
type documentPhone struct {
	*line
	fork, master map[adapters.Key]adapters.Row
	at           map[string]*checkpoint
}

type checkpoint struct {
	ID  string
	LWT int64
}

func (c checkpoint) query() string { return fmt.Sprintf("&lwt=%d&id=%s", c.LWT, c.ID) }

type pulled struct {
	Documents  []adapters.Row
	Checkpoint *checkpoint
}

func newDocumentPhone(l *line) *documentPhone {
	return &documentPhone{l, map[adapters.Key]adapters.Row{}, map[adapters.Key]adapters.Row{}, map[string]*checkpoint{}}
}

func (p *documentPhone) holds() map[adapters.Key]adapters.Row {
	out := maps.Clone(p.fork)
	maps.DeleteFunc(out, func(_ adapters.Key, d adapters.Row) bool { return d["_deleted"] == true })
	return out
}

func (p *documentPhone) edit(key adapters.Key, changes adapters.Row) {
	if changes == nil {
		changes = adapters.Row{"_deleted": true}
	} else {
		changes = merged(changes, adapters.Row{"_deleted": false})
	}
	p.fork[key] = merged(p.fork[key], changes, adapters.Row{"id": key.ID})
}

// sync replicates one collection: each has a replication of its own.
func (p *documentPhone) sync(what int) error {
	for n, collection := range collections {
		if what != all && what%len(collections) != n {
			continue
		}
		steps := []func(string) error{p.pull, p.push, p.pull}
		if what%2 == 0 {
			steps = steps[1:]
		}
		for _, step := range steps {
			if err := step(collection); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *documentPhone) waits(key adapters.Key) bool {
	return !reflect.DeepEqual(p.fork[key], p.master[key])
}

func (p *documentPhone) take(collection string, d adapters.Row) {
	key := adapters.Key{Collection: collection, ID: d["id"].(string)}
	p.fork[key], p.master[key] = d, d
}

func (p *documentPhone) push(collection string) error {
	var sent []adapters.Row
	for _, key := range sortedKeys(p.fork) {
		if key.Collection != collection || !p.waits(key) {
			continue
		}
		one := adapters.Row{"newDocumentState": p.fork[key]}
		if p.master[key] != nil {
			one["assumedMasterState"] = p.master[key]
		}
		sent = append(sent, one)
	}
	for batch := range slices.Chunk(sent, 3) {
		var conflicts []adapters.Row
		if _, err := p.ask(http.MethodPost, "/v1/sync/"+collection+"/push", batch, &conflicts); err != nil {
			return err
		}
		for _, one := range batch {
			p.take(collection, one["newDocumentState"].(adapters.Row))
		}
		for _, d := range conflicts {
			p.take(collection, d)
		}
	}
	return nil
}

func (p *documentPhone) page(collection string, at *checkpoint, limit int) (out pulled, gone bool, err error) {
	query := fmt.Sprintf("/v1/sync/%s/pull?limit=%d", collection, limit)
	if at != nil {
		query += at.query()
	}
	status, err := p.ask(http.MethodGet, query, nil, &out)
	return out, status == http.StatusGone, err
}

func (p *documentPhone) pull(collection string) error {
	for limit := 1 + p.calls%5; ; {
		was := p.at[collection]
		page, gone, err := p.page(collection, was, limit)
		whole := gone || err == nil && (was == nil || jumped(was, page.Checkpoint))
		if whole { // as rxdb.ts does
			page, err = p.everything(collection, was)
		}
		if err != nil {
			return err
		}
		for _, d := range page.Documents {
			if !p.waits(adapters.Key{Collection: collection, ID: d["id"].(string)}) { // else the push decides
				p.take(collection, d)
			}
		}
		if page.Checkpoint != nil {
			p.at[collection] = page.Checkpoint
		}
		if whole || len(page.Documents) < limit {
			return nil
		}
	}
}

// jumped says that a backup was restored between two checkpoints.
func jumped(was, is *checkpoint) bool {
	return was != nil && was.LWT > 0 && is != nil && is.LWT-was.LWT >= 1<<31
}

// everything is what there is, with the rows that are gone as deleted; those
// that a restored server has lost are pushed.
func (p *documentPhone) everything(collection string, was *checkpoint) (pulled, error) {
	out, _, err := p.page(collection, nil, 1000)
	if err != nil {
		return out, err
	}
	come := map[string]bool{}
	for _, d := range out.Documents {
		come[d["id"].(string)] = true
	}
	restored := was == nil || jumped(was, out.Checkpoint)
	var lost []adapters.Row
	for _, key := range sortedKeys(p.fork) {
		switch d := p.fork[key]; {
		case key.Collection != collection || come[key.ID] || d["_deleted"] == true || p.waits(key):
		case restored && slices.Contains(written, collection):
			lost = append(lost, adapters.Row{"newDocumentState": d})
		default:
			out.Documents = append(out.Documents, merged(d, adapters.Row{"_deleted": true}))
		}
	}
	if len(lost) > 0 {
		_, err = p.ask(http.MethodPost, "/v1/sync/"+collection+"/push", lost, &[]adapters.Row{})
	}
	return out, err
}

func sortedKeys[V any](m map[adapters.Key]V) []adapters.Key {
	return slices.SortedFunc(maps.Keys(m), func(a, b adapters.Key) int {
		return strings.Compare(a.Collection+" "+a.ID, b.Collection+" "+b.ID)
	})
}
