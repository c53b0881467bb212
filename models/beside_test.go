package models

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"aftercare/models/storetest"
)

// What people write at the same time, in one batch, is stored as if each had
// written alone.
func TestWritesBesideEachOtherAreAsEachAlone(t *testing.T) {
	together, alone := newPerson(t, storetest.SQLite(t)), newPerson(t, storetest.SQLite(t))
	rapid.Check(t, func(rt *rapid.T) {
		var people []*person
		now := rapid.Custom(drawTold).Filter(func(heard told) bool { return heard.kind != 5 }) // the clock is everybody's
		lives := rapid.SliceOfN(rapid.SliceOfN(now, 1, 4), 2, 4).Draw(rt, "lives")
		for range lives {
			p := &person{TB: t, Store: together.Store, at: evening}
			p.account, p.device, p.secrets = p.join("Europe/Berlin")
			people = append(people, p)
		}
		var wg sync.WaitGroup
		for i, p := range people {
			twin := &person{TB: t, Store: alone.Store}
			twin.twin(p)
			for _, heard := range lives[i] {
				twin.hears(heard)
			}
			wg.Go(func() {
				for _, heard := range lives[i] {
					p.hears(heard)
				}
			})
		}
		wg.Wait()
		for i, p := range people {
			twin := &person{TB: t, Store: alone.Store, account: p.account, at: evening}
			if diff := cmp.Diff(twin.stored(), p.stored()); diff != "" {
				rt.Fatalf("alone (-) and beside the others (+), person %d differs:\n%s", i, diff)
			}
		}
	})
}
