package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"aftercare/models"
)

// receive reads the body within the limits of its path and its sender, and runs
// the rest within its time.
func (s *server) receive(c *fiber.Ctx) error {
	c.Request().Header.Del(fiber.HeaderAccept) // there is only JSON; huma would answer whatever name it has for it
	if ambiguous(c) {
		c.Response().SetConnectionClose() // RFC 9112, 6.1
	}
	body, free, err := s.body(c)
	if err != nil {
		c.Response().SetConnectionClose() // the rest of the body is no request
		forget(c.Request().BodyStream())
		return err
	}
	defer free()
	if err := refuse(c, len(body)); err != nil {
		return err
	}
	if name := repeated(c); name != "" {
		return models.Invalid("query."+name, "is given more than once; several states stand in one, comma separated")
	}
	requestOf(c.UserContext()).arrived = s.Now()
	c.Request().SetBodyStream(bytes.NewReader(body), len(body))
	defer answering(c.Context().Conn())()
	ctx, cancel := context.WithTimeout(c.UserContext(), requestTimeout)
	defer cancel()
	c.SetUserContext(ctx)
	return c.Next()
}

// repeated returns the name of a query parameter that is given twice. Only the
// first would be read: a list by ?state=acknowledged&state=active would lack the
// warnings that stand.
func repeated(c *fiber.Ctx) string {
	args := c.Request().URI().QueryArgs()
	if args.Len() < 2 || !strings.HasPrefix(c.Path(), "/v1/") {
		return ""
	}
	seen := make(map[string]bool, args.Len())
	for key := range args.All() {
		name := string(key)
		if name != "" && seen[name] {
			return name
		}
		seen[name] = true
	}
	return ""
}

// ambiguous reports whether a request has two lengths; fasthttp uses the
// chunked one.
func ambiguous(c *fiber.Ctx) bool {
	h := &c.Request().Header
	return h.ContentLength() == -1 && bytes.Contains(bytes.ToLower(h.RawHeaders()), []byte("content-length:"))
}

// bodyLimit returns the largest body that a path accepts.
func bodyLimit(path string) int {
	if strings.HasPrefix(path, "/v1/sync") {
		return maxSyncBody
	}
	return maxBody
}

// body reads the body. A small one is read from anybody, a larger one only from
// a signed-in device, and while not too much else is held: a stranger's
// unfinished request must not fill the memory. It counts until free is called.
func (s *server) body(c *fiber.Ctx) (body []byte, free func(), err error) {
	free = func() {}
	stream, size, limit := c.Request().BodyStream(), c.Request().Header.ContentLength(), bodyLimit(c.Path())
	switch {
	case stream == nil:
		return nil, free, nil
	case size > limit:
		return nil, free, fiber.ErrRequestEntityTooLarge
	case size <= smallBody: // also -1: nobody knows yet
		if body, err = readUpTo(stream, smallBody+1); err != nil || len(body) <= smallBody {
			return body, free, err
		}
	}
	if size < 0 {
		size = limit
	}
	if free, err = s.admit(c, size); err != nil {
		return nil, nil, err
	}
	rest, err := readUpTo(stream, limit+1-len(body))
	body = append(body, rest...)
	if err == nil && len(body) > limit {
		err = fiber.ErrRequestEntityTooLarge
	}
	if err != nil {
		free()
	}
	return body, free, err
}

// forget reads the rest of a refused body and keeps nothing of it: many clients
// look for an answer only when they have sent all, and find their connection
// reset where it was closed before.
func forget(rest io.Reader) {
	if rest != nil {
		_, _ = io.CopyN(io.Discard, rest, maxForgotten) // whatever comes of it, the body is refused
	}
}

// admit lets in a large body that a signed-in device sends.
func (s *server) admit(c *fiber.Ctx, size int) (free func(), err error) {
	ctx, cancel := context.WithTimeout(c.UserContext(), requestTimeout)
	defer cancel()
	caller, err := s.identify(ctx, c.Get(fiber.HeaderAuthorization))
	var p *Problem
	switch {
	case errors.As(err, &p) && p.Status == http.StatusUnauthorized:
		return nil, newProblem(http.StatusRequestEntityTooLarge, "a body of more than 16 KiB needs a valid token")
	case err != nil:
		return nil, err
	}
	free, ok := s.bodies.take(caller.AccountID, size)
	if !ok {
		return nil, tooMuchHeld()
	}
	return free, nil
}

func tooMuchHeld() *Problem {
	p := newProblem(http.StatusServiceUnavailable, details[http.StatusServiceUnavailable])
	p.retryAfter = heldPause
	return p
}

// readUpTo reads to the end of the stream, or at most so many bytes.
func readUpTo(stream io.Reader, most int) ([]byte, error) {
	var b bytes.Buffer
	_, err := b.ReadFrom(io.LimitReader(stream, int64(most)))
	var slow net.Error
	switch {
	case err == nil:
		return b.Bytes(), nil
	case errors.As(err, &slow) && slow.Timeout():
		return nil, fiber.ErrRequestTimeout
	}
	return nil, fiber.ErrBadRequest
}

// refuse rejects what must not reach a decoder: any Content-Encoding (Fiber
// inflates without a limit), and a body that is not JSON.
func refuse(c *fiber.Ctx, size int) error {
	switch {
	case size == 0:
		return nil
	case len(c.Request().Header.PeekAll(fiber.HeaderContentEncoding)) > 0:
		return newProblem(http.StatusUnsupportedMediaType, "send the body without a Content-Encoding")
	case !isJSON(c.Get(fiber.HeaderContentType)):
		return newProblem(http.StatusUnsupportedMediaType, "send the body as application/json, a PATCH as application/merge-patch+json")
	}
	return nil
}

// isJSON also accepts a body without a media type. A JSON Patch (RFC 6902) is
// JSON, but no patch that is understood here.
func isJSON(mediaType string) bool {
	mediaType, _, _ = strings.Cut(strings.ToLower(mediaType), ";")
	mediaType = strings.TrimSpace(mediaType)
	return mediaType == "" || mediaType == jsonType ||
		strings.HasPrefix(mediaType, "application/") && strings.HasSuffix(mediaType, "+json") && mediaType != "application/json-patch+json"
}
