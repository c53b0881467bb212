package main

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"time"
)

// sink is a push service that accepts and counts everything.
type sink struct {
	http.Server
	address string
	taken   atomic.Int64
}

func newSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{address: "http://" + l.Addr().String()}
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.taken.Add(1)
		w.WriteHeader(http.StatusCreated)
	})
	go s.Serve(l) // ends with Close
	return s, nil
}

const (
	// afterSession is when the first check-in of a session is due:
	// the step of the day itself expires then, so that two reminders of each person move.
	afterSession = 24 * time.Hour
	// patience is how long no push may arrive before the rest is given up.
	patience = 15 * time.Second
)

// due measures the time from the moment at which many people's check-ins are
// due until all have been handed over and recorded.
func (b *bench) due(people int) error {
	s, err := newSink()
	if err != nil {
		return err
	}
	defer s.Close()
	file := filepath.Join(b.dir, "herd.db")
	at, err := b.prepareHerd(s, file, people)
	if err != nil {
		return err
	}
	p, err := startAftercare(b.dir, b.program, file, herdSettings...)
	if err != nil {
		return err
	}
	if time.Until(at) < time.Second {
		return errors.Join(fmt.Errorf("the check-ins were due %s before all sessions were stored: the machine is too busy", time.Since(at).Round(time.Second)), p.stop())
	}
	time.Sleep(time.Until(at))
	before, cpu := s.taken.Load(), p.processorTime()
	took, got := s.await(before+int64(people), at), 0
	cpu = p.untilIdle() - cpu
	if got = int(s.taken.Load() - before); got != people {
		return errors.Join(fmt.Errorf("%d pushes for %d check-ins within %.0f s", got, people, time.Since(at).Seconds()), p.stop())
	}
	_, peak := p.memory()
	b.printf("| check-ins of %d people due at once | | %.0f | %d | %.1f s in all | %s | %d at most |\n",
		people, float64(got)/took.Seconds(), (cpu / time.Duration(got)).Microseconds(), took.Seconds(), loadAverage(), peak)
	return p.stop()
}

// await waits until so many pushes have been taken, or none has for too long,
// and returns when the last was taken, from since.
func (s *sink) await(pushes int64, since time.Time) time.Duration {
	last, moved := s.taken.Load(), time.Now()
	for last < pushes && time.Since(moved) < patience {
		time.Sleep(10 * time.Millisecond)
		if now := s.taken.Load(); now != last {
			last, moved = now, time.Now()
		}
	}
	return moved.Sub(since)
}

// untilIdle waits until the process is nearly idle, and returns the processor
// time it used until then.
func (p *process) untilIdle() time.Duration {
	for last := p.processorTime(); ; {
		time.Sleep(500 * time.Millisecond)
		now := p.processorTime()
		if now-last <= 2*clockTick {
			return last
		}
		last = now
	}
}

// herdSettings let the sink be a push service, and make the moment a second.
var herdSettings = []string{"PUSH_ALLOW_PRIVATE=on", "TICK=1s"}

// prepareHerd signs up people without quiet hours who have a phone served by the
// sink, and then has each tell of a session, all of the same moment: their next
// check-in is due at the time returned because the program has planned it so. A
// row that is moved by hand is moved back whenever the person is judged again.
// When the time comes depends on how long the signing up took on this machine,
// so that all sessions are stored before it.
func (b *bench) prepareHerd(s *sink, file string, people int) (at time.Time, err error) {
	p, err := startAftercare(b.dir, b.program, file, herdSettings...)
	if err != nil {
		return at, err
	}
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return at, err
	}
	text := base64.RawURLEncoding
	push := func(i int) object {
		return object{"transport": "webpush", "endpoint": fmt.Sprintf("%s/%d", s.address, i), "keys": object{
			"p256dh": text.EncodeToString(key.PublicKey().Bytes()), "auth": text.EncodeToString(make([]byte, 16))}}
	}
	client, began := newClient(64), time.Now()
	all := make([]person, people)
	err = each(people, func(i int) (err error) {
		all[i], err = p.signUp(client)
		return errors.Join(err,
			p.call(client, all[i].Token, "PATCH", "/v1/account", object{"quiet_hours": object{"start": "00:00", "end": "00:00"}}, nil),
			p.call(client, all[i].Token, "PUT", "/v1/devices/current/push", push(i), nil))
	})
	if err != nil {
		return at, errors.Join(err, p.stop())
	}
	at = time.Now().Add(10*time.Second + 2*time.Since(began)).Truncate(time.Second)
	ended := at.Add(-afterSession).UTC().Format(time.RFC3339)
	err = each(people, func(i int) error {
		return p.call(client, all[i].Token, "PUT", "/v1/sessions/session-01", object{"started_at": ended, "ended_at": ended, "needle_mm": 0.5}, nil)
	})
	p.untilIdle() // the step of the day itself is pushed
	return at, errors.Join(err, p.stop())
}
