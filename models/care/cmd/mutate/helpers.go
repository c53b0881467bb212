package main

// helpers stand in for the places of the mutants: each is given the number of
// its first mutant.
const helpers = `package care

import (
	"cmp"
	"os"
	"strconv"
	"time"
)

var mutantInForce, _ = strconv.Atoi(os.Getenv("` + inForce + `"))

// mutantTables make the tables of the package again, in their order.
var mutantTables []mutantTable

type mutantTable struct {
	order int
	make  func()
}

type (
	mutantDuration = time.Duration
	mutantTime = time.Time
)

func mutantIs(first int) int { return mutantInForce - first + 1 }

func mutantCompare[T cmp.Ordered](first int, a T, op string, b T) bool {
	if mutantIs(first) == 1 {
		op = map[string]string{"<": "<=", "<=": "<", ">": ">=", ">=": ">"}[op]
	}
	switch op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}

func mutantTimes(first int, a mutantTime, op string, b mutantTime) bool {
	if op == "After" {
		a, b = b, a
	}
	return a.Before(b) || mutantIs(first) == 1 && a.Equal(b)
}

func mutantNot(first int, v bool) bool { return v != (mutantIs(first) == 1) }

func mutantJoin(first int, and bool, a bool, b func() bool) bool {
	switch mutantIs(first) {
	case 1: // the left alone
		return a
	case 2: // the right alone
		return b()
	}
	if and {
		return a && b()
	}
	return a || b()
}

func mutantNumber[T ~int | ~int64 | ~uint64 | ~uint8 | ~float64](first int, v, step T) T {
	switch mutantIs(first) {
	case 1:
		return v + step
	case 2:
		return v - step
	}
	return v
}

func mutantWord[T ~string](first int, v, other T) T {
	if mutantIs(first) == 1 {
		return other
	}
	return v
}

func mutantMost[T cmp.Ordered](first int, most bool, v T, others ...T) T {
	for _, o := range others {
		if (o > v) == (most != (mutantIs(first) == 1)) {
			v = o
		}
	}
	return v
}
`
