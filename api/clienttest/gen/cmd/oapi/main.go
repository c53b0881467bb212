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
	return doctor(ctx, client, now)
}

func doctor(ctx context.Context, client *api.ClientWithResponses, now time.Time) error {
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
	undo, err := client.UnacknowledgeWarningWithResponse(ctx, warning.Id)
	if err != nil {
		return err
	}
	if undo.StatusCode() != http.StatusNoContent {
		return fmt.Errorf("answered %s", undo.Body)
	}
	read, err := client.ReadWarningWithResponse(ctx, warning.Id, nil)
	if err != nil {
		return err
	}
	again, err := must(read.JSON200, read.Body, nil)
	if err != nil || again.Action != nil {
		return errors.Join(err, fmt.Errorf("taken back, the warning is %s", again.State))
	}
	outcome, err := visit(ctx, client, warning.EpisodeId, now)
	if err != nil {
		return err
	}
	fmt.Printf("%s|%s|%s|%s|%s\n", warning.Tier, mayI.State, acknowledged.State, again.State, outcome)
	return nil
}

// visit says what the doctor did, and makes the page for the next one.
func visit(ctx context.Context, client *api.ClientWithResponses, episode string, now time.Time) (api.Outcome, error) {
	cleared := api.OutcomeCleared
	made, err := client.CreateClinicianEventWithResponse(ctx, nil, api.ClinicianEventInput{
		EpisodeId: &episode, At: now.Add(-30 * time.Minute), Outcome: cleared,
	})
	if err != nil {
		return "", err
	}
	event, err := must(made.JSON201, made.Body, nil)
	if err != nil || event.Outcome == nil {
		return "", errors.Join(err, errors.New("no outcome"))
	}
	questions := "May I roll again?"
	shared, err := client.MakeDoctorReportWithResponse(ctx, nil, api.DoctorReportInput{
		From: now.Add(-100 * time.Hour), To: now, Include: []api.ReportPart{api.ReportPartSessions, api.ReportPartReports, api.ReportPartWarnings}, Questions: &questions,
	})
	if err != nil {
		return "", err
	}
	page, err := must(shared.JSON201, shared.Body, nil)
	if err != nil {
		return "", err
	}
	list, err := client.ListDoctorReportsWithResponse(ctx)
	if err != nil {
		return "", err
	}
	pages, err := must(list.JSON200, list.Body, nil)
	if err != nil || len(pages.Items) != 1 || pages.Items[0].Id != page.Id {
		return "", errors.Join(err, fmt.Errorf("the pages for a doctor are %+v", pages.Items))
	}
	return *event.Outcome, nil
}
