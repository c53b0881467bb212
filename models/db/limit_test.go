package db

import (
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"aftercare/models/storetest"
)

// freezer is a way to a PostgreSQL server that can stop carrying anything
// without closing, as a frozen machine does.
type freezer struct {
	listener net.Listener
	frozen   atomic.Bool
	all      sync.WaitGroup
	mu       sync.Mutex
	open     []net.Conn
}

func newFreezer(t *testing.T, server *pgconn.Config) *freezer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &freezer{listener: l}
	network, address := pgconn.NetworkAddress(server.Host, server.Port)
	f.all.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial(network, address)
			if err != nil {
				in.Close()
				continue
			}
			f.mu.Lock()
			f.open = append(f.open, in, out)
			f.mu.Unlock()
			f.all.Go(func() { f.carry(in, out) })
			f.all.Go(func() { f.carry(out, in) })
		}
	})
	return f
}

// thaw ends the connections that were frozen, and carries new ones.
func (f *freezer) thaw() {
	f.frozen.Store(false)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.open {
		c.Close()
	}
}

// carry copies until one side closes, and swallows what comes while frozen.
func (f *freezer) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if !f.frozen.Load() {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// A server that freezes without a word costs a query or a write the limit, not
// for ever; the next connection that works is used again.
func TestAFrozenServerEndsAtTheLimit(t *testing.T) {
	database := storetest.Postgres(t)
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	config, err := pgconn.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	way := newFreezer(t, config)
	q := u.Query()
	q.Del("host")
	q.Del("port")
	u.Host, u.RawQuery = way.listener.Addr().String(), q.Encode()
	o := probeOptions(u.String())
	o.limit = time.Second
	s, err := openPostgres(context.Background(), o.WithDefaults(), probeFiles())
	if err != nil {
		t.Fatal(err)
	}
	write := func() error {
		return s.WriteAny(context.Background(), func(tx *Tx) error {
			return tx.Q.Exec("INSERT INTO times (id, at) VALUES (1, 1) ON CONFLICT DO NOTHING")
		})
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	way.frozen.Store(true)
	if _, err := Row[int](s.Read(context.Background()), "SELECT 1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a query of a frozen server: %v", err)
	}
	if err := write(); !isBusy(err) {
		t.Errorf("a write to a frozen server: %v", err)
	}
	way.thaw()
	for tries := 0; ; tries++ { // the connections that froze are closed first
		if err = write(); err == nil || tries == 20 {
			break
		}
	}
	if err != nil {
		t.Errorf("after it: %v", err)
	}
	if err := errors.Join(s.Close(), way.listener.Close()); err != nil {
		t.Error(err)
	}
	way.all.Wait()
}
