package care_test

import (
	"reflect"
	"slices"
	"time"
)

// smallerThan are the cases with one thing less.
func smallerThan(l life) []life {
	var all []life
	for i := range l.nows {
		if len(l.nows) > 1 {
			c := l
			c.nows = []time.Time{l.nows[i]}
			all = append(all, c)
		}
	}
	all = append(all, lessOf(l, len(l.h.Reports), func(c *life, i int) { c.h.Reports = without(c.h.Reports, i) })...)
	all = append(all, lessOf(l, len(l.h.Sessions), func(c *life, i int) { c.h.Sessions = without(c.h.Sessions, i) })...)
	all = append(all, lessOf(l, len(l.h.Clinician), func(c *life, i int) { c.h.Clinician = without(c.h.Clinician, i) })...)
	all = append(all, lessOf(l, len(l.h.Acks), func(c *life, i int) { c.h.Acks = without(c.h.Acks, i) })...)
	all = append(all, lessOf(l, len(l.p.Risks), func(c *life, i int) { c.p.Risks = without(c.p.Risks, i) })...)
	for i := range l.h.Reports {
		all = append(all, calmer(l, i)...)
	}
	return all
}

func without[T any](s []T, i int) []T { return slices.Delete(slices.Clone(s), i, i+1) }

func lessOf(l life, n int, drop func(*life, int)) []life {
	var all []life
	for i := range n {
		c := l
		drop(&c, i)
		all = append(all, c)
	}
	return all
}

// calmer are the cases in which one answer of a report is that of a calm one.
func calmer(l life, i int) []life {
	calm := reflect.ValueOf(calmOfPage())
	var all []life
	for k := range calm.NumField() {
		c := l
		c.h.Reports = slices.Clone(l.h.Reports)
		field := reflect.ValueOf(&c.h.Reports[i].Answers).Elem().Field(k)
		if reflect.DeepEqual(field.Interface(), calm.Field(k).Interface()) {
			continue
		}
		field.Set(calm.Field(k))
		all = append(all, c)
	}
	return all
}
