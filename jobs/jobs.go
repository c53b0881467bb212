// Package jobs does what time makes due: at each tick of robfig/cron it judges due
// accounts, turns due reminders into deliveries, and hands deliveries to push
// services.
package jobs

import (
	"context"
	"errors"
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

// Options configure a Runner.
type Options struct {
	Store *models.Store
	Hub   *push.Hub
	Log   *slog.Logger
	// Tick is the time between two ticks.
	Tick time.Duration
	// HeartbeatURL is called after each good tick, so that something outside
	// notices a dead server; "" for none.
	HeartbeatURL string
	Metrics      *Metrics
}

// Runner runs the jobs. Several processes on one PostgreSQL may run them beside
// each other: they claim rows, and have no leader.
type Runner struct {
	Options
	cron      *cron.Cron
	ctx       context.Context
	stop      context.CancelFunc
	sending   sync.WaitGroup
	inFlight  atomic.Int64
	outcomes  outcomes
	stirred   chan struct{} // there may be more to deliver
	heartbeat *http.Client
	lastTick  atomic.Int64 // unix milliseconds of the end of the last good tick
}

const (
	// purgeEvery is how often rows past their retention are deleted.
	purgeEvery = time.Hour
	// beatTimeout is the longest time in which a healthy database stores one
	// row.
	beatTimeout = 5 * time.Second
	// aliveEvery is how often this process records that it is alive.
	aliveEvery = 5 * time.Second
	// aliveGrace is how long a process may be silent before the others take
	// over what it had claimed: less than a lease, longer than a slow write.
	aliveGrace = 3 * aliveEvery
)

// New returns a Runner that has not started.
func New(o Options) *Runner {
	ctx, stop := context.WithCancel(context.Background())
	return &Runner{
		Options: o, ctx: ctx, stop: stop, cron: cron.New(cron.WithLogger(cronLog{o.Log})), stirred: make(chan struct{}, 1),
		heartbeat: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

// Start catches up at once and then ticks until Stop.
func (r *Runner) Start() error {
	tick := r.job("tick", r.beat)
	if _, err := r.cron.AddJob(fmt.Sprintf("@every %s", r.Tick), tick); err != nil {
		return fmt.Errorf("schedule the tick: %w", err)
	}
	purge := r.job("purge", r.Store.Purge)
	if _, err := r.cron.AddJob(fmt.Sprintf("@every %s", purgeEvery), purge); err != nil {
		return fmt.Errorf("schedule the purge: %w", err)
	}
	if r.Store.Postgres() { // SQLite has one process
		if err := r.keepAlive(tick); err != nil {
			return err
		}
	}
	r.sending.Go(tick.Run)
	r.sending.Go(purge.Run) // one that is restarted more often than hourly purges too
	r.cron.Start()
	return nil
}

// keepAlive records, now and regularly, that this process is alive, and ticks
// at once when another has died.
func (r *Runner) keepAlive(tick cron.Job) error {
	alive := r.job("keep-alive", func(ctx context.Context) error {
		released, err := r.Store.KeepAlive(ctx, aliveGrace, lease)
		if released > 0 {
			r.Log.Warn("another process has died; its deliveries are due again", "count", released)
			r.sending.Go(tick.Run)
		}
		return err
	})
	alive.Run() // before anything is claimed
	if _, err := r.cron.AddJob(fmt.Sprintf("@every %s", aliveEvery), alive); err != nil {
		return fmt.Errorf("schedule the keep-alive: %w", err)
	}
	return nil
}

// job returns a job that skips a run while the last one is under way, and
// survives a panic. The panic is caught inside: around the skipping, as the
// library's own wrappers are usually chained, a job that panicked once would
// never run again.
func (r *Runner) job(what string, run func(context.Context) error) cron.Job {
	return cron.NewChain(cron.SkipIfStillRunning(cronLog{r.Log})).Then(cron.FuncJob(func() {
		err := safely(what, func() error { return run(r.ctx) })
		if err != nil && r.ctx.Err() == nil {
			r.Log.Error(what+" failed; the next one tries again", "error", err)
		}
	}))
}

// Stop ends the ticks and waits until nothing is being sent, or ctx ends.
func (r *Runner) Stop(ctx context.Context) error { //nolint:contextcheck // what is being sent outlives no caller
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

// Wait waits until nothing is being sent or settled.
func (r *Runner) Wait() { r.sending.Wait() }

// LastTick returns when the last good tick ended, zero before the first.
func (r *Runner) LastTick() time.Time {
	if ms := r.lastTick.Load(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

// beat runs rounds until nothing more is due, and records each good one.
func (r *Runner) beat(ctx context.Context) error {
	if err := r.takesWrites(ctx); err != nil {
		return err
	}
	for more := true; more; { // a backlog does not wait for the next tick
		var err error
		if more, err = r.round(ctx); err != nil {
			return err
		}
		r.lastTick.Store(r.Store.Now().UnixMilli())
		if r.HeartbeatURL != "" {
			r.sending.Go(func() { r.callHeartbeat(ctx) }) // a slow one holds up no tick
		}
	}
	return nil
}

// takesWrites returns an error unless the database accepts a small write in
// time. Without it, a tick with nothing to write would report a full disk as
// healthy.
func (r *Runner) takesWrites(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	if err := r.Store.Beat(ctx); err != nil {
		return fmt.Errorf("the database takes no writes: %w", err)
	}
	return nil
}

// RunOnce runs one round.
func (r *Runner) RunOnce(ctx context.Context) error {
	_, err := r.round(ctx)
	return err
}

// round does what is due, for at most one tick after advancing, and returns
// whether there is more to hand over. Sending begins at once: a danger sign
// just reported does not wait until many accounts are advanced.
func (r *Runner) round(ctx context.Context) (more bool, err error) {
	h := &handover{Runner: r, started: r.Store.Now()}
	advanced := make(chan struct{})
	var failed error
	go func() {
		failed = safely("advance", func() error { return r.advance(ctx, h) })
		close(advanced)
		r.stir() // the handover must not wait for more once there is none
	}()
	more, err = h.run(ctx, advanced)
	<-advanced
	h.releaseAll(context.WithoutCancel(ctx))
	if err = errors.Join(failed, err); err != nil {
		return false, err
	}
	return more, r.measure(ctx)
}

func (r *Runner) callHeartbeat(ctx context.Context) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.HeartbeatURL, nil)
	if err != nil {
		r.Log.Warn("the heartbeat URL cannot be called", "error", "it is no URL")
		return
	}
	res, err := r.heartbeat.Do(req)
	if err != nil {
		r.Log.Warn("the heartbeat URL did not answer") // the error quotes the URL, which may hold a secret
		return
	}
	if err := res.Body.Close(); err != nil || res.StatusCode >= http.StatusBadRequest {
		r.Log.Warn("the heartbeat URL did not take the call", "status", res.StatusCode)
	}
}

// cronLog forwards cron's log to slog. Its Info is each start of a job.
type cronLog struct{ log *slog.Logger }

func (l cronLog) Info(msg string, kv ...any) { l.log.Debug("cron: "+msg, kv...) }

func (l cronLog) Error(err error, msg string, kv ...any) {
	l.log.Error("cron: "+msg, append(kv, "error", err)...)
}
