package jobs

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aftercare/jobs/push"
	"aftercare/models"
	"aftercare/models/care"
	"aftercare/models/storetest"
)

// monthTick is coarser than in life: a month of ten-second ticks takes a
// minute of the machine.
const monthTick = 10 * time.Minute

// month is thirty virtual days in which people live, with the real jobs and
// the real store.
type month struct {
	*world
	*service
	end time.Time

	mu     sync.Mutex
	people map[string]*person // by token
	silent map[string]string  // tokens that must be sent nothing more, and why
	snooze map[string]time.Time
	acked  map[string]bool // reminders
	urgent map[string]time.Time
	living sync.WaitGroup
}

// TestThirtyDays holds, across both clock changes of three zones: each reminder
// once per phone, at its local hour, none in quiet hours but for what a report
// has just caused, none after an acknowledgement, an opt-out, a sign-out, a
// withdrawn consent or an erasure, a snooze honoured, and an end with its
// reason for each (P3, P4, P5).
func TestThirtyDays(t *testing.T) {
	// Berlin springs forward on March 29, New York on March 8, and Lord Howe
	// falls back by half an hour on April 5; in autumn it is October 25,
	// November 1 and October 4.
	for name, begin := range map[string]time.Time{
		"spring": time.Date(2026, time.March, 6, 17, 0, 0, 0, time.UTC),
		"autumn": time.Date(2026, time.October, 3, 10, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				<-time.After(time.Until(begin))
				newMonth(t).live()
			})
		})
	}
}

func newMonth(t *testing.T) *month {
	m := &month{
		people: map[string]*person{}, silent: map[string]string{}, snooze: map[string]time.Time{},
		acked: map[string]bool{}, urgent: map[string]time.Time{},
	}
	m.service = &service{now: models.SystemClock, delay: 300 * time.Millisecond, look: m.lookAt}
	m.world = newWorld(t, storetest.SQLite(t), models.SystemClock, m.service.hub(models.SystemClock))
	m.runner.Tick = monthTick
	m.end = m.Now().Add(31 * 24 * time.Hour)
	return m
}

// joins makes a person who lives as told, beside the others.
func (m *month) joins(name, zone string, phones int, life func(p *person)) *person {
	p := m.join(name, zone)
	for len(p.phones) < phones {
		p.signIn()
	}
	m.mu.Lock()
	for _, d := range p.phones {
		m.people[token(d.ID)] = p
	}
	m.mu.Unlock()
	m.living.Go(func() { life(p) })
	return p
}

func after(d time.Duration) { <-time.After(d) }

const day = 24 * time.Hour

func (m *month) live() {
	ctx := context.Background()
	people := []*person{
		m.joins("answers nothing", "Europe/Berlin", 2, func(p *person) { p.rolls("session-1") }),
		m.joins("answers nothing", "America/New_York", 1, func(p *person) { p.rolls("session-1"); after(14 * day); p.rolls("session-2") }),
		m.joins("answers all", "Australia/Lord_Howe", 2, func(p *person) {
			p.rolls("session-1")
			for n := range 10 {
				after(24 * time.Hour)
				p.reports(fmt.Sprintf("report-%02d", n), models.Calm())
			}
			after(10 * day)
			p.rolls("session-2")
		}),
		m.joins("in danger at night", "Europe/Berlin", 2, m.dangerAtNight),
		m.joins("in danger at night", "Australia/Lord_Howe", 1, m.dangerAtNight),
		m.joins("red and silent", "America/New_York", 1, func(p *person) { p.rolls("session-1"); after(30 * time.Hour); p.reports("report-01", red()) }),
		m.joins("snoozes", "America/New_York", 1, func(p *person) { p.rolls("session-1"); m.snoozes(p) }),
		m.joins("acknowledges", "Europe/Berlin", 2, func(p *person) { p.rolls("session-1"); m.acknowledges(p) }),
		m.joins("travels", "Europe/Berlin", 1, func(p *person) {
			p.rolls("session-1")
			for _, zone := range []string{"America/New_York", "Asia/Tokyo", "Europe/Berlin"} {
				after(60 * time.Hour)
				m.moves(p, zone)
			}
		}),
	}
	stopping := m.thoseWhoStop()
	m.check(m.runner.Start())
	m.living.Wait()
	after(m.end.Sub(m.Now()))
	m.check(m.runner.Stop(ctx))
	m.noErrors()
	total := 0
	for _, p := range people {
		total += m.judge(p)
	}
	for _, p := range stopping {
		m.repeats(p)
	}
	if total < 90 {
		m.Errorf("%d reminders were sent: the people hardly lived", total)
	}
}

// thoseWhoStop do so in each way there is, in the middle of their check-ins.
func (m *month) thoseWhoStop() []*person {
	ctx := context.Background()
	stops := map[string]func(p *person) error{
		"signed out":   func(p *person) error { return p.DeleteDevice(ctx, p.account, p.phones[0].ID) },
		"push removed": func(p *person) error { _, err := p.RemovePush(ctx, p.account, p.phones[0].ID); return err },
		"push consent": func(p *person) error {
			return p.WithdrawConsent(ctx, models.Caller{AccountID: p.account}, models.ConsentPush)
		},
		"health consent": func(p *person) error {
			return p.WithdrawConsent(ctx, models.Caller{AccountID: p.account}, models.ConsentHealth)
		},
		"account erased": func(p *person) error { return p.EraseAccount(ctx, m.caller(p)) },
		"session deleted": func(p *person) error {
			return models.Delete[models.Session](ctx, p.Store, p.account, "session-1", models.Write{})
		},
		"reminders muted": func(p *person) error { return m.edit(p, func(a *models.Account) { a.Notify = care.Notify{} }) },
	}
	var out []*person
	for why, stop := range stops {
		out = append(out, m.joins(why, "Europe/Berlin", 1, func(p *person) {
			p.rolls("session-1")
			after(49 * time.Hour)
			m.check(stop(p))
			m.mu.Lock()
			defer m.mu.Unlock()
			m.silent[token(p.phones[0].ID)] = why
		}))
	}
	return out
}

func (m *month) caller(p *person) models.Caller {
	return models.Caller{AccountID: p.account, DeviceID: p.phones[0].ID, ConfirmedAt: m.Now()}
}

func (m *month) edit(p *person, edit func(a *models.Account)) error {
	a, err := p.Account(context.Background(), p.account)
	if err != nil {
		return err
	}
	edit(&a)
	_, err = p.UpdateAccount(context.Background(), m.caller(p), a, models.Write{})
	return err
}

func (m *month) moves(p *person, zone string) {
	loc, err := time.LoadLocation(zone)
	m.check(err)
	m.check(m.edit(p, func(a *models.Account) { a.TimeZone = zone }))
	m.mu.Lock()
	defer m.mu.Unlock()
	p.zone = loc
}

// dangerAtNight reports a danger sign at two in the morning.
func (m *month) dangerAtNight(p *person) {
	p.rolls("session-1")
	after(30 * time.Hour)
	night := care.NextAt(m.Now(), 2*60, p.zone)
	after(night.Sub(m.Now()))
	m.mu.Lock()
	m.urgent[p.account] = m.Now()
	m.mu.Unlock()
	p.reports("report-01", pus())
	after(5 * time.Hour)
	page, err := p.Warnings(context.Background(), p.account, models.Query{})
	m.check(err)
	for _, w := range page.Items {
		_, err := p.AcknowledgeWarning(context.Background(), models.Caller{AccountID: p.account}, w.ID, "booked")
		m.check(err)
		m.mu.Lock()
		m.acked[w.ID] = true
		m.mu.Unlock()
	}
}

// snoozes puts off whatever it is shown, by three hours, once.
func (m *month) snoozes(p *person) {
	for range 10 {
		after(24 * time.Hour)
		for _, r := range p.reminders() {
			if r.State != models.StateSent || len(r.Snoozes) > 0 || !m.Now().Before(r.ExpiresAt.Time) {
				continue
			}
			until := m.Now().Add(3 * time.Hour)
			_, err := p.SnoozeReminder(context.Background(), models.Caller{AccountID: p.account}, r.ID, models.T(until))
			m.check(err)
			m.mu.Lock()
			m.snooze[r.ID] = until
			m.mu.Unlock()
		}
	}
}

// acknowledges whatever it is shown.
func (m *month) acknowledges(p *person) {
	for range 40 {
		after(6 * time.Hour)
		for _, r := range p.reminders() {
			if r.State != models.StateSent {
				continue
			}
			_, err := p.AcknowledgeReminder(context.Background(), models.Caller{AccountID: p.account}, r.ID, models.Time{})
			m.check(err)
			m.mu.Lock()
			m.acked[r.ID] = true
			m.mu.Unlock()
		}
	}
}

// lookAt judges each message as it is sent, by what the people did and not by
// what the store says.
func (m *month) lookAt(to push.Address, msg push.Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, p := m.Now(), m.people[to.Token]
	if p == nil {
		m.Errorf("%v: sent to nobody's phone", now)
		return
	}
	local := now.In(p.zone)
	if why := m.silent[to.Token]; why != "" && !msg.Silent {
		m.Errorf("%s (%s): %s sent at %v", p.name, why, msg.Kind, local)
	}
	if msg.Silent {
		return
	}
	if m.acked[msg.ReminderID] || m.acked[msg.Tag] {
		m.Errorf("%s: %s told again after its acknowledgement", p.name, msg.Kind)
	}
	if until := m.snooze[msg.ReminderID]; now.Before(until) {
		m.Errorf("%s: %s sent at %v, put off until %v", p.name, msg.Kind, now, until)
	}
	if h := local.Hour(); h >= 21 || h < 8 {
		if caused := m.urgent[p.account]; msg.Kind != string(models.KindWarning) || now.Sub(caused) > monthTick+time.Minute {
			m.Errorf("%s: %s sent at %v, in quiet hours", p.name, msg.Kind, local)
		}
	}
	if msg.Kind == string(care.KindRestOver) && (local.Hour() != 9 || local.Minute() > 20) {
		m.Errorf("%s: rest_over sent at %v, not at the reminder time", p.name, local)
	}
}

// judge holds that each reminder of the person was told once to each phone, or
// ended with its reason; it answers how many were told.
func (m *month) judge(p *person) (told int) {
	count := m.repeats(p)
	for _, r := range p.reminders() {
		want := 1
		if !m.snooze[r.ID].IsZero() {
			want++
		}
		for _, d := range p.phones {
			if r.Anchor == d.ID {
				continue // its own sign-in, which only the others are told of
			}
			n := count[token(d.ID)+" "+r.ID]
			told += n
			if n > want || n < want && m.wasDue(r) {
				m.Errorf("%s: %s %s (%s, %s, %q) told %d times, want %d", p.name, r.Kind, r.Slot, r.DueAt, r.State, r.Reason, n, want)
			}
		}
		switch {
		case r.EndedAt.IsZero() && r.WakeAt.IsZero():
			m.Errorf("%s: %s %s (%s) will never end", p.name, r.Kind, r.Slot, r.State)
		case r.EndedAt.IsZero(), r.State == models.StateSent, r.State == models.StateAcknowledged:
		case r.Reason == "":
			m.Errorf("%s: %s %s ended as %s without a reason", p.name, r.Kind, r.Slot, r.State)
		}
	}
	return told
}

// wasDue says that the reminder had to be told: its time came while it was
// wanted.
func (m *month) wasDue(r models.Reminder) bool {
	if r.Silent || r.RidesWith != "" || r.Reason == "answered" || r.DueAt.After(m.end) {
		return false
	}
	switch r.State {
	case models.StateDue, models.StateSent:
		return true
	case models.StateAcknowledged:
		return !r.AcknowledgedAt.Before(r.DueAt.Add(monthTick))
	default:
		return r.State == models.StateExpired && r.HeldBy == ""
	}
}

// repeats holds that no phone took one notification twice, and counts the
// notifications by phone and reminder.
func (m *month) repeats(p *person) map[string]int {
	seen, count := map[string]bool{}, map[string]int{}
	for _, s := range m.accepted() {
		if m.people[s.to] != p {
			continue
		}
		if seen[s.to+s.NotificationID] {
			m.Errorf("%s: sent twice: %v", p.name, s)
		}
		seen[s.to+s.NotificationID] = true
		count[s.to+" "+s.ReminderID]++
		if !strings.HasPrefix(s.NotificationID, s.ReminderID+".") {
			m.Errorf("%s: %v is not of reminder %s", p.name, s, s.ReminderID)
		}
	}
	return count
}
