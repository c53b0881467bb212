package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/valyala/fasthttp"

	"aftercare/models"
)

// The stream of RxDB's replication: server-sent events. Each is what has a number
// after the last one that the connection was sent, so none can be lost: whoever
// was cut off asks again from its number.

// Bounds of streams.
const (
	maxStreamsPerAccount = 64  // eight phones with eight collections
	streamPage           = 100 // documents in an event
	streamBeat           = 30 * time.Second
	streamPatience       = 10 * time.Second // for a reader to take an event
	streamLife           = time.Hour        // then the phone connects again, to whichever process
)

// streams are the connections that are held open.
type streams struct {
	mu       sync.Mutex
	open     map[string]int // by account
	total    int
	max      int
	stopping chan struct{}
}

func (s *streams) begin(account string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stopping:
		return false
	default:
	}
	if s.total >= s.max || s.open[account] >= maxStreamsPerAccount {
		return false
	}
	s.total++
	s.open[account]++
	return true
}

func (s *streams) end(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.open[account]--; s.open[account] == 0 {
		delete(s.open, account)
	}
}

// stop ends all streams.
func (s *streams) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stopping:
	default:
		close(s.stopping)
	}
}

type streamInput struct {
	CollectionParam
	LWT         string `query:"lwt" maxLength:"20" doc:"Begin after this number of the feed; default: with what changes from now on"`
	Ticket      string `query:"ticket" maxLength:"200" doc:"Of POST /v1/sync/tickets, where no Authorization can be sent"`
	LastEventID string `header:"Last-Event-ID" maxLength:"20" doc:"As EventSource sends it when it connects again"`
}

// stream is one connection.
type stream struct {
	*server
	caller     models.Caller
	collection string
	words      words
	after      int64
	conn       net.Conn
}

// streamDocuments keeps the connection open. If there are too many, it sends
// what there is and asks the phone to come again.
func (s *server) streamDocuments(ctx context.Context, in *streamInput) (*huma.StreamResponse, error) {
	st := &stream{server: s, caller: callerOf(ctx), collection: in.Collection, words: wordsOf(ctx)}
	from := in.LWT
	if in.LastEventID != "" {
		from = in.LastEventID
	}
	var err error
	if st.after, err = cursorOf(from); err != nil {
		return nil, err
	}
	if from == "" {
		if st.after, err = s.Store.Counter(ctx, st.caller.AccountID); err != nil {
			return nil, err
		}
	}
	first, more, err := st.event(ctx)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) { //nolint:contextcheck // a stream outlives its request
		c.SetHeader("Content-Type", eventsType)
		fast := fiberOf(c).Context()
		if more || !s.streams.begin(st.caller.AccountID) {
			retry := 30_000
			if more {
				retry = 0 // a long way to go is gone by short answers
			}
			fast.SetBody(append(first, fmt.Sprintf("retry: %d\n\n", retry)...))
			return
		}
		fast.HijackSetNoResponse(true)
		fast.Hijack(func(c net.Conn) {
			head := append(eventsHead(&fast.Response.Header), first...)
			st.conn = c
			if bare, ok := c.(interface{ UnsafeConn() net.Conn }); ok {
				st.conn = bare.UnsafeConn() // without the buffers of the request
			}
			go st.run(head)
		})
	}}, nil
}

// eventsHead returns the head of a response that ends with its connection.
func eventsHead(h *fasthttp.ResponseHeader) []byte {
	out := []byte("HTTP/1.1 200 OK\r\nConnection: close\r\n")
	for name, value := range h.All() {
		if string(name) != "Content-Length" && string(name) != "Connection" {
			out = fmt.Appendf(out, "%s: %s\r\n", name, value)
		}
	}
	return append(out, "\r\n:\n\n"...)
}

const eventsType = "text/event-stream"

// run sends changes until the reader is gone.
func (st *stream) run(head []byte) {
	woken, stop := st.Store.Watch(st.caller.AccountID)
	defer func() {
		stop()
		st.streams.end(st.caller.AccountID)
		_ = st.conn.Close() // the reader is gone, or is to come again
	}()
	beat, life := time.NewTicker(streamBeat), time.NewTimer(streamLife)
	defer beat.Stop()
	defer life.Stop()
	for out := head; st.write(out) && st.drain(); {
		select {
		case <-woken:
			out = nil
		case <-beat.C:
			out = []byte(":\n\n")
		case <-st.streams.stopping:
			return
		case <-life.C:
			return
		}
	}
}

// drain sends everything that is waiting.
func (st *stream) drain() bool {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
		event, more, err := st.event(ctx)
		if err == nil && len(event) > 0 { // nothing is sent to a signed-out phone
			err = st.Store.StillSignedIn(ctx, st.caller)
		}
		cancel()
		switch {
		case err != nil:
			return false
		case !st.write(event):
			return false
		case !more:
			return true
		}
	}
}

// event returns a page of what changed after the last one, "" for nothing.
func (st *stream) event(ctx context.Context) (event []byte, more bool, err error) {
	feed, err := st.Store.Changes(ctx, st.caller.AccountID, models.FeedQuery{
		Since: st.after, Limit: streamPage, Collections: []string{st.collection},
	})
	if err != nil {
		return nil, false, err
	}
	st.after = feed.Next
	if len(feed.Changes) == 0 {
		return nil, false, nil
	}
	page := Pulled{Checkpoint: &Checkpoint{feed.Changes[len(feed.Changes)-1].ID, feed.Next}}
	if page.Documents, err = documents(st.words, feed.Changes); err != nil {
		return nil, false, err
	}
	raw, err := json.Marshal(page)
	if err != nil {
		return nil, false, fmt.Errorf("encode an event: %w", err)
	}
	return fmt.Appendf(nil, "id: %d\ndata: %s\n\n", feed.Next, raw), feed.More, nil
}

// write gives a reader limited time to take what is sent: a slow one holds up
// nobody else.
func (st *stream) write(out []byte) bool {
	if len(out) == 0 {
		return true
	}
	late := time.AfterFunc(streamPatience, func() { _ = st.conn.Close() })
	defer late.Stop()
	_, err := st.conn.Write(out)
	return err == nil
}

// Ticket opens a stream where no Authorization header can be sent.
type Ticket struct {
	Ticket string `json:"ticket" doc:"For 60 s, and once"`
}

type ticketOutput struct{ Body Ticket }

func (s *server) newTicket(ctx context.Context, _ *struct{}) (*ticketOutput, error) {
	ticket, err := s.Store.NewTicket(ctx, callerOf(ctx))
	return &ticketOutput{Ticket{ticket}}, err
}

// orTicket also accepts a ticket.
func (s *server) orTicket(op *huma.Operation) {
	op.Middlewares = huma.Middlewares{func(c huma.Context, next func(huma.Context)) {
		ticket := c.Query("ticket")
		if ticket == "" {
			s.authorise(c, next)
			return
		}
		ctx := c.Context()
		caller, err := s.Store.UseTicket(ctx, ticket)
		if models.IsCode(err, models.CodeCredentialsRefused) {
			err = newProblem(http.StatusUnauthorized, "the ticket was used, or is older than a minute: ask for another")
		}
		if err != nil {
			writeProblem(c, problemOf(ctx, err))
			return
		}
		next(huma.WithValue(c, callerKey{}, caller))
	}}
}

// holdsEvents documents a stream.
func holdsEvents(op *huma.Operation) {
	op.Responses = map[string]*huma.Response{strconv.Itoa(http.StatusOK): {
		Description: "Events, each with a page of documents and its checkpoint as JSON in data, and lwt as its id",
		Content:     map[string]*huma.MediaType{eventsType: {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
}
