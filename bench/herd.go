package main

import (
	"crypto/ecdh"
	"crypto/rand"
	"database/sql"
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

// lead is the time between the server's start and the minute in which the
// check-ins are due.
const lead = 8 * time.Second

// due measures the time from the moment at which many people's check-ins are
// due until all have been handed over and recorded.
func (b *bench) due(people int) error {
	s, err := newSink()
	if err != nil {
		return err
	}
	defer s.Close()
	file := filepath.Join(b.dir, "herd.db")
	if err := b.prepareHerd(s, file, people); err != nil {
		return err
	}
	at := time.Now().Add(lead)
	if err := edit(file, func(tx *sql.Tx) error { return dueAt(tx, at) }); err != nil {
		return err
	}
	p, err := startAftercare(b.dir, b.program, file, "PUSH_ALLOW_PRIVATE=on", "TICK=1s")
	if err != nil {
		return err
	}
	time.Sleep(time.Until(at))
	before, cpu := s.taken.Load(), p.processorTime()
	for s.taken.Load()-before < int64(people) && time.Since(at) < 10*time.Minute {
		time.Sleep(10 * time.Millisecond)
	}
	took, got := time.Since(at), s.taken.Load()-before
	cpu = p.untilIdle() - cpu
	_, peak := p.memory()
	b.printf("| check-ins of %d people due at once | | %.0f | %d | %.1f s in all | | |\n",
		people, float64(got)/took.Seconds(), (cpu / time.Duration(max(got, 1))).Microseconds(), took.Seconds())
	b.note("herd: %d of %d handed over, %.1f s of processor time, %d MiB at most", got, people, cpu.Seconds(), peak)
	return p.stop()
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

// prepareHerd signs up people without quiet hours who rolled six days ago and
// have a phone served by the sink.
func (b *bench) prepareHerd(s *sink, file string, people int) error {
	p, err := startAftercare(b.dir, b.program, file, "PUSH_ALLOW_PRIVATE=on", "TICK=1s")
	if err != nil {
		return err
	}
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	text := base64.RawURLEncoding
	push := func(i int) object {
		return object{"transport": "webpush", "endpoint": fmt.Sprintf("%s/%d", s.address, i), "keys": object{
			"p256dh": text.EncodeToString(key.PublicKey().Bytes()), "auth": text.EncodeToString(make([]byte, 16))}}
	}
	ended := time.Now().Add(-lastSession).UTC().Format(time.RFC3339)
	client := newClient(64)
	err = each(people, func(i int) error {
		who, err := p.signUp(client)
		return errors.Join(err,
			p.call(client, who.Token, "PATCH", "/v1/account", object{"quiet_hours": object{"start": "00:00", "end": "00:00"}}, nil),
			p.call(client, who.Token, "PUT", "/v1/sessions/session-01", object{"started_at": ended, "ended_at": ended, "needle_mm": 0.5}, nil),
			p.call(client, who.Token, "PUT", "/v1/devices/current/push", push(i), nil))
	})
	p.untilIdle()
	return errors.Join(err, p.stop())
}

// dueAt moves each account's next check-in to the same time.
func dueAt(tx *sql.Tx, at time.Time) error {
	const next = `SELECT id FROM (SELECT account_id, id, MIN(due_at) FROM reminders
		WHERE kind = 'check_in' AND state = 'scheduled' GROUP BY account_id)`
	_, err := tx.Exec(`UPDATE reminders SET due_at = ?1, wake_at = ?1, expires_at = ?1 + 86400000,
		seq = (SELECT change_seq + 1 FROM accounts a WHERE a.id = account_id) WHERE id IN (`+next+`)`, at.UnixMilli())
	if err != nil {
		return fmt.Errorf("move reminders: %w", err)
	}
	_, err = tx.Exec("UPDATE accounts SET change_seq = change_seq + 1")
	return err
}
