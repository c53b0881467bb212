package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

type object = map[string]any

// people are the accounts of a prepared database, identified by their tokens.
type people struct {
	Accounts []person
	Prepared time.Time
}

type person struct{ ID, Token string }

const (
	weeks = 39 // of sessions, the last of them lastSession ago
	sick  = 10 // cycles with a danger sign, from which two warnings come
	mild  = 11 // cycles with an itch
	// lastSession leaves room for reports after it, and is under the 7 days
	// after which persistent symptoms become a warning.
	lastSession = 6 * 24 * time.Hour
)

// maxAge is how long a prepared database may be reused: after that its latest
// session is no longer in the current week.
const maxAge = 12 * time.Hour

// prepare creates a database of many accounts with the program itself, over
// HTTP: each has a roller, nine months of weekly sessions, 60 reports, some 20
// warnings that a clinician has resolved, and the reminders for all of that.
// The file is kept in dir and reused.
func prepare(dir, program string, accounts int) (string, people, error) {
	file := filepath.Join(dir, fmt.Sprintf("people-%d.db", accounts))
	var all people
	text, err := os.ReadFile(file + ".json")
	if err == nil && json.Unmarshal(text, &all) == nil && time.Since(all.Prepared) < maxAge {
		return file, all, nil
	}
	for _, name := range []string{file, file + ".json", file + "-wal", file + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", people{}, err
		}
	}
	p, err := startAftercare(dir, program, file, "TICK=10m")
	if err != nil {
		return "", people{}, err
	}
	began := time.Now()
	all = people{Accounts: make([]person, accounts), Prepared: began}
	client := newClient(64)
	err = each(accounts, func(i int) (err error) {
		all.Accounts[i], err = p.live(client, began)
		return err
	})
	if err = errors.Join(err, p.stop()); err != nil {
		return "", people{}, err
	}
	fmt.Fprintf(os.Stderr, "prepared %d accounts in %.0f s\n", accounts, time.Since(began).Seconds())
	text, err = json.Marshal(all)
	return file, all, errors.Join(err, os.WriteFile(file+".json", text, 0o600))
}

// startAftercare starts the program on a database with default settings, except
// for the request limits.
func startAftercare(dir, program, database string, settings ...string) (*process, error) {
	env := append([]string{"ADDR=ADDRESS", "DATABASE=" + database, "RATE_LIMITS=off"}, settings...)
	return start(dir, "/readyz", env, program, "serve")
}

// live signs up a person and writes nine months of history, oldest first.
func (p *process) live(client *fasthttp.Client, now time.Time) (person, error) {
	who, err := p.signUp(client)
	if err != nil {
		return who, err
	}
	ago := func(d time.Duration) string { return now.Add(-d).UTC().Format(time.RFC3339) }
	call := func(method, path string, body object) (answer struct {
		EpisodeID string `json:"episode_id"`
	}, err error) {
		return answer, p.call(client, who.Token, method, path, body, &answer)
	}
	if _, err := call("PUT", "/v1/rollers/roller-0001", object{"name": "0.5 mm", "needle_mm": 0.5, "first_used_on": ago(80 * 24 * time.Hour)[:10]}); err != nil {
		return who, err
	}
	for week := weeks - 1; week >= 0; week-- {
		ended := time.Duration(week)*7*24*time.Hour + lastSession
		_, err := call("PUT", fmt.Sprintf("/v1/sessions/session-%02d", week), object{
			"started_at": ago(ended + 20*time.Minute), "ended_at": ago(ended), "roller_id": "roller-0001", "areas": []string{"crown"}, "roller_disinfected": true,
		})
		if err != nil {
			return who, err
		}
		// The calm report that ends a cycle is sent first, so that what came
		// before is judged as over, and no warning is raised for the time
		// since.
		if _, err := call("PUT", fmt.Sprintf("/v1/reports/report-%02d-calm", week), object{"observed_at": ago(ended - 100*time.Hour), "calm": true}); err != nil {
			return who, err
		}
		signs := object{"observed_at": ago(ended - 20*time.Hour), "erythema": 1, "itch": 2}
		switch {
		case week%3 == 1 && week/3 < sick:
			signs["discharge"] = []string{"thick"}
		case week%3 != 2 || week/3 >= mild:
			continue
		}
		report, err := call("PUT", fmt.Sprintf("/v1/reports/report-%02d-sign", week), signs)
		if err != nil {
			return who, err
		}
		if signs["discharge"] != nil {
			if _, err := call("POST", "/v1/episodes/"+report.EpisodeID+"/clinician", object{"outcome": "cleared", "at": ago(ended - 90*time.Hour)}); err != nil {
				return who, err
			}
		}
	}
	return who, nil
}

func (p *process) signUp(client *fasthttp.Client) (person, error) {
	var made struct {
		Token   string
		Account struct{ ID string }
	}
	err := p.call(client, "", "POST", "/v1/accounts", object{
		"time_zone": "Europe/Berlin", "consent": object{"health_data": true, "version": "1"},
		"device": object{"name": "bench", "platform": "web"},
	}, &made)
	return person{made.Account.ID, made.Token}, err
}

// call sends JSON and decodes the response.
func (p *process) call(client *fasthttp.Client, token, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	answer, err := p.ask(client, request{method, path, token, text})
	if err != nil || into == nil || len(answer) == 0 {
		return err
	}
	return json.Unmarshal(answer, into)
}

// copyFile copies a database that no process has open.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// sent counts the reports sent in this run.
var sent atomic.Int64

// report returns a new report of the people in turn, each 40 minutes after the
// account's previous one: below the limit of 40 a day.
func (all people) report(int) request {
	n := int(sent.Add(1))
	who, k := all.Accounts[n%len(all.Accounts)], n/len(all.Accounts)%200
	at := all.Prepared.Add(-lastSession + 2*time.Hour + time.Duration(k)*40*time.Minute)
	body := fmt.Sprintf(`{"observed_at":%q,"erythema":1,"itch":2,"pain":0,"discharge":[]}`, at.UTC().Format(time.RFC3339))
	return request{"PUT", fmt.Sprintf("/v1/reports/bench-%08d", n), who.Token, []byte(body)}
}

// get returns a function that makes read requests for the people in turn.
func (all people) get(path string) func(n int) request {
	return func(n int) request { return request{"GET", path, all.Accounts[n%len(all.Accounts)].Token, nil} }
}
