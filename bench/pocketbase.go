package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	_ "github.com/pocketbase/pocketbase/migrations"
	"github.com/pocketbase/pocketbase/tools/types"
)

// PocketBase, with its defaults, stores reports as plain rows: nothing is
// judged, planned or synced. It has the same number of people with 60 reports
// each, whose requests come in turn as well.

// servePocketBase runs the process that is measured.
func servePocketBase(dir, address string) {
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: dir})
	if err := app.Bootstrap(); err != nil {
		log.Fatal(err)
	}
	if err := apis.Serve(app, apis.ServeConfig{HttpAddr: address}); err != nil {
		log.Fatal(err)
	}
}

// preparePocketBase fills a database in dir.
func preparePocketBase(dir string, accounts int) error {
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: dir})
	if err := app.Bootstrap(); err != nil {
		return err
	}
	if err := app.RunAllMigrations(); err != nil {
		return err
	}
	reports, err := pocketBaseSchema(app)
	if err != nil {
		return err
	}
	var all people
	err = app.RunInTransaction(func(tx core.App) error {
		for i := range accounts {
			record := core.NewRecord(reports.people)
			record.SetEmail(fmt.Sprintf("person-%d@example.org", i))
			record.SetPassword("a password of " + record.Email())
			if err := tx.Save(record); err != nil {
				return err
			}
			token, err := record.NewAuthToken()
			if err != nil {
				return err
			}
			all.Accounts = append(all.Accounts, person{record.Id, token})
			for n := range 60 {
				if err := insertReport(tx, record.Id, i*60+n, n); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "people.json"), text, 0o600)
}

// collections are PocketBase's tables.
type collections struct{ people, reports *core.Collection }

func pocketBaseSchema(app core.App) (c collections, err error) {
	c.people = core.NewAuthCollection("people")
	c.people.Fields.GetByName("password").(*core.PasswordField).Cost = 4 // nobody signs in here
	if err := app.Save(c.people); err != nil {
		return c, err
	}
	c.reports = core.NewBaseCollection("reports")
	own := types.Pointer("@request.auth.id != '' && person = @request.auth.id")
	c.reports.ListRule, c.reports.CreateRule = own, own
	c.reports.Fields.Add(
		&core.RelationField{Name: "person", CollectionId: c.people.Id, MaxSelect: 1, Required: true, CascadeDelete: true},
		&core.DateField{Name: "observed_at", Required: true}, &core.TextField{Name: "session"}, &core.TextField{Name: "note"},
		&core.NumberField{Name: "erythema"}, &core.NumberField{Name: "itch"}, &core.NumberField{Name: "pain"}, &core.JSONField{Name: "discharge"},
		&core.AutodateField{Name: "created", OnCreate: true}, &core.AutodateField{Name: "updated", OnCreate: true, OnUpdate: true},
	)
	c.reports.AddIndex("reports_person", false, "person, observed_at", "")
	return c, app.Save(c.reports)
}

func insertReport(app core.App, person string, id, n int) error {
	at := time.Now().Add(-time.Duration(60-n) * 4 * 24 * time.Hour).UTC().Format(types.DefaultDateLayout)
	_, err := app.DB().Insert("reports", dbx.Params{
		"id": fmt.Sprintf("old%012d", id), "person": person, "observed_at": at, "session": "session-01", "note": "",
		"erythema": 1, "itch": 2, "pain": 0, "discharge": "[]", "created": at, "updated": at,
	}).Execute()
	return err
}

// startPocketBase starts a separate process on a fresh database.
func startPocketBase(dir string, accounts int) (*process, people, error) {
	var all people
	if err := preparePocketBase(dir, accounts); err != nil {
		return nil, all, fmt.Errorf("prepare PocketBase: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "people.json"))
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		return nil, all, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, all, err
	}
	p, err := start(dir, "/api/health", nil, self, "pocketbase", dir, "ADDRESS")
	return p, all, err
}

// create returns PocketBase's request for a new row of the people in turn.
func (all people) create(n int) request {
	who := all.Accounts[n%len(all.Accounts)]
	at := time.Now().UTC().Format(types.DefaultDateLayout)
	body := strings.NewReplacer("PERSON", who.ID, "AT", at).Replace(
		`{"person":"PERSON","observed_at":"AT","session":"session-00","erythema":1,"itch":2,"pain":0,"discharge":[]}`)
	return request{"POST", "/api/collections/reports/records", who.Token, []byte(body)}
}

// pocketBaseList omits the total, which our lists do not count either.
const pocketBaseList = "/api/collections/reports/records?perPage=50&sort=-observed_at&skipTotal=1"
