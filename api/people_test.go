package api

import (
	"net/http"
	"time"
)

// person is an account with its signed-in phone.
type person struct {
	*world
	token, account, device, recovery string
}

// newPerson makes an account in London; set changes what is sent.
func (w *world) newPerson(set ...func(object)) *person {
	w.Helper()
	in := object{
		"time_zone": "Europe/London", "locale": "en-GB", "consent": object{"health_data": true, "version": "1"},
		"device": object{"name": "phone", "platform": "android"},
	}
	for _, f := range set {
		f(in)
	}
	return w.signedIn(w.want(http.StatusCreated, w.call("POST", "/v1/accounts", in)))
}

// signedIn reads the answer of a sign-in.
func (w *world) signedIn(a answer) *person {
	w.Helper()
	p := &person{world: w, token: text(a.body, "token"), recovery: text(a.body, "recovery_code")}
	p.account, p.device = text(a.body, "account", "id"), text(a.body, "device", "id")
	if p.token == "" || p.account == "" || p.device == "" {
		w.Fatalf("no sign-in: %s", a.raw)
	}
	return p
}

// do calls as this person.
func (p *person) do(method, target string, body any, headers ...string) answer {
	p.Helper()
	return p.call(method, target, body, append(headers, "Authorization: Bearer "+p.token)...)
}

// text reads a string inside objects.
func text(v any, path ...string) string {
	s, _ := at(v, path...).(string)
	return s
}

func at(v any, path ...string) any {
	for _, name := range path {
		o, _ := v.(object)
		v = o[name]
	}
	return v
}

// items of a list.
func (a answer) items() []object {
	var out []object
	list, _ := a.body["items"].([]any)
	for _, i := range list {
		o, _ := i.(object)
		out = append(out, o)
	}
	return out
}

// ago is a time before the test's start, as it is sent.
func ago(d time.Duration) string { return start.Add(-d).Format(time.RFC3339) }

func hours(n float64) time.Duration { return time.Duration(n * float64(time.Hour)) }

// session stores one that ended so many hours ago.
func (p *person) session(id string, h float64) answer {
	p.Helper()
	return p.want(http.StatusCreated, p.do("PUT", "/v1/sessions/"+id, object{
		"started_at": ago(hours(h) + 20*time.Minute), "ended_at": ago(hours(h)), "needle_mm": 0.5, "areas": []string{"crown"},
	}))
}

// report stores one of so many hours ago.
func (p *person) report(id string, h float64, answers object) answer {
	p.Helper()
	in := object{"observed_at": ago(hours(h))}
	for k, v := range answers {
		in[k] = v
	}
	return p.want(http.StatusCreated, p.do("PUT", "/v1/reports/"+id, in))
}

// pushAddressOf is a subscription as a browser gives it; the keys are those
// of RFC 8291, appendix A.
func pushAddressOf(endpoint string) object {
	return object{"transport": "webpush", "endpoint": endpoint, "keys": object{
		"p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
		"auth":   "BTBZMqHH6r4Tts7J_aSIgg",
	}}
}
