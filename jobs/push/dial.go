package push

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// errNotPublic is why a dial to a resolved address did not happen.
var errNotPublic = errors.New("host is not on the public internet")

// browserServices run Web Push for the large browsers; a leading dot matches
// every host below.
var browserServices = []string{
	"fcm.googleapis.com", "updates.push.services.mozilla.com", ".notify.windows.com", appleWebPush,
}

const appleWebPush = "web.push.apple.com"

// browserService returns the entry of browserServices that a host belongs to,
// or "".
func browserService(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, s := range browserServices {
		if host == s || s[0] == '.' && strings.HasSuffix(host, s) {
			return s
		}
	}
	return ""
}

// special are the ranges that netip does not know as private and that never
// lead to a push service (IANA special-purpose registries, RFC 6890).
var special = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", // Teredo and 6to4 carry an IPv4 address inside
)

var (
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
	global = netip.MustParsePrefix("2000::/3")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// mayDial reports whether a resolved address may be dialled. With allowPrivate
// loopback and private networks pass too; link-local (cloud metadata) never
// does.
func mayDial(ip netip.Addr, allowPrivate bool) bool {
	ip = ip.Unmap()
	if nat64.Contains(ip) { // how a machine without IPv4 reaches it (RFC 6052): judge what lies behind
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	if ip.IsLoopback() || ip.IsPrivate() {
		return allowPrivate && ip.Zone() == ""
	}
	if !ip.IsGlobalUnicast() || ip.Zone() != "" || ip.Is6() && !global.Contains(ip) {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// guardedDialer judges every address after the name is resolved and right before
// the connection is made, so that no answer of a name server can lead inside (SSRF).
func guardedDialer(allowPrivate bool) *net.Dialer {
	return &net.Dialer{Timeout: dialTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("judge resolved address: %w", err)
		}
		if !mayDial(ap.Addr(), allowPrivate) {
			return errNotPublic
		}
		return nil
	}}
}

// dialTimeout leaves half of an attempt for the request itself.
const dialTimeout = 5 * time.Second
