package lives

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"aftercare/models"
	"aftercare/models/storetest"
)

// ground is what a house stands on: an empty database of one kind, and how an
// operator backs it up and brings a backup back (docs/operations.md).
type ground struct {
	database        string
	save, bringBack func(h *house) // nil: neither can be
}

// template is a SQLite database without rows: migrating one takes longer than a
// life.
var template = sync.OnceValue(func() []byte {
	dir, err := os.MkdirTemp("", "lives-")
	must(err)
	defer func() { must(os.RemoveAll(dir)) }()
	name := filepath.Join(dir, "empty.db")
	s, err := models.Open(context.Background(), models.Options{Database: name, Now: func() time.Time { return morning }})
	must(err)
	must(s.Close())
	raw, err := os.ReadFile(name) //nolint:gosec // it was just made
	must(err)
	return raw
})

// memory is a directory on a disk without a disk, where there is one: what a
// life stores need not outlive it.
func memory(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "life-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { must(os.RemoveAll(dir)) })
	return dir
}

func onSQLite(t *testing.T) ground {
	dir := memory(t)
	database, saved := filepath.Join(dir, "aftercare.db"), filepath.Join(dir, "copy.db")
	must(os.WriteFile(database, template(), 0o600))
	return ground{
		database: database,
		save: func(h *house) {
			must(os.RemoveAll(saved))
			_, err := models.Backup(context.Background(), h.options(), saved)
			must(err)
		},
		bringBack: func(h *house) { must(models.Restore(context.Background(), h.options(), saved)) },
	}
}

func onPostgres(t *testing.T) ground {
	database, saved, restores := storetest.Postgres(t), filepath.Join(memory(t), "copy.dump"), 0
	if storetest.CanDump() != nil {
		return ground{database: database}
	}
	return ground{
		database: database,
		save:     func(*house) { storetest.Dump(t, database, saved) },
		bringBack: func(*house) {
			restores++
			storetest.Undump(t, database, saved)
			storetest.Execute(t, database, storetest.RaiseCounters(t, filepath.Join("..", "..", ".."), restores))
		},
	}
}
