package care

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestEveryReportHasOneTierAndItsRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, p, now := genLife(t)
		v := Assess(h, p, now)
		for _, r := range h.Reports {
			a, judged := v.Reports[r.ID]
			if want := r.At.After(time.Time{}) && !r.At.After(now); judged != want {
				t.Fatalf("%s at %v is judged: %v, want %v", r.ID, r.At, judged, want)
			}
			if judged {
				checkAssessment(t, *a)
			}
			if judged && reflect.DeepEqual(r.Answers, calmly()) && a.Tier != Expected {
				t.Fatalf("a calm report is %v by %v", a.Tier, a.Rules)
			}
		}
	})
}

func checkAssessment(t *rapid.T, a Assessment) {
	t.Helper()
	if len(a.Rules) == 0 || a.Rules[0] != a.Rule {
		t.Fatalf("deciding rule %q of %v", a.Rule, a.Rules)
	}
	for i, id := range a.Rules {
		tier := tierOf(t, id)
		if tier > a.Tier || i == 0 && tier != a.Tier {
			t.Fatalf("tier %v by %v, but %s is %v", a.Tier, a.Rules, id, tier)
		}
	}
	if !slices.Contains(Keys(), a.Title) {
		t.Fatalf("title %q is not among the keys", a.Title)
	}
}

func tierOf(t *rapid.T, id string) Tier {
	for i := range triage {
		if triage[i].ID == id {
			return triage[i].Tier
		}
	}
	t.Fatalf("no rule %q", id)
	return 0
}

// worse makes one answer of a report worse. What was left out is no value that
// could get worse.
func worse(t *rapid.T, a *Answers) {
	raise := func(v **int, top int) {
		if *v != nil && **v >= 0 && **v < top {
			*v = new(**v + 1)
		}
	}
	add := func(s *Set, words ...string) { *s = append(slices.Clone(*s), pick(t, "added", words...)) }
	climb := func(v *string, ladder ...string) {
		if i := slices.Index(ladder, *v); i >= 0 && i+1 < len(ladder) {
			*v = ladder[i+1]
		}
	}
	switch rapid.IntRange(0, 17).Draw(t, "worse") {
	case 0:
		raise(&a.Erythema, 3)
	case 1:
		raise(&a.Swelling, 3)
	case 2:
		raise(&a.Warmth, 3)
	case 3:
		raise(&a.Flaking, 3)
	case 4:
		raise(&a.Pain, 10)
	case 5:
		raise(&a.Itch, 10)
	case 6:
		raise(&a.Burning, 10)
	case 7:
		climb(&a.Extent, "", "rolled_area", "beyond", "spreading", "streaks")
	case 8:
		add(&a.Discharge, "clear", "blood", "yellow_green", "thick", "not_sure")
	case 9:
		climb(&a.Odour, "no", "not_sure", "yes")
	case 10:
		climb(&a.TenderNodes, "no", "not_sure", "yes")
	case 11:
		climb(&a.Feverish, "no", "not_sure", "yes")
	case 12:
		climb(&a.Lumps, "none", "few_pimples", "many_pustules")
	case 13:
		climb(&a.Bleeding, "none", "pinpoint", "returned", "not_stopping")
	case 14:
		add(&a.Systemic, "chills", "very_unwell", "confusion", "faintness", "racing_heart", "no_urine", "not_sure")
	case 15:
		add(&a.Alarm, "eyelid_swelling", "eye_pain_or_vision", "chest_pain", "pain_beyond_look", "skin_black_or_numb", "not_sure")
	case 16:
		add(&a.Skin, "local_hives", "rash", "scaly_plaque", "scaly_ring", "growing_scab", "raised_scar", "lasting_marks")
	case 17:
		if a.TemperatureC != nil && *a.TemperatureC >= 36 && *a.TemperatureC < 42 {
			a.TemperatureC = new(*a.TemperatureC + pick(t, "warmer", 0.1, 0.5, 1))
		}
		climb(&a.Trend, "better", "same", "worse")
	}
}

// judgedAlone cuts a history after one of its reports.
func judgedAlone(t *rapid.T, h History) (History, int) {
	i := rapid.IntRange(0, len(h.Reports)-1).Draw(t, "judged")
	at := h.Reports[i].At
	h = cloned(h)
	var kept []Report
	for k, r := range h.Reports {
		if k != i && r.At.Before(at) {
			kept = append(kept, r)
		}
	}
	h.Reports = append(kept, h.Reports[i])
	return h, len(kept)
}

func genTold(t *rapid.T) (History, int) {
	h := genHistory(t)
	h.Reports = append(h.Reports, Report{ID: "report-last", At: genAfter(t, "report", h.Sessions), Answers: genAnswers(t)})
	return judgedAlone(t, h)
}

func TestAWorseSymptomNeverLowersTheTier(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, i := genTold(t)
		p := genPerson(t, genNow(t))
		id, at := h.Reports[i].ID, h.Reports[i].At
		before := report(Assess(h, p, at), id)
		h = cloned(h)
		worse(t, &h.Reports[i].Answers)
		after := report(Assess(h, p, at), id)
		if after.Tier < before.Tier {
			t.Fatalf("%v by %v became %v by %v", before.Tier, before.Rules, after.Tier, after.Rules)
		}
	})
}

func TestNotSureNeverLowersTheTier(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, i := genTold(t)
		p := genPerson(t, genNow(t))
		id, at := h.Reports[i].ID, h.Reports[i].At
		before := report(Assess(h, p, at), id)
		h = cloned(h)
		a := &h.Reports[i].Answers
		for _, s := range []*string{&a.Odour, &a.TenderNodes, &a.Feverish} {
			if *s != "yes" && chance(t, 2) {
				*s = "not_sure"
			}
		}
		for _, s := range []*Set{&a.Discharge, &a.Systemic, &a.Alarm} {
			if chance(t, 2) {
				*s = append(slices.Clone(*s), "not_sure")
			}
		}
		after := report(Assess(h, p, at), id)
		if after.Tier < before.Tier {
			t.Fatalf("%v by %v became %v by %v", before.Tier, before.Rules, after.Tier, after.Rules)
		}
	})
}

func TestBeingAtRiskNeverLowersATier(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, p, now := genLife(t)
		before := Assess(h, p, now)
		p.Risks = append(slices.Clone(p.Risks), Risk{Code: "diabetes"})
		after := Assess(h, p, now)
		for id, a := range before.Reports {
			if after.Reports[id].Tier < leastTier(t, h, *a) {
				t.Fatalf("%s: %v by %v became %v by %v", id, a.Tier, a.Rules, after.Reports[id].Tier, after.Reports[id].Rules)
			}
		}
		for tier := DoctorSoon; tier <= Emergency; tier++ {
			if warnedInSilence(before, tier) && !warnedOf(after, tier) {
				t.Fatalf("in silence: %+v became %+v", before.Warnings, after.Warnings)
			}
		}
	})
}

// burnsByMinoxidil says that WT-12 is true, also beside a higher rule.
func burnsByMinoxidil(a Assessment) bool {
	return slices.Contains(a.Rules, "WT-12") || slices.ContainsFunc(a.Advice, func(x Advice) bool { return x.Rule == "WT-12" })
}

// warnedInSilence says that time alone raised a warning of the tier, warnedOf
// that anything raised one of it or a higher one.
func warnedInSilence(v Verdict, tier Tier) bool {
	return slices.ContainsFunc(v.Warnings, func(w Warning) bool { return w.Tier == tier && w.Fired[0].ByTime })
}

func warnedOf(v Verdict, tier Tier) bool {
	return slices.ContainsFunc(v.Warnings, func(w Warning) bool { return w.Tier >= tier })
}

// leastTier is what more risk must leave of a tier: all of it, but for SD-17
// where a clinician was told of. At risk a T2 rule holds sooner, so that the
// clinician may have seen it, and then it does not escalate.
func leastTier(t *rapid.T, h History, a Assessment) Tier {
	if a.Rule != "SD-17" || len(a.Rules) == 1 || !clinicianToldOf(h) {
		return a.Tier
	}
	return tierOf(t, a.Rules[1])
}

func clinicianToldOf(h History) bool {
	return len(h.Clinician) > 0 ||
		slices.ContainsFunc(h.Reports, func(r Report) bool { return r.SeenByClinician }) ||
		slices.ContainsFunc(h.Acks, func(a Ack) bool { return a.Action == "seen" || a.Action == "booked" })
}

func TestMoreHoursNeverLowerTheTier(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, i := genTold(t)
		p := genPerson(t, h.Reports[i].At)
		for k := range p.Risks { // that a flag ends is another matter
			p.Risks[k].Until, p.Risks[k].EndedAt = Date{}, time.Time{}
		}
		id, at := h.Reports[i].ID, h.Reports[i].At
		wait := time.Duration(rapid.IntRange(1, 24*40).Draw(t, "hours later")) * time.Hour
		for _, s := range h.Sessions {
			if end := s.Time(); end.After(at) && !end.After(at.Add(wait)) {
				t.Skip("a session between")
			}
		}
		for _, r := range h.Reports {
			if at.Sub(r.At)+wait > lateWindow { // DQ-04 looks back 60 d
				t.Skip("reports of more than 60 d")
			}
		}
		for _, e := range h.Clinician {
			if !e.At.Before(at) && !e.At.After(at.Add(wait)) {
				t.Skip("an event between")
			}
		}
		h.Acks = nil
		before := report(Assess(h, p, at), id)
		h = cloned(h)
		h.Reports[i].At = at.Add(wait)
		after := report(Assess(h, p, at.Add(wait)), id)
		switch {
		case before.HoursSince >= 0 && before.HoursSince < 24:
			t.Skip("the first day")
		case (before.HoursSince < 0) != (after.HoursSince < 0):
			t.Skip("DQ-04: 60 d")
		case slices.Contains(before.Rules, "SD-05") && !slices.Contains(after.Rules, "SD-05"):
			t.Skip("SD-05 without a local sign: 7 d")
		case burnsByMinoxidil(before) && !burnsByMinoxidil(after):
			t.Skip("WT-12: hours after minoxidil")
		case slices.Contains(before.Rules, "EM-06") && !slices.Contains(after.Rules, "EM-06"):
			t.Skip("EM-06: 72 h after a report with minoxidil, or 60 d after a session with it")
		case slices.Contains(before.Rules, "SD-17") && !slices.Contains(after.Rules, "WT-04") && !slices.Contains(after.Rules, "WT-07"):
			t.Skip("SD-17 by a T1 rule that has become a T2 rule of its own, as WT-06 becomes DS-06 at 72 h")
		case after.Tier < before.Tier:
			t.Fatalf("%v by %v became %v by %v %v later", before.Tier, before.Rules, after.Tier, after.Rules, wait)
		}
	})
}

func TestANewSessionNeverResetsTheAgeOfAnOpenEpisode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, p, now := genHistory(t), genPerson(t, allTold), allTold
		h.Clinician, h.Acks = nil, nil
		before := Assess(h, p, now)
		if len(before.Episodes) == 0 {
			t.Skip("no episode")
		}
		e := before.Episodes[len(before.Episodes)-1]
		if e.State != EpisodeOpen || now.Sub(e.LastReportAt) > 50*365*day {
			t.Skip("none open")
		}
		after := h
		s := genSession(t, "session-new")
		s.StartedAt = e.LastReportAt.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "rolled later")) * time.Hour)
		s.EndedAt = time.Time{}
		after.Sessions = append(slices.Clone(h.Sessions), s)
		got := Assess(after, p, now)
		if diff := difference(before.Episodes, got.Episodes); diff != "" {
			t.Fatalf("rolling again changed the episodes:\n%s", diff)
		}
		if diff := difference(before.Warnings, got.Warnings); diff != "" {
			t.Fatalf("rolling again changed the warnings:\n%s", diff)
		}
	})
}

func TestSilenceNeverClosesAnEpisode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, p, now := genHistory(t), genPerson(t, allTold), allTold
		before := Assess(h, p, now)
		after := Assess(h, p, now.Add(time.Duration(rapid.IntRange(1, 10000).Draw(t, "hours"))*time.Hour))
		for i, e := range before.Episodes {
			a := after.Episodes[i]
			if a.State != e.State || a.Tier < e.Tier || a.PeakTier < e.PeakTier {
				t.Fatalf("silence turned %+v into %+v", e, a)
			}
		}
	})
}
