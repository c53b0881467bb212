package models

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"aftercare/models/storetest"
)

// checkNames holds that the names are those of the accounts' addresses and keys
// and of the devices' push addresses, and no other.
func (p *person) checkNames() {
	p.Helper()
	got := words(p, "SELECT name || ' ' || account_id FROM names ORDER BY 1")
	want := words(p, `SELECT 'email:' || email || ' ' || id FROM accounts WHERE email IS NOT NULL
		UNION ALL SELECT 'key:' || account_key_hash || ' ' || id FROM accounts WHERE account_key_hash IS NOT NULL
		UNION ALL SELECT 'push:' || push_key || ' ' || account_id FROM devices WHERE push_key <> '' ORDER BY 1`)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		p.Fatalf("names %q\nwant %q", got, want)
	}
	if n := count(p, "SELECT COUNT(*) FROM devices WHERE push_state = 'active' AND push_key = ''"); n != 0 {
		p.Fatalf("%d phones have an address that nobody keeps from others", n)
	}
}

// atOnce runs fn so many times beside each other and returns the errors.
func atOnce(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	return errs
}

// The calls of a phone that sends again before it has an answer are one account.
func TestOneAccountForAKeyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		in := NewAccount{TimeZone: "Europe/Berlin", ConsentVersion: "1", AccountKey: strings.Repeat("k", 43), Device: Device{Name: "phone"}}
		ids := make([]string, 8)
		for _, err := range atOnce(len(ids), func(i int) error {
			signed, err := p.CreateAccount(context.Background(), in)
			ids[i] = signed.Account.ID
			return err
		}) {
			p.check(err)
		}
		slices.Sort(ids)
		if distinct := len(slices.Compact(ids)); distinct != 1 {
			t.Errorf("the calls answer %d accounts", distinct)
		}
		if n := count(p, "SELECT COUNT(*) FROM devices WHERE account_id = $1", ids[0]); n != 1 {
			t.Errorf("the account has %d devices", n)
		}
		p.checkNames()
	})
}

func TestOneAccountForAnEmailAddressAtOnce(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		join := func(email string) error {
			_, err := p.CreateAccount(ctx, NewAccount{
				TimeZone: "Europe/Berlin", ConsentVersion: "1", Email: email, Password: "correct horse", Device: Device{Name: "phone"},
			})
			return err
		}
		made := 0
		for _, err := range atOnce(4, func(int) error { return join("A@example.org") }) {
			switch {
			case err == nil:
				made++
			case !IsCode(err, CodeEmailTaken):
				t.Errorf("a taken address answers %v", err)
			}
		}
		if made != 1 {
			t.Errorf("%d accounts have one address", made)
		}
		signed, err := p.SignIn(ctx, SignIn{Email: "a@example.org", Password: "correct horse"})
		p.check(err)
		a := signed.Account
		a.Email = nil
		_, err = p.UpdateAccount(ctx, Caller{AccountID: a.ID, ConfirmedAt: p.now()}, a, Write{})
		p.check(err)
		if err := join("a@example.org"); err != nil {
			t.Errorf("an address that was given up answers %v", err)
		}
		p.checkNames()
	})
}

// Whoever registers an address last has it, alone, also when several do at once.
func TestAPushAddressHasOnePhone(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		phones := []Device{p.device}
		for range 3 {
			_, d, _ := p.join("Europe/Paris")
			phones = append(phones, d)
		}
		for _, err := range atOnce(len(phones), func(i int) error {
			_, err := p.SetPush(context.Background(), phones[i].AccountID, phones[i].ID, "fcm", PushAddress{Token: "one", Destination: "fcm"}, "1")
			return err
		}) {
			if err != nil && !IsCode(err, CodeOverloaded) {
				t.Error(err)
			}
		}
		key := hashSecret("fcm one")
		if n := count(p, "SELECT COUNT(*) FROM devices WHERE push_key = $1", key); n != 1 {
			t.Errorf("%d phones have the address", n)
		}
		if n := count(p, "SELECT COUNT(*) FROM devices WHERE push_address LIKE '%\"one\"%' AND push_state <> 'gone'"); n != 1 {
			t.Errorf("%d phones are sent to at the address", n)
		}
		p.checkNames()
	})
}

// Whatever people do, the names are those of their accounts and phones.
func TestNamesFollowTheAccounts(t *testing.T) {
	each(t, func(t *testing.T, p *person) {
		ctx := context.Background()
		rapid.Check(t, func(rt *rapid.T) {
			hash := "set" // a password, without the time that hashing one takes
			var phones []Device
			for range 3 {
				account, d, secrets := p.join("Europe/Paris")
				second, err := p.SignIn(ctx, SignIn{RecoveryCode: secrets.RecoveryCode})
				p.check(err)
				p.check(p.write(ctx, account, func(tx *Tx) error {
					return tx.q.Exec("UPDATE accounts SET password_hash = $1 WHERE id = $2", hash, account)
				}))
				phones = append(phones, d, second.Device)
			}
			for range rapid.IntRange(1, 8).Draw(rt, "acts") {
				d := phones[rapid.IntRange(0, len(phones)-1).Draw(rt, "phone")]
				word := rapid.SampledFrom([]string{"", "one", "two"}).Draw(rt, "word")
				act := rapid.IntRange(0, 5).Draw(rt, "act")
				if err := p.moves(d, act, word); err != nil && !IsCode(err, CodeNotFound) && !IsCode(err, CodeEmailTaken) {
					rt.Fatalf("act %d: %v", act, err)
				}
				p.checkNames()
			}
		})
	})
}

// moves is one act by which a name may change hands.
func (p *person) moves(d Device, act int, word string) error {
	ctx := context.Background()
	caller := Caller{AccountID: d.AccountID, DeviceID: d.ID, ConfirmedAt: p.now()}
	switch act {
	case 0, 1:
		_, err := p.SetPush(ctx, d.AccountID, d.ID, "fcm", PushAddress{Token: word, Destination: "fcm"}, "1")
		return err
	case 2:
		a, err := p.Account(ctx, d.AccountID)
		if err != nil {
			return err
		}
		if a.Email = nil; word != "" {
			a.Email = &word
		}
		_, err = p.UpdateAccount(ctx, caller, a, Write{})
		return err
	case 3:
		_, err := p.RemovePush(ctx, d.AccountID, d.ID)
		return err
	case 4:
		return p.DeleteDevice(ctx, d.AccountID, d.ID)
	}
	if word == "" {
		return p.EraseAccount(ctx, caller)
	}
	return p.WithdrawConsent(ctx, caller, ConsentPush)
}

// A request asks one machine of several, with one read, and no other account's
// name opens anything.
func TestATokenNamesItsAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := &person{TB: t, at: evening}
		var asked []string
		s, err := Open(context.Background(), Options{Database: database, Now: p.now, Trace: func(text string, _ []any) { asked = append(asked, text) }})
		if err != nil {
			t.Fatal(err)
		}
		p.Store = s
		t.Cleanup(func() { p.check(s.Close()) })
		p.account, p.device, p.secrets = p.join("Europe/Berlin")
		other, _, _ := p.join("Europe/Berlin")
		account, secret, _ := strings.Cut(p.secrets.Token, ".")
		if account != p.account || len(secret) < 43 {
			t.Fatalf("the token is %q", p.secrets.Token)
		}
		ctx := context.Background()
		for _, wrong := range []string{"", ".", secret, "." + secret, other + "." + secret, account, account + ".", p.secrets.Token + "."} {
			if _, err := p.Authenticate(ctx, wrong); !IsCode(err, CodeCredentialsRefused) {
				t.Errorf("%q answers %v", wrong, err)
			}
		}
		asked = nil
		if c, err := p.Authenticate(ctx, p.secrets.Token); err != nil || c.AccountID != p.account {
			t.Errorf("the token stands for %+v, %v", c, err)
		}
		if len(asked) != 1 || !strings.Contains(asked[0], "d.account_id = $2") {
			t.Errorf("a token takes %q", asked)
		}
	})
}

// P6, P10: what Citus refuses is in no statement of a person's life: rows that
// are skipped because others lock them, and locks that name no account.
func TestNoStatementNeedsOneMachine(t *testing.T) {
	p := &person{TB: t, at: evening}
	var mu sync.Mutex
	seen := map[string]bool{}
	s, err := Open(context.Background(), Options{Database: storetest.Postgres(t), Now: p.now, Trace: func(text string, _ []any) {
		mu.Lock()
		defer mu.Unlock()
		seen[text] = true
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.Store = s
	t.Cleanup(func() { p.check(s.Close()) })
	p.account, p.device, p.secrets = p.join("Europe/Berlin")
	p.everything()
	p.live(8*24*time.Hour, 6*time.Hour)
	p.check(p.Purge(context.Background()))
	p.check(p.EraseAccount(context.Background(), p.caller()))
	for text := range seen {
		if strings.Contains(text, "SKIP LOCKED") {
			t.Errorf("skips locked rows: %s", text)
		}
		if strings.Contains(text, "FOR UPDATE") && !strings.Contains(text, "accounts.id = $1") {
			t.Errorf("locks rows of no one account: %s", text)
		}
		if strings.Contains(text, " names ") && strings.Contains(text, "JOIN") {
			t.Errorf("joins names with what stands elsewhere: %s", text)
		}
	}
	if len(seen) < 50 {
		t.Fatalf("only %d statements seen: the check is blind", len(seen))
	}
}
