package api

import (
	"context"
	"math"
	"net/http"

	"aftercare/models"
	"aftercare/models/care"
	"aftercare/models/texts"
)

// Readiness reports whether the server can do its work, and what it has
// observed.
type Readiness struct {
	Ready      bool   `json:"ready"`
	Database   string `json:"database" doc:"ok, or what is wrong" example:"ok"`
	Migrations string `json:"migrations" doc:"ok, or what is missing" example:"ok"`
	// LastTick and OldestUndelivered are ages in seconds; nil: none.
	LastTick          *float64 `json:"last_tick_seconds" doc:"Age of the last run of the jobs; null before the first"`
	OldestUndelivered *float64 `json:"oldest_undelivered_seconds" doc:"How long the oldest push waits beyond its time; null if none waits"`
}

// Liveness reports that the process responds.
type Liveness struct {
	Status string `json:"status" example:"ok"`
}

type livezOutput struct{ Body Liveness }

func (s *server) livez(context.Context, *struct{}) (*livezOutput, error) {
	return &livezOutput{Liveness{"ok"}}, nil
}

type readyzOutput struct {
	Status int
	Body   Readiness
}

func (s *server) readyz(ctx context.Context, _ *struct{}) (*readyzOutput, error) {
	out := &readyzOutput{Status: http.StatusOK, Body: s.Ready(ctx)}
	if !out.Body.Ready {
		out.Status = http.StatusServiceUnavailable
	}
	return out, nil
}

type metaOutput struct{ Body Meta }

// Meta is what an app asks once at its start.
type Meta struct {
	APIVersion      string            `json:"api_version" example:"1.0.0"`
	KBVersion       string            `json:"kb_version" doc:"Version of the knowledge base in force" example:"0.2.0"`
	ServerTime      models.Time       `json:"server_time"`
	VAPIDPublicKey  string            `json:"vapid_public_key" doc:"For PushManager.subscribe; empty: no Web Push"`
	IntendedUse     string            `json:"intended_use" doc:"What Aftercare is for, and what it is not"`
	ConsentVersions map[string]string `json:"consent_versions" doc:"Versions of the texts in force, by purpose"`
	Limits          Limits            `json:"limits"`
}

// Limits are those of sizes and rates.
type Limits struct {
	BodyBytes     int     `json:"body_bytes" doc:"Largest JSON body"`
	SyncBodyBytes int     `json:"sync_body_bytes" doc:"Largest JSON body of a sync"`
	PageDefault   int     `json:"page_default" doc:"Rows in a page when no limit is asked for"`
	PageMax       int     `json:"page_max" doc:"Most rows in a page"`
	Rates         []Limit `json:"rates"`
	// UnsignedBodyBytes is for who has no valid token.
	UnsignedBodyBytes int `json:"unsigned_body_bytes" doc:"Largest JSON body without a valid token"`
	ReportsADay       int `json:"reports_a_day" doc:"Most reports for one day of their own time, in UTC"`
	SessionsADay      int `json:"sessions_a_day" doc:"Most sessions for one day of their own time, in UTC"`
	Rollers           int `json:"rollers" doc:"Most rollers"`
	Rows              int `json:"rows" doc:"Most rows of an account in all"`
	Devices           int `json:"devices" doc:"Most devices; one more signs the one out that is unused for longest"`
	RequestsAtOnce    int `json:"requests_at_once" doc:"Most requests of an account at work at a time; the others wait"`
}

func (s *server) meta(ctx context.Context, _ *struct{}) (*metaOutput, error) {
	return &metaOutput{Body: Meta{
		APIVersion: apiVersion, KBVersion: care.KBVersion, ServerTime: models.T(s.Now()),
		VAPIDPublicKey: s.VAPIDPublicKey, ConsentVersions: models.ConsentVersions,
		IntendedUse: wordsOf(ctx).IntendedUse(),
		Limits: Limits{
			BodyBytes: maxBody, SyncBodyBytes: maxSyncBody,
			UnsignedBodyBytes: smallBody, ReportsADay: models.MaxReportsADay, SessionsADay: models.MaxSessionsADay,
			Rollers: models.MaxRollers, Rows: models.MaxRows, Devices: models.MaxDevices, RequestsAtOnce: atOnce,
			PageDefault: models.DefaultLimit, PageMax: models.MaxLimit,
			Rates: []Limit{writesPerAccount, readsPerAccount, accountsPerAddress, devicesPerAccount, signInsPerAccount, signInsPerAddress, refusedPerAccount, signInsSlowed, codesPerAddress, testPushes},
		},
	}}, nil
}

type knowledgeOutput struct {
	CacheControl string `header:"Cache-Control" example:"public, max-age=3600"`
	Body         Knowledge
}

// Knowledge is the medical rules in force.
type Knowledge struct {
	KBVersion   string          `json:"kb_version" example:"0.2.0"`
	ReviewedBy  *string         `json:"reviewed_by" doc:"The clinician who signed this version off; null: nobody has"`
	IntendedUse string          `json:"intended_use" doc:"What Aftercare is for, and what it is not"`
	Rules       []KnowledgeRule `json:"rules"`
}

// KnowledgeRule is one row of the knowledge base.
type KnowledgeRule struct {
	ID         string     `json:"id" example:"DS-01"`
	Tier       *care.Tier `json:"tier" doc:"The tier it gives; null: none"`
	Summary    string     `json:"summary"`
	Sources    []string   `json:"sources" doc:"Ids of the sources; empty: a choice of design"`
	Confidence *string    `json:"confidence" doc:"How sure the sources are, in words; null: a choice of design" example:"medium"`
}

func (s *server) knowledge(ctx context.Context, _ *struct{}) (*knowledgeOutput, error) {
	requestOf(ctx).same = true
	out := &knowledgeOutput{CacheControl: "public, max-age=3600", Body: Knowledge{KBVersion: care.KBVersion, IntendedUse: wordsOf(ctx).IntendedUse()}}
	for _, r := range care.Rules() {
		row := KnowledgeRule{ID: r.ID, Summary: r.Summary, Sources: append([]string{}, r.Sources...), Confidence: some(r.Confidence)}
		if r.Tier != "" {
			row.Tier = new(care.Tier)
			if err := row.Tier.UnmarshalText([]byte(r.Tier)); err != nil {
				return nil, err
			}
		}
		out.Body.Rules = append(out.Body.Rules, row)
	}
	return out, nil
}

type catalogueInput struct {
	Region string `query:"region" pattern:"^[A-Za-z]{2}$" doc:"Where the person lives (ISO 3166): sentences then name the numbers to call there; default: they name none" example:"GB"`
}

type catalogueOutput struct {
	CacheControl string `header:"Cache-Control" example:"public, max-age=3600"`
	Body         texts.Catalogue
}

// catalogue returns every text about health that an app shows by itself.
func (s *server) catalogue(ctx context.Context, in *catalogueInput) (*catalogueOutput, error) {
	requestOf(ctx).same = true
	var forecasts []texts.NeedleForecast
	for _, e := range care.Expectations() {
		forecasts = append(forecasts, texts.NeedleForecast{NeedleMM: e.NeedleMM, Sessions: e.Sessions, Rollers: e.Rollers})
	}
	words := wordsOf(ctx)
	if in.Region != "" {
		words.Printer = words.In(in.Region)
	}
	c := words.Catalogue(models.ConsentVersions, forecasts)
	c.RedFlags, c.Courses = redFlags(), courses()
	return &catalogueOutput{"public, max-age=3600", c}, nil
}

// redFlags returns the emergencies of the rules, for an app without a network.
func redFlags() []texts.RedFlag {
	var list []texts.RedFlag
	for _, f := range care.RedFlags() {
		flag := texts.RedFlag{Rule: f.Rule}
		for _, c := range f.All {
			flag.All = append(flag.All, texts.Condition(c))
		}
		list = append(list, flag)
	}
	return list
}

// courses returns what is usual by the rules, for a chart without a network.
func courses() []texts.Course {
	var list []texts.Course
	for _, c := range care.Courses() {
		course := texts.Course{UpToMM: some(c.UpToMM)}
		for _, r := range c.Rows {
			course.Rows = append(course.Rows, texts.CourseRow{
				UntilH: some(math.Floor(r.Until.Hours())), Erythema: r.Erythema, Swelling: r.Swelling, Warmth: r.Warmth,
				Pain: r.Pain, Itch: r.Itch, Burning: r.Burning, Flaking: r.Flaking,
			})
		}
		list = append(list, course)
	}
	return list
}
