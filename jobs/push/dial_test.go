package push

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var epoch = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

func TestOnlyThePublicInternetIsDialled(t *testing.T) {
	for _, a := range []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
		"100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
		"240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
		"fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::1",
		"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "3fff::1", "5f00::1", "4000::1",
	} {
		if mayDial(netip.MustParseAddr(a), false) {
			t.Errorf("%s would be dialled", a)
		}
	}
	for _, a := range []string{"8.8.8.8", "172.32.0.1", "100.128.0.1", "::ffff:8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"} {
		if !mayDial(netip.MustParseAddr(a), false) {
			t.Errorf("%s would not be dialled", a)
		}
	}
}

func TestPrivateSwitchDoesNotOpenTheMetadataService(t *testing.T) {
	for a, want := range map[string]bool{
		"127.0.0.1": true, "::1": true, "10.0.0.1": true, "::ffff:127.0.0.1": true, "fd00::1": true,
		"169.254.169.254": false, "fe80::1": false, "224.0.0.1": false, "0.0.0.0": false, "64:ff9b::a9fe:a9fe": false,
	} {
		if got := mayDial(netip.MustParseAddr(a), true); got != want {
			t.Errorf("%s: %v, want %v", a, got, want)
		}
	}
}

// nameServer answers every question for an A record with one address.
func nameServer(ip netip.Addr) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe() // no packets, so the resolver speaks DNS over TCP
		go answerDNS(server, ip)
		return client, nil
	}}
}

func answerDNS(conn net.Conn, ip netip.Addr) {
	defer conn.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		q := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, q); err != nil {
			return
		}
		end := 12
		for q[end] != 0 {
			end += int(q[end]) + 1
		}
		end += 5
		r := append([]byte{q[0], q[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, q[12:end]...)
		if q[end-3] == 1 {
			r[7] = 1
			r = append(r, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
			r = append(r, ip.AsSlice()...)
		}
		conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(r))), r...))
	}
}

func newTestWebPush(t *testing.T, allowPrivate bool, names *net.Resolver) *WebPush {
	t.Helper()
	key, err := NewVAPIDKey()
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWebPush(WebPushOptions{Now: func() time.Time { return epoch }, Key: key, AllowPrivate: allowPrivate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	if names != nil {
		d := guardedDialer(allowPrivate)
		d.Resolver = names
		w.client.Transport.(*http.Transport).DialContext = d.DialContext
	}
	return w
}

// testAddress has the keys of RFC 8291's example.
func testAddress(endpoint string) Address {
	return Address{
		Transport: TransportWebPush, Endpoint: endpoint, Auth: "BTBZMqHH6r4Tts7J_aSIgg",
		P256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
	}
}

// inside listens on loopback and counts who gets there.
func inside(t *testing.T) (port string, reached *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	reached = new(atomic.Int32)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, reached
}

func TestNameThatLeadsInsideIsNotDialled(t *testing.T) {
	port, reached := inside(t)
	for _, ip := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0"} {
		w := newTestWebPush(t, false, nameServer(netip.MustParseAddr(ip)))
		got := w.Send(t.Context(), testAddress("https://push.example.org:"+port+"/x"), Message{Title: "x"})
		if got.Class != Unavailable || got.Reason != "host not found" {
			t.Errorf("%s: %+v", ip, got)
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d connections were made inside", n)
	}
}

func TestAddressInsideIsNotSentTo(t *testing.T) {
	port, reached := inside(t)
	w := newTestWebPush(t, false, nil)
	for _, host := range []string{"127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "127.1", "2130706433", "0x7f.1", "[::ffff:7f00:1]"} {
		for _, scheme := range []string{"https", "http"} {
			got := w.Send(t.Context(), testAddress(scheme+"://"+host+":"+port+"/x"), Message{Title: "x"})
			if got.Class != Unavailable && got.Class != Mistaken {
				t.Errorf("%s://%s: %+v", scheme, host, got)
			}
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d connections were made inside", n)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	port, reached := inside(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		srv := &http.Server{Handler: http.RedirectHandler("http://127.0.0.1:"+port+"/x", status)}
		go srv.Serve(l)
		w := newTestWebPush(t, true, nil)
		got := w.Send(t.Context(), testAddress("http://"+l.Addr().String()+"/x"), Message{Title: "x"})
		if got.Class != Unavailable {
			t.Errorf("%d: %+v", status, got)
		}
		w.Close()
		srv.Close()
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	if n := reached.Load(); n != 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

func TestNoProxyIsAsked(t *testing.T) {
	c := newClient(guardedDialer(false), nil)
	if p := c.Transport.(*http.Transport).Proxy; p != nil {
		t.Error("a proxy would dial for us, unguarded")
	}
}

// A service that takes the connection and says nothing costs ten seconds, never more.
func TestAttemptEndsAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTestWebPush(t, true, nil)
		var far net.Conn
		w.client.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
			near, f := net.Pipe()
			far = f
			go io.Copy(io.Discard, f)
			return near, nil
		}
		began := time.Now()
		got := w.Send(t.Context(), testAddress("http://push.example.org/x"), Message{Title: "x"})
		if took := time.Since(began); got.Class != Unavailable || got.Reason != "timeout" || took != AttemptTimeout {
			t.Errorf("after %v: %+v", took, got)
		}
		w.Close()
		far.Close()
	})
}
