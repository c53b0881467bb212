package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"aftercare/api"
	"aftercare/jobs"
	"aftercare/jobs/push"
	"aftercare/models"
)

// program is a running server, as started by serve and by the tests.
type program struct {
	config  config
	log     *slog.Logger
	store   *models.Store
	hub     *push.Hub
	runner  *jobs.Runner
	app     *fiber.App
	metrics *prometheus.Registry
	shares  shares
	started time.Time
}

// build returns a program that is not yet listening or ticking.
func build(ctx context.Context, c config, log *slog.Logger) (*program, error) {
	store, err := models.Open(ctx, models.Options{Database: c.database, Now: models.SystemClock, Log: log})
	if err != nil {
		return nil, err
	}
	p := &program{config: c, log: log, store: store, metrics: prometheus.NewRegistry(), started: models.SystemClock()}
	if err := p.assemble(ctx); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return p, nil
}

func (p *program) assemble(ctx context.Context) error {
	key, err := p.vapidKey(ctx)
	if err != nil {
		return err
	}
	if p.shares, err = shareFiles(); err != nil {
		return err
	}
	if err := p.store.MarkStalePush(ctx, key.Public()); err != nil {
		return err
	}
	senders, err := p.senders(key)
	if err != nil {
		return err
	}
	p.hub = push.NewHub(models.SystemClock, senders)
	p.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), databaseMetrics{p.store})
	p.runner = jobs.New(jobs.Options{
		Store: p.store, Hub: p.hub, Log: p.log, Tick: p.config.tick, HeartbeatURL: p.config.heartbeatURL,
		Metrics: jobs.NewMetrics(p.metrics),
	})
	p.app, err = api.New(api.Options{ //nolint:contextcheck // every request brings its own
		Store: p.store, Log: p.log, Now: models.SystemClock, PublicURL: p.config.publicURL, TrustedProxies: p.config.trustedProxies,
		CORSOrigins: p.config.corsOrigins, RateLimits: p.config.rateLimits, Exports: p.shares.exports, Streams: p.shares.connections / 2, VAPIDPublicKey: key.Public(),
		Ready: p.ready, CheckPush: p.checkPush, Metrics: api.NewMetrics(p.metrics),
	})
	return err
}

// vapidKey returns the configured key, or one that is created at the first
// start and stored in the database.
func (p *program) vapidKey(ctx context.Context) (*push.VAPIDKey, error) {
	if p.config.webPush.Key != nil {
		return p.config.webPush.Key, nil
	}
	fresh, err := push.NewVAPIDKey()
	if err != nil {
		return nil, err
	}
	text, err := fresh.Private()
	if err != nil {
		return nil, err
	}
	kept, err := p.store.Setting(ctx, "vapid_private_key", func() string { return text })
	if err != nil {
		return nil, err
	}
	return push.ParseVAPIDKey(kept)
}

// senders returns the configured push senders; Web Push is always included.
func (p *program) senders(key *push.VAPIDKey) (map[push.Transport]push.Sender, error) {
	web := p.config.webPush
	web.Key = key
	sender, err := push.NewWebPush(web)
	if err != nil {
		return nil, err
	}
	out := map[push.Transport]push.Sender{push.TransportWebPush: sender}
	if p.config.fcm != nil {
		if out[push.TransportFCM], err = push.NewFCM(*p.config.fcm); err != nil {
			return nil, err
		}
	}
	if p.config.apns != nil {
		out[push.TransportAPNs], err = push.NewAPNs(*p.config.apns)
	}
	return out, err
}

// checkPush fills in the destination of a push address and returns the fields
// that cannot be used.
func (p *program) checkPush(transport string, a *models.PushAddress) []models.FieldError {
	if !p.hub.Configured(push.Transport(transport)) {
		return []models.FieldError{{Location: "body.transport", Message: "is not set up on this server: nothing would be sent over it"}}
	}
	address := jobs.Address(transport, *a)
	var wrong push.AddressError
	if !errors.As(address.Validate(p.config.webPush.AllowPrivate), &wrong) {
		a.Destination = address.Destination()
		return nil
	}
	var faults []models.FieldError
	for _, f := range wrong {
		faults = append(faults, models.FieldError{Location: "body." + f.Field, Message: f.Problem})
	}
	return faults
}

// readyTimeout is how long the database may take to answer: a frozen one does
// not hold up who asks.
const readyTimeout = 2 * time.Second

// tickGrace is how many ticks may be missed before the server is not ready.
const tickGrace = 6

// ready returns whether the server does its work, and what is wrong if not.
func (p *program) ready(ctx context.Context) api.Readiness {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	r := api.Readiness{Ready: true, Database: "ok", Migrations: "ok"}
	if err := p.store.Ping(ctx); err != nil {
		return api.Readiness{Database: "does not answer", Migrations: "unknown"}
	}
	now := p.store.Now()
	since := p.started
	if last := p.runner.LastTick(); !last.IsZero() {
		since = last
		age := now.Sub(last).Seconds()
		r.LastTick = &age
	}
	r.Ready = now.Sub(since) < max(tickGrace*p.config.tick, time.Minute)
	if b, err := p.store.Backlog(ctx); err != nil {
		r.Ready, r.Database = false, "does not answer"
	} else if !b.OldestDue.IsZero() {
		age := now.Sub(b.OldestDue.Time).Seconds()
		r.OldestUndelivered = &age
	}
	if r.Database == "ok" && p.store.TakesNoWrites() {
		r.Ready, r.Database = false, "takes no writes"
	}
	return r
}

type serveCmd struct{}

// drain is how long a stop waits for requests in progress, and again for
// pushes.
const drain = 20 * time.Second

// tuneMemory has garbage collected a quarter as often, as long as memory stays
// well below the 256 MiB that the program is designed for. GOGC and GOMEMLIMIT
// take precedence.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(128 << 20)
	}
}

// Run serves until the process is told to stop by a signal.
func (serveCmd) Run(e *env) error {
	tuneMemory()
	// An address that is taken is told before a database is made or migrated: there
	// is no way down. Who connects meanwhile waits.
	listener, watched, err := listen(e.ctx, e.config)
	if err != nil {
		return err
	}
	p, err := build(e.ctx, e.config, e.log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	metrics := p.serveMetrics(watched)
	if err := p.runner.Start(); err != nil {
		return errors.Join(err, p.store.Close())
	}
	p.greet(listener.Addr())
	if err := p.logUnknownZones(e.ctx); err != nil {
		return errors.Join(err, p.store.Close())
	}
	bounded := api.Bound(listener, p.shares.connections, p.log)
	served := make(chan error, 1)
	go func() { served <- p.app.Listener(bounded) }()
	select {
	case err = <-served:
	case <-e.ctx.Done():
		p.log.Info("stopping once requests, pushes and writes in progress have finished")
	}
	time.AfterFunc(grace, bounded.GiveUpWaiting)
	return errors.Join(err, metrics(), p.stop())
}

// stop shuts down in an order that loses nothing: requests, ticks, database.
func (p *program) stop() error {
	within := func(stop func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(context.Background(), drain)
		defer cancel()
		return stop(ctx)
	}
	err := within(p.app.ShutdownWithContext)
	err = errors.Join(err, within(p.runner.Stop))
	p.hub.Close()
	return errors.Join(err, p.store.Close())
}

// listen takes the address that is served and, where it is set, the one of
// /metrics.
func listen(ctx context.Context, c config) (served, watched net.Listener, err error) {
	if served, err = new(net.ListenConfig).Listen(ctx, "tcp", c.addr); err != nil {
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	if c.metricsAddr == "" {
		return served, nil, nil
	}
	if watched, err = new(net.ListenConfig).Listen(ctx, "tcp", c.metricsAddr); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("listen for metrics: %w", err), served.Close())
	}
	return served, watched, nil
}

// serveMetrics serves /metrics on its own address, if there is one, and returns
// a function that stops it.
func (p *program) serveMetrics(listener net.Listener) (stop func() error) {
	if listener == nil {
		return func() error { return nil }
	}
	p.log.Info("metrics are served", "address", listener.Addr().String())
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(p.metrics, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("metrics are no longer served", "error", err)
		}
	}()
	return server.Close
}

// logUnknownZones logs the zones of accounts that this program does not know.
func (p *program) logUnknownZones(ctx context.Context) error {
	zones, err := p.store.UnknownZones(ctx)
	for zone, n := range zones {
		p.log.Warn("accounts have a time zone that is not known; their hours are those of UTC until their phones send another", "zone", zone, "accounts", n)
	}
	return err
}

// greet logs a short summary of the server's configuration.
func (p *program) greet(addr net.Addr) {
	public := p.config.publicURL
	if public == "" {
		_, port, err := net.SplitHostPort(addr.String())
		if err == nil {
			public = "http://localhost:" + port
		}
	}
	kind := "SQLite, one process"
	if p.store.Postgres() {
		kind = "PostgreSQL"
	}
	p.log.Info("aftercare started", "version", version, "address", addr.String(), "docs", public+"/docs")
	p.log.Info("database", "kind", kind, "backup", "aftercare backup FILE")
	var transports []string
	for _, t := range push.Transports() {
		if p.hub.Configured(t) {
			transports = append(transports, string(t))
		}
	}
	p.log.Info("scheduler started", "every", p.config.tick, "sent_over", transports)
}
