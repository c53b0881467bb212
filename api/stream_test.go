package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"aftercare/models/storetest"
)

func streaming(o *Options) { o.Streams = 3000 }

// listener reads the events of a stream.
type listener struct {
	testing.TB
	*bufio.Reader
	body io.Closer
}

// event is one that was sent.
type event struct {
	ID        string
	Documents []object
}

// follows opens a stream; the status is that of its answer.
func (p *person) follows(base, path string, headers ...string) (*listener, int) {
	p.Helper()
	req, err := http.NewRequestWithContext(p.Context(), http.MethodGet, base+path, nil)
	if err != nil {
		p.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = res.Body.Close() })
	return &listener{p, bufio.NewReader(res.Body), res.Body}, res.StatusCode
}

// next waits for an event; false: the stream has ended.
func (l *listener) next() (out event, open bool) {
	l.Helper()
	for {
		line, err := l.ReadString('\n')
		if err != nil {
			return out, false
		}
		line = strings.TrimSpace(line)
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			out.ID = id
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			if err := json.Unmarshal([]byte(data), &out); err != nil {
				l.Fatal(err)
			}
		}
		if line == "" && out.ID != "" {
			return out, true
		}
	}
}

func (p *person) bearer() string { return "Authorization: Bearer " + p.token }

// What changes is told at once, in any process of the database, and whoever was
// cut off asks again from where it was.
func TestStreamTellsWhatChanges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		w := openWorld(t, database, streaming)
		p, base := w.newPerson(), w.listen()
		other := p
		if w.store.Postgres() { // another process
			away := openWorld(t, database)
			other = &person{world: away, token: p.token, account: p.account, device: p.device}
		}
		stream, status := p.follows(base, "/v1/sync/reports/pullStream", p.bearer())
		if status != 200 {
			t.Fatal(status)
		}
		other.report("report-0001", 2, object{"itch": 1})
		first, _ := stream.next()
		if len(first.Documents) != 1 || text(first.Documents[0], "id") != "report-0001" || first.Documents[0]["_deleted"] != false {
			t.Errorf("the first event: %v", first)
		}
		other.session("session-0001", 30) // of no interest
		other.report("report-0002", 1, object{"itch": 2})
		for seen := ""; seen != "report-0002"; {
			e, open := stream.next()
			if !open {
				t.Fatal("the stream has ended")
			}
			seen = text(e.Documents[len(e.Documents)-1], "id")
		}
		_ = stream.body.Close()
		other.report("report-0003", 1, object{"itch": 2})
		again, _ := p.follows(base, "/v1/sync/reports/pullStream", p.bearer(), "Last-Event-ID: "+first.ID)
		ids := map[string]bool{}
		for len(ids) < 2 {
			e, open := again.next()
			if !open {
				t.Fatal("the stream has ended")
			}
			for _, d := range e.Documents {
				ids[text(d, "id")] = true
			}
		}
		if !ids["report-0002"] || !ids["report-0003"] {
			t.Errorf("after the break: %v", ids)
		}
	})
}

func TestTicketsOpenAStreamOnce(t *testing.T) {
	w := newWorld(t, streaming)
	p, base := w.newPerson(), w.listen()
	ticket := func() string { return text(p.want(200, p.do("POST", "/v1/sync/tickets", nil)).body, "ticket") }
	path := "/v1/sync/reports/pullStream?ticket="
	one := ticket()
	stream, status := p.follows(base, path+one)
	if status != 200 {
		t.Fatalf("with a ticket: %d", status)
	}
	if _, status := p.follows(base, path+one); status != 401 {
		t.Errorf("a second time: %d", status)
	}
	late := ticket()
	w.clock.advance(61 * time.Second)
	for _, bad := range []string{late, "nonsense", p.token} {
		if _, status := p.follows(base, path+bad); status != 401 {
			t.Errorf("with %s: %d", bad, status)
		}
	}
	p.report("report-0001", 1, object{"itch": 1})
	if _, open := stream.next(); !open {
		t.Error("the stream has ended")
	}
	// A sign-out ends it before anything else is sent.
	pair := p.want(201, p.do("POST", "/v1/pairing-codes", nil))
	second := w.signedIn(w.want(201, w.call("POST", "/v1/devices", object{"pairing_code": text(pair.body, "code"), "device": object{"name": "x", "platform": "web"}})))
	p.want(204, second.do("DELETE", "/v1/devices/"+p.device, nil))
	second.report("report-0002", 1, object{"itch": 1})
	if e, open := stream.next(); open {
		t.Errorf("after the sign-out: %v", e)
	}
}

// Above the bound a stream answers what there is, and is asked for again later.
func TestStreamsAreBounded(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Streams = 1 })
	p, base := w.newPerson(), w.listen()
	p.report("report-0001", 1, object{"itch": 1})
	_, _ = p.follows(base, "/v1/sync/reports/pullStream", p.bearer())
	second, status := p.follows(base, "/v1/sync/reports/pullStream?lwt=1", p.bearer())
	if e, open := second.next(); status != 200 || !open || len(e.Documents) != 1 {
		t.Errorf("%d %v", status, e)
	}
	if rest, err := io.ReadAll(second); err != nil || string(rest) != "retry: 30000\n\n" {
		t.Errorf("%q %v", rest, err)
	}
}

// A reader that takes nothing holds up neither writers nor other readers.
func TestASlowReaderHoldsNobodyUp(t *testing.T) {
	w := newWorld(t, streaming)
	p, base := w.newPerson(), w.listen()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "GET /v1/sync/reports/pullStream HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", p.bearer()); err != nil {
		t.Fatal(err)
	}
	stream, _ := p.follows(base, "/v1/sync/reports/pullStream", p.bearer())
	note := strings.Repeat("x", 4000)
	for n := range 100 { // more than any socket holds
		docs := make([]object, 0, 20)
		for i := range 20 {
			docs = append(docs, edit(nil, object{"id": fmt.Sprintf("report-%04d-%04d", n, i), "observed_at": ago(time.Hour), "itch": 1, "note": note}))
		}
		p.stores("reports", docs...)
	}
	for got := 0; got < 2000; {
		e, open := stream.next()
		if !open {
			t.Fatalf("ended after %d documents", got)
		}
		got += len(e.Documents)
	}
}

// BenchmarkIdleStream says what a stream costs that has nothing to tell.
func BenchmarkIdleStream(b *testing.B) {
	w := newWorld(b, streaming)
	base := strings.TrimPrefix(w.listen(), "http://")
	var people []*person
	for range 32 {
		people = append(people, w.newPerson())
	}
	inUse := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	for b.Loop() {
		before := inUse()
		const connections = 2000
		var open []net.Conn
		for n := range connections {
			c, err := net.Dial("tcp", base)
			if err != nil {
				b.Fatal(err)
			}
			open = append(open, c)
			if _, err := fmt.Fprintf(c, "GET /v1/sync/reports/pullStream HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", people[n%len(people)].bearer()); err != nil {
				b.Fatal(err)
			}
			if _, err := bufio.NewReaderSize(c, 16).ReadString('\n'); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(inUse()-before)/connections/1024, "KiB/stream")
		for _, c := range open {
			_ = c.Close()
		}
	}
}

// BenchmarkStreamDelay says how late a reader is told of what another process on
// the same PostgreSQL has written.
func BenchmarkStreamDelay(b *testing.B) {
	database := storetest.Postgres(b)
	w := openWorld(b, database, streaming)
	p := w.newPerson()
	other := &person{world: openWorld(b, database), token: p.token, account: p.account, device: p.device}
	stream, _ := p.follows(w.listen(), "/v1/sync/reports/pullStream", p.bearer())
	var sum, most time.Duration
	n := 0
	for b.Loop() {
		n++
		other.report(fmt.Sprintf("report-%04d", n), 1+float64(n%20), object{"itch": 1})
		at := time.Now()
		if _, open := stream.next(); !open {
			b.Fatal("the stream has ended")
		}
		late := time.Since(at)
		sum, most = sum+late, max(most, late)
	}
	b.ReportMetric(float64(sum.Milliseconds())/float64(n), "ms/event")
	b.ReportMetric(float64(most.Milliseconds()), "ms-at-most")
}
