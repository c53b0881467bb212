package models

// pushWish does with a reminder what the person wanted while offline. What
// comes too late, or is impossible, is answered with the reminder as it is.
func (u *upload) pushWish(p Pushed) error {
	r, err := find[Reminder](u.q, u.Account, p.ID)
	switch {
	case err != nil:
		return err
	case r == nil && u.rules.ByNumber:
		return nil
	case r == nil:
		r = &Reminder{Base: Base{ID: p.ID, DeletedAt: T(u.Now)}}
	}
	want, wanted := p.Row.(Wish)
	switch {
	case !wanted, r.deleted():
		return u.answerWish(p, r)
	case r.wish().same(want), r.asked(want.SnoozedUntil) && !want.Acknowledged:
		return u.renumber(p) // the phone may have passed over what was made of it
	}
	if before, _ := u.stored["reminders "+p.ID].(*Reminder); before != nil && u.rules.editedSince(before.Seq) { // the phone pulls, and asks again
		u.conflicts = append(u.conflicts, asChanges([]Reminder{*r})[0].of(p.Collection))
		return nil
	}
	if err := u.inTime(); err != nil {
		return err
	}
	done, err := u.grant(r, want, p.Based)
	if err != nil && !IsCode(err, CodeInvalid) && !IsCode(err, CodeSnoozeLimit) {
		return err
	}
	if r, err = find[Reminder](u.q, u.Account, p.ID); err != nil || done && r.wish().meets(want) {
		return err
	}
	return u.answerWish(p, r)
}

// grant does what is wanted of a reminder, if that is still possible.
func (u *upload) grant(r *Reminder, want Wish, base any) (done bool, err error) {
	based, known := base.(Wish)
	known = known && based.same(r.wish())
	switch {
	case known && want.same(Wish{}): // the phone knows of the tap, and takes it back
		err = u.untap(r)
	case r.ended():
		return false, nil
	case want.Acknowledged:
		err = u.acknowledge(r, want.At)
	case base != nil && !known, want.SnoozedUntil.IsZero(): // not said to be taken back
		return false, nil
	default:
		err = u.snooze(r, want.SnoozedUntil)
	}
	return err == nil, err
}

// answerWish answers a push with the reminder as it is.
func (u *upload) answerWish(p Pushed, r *Reminder) error {
	if u.rules.ByNumber {
		return u.renumber(p)
	}
	rows := []Reminder{*r}
	err := fillDeliveries(u.q, u.Account, rows)
	u.conflicts = append(u.conflicts, asChanges(rows)[0].of(p.Collection))
	return err
}

// untap takes back the latest tap on a reminder.
func (u *upload) untap(r *Reminder) error {
	if r.State == StateSnoozed {
		return u.unsnooze(r)
	}
	return u.unanswer(r)
}
