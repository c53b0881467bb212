package lives

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"aftercare/api"
	"aftercare/api/synctest/adapters"
	"aftercare/jobs"
	"aftercare/jobs/push"
	"aftercare/models"
)

// morning is when every life begins: a Wednesday.
var morning = time.Date(2026, time.November, 25, 9, 0, 0, 0, time.UTC)

// house is a whole server in this process: API, jobs and database, on a clock
// that only the life moves.
type house struct {
	ground
	at      time.Time
	store   *models.Store
	runner  *jobs.Runner
	handler fasthttp.RequestHandler
	saved   time.Time // when the backup was made; zero: there is none
	account string
	tokens  []string
}

// failure ends a life.
type failure struct{ error }

func fail(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

func must(err error) {
	if err != nil {
		panic(failure{err})
	}
}

func (h *house) now() time.Time { return h.at }

// takesAll is a push service without an opinion.
type takesAll struct{}

func (takesAll) Send(context.Context, push.Address, push.Message) push.Result {
	return push.Result{Class: push.Accepted}
}

func newHouse(g ground, phones int) *house {
	h := &house{ground: g, at: morning}
	h.open()
	h.moveIn(phones)
	return h
}

func (h *house) options() models.Options {
	return models.Options{Database: h.database, Now: h.now, Log: slog.New(slog.DiscardHandler)}
}

func (h *house) open() {
	var err error
	h.store, err = models.Open(context.Background(), h.options())
	must(err)
	log := slog.New(slog.DiscardHandler)
	app, err := api.New(api.Options{Store: h.store, Log: log, Now: h.now, Ready: func(context.Context) api.Readiness { return api.Readiness{Ready: true} }})
	must(err)
	h.handler = app.Handler()
	hub := push.NewHub(h.now, map[push.Transport]push.Sender{push.TransportFCM: takesAll{}})
	h.runner = jobs.New(jobs.Options{Store: h.store, Hub: hub, Log: log, Tick: time.Hour, Metrics: jobs.NewMetrics(prometheus.NewRegistry())})
}

func (h *house) close() {
	h.runner.Wait()
	must(h.store.Close())
}

// moveIn signs up one person with that many phones, the first of which takes
// pushes.
func (h *house) moveIn(phones int) {
	var made struct {
		Token   string
		Account struct{ ID string }
		Device  struct{ ID string }
	}
	h.must("", http.MethodPost, "/v1/accounts", adapters.Row{
		"time_zone": "Europe/Berlin", "consent": adapters.Row{"health_data": true, "version": "1"}, "device": adapters.Row{"name": "0", "platform": "android"},
	}, &made)
	h.account, h.tokens = made.Account.ID, []string{made.Token}
	_, err := h.store.SetPush(context.Background(), h.account, made.Device.ID, "fcm", models.PushAddress{Token: "token", Destination: "fcm"}, "1")
	must(err)
	h.must(made.Token, http.MethodPatch, "/v1/account", adapters.Row{"risks": []string{}}, nil)
	for n := 1; n < phones; n++ {
		var code struct{ Code string }
		h.must(made.Token, http.MethodPost, "/v1/pairing-codes", nil, &code)
		var next struct{ Token string }
		h.must("", http.MethodPost, "/v1/devices", adapters.Row{"pairing_code": code.Code, "device": adapters.Row{"name": fmt.Sprint(n), "platform": "ios"}}, &next)
		h.tokens = append(h.tokens, next.Token)
	}
}

// must calls the API and wants a success.
func (h *house) must(token, method, path string, body, into any) {
	status, raw := h.call(token, method, path, body)
	if status >= http.StatusMultipleChoices {
		fail("%s %s: %d %s", method, path, status, raw)
	}
	if into != nil {
		must(json.Unmarshal(raw, into))
	}
}

func (h *house) call(token, method, path string, body any) (status int, answer []byte) {
	var raw []byte
	if body != nil {
		var err error
		raw, err = json.Marshal(body)
		must(err)
	}
	return h.serve(token, method, &post{path: path, body: raw})
}

// wire is the connection of all calls, on which nothing is sent.
var wire, _ = net.Pipe()

// serve carries a call out without a network.
func (h *house) serve(token, method string, out *post) (status int, answer []byte) {
	var ctx fasthttp.RequestCtx
	ctx.Init2(wire, nil, false)
	req := &ctx.Request
	req.Header.SetMethod(method)
	req.SetRequestURI("http://house" + out.path)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for name, value := range map[string]string{"Client-Time": out.clock, "Push-Number": out.number} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if out.body != nil {
		req.Header.SetContentType("application/json")
		req.Header.SetContentLength(len(out.body))
		req.SetBodyStream(bytes.NewReader(out.body), len(out.body))
	}
	h.handler(&ctx)
	return ctx.Response.StatusCode(), bytes.Clone(ctx.Response.Body())
}

// pass lets time go by; no phone is silent for so long that it is signed out.
func (h *house) pass(d time.Duration) {
	for d > 0 {
		h.at = h.at.Add(min(d, 100*24*time.Hour))
		d -= 100 * 24 * time.Hour
		for _, token := range h.tokens {
			h.must(token, http.MethodGet, "/v1/account", nil, nil)
		}
	}
}

// tick does what the jobs do.
func (h *house) tick() {
	must(h.runner.RunOnce(context.Background()))
	h.runner.Wait()
}

func (h *house) counter() int64 {
	n, err := h.store.Counter(context.Background(), h.account)
	must(err)
	return n
}

func (h *house) backup() {
	if h.save == nil {
		return
	}
	h.save(h)
	h.saved = h.at
}

func (h *house) restore() {
	h.close()
	h.bringBack(h)
	h.open()
}

// documents are the rows of a collection as the server has them, tombstones
// included.
func (h *house) documents(collection string) map[string]adapters.Row {
	out := map[string]adapters.Row{}
	at := ""
	for {
		var page pulled
		h.must(h.tokens[0], http.MethodGet, "/v1/sync/"+collection+"/pull?limit=1000"+at, nil, &page)
		for _, d := range page.Documents {
			out[d["id"].(string)] = d
		}
		if len(page.Documents) < 1000 {
			return out
		}
		at = page.Checkpoint.query()
	}
}
