package api

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2/yaml"
	"github.com/gofiber/fiber/v2"
)

// The documentation page: swagger-ui-dist 5.35.0 as published on npm, the
// large files packed. It loads nothing from elsewhere.
//
//go:embed docs
var docsFiles embed.FS

// docsPolicy lets the page run its own files and nothing else. Swagger UI
// sets styles on elements and draws icons from data URLs.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"

// pages serves the OpenAPI document and what a person can open in a browser.
func (s *server) pages(app *fiber.App) error {
	spec := sync.OnceValues(s.specification) // it takes a while, and most starts need none
	serveBytes(app, "/openapi.json", "application/openapi+json", 300, spec)
	serveBytes(app, "/openapi.yaml", "application/openapi+yaml", 300, sync.OnceValues(func() ([]byte, error) { return asYAML(spec) }))
	serveBytes(app, "/robots.txt", "text/plain; charset=utf-8", 86400, func() ([]byte, error) { return []byte("User-agent: *\nDisallow: /\n"), nil })
	// W3C, A Well-Known URL for Changing Passwords: most accounts have none, and the
	// app renews what they have in its place.
	app.Get("/.well-known/change-password", func(c *fiber.Ctx) error { return c.Redirect("/app/data", fiber.StatusFound) })
	app.Get("/", toApp)
	for path, name := range map[string]string{
		"/": "home.html", "/favicon.ico": "favicon.png", "/docs": "index.html", "/docs/start.js": "start.js", "/docs/style.css": "style.css",
		"/docs/swagger-ui-bundle.js": "swagger-ui-bundle.js.br", "/docs/swagger-ui.css": "swagger-ui.css.br",
	} {
		if err := serveDoc(app, path, name); err != nil {
			return err
		}
	}
	return s.app(app)
}

// toApp redirects a browser to the app; other clients get a short description
// of the service.
func toApp(c *fiber.Ctx) error {
	c.Vary(fiber.HeaderAccept)
	if requestOf(c.UserContext()).page {
		return c.Redirect("/app", fiber.StatusFound)
	}
	return c.Next()
}

// serveBytes serves content that is the same for everybody. Clients may cache
// it for maxAge seconds.
func serveBytes(app *fiber.App, path, mediaType string, maxAge int, read func() ([]byte, error)) {
	app.Get(path, func(c *fiber.Ctx) error {
		body, err := read()
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderCacheControl, "public, max-age="+strconv.Itoa(maxAge))
		c.Set(fiber.HeaderContentType, mediaType)
		return sendPacked(c, body, false, nil)
	})
}

// specification returns the OpenAPI document as it is served.
func (s *server) specification() ([]byte, error) {
	o := *s.api.OpenAPI()
	components := *o.Components
	components.Schemas = serve(s.schemas())
	o.Components = &components
	out, err := json.Marshal(&o)
	if err != nil {
		return nil, fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	return out, nil
}

func asYAML(spec func() ([]byte, error)) ([]byte, error) {
	raw, err := spec()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := yaml.Convert(&out, bytes.NewReader(raw)); err != nil {
		return nil, fmt.Errorf("encode the OpenAPI document as YAML: %w", err)
	}
	return out.Bytes(), nil
}

func serveDoc(app *fiber.App, path, name string) error {
	body, err := docsFiles.ReadFile("docs/" + name)
	if err != nil {
		return fmt.Errorf("read the docs page: %w", err)
	}
	name, packed := strings.CutSuffix(name, ".br")
	plain := sync.OnceValues(func() ([]byte, error) { return unbrotli(body) })
	app.Get(path, func(c *fiber.Ctx) error {
		c.Set("Content-Security-Policy", docsPolicy)
		c.Set(fiber.HeaderCacheControl, "public, max-age=3600")
		if kind := name[strings.LastIndexByte(name, '.'):]; kind == ".png" {
			c.Type(kind)
		} else {
			c.Type(kind, "utf-8")
		}
		return sendPacked(c, body, packed, plain)
	})
	return nil
}
