package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"aftercare/models"
)

// databaseMetrics are the store's own counters.
type databaseMetrics struct{ *models.Store }

var (
	writesTotal = prometheus.NewDesc("aftercare_writes_total",
		"Writes by outcome: stored, refused by a rule, overloaded, away (the database cannot serve), failed.", []string{"outcome"}, nil)
	databaseErrorsTotal = prometheus.NewDesc("aftercare_database_errors_total", "Errors that the database reported, by kind.", []string{"kind"}, nil)
)

// Describe names the metrics.
func (databaseMetrics) Describe(to chan<- *prometheus.Desc) {
	to <- writesTotal
	to <- databaseErrorsTotal
}

// Collect reads the counters.
func (m databaseMetrics) Collect(to chan<- prometheus.Metric) {
	for outcome, n := range m.Writes() {
		to <- prometheus.MustNewConstMetric(writesTotal, prometheus.CounterValue, float64(n), outcome)
	}
	for kind, n := range m.DatabaseErrors() {
		to <- prometheus.MustNewConstMetric(databaseErrorsTotal, prometheus.CounterValue, float64(n), kind)
	}
}
