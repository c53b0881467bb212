package models

import (
	"context"
	"reflect"
	"time"
)

// Put creates or replaces a row, judges the history anew and returns the row
// as it is then stored, with its verdict; created says which of the two it was. Storing a row
// again as it is changes nothing, so a retry is harmless.
func Put[R any, P writable[R]](ctx context.Context, s *Store, account, id string, in R, w Write) (out R, created bool, err error) {
	if err := validID(id); err != nil {
		return out, false, err
	}
	err = s.write(ctx, account, func(tx *Tx) error {
		out, created, err = put[R, P](tx, id, in, w)
		return err
	})
	return out, created, err
}

func put[R any, P writable[R]](tx *Tx, id string, in R, w Write) (out R, created bool, err error) {
	if err := tx.needHealthConsent(); err != nil {
		return out, false, err
	}
	old, err := find[R, P](tx.q, tx.Account, id)
	if err != nil {
		return out, false, err
	}
	next := P(&in)
	var touched time.Time
	version, living := int64(0), false
	if old != nil {
		version, living = P(old).base().Version, !P(old).base().deleted()
		touched = P(old).touched()
	}
	if err := w.check(version, living, old); err != nil {
		return out, false, err
	}
	next.adopt(old)
	*next.base() = Base{AccountID: tx.Account, ID: id, Version: version}
	if old != nil {
		*next.base() = *P(old).base()
	}
	next.base().DeletedAt = Time{}
	if err := next.arrive(tx, old, w); err != nil {
		return out, false, err
	}
	if living && reflect.DeepEqual(old, &in) {
		return in, false, nil
	}
	next.base().Version++
	_, err = tx.judge(earliest(touched, next.touched()), next)
	return in, !living, err
}

// Delete leaves a tombstone; an unknown id is no error. It needs no consent:
// what it does is erase.
func Delete[R any, P writable[R]](ctx context.Context, s *Store, account, id string, w Write) error {
	return s.write(ctx, account, func(tx *Tx) error {
		old, err := find[R, P](tx.q, tx.Account, id)
		if err != nil || old == nil || P(old).base().deleted() {
			return err
		}
		if err := w.check(P(old).base().Version, true, old); err != nil {
			return err
		}
		touched := P(old).touched()
		P(old).scrub()
		P(old).base().DeletedAt = T(tx.Now)
		P(old).base().Version++
		if err := tx.save(P(old)); err != nil {
			return err
		}
		return tx.judgeAgain(touched)
	})
}
