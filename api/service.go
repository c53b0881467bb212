package api

import (
	"context"
	"net/http"

	"aftercare/models"
	"aftercare/models/care"
)

const apiVersion = "1.0.0"

// Readiness says whether the server can do its work, and what it sees.
type Readiness struct {
	Ready      bool   `json:"ready"`
	Database   string `json:"database" doc:"ok, or what is wrong" example:"ok"`
	Migrations string `json:"migrations" doc:"ok, or what is missing" example:"ok"`
	// LastTick and OldestUndelivered are ages in seconds; nil: none.
	LastTick          *float64 `json:"last_tick_seconds" doc:"Age of the last run of the jobs; null before the first"`
	OldestUndelivered *float64 `json:"oldest_undelivered_seconds" doc:"How long the oldest push waits beyond its time; null if none waits"`
}

type livezOutput struct {
	Body struct {
		Status string `json:"status" example:"ok"`
	}
}

// livez says that the process answers.
func (s *server) livez(context.Context, *struct{}) (*livezOutput, error) {
	out := &livezOutput{}
	out.Body.Status = "ok"
	return out, nil
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

type metaOutput struct{ Body meta }

type meta struct {
	APIVersion      string            `json:"api_version" example:"1.0.0"`
	KBVersion       string            `json:"kb_version" example:"0.2.0"`
	ServerTime      models.Time       `json:"server_time"`
	VAPIDPublicKey  string            `json:"vapid_public_key" doc:"For PushManager.subscribe; empty without Web Push"`
	IntendedUse     string            `json:"intended_use" doc:"What Aftercare is for, and what it is not"`
	ConsentVersions map[string]string `json:"consent_versions" doc:"The texts in force, by purpose"`
	Limits          limits            `json:"limits"`
}

type limits struct {
	BodyBytes     int     `json:"body_bytes"`
	SyncBodyBytes int     `json:"sync_body_bytes"`
	PageDefault   int     `json:"page_default"`
	PageMax       int     `json:"page_max"`
	Rates         []Limit `json:"rates"`
}

func (s *server) meta(ctx context.Context, _ *struct{}) (*metaOutput, error) {
	return &metaOutput{Body: meta{
		APIVersion: apiVersion, KBVersion: care.KBVersion, ServerTime: models.T(s.Now()),
		VAPIDPublicKey: s.VAPIDPublicKey, ConsentVersions: models.ConsentVersions,
		IntendedUse: wordsOf(ctx).IntendedUse(),
		Limits: limits{
			BodyBytes: maxBody, SyncBodyBytes: maxSyncBody,
			PageDefault: models.DefaultLimit, PageMax: models.MaxLimit,
			Rates: []Limit{writesPerDevice, accountsPerAddress, signInsPerAccount, signInsPerAddress, codesPerAddress, testPushes},
		},
	}}, nil
}

type knowledgeOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		KBVersion   string          `json:"kb_version" example:"0.2.0"`
		ReviewedBy  *string         `json:"reviewed_by" doc:"The clinician who signed this version off; null: nobody has"`
		IntendedUse string          `json:"intended_use" doc:"What Aftercare is for, and what it is not"`
		Rules       []knowledgeRule `json:"rules"`
	}
}

// knowledgeRule is a row of care's tables.
type knowledgeRule struct {
	ID         string   `json:"id" example:"DS-01"`
	Tier       string   `json:"tier,omitempty" doc:"For rules of triage" example:"doctor_soon"`
	Summary    string   `json:"summary"`
	Sources    []string `json:"sources" doc:"Ids of the knowledge base; empty: a choice of design"`
	Confidence string   `json:"confidence,omitempty" doc:"high, medium or low"`
}

// knowledge prints the rules in force, as care has them.
func (s *server) knowledge(ctx context.Context, _ *struct{}) (*knowledgeOutput, error) {
	out := &knowledgeOutput{CacheControl: "public, max-age=3600"}
	out.Body.KBVersion, out.Body.IntendedUse = care.KBVersion, wordsOf(ctx).IntendedUse()
	for _, r := range care.Rules() {
		out.Body.Rules = append(out.Body.Rules, knowledgeRule{r.ID, r.Tier, r.Summary, append([]string{}, r.Sources...), r.Confidence})
	}
	return out, nil
}
