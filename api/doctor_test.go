package api

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// aboutAll asks for a page with everything on it.
var aboutAll = object{
	"from": "2026-10-01T00:00:00Z", "to": "2026-11-25T09:00:00Z", "questions": "Is <b>minoxidil</b> the cause?",
	"include": []string{"sessions", "reports", "warnings", "products", "risks", "progress"},
}

// sick has told of a course that was warned of.
func (w *world) sick() *person {
	p := w.newPerson()
	p.fill()
	p.want(200, p.do("PUT", "/v1/reports/report-of-ann-1", object{"observed_at": "2026-11-21T05:00:00Z", "erythema": 2, "pain": 0, "products": []object{{"kind": "minoxidil", "hours_after_session": 3}}}))
	return p
}

// shared makes a page and returns its address.
func (p *person) shared() (id, address string) {
	p.Helper()
	a := p.want(201, p.do("POST", "/v1/doctor-reports", aboutAll))
	if a.body["opens_left"] != 5.0 || text(a.body, "expires_at") != "2026-11-28T09:00:00Z" {
		p.Fatalf("%s", a.raw)
	}
	return text(a.body, "id"), text(a.body, "url")
}

func TestAPageForADoctorOpensWithoutASignIn(t *testing.T) {
	w := newWorld(t)
	p := w.sick()
	_, address := p.shared()
	html := w.call("GET", address, nil)
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Content-Type": "text/html; charset=utf-8", "Referrer-Policy": "no-referrer"} {
		if got := html.Header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if policy := html.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	page := string(html.raw)
	for _, want := range []string{"Told by the person", "does not examine or diagnose", "Is &lt;b&gt;minoxidil&lt;/b&gt; the cause?", "SD-", "<td>?</td>", "Minoxidil", "All else: not answered"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, never := range []string{"<script", "no infection", "style=", "unknown.message", "&lt;no value"} {
		if strings.Contains(page, never) {
			t.Errorf("the page says %q", never)
		}
	}
	pdf, again := w.call("GET", address+".pdf", nil), w.call("GET", address+".pdf", nil)
	if pdf.Header.Get("Content-Type") != "application/pdf" || !bytes.HasPrefix(pdf.raw, []byte("%PDF-")) || !bytes.Equal(pdf.raw, again.raw) {
		t.Errorf("PDF: %s, %d bytes, then %d", pdf.Header.Get("Content-Type"), len(pdf.raw), len(again.raw))
	}
	if n := bytes.Count(pdf.raw, []byte("/Type /Page\n")); n != 2 {
		t.Errorf("%d pages", n)
	}
}

// Five openings, whether as page or as PDF; each is in the audit. A look by
// HEAD is none.
func TestOpeningsAreCounted(t *testing.T) {
	w := newWorld(t)
	p := w.sick()
	_, address := p.shared()
	w.call("HEAD", address, nil)
	for i := range 5 {
		if a := w.call("GET", address+[]string{"", ".pdf"}[i%2], nil); a.StatusCode != http.StatusOK {
			t.Fatalf("opening %d: %d", i, a.StatusCode)
		}
	}
	ended := w.call("GET", address, nil, "Accept-Language: de")
	if ended.StatusCode != http.StatusNotFound || !strings.Contains(string(ended.raw), "nicht mehr offen") || ended.Header.Get("X-Robots-Tag") == "" {
		t.Errorf("%d %s", ended.StatusCode, ended.raw)
	}
	if left := p.do("GET", "/v1/doctor-reports", nil).items()[0]["opens_left"]; left != 0.0 {
		t.Errorf("%v left", left)
	}
	opened := 0
	for _, e := range p.do("GET", "/v1/account/audit", nil).items() {
		if e["event"] == "doctor_report_opened" {
			opened++
		}
	}
	if opened != 5 {
		t.Errorf("%d openings in the audit", opened)
	}
}

func TestALinkEnds(t *testing.T) {
	w := newWorld(t)
	p := w.sick()
	id, address := p.shared()
	p.want(204, p.do("DELETE", "/v1/doctor-reports/"+id, nil))
	p.want(204, p.do("DELETE", "/v1/doctor-reports/"+id, nil))
	if a := w.call("GET", address, nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("revoked: %d", a.StatusCode)
	}
	_, address = p.shared()
	w.clock.advance(72*time.Hour + time.Second)
	if a := w.call("GET", address, nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("after 72 hours: %d", a.StatusCode)
	}
	if rows := p.do("GET", "/v1/doctor-reports", nil).items(); len(rows) != 0 {
		t.Errorf("still listed: %v", rows)
	}
	for _, unknown := range []string{"/d/x", "/d/" + strings.Repeat("A", 64), address[:len(address)-1] + "A", "/c/x.ics"} {
		if a := w.call("GET", unknown, nil); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", unknown, a.StatusCode)
		}
	}
}

// What opens without a sign-in reaches no log.
func TestSecretAddressesAreNotLogged(t *testing.T) {
	w := newWorld(t)
	p := w.sick()
	_, address := p.shared()
	calendar := text(p.want(200, p.do("PUT", "/v1/account/calendar", nil)).body, "url")
	for _, path := range []string{address, address + ".pdf", calendar, "/d/wrong-secret"} {
		w.call("GET", path, nil)
	}
	log := w.log.String()
	for _, secret := range []string{address[3:], calendar[3 : len(calendar)-4], "wrong-secret"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %s", secret)
		}
	}
	if !strings.Contains(log, "route=/d/:secret") || !strings.Contains(log, "route=/c/:secret") {
		t.Errorf("the log does not have the routes: %s", log)
	}
}

func TestSpansAreHeld(t *testing.T) {
	p := newWorld(t).newPerson()
	for _, change := range []object{{"to": "2026-09-01T00:00:00Z"}, {"from": "2025-01-01T00:00:00Z"}, {"include": []string{}}, {"include": []string{"photos"}}, {"language": 7}} {
		body := object{}
		for k, v := range aboutAll {
			body[k] = v
		}
		for k, v := range change {
			body[k] = v
		}
		p.want(422, p.do("POST", "/v1/doctor-reports", body))
	}
	for range 10 {
		p.want(201, p.do("POST", "/v1/doctor-reports", aboutAll))
	}
	p.want(422, p.do("POST", "/v1/doctor-reports", aboutAll))
}

func TestTheCalendarIsNeutralAndEnds(t *testing.T) {
	w := newWorld(t)
	p := w.newPerson()
	p.want(200, p.do("PATCH", "/v1/account", object{"risks": []any{}}))
	p.session("session-1", 5)
	first := text(p.want(200, p.do("PUT", "/v1/account/calendar", nil)).body, "url")
	address := text(p.want(200, p.do("PUT", "/v1/account/calendar", nil)).body, "url")
	if a := w.call("GET", first, nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("the address before still answers: %d", a.StatusCode)
	}
	a := w.call("GET", address, nil)
	body := string(a.raw)
	if a.StatusCode != 200 || !strings.HasPrefix(body, "BEGIN:VCALENDAR") || !strings.Contains(body, "SUMMARY:Check-in") || !strings.Contains(body, "SUMMARY:Rest over") {
		t.Fatalf("%d %s", a.StatusCode, body)
	}
	for _, word := range []string{"scalp", "roll", "needle", "session"} {
		if strings.Contains(strings.ToLower(body), word) {
			t.Errorf("the calendar says %q", word)
		}
	}
	if again := w.call("GET", address, nil, "If-None-Match: "+a.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %d", again.StatusCode)
	}
	p.want(204, p.do("DELETE", "/v1/account/calendar", nil))
	if gone := w.call("GET", address, nil); gone.StatusCode != http.StatusNotFound {
		t.Errorf("ended: %d", gone.StatusCode)
	}
}

// RS-05: any T3 or T4 not yet cleared suspends all "you can roll" reminders, and
// RS-07 never sends one; a date in a calendar is one.
func TestTheCalendarGivesNoGoAheadThatIsHeld(t *testing.T) {
	for name, c := range map[string]struct {
		risks  []any
		report object
		over   bool
	}{
		"calm":           {[]any{}, object{"calm": true}, true},
		"RS-03 itch":     {[]any{}, object{"itch": 1}, false},
		"RS-05 odour":    {[]any{}, object{"odour": "yes"}, false},
		"RS-06 hives":    {[]any{}, object{"skin": []any{"local_hives"}}, false},
		"RS-07 keloid":   {[]any{"keloid"}, object{"calm": true}, false},
		"RS-14 no risks": {nil, object{"calm": true}, false},
	} {
		w := newWorld(t)
		p := w.newPerson()
		p.want(200, p.do("PATCH", "/v1/account", object{"risks": c.risks}))
		p.session("session-1", 5)
		p.report("report-01", 1, c.report)
		address := text(p.want(200, p.do("PUT", "/v1/account/calendar", nil)).body, "url")
		if got := strings.Contains(string(w.call("GET", address, nil).raw), "SUMMARY:Rest over"); got != c.over {
			t.Errorf("%s: the calendar says that the rest is over: %v", name, got)
		}
	}
}

func TestStatisticsCountWhatWasAnswered(t *testing.T) {
	p := newWorld(t).newPerson()
	p.session("session-1", 20*24)
	p.session("session-2", 5*24)
	p.report("report-01", 20*24-30, object{"pain": 3})
	p.report("report-02", 5*24-30, object{"pain": 0, "erythema": 3})
	p.report("report-03", 5*24-31, object{"itch": 1})
	a := p.want(200, p.do("GET", "/v1/statistics?from=2026-10-20T00:00:00Z", nil))
	months, _ := a.body["months"].([]any)
	if len(months) != 2 || months[0].(object)["sessions"] != 0.0 || months[1].(object)["sessions"] != 2.0 {
		t.Errorf("months %v", months)
	}
	rests, _ := a.body["rests"].([]any)
	if len(rests) != 2 || rests[0].(object)["kept_days"] != 15.0 || rests[1].(object)["kept_days"] != nil || rests[0].(object)["advised_days"] == nil {
		t.Errorf("rests %v", rests)
	}
	days, _ := a.body["days"].([]any)
	first := days[1].(object)
	got := map[string]object{}
	for _, s := range first["signs"].([]any) {
		got[text(s.(object), "field")] = s.(object)
	}
	if first["reports"] != 3.0 || got["pain"]["answered"] != 2.0 || got["pain"]["present"] != 0.5 || got["erythema"]["above"] != 1.0 || got["swelling"]["present"] != nil {
		t.Errorf("day 1: %v", first)
	}
	p.want(422, p.do("GET", "/v1/statistics?from=2026-11-20T00:00:00Z&to=2026-11-19T00:00:00Z", nil))
	p.want(422, p.do("GET", "/v1/statistics?from=2020-11-20T00:00:00Z", nil))
	if a := p.want(422, p.do("GET", "/v1/statistics?from=2026-01-01", nil)); !strings.Contains(string(a.raw), "date-time") {
		t.Errorf("a day alone is refused with %s", a.raw)
	}
}

// DQ-10: sessions less than 12 h apart judge with their longest needle, and DQ-04:
// a report inside a session has age 0. A chart tells the same story.
func TestStatisticsCountAsTheVerdictDoes(t *testing.T) {
	p := newWorld(t).newPerson()
	sessions := map[string]object{
		"session-1": {"started_at": ago(hours(20 * 24)), "ended_at": ago(hours(20*24 - 1)), "needle_mm": 1.5},
		"session-2": {"started_at": ago(hours(20*24 - 3)), "ended_at": ago(hours(20*24 - 4)), "needle_mm": 0.2},
		"session-3": {"started_at": ago(hours(5 * 24)), "ended_at": ago(hours(5*24 - 2)), "needle_mm": 0.5},
	}
	for id, s := range sessions {
		p.want(201, p.do("PUT", "/v1/sessions/"+id, s))
	}
	sore := object{"erythema": 0, "swelling": 0, "warmth": 0, "pain": 4}
	first := p.report("report-01", 20*24-20, sore)
	p.report("report-02", 10*24, object{"calm": true})
	for _, a := range []answer{first, p.report("report-03", 5*24-1, sore)} {
		if verdict := a.body["assessment"].(object); verdict["tier"] != "expected" {
			t.Errorf("%v", verdict)
		}
	}
	charts := p.want(200, p.do("GET", "/v1/statistics", nil)).body
	rests, _ := charts["rests"].([]any)
	if len(rests) != 2 || rests[0].(object)["session_id"] != "session-2" || rests[0].(object)["advised_days"] != 28.0 || rests[0].(object)["kept_days"] != 14.9 {
		t.Errorf("rests %v: the two sessions have one, after the second, by the longer needle", rests)
	}
	day := charts["days"].([]any)[0].(object)
	for _, s := range day["signs"].([]any) {
		if s := s.(object); s["field"] == "pain" && (s["answered"] != 2.0 || s["above"] != 0.0) {
			t.Errorf("day 0: %v", s)
		}
	}
}

// What a person tells of later was never asked while it went on: a doctor must
// not read that they did not answer.
func TestCheckInsOfASessionToldLaterWereNotAsked(t *testing.T) {
	p := newWorld(t).newPerson()
	p.session("session-1", 20*24)
	a := p.want(200, p.do("GET", "/v1/statistics", nil))
	if asked := a.body["check_ins"].(object)["asked"]; asked != 0.0 {
		t.Errorf("%v asked", asked)
	}
}

// Long lines go on in the next one, between two letters (RFC 5545, 3.1), and
// what separates values is escaped.
func TestACalendarIsFoldedAndEscaped(t *testing.T) {
	var c calendar
	c.text("SUMMARY", strings.Repeat("é", 60)+"; a, b\\\n")
	body := c.out.String()
	for line := range strings.SplitSeq(strings.TrimSuffix(body, "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("%d octets: %q", len(line), line)
		}
	}
	if got, want := strings.ReplaceAll(body, "\r\n ", ""), "SUMMARY:"+strings.Repeat("é", 60)+`\; a\, b\\\n`+"\r\n"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}
