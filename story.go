package main

import (
	"fmt"
	"time"
)

// object is a request or an answer in JSON.
type object = map[string]any

// tell is one person's first weeks: a session, redness that does not go, the
// held go-ahead, the warning, the doctor, and the next go-ahead.
func (s *stage) tell() error {
	fmt.Fprintln(s.out, "Aftercare, one person's story. Times are local (Europe/Berlin); \"phone\" is what a lock screen shows.")
	for _, scene := range []func() error{s.arrival, s.firstSession, s.redness, s.silence, s.warning, s.doctor, s.goAhead} {
		fmt.Fprintln(s.out)
		if err := scene(); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) arrival() error {
	var made struct{ Token string }
	err := s.call("POST", "/v1/accounts", object{
		"time_zone": "Europe/Berlin", "locale": "en", "region": "DE", "consent": object{"health_data": true, "version": "1"},
		"device": object{"name": "Anna's phone", "platform": "android"},
	}, &made)
	if err != nil {
		return err
	}
	s.token = made.Token
	address, err := s.service.Subscribe()
	if err != nil {
		return err
	}
	err = s.call("PUT", "/v1/devices/current/push", object{
		"transport": "webpush", "endpoint": address.Endpoint, "keys": object{"p256dh": address.P256dh, "auth": address.Auth},
	}, nil)
	if err != nil {
		return err
	}
	s.print("Anna", "makes an account without a name or an e-mail address")
	err = s.call("PUT", "/v1/rollers/roller-0001", object{"name": "0.5 mm", "needle_mm": 0.5, "first_used_on": "2026-01-05"}, nil)
	if err != nil {
		return err
	}
	s.print("Anna", "adds her roller: 0.5 mm, in use since January")
	return s.sayRest()
}

func (s *stage) firstSession() error {
	var session struct {
		Rest       struct{ Until time.Time }
		Advisories []struct{ Rule, Message string }
	}
	err := s.call("PUT", "/v1/sessions/session-0001", object{
		"started_at": s.now().Add(-15 * time.Minute), "ended_at": s.now(), "roller_id": "roller-0001",
		"areas": []string{"crown"}, "bleeding": "pinpoint", "roller_disinfected": true,
	}, &session)
	if err != nil {
		return err
	}
	s.print("Anna", "rolls, and logs it")
	for _, a := range session.Advisories {
		s.print("app", "%s (%s)", a.Message, a.Rule)
	}
	if err := s.sayRest(); err != nil {
		return err
	}
	if err := s.pass(24 * time.Hour); err != nil {
		return err
	}
	return s.report("report-0001", "pink, as after a little sun", object{"erythema": 1, "itch": 2})
}

func (s *stage) redness() error {
	if err := s.pass(49 * time.Hour); err != nil {
		return err
	}
	return s.report("report-0002", "still pink", object{"erythema": 1})
}

func (s *stage) silence() error {
	s.print("Anna", "is busy, and answers nothing more")
	return s.pass(5 * 24 * time.Hour)
}

func (s *stage) warning() error {
	var page struct {
		Items []struct {
			ID, EpisodeID              string
			Tier, Rule, Title, Message string
		}
	}
	if err := s.call("GET", "/v1/warnings?state=active", nil, &page); err != nil {
		return err
	}
	for _, w := range page.Items {
		s.print("app", "%s (%s, %s)", w.Title, w.Tier, w.Rule)
		s.print("app", "%s", w.Message)
		if err := s.call("POST", "/v1/warnings/"+w.ID+"/acknowledge", object{"action": "will_book"}, nil); err != nil {
			return err
		}
	}
	s.print("Anna", "answers: I will book an appointment")
	return s.sayRest()
}

func (s *stage) doctor() error {
	if err := s.pass(2 * 24 * time.Hour); err != nil {
		return err
	}
	var page struct{ Items []struct{ ID string } }
	if err := s.call("GET", "/v1/episodes", nil, &page); err != nil {
		return err
	}
	for _, e := range page.Items {
		if err := s.call("POST", "/v1/episodes/"+e.ID+"/clinician", object{"outcome": "cleared"}, nil); err != nil {
			return err
		}
	}
	s.print("Anna", "saw a dermatologist, who looked at it and cleared it")
	if err := s.report("report-0003", "calm: one tap", object{"calm": true}); err != nil {
		return err
	}
	return s.sayRest()
}

func (s *stage) goAhead() error {
	if err := s.pass(25 * 24 * time.Hour); err != nil {
		return err
	}
	var roller struct {
		Uses       int
		ReplaceBy  string `json:"replace_by"`
		Advisories []struct{ Rule, Message string }
	}
	if err := s.call("GET", "/v1/rollers/roller-0001", nil, &roller); err != nil {
		return err
	}
	for _, a := range roller.Advisories {
		s.print("app", "%s (%s)", a.Message, a.Rule)
	}
	return s.sayRest()
}

// report is a check-in, with what the app answers.
func (s *stage) report(id, words string, answers object) error {
	answers["observed_at"] = s.now()
	var r struct {
		Assessment struct{ Tier, Rule, Title, Message string }
	}
	if err := s.call("PUT", "/v1/reports/"+id, answers, &r); err != nil {
		return err
	}
	s.print("Anna", "reports: %s", words)
	s.print("app", "%s (%s, %s)", r.Assessment.Title, r.Assessment.Tier, r.Assessment.Rule)
	return s.tick()
}

// sayRest prints the answer to "may I roll?".
func (s *stage) sayRest() error {
	var rest struct {
		State     string
		Until     *time.Time
		BlockedBy []struct{ Rule, Message string } `json:"blocked_by"`
	}
	if err := s.call("GET", "/v1/rest", nil, &rest); err != nil {
		return err
	}
	until := ""
	if rest.Until != nil {
		until = ", rest until " + rest.Until.In(s.zone).Format("Mon 02 Jan 15:04")
	}
	s.print("app", "May I roll? %s%s", rest.State, until)
	for _, b := range rest.BlockedBy {
		s.print("app", "  because: %s (%s)", b.Message, b.Rule)
	}
	return nil
}
