package jobs

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"aftercare/models/storetest"
)

// An account that is due at the moment when the database goes away is no
// poisoned one: it is not put off, and the first tick after it has come back
// tells its person.
func TestNobodyIsPutOffWhileTheDatabaseIsAway(t *testing.T) {
	t.Run("full disk", func(t *testing.T) {
		dir := storetest.SmallDisk(t, 4<<20)
		staysDue(t, filepath.Join(dir, "aftercare.db"), func() (back func()) { return storetest.Fill(t, dir) })
	})
	t.Run("standby", func(t *testing.T) { // as after a failover: it can be read, and takes no writes
		database := storetest.Postgres(t)
		u, err := url.Parse(database)
		if err != nil {
			t.Fatal(err)
		}
		become := func(readOnly string) {
			execute(t, database+"&default_transaction_read_only=off", "ALTER DATABASE "+strings.TrimPrefix(u.Path, "/")+" SET default_transaction_read_only = "+readOnly)
			execute(t, database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		}
		t.Cleanup(func() { become("off") }) // the next test gets this database
		staysDue(t, database, func() (back func()) {
			become("on")
			return func() { become("off") }
		})
	})
}

// staysDue holds that who is due while the database is away stays due, and is judged
// as soon as it is back.
func staysDue(t *testing.T, database string, goAway func() (back func())) {
	clock := newClock()
	service := &service{now: clock.now}
	w := newWorld(t, database, clock.now, service.hub(clock.now))
	for _, name := range []string{"one", "two"} { // a set that fails is tried one by one
		w.join(name, "Europe/Berlin").rolls("session-1")
	}
	w.tick()
	execute(t, database, "UPDATE accounts SET judge_at = 1")
	due := func() int {
		t.Helper()
		found, err := w.DueAccounts(t.Context(), 10)
		w.check(err)
		return len(found)
	}
	run := func() (failed error) { // some meet connections that have just ended
		for range 3 {
			failed = w.runner.RunOnce(t.Context())
			w.runner.Wait()
		}
		return failed
	}
	back := goAway()
	err := run()
	if said := w.logged.errors(); !strings.Contains(said, "accounts could not be advanced") || strings.Contains(said, "judged") || strings.Contains(said, "put off") {
		t.Errorf("logged while it was away: %s (%v)", said, err)
	}
	if n := due(); n != 2 {
		t.Errorf("%d accounts are due while it is away, want both", n)
	}
	back()
	w.check(run())
	w.logged.errors()
	if n := due(); n != 0 {
		t.Errorf("%d accounts are still due once it is back", n)
	}
}
