// Command bench measures the program as its users meet it: as a second process
// on a prepared database of a thousand people, whose requests come in turn, so
// that nothing of an account is cached. For comparison, the same run alternates
// with PocketBase's plain rows and the same storage in hand-written SQL.
//
//	BENCH_BINARY=path      the program to measure
//	BENCH_DIR=path         where the prepared database is kept (a temporary directory)
//	BENCH_ACCOUNTS=1000    people in the database
//	BENCH_HERD=2000        people whose check-in is due at once
//	BENCH_SECONDS=5        length of each measurement
//	BENCH_ONLY=words       only rows that contain one of the words, separated by |
//
// On a busy machine only the server's processor time per request is reliable;
// a rate depends on what else uses the cores.
package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 4 && os.Args[1] == "pocketbase":
		servePocketBase(os.Args[2], os.Args[3])
	case len(os.Args) == 4 && os.Args[1] == "raw":
		err = serveRaw(os.Args[2], os.Args[3])
	default:
		err = run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	program  string
	kept     string // where the prepared database is kept
	dir      string // of this run, removed at its end
	file     string // the prepared database; empty until it is needed
	people   people
	accounts int
	during   time.Duration
	only     *regexp.Regexp
}

func setting(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func run() (err error) {
	b := bench{accounts: setting("BENCH_ACCOUNTS", 1000), during: time.Duration(setting("BENCH_SECONDS", 5)) * time.Second}
	if b.only, err = regexp.Compile(os.Getenv("BENCH_ONLY")); err != nil {
		return fmt.Errorf("BENCH_ONLY: %w", err)
	}
	if b.program, err = filepath.Abs(os.Getenv("BENCH_BINARY")); err != nil {
		return err
	}
	if b.kept = os.Getenv("BENCH_DIR"); b.kept == "" {
		b.kept = filepath.Join(os.TempDir(), "aftercare-bench")
	}
	if err := os.MkdirAll(b.kept, 0o700); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp(b.kept, "run-"); err != nil {
		return err
	}
	return errors.Join(b.table(), os.RemoveAll(b.dir))
}

// table runs all measurements and prints a row for each as it finishes.
func (b *bench) table() error {
	b.printf("%s, load %s before the run\n\n", filepath.Base(b.program), loadAverage())
	b.printf("| | connections | requests/s | processor time, µs each | p50 / p99 ms | load | memory MiB, now (most) |\n|---|---|---|---|---|---|---|\n")
	steps := []struct {
		name string
		do   func() error
	}{{"turns", b.onPeople(b.turns)}, {"growth", b.onPeople(b.growth)}, {"neighbour", b.onPeople(b.neighbour)},
		{"herd", func() error { return b.due(setting("BENCH_HERD", 2000)) }}}
	var errs []error
	for _, step := range steps {
		if !b.only.MatchString(step.name) {
			continue
		}
		if err := step.do(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", step.name, err))
		}
	}
	return errors.Join(errs...)
}

// onPeople prepares the database before the first step that needs it.
func (b *bench) onPeople(do func() error) func() error {
	return func() (err error) {
		if b.file == "" {
			if b.file, b.people, err = prepare(b.kept, b.program, b.accounts); err != nil {
				return fmt.Errorf("prepare the database: %w", err)
			}
		}
		return do()
	}
}

// turns measures the same loads on each server alternately, so that all share
// the same conditions on the machine.
func (b *bench) turns() error {
	pocket, theirs, err := startPocketBase(filepath.Join(b.dir, "pocketbase"), b.accounts)
	if err != nil {
		return err
	}
	raw, err := b.startRaw()
	if err != nil {
		return errors.Join(err, pocket.stop())
	}
	ours, err := b.copyOf(nil)
	if err != nil {
		return errors.Join(err, pocket.stop(), raw.stop())
	}
	b.row(ours, "GET /livez", 16, b.people.get("/livez"))
	for _, connections := range []int{64, 16, 1} {
		b.row(ours, "stored and judged report", connections, b.people.report)
		b.row(pocket, "— PocketBase, plain create", connections, theirs.create)
		b.row(raw, "— raw SQL", connections, b.people.report)
		b.row(ours, "GET /v1/rest", connections, b.people.get("/v1/rest"))
		b.row(raw, "— raw SQL", connections, b.people.get("/v1/rest"))
		b.row(ours, "list of 50 reports", connections, b.people.get("/v1/reports?limit=50"))
		b.row(pocket, "— PocketBase, list of 50", connections, theirs.get(pocketBaseList))
		b.row(raw, "— raw SQL", connections, b.people.get("/v1/reports?limit=50"))
	}
	return errors.Join(ours.stop(), raw.stop(), pocket.stop())
}

// copyOf starts the program on a copy of the prepared database, after applying
// change if it is not nil and after one write per account: whatever the program
// caches for an account is present, as in production.
func (b *bench) copyOf(change func(*sql.Tx) error) (*process, error) {
	file := filepath.Join(b.dir, "aftercare.db")
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(file + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	if err := copyFile(b.file, file); err != nil {
		return nil, err
	}
	if change != nil {
		if err := edit(file, change); err != nil {
			return nil, err
		}
	}
	p, err := startAftercare(b.dir, b.program, file)
	if err != nil {
		return nil, err
	}
	now, _ := p.memory()
	b.note("memory after the start: %d MiB", now)
	return p, b.once(p)
}

// once sends one report for each account.
func (b *bench) once(p *process) error {
	client := newClient(64)
	defer client.CloseIdleConnections()
	return each(len(b.people.Accounts), func(i int) error { return p.send(client, b.people.report(i)) })
}

// row measures one load and prints it.
func (b *bench) row(p *process, name string, connections int, next func(int) request) {
	f, err := p.load(connections, b.during, next)
	if err != nil {
		b.printf("| %s | %d | failed: %.200v | | | %s | |\n", name, connections, err, loadAverage())
		return
	}
	now, most := p.memory()
	b.printf("| %s | %d | %.*f | %d | %s / %s | %s | %d (%d) |\n", name, connections, decimals(f.perSecond()), f.perSecond(), f.cpu.Microseconds(),
		milliseconds(f.p50), milliseconds(f.p99), loadAverage(), now, most)
}

// decimals returns how many decimals to print: one for numbers below ten.
func decimals(n float64) int {
	if n < 10 {
		return 1
	}
	return 0
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 1, 64)
}

func (b *bench) printf(format string, args ...any) { fmt.Printf(format, args...) }

// note prints a remark that belongs to no column.
func (b *bench) note(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
