package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"aftercare/api/synctest/adapters"
	"aftercare/models"
	"aftercare/models/storetest"
)

// needsPhones skips without the npm packages.
func needsPhones(t *testing.T, folder string) {
	t.Helper()
	if _, err := os.Stat(folder + "/node_modules/.package-lock.json"); err != nil {
		t.Skip("NOT TESTED: the npm packages are missing. Run: make deps")
	}
}

// Two phones with each of the databases that apps take create, edit and delete
// while every third answer is lost; after every quiet moment they and the server
// hold the same rows (P9).
func TestPhonesAgreeInALoop(t *testing.T) { phonesAgree(t, "synctest", "loop.mjs") }

// operator runs a server, puts one with a backup in its place, and lets time pass.
type operator struct {
	*world
	url, database, copy string
}

func newOperator(t *testing.T) *operator {
	t.Helper()
	o := &operator{database: storetest.SQLite(t), copy: filepath.Join(t.TempDir(), "copy.db")}
	o.world = openWorld(t, o.database, streaming)
	o.url = o.listen()
	return o
}

func (o *operator) backup() {
	if _, err := models.Backup(context.Background(), models.Options{Database: o.database, Now: o.clock.now}, o.copy); err != nil {
		o.Error(err)
	}
}

// restore returns the address of the server that has the backup.
func (o *operator) restore() string {
	database := o.database + ".restored"
	if err := models.Restore(context.Background(), models.Options{Database: database, Now: o.clock.now}, o.copy); err != nil {
		o.Error(err)
	}
	o.world = openWorld(o.TB, database, streaming)
	return o.listen()
}

// losing carries every third call out, and loses its answer.
type losing struct{ calls int }

func (l *losing) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if l.calls++; err == nil && l.calls%3 == 0 {
		return nil, errors.Join(errors.New("the answer was lost"), res.Body.Close())
	}
	return res, err
}

// The same loop in a typed language: two phones agree with the server whatever is
// lost, and after a restore what it had lost is there again.
func TestPhonesAgreeInATypedLoop(t *testing.T) {
	o := newOperator(t)
	person := o.newPerson()
	client := &http.Client{Transport: &losing{}}
	var phones [2]*adapters.Phone
	for i := range phones {
		phones[i] = &adapters.Phone{URL: o.url, Token: person.token, Client: client, Rows: map[adapters.Key]adapters.Row{}, Now: o.clock.now}
	}
	a, b := phones[0], phones[1]
	quiet := func() {
		t.Helper()
		for range 2 {
			for _, p := range phones {
				tries := 0
				for err := p.Sync(t.Context()); err != nil; err = p.Sync(t.Context()) {
					if tries++; tries > 20 {
						t.Fatal(err)
					}
				}
			}
		}
		truth := &adapters.Phone{URL: a.URL, Token: person.token, Client: http.DefaultClient, Rows: map[adapters.Key]adapters.Row{}, Now: o.clock.now}
		if err := truth.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, p := range phones {
			if !reflect.DeepEqual(p.Rows, truth.Rows) {
				t.Errorf("phone %d holds\n%v, the server\n%v", i, p.Rows, truth.Rows)
			}
		}
	}
	session, report := adapters.Key{Collection: "sessions", ID: "session-0001"}, adapters.Key{Collection: "reports", ID: "report-0001"}
	a.Edit(report, adapters.Row{"observed_at": ago(20 * time.Hour), "session_id": session.ID, "erythema": 1.0}) // before its parent
	b.Edit(session, adapters.Row{"started_at": ago(30 * time.Hour), "needle_mm": 0.5})
	for n := range 450 { // pages
		a.Edit(adapters.Key{Collection: "progress", ID: fmt.Sprintf("progress-%04d", n)}, adapters.Row{"on": "2026-11-20", "change": float64(n % 3)})
	}
	quiet()
	b.Since = 1 << 30 // a cursor that the account has not come to
	quiet()
	a.Edit(report, nil)
	quiet()
	if len(b.Rows[report]) > 0 {
		t.Error("a deleted report is there")
	}
	o.backup()
	late := adapters.Key{Collection: "reports", ID: "report-0002"}
	a.Edit(late, adapters.Row{"observed_at": ago(2 * time.Hour), "session_id": session.ID, "itch": 1.0})
	quiet()
	a.URL = o.restore()
	b.URL = a.URL
	quiet()
	if b.Rows[late]["itch"] != 1.0 {
		t.Errorf("what the restored server had lost is %v", b.Rows[late])
	}
}

func TestPhonesAgreeWithRxDB(t *testing.T) { phonesAgree(t, "synctest", "rxdb.mjs") }

func TestPhonesAgreeWithWatermelonDB(t *testing.T) { phonesAgree(t, "synctest", "watermelondb.mjs") }

func TestPhonesAgreeWithTheClientOfRxDBServer(t *testing.T) {
	phonesAgree(t, "synctest/rxdbserver", "client.mjs")
}

// compiled are the adapters as Node takes them.
var compiled sync.Once

func phonesAgree(t *testing.T, folder, script string) {
	needsPhones(t, folder)
	compiled.Do(func() { tool(t, "synctest", "npx", "tsc", "-p", ".") })
	o := newOperator(t)
	control := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/backup":
			o.backup() //nolint:contextcheck // an operator's work ends with no request
		case "/restore":
			_, _ = w.Write([]byte(o.restore())) //nolint:contextcheck // the same
		case "/quarter":
			o.clock.advance(91 * 24 * time.Hour)
		case "/purge":
			if err := o.store.Purge(r.Context()); err != nil {
				o.Error(err)
			}
		}
	}))
	defer control.Close()
	if said := tool(t, folder, "node", script, o.url, control.URL); !strings.Contains(said, "the phones agree") {
		t.Errorf("%s ends with %s", script, said)
	}
}
