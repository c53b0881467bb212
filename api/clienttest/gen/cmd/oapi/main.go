// oapi plays one person's way through the API with the client that
// oapi-codegen makes of its document.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	api "aftercare/clienttest/oapi"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: oapi URL")
		os.Exit(2)
	}
	if err := play(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// must wants a body of the status that means success.
func must[T any](body *T, problem []byte, err error) (T, error) {
	if err != nil {
		return *new(T), err
	}
	if body == nil {
		return *new(T), fmt.Errorf("answered %s", problem)
	}
	return *body, nil
}

func play(ctx context.Context, url string) error {
	anyone, err := api.NewClientWithResponses(url)
	if err != nil {
		return err
	}
	metaAnswer, err := anyone.ReadMetaWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	meta, err := must(metaAnswer.JSON200, metaAnswer.Body, nil)
	if err != nil {
		return err
	}
	signUp, err := anyone.SignUpWithResponse(ctx, api.SignUp{
		TimeZone: "Europe/Berlin", Consent: api.HealthConsent{HealthData: true, Version: "1"},
		Device: api.NewDevice{Name: "my phone", Platform: api.Android},
	})
	if err != nil {
		return err
	}
	signedIn, err := must(signUp.JSON201, signUp.Body, nil)
	if err != nil {
		return err
	}
	client, err := api.NewClientWithResponses(url, api.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+signedIn.Token)
		return nil
	}))
	if err != nil {
		return err
	}
	return diary(ctx, client, meta.ServerTime)
}

func diary(ctx context.Context, client *api.ClientWithResponses, now time.Time) error {
	needle, redness, smell := 0.5, int64(2), api.CertaintyNo
	session, err := client.ReplaceSessionWithResponse(ctx, "my-first-session", nil, api.SessionInput{
		StartedAt: now.Add(-50 * time.Hour), NeedleMm: &needle, Areas: &[]api.Area{api.Crown},
	})
	if err != nil {
		return err
	}
	if _, err := must(session.JSON201, session.Body, nil); err != nil {
		return err
	}
	answer, err := client.ReplaceReportWithResponse(ctx, "my-first-report", nil, api.ReportInput{
		ObservedAt: now.Add(-time.Hour), Erythema: &redness, Odour: &smell, Discharge: &[]api.Discharge{api.DischargeYellowGreen},
	})
	if err != nil {
		return err
	}
	report, err := must(answer.JSON201, answer.Body, nil)
	if err != nil {
		return err
	}
	if report.Assessment == nil || report.Assessment.Tier != api.SameDay {
		return fmt.Errorf("assessed as %+v", report.Assessment)
	}
	note := "since this morning"
	changed, err := client.ChangeReportWithApplicationMergePatchPlusJSONBodyWithResponse(ctx, report.Id, nil, api.ReportPatch{Note: &note})
	if err != nil {
		return err
	}
	if after, err := must(changed.JSON200, changed.Body, nil); err != nil || after.Version != report.Version+1 {
		return errors.Join(err, fmt.Errorf("version %d", after.Version))
	}
	return doctor(ctx, client)
}

func doctor(ctx context.Context, client *api.ClientWithResponses) error {
	rest, err := client.MayIRollWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	mayI, err := must(rest.JSON200, rest.Body, nil)
	if err != nil {
		return err
	}
	timeline, err := client.ReadPlanWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	plan, err := must(timeline.JSON200, timeline.Body, nil)
	if err != nil || !slices.ContainsFunc(plan.Items, func(i api.PlanItem) bool { return i.Kind == api.KindCheckIn }) {
		return errors.Join(err, errors.New("no check-in is planned"))
	}
	list, err := client.ListWarningsWithResponse(ctx, &api.ListWarningsParams{State: &[]api.WarningState{api.WarningStateActive}})
	if err != nil {
		return err
	}
	warnings, err := must(list.JSON200, list.Body, nil)
	if err != nil || len(warnings.Items) == 0 {
		return errors.Join(err, errors.New("no warning"))
	}
	warning := warnings.Items[0]
	tap, err := client.AcknowledgeWarningWithResponse(ctx, warning.Id, nil, api.WarningAnswer{Action: api.ActionBooked})
	if err != nil {
		return err
	}
	acknowledged, err := must(tap.JSON200, tap.Body, nil)
	if err != nil {
		return err
	}
	visit, err := client.AddClinicianVisitWithResponse(ctx, warning.EpisodeId, nil, api.ClinicianVisit{Outcome: api.OutcomeCleared})
	if err != nil {
		return err
	}
	if _, err := must(visit.JSON200, visit.Body, nil); err != nil {
		return err
	}
	fmt.Printf("%s|%s|%s\n", warning.Tier, mayI.State, acknowledged.State)
	return nil
}
