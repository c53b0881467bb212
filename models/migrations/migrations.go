// Package migrations holds the SQL that builds and changes the database, one
// set per database, forward only. The two sets describe the same tables; a
// test in models compares what they build.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// SQLite is the set for the embedded default.
func SQLite() fs.FS { return sub("sqlite") }

// Postgres is the set for PostgreSQL.
func Postgres() fs.FS { return sub("postgres") }

func sub(dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // only an invalid constant above can cause it
	}
	return f
}
