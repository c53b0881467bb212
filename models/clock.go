package models

import "time"

// SystemClock tells the real time, in UTC. It is the one place of the program
// that asks the machine for it; everything else is given a clock, so that a
// test can be at any hour.
func SystemClock() time.Time { return time.Now().UTC() }
