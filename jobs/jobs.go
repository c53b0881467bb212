// Package jobs is what happens because time passed: a heartbeat of robfig/cron
// on which due accounts are judged, due reminders become deliveries, and
// deliveries are handed to push services.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"

	"aftercare/jobs/push"
	"aftercare/models"
)

// Options is what the jobs are given by main.
type Options struct {
	Store *models.Store
	Hub   *push.Hub
	Log   *slog.Logger
	// Tick is the time between two heartbeats.
	Tick time.Duration
	// HeartbeatURL is called after each good tick, so that a dead server is
	// noticed by something outside it; "" for none.
	HeartbeatURL string
	Metrics      *Metrics
}

// Runner runs the jobs. Several processes on one PostgreSQL may run them side
// by side: rows are claimed, there is no leader.
type Runner struct {
	Options
	cron     *cron.Cron
	stop     context.CancelFunc
	ctx      context.Context
	sending  sync.WaitGroup
	freed    chan struct{}
	lastTick atomic.Int64 // unix milliseconds of the end of the last good tick
}

// purgeEvery is how often what has had its time is deleted.
const purgeEvery = time.Hour

// New makes a Runner that has not begun.
func New(o Options) *Runner {
	ctx, stop := context.WithCancel(context.Background())
	r := &Runner{Options: o, ctx: ctx, stop: stop, freed: make(chan struct{}, 1)}
	log := cronLog{o.Log}
	// Recover inside SkipIfStillRunning: the other way round, a job that
	// panicked once never runs again.
	r.cron = cron.New(cron.WithLogger(log), cron.WithChain(cron.SkipIfStillRunning(log), cron.Recover(log)))
	return r
}

// Start catches up at once and then ticks until Stop.
func (r *Runner) Start() error {
	tick := cron.NewChain(cron.SkipIfStillRunning(cronLog{r.Log}), cron.Recover(cronLog{r.Log})).
		Then(cron.FuncJob(func() { r.beat(r.ctx) }))
	if _, err := r.cron.AddJob(fmt.Sprintf("@every %s", r.Tick), tick); err != nil {
		return fmt.Errorf("schedule the tick: %w", err)
	}
	if _, err := r.cron.AddFunc(fmt.Sprintf("@every %s", purgeEvery), func() { r.purge(r.ctx) }); err != nil {
		return fmt.Errorf("schedule the purge: %w", err)
	}
	r.sending.Add(1)
	go func() {
		defer r.sending.Done()
		tick.Run()
	}()
	r.cron.Start()
	return nil
}

// Stop ends the ticks and waits for what is being sent, as long as ctx lasts.
func (r *Runner) Stop(ctx context.Context) error {
	ticks := r.cron.Stop()
	r.stop()
	done := make(chan struct{})
	go func() {
		<-ticks.Done()
		r.sending.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the jobs: %w; what was being sent is claimed again when its lease ends", ctx.Err())
	}
}

// LastTick is when the last good tick ended, zero before the first.
func (r *Runner) LastTick() time.Time {
	if ms := r.lastTick.Load(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

// beat is one tick with its bookkeeping.
func (r *Runner) beat(ctx context.Context) {
	if err := r.RunOnce(ctx); err != nil {
		if ctx.Err() == nil {
			r.Log.Error("tick failed; the next one tries again", "error", err)
		}
		return
	}
	r.lastTick.Store(r.Store.Now().UnixMilli())
	r.callHeartbeat(ctx)
}

// RunOnce does everything that is due now, and hands over what it can.
func (r *Runner) RunOnce(ctx context.Context) error {
	if err := r.advance(ctx); err != nil {
		return err
	}
	if err := r.deliver(ctx); err != nil {
		return err
	}
	return r.measure(ctx)
}

func (r *Runner) purge(ctx context.Context) {
	if err := r.Store.Purge(ctx); err != nil && ctx.Err() == nil {
		r.Log.Error("purge failed; the next one tries again", "error", err)
	}
}

// heartbeatClient calls an address that the operator chose.
var heartbeatClient = &http.Client{Timeout: 10 * time.Second}

func (r *Runner) callHeartbeat(ctx context.Context) {
	if r.HeartbeatURL == "" {
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.HeartbeatURL, nil)
	if err != nil {
		r.Log.Warn("the heartbeat URL cannot be called", "error", "it is no URL")
		return
	}
	res, err := heartbeatClient.Do(req)
	if err != nil {
		r.Log.Warn("the heartbeat URL did not answer") // the error quotes the URL, which may hold a secret
		return
	}
	if err := res.Body.Close(); err != nil || res.StatusCode >= http.StatusBadRequest {
		r.Log.Warn("the heartbeat URL did not take the call", "status", res.StatusCode)
	}
}

// cronLog lets cron speak through slog. Its Info is every start of a job.
type cronLog struct{ log *slog.Logger }

func (l cronLog) Info(msg string, kv ...any) { l.log.Debug("cron: "+msg, kv...) }

func (l cronLog) Error(err error, msg string, kv ...any) {
	l.log.Error("cron: "+msg, append(kv, "error", err)...)
}

// Wait waits until nothing is being sent.
func (r *Runner) Wait() { r.sending.Wait() }
