package main

import (
	"fmt"
	"strings"
	"time"
)

// object is a JSON request or response.
type object = map[string]any

// scene is one part of the story.
type scene struct {
	title string
	play  func() error
}

// tell plays one person's first weeks: a session, redness that does not go
// away, the warning, the doctor, the held go-ahead, an old roller, and the next
// go-ahead.
func (s *stage) tell() error {
	s.print(`Anna rolls fine needles over her scalp, against hair loss. The real server plays her
March 2026 with its clock turned fast; times are Berlin's. In [ ] is what her phone's
lock screen shows: no word about health, and nothing in her quiet hours, 21:00 to 08:00.`)
	for _, scene := range []scene{
		{"A session is logged in seconds", s.firstSession},
		{"The app asks how the scalp is; the redness stays, and Anna falls silent", s.redness},
		{"A week is over: a warning, which time alone has caused", s.warning},
		{"The doctor", s.doctor},
		{"The scalp rests on, and the roller is looked at", s.held},
		{"The next go-ahead", s.goAhead},
	} {
		s.print("\n" + scene.title)
		if err := scene.play(); err != nil {
			return err
		}
	}
	return s.lost
}

func (s *stage) firstSession() error {
	if err := s.arrive(); err != nil {
		return err
	}
	s.say("Anna", "makes an account without a name, and answers the health questions: nothing known")
	err := s.call("PUT", "/v1/rollers/roller-0001", object{"name": "0.5 mm", "needle_mm": 0.5, "first_used_on": "2025-12-15"}, nil)
	if err != nil {
		return err
	}
	err = s.call("PUT", "/v1/sessions/session-0001", object{
		"started_at": s.now().Add(-15 * time.Minute), "ended_at": s.now(), "roller_id": "roller-0001",
		"areas": []string{"crown"}, "bleeding": "pinpoint", "roller_disinfected": true,
	}, nil)
	if err != nil {
		return err
	}
	s.say("Anna", "has rolled, with the 0.5 mm roller she has used since 15 December")
	if err := s.mayRoll(); err != nil {
		return err
	}
	return s.tick()
}

// arrive signs up, registers the phone for Web Push, and states that there are
// no known risks.
func (s *stage) arrive() error {
	var made struct{ Token string }
	err := s.call("POST", "/v1/accounts", object{
		"time_zone": s.zone.String(), "locale": "en", "region": "DE", "consent": object{"health_data": true, "version": "1"},
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
	return s.call("PATCH", "/v1/account", object{"risks": []string{}}, nil)
}

func (s *stage) redness() error {
	if err := s.waitUntil(3, 19, 40); err != nil {
		return err
	}
	if err := s.report("report-0001", "pink, as after a little sun; it itches a bit", object{"erythema": 1, "itch": 2}); err != nil {
		return err
	}
	if err := s.waitUntil(5, 20, 15); err != nil {
		return err
	}
	if err := s.report("report-0002", "still pink", object{"erythema": 1}); err != nil {
		return err
	}
	return s.waitUntil(9, 19, 20)
}

func (s *stage) warning() error {
	if err := s.waitUntil(10, 20, 0); err != nil {
		return err
	}
	var page struct {
		Items []struct{ ID, Tier, Rule, Title, Message string }
	}
	if err := s.call("GET", "/v1/warnings?state=active", nil, &page); err != nil {
		return err
	}
	for _, w := range page.Items {
		s.say("app", "%s. %s (%s, %s)", w.Title, w.Message, w.Tier, w.Rule)
		if err := s.call("POST", "/v1/warnings/"+w.ID+"/acknowledge", object{"action": "booked"}, nil); err != nil {
			return err
		}
	}
	s.say("Anna", "has read it, and answers: I have an appointment")
	return s.mayRoll()
}

func (s *stage) doctor() error {
	if err := s.waitUntil(11, 17, 0); err != nil {
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
	s.say("Anna", "has seen a dermatologist, who cleared it")
	return s.report("report-0003", "nothing left (one tap)", object{"calm": true})
}

func (s *stage) held() error {
	if err := s.waitUntil(15, 9, 15); err != nil {
		return err
	}
	var roller struct {
		Advisories []struct{ Rule, Message string }
	}
	if err := s.call("GET", "/v1/rollers/roller-0001", nil, &roller); err != nil {
		return err
	}
	for _, a := range roller.Advisories {
		s.say("app", "%s (%s)", a.Message, a.Rule)
	}
	return nil
}

func (s *stage) goAhead() error {
	if err := s.waitUntil(17, 9, 15); err != nil {
		return err
	}
	return s.mayRoll()
}

// report sends a check-in and prints the app's answer.
func (s *stage) report(id, words string, answers object) error {
	answers["observed_at"] = s.now()
	var r struct {
		Assessment struct{ Tier, Rule, Title, Message string }
	}
	if err := s.call("PUT", "/v1/reports/"+id, answers, &r); err != nil {
		return err
	}
	s.say("Anna", "reports: %s", words)
	s.say("app", "%s. %s (%s)", r.Assessment.Title, firstSentence(r.Assessment.Message), r.Assessment.Tier)
	return s.tick()
}

// firstSentence returns the first sentence, for parts that the story repeats.
func firstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".") + "."
}

// mayRoll prints the answer to "may I roll?" with the first reason against it.
func (s *stage) mayRoll() error {
	var rest struct {
		State     string
		Until     time.Time
		BlockedBy []struct {
			Rule, Message string
			Until         time.Time
		} `json:"blocked_by"`
	}
	if err := s.call("GET", "/v1/rest", nil, &rest); err != nil {
		return err
	}
	answer, until := "", rest.Until
	if len(rest.BlockedBy) > 0 {
		answer, until = fmt.Sprintf(". %s (%s)", rest.BlockedBy[0].Message, rest.BlockedBy[0].Rule), rest.BlockedBy[0].Until
	}
	if until.After(s.now()) {
		answer = " until " + until.In(s.zone).Format("Mon 02 15:04") + answer
	}
	s.say("app", "May I roll? %s%s", strings.ToUpper(rest.State), answer)
	return nil
}
