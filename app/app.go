// Package app holds the built web app: what npm run build makes of the sources
// beside this file. The program needs no Node; a test holds that dist is what
// the sources build.
package app

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed dist
var dist embed.FS

// File is one file of the app as it is served.
type File struct {
	// Body is packed with brotli if Packed says so.
	Body   []byte
	Packed bool
	Type   string
	// Forever says that the name changes with the content.
	Forever bool
}

// types are the media types by extension: those of the machine differ.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".json": "application/json", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml", ".png": "image/png",
}

// Files returns what the app consists of, by the path below /app. The page
// itself is "index.html".
func Files() (map[string]File, error) {
	out := map[string]File{}
	err := fs.WalkDir(dist, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".sha256" {
			return err
		}
		body, err := dist.ReadFile(name)
		if err != nil {
			return err
		}
		name, packed := strings.CutSuffix(strings.TrimPrefix(name, "dist/"), ".br")
		kind, known := types[path.Ext(name)]
		if !known {
			return fmt.Errorf("%s has no media type", name)
		}
		out[name] = File{Body: body, Packed: packed, Type: kind, Forever: strings.HasPrefix(name, "assets/")}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the built app: %w", err)
	}
	return out, nil
}
