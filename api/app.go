package api

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"

	web "aftercare/app"
)

// appPolicy lets the app run its own files, talk to this server and show
// pictures that the person took. Nothing inline, nothing from elsewhere.
const appPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; " +
	"manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const keptForever = "public, max-age=31536000, immutable"

// app serves the web app below /app: its files, and its page for every path
// that is one of its screens.
func (s *server) app(app *fiber.App) error {
	files, err := web.Files()
	if err != nil {
		return err
	}
	served := map[string]*asset{}
	for name, file := range files {
		served[name] = newAsset(file)
	}
	page := served["index.html"]
	app.Use("/app/sw.js", func(c *fiber.Ctx) error {
		c.Set("Service-Worker-Allowed", "/app") // its folder is /app/, and home is /app
		return c.Next()
	})
	app.Get("/app", page.send)
	app.Get("/app/*", func(c *fiber.Ctx) error {
		name := c.Params("*")
		if file, ok := served[name]; ok {
			return file.send(c)
		}
		if last := name[strings.LastIndexByte(name, '/')+1:]; strings.Contains(last, ".") {
			return fiber.ErrNotFound // a missing file is not a screen
		}
		return page.send(c)
	})
	return nil
}

// asset is one file of the app, unpacked only for a client that cannot.
type asset struct {
	web.File
	plain func() ([]byte, error)
}

func newAsset(file web.File) *asset {
	return &asset{file, sync.OnceValues(func() ([]byte, error) { return unbrotli(file.Body) })}
}

func (a *asset) send(c *fiber.Ctx) error {
	c.Set("Content-Security-Policy", appPolicy)
	c.Set(fiber.HeaderContentType, a.Type)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if a.Forever {
		c.Set(fiber.HeaderCacheControl, keptForever)
	}
	return sendPacked(c, a.Body, a.Packed, a.plain)
}

// sendPacked sends compressed content unchanged to clients that accept brotli.
func sendPacked(c *fiber.Ctx, body []byte, packed bool, plain func() ([]byte, error)) error {
	requestOf(c.UserContext()).same = true
	if !packed {
		return c.Send(body)
	}
	c.Vary(fiber.HeaderAcceptEncoding)
	if strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "br") {
		c.Set(fiber.HeaderContentEncoding, "br")
		return c.Send(body)
	}
	unpacked, err := plain()
	if err != nil {
		return err
	}
	return c.Send(unpacked)
}

func unbrotli(packed []byte) ([]byte, error) {
	out, err := io.ReadAll(brotli.NewReader(bytes.NewReader(packed)))
	if err != nil {
		return nil, fmt.Errorf("unpack a page: %w", err)
	}
	return out, nil
}
