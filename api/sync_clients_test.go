package api

import (
	"os"
	"strings"
	"testing"
)

// needsPhones skips without the npm packages.
func needsPhones(t *testing.T, folder string) {
	t.Helper()
	if _, err := os.Stat(folder + "/node_modules/.package-lock.json"); err != nil {
		t.Skip("NOT TESTED: the npm packages are missing. Run: make deps")
	}
}

// Two phones with each of the databases that apps take create, edit and delete
// while every third answer is lost; after every quiet moment they and the server
// hold the same rows (P9).
func TestPhonesAgreeInALoop(t *testing.T) { phonesAgree(t, "synctest", "loop.mjs") }

func TestPhonesAgreeWithRxDB(t *testing.T) { phonesAgree(t, "synctest", "rxdb.mjs") }

func TestPhonesAgreeWithWatermelonDB(t *testing.T) { phonesAgree(t, "synctest", "watermelondb.mjs") }

func TestPhonesAgreeWithTheClientOfRxDBServer(t *testing.T) {
	phonesAgree(t, "synctest/rxdbserver", "client.mjs")
}

func phonesAgree(t *testing.T, folder, script string) {
	needsPhones(t, folder)
	w := newWorld(t, streaming)
	if said := tool(t, folder, "node", script, w.listen()); !strings.Contains(said, "the phones agree") {
		t.Errorf("%s ends with %s", script, said)
	}
}
