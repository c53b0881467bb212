package jobs

import (
	"context"
	"maps"
	"slices"

	"aftercare/jobs/push"
	"aftercare/models"
)

// judge holds what was promised.
func (f *faults) judge() {
	for _, token := range slices.Sorted(maps.Keys(f.phones)) {
		p := f.phones[token]
		f.judgeRepeats(p)
		if !p.left {
			f.judgeAddress(p)
		}
	}
	for _, p := range f.people {
		for _, r := range p.reminders() {
			f.judgeReminder(p, r)
		}
	}
}

// judgeRepeats holds that a message is sent again only if nobody could know
// that it had arrived.
func (f *faults) judgeRepeats(p *phone) {
	for id, n := range p.accepted {
		if n > 1+p.unsure[id] {
			f.Errorf("seed %d: phone %s took %s %d times, with %d answers lost", f.seed, p.name, id, n, p.unsure[id])
		}
	}
}

// judgeAddress holds that no good address was lost and no dead one kept.
func (f *faults) judgeAddress(p *phone) {
	d, err := f.Device(context.Background(), p.owner.account, p.device)
	f.check(err)
	want := map[push.Class]models.PushState{0: models.PushActive, push.Gone: models.PushGone, push.Mistaken: models.PushQuarantined}[p.told]
	if d.PushState != want {
		f.Errorf("seed %d: phone %s was told %v and its address is %s, want %s", f.seed, p.name, p.told, d.PushState, want)
	}
}

// judgeReminder holds that a reminder whose time came has arrived, or ended
// with its reason, on every phone.
func (f *faults) judgeReminder(p *person, r models.Reminder) {
	if !r.EndedAt.IsZero() && r.State != models.StateSent && r.State != models.StateAcknowledged && r.Reason == "" {
		f.Errorf("seed %d: %s %s of %s is %s without a reason", f.seed, r.Kind, r.Slot, p.name, r.State)
	}
	for _, d := range r.Deliveries {
		switch ph := f.current(p, d.DeviceID); {
		case d.State == models.DeliveryPending, d.State == models.DeliverySending:
			f.Errorf("seed %d: %s %s of %s is still %s: %s", f.seed, r.Kind, r.Slot, p.name, d.State, d.Reason)
		case d.State == models.DeliverySkipped && d.Reason == "":
			f.Errorf("seed %d: %s %s of %s is skipped without a reason", f.seed, r.Kind, r.Slot, p.name)
		case d.State == models.DeliveryDead && !f.deserved(p, d):
			f.Errorf("seed %d: %s %s of %s died of %q", f.seed, r.Kind, r.Slot, p.name, d.Reason)
		case d.State == models.DeliveryAccepted && ph != nil && f.arrived(p, d) == 0:
			f.Errorf("seed %d: %s %s of %s counts as accepted and never arrived", f.seed, r.Kind, r.Slot, p.name)
		}
	}
	f.judgeScreens(p, r)
	if r.State == models.StateDue && r.EndedAt.IsZero() && len(r.Deliveries) == 0 && !r.Silent && r.RidesWith == "" && f.current(p, p.phones[0].ID).told == 0 {
		f.Errorf("seed %d: %s %s of %s is due and goes to nobody", f.seed, r.Kind, r.Slot, p.name)
	}
}

// judgeScreens holds that what was taken and nobody answered is still shown,
// whatever was cleared under its tag before.
func (f *faults) judgeScreens(p *person, r models.Reminder) {
	if r.State != models.StateSent || !r.EndedAt.IsZero() {
		return
	}
	tag := r.ID
	if r.Kind == models.KindWarning {
		tag = r.Anchor
	}
	for _, d := range r.Deliveries {
		if d.State == models.DeliveryAccepted && f.current(p, d.DeviceID) != nil && f.screens[d.DeviceID][tag] == "" {
			f.Errorf("seed %d: %s %s of %s was taken, and its screen shows nothing", f.seed, r.Kind, r.Slot, p.name)
		}
	}
}

// deserved says whether a delivery had to end without having arrived.
func (f *faults) deserved(p *person, d models.Delivery) bool {
	if d.Reason == models.ReasonExpired {
		return true
	}
	for _, ph := range f.phones { // also under a token that it had before
		if ph.owner == p && ph.device == d.DeviceID && (models.Reason(ph.told.String()) == d.Reason || d.Reason == "payload" && ph.refused[d.NotificationID]) {
			return true
		}
	}
	return false
}

// arrived counts what reached the device, under whichever token.
func (f *faults) arrived(p *person, d models.Delivery) (n int) {
	for _, ph := range f.phones {
		if ph.owner == p && ph.device == d.DeviceID {
			n += ph.accepted[d.NotificationID]
		}
	}
	return n
}
