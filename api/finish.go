package api

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// minCompressed is the size, in bytes, from which an answer is compressed.
const minCompressed = 1 << 10

// finish adds to an answer what follows from its body: its language, its ETag,
// and its encoding.
func (s *server) finish(c *fiber.Ctx, r *request) {
	if r.limit != nil {
		r.limit.write(c)
	}
	if r.spoken != "" && c.Response().StatusCode() < http.StatusBadRequest {
		c.Set(fiber.HeaderContentLanguage, r.spoken)
		c.Vary(fiber.HeaderAcceptLanguage)
	}
	if s.etags[r.path] && c.Method() == http.MethodGet && c.Response().StatusCode() == http.StatusOK {
		tag := bodyTag(c.Response().Body())
		c.Set(fiber.HeaderETag, tag)
		if names(c.Get(fiber.HeaderIfNoneMatch), tag) {
			c.Response().ResetBody()
			c.Response().Header.Del(fiber.HeaderContentType)
			c.Status(http.StatusNotModified)
		}
	}
	compress(c)
}

// bodyTag is the ETag of an answer that has no version: weak, because the same
// answer is sent in several encodings.
func bodyTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// names says whether an If-None-Match holds the tag, compared weakly (RFC 9110).
func names(condition, tag string) bool {
	for candidate := range strings.SplitSeq(condition, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || candidate != "" && strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// compress encodes a long answer as tightly as the client accepts. An export is
// streamed, and left as it is.
func compress(c *fiber.Ctx) {
	r := c.Response()
	if r.IsBodyStream() || len(r.Header.Peek(fiber.HeaderContentEncoding)) > 0 || len(r.Body()) < minCompressed || !isText(string(r.Header.ContentType())) {
		return
	}
	c.Vary(fiber.HeaderAcceptEncoding)
	if c.Get(fiber.HeaderAcceptEncoding) == "" { // Fiber takes that for any
		return
	}
	switch {
	case c.AcceptsEncodings("br") == "br":
		c.Set(fiber.HeaderContentEncoding, "br")
		r.SetBodyRaw(fasthttp.AppendBrotliBytesLevel(nil, r.Body(), fasthttp.CompressBrotliDefaultCompression))
	case c.AcceptsEncodings("gzip") == "gzip":
		c.Set(fiber.HeaderContentEncoding, "gzip")
		r.SetBodyRaw(fasthttp.AppendGzipBytesLevel(nil, r.Body(), fasthttp.CompressDefaultCompression))
	}
}

// isText says whether a body of this type gets shorter.
func isText(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/") || strings.Contains(mediaType, "json") || strings.Contains(mediaType, "yaml") || strings.Contains(mediaType, "javascript")
}
