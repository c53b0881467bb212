// Package care is what the product knows: rest periods, triage, aftercare and
// the plan of a cycle, judged as one pure function of what a person told.
//
// It uses the standard library only and reads no clock: the time and the zone
// are arguments. Rules are rows of tables (rules_*.go), numbers stand in
// constants.go under the names of the knowledge base, section 1. Nothing here
// is clinically signed off.
package care
