// ogen plays one person's way through the API with the client that ogen makes
// of its document.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	api "aftercare/clienttest/ogenclient"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: ogen URL")
		os.Exit(2)
	}
	if err := play(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// bearer gives each call the token, once there is one.
type bearer struct{ token string }

func (b *bearer) Token(context.Context, api.OperationName) (api.Token, error) {
	return api.Token{Token: b.token}, nil
}

// unexpected names an answer that means no success.
func unexpected(answer any, err error) error {
	return errors.Join(err, fmt.Errorf("answered %+v", answer))
}

func play(ctx context.Context, url string) error {
	caller := &bearer{}
	client, err := api.NewClient(url, caller)
	if err != nil {
		return err
	}
	answer, err := client.ReadMeta(ctx, api.ReadMetaParams{})
	meta, ok := answer.(*api.MetaHeaders)
	if !ok {
		return unexpected(answer, err)
	}
	signUp, err := client.SignUp(ctx, &api.SignUp{
		TimeZone: "Europe/Berlin", Consent: api.HealthConsent{HealthData: true, Version: "1"},
		Device: api.NewDevice{Name: "my phone", Platform: api.PlatformAndroid},
	})
	signedIn, ok := signUp.(*api.SignedInHeaders)
	if !ok {
		return unexpected(signUp, err)
	}
	caller.token = signedIn.Response.Token
	return diary(ctx, client, meta.Response.ServerTime)
}

func diary(ctx context.Context, client *api.Client, now time.Time) error {
	session, err := client.ReplaceSession(ctx, &api.SessionInput{
		StartedAt: now.Add(-50 * time.Hour), NeedleMm: api.NewOptNilFloat64(0.5), Areas: api.NewOptNilAreaArray([]api.Area{api.AreaCrown}),
	}, api.ReplaceSessionParams{ID: "my-first-session"})
	if _, ok := session.(*api.ReplaceSessionCreated); !ok {
		return unexpected(session, err)
	}
	answer, err := client.ReplaceReport(ctx, &api.ReportInput{
		ObservedAt: now.Add(-time.Hour), Erythema: api.NewOptNilInt64(2), Odour: api.NewOptNilCertainty(api.CertaintyNo),
		Discharge: api.NewOptNilDischargeArray([]api.Discharge{api.DischargeYellowGreen}),
	}, api.ReplaceReportParams{ID: "my-first-report"})
	report, ok := answer.(*api.ReplaceReportCreated)
	if !ok {
		return unexpected(answer, err)
	}
	if a, known := report.Response.Assessment.Get(); !known || a.Tier != api.TierSameDay {
		return fmt.Errorf("assessed as %+v", a)
	}
	patched, err := client.ChangeReport(ctx, &api.ReportPatch{Note: api.NewOptNilString("since this morning")}, api.ChangeReportParams{ID: report.Response.ID})
	if changed, ok := patched.(*api.ReportHeaders); !ok || changed.Response.Version != report.Response.Version+1 {
		return unexpected(patched, err)
	}
	return doctor(ctx, client)
}

func doctor(ctx context.Context, client *api.Client) error {
	rest, err := client.MayIRoll(ctx, api.MayIRollParams{})
	mayI, ok := rest.(*api.RestHeaders)
	if !ok {
		return unexpected(rest, err)
	}
	timeline, err := client.ReadPlan(ctx, api.ReadPlanParams{})
	plan, ok := timeline.(*api.PlanHeaders)
	if !ok || !slices.ContainsFunc(plan.Response.Items, func(i api.PlanItem) bool { return i.Kind == api.KindCheckIn }) {
		return unexpected(timeline, err)
	}
	list, err := client.ListWarnings(ctx, api.ListWarningsParams{State: []api.WarningState{api.WarningStateActive}})
	warnings, ok := list.(*api.WarningListHeaders)
	if !ok || len(warnings.Response.Items) == 0 {
		return unexpected(list, err)
	}
	warning := warnings.Response.Items[0]
	tap, err := client.AcknowledgeWarning(ctx, &api.WarningAnswer{Action: api.ActionBooked}, api.AcknowledgeWarningParams{ID: warning.ID})
	acknowledged, ok := tap.(*api.AcknowledgeWarningOKHeaders)
	if !ok {
		return unexpected(tap, err)
	}
	visit, err := client.AddClinicianVisit(ctx, &api.ClinicianVisit{Outcome: api.OutcomeCleared}, api.AddClinicianVisitParams{ID: warning.EpisodeID})
	if _, ok := visit.(*api.AddClinicianVisitOKHeaders); !ok {
		return unexpected(visit, err)
	}
	fmt.Printf("%s|%s|%s\n", warning.Tier, mayI.Response.State, acknowledged.Response.State)
	return nil
}
