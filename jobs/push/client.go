package push

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"
)

// maxAnswer is how much of an answer's body is read, in bytes: enough for the
// longest error of FCM, little enough for a host that never stops talking.
const maxAnswer = 8 << 10

// maxRetryAfter caps what a service may ask for: the answer may come from a host
// that a person chose.
const maxRetryAfter = 24 * time.Hour

// newClient keeps its connections, follows no redirect and knows no proxy. Pings
// find a dead HTTP/2 connection before a reminder has to.
func newClient(d *net.Dialer, roots *x509.CertPool) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            d.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			ForceAttemptHTTP2:      true,
			HTTP2:                  &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: dialTimeout},
			TLSHandshakeTimeout:    dialTimeout,
			DisableCompression:     true, // an answer may be a bomb
			MaxResponseHeaderBytes: 16 << 10,
			MaxIdleConns:           256,
			MaxIdleConnsPerHost:    knownLimit,
			IdleConnTimeout:        90 * time.Second,
		},
	}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// post sends one request. A body that is cut off or too long is returned as far
// as it came: the status has already decided, and who needs the body looks at it.
func post(ctx context.Context, c *http.Client, url string, header http.Header, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header = header
	resp, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return answer{resp.StatusCode, resp.Header, text}, nil
}

// result returns what a status means wherever a provider says no more about it.
// What is not listed (architecture, Answers of push services) is tried again,
// and never held against the address.
func (a answer) result(scope Scope, now time.Time) Result {
	r := Result{Class: Unavailable, Reason: fmt.Sprintf("status %d", a.status), Scope: scope}
	switch {
	case a.status >= 200 && a.status < 300:
		return Result{Class: Accepted}
	case a.status == http.StatusTooManyRequests:
		r.Class = Throttled
	case a.status == http.StatusBadRequest || a.status == http.StatusRequestEntityTooLarge:
		r.Class = Payload
	}
	if theirs, err := http.ParseTime(a.header.Get("Date")); err == nil {
		now = theirs // a date to retry at is by their clock
	}
	r.RetryAfter = retryAfter(a.header.Get("Retry-After"), now)
	return r
}

// retryAfter reads seconds or an HTTP date (RFC 9110 section 10.2.3); an
// unreadable value counts as missing.
func retryAfter(value string, now time.Time) time.Duration {
	secs, err := strconv.ParseUint(value, 10, 32)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return maxRetryAfter
	case err == nil:
		return min(time.Duration(secs)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// unreachable returns the result of a request without a response. The error
// itself is left out: it quotes the URL, which is a secret.
func unreachable(err error, scope Scope) Result {
	return Result{Class: Unavailable, Reason: networkReason(err), Scope: scope}
}

func networkReason(err error) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.As(err, &dns), errors.Is(err, errNotPublic):
		return "host not found" // not which of the two: it would tell which names there are inside
	case errors.As(err, &cert):
		return "certificate not trusted"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	}
	return "connection lost"
}
