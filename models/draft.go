package models

import (
	"math"
	"slices"
	"strings"

	"aftercare/models/care"
)

// draft has room for one verdict at a time, in its stored form: nearly all
// verdicts of a judgement turn out to be stored already.
type draft struct {
	ofReport   ReportVerdict
	assessment Assessment
	hours      float64
	advice     []Advice
	ofSession  SessionVerdict
	rest       SessionRest
}

// report returns the verdict on a report, without its episode and warnings. It
// is valid until the next call; kept returns a copy that lasts.
func (d *draft) report(a *care.Assessment, standing []string, since Time) *ReportVerdict {
	d.assessment = Assessment{
		Standing: standing, StandingSince: since,
		Tier: a.Tier, Rule: a.Rule, Rules: a.Rules, AtRisk: a.AtRisk,
		KBVersion: care.KBVersion, Code: a.Title, AsksAgain: a.AsksAgain,
	}
	if len(standing) == 0 { // only a later version counts it
		d.assessment.Code = strings.TrimSuffix(d.assessment.Code, ".standing")
	}
	if a.HoursSince >= 0 {
		d.hours = math.Round(a.HoursSince*100) / 100
		d.assessment.HoursSinceSession = &d.hours
	}
	d.advice = d.advice[:0]
	for _, line := range a.Advice {
		d.advice = append(d.advice, Advice{Rule: line.Rule, Code: line.Code})
		d.assessment.Advice = d.advice
	}
	if d.assessment.AsksAgain == nil {
		d.assessment.AsksAgain = []string{}
	}
	d.ofReport.Assessment = &d.assessment
	return &d.ofReport
}

// kept returns a copy that shares nothing with a draft.
func (v *ReportVerdict) kept() ReportVerdict {
	out, a := *v, *v.Assessment
	out.Assessment, a.Advice = &a, slices.Clone(a.Advice)
	if a.HoursSinceSession != nil {
		a.HoursSinceSession = new(*a.HoursSinceSession)
	}
	return out
}

// session returns the verdict on a session, valid until the next call.
func (d *draft) session(c *care.SessionCare) *SessionVerdict {
	d.rest = SessionRest{Until: T(c.Until), Days: c.Days, FloorUntil: T(c.FloorUntil), Rule: c.Rule}
	d.ofSession.Rest, d.ofSession.Advisories = &d.rest, appendAdvisories(d.ofSession.Advisories[:0], c.Advisories)
	return &d.ofSession
}

// kept returns a copy that shares nothing with a draft.
func (v *SessionVerdict) kept() SessionVerdict {
	rest := *v.Rest
	return SessionVerdict{&rest, slices.Clone(v.Advisories)}
}
