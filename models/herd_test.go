package models

import (
	"context"
	"testing"
	"time"

	"aftercare/models/storetest"
)

// Waking and settling many people takes the statements of one: what a reminder
// costs when many are due at once is a row in each of them.
func TestStatementsOfASet(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		want, claimed := map[int]map[string]int{}, map[int]int{}
		for _, size := range []int{1, 40} {
			p := &person{TB: t, at: evening}
			var counts map[string]int
			if size > 1 && database[0] == '/' {
				database = storetest.SQLite(t)
			} else if size > 1 {
				database = storetest.Postgres(t)
			}
			p.Store, counts = counted(t, database, p.now)
			for range size {
				p.account, p.device, p.secrets = p.join("Europe/Berlin")
				p.rolls("session-1", 0)
			}
			for range 47 { // until half an hour before the check-in
				p.pass(30 * time.Minute)
				p.advance()
				p.handOver()
			}
			p.pass(time.Hour)
			due, err := p.DueAccounts(context.Background(), 1000)
			p.check(err)
			if len(due) != size || due[0].Judge {
				t.Fatalf("%d accounts are due: %+v", len(due), due[0])
			}
			clear(counts)
			claims, err := p.AdvanceAll(context.Background(), due, Lease{For: time.Minute, Max: 1000})
			p.check(err)
			if claimed[size] = len(claims); len(claims) == 0 || len(claims) != size*claimed[1] {
				t.Fatalf("%d claims for %d people, %d for one", len(claims), size, claimed[1])
			}
			var settled []Settlement
			for i := range claims {
				settled = append(settled, Settlement{&claims[i], Outcome{State: DeliveryAccepted}})
			}
			p.check(p.SettleAll(context.Background(), settled))
			want[size] = map[string]int{}
			for verb, n := range counts {
				want[size][verb] = n
			}
			t.Logf("%d people: %v", size, counts)
		}
		for verb, n := range want[40] {
			// Rows are inserted by 64, 16, 4 and 1, of each up to three times.
			if most := want[1][verb]; n > most && verb != "INSERT" || n > most+9 {
				t.Errorf("%d statements %s for 40 people, %d for one", n, verb, most)
			}
		}
	})
}

// Asking about few or many messages takes the text of few statements: each is
// compiled once, which costs more than what it reads.
func TestAskingHasFewTexts(t *testing.T) {
	p := &person{TB: t, at: evening}
	texts := map[string]bool{}
	s, err := Open(t.Context(), Options{Database: storetest.SQLite(t), Now: p.now, Trace: func(text string, _ []any) { texts[text] = true }})
	p.check(err)
	defer func() { p.check(s.Close()) }()
	clear(texts)
	for n := range 64 {
		claims := make([]*Claim, n+1)
		for i := range claims {
			claims[i] = &Claim{Delivery: Delivery{AccountID: NewID(), ReminderID: NewID(), DeviceID: NewID()}}
		}
		_, err := s.AreWanted(t.Context(), claims)
		p.check(err)
	}
	if len(texts) > 10 { // 1 to 8, 16 and 64
		t.Errorf("1 to 64 messages are asked about with %d texts", len(texts))
	}
}
