package main

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aftercare/api/synctest/adapters"
)

// offliner is a phone that comes back from offline with pushes of many reports.
type offliner struct {
	*adapters.Phone
	days     int             // how many pushes it has made: each has a day of its own
	answered map[string]bool // by the name of the push; false: its answer never came
}

// rowsOfAPush is how many reports one push has.
const rowsOfAPush = 10

func reportOf(push string, n int) adapters.Key {
	return adapters.Key{Collection: "reports", ID: fmt.Sprintf("r%s-%02d", push, n)}
}

// pushes sends reports at once; it fails when the server is gone.
func (o *offliner) pushes(t *testing.T, push string) (err error) {
	o.days++
	for n := range rowsOfAPush {
		at := time.Duration(o.days*24)*time.Hour + time.Duration(n)*time.Minute
		o.Edit(reportOf(push, n), adapters.Row{"observed_at": ago(at), "erythema": 1.0, "note": push})
	}
	err = o.Sync(t.Context())
	o.answered[push] = len(o.Outbox) == 0
	return err
}

// check wants of each push all rows, judged, or where no answer came none.
func (o *offliner) check(t *testing.T, rows map[adapters.Key]adapters.Row) (whole, none int) {
	for push, answered := range o.answered {
		there := 0
		for n := range rowsOfAPush {
			row := rows[reportOf(push, n)]
			if row != nil && row["note"] == push && row["assessment"] != nil {
				there++
			}
		}
		switch {
		case answered && there < rowsOfAPush, there > 0 && there < rowsOfAPush:
			t.Errorf("of push %s, answered: %v, %d rows are there", push, answered, there)
		case !answered && there > 0:
			whole++
		case !answered:
			none++
		}
	}
	return whole, none
}

func (o *offliner) reports() map[adapters.Key]adapters.Row {
	out := map[adapters.Key]adapters.Row{}
	for key, row := range o.Rows {
		if key.Collection == "reports" {
			out[key] = row
		}
	}
	return out
}

// everything is a new phone of the same person, which holds what the server does.
func (o *offliner) everything(t *testing.T) *offliner {
	fresh := &offliner{Phone: &adapters.Phone{URL: o.URL, Token: o.Token, Client: httpClient, Rows: map[adapters.Key]adapters.Row{}, Now: time.Now}}
	if err := fresh.Sync(t.Context()); err != nil {
		t.Error(err)
	}
	return fresh
}

// second signs another phone of a person in, and returns its token.
func second(t *testing.T, person phone) string {
	var pairing struct{ Code string }
	var signed struct{ Token string }
	person.must(t, "POST", "/v1/pairing-codes", nil, &pairing)
	person.must(t, "POST", "/v1/devices", object{"pairing_code": pairing.Code, "device": object{"name": "second", "platform": "ios"}}, &signed)
	return signed.Token
}

// TestKilledAmongPushes kills the program in the middle of the pushes of phones
// that were offline. What was answered is there, what was not is there whole or
// not at all, and the phones go on and agree.
func TestKilledAmongPushes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := servePlain(t, dir)
	var phones []*offliner
	for range 8 {
		person := s.person()
		for _, token := range []string{person.token, second(t, person)} { // each signed in for itself: its pushes have their own order
			phones = append(phones, &offliner{answered: map[string]bool{},
				Phone: &adapters.Phone{Token: token, Client: httpClient, Rows: map[adapters.Key]adapters.Row{}, Now: time.Now}})
		}
	}
	whole, none := 0, 0
	for round := range 5 {
		var acked atomic.Int64
		var done sync.WaitGroup
		after := 10 + rand.Int64N(40)
		for n, o := range phones {
			o.URL = s.base
			done.Go(func() {
				for i := 0; ; i++ {
					if err := o.pushes(t, fmt.Sprintf("%d-%02d-%03d", round, n, i)); err != nil {
						if acked.Load() < after {
							t.Error(err)
						}
						return
					}
					if acked.Add(1) == after {
						s.kill()
					}
				}
			})
		}
		done.Wait()
		s = servePlain(t, dir)
		for _, o := range phones {
			o.URL = s.base
			w, n := o.check(t, o.everything(t).Rows)
			whole, none = whole+w, none+n
		}
		for _, o := range append(phones, phones...) { // each hears of what the other sends
			if err := o.Sync(t.Context()); err != nil {
				t.Error(err)
			}
			clear(o.answered)
		}
		for n, o := range phones {
			if !reflect.DeepEqual(o.reports(), o.everything(t).reports()) {
				t.Errorf("after kill %d phone %d holds other reports than the server", round+1, n)
			}
		}
	}
	t.Logf("of the pushes without an answer %d were there whole, %d not at all", whole, none)
	s.stop()
}
