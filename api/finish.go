package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// minCompressed is the size, in bytes, from which an answer is compressed.
const minCompressed = 1 << 10

// maxBrotli is the size, in bytes, up to which it is done with brotli: that
// takes 40 MB of memory for 2 MB.
const maxBrotli = 1 << 20

// finish adds to a response what follows from its body: language, ETag and
// encoding.
func (s *server) finish(c *fiber.Ctx, r *request) {
	if r.limit != nil {
		r.limit.write(c)
	}
	if r.spoken != "" && c.Response().StatusCode() < http.StatusBadRequest {
		c.Set(fiber.HeaderContentLanguage, r.spoken)
		c.Vary(fiber.HeaderAcceptLanguage)
	}
	same := ""
	if c.Method() == http.MethodGet && c.Response().StatusCode() == http.StatusOK && (s.etags[r.path] || r.same) {
		tag := bodyTag(c.Response().Body())
		if r.same {
			same = tag
		}
		if s.etags[r.path] {
			c.Set(fiber.HeaderETag, tag)
			if names(c.Get(fiber.HeaderIfNoneMatch), tag) {
				encodingOf(c) // a 304 varies by what the answer would (RFC 9110, 15.4.5)
				c.Response().ResetBody()
				c.Response().Header.Del(fiber.HeaderContentType)
				c.Status(http.StatusNotModified)
			}
		}
	}
	s.compress(c, same)
	s.hold(c, r, same)
}

// hold counts a large response until it is read, and replaces it if too many
// are unread. One that is the same for everybody is held once.
func (s *server) hold(c *fiber.Ctx, r *request, same string) {
	res := c.Response()
	if res.IsBodyStream() || same != "" || len(res.Body()) <= smallBody {
		return
	}
	body := bytes.Clone(res.Body())
	free, ok := s.answers.take(r.account, len(body))
	if !ok {
		res.Header.Del(fiber.HeaderContentEncoding)
		_ = s.fail(c, tooMuchHeld()) // writes the response itself; the error is always nil
		return
	}
	c.Context().SetBodyStream(heldAnswer{bytes.NewReader(body), free}, len(body))
}

// heldAnswer is closed when it was read, or when nobody reads any more.
type heldAnswer struct {
	*bytes.Reader
	free func()
}

// Close makes room for another answer.
func (a heldAnswer) Close() error {
	a.free()
	return nil
}

// bodyTag is the ETag of an answer that has no version: weak, because the same
// answer is sent in several encodings.
func bodyTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// names reports whether an If-None-Match contains the tag, compared weakly (RFC
// 9110).
func names(condition, tag string) bool {
	for candidate := range strings.SplitSeq(condition, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || candidate != "" && strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// encoders are the encodings of answers, by name; "" is none.
var encoders = map[string]func([]byte) []byte{
	"": bytes.Clone,
	"br": func(body []byte) []byte {
		return fasthttp.AppendBrotliBytesLevel(nil, body, fasthttp.CompressBrotliDefaultCompression)
	},
	"gzip": func(body []byte) []byte {
		return fasthttp.AppendGzipBytesLevel(nil, body, fasthttp.CompressDefaultCompression)
	},
}

// compress encodes a long response in the smallest encoding that the client
// accepts; one that is the same for everybody is encoded once. A streamed
// export is left as it is.
func (s *server) compress(c *fiber.Ctx, same string) {
	r := c.Response()
	if r.IsBodyStream() {
		return
	}
	encoding := encodingOf(c)
	if encoding != "" {
		c.Set(fiber.HeaderContentEncoding, encoding)
	}
	encode := func() []byte { return encoders[encoding](r.Body()) }
	switch {
	case same != "":
		r.SetBodyRaw(s.shared.encoded(same, encoding, encode))
	case encoding != "":
		r.SetBodyRaw(encode())
	}
}

// encodingOf returns the smallest encoding that the client accepts, if it makes
// the response shorter.
func encodingOf(c *fiber.Ctx) string {
	r := c.Response()
	if len(r.Header.Peek(fiber.HeaderContentEncoding)) > 0 || len(r.Body()) < minCompressed || !isText(string(r.Header.ContentType())) {
		return ""
	}
	c.Vary(fiber.HeaderAcceptEncoding)
	switch {
	case c.Get(fiber.HeaderAcceptEncoding) == "": // Fiber takes that for any
	case len(r.Body()) <= maxBrotli && c.AcceptsEncodings("br") == "br":
		return "br"
	case c.AcceptsEncodings("gzip") == "gzip":
		return "gzip"
	}
	return ""
}

// isText reports whether compressing a body of this type makes it shorter.
func isText(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/") || strings.Contains(mediaType, "json") || strings.Contains(mediaType, "yaml") || strings.Contains(mediaType, "javascript")
}
