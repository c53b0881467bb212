package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// checkpointer moves pages from SQLite's journal to the database file on a
// connection of its own. The writer would do so inside a commit, and all who
// wait for that commit would wait for the disk twice.
type checkpointer struct {
	conn    *sql.DB // of one connection: SQLite refuses a second checkpoint at a time
	written int     // requests since the last signal; the writer's
	due     chan struct{}
	stopped chan struct{}
}

// checkpointEvery is after how many requests pages are moved: one that is judged
// writes some 10 pages, and SQLite's own setting is a thousand pages.
const checkpointEvery = 128

func newCheckpointer(database string) (*checkpointer, error) {
	conn, err := single(database, "mode=rw&_synchronous=FULL&_busy_timeout=1000")
	if err != nil {
		return nil, err
	}
	c := &checkpointer{conn: conn, due: make(chan struct{}, 1), stopped: make(chan struct{})}
	go c.loop()
	return c, nil
}

// close waits for the checkpoint that is under way; wrote must not be called
// afterwards.
func (c *checkpointer) close() error {
	close(c.due)
	<-c.stopped
	return c.conn.Close()
}

func (c *checkpointer) loop() {
	defer close(c.stopped)
	for range c.due {
		_, _ = c.run(context.Background(), "PASSIVE") // the next one, at the latest a commit's, tries again
	}
}

// wrote is called by the writer after it has committed some requests.
func (c *checkpointer) wrote(requests int) {
	if c.written += requests; c.written < checkpointEvery {
		return
	}
	c.written = 0
	select {
	case c.due <- struct{}{}:
	default: // one is under way
	}
}

// empty moves the whole journal and empties it. It gives up after a second,
// because nobody can write meanwhile.
func (c *checkpointer) empty(ctx context.Context) error {
	busy, err := c.run(ctx, "TRUNCATE")
	if err == nil && busy {
		err = errors.New("a long read is under way; erased rows stay in it until the next purge")
	}
	if err != nil {
		return fmt.Errorf("empty the journal: %w", err)
	}
	return nil
}

// run makes one checkpoint and reports whether others kept it from its end.
func (c *checkpointer) run(ctx context.Context, mode string) (busy bool, err error) {
	var pages, moved int
	err = c.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &moved)
	return busy, err
}
