package api

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

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

// document serves the OpenAPI document and the page that shows it.
func (s *server) document(app *fiber.App) error {
	spec, err := s.specification()
	if err != nil {
		return fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	app.Get("/openapi.json", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderCacheControl, "public, max-age=300")
		c.Set(fiber.HeaderContentType, "application/openapi+json")
		return c.Send(spec)
	})
	files := map[string]string{
		"/docs": "index.html", "/docs/start.js": "start.js",
		"/docs/swagger-ui-bundle.js": "swagger-ui-bundle.js.gz", "/docs/swagger-ui.css": "swagger-ui.css.gz",
	}
	for path, name := range files {
		if err := serveDoc(app, path, name); err != nil {
			return err
		}
	}
	return nil
}

// specification is the OpenAPI document. huma takes null for every optional
// field without saying so; the document says it.
func (s *server) specification() ([]byte, error) {
	raw, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		return nil, err
	}
	var spec map[string]any
	if err := json.Unmarshal(raw, &spec); err != nil {
		return nil, err
	}
	components, _ := spec["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	for name, schema := range schemas {
		if s, ok := schema.(map[string]any); ok && name != "Problem" && name != "FieldError" {
			nullable(s)
		}
	}
	return json.Marshal(spec)
}

// nullable lets the optional fields of an object be null.
func nullable(schema map[string]any) {
	required, _ := schema["required"].([]any)
	fields, _ := schema["properties"].(map[string]any)
	for name, field := range fields {
		f, ok := field.(map[string]any)
		if !ok || slices.Contains(required, any(name)) {
			continue
		}
		nullable(f)
		if kind, plain := f["type"].(string); plain {
			f["type"] = []any{kind, "null"}
		}
		if words, listed := f["enum"].([]any); listed {
			f["enum"] = append(words, nil)
		}
		if ref := f["$ref"]; ref != nil {
			delete(f, "$ref")
			f["anyOf"] = []any{map[string]any{"$ref": ref}, map[string]any{"type": "null"}}
		}
	}
}

func serveDoc(app *fiber.App, path, name string) error {
	body, err := docsFiles.ReadFile("docs/" + name)
	if err != nil {
		return fmt.Errorf("read the docs page: %w", err)
	}
	plain, packed := strings.CutSuffix(name, ".gz")
	app.Get(path, func(c *fiber.Ctx) error {
		c.Set("Content-Security-Policy", docsPolicy)
		c.Set(fiber.HeaderCacheControl, "public, max-age=3600")
		c.Type(plain[strings.LastIndexByte(plain, '.'):], "utf-8")
		if !packed {
			return c.Send(body)
		}
		c.Vary(fiber.HeaderAcceptEncoding)
		if strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
			c.Set(fiber.HeaderContentEncoding, "gzip")
			return c.Send(body)
		}
		unpacked, err := unpack(body)
		if err != nil {
			return err
		}
		return c.Send(unpacked)
	})
	return nil
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack the docs page: %w", err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unpack the docs page: %w", err)
	}
	return out, nil
}
