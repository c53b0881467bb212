package main

import (
	"database/sql"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"aftercare/jobs/push/pushtest"
	"aftercare/models/storetest"
)

// TestAKilledProcessIsTakenOver kills one of two processes on a PostgreSQL while
// it holds claims, some of them on their way. The other sends them all, well
// before the leases end; nothing is lost, and nothing is taken twice (P3).
func TestAKilledProcessIsTakenOver(t *testing.T) {
	const people, lease = 40, time.Minute
	database := storetest.Postgres(t)
	service := pushService(t)
	var hangs atomic.Bool
	hangs.Store(true)
	service.Script(func(pushtest.Message) pushtest.Answer { return pushtest.Answer{Hang: hangs.Load()} })

	dying := servePlain(t, t.TempDir(), "DATABASE="+database)
	all := victims(t, dying, service, people)
	each(all, func(v **victim) {
		if _, err := (*v).call("PUT", "/v1/reports/report-1", object{"observed_at": ago(0), "discharge": []string{"thick"}}, nil); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "something is on its way", func() bool { return len(service.Messages()) > 0 })
	worker := column(t, database, "SELECT id FROM workers")
	if len(worker) != 1 {
		t.Fatalf("processes: %v", worker)
	}
	other := servePlain(t, t.TempDir(), "DATABASE="+database)
	eventually(t, "the other one lives", func() bool { return len(column(t, database, "SELECT id FROM workers")) == 2 })
	dying.kill()
	killed := time.Now()
	held := column(t, database, "SELECT reminder_id FROM deliveries WHERE state = 'sending' AND lease LIKE $1", worker[0]+".%")
	hangs.Store(false)
	if len(held) == 0 {
		t.Fatal("it held no claims when it was killed")
	}

	eventually(t, "what it held is taken", func() bool { return arrived(service, held) })
	took := time.Since(killed)
	t.Logf("%d claims of the killed process were taken %v later; their leases are %v", len(held), took.Round(time.Second/10), lease)
	if took > lease*2/3 {
		t.Errorf("taken %v after the death: no sooner than the leases ended", took)
	}
	const toldNow = "SELECT id FROM reminders WHERE kind = 'warning' AND round > 0"
	warnings := column(t, database, toldNow)
	if len(warnings) != people {
		t.Fatalf("%d warnings of %d people", len(warnings), people)
	}
	eventually(t, "every warning is taken", func() bool { return arrived(service, warnings) })
	other.stop()
	taken := map[[2]string]int{}
	for _, m := range service.Messages() {
		if m.Accepted {
			taken[[2]string{m.To, m.Tag}]++
		}
	}
	for what, n := range taken {
		if n != 1 {
			t.Errorf("%v was taken %d times", what, n)
		}
	}
	if left := column(t, database, "SELECT reminder_id FROM deliveries WHERE state <> 'accepted' AND reminder_id IN ("+toldNow+")"); len(left) != 0 {
		t.Errorf("not settled: %v", left)
	}
}

// arrived returns whether a message of each reminder was taken.
func arrived(service *pushtest.WebPush, reminders []string) bool {
	taken := map[string]bool{}
	for _, m := range service.Messages() {
		taken[m.Data["reminder_id"]] = taken[m.Data["reminder_id"]] || m.Accepted
	}
	return !slices.ContainsFunc(reminders, func(id string) bool { return !taken[id] })
}

// column reads one column of a PostgreSQL database.
func column(t testing.TB, database, query string, args ...any) (out []string) {
	t.Helper()
	db, err := sql.Open("pgx", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		out = append(out, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out
}
