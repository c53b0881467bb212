package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"aftercare/models/storetest"
)

// TestCollections: what holds for every row that a phone writes.
func TestCollections(t *testing.T) {
	bodies := map[string]object{
		"rollers":  {"name": "mine", "needle_mm": 0.5},
		"sessions": {"started_at": ago(time.Hour), "needle_mm": 0.5},
		"reports":  {"observed_at": ago(time.Hour), "itch": 2},
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, database string) {
				p := openWorld(t, database).newPerson()
				path, one := "/v1/"+name, "/v1/"+name+"/row-0001"
				t.Run("create and replace", func(t *testing.T) { createAndReplace(t, p, path, body) })
				t.Run("conditions", func(t *testing.T) { conditionsHold(t, p, one, body) })
				t.Run("patch", func(t *testing.T) { patchMerges(t, p, one) })
				t.Run("strictness", func(t *testing.T) { strictness(t, p, path, body) })
				t.Run("delete and bring back", func(t *testing.T) { deleteAndBringBack(t, p, one, body) })
			})
		})
	}
}

func createAndReplace(t *testing.T, p *person, path string, body object) {
	p.want(http.StatusNotFound, p.do("GET", path+"/row-0001", nil))
	a := p.want(http.StatusCreated, p.do("PUT", path+"/row-0001", body))
	if a.body["id"] != "row-0001" || a.Header.Get("ETag") != `"v1"` || a.Header.Get("Location") != path+"/row-0001" {
		t.Errorf("created: %s, %v", a.raw, a.Header)
	}
	again := p.want(http.StatusOK, p.do("PUT", path+"/row-0001", body))
	if again.Header.Get("ETag") != `"v1"` {
		t.Errorf("storing the same again made %s", again.Header.Get("ETag"))
	}
	round := p.want(http.StatusOK, p.do("PUT", path+"/row-0001", string(p.do("GET", path+"/row-0001", nil).raw)))
	if round.Header.Get("ETag") != `"v1"` {
		t.Errorf("a body obtained by GET cannot be PUT back: %s", round.raw)
	}
	made := p.want(http.StatusCreated, p.do("POST", path, body))
	if id := text(made.body, "id"); len(id) != 36 {
		t.Errorf("made id %q", id)
	}
	with := object{"id": "row-0002"}
	for k, v := range body {
		with[k] = v
	}
	p.want(http.StatusCreated, p.do("POST", path, with))
	p.want(http.StatusOK, p.do("POST", path, with))
	if n := len(p.do("GET", path, nil).items()); n != 3 {
		t.Errorf("%d rows after a retry, want 3", n)
	}
}

func conditionsHold(t *testing.T, p *person, one string, body object) {
	p.want(http.StatusPreconditionFailed, p.do("PUT", one, body, "If-None-Match: *"))
	stale := p.want(http.StatusPreconditionFailed, p.do("PUT", one, body, `If-Match: "v7"`))
	if text(stale.body, "current", "id") != "row-0001" || stale.code() != "version-mismatch" {
		t.Errorf("no current row with a 412: %s", stale.raw)
	}
	current, _ := json.Marshal(stale.body["current"])
	got := p.do("GET", one, nil)
	var a, b any
	_, _ = json.Unmarshal(current, &a), json.Unmarshal(got.raw, &b)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("the current row is not what GET answers:\n%s\n%s", current, got.raw)
	}
	p.want(http.StatusPreconditionFailed, p.do("PATCH", one, object{}, `If-Match: W/"v1"`))
	p.want(http.StatusPreconditionFailed, p.do("DELETE", one, nil, `If-Match: "v7"`))
	p.want(http.StatusPreconditionFailed, p.do("PUT", one+"-new", body, "If-Match: *"))
	p.want(http.StatusOK, p.do("PUT", one, body, "If-Match: *"))
	p.want(http.StatusOK, p.do("PUT", one, body, `If-Match: "v1"`))
	p.want(http.StatusCreated, p.do("PUT", strings.Replace(one, "0001", "0003", 1), body, "If-None-Match: *"))
}

func patchMerges(t *testing.T, p *person, one string) {
	notes := "notes"
	if strings.Contains(one, "reports") {
		notes = "note"
	}
	before := p.do("GET", one, nil)
	a := p.want(http.StatusOK, p.do("PATCH", one, object{notes: "new"}, "Content-Type: application/merge-patch+json"))
	if a.body[notes] != "new" || a.Header.Get("ETag") != `"v2"` {
		t.Errorf("patched: %s", a.raw)
	}
	b := p.want(http.StatusOK, p.do("PATCH", one, object{notes: nil}))
	if b.body[notes] != nil {
		t.Errorf("null does not clear: %s", b.raw)
	}
	for k, v := range before.body {
		if k != "version" && k != "updated_at" && fmt.Sprint(b.body[k]) != fmt.Sprint(v) {
			t.Errorf("%s changed from %v to %v", k, v, b.body[k])
		}
	}
	p.want(http.StatusUnprocessableEntity, p.do("PATCH", one, object{"unknown": 1}))
	p.want(http.StatusUnprocessableEntity, p.do("PATCH", one, object{"id": "row-9999"}))
	p.want(http.StatusUnprocessableEntity, p.do("PATCH", one, `[1]`))
	p.want(http.StatusBadRequest, p.do("PATCH", one, `{`))
	p.want(http.StatusUnsupportedMediaType, p.call("PATCH", one, "x", "Authorization: Bearer "+p.token, "Content-Type: text/plain"))
	p.want(http.StatusNotFound, p.do("PATCH", strings.Replace(one, "0001", "9999", 1), object{}))
	if got := p.do("GET", one, nil).Header.Get("ETag"); got != `"v3"` {
		t.Errorf("a refused patch changed the row: %s", got)
	}
}

func strictness(t *testing.T, p *person, path string, body object) {
	with := func(k string, v any) object {
		out := object{}
		for name, value := range body {
			out[name] = value
		}
		out[k] = v
		return out
	}
	for name, c := range map[string]struct {
		id     string
		body   any
		status int
	}{
		"unknown field":       {"row-0009", with("colour", "red"), 422},
		"another case":        {"row-0009", with("Needle_MM", 1), 422},
		"short id":            {"short", body, 422},
		"foreign characters":  {"row.0009.x", body, 422},
		"other id in body":    {"row-0009", with("id", "row-0008"), 422},
		"null is absent":      {"row-0010", with("session_id", nil), 0},
		"read-only is let by": {"row-0011", with("version", 99), 201},
		"no JSON":             {"row-0009", `{"a":`, 400},
		"a key twice":         {"row-0009", `{"id":"row-0009","id":"row-0009"}`, 400},
		"no object":           {"row-0009", `[]`, 422},
		"empty":               {"row-0009", ``, 400},
	} {
		a := p.do("PUT", path+"/"+c.id, c.body)
		if name == "null is absent" && !strings.Contains(path, "reports") {
			continue // only reports have a session
		}
		if c.status == 0 {
			c.status = 201
		}
		if a.StatusCode != c.status {
			t.Errorf("%s: %d, want %d: %s", name, a.StatusCode, c.status, a.raw)
		}
	}
	p.want(http.StatusNotFound, p.do("GET", path+"/row-0009", nil))
	if got := p.do("GET", path+"/row-0011", nil).Header.Get("ETag"); got != `"v1"` {
		t.Errorf("a version that was sent was taken: %s", got)
	}
	p.want(http.StatusUnsupportedMediaType, p.do("PUT", path+"/row-0009", "x", "Content-Type: text/plain"))
}

func deleteAndBringBack(t *testing.T, p *person, one string, body object) {
	p.want(http.StatusNoContent, p.do("DELETE", one, nil))
	p.want(http.StatusNoContent, p.do("DELETE", one, nil))
	p.want(http.StatusNotFound, p.do("GET", one, nil))
	p.want(http.StatusNotFound, p.do("PATCH", one, object{}))
	for _, row := range p.do("GET", strings.TrimSuffix(one, "/row-0001"), nil).items() {
		if row["id"] == "row-0001" {
			t.Error("a deleted row is listed")
		}
	}
	p.want(http.StatusCreated, p.do("PUT", one, body))
}

// TestPages: each row once, in order, whatever the size of the page, and by
// the Link header as well as by the cursor.
func TestPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		p := openWorld(t, database).newPerson()
		for i := range 7 {
			p.session(fmt.Sprintf("session-%d", i), float64(24*(i/2+1))) // some at the same time
		}
		var whole []string
		for _, row := range p.do("GET", "/v1/sessions", nil).items() {
			whole = append(whole, text(row, "id"))
		}
		for _, limit := range []int{1, 2, 3, 7, 200, 1000} {
			var got []string
			next := fmt.Sprintf("/v1/sessions?limit=%d&from=2000-01-01T00:00:00Z", limit)
			for next != "" {
				a := p.want(http.StatusOK, p.do("GET", next, nil))
				for _, row := range a.items() {
					got = append(got, text(row, "id"))
				}
				next = ""
				if link := a.Header.Get("Link"); link != "" {
					next = link[1:strings.Index(link, ">")]
				} else if a.body["next_cursor"] != nil {
					t.Fatal("a cursor without a Link")
				}
			}
			if strings.Join(got, " ") != strings.Join(whole, " ") {
				t.Errorf("limit %d: %v, want %v", limit, got, whole)
			}
		}
		period := p.do("GET", "/v1/sessions?from="+ago(48*time.Hour+20*time.Minute)+"&to="+ago(24*time.Hour+20*time.Minute), nil).items()
		if len(period) != 2 {
			t.Errorf("%d sessions in the period, want 2 (from is inclusive, to is not)", len(period))
		}
		for _, bad := range []string{"cursor=x", "cursor=eyJ0IjoxLCJpIjoiXHUwMDAwIn0", "limit=x", "from=yesterday", "to=2026-13-01T00:00:00Z"} {
			p.want(http.StatusUnprocessableEntity, p.do("GET", "/v1/sessions?"+bad, nil))
		}
	})
}

// TestClientTime: what was sent is echoed; what care uses is corrected.
func TestClientTime(t *testing.T) {
	p := newWorld(t).newPerson()
	body := object{"started_at": "2026-11-25T12:00:00+01:00"} // 11:00 UTC, 2 h ahead of the server
	a := p.want(http.StatusCreated, p.do("PUT", "/v1/sessions/session-1", body, "Client-Time: 2026-11-25T12:30:00+01:00"))
	if a.body["started_at"] != "2026-11-25T11:00:00Z" || a.body["effective_at"] != "2026-11-25T08:30:00Z" {
		t.Errorf("started %v, effective %v", a.body["started_at"], a.body["effective_at"])
	}
	p.want(http.StatusUnprocessableEntity, p.do("PUT", "/v1/sessions/session-2", body, "Client-Time: noon"))
}

func TestReportAnswers(t *testing.T) {
	p := newWorld(t).newPerson()
	calm := p.report("report-01", 1, object{"calm": true})
	for field, want := range map[string]any{"erythema": 0.0, "pain": 0.0, "extent": "rolled_area", "odour": "no", "lumps": "none", "spreading_fast": false} {
		if calm.body[field] != want {
			t.Errorf("calm wrote %s %v", field, calm.body[field])
		}
	}
	if calm.body["calm"] != nil || calm.body["trend"] != nil || calm.body["temperature_c"] != nil {
		t.Errorf("calm: %s", calm.raw)
	}
	arrived := p.clock.now().Format(time.RFC3339)
	p.clock.advance(time.Hour)
	if a := p.want(200, p.do("PATCH", "/v1/reports/report-01", object{"trend": "better"})); text(a.body, "received_at") != arrived || text(calm.body, "received_at") != arrived {
		t.Errorf("it came at %s: %s", arrived, a.raw)
	}
	for name, c := range map[string]struct {
		answers object
		status  int
	}{
		"calm with a symptom":     {object{"calm": true, "itch": 1}, 422},
		"calm with its own":       {object{"calm": true, "itch": 0, "discharge": []string{}}, 201},
		"calm with a temperature": {object{"calm": true, "temperature_c": 36.5, "trend": "better"}, 201},
		"nothing answered":        {object{"note": "hello"}, 422},
		"an empty set answers":    {object{"discharge": []string{}}, 201},
		"Fahrenheit":              {object{"temperature_f": 101.3}, 201},
		"both temperatures":       {object{"temperature_f": 101.3, "temperature_c": 38.5}, 422},
		"too hot":                 {object{"temperature_c": 43.1}, 422},
		"too cold":                {object{"temperature_f": 85.9}, 422},
		"two decimals":            {object{"temperature_c": 37.04}, 422},
		"two decimals of °F":      {object{"temperature_f": 99.55}, 422},
		"a word twice":            {object{"alarm": []string{"chest_pain", "chest_pain"}}, 422},
		"pain over ten":           {object{"pain": 11}, 422},
		"a word not known":        {object{"extent": "everywhere"}, 422},
		"a word of a set":         {object{"alarm": []string{"headache"}}, 422},
		"no time":                 {object{"observed_at": nil, "itch": 1}, 422},
		"a year that is none":     {object{"observed_at": "0000-01-01T00:00:00+23:59", "itch": 1}, 422},
	} {
		in := object{"observed_at": ago(time.Hour)}
		for k, v := range c.answers {
			in[k] = v
		}
		a := p.do("POST", "/v1/reports", in)
		if a.StatusCode != c.status {
			t.Errorf("%s: %d, want %d: %s", name, a.StatusCode, c.status, a.raw)
		}
		if name == "Fahrenheit" && a.body["temperature_c"] != 38.5 {
			t.Errorf("101.3 °F is %v °C", a.body["temperature_c"])
		}
	}
	p.report("report-08", 1, object{"temperature_c": 36.5})
	warmer := p.want(http.StatusOK, p.do("PATCH", "/v1/reports/report-08", object{"temperature_f": 99.5}))
	if warmer.body["temperature_c"] != 37.5 {
		t.Errorf("patched to 99.5 °F: %v °C", warmer.body["temperature_c"])
	}
	secret := p.do("PUT", "/v1/reports/report-09", object{"observed_at": ago(time.Hour), "note": 12345, "itch": "burns like hell"})
	if strings.Contains(string(secret.raw), "hell") || strings.Contains(string(secret.raw), "12345") {
		t.Errorf("what was typed comes back: %s", secret.raw)
	}
}
