package api

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count requests. Their labels are routes, without the ids in them.
type Metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// NewMetrics registers the metrics of the API.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aftercare_requests_total", Help: "Requests by route and class of status.",
		}, []string{"route", "class"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "aftercare_request_seconds", Help: "Time from a request that has arrived whole to its answer.",
			Buckets: []float64{0.005, 0.025, 0.1, 0.5, 1, 5, 15},
		}, []string{"route"}),
	}
	reg.MustRegister(m.requests, m.seconds)
	return m
}

// startAtZero makes the series that alarms watch: what appears with its first
// event at 1 has no increase that a rule could see.
func (m *Metrics) startAtZero(app *fiber.App) {
	for _, r := range app.GetRoutes(true) {
		for _, class := range []string{"2xx", "4xx", "5xx"} {
			m.requests.WithLabelValues(r.Path, class)
		}
	}
}

func (m *Metrics) answered(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status/100)+"xx").Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}
