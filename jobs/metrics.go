package jobs

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aftercare/jobs/push"
	"aftercare/models"
)

// Metrics are what an operator watches. No label names a person: a Web Push
// host that a person chose is "other".
type Metrics struct {
	lag      prometheus.Histogram
	attempts *prometheus.CounterVec
	ends     *prometheus.CounterVec
	inFlight *prometheus.GaugeVec
	waiting  prometheus.Gauge
	oldest   prometheus.Gauge
	refused  *prometheus.GaugeVec
	lastTick prometheus.Gauge
}

// NewMetrics registers the metrics of the jobs.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "aftercare_handover_lag_seconds", Help: "Time from due until a push service took the message.",
			Buckets: []float64{0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600, 21600, 86400},
		}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aftercare_push_attempts_total", Help: "Push attempts by transport and class of outcome.",
		}, []string{"transport", "class"}),
		ends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aftercare_deliveries_ended_total", Help: "Deliveries that ended: accepted, dead (and why), or skipped because they were no longer wanted.",
		}, []string{"transport", "state", "reason"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "aftercare_push_in_flight", Help: "Push requests in flight by known service; all others count as one.",
		}, []string{"service"}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "aftercare_deliveries_due", Help: "Deliveries whose next attempt is due.",
		}),
		oldest: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "aftercare_oldest_due_seconds", Help: "Age of the oldest overdue delivery, reminder or judgement; a delivery counts from when it was due until it has ended.",
		}),
		refused: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "aftercare_push_refused", Help: "1 while a provider refuses our credentials.",
		}, []string{"service"}),
		lastTick: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "aftercare_last_tick_timestamp_seconds", Help: "When the last successful tick ended.",
		}),
	}
	reg.MustRegister(m.lag, m.attempts, m.ends, m.inFlight, m.waiting, m.oldest, m.refused, m.lastTick)
	m.startAtZero()
	return m
}

// startAtZero makes the series that alarms watch before anything happens: what
// appears with its first event at 1 has no increase that a rule could see.
func (m *Metrics) startAtZero() {
	for _, t := range push.Transports() {
		for class := push.Accepted; class <= push.Payload; class++ {
			m.attempts.WithLabelValues(string(t), class.String())
		}
		m.ends.WithLabelValues(string(t), string(models.DeliveryAccepted), "")
		m.ends.WithLabelValues(string(t), string(models.DeliverySkipped), "")
		for _, reason := range []string{string(models.ReasonExpired), push.Gone.String(), push.Mistaken.String(), push.Payload.String()} {
			m.ends.WithLabelValues(string(t), string(models.DeliveryDead), reason)
		}
	}
}

func (m *Metrics) attempt(c *models.Claim, r push.Result, now time.Time) {
	m.attempts.WithLabelValues(c.Transport, r.Class.String()).Inc()
	if r.Class == push.Accepted && !c.Clearing {
		m.lag.Observe(now.Sub(c.DueAt.Time).Seconds())
	}
}

// ended counts a claim that has ended. It leaves out why one was skipped: those
// reasons refer to warnings.
func (m *Metrics) ended(c *models.Claim) {
	switch c.State {
	case models.DeliveryDead:
		m.ends.WithLabelValues(c.Transport, string(c.State), string(c.Reason)).Inc()
	case models.DeliveryAccepted, models.DeliverySkipped:
		m.ends.WithLabelValues(c.Transport, string(c.State), "").Inc()
	default: // it goes on
	}
}

// measure sets the gauges at the end of a tick.
func (r *Runner) measure(ctx context.Context) error {
	backlog, err := r.Store.Backlog(ctx)
	if err != nil {
		return err
	}
	m, now := r.Metrics, r.Store.Now()
	m.waiting.Set(float64(backlog.Waiting))
	m.oldest.Set(0)
	if !backlog.OldestDue.IsZero() {
		m.oldest.Set(now.Sub(backlog.OldestDue.Time).Seconds())
	}
	m.inFlight.Reset() // drops the services that have nothing in flight
	for service, n := range r.Hub.InFlight() {
		m.inFlight.WithLabelValues(service).Set(float64(n))
	}
	refused := r.Hub.Refused()
	for _, name := range push.Providers() { // a Web Push host may name a person
		m.refused.WithLabelValues(name).Set(0)
		if refused[name] != "" {
			m.refused.WithLabelValues(name).Set(1)
		}
	}
	m.lastTick.Set(float64(now.Unix()))
	return nil
}
