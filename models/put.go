package models

import (
	"aftercare/models/db"
	"context"
	"reflect"
	"time"
)

// Put creates or replaces a row, judges the history again and returns the row
// as stored, with its verdict; created reports which of the two it was. Storing
// an identical row again changes nothing, so a retry is harmless.
func Put[R any, P writable[R]](ctx context.Context, s *Store, account, id string, in R, w Write) (out R, created bool, err error) {
	if err := validID(id); err != nil {
		return out, false, err
	}
	err = s.writeRow(ctx, account, db.TableOf[R](), id, func(tx *Tx) error {
		out, created, err = put[R, P](tx, id, in, w)
		return err
	})
	return out, created, err
}

// stored returns the row that a write refers to, tombstones included, or nil if
// the account has no such row.
func stored[R any, P writable[R]](tx *Tx, id string) (*R, error) {
	account, err := tx.account()
	if err != nil || !account.Known {
		return nil, err
	}
	return find[R, P](tx.q, tx.Account, id)
}

func put[R any, P writable[R]](tx *Tx, id string, in R, w Write) (out R, created bool, err error) {
	if err := tx.needHealthConsent(); err != nil {
		return out, false, err
	}
	old, err := stored[R, P](tx, id)
	if err != nil {
		return out, false, err
	}
	next, version, living := P(&in), int64(0), false
	if old != nil {
		version, living = P(old).base().Version, !P(old).base().deleted()
		next.entry().succeed(P(old).entry(), next, w.Named)
	}
	if err := w.check(version, living, old); err != nil {
		return out, false, err
	}
	if f := next.faults(); len(f) > 0 {
		return out, false, &Error{Code: CodeInvalid, Fields: f}
	}
	touched, changed, err := follow(tx, id, old, next, w)
	if err != nil || !changed {
		return in, false, err
	}
	too, err := overBounds[R, P](tx, old, next)
	if err == nil && too != "" {
		err = tooMany(too)
	}
	if err != nil {
		return in, false, err
	}
	return in, !living, tx.judge(touched, edit(next))
}

// follow makes a sent row the successor of the stored one (nil: none), and
// returns the time from which it is judged, and whether it differs.
func follow[R any, P writable[R]](tx *Tx, id string, old *R, next P, w Write) (touched time.Time, changed bool, err error) {
	next.adopt(old)
	*next.base() = Base{AccountID: tx.Account, ID: id}
	if old != nil {
		*next.base() = *P(old).base()
		if touched, err = tx.reach(P(old).touched()); err != nil {
			return touched, false, err
		}
	}
	next.base().DeletedAt = Time{}
	if err := next.arrive(tx, old, w); err != nil {
		return touched, false, err
	}
	if old != nil && reflect.DeepEqual(old, (*R)(next)) {
		return touched, false, nil
	}
	next.base().Version++
	after, err := tx.reach(next.touched())
	return earliest(touched, after), true, err
}

// Delete replaces a row by a tombstone; an unknown ID is not an error. It needs
// no consent, since all it does is erase.
func Delete[R any, P writable[R]](ctx context.Context, s *Store, account, id string, w Write) error {
	return s.writeRow(ctx, account, db.TableOf[R](), id, func(tx *Tx) error {
		old, err := stored[R, P](tx, id)
		if err != nil || old == nil || P(old).base().deleted() {
			return err
		}
		if err := w.check(P(old).base().Version, true, old); err != nil {
			return err
		}
		return remove[R, P](tx, old)
	})
}

// remove replaces a row by a tombstone and judges the history without it.
func remove[R any, P writable[R]](tx *Tx, old *R) error {
	touched, err := bury(tx, P(old))
	if err != nil {
		return err
	}
	return tx.judge(touched, edit(P(old)))
}

// bury replaces a row by a tombstone, and returns the time from which that is
// judged.
func bury[R any, P writable[R]](tx *Tx, row P) (touched time.Time, err error) {
	touched, err = tx.reach(row.touched())
	row.scrub()
	row.base().DeletedAt = T(tx.Now)
	row.base().Version++
	return touched, err
}

// reach returns the time from which a change at a time, and of an episode, is
// judged.
func (tx *Tx) reach(at time.Time, episode string) (time.Time, error) {
	if episode == "" {
		return at, nil
	}
	e, err := find[Episode](tx.q, tx.Account, episode)
	if err != nil || e == nil {
		return at, err
	}
	return earliest(at, e.OnsetAt.Time), nil
}

// writeRow is write for one row of the account. Whether the row exists is read
// together with the account.
func (s *Store) writeRow(ctx context.Context, account, table, id string, fn func(tx *Tx) error) error {
	return coded(s.db.WriteFor(ctx, account, func(inner *db.Tx) error {
		a, err := openAccount(inner.Q, account, table, id, inner.Q.ForUpdate("accounts"))
		if err != nil {
			return err
		}
		inner.Raised(account, a.ChangeSeq)
		inner.Q = inner.Q.Later() // nothing that a row's write calls asks whether its statements worked
		tx := s.newTx(inner)
		tx.person = a
		return fn(tx)
	}))
}
