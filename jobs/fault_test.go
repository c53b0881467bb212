package jobs

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"aftercare/jobs/push"
	"aftercare/models"
	"aftercare/models/care"
)

// faults is one run in which everything that can go wrong does. Each phone is
// a schedule of its own: of answers, lost answers, crashes of the runner before
// and after the service took the message, and addresses that die.
//
// What happens is drawn from the seed and the name of the thing it happens to,
// not from the order in which goroutines come by, so that a seed replays.
type faults struct {
	*world
	clock   *clock
	seed    uint64
	rnd     *rand.Rand // of the steps, which come one after another
	runners []*Runner
	people  []*person

	mu      sync.Mutex
	phones  map[string]*phone            // by token
	screens map[string]map[string]string // by device and tag: the notification that is shown
	stalled []stalled
	faulty  bool // until the run is to come to rest
	dying   bool // runners may crash in a sending
}

// phone is what its push service knows of it and has seen for it.
type phone struct {
	name     string
	owner    *person
	device   string
	token    string
	dead     time.Time // from then on the address is gone; zero: never
	badKey   bool      // the address never fits our key
	left     bool      // signed out, or registered under another token
	order    []string  // notifications, as they came first
	tries    map[string]int
	accepted map[string]int
	unsure   map[string]int  // taken, but the answer was lost or the runner crashed
	refused  map[string]bool // will never be taken
	told     push.Class      // Gone or Mistaken, answered and heard
}

// stalled is a claim whose process stood still between the question and the
// sending, as a machine does that swaps.
type stalled struct {
	claim  models.Claim
	runner *Runner
	steps  int // for which it stands still
}

func newFaults(t *testing.T, database string, seed uint64, runners int) *faults {
	f := &faults{clock: newClock(), seed: seed, rnd: rand.New(rand.NewPCG(seed, 1)), phones: map[string]*phone{}, screens: map[string]map[string]string{}, faulty: true}
	f.world = newWorld(t, database, f.clock.now, push.NewHub(f.clock.now, nil))
	for range runners {
		f.runners = append(f.runners, f.begin())
	}
	return f
}

// begin starts a runner that knows nothing but the database, as after a crash.
func (f *faults) begin() *Runner {
	o := f.runner.Options
	o.Hub = push.NewHub(f.clock.now, map[push.Transport]push.Sender{push.TransportFCM: f})
	return New(o)
}

// draw is a number below n that the seed and the names decide.
func (f *faults) draw(n int, names ...any) int {
	h := fnv.New64a()
	fmt.Fprint(h, f.seed, names)
	return rand.New(rand.NewPCG(h.Sum64(), f.seed)).IntN(n)
}

// Send is the push service of all phones.
func (f *faults) Send(_ context.Context, to push.Address, m push.Message) push.Result {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.phones[to.Token]
	if !slices.Contains(p.order, m.NotificationID) {
		p.order = append(p.order, m.NotificationID)
	}
	nth := slices.Index(p.order, m.NotificationID)
	p.tries[m.NotificationID]++
	draw := func(n int, what string) int { return f.draw(n, p.name, nth, p.tries[m.NotificationID], what) }
	if f.dying && draw(10, "crash before") == 0 {
		runtime.Goexit()
	}
	result := f.answer(p, nth, draw)
	if result.Class == push.Accepted {
		p.accepted[m.NotificationID]++
		if f.screens[p.device] == nil {
			f.screens[p.device] = map[string]string{}
		}
		show(f.screens[p.device], m)
	}
	if f.dying && draw(10, "crash after") == 0 {
		p.unsure[m.NotificationID]++
		runtime.Goexit()
	}
	if f.faulty && draw(10, "lost") == 0 {
		p.unsure[m.NotificationID]++
		return push.Result{Class: push.Unavailable, Reason: "timeout"}
	}
	if result.Class == push.Gone || result.Class == push.Mistaken {
		p.told = result.Class
	}
	return result
}

// show is what a phone does with a message: its screen shows one notification
// for each tag.
func show(screen map[string]string, m push.Message) {
	if m.Silent {
		delete(screen, m.Tag)
		return
	}
	screen[m.Tag] = m.NotificationID
}

// answer is what the service says of a message that reached it.
func (f *faults) answer(p *phone, nth int, draw func(n int, what string) int) push.Result {
	switch {
	case !p.dead.IsZero() && !f.clock.now().Before(p.dead):
		return push.Result{Class: push.Gone, Reason: "UNREGISTERED"}
	case p.badKey:
		return push.Result{Class: push.Mistaken, Reason: "BadDeviceToken"}
	case !f.faulty:
		return push.Result{Class: push.Accepted}
	}
	pause := time.Duration(draw(1200, "pause")) * time.Second
	switch d := draw(100, "answer"); {
	case d < 15:
		return push.Result{Class: push.Unavailable, Reason: "status 503", RetryAfter: pause / 10, Scope: push.ScopeDevice}
	case d < 25:
		return push.Result{Class: push.Throttled, Reason: "status 429", RetryAfter: pause, Scope: push.ScopeDevice}
	case d < 28:
		return push.Result{Class: push.Throttled, Reason: "status 429", RetryAfter: pause / 20, Scope: push.ScopeProvider}
	case d < 29:
		return push.Result{Class: push.Refused, Reason: "token refused", Scope: push.ScopeProvider}
	case d < 32:
		p.refused[p.order[nth]] = true
		return push.Result{Class: push.Payload, Reason: "status 413"}
	}
	return push.Result{Class: push.Accepted}
}

// joins makes people with one to three phones, some of whose addresses are bad
// or will die, who roll and report a danger sign.
func (f *faults) joins(n int) {
	for i := range n {
		p := f.join(fmt.Sprint("person ", i), "Europe/Berlin")
		for range f.draw(3, i, "phones") {
			p.signIn()
		}
		for j, d := range p.phones {
			ph := f.registers(p, d.ID, token(d.ID), fmt.Sprint(i, ".", j))
			switch f.draw(8, i, j, "fate") {
			case 0:
				ph.dead = f.clock.now().Add(time.Duration(f.draw(5*3600, i, j, "dead")) * time.Second)
			case 1:
				ph.badKey = true
			}
		}
		p.rolls("session-1")
		p.reports("report-01", pus())
		f.people = append(f.people, p)
	}
}

func (f *faults) registers(p *person, device, token, name string) *phone {
	ph := &phone{name: name, owner: p, device: device, token: token,
		tries: map[string]int{}, accepted: map[string]int{}, unsure: map[string]int{}, refused: map[string]bool{}}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.phones[token] = ph
	return ph
}

// step lets time pass and does what a process does then, or the part of it
// that it manages before it is killed.
func (f *faults) step(longest time.Duration) {
	f.clock.pass(time.Second + time.Duration(f.rnd.Int64N(int64(longest))))
	if f.faulty {
		f.live()
	}
	f.goOn()
	ctx := context.Background()
	switch f.rnd.IntN(8) {
	case 0: // killed between the claims and the sending
		_, err := f.ClaimDeliveries(ctx, f.rnd.IntN(20)+1, lease, nil)
		f.check(err)
	case 1: // killed between the question and the sending, or only stalled
		f.stall()
	case 2: // killed while advancing
		ids, err := f.DueAccounts(ctx, 10)
		f.check(err)
		for _, id := range ids[:min(len(ids), f.rnd.IntN(5))] {
			f.check(f.Advance(ctx, id))
		}
	case 3: // killed while sending
		f.runAll(true)
	default:
		f.runAll(false)
		return
	}
	for i := range f.runners {
		if f.rnd.IntN(2) == 0 {
			f.runners[i] = f.begin()
		}
	}
}

// stall claims and asks; what goes on with it does so later, if ever.
func (f *faults) stall() {
	ctx := context.Background()
	claims, err := f.ClaimDeliveries(ctx, f.rnd.IntN(20)+1, lease, nil)
	f.check(err)
	for i := range claims {
		refusal, err := f.StillWanted(ctx, &claims[i])
		f.check(err)
		if refusal != nil {
			continue
		}
		// A clear that a swapped-out process sends late is beyond what can be held.
		if f.rnd.IntN(2) == 0 && !claims[i].Clearing {
			f.stalled = append(f.stalled, stalled{claims[i], f.runners[0], f.rnd.IntN(4)})
		}
		if ph := f.phones[claims[i].Address.Token]; f.rnd.IntN(4) == 0 && !ph.left {
			f.moves(ph)
		}
	}
}

// goOn lets the stalled processes send what they were at and say what came of
// it, whether or not their lease has gone to another.
func (f *faults) goOn() {
	f.mu.Lock()
	f.dying = false
	f.mu.Unlock()
	var rest []stalled
	for _, s := range f.stalled {
		if s.steps--; s.steps >= 0 {
			rest = append(rest, s)
			continue
		}
		f.mu.Lock()
		p := f.phones[s.claim.Address.Token]
		f.mu.Unlock()
		p.unsure[s.claim.NotificationID]++
		now := f.clock.now()
		result := s.runner.Hub.Send(context.Background(), claimAddress(&s.claim), message(&s.claim, now))
		f.check(f.Settle(context.Background(), &s.claim, outcome(&s.claim, result, now, 0.5)))
	}
	f.stalled = rest
}

// runAll lets the processes tick side by side.
func (f *faults) runAll(dying bool) {
	f.mu.Lock()
	f.dying = dying && f.faulty
	f.mu.Unlock()
	var all sync.WaitGroup
	for _, r := range f.runners {
		all.Go(func() {
			if err := r.RunOnce(context.Background()); err != nil {
				f.Errorf("seed %d: tick: %v", f.seed, err)
			}
			r.Wait()
		})
	}
	all.Wait()
}

// live lets a person do what makes pushes unwanted, or moves them.
func (f *faults) live() {
	i := f.rnd.IntN(len(f.people))
	p := f.people[i]
	j := f.rnd.IntN(len(p.phones))
	d, ctx := p.phones[j], context.Background()
	switch f.rnd.IntN(12) {
	case 0:
		page, err := p.Warnings(ctx, p.account, models.Query{})
		f.check(err)
		_, err = p.AcknowledgeWarning(ctx, models.Caller{AccountID: p.account}, page.Items[0].ID, "will_book")
		f.check(err)
	case 3: // something new comes up under the tag of what was answered
		p.reports(fmt.Sprint("report-", f.rnd.Uint64()), care.Answers{Erythema: of(1), Extent: "spreading", Odour: []string{"yes", "no"}[f.rnd.IntN(2)]})
	case 4:
		for _, r := range p.reminders() {
			if r.State == models.StateSent {
				_, err := p.SnoozeReminder(ctx, models.Caller{AccountID: p.account}, r.ID, models.T(f.clock.now().Add(16*time.Minute)))
				f.check(ignoreLimit(err))
				break
			}
		}
	case 1: // a phone gets a new token, as after its app was installed again
		if old := f.current(p, d.ID); old != nil {
			f.moves(old)
		}
	case 2:
		if ph := f.current(p, d.ID); ph != nil && j > 0 {
			f.check(p.DeleteDevice(ctx, p.account, d.ID))
			f.leave(ph)
		}
	}
}

// ignoreLimit lets a sixth snooze be refused.
func ignoreLimit(err error) error {
	if models.IsCode(err, models.CodeSnoozeLimit) {
		return nil
	}
	return err
}

// moves registers a phone under another token.
func (f *faults) moves(old *phone) {
	next := fmt.Sprint(old.token, "-", len(f.phones))
	f.registers(old.owner, old.device, next, old.name+"'")
	_, err := f.SetPush(context.Background(), old.owner.account, old.device, "fcm", models.PushAddress{Token: next, Destination: "fcm"}, "1")
	f.check(err)
	f.leave(old)
}

func (f *faults) leave(p *phone) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.left, p.dead = true, f.clock.now()
}

// current is the phone under the token that it has now, nil once signed out.
func (f *faults) current(p *person, device string) *phone {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ph := range f.phones {
		if ph.owner == p && ph.device == device && !ph.left {
			return ph
		}
	}
	return nil
}

// settle heals the services and lets everything come to rest.
func (f *faults) settle() {
	f.mu.Lock()
	f.faulty, f.dying = false, false
	f.mu.Unlock()
	for range 8 {
		f.goOn()
		f.clock.pass(75 * time.Minute) // over the longest backoff
		f.runAll(false)
	}
}
