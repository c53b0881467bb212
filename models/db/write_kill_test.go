package db

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"aftercare/models/storetest"
)

// killedEnv makes of the test binary a process that writes until it is killed.
const killedEnv = "AFTERCARE_TEST_WRITE_UNTIL_KILLED"

func init() {
	if database := os.Getenv(killedEnv); database != "" {
		writeUntilKilled(database)
	}
}

func writeUntilKilled(database string) {
	s, err := openFiles(database, probeFiles())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var lines sync.Mutex
	for w := range 16 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				err := s.Write(context.Background(), "a", func(tx *Tx) error {
					if err := note(tx, id, "first"); err != nil {
						return err
					}
					return note(tx, id+"+", "second")
				})
				lines.Lock()
				if err == nil {
					fmt.Fprintln(os.Stdout, id)
				} else {
					fmt.Fprintln(os.Stderr, err)
				}
				lines.Unlock()
			}
		}()
	}
	select {}
}

// P1: kill the process at any moment, every acknowledged write is there.
func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	database := storetest.SQLite(t)
	s := openProbe(t, database, "a")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	for kill := range 20 {
		acknowledged = append(acknowledged, killAfter(t, database, 50+kill*37)...)
		s := openProbe(t, database)
		stored := queryAll[string](t, s, "SELECT id FROM notes ORDER BY id")
		for _, id := range acknowledged {
			if _, ok := slices.BinarySearch(stored, id); !ok {
				t.Fatalf("kill %d: %s was acknowledged and is gone", kill, id)
			}
			if _, ok := slices.BinarySearch(stored, id+"+"); !ok {
				t.Fatalf("kill %d: %s is half written", kill, id)
			}
		}
		if len(stored)%2 != 0 {
			t.Fatalf("kill %d: a half-written request is stored", kill)
		}
		checkDense(t, s, "a")
		if ok := query[string](t, s, "PRAGMA integrity_check"); ok != "ok" {
			t.Fatalf("kill %d: %s", kill, ok)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killAfter starts a writing process, kills it after so many acknowledged
// writes and answers all that it acknowledged.
func killAfter(t *testing.T, database string, writes int) (acknowledged []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), killedEnv+"="+database)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		acknowledged = append(acknowledged, lines.Text())
		if len(acknowledged) == writes {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // "killed" is what was wanted
	if len(acknowledged) < writes || stderr.Len() > 0 {
		t.Fatalf("the process acknowledged %d writes, want at least %d; %s", len(acknowledged), writes, stderr.String())
	}
	return acknowledged
}
