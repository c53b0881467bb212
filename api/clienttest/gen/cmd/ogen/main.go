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
	return doctor(ctx, client, now)
}

func doctor(ctx context.Context, client *api.Client, now time.Time) error {
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
	acknowledged, ok := tap.(*api.WarningHeaders)
	if !ok {
		return unexpected(tap, err)
	}
	undo, err := client.UnacknowledgeWarning(ctx, api.UnacknowledgeWarningParams{ID: warning.ID})
	if _, ok := undo.(*api.UnacknowledgeWarningNoContent); !ok {
		return unexpected(undo, err)
	}
	read, err := client.ReadWarning(ctx, api.ReadWarningParams{ID: warning.ID})
	again, ok := read.(*api.WarningHeaders)
	if !ok {
		return unexpected(read, err)
	}
	outcome, err := visit(ctx, client, warning.EpisodeID, now)
	if err != nil {
		return err
	}
	fmt.Printf("%s|%s|%s|%s|%s\n", warning.Tier, mayI.Response.State, acknowledged.Response.State, again.Response.State, outcome)
	return nil
}

// visit says what the doctor did, and makes the page for the next one.
func visit(ctx context.Context, client *api.Client, episode string, now time.Time) (api.Outcome, error) {
	made, err := client.CreateClinicianEvent(ctx, &api.ClinicianEventInput{
		EpisodeID: api.NewOptNilString(episode), At: now.Add(-30 * time.Minute), Outcome: api.OutcomeCleared,
	}, api.CreateClinicianEventParams{})
	event, ok := made.(*api.CreateClinicianEventCreated)
	if !ok {
		return "", unexpected(made, err)
	}
	outcome, known := event.Response.Outcome.Get()
	if !known {
		return "", errors.New("no outcome")
	}
	shared, err := client.MakeDoctorReport(ctx, &api.DoctorReportInput{
		From: now.Add(-100 * time.Hour), To: now, Questions: api.NewOptString("May I roll again?"),
		Include: []api.ReportPart{api.ReportPartSessions, api.ReportPartReports, api.ReportPartWarnings},
	}, api.MakeDoctorReportParams{})
	page, ok := shared.(*api.NewDoctorReportHeaders)
	if !ok {
		return "", unexpected(shared, err)
	}
	list, err := client.ListDoctorReports(ctx)
	pages, ok := list.(*api.DoctorReportListHeaders)
	if !ok || len(pages.Response.Items) != 1 || pages.Response.Items[0].ID != page.Response.ID {
		return "", unexpected(list, err)
	}
	return outcome, nil
}
