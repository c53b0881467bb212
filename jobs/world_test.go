package jobs

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"aftercare/jobs/push"
	"aftercare/models"
	"aftercare/models/care"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a store with people in it, and the runner that serves them.
type world struct {
	testing.TB
	*models.Store
	runner  *Runner
	metrics *prometheus.Registry
	logged  *logged
}

// newWorld opens the database on the clock and makes a runner that has not
// begun. What reaches the log as an error fails the test, unless it is told
// to expect some.
func newWorld(t testing.TB, database string, now func() time.Time, hub *push.Hub) *world {
	t.Helper()
	w := &world{TB: t, metrics: prometheus.NewRegistry(), logged: &logged{}}
	log := slog.New(slog.NewTextHandler(w.logged, nil))
	s, err := models.Open(context.Background(), models.Options{Database: database, Now: now, Log: log})
	w.check(err)
	t.Cleanup(func() { w.check(s.Close()) })
	w.Store = s
	w.runner = New(runnerOptions(s, hub, log, w.metrics))
	t.Cleanup(func() { w.runner.Wait(); w.noErrors() })
	return w
}

func runnerOptions(s *models.Store, hub *push.Hub, log *slog.Logger, metrics prometheus.Registerer) Options {
	return Options{Store: s, Hub: hub, Log: log, Tick: 10 * time.Second, Metrics: NewMetrics(metrics)}
}

func (w *world) check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// tick does what is due and waits until it is sent.
func (w *world) tick() {
	w.Helper()
	w.check(w.runner.RunOnce(context.Background()))
	w.runner.Wait()
}

func (w *world) noErrors() { w.Helper(); w.noErrorsBut("\x00") }

// noErrorsBut lets through the lines that hold the words.
func (w *world) noErrorsBut(words string) {
	w.Helper()
	for line := range strings.Lines(w.logged.errors()) {
		if !strings.Contains(line, words) {
			w.Errorf("logged: %s", line)
		}
	}
}

// logged keeps what was logged.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// errors are the lines of level error so far; reading them forgives them.
func (l *logged) errors() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out strings.Builder
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, "level=ERROR") {
			out.WriteString(line)
		}
	}
	l.text.Reset()
	return out.String()
}

// clock is a time that only the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

// evening is when most tests begin: half past seven in Berlin.
var evening = time.Date(2026, time.March, 2, 18, 30, 0, 0, time.UTC)

func newClock() *clock { return &clock{at: evening} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// person is one account and its phones.
type person struct {
	*world
	name    string
	account string
	zone    *time.Location
	phones  []models.Device
	secrets models.Secrets
}

// join makes an account with one phone that can be reached.
func (w *world) join(name, zone string) *person {
	w.Helper()
	loc, err := time.LoadLocation(zone)
	w.check(err)
	in, err := w.CreateAccount(context.Background(), models.NewAccount{
		TimeZone: zone, Locale: "en", Region: "DE", ConsentVersion: "1", Device: models.Device{Name: name, Platform: "android"},
	})
	w.check(err)
	p := &person{world: w, name: name, account: in.Account.ID, zone: loc, secrets: in.Secrets, phones: []models.Device{in.Device}}
	p.register(in.Device.ID)
	return p
}

// signIn adds a phone.
func (p *person) signIn() models.Device {
	p.Helper()
	in, err := p.SignIn(context.Background(), models.SignIn{RecoveryCode: p.secrets.RecoveryCode, Device: models.Device{Platform: "ios"}})
	p.check(err)
	p.secrets = in.Secrets
	p.phones = append(p.phones, in.Device)
	p.register(in.Device.ID)
	return in.Device
}

// register gives a phone an FCM address that names it.
func (p *person) register(device string) {
	p.Helper()
	_, err := p.SetPush(context.Background(), p.account, device, "fcm", models.PushAddress{Token: token(device), Destination: "fcm"}, "1")
	p.check(err)
}

func token(device string) string { return strings.Repeat(device, 2) }

// answersRisks says that nothing of the health questions applies: without
// their answers there is no go-ahead (RS-14).
func (p *person) answersRisks() {
	p.Helper()
	a, err := p.Account(context.Background(), p.account)
	p.check(err)
	a.Risks = []models.Risk{}
	_, err = p.UpdateAccount(context.Background(), models.Caller{AccountID: p.account}, a, models.Write{})
	p.check(err)
}

// rolls stores a session that ended just now.
func (p *person) rolls(id string) {
	p.Helper()
	mm, now := 0.5, p.Now()
	_, _, err := models.Put(context.Background(), p.Store, p.account, id,
		models.Session{StartedAt: models.T(now.Add(-15 * time.Minute)), EndedAt: models.T(now), NeedleMM: &mm}, models.Write{})
	p.check(err)
}

// reports stores how the scalp feels now.
func (p *person) reports(id string, answers care.Answers) models.Report {
	p.Helper()
	r, _, err := models.Put(context.Background(), p.Store, p.account, id, models.Report{ObservedAt: models.T(p.Now()), Answers: answers}, models.Write{})
	p.check(err)
	return r
}

func of(n int) *int { return &n }

// pus is a danger sign: same_day by SD-01.
func pus() care.Answers { return care.Answers{Erythema: of(1), Discharge: care.Set{"yellow_green"}} }

func red() care.Answers { return care.Answers{Erythema: of(1), Pain: of(0)} }

// reminders are all of a person, whatever became of them.
func (p *person) reminders() (out []models.Reminder) {
	p.Helper()
	for q := (models.Query{Limit: models.MaxLimit}); ; {
		page, err := p.Reminders(context.Background(), p.account, q)
		p.check(err)
		out = append(out, page.Items...)
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			return out
		}
	}
}

// sent is one message as a push service saw it.
type sent struct {
	push.Message
	at     time.Time
	to     string // the token
	class  push.Class
	answer push.Result
}

// service is a scripted push service behind the interface of a sender, for
// where the clock is virtual and a socket would not follow it.
type service struct {
	now   func() time.Time
	delay time.Duration
	// script decides; nil accepts everything.
	script func(to push.Address, m push.Message) push.Result
	// look sees each message before it is answered.
	look func(to push.Address, m push.Message)

	mu  sync.Mutex
	got []sent
}

// Send keeps the message and answers by the script, after the delay.
func (s *service) Send(ctx context.Context, to push.Address, m push.Message) push.Result {
	if s.look != nil {
		s.look(to, m)
	}
	at, answer := s.now(), push.Result{Class: push.Accepted}
	if s.script != nil {
		answer = s.script(to, m)
	}
	s.mu.Lock()
	s.got = append(s.got, sent{m, at, to.Token, answer.Class, answer})
	s.mu.Unlock()
	if s.delay > 0 {
		select {
		case <-time.After(s.delay):
		case <-ctx.Done():
			return push.Result{Class: push.Unavailable, Reason: "canceled"}
		}
	}
	return answer
}

// accepted are the messages taken so far, without those that clear a screen.
func (s *service) accepted() (out []sent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.got {
		if m.class == push.Accepted && !m.Silent {
			out = append(out, m)
		}
	}
	return out
}

func (s *service) hub(now func() time.Time) *push.Hub {
	return push.NewHub(now, map[push.Transport]push.Sender{push.TransportFCM: s})
}

func (s sent) String() string {
	return fmt.Sprintf("%s %s %s to %.8s: %v", s.at.Format(time.RFC3339), s.Kind, s.NotificationID, s.to, s.class)
}
