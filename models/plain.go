package models

import "aftercare/models/care"

func deref[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

func optionalDate(s string) (care.Date, error) {
	if s == "" {
		return care.Date{}, nil
	}
	return care.ParseDate(s)
}
