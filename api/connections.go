package api

import (
	"container/list"
	"errors"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"
)

// MaxConnections is how many connections are open at a time where the process
// may open enough files: each takes some 20 KiB while it is idle.
const MaxConnections = 4096

// Connections is a listener that strangers cannot exhaust: it keeps a bounded
// number of connections, and a new one beyond them replaces the one that has
// waited longest for its client. A connection whose request is being answered
// is never closed.
type Connections struct {
	net.Listener
	max int
	log *slog.Logger

	mu      sync.Mutex
	changed *sync.Cond
	open    int
	waiting list.List // of *connection, the one that waits longest first
	closed  chan struct{}
	once    sync.Once
}

// Bound returns the listener with a bound on its connections.
func Bound(l net.Listener, most int, log *slog.Logger) *Connections {
	c := &Connections{Listener: l, max: most, log: log, closed: make(chan struct{})}
	c.changed = sync.NewCond(&c.mu)
	return c
}

// connection is the connection of one client. It waits for its client except
// while its request is being answered.
type connection struct {
	net.Conn
	of *Connections
	at *list.Element // in waiting; nil while its request is being answered
	up bool
}

// Accept waits for a connection. When file descriptors run out, it makes room
// and tries again: the HTTP server would stop at any error.
func (l *Connections) Accept() (net.Conn, error) {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		c, err := l.Listener.Accept()
		if err == nil {
			return l.add(c), nil
		}
		if !exhausted(err) {
			return nil, err
		}
		l.log.Warn("no connection can be accepted; the one that waits longest is closed", "error", err)
		l.mu.Lock()
		l.giveUp()
		l.mu.Unlock()
		select {
		case <-time.After(pause):
		case <-l.closed:
			return nil, net.ErrClosed
		}
	}
}

// exhausted reports whether accepting failed for want of a resource that will
// be available again.
func exhausted(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (l *Connections) add(c net.Conn) *connection {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open >= l.max && !l.giveUp() && !l.isClosed() {
		l.changed.Wait() // all are being answered, which takes seconds at most
	}
	made := &connection{Conn: c, of: l, up: true}
	l.open++
	made.at = l.waiting.PushBack(made)
	return made
}

func (l *Connections) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

// giveUp closes the connection that has waited longest for its client, if any.
func (l *Connections) giveUp() bool {
	first := l.waiting.Front()
	if first == nil {
		return false
	}
	c := first.Value.(*connection)
	l.drop(c)
	_ = c.Conn.Close() // without a response: the client sent nothing either
	return true
}

func (l *Connections) drop(c *connection) {
	if !c.up {
		return
	}
	c.up = false
	l.open--
	if c.at != nil {
		l.waiting.Remove(c.at)
		c.at = nil
	}
	l.changed.Broadcast()
}

// GiveUpWaiting closes the connections that wait for their clients: begun
// requests, and responses that nobody reads. A shutdown waits for none of them.
func (l *Connections) GiveUpWaiting() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.giveUp() {
	}
}

// Close stops listening; open connections stay.
func (l *Connections) Close() error {
	l.once.Do(func() { close(l.closed) })
	l.mu.Lock()
	l.changed.Broadcast()
	l.mu.Unlock()
	return l.Listener.Close()
}

// Close makes room for another connection.
func (c *connection) Close() error {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.of.drop(c)
	return c.Conn.Close()
}

// answering marks that a request of the connection has arrived whole, and
// returns a function that marks its response as made. Only between the two is
// the client waiting for the server.
func answering(c net.Conn) (answered func()) {
	conn, ok := c.(*connection)
	if !ok {
		return func() {}
	}
	l := conn.of
	l.mu.Lock()
	defer l.mu.Unlock()
	if conn.at != nil {
		l.waiting.Remove(conn.at)
		conn.at = nil
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if conn.up {
			conn.at = l.waiting.PushBack(conn)
			l.changed.Broadcast()
		}
	}
}
