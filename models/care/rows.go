package care

import "strings"

// Row is one rule as a reviewer reads it. Tier is the name of the API, "" for
// a rule that gives no tier.
type Row struct {
	ID         string
	Tier       string
	Summary    string
	Sources    []string // ids of the knowledge base, section 13; none: design
	Confidence string   // high, medium, low, or "" for a choice of design
}

// Confidence of a row.
const (
	high   = "high"
	medium = "medium"
	low    = "low"
	design = ""
)

// src reads source ids that stand in one string.
func src(ids string) []string { return strings.Fields(ids) }
