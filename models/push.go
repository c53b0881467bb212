package models

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"aftercare/models/db"
)

// Push stores what a phone wrote while it was offline, in one transaction and
// judged once, and returns the current rows of those it has not stored because
// somebody else had edited them. No content is refused (contract, Sync for
// offline phones).
func (s *Store) Push(ctx context.Context, caller Caller, sent []Pushed, rules PushRules, w Write) ([]Change, error) {
	for _, p := range sent {
		if !slices.Contains(Collections(), p.Collection) {
			return nil, Invalid("path.collection", "is none of the change feed")
		}
		if validID(p.ID) != nil {
			return nil, Invalid("body.id", "must be 8 to 64 letters, digits, - or _")
		}
	}
	w.Offline = true
	var conflicts []Change
	err := s.write(ctx, caller.AccountID, func(tx *Tx) error {
		tx.Device, tx.offline = caller.DeviceID, true
		tx.added, tx.ofDays = sizes{}, sizes{}
		u := &upload{Tx: tx, rules: rules, write: w, stored: map[string]any{}}
		if err := u.takeNumber(sent); err != nil {
			return err
		}
		if err := u.take(sent); err != nil {
			return err
		}
		conflicts = u.conflicts
		return nil
	})
	return conflicts, err
}

// pushers store one row of a collection, or note its conflict.
var pushers = map[string]struct {
	load func(u *upload, ids []string) error
	push func(u *upload, p Pushed) error
}{
	"rollers":          {loadPushed[Roller], pushRow[Roller]},
	"sessions":         {loadPushed[Session], pushRow[Session]},
	"reports":          {loadPushed[Report], pushRow[Report]},
	"clinician_events": {loadPushed[ClinicianEvent], pushRow[ClinicianEvent]},
	"progress":         {loadPushed[Progress], pushRow[Progress]},
	"reminders":        {loadPushed[Reminder], (*upload).pushWish},
}

// Pushable returns the names of the collections that phones write.
func Pushable() (names []string) {
	for _, name := range Collections() {
		if pushers[name].push != nil {
			names = append(names, name)
		}
	}
	return names
}

func (u *upload) take(sent []Pushed) error {
	if slices.ContainsFunc(sent, func(p Pushed) bool { return p.Row != nil && p.Collection != "reminders" }) {
		if err := u.needHealthConsent(); err != nil {
			return err
		}
	}
	ids := map[string][]string{}
	for _, p := range sent {
		ids[p.Collection] = append(ids[p.Collection], p.ID)
	}
	for _, name := range Collections() {
		load := pushers[name].load
		if len(ids[name]) == 0 || load == nil {
			continue
		}
		if err := load(u, ids[name]); err != nil {
			return fmt.Errorf("load what is pushed of %s: %w", name, err)
		}
		if dailyBounds[name] == 0 {
			continue
		}
		if err := u.countDays(name, sent); err != nil {
			return err
		}
	}
	for _, wishes := range []bool{false, true} { // reminders last: the rows may change them
		for _, p := range sent {
			if (p.Collection == "reminders") != wishes {
				continue
			}
			push := pushers[p.Collection].push
			if push == nil {
				push = (*upload).renumber
			}
			if err := push(u, p); err != nil {
				return err
			}
		}
		if !wishes {
			if err := u.judgeEdits(); err != nil {
				return err
			}
		}
	}
	if u.rules.Whole && len(u.conflicts) > 0 {
		return &Error{Code: CodeSyncConflict, Detail: "a row was edited since; pull, and push again"}
	}
	return nil
}

// judgeEdits judges once what the whole upload changed, and folds the reminders
// that have already expired into one.
func (u *upload) judgeEdits() error {
	if len(u.edits.all) == 0 || u.rules.Whole && len(u.conflicts) > 0 {
		return nil
	}
	if err := u.judge(u.touched, &u.edits); err != nil {
		return err
	}
	account, err := u.account()
	if err != nil || u.missed == 0 || !account.HealthConsent {
		return err
	}
	return u.summariseMissed(&account.Account)
}

// loadPushed reads the stored rows of an upload, tombstones included.
func loadPushed[R any, P row[R]](u *upload, ids []string) error {
	for part := range slices.Chunk(ids, 500) {
		args := db.Args{u.Account}
		rows, err := db.Rows[R](u.q, "SELECT * FROM "+db.TableOf[R]()+" WHERE account_id = $1 AND id IN "+db.In(&args, part...), args...)
		if err != nil {
			return err
		}
		for i := range rows {
			u.stored[db.TableOf[R]()+" "+P(&rows[i]).base().ID] = &rows[i]
		}
	}
	return nil
}

func pushRow[R any, P writable[R]](u *upload, p Pushed) error {
	key := p.Collection + " " + p.ID
	old, _ := u.stored[key].(*R)
	living := old != nil && !P(old).base().deleted()
	if p.Row == nil {
		if !living {
			return nil
		}
		if u.rules.editedSince(P(old).entry().EditedSeq) { // also if it was restored: a phone that wants it gone asks again
			u.conflicts = append(u.conflicts, asChanges[R, P]([]R{*old})[0].of(p.Collection))
			return nil
		}
		gone := *old
		touched, err := bury(u.Tx, P(&gone))
		if err != nil {
			return err
		}
		u.added.count(P(old), P(&gone), p.Collection)
		return u.accept(key, P(&gone), touched)
	}
	next := *p.Row.(*R)
	tidy(P(&next))
	based, _ := p.Based.(*R)
	if based != nil {
		tidy(P(based))
	}
	if old != nil && based != nil {
		keepUnseen(P(old).entry(), P(based), P(&next))
		keepGroup(old, based, &next)
	}
	if old != nil && !u.own(P(old).entry()) && conflicts[R, P](u.rules, old, next, based, p.BasedDeleted) {
		u.conflicts = append(u.conflicts, asChanges[R, P]([]R{*old})[0].of(p.Collection))
		return nil
	}
	if old != nil {
		P(&next).entry().EditedSeq, P(&next).entry().EditedBy = P(old).entry().EditedSeq, P(old).entry().EditedBy
	}
	touched, changed, err := keep(u, p.ID, old, P(&next))
	switch {
	case err != nil:
		return err
	case changed:
		return u.accept(key, P(&next), touched)
	case !u.rules.ByNumber: // sent twice: the phone may have passed over what was made of it
		return u.renumber(p)
	}
	return nil
}

// own reports whether the stored row is the phone's own last edit. Then the
// phone knows it, whatever it based its next edit on: the response may have
// been lost.
func (u *upload) own(stored *Entry) bool {
	return !u.rules.ByNumber && stored.EditedBy != "" && stored.EditedBy == u.Device
}

// keep is follow for a row that may exceed a bound: it is kept and flagged.
func keep[R any, P writable[R]](u *upload, id string, old *R, next P) (touched time.Time, changed bool, err error) {
	touched, changed, err = follow(u.Tx, id, old, next, u.write)
	if err != nil || !changed {
		return touched, false, err
	}
	too, err := overBounds[R, P](u.Tx, old, next)
	if err != nil {
		return touched, false, err
	}
	if old == nil {
		u.added.count(nil, next, db.TableOf[R]())
	} else {
		u.added.count(P(old), next, db.TableOf[R]())
	}
	if too == "" {
		return touched, true, nil
	}
	next.leaveOut()
	version := next.base().Version
	if old != nil {
		next.base().Version = P(old).base().Version
	}
	changed = old == nil || !reflect.DeepEqual(old, (*R)(next)) // else it is sent again, and still one too many
	next.base().Version = version
	return touched, changed, nil
}

// accept takes a row into what is judged.
func (u *upload) accept(key string, row interface{ base() *Base }, touched time.Time) error {
	u.stored[key] = row
	u.touched = earliest(u.touched, touched)
	u.edits.add(edit(row), row.base().ID)
	return u.inTime()
}

// conflicts reports whether an edit of a stored row is based on another state
// of it. What counts are the fields that the person writes: the others follow.
// Sending what is stored already is no conflict.
func conflicts[R any, P writable[R]](rules PushRules, old *R, next R, based *R, basedDeleted bool) bool {
	switch {
	case rules.ByNumber:
		return rules.editedSince(P(old).entry().EditedSeq) && (P(old).base().deleted() || !same[R, P](old, next))
	case P(old).base().deleted():
		return !basedDeleted
	case same[R, P](old, next):
		return false
	}
	return based == nil || !same[R, P](old, asShown[R, P](old, *based))
}

// keepUnseen keeps what was set aside of a stored row when a phone that reads
// the feed edits it: such a phone is shown null there, or the possible part of
// a list, and changes a field only by sending something else.
func keepUnseen[R any, P writable[R]](old *Entry, based, next P) {
	for field, sent := range old.Sent {
		if based.entry().Sent[field] != nil || next.entry().Sent[field] != nil {
			continue
		}
		was, is := fieldNamed(reflect.ValueOf(based).Elem(), field), fieldNamed(reflect.ValueOf(next).Elem(), field)
		if !is.IsValid() || reflect.DeepEqual(was.Interface(), is.Interface()) {
			next.entry().showAside(field, sent)
		}
	}
}

// asShown returns the state that an edit is based on with what was set aside of
// the stored one: a phone that reads the feed is shown null there.
func asShown[R any, P writable[R]](old *R, based R) R {
	for field, sent := range P(old).entry().Sent {
		if P(&based).entry().Sent[field] == nil {
			P(&based).entry().showAside(field, sent)
		}
	}
	return based
}

// same reports whether a row equals the stored one in what the person writes.
func same[R any, P writable[R]](old *R, row R) bool {
	P(&row).adopt(old)
	*P(&row).base() = *P(old).base()
	sent := P(&row).entry().Sent
	*P(&row).entry() = *P(old).entry()
	P(&row).entry().Sent = sent
	return reflect.DeepEqual(*old, row)
}
