package models

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"sync"
	"time"
)

// The zones are those of Go 1.26's lib/time/zoneinfo.zip and no other, deflated
// to save 160 kB: what the machine has would move people's hours, and names that
// only it knows, such as localtime, would be UTC elsewhere (P5).
//
//go:embed zoneinfo/zoneinfo.zip
var zoneArchive []byte

// openZones returns the zones of the archive by name. Factory, which says that
// no zone was set, is left out.
var openZones = sync.OnceValues(func() (map[string]*zip.File, error) {
	archive, err := zip.NewReader(bytes.NewReader(zoneArchive), int64(len(zoneArchive)))
	if err != nil {
		return nil, fmt.Errorf("open the archive of zones: %w", err)
	}
	out := map[string]*zip.File{}
	for _, f := range archive.File {
		if !f.FileInfo().IsDir() && f.Name != "Factory" {
			out[f.Name] = f
		}
	}
	return out, nil
})

// zones caches loaded zones by name: there are some 600, and loading one takes
// longer than a statement.
var zones sync.Map

func zoneOf(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	loc, err := loadZone(name)
	if err == nil {
		zones.Store(name, loc)
	}
	return loc, err
}

func loadZone(name string) (*time.Location, error) {
	all, err := openZones()
	if err != nil {
		return nil, err
	}
	switch {
	case name == time.UTC.String():
		return time.UTC, nil
	case all[name] == nil:
		return nil, fmt.Errorf("zone %q is no IANA name", name)
	}
	f, err := all[name].Open()
	if err != nil {
		return nil, fmt.Errorf("open the zone %s: %w", name, err)
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read the zone %s: %w", name, err)
	}
	return time.LoadLocationFromTZData(name, data)
}
