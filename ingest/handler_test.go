package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// theFacts is one engine for all tests, which tell their events apart by
// source.
var theFacts = sync.OnceValues(func() (*facts.Facts, error) { return facts.Open(context.Background(), facts.Config{}) })

// door is a running server whose one key belongs to a source of the test.
type door struct {
	*httptest.Server
	t      *testing.T
	source farol.SourceID
	facts  *facts.Facts
}

const key = "wk_test"

func open(t *testing.T, change func(*Config)) door {
	t.Helper()
	f, err := theFacts()
	if err != nil {
		t.Fatal(err)
	}
	d := door{t: t, source: farol.SourceID(t.Name()), facts: f}
	c := Config{Facts: f, Source: func(_ context.Context, k string) (farol.SourceID, error) {
		if k != key {
			return "", farol.Errorf(farol.Unauthorized, "unknown write key")
		}
		return d.source, nil
	}}
	if change != nil {
		change(&c)
	}
	d.Server = httptest.NewServer(New(c).Front(http.NotFoundHandler()))
	t.Cleanup(d.Close)
	return d
}

// ask sends a request and gives the answer with its body; redirects are not
// followed.
func (d door) ask(method, path string, body io.Reader, header ...string) (*http.Response, string) {
	d.t.Helper()
	r, err := http.NewRequest(method, d.URL+path, body)
	if err != nil {
		d.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp, string(b)
}

func (d door) post(path, body string, header ...string) (*http.Response, string) {
	d.t.Helper()
	return d.ask("POST", path, strings.NewReader(body), header...)
}

func basicAuth(user string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(user)) }

// stored lists the test's events, oldest first.
func (d door) stored() []facts.EventRow {
	d.t.Helper()
	rows, _, err := d.facts.Events(d.t.Context(), facts.EventFilter{Source: d.source, Limit: 1000})
	if err != nil {
		d.t.Fatal(err)
	}
	return rows
}

func (d door) rejections() (out []facts.Rejected) {
	d.t.Helper()
	rows, _, err := d.facts.Rejections(d.t.Context(), 1000, "")
	if err != nil {
		d.t.Fatal(err)
	}
	for _, r := range rows {
		if r.Source == d.source {
			out = append(out, r)
		}
	}
	return out
}

func track(id string) string {
	return `{"type":"track","messageId":"` + id + `","userId":"u1","event":"X","writeKey":"` + key + `"}`
}

func TestPaths(t *testing.T) {
	d := open(t, nil)
	n := 0
	for path, body := range map[string]string{
		"/v1/batch": `{"batch":[%s]}`, "/v1/b": `{"batch":[%s]}`, "/v1/import": `{"batch":[%s]}`, "/beacon/v1/batch": `{"batch":[%s]}`,
		"/v1/track": "%s", "/v1/t": "%s", "/v1/page": "%s", "/v1/p": "%s", "/v1/screen": "%s", "/v1/s": "%s", "/v1/identify": "%s", "/v1/i": "%s",
		"/v1/group": `{"groupId":"g",%s`, "/v1/g": `{"groupId":"g",%s`, "/v1/alias": `{"previousId":"p",%s`, "/v1/a": `{"previousId":"p",%s`,
	} {
		for _, path := range []string{path, path + "/", "/" + path, strings.Replace(path, "/v1/", "/v1//", 1)} {
			n++
			event := track(fmt.Sprint("m", n))
			if strings.HasSuffix(body, ",%s") {
				event = event[1:]
			}
			resp, text := d.post(path, fmt.Sprintf(body, event), "Content-Type", "text/plain")
			if resp.StatusCode != 200 || text != `{"success":true}` {
				t.Errorf("POST %s: %d %s", path, resp.StatusCode, text)
			}
			if resp, _ := d.ask("GET", path, nil); resp.StatusCode != 405 || resp.Header.Get("Allow") != "POST, OPTIONS" {
				t.Errorf("GET %s: %d, a redirected POST would be lost", path, resp.StatusCode)
			}
			if resp, _ := d.ask("OPTIONS", path, nil); resp.StatusCode != 204 {
				t.Errorf("OPTIONS %s: %d", path, resp.StatusCode)
			}
		}
	}
	rows := d.stored()
	if len(rows) != n {
		t.Errorf("%d events stored of %d", len(rows), n)
	}
	kinds := map[farol.Kind]int{}
	for _, r := range rows {
		kinds[r.Kind]++
	}
	for _, k := range farol.Kinds {
		if want := map[farol.Kind]int{farol.Track: 24}[k]; kinds[k] != max(want, 8) {
			t.Errorf("%d events of kind %s", kinds[k], k)
		}
	}
}

func TestOtherPaths(t *testing.T) {
	d := open(t, nil)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"POST", "/v1/m", 200}, {"GET", "/v1/nothing", 404}, {"POST", "/v1", 404}, {"POST", "/v1/", 404}, {"GET", "/analytics.js/v1/" + key + "/analytics.min.js", 404},
		{"HEAD", "/v1/projects/" + key + "/settings", 200}, {"HEAD", "/v1/batch", 405}, {"PUT", "/v1/batch", 405}, {"DELETE", "/v1/projects/" + key + "/settings", 405},
		{"POST", "/v1/projects/" + key + "/settings", 405}, {"GET", "/v1/projects//settings", 404}, {"GET", "/elsewhere", 404}, {"POST", "/v1/../v1/batch", 404},
	} {
		resp, _ := d.ask(c.method, c.path, strings.NewReader(`{"series":[]}`))
		if resp.StatusCode != c.status {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, resp.StatusCode, c.status)
		}
	}
	if n := len(d.stored()); n != 0 {
		t.Errorf("%d events came of it", n)
	}
}

func TestKeyPlaces(t *testing.T) {
	d := open(t, nil)
	const bare = `{"batch":[{"type":"track","userId":"u","event":"X"}]%s}`
	for _, c := range []struct {
		name, path, more string
		header           []string
		status           int
	}{
		{"basic", "/v1/batch", "", []string{"Authorization", basicAuth(key + ":")}, 200},
		{"basic without colon", "/v1/batch", "", []string{"Authorization", basicAuth(key)}, 200},
		{"basic without padding", "/v1/batch", "", []string{"Authorization", strings.TrimRight(basicAuth(key+":"), "=")}, 200},
		{"basic in other letters", "/v1/batch", "", []string{"Authorization", "basic" + basicAuth(key + ":")[5:]}, 200},
		{"body", "/v1/batch", `,"writeKey":"` + key + `"`, nil, 200},
		{"stars in the body, key in a header", "/v1/batch", `,"writeKey":"***"`, []string{"X-Write-Key", key + ":secret"}, 200},
		{"query", "/v1/batch?writeKey=" + key, "", nil, 200},
		{"another's password, key in the body", "/v1/batch", `,"writeKey":"` + key + `"`, []string{"Authorization", basicAuth("proxy:pw")}, 200},
		{"unknown", "/v1/batch", "", []string{"Authorization", basicAuth("wk_other:")}, 401},
		{"none", "/v1/batch", "", nil, 401},
		{"bearer alone", "/v1/batch", "", []string{"Authorization", "Bearer " + key}, 401},
		{"broken", "/v1/batch", "", []string{"Authorization", "Basic %%%"}, 401},
		{"empty", "/v1/batch?writeKey=", `,"writeKey":""`, []string{"Authorization", "Basic", "X-Write-Key", ":"}, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			if resp, text := d.post(c.path, fmt.Sprintf(bare, c.more), c.header...); resp.StatusCode != c.status {
				t.Errorf("%d %s, want %d", resp.StatusCode, text, c.status)
			}
		})
	}
	if n := len(d.stored()); n != 8 {
		t.Errorf("%d events stored", n)
	}
}

func zip(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(s))
	_ = z.Close()
	return b.String()
}

func TestBytesBeforeHeaders(t *testing.T) {
	d := open(t, nil)
	n := 0
	batch := func() string { n++; return `{"batch":[` + track(fmt.Sprint("m", n)) + `]}` }
	form := func(s string) string { return "data=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) }
	for name, c := range map[string]struct{ body, contentType string }{
		"json":                      {batch(), "application/json"},
		"json as a form":            {batch(), "application/x-www-form-urlencoded"},
		"json without a type":       {batch(), ""},
		"gzip as a form":            {zip(batch()), "application/x-www-form-urlencoded"},
		"gzip as text":              {zip(batch()), "text/plain"},
		"gzip of two members":       {zip(batch()[:10]) + zip(batch()[10:]), "application/json"},
		"base64 in a form":          {form(batch()), "application/x-www-form-urlencoded"},
		"base64 of gzip in a form":  {form(zip(batch())) + "&compression=gzip-js", "application/x-www-form-urlencoded"},
		"json with a charset":       {batch(), "application/json;charset=UTF-8"},
		"json that says it is gzip": {batch(), "application/gzip"},
	} {
		resp, text := d.post("/v1/batch", c.body, "Content-Type", c.contentType)
		if resp.StatusCode != 200 || strings.Contains(text, "rejected") {
			t.Errorf("%s: %d %s", name, resp.StatusCode, text)
		}
	}
	if rows := d.stored(); len(rows) != 10 {
		t.Errorf("%d events stored of 10", len(rows))
	}
	// Chunked, since the length is not known ahead.
	resp, text := d.ask("POST", "/v1/batch", io.MultiReader(strings.NewReader(`{"batch":[`), strings.NewReader(track("chunked")+`]}`)))
	if resp.StatusCode != 200 {
		t.Errorf("chunked: %d %s", resp.StatusCode, text)
	}
}

func TestCORS(t *testing.T) {
	d := open(t, nil)
	const origin = "https://shop.example"
	resp, _ := d.ask("OPTIONS", "/v1/t", nil, "Origin", origin, "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "authorization,x-retry-count", "Access-Control-Request-Private-Network", "true")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Headers": "authorization,x-retry-count",
		"Access-Control-Allow-Methods": "GET, POST, OPTIONS", "Access-Control-Max-Age": "7200", "Access-Control-Allow-Private-Network": "true",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if resp.StatusCode != 204 || !strings.Contains(strings.Join(resp.Header.Values("Vary"), ","), "Origin") {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	for path, status := range map[string]int{"/v1/t": 401, "/v1/batch": 400, "/v1/zzz": 404, "/v1/projects/x/settings": 405} {
		body, header := "{}", []string{"Origin", origin}
		if status == 400 {
			header = append(header, "Authorization", basicAuth(key))
		}
		resp, _ := d.post(path, body, header...)
		if resp.StatusCode != status || resp.Header.Get("Access-Control-Allow-Origin") != origin ||
			!strings.Contains(resp.Header.Get("Access-Control-Expose-Headers"), "Retry-After") {
			t.Errorf("%s: %d %v", path, resp.StatusCode, resp.Header)
		}
	}
}

func TestStartUpDocuments(t *testing.T) {
	d := open(t, nil)
	resp, text := d.ask("GET", "/v1/projects/"+key+"/settings", nil, "X-Forwarded-Proto", "https")
	var s struct {
		Integrations map[string]struct{ APIKey, APIHost, Protocol string }
		Metrics      struct{ SampleRate *float64 }
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil || resp.StatusCode != 200 || resp.Header.Get("Cache-Control") != cacheStartUp {
		t.Fatalf("%d %s %v", resp.StatusCode, text, resp.Header)
	}
	host := strings.TrimPrefix(d.URL, "http://")
	if i := s.Integrations["Segment.io"]; i.APIKey != key || i.APIHost != host+"/v1" || i.Protocol != "https" || *s.Metrics.SampleRate != 0 {
		t.Errorf("%s", text)
	}
	if resp, _ := d.ask("GET", "/v1/projects/wk_other/settings", nil); resp.StatusCode != 404 {
		t.Errorf("unknown key: %d", resp.StatusCode)
	}
	for name, header := range map[string][]string{"/sourceConfig/?p=npm&v=3": {"Authorization", basicAuth(key + ":")}, "/sourceConfig?writeKey=" + key: nil} {
		resp, text := d.ask("GET", name, nil, header...)
		var c struct {
			Source struct {
				ID, WriteKey string
				Enabled      bool
				Destinations []any
			}
		}
		if err := json.Unmarshal([]byte(text), &c); err != nil || resp.StatusCode != 200 || !c.Source.Enabled || c.Source.WriteKey != key ||
			c.Source.ID != string(d.source) || c.Source.Destinations == nil {
			t.Errorf("%s: %d %s", name, resp.StatusCode, text)
		}
	}
	if resp, _ := d.ask("GET", "/sourceConfig/", nil); resp.StatusCode != 401 {
		t.Errorf("no key: %d", resp.StatusCode)
	}
}

func TestPublicURL(t *testing.T) {
	d := open(t, func(c *Config) { c.PublicURL = "https://cs.example/farol/" })
	if _, text := d.ask("GET", "/v1/projects/"+key+"/settings", nil); !strings.Contains(text, `"apiHost":"cs.example/farol/v1"`) {
		t.Error(text)
	}
}

func TestPixel(t *testing.T) {
	d := open(t, nil)
	plain := func(id string) string {
		return `{"messageId":"` + id + `","userId":"u>>>?","event":"Opened","properties":{"a":"b"},"writeKey":"` + key + `"}`
	}
	for _, path := range []string{
		"/v1/pixel/track?data=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(plain("p1")))),
		"/v1/pixel/track?data=" + base64.StdEncoding.EncodeToString([]byte(plain("p2"))),
		"/v1/pixel/track?data=" + base64.RawURLEncoding.EncodeToString([]byte(plain("p3"))),
		"/v1/pixel/t?data=" + url.QueryEscape(plain("p4")),
		"/v1/pixel/track/?messageId=p5&userId=u%3E%3E%3E%3F&event=Opened&properties.a=b&writeKey=" + key,
		"/v1/pixel/track.gif?messageId=p6&userId=u%3E%3E%3E%3F&event=Opened&properties=x&properties.a=b&writeKey=" + key,
		// and what is wrong
		"/v1/pixel/track?data=%00%ff", "/v1/pixel/track", "/v1/pixel/what?userId=u", "/v1/pixel/track?event=X&userId=u&writeKey=wk_other",
		"/v1/pixel/track?data=" + strings.Repeat("A", 5000),
	} {
		resp, text := d.ask("GET", path, nil)
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "image/gif" || resp.Header.Get("Cache-Control") != "no-store" || text != string(gif) {
			t.Errorf("%s: %d %v", path, resp.StatusCode, resp.Header)
		}
	}
	rows := d.stored()
	if len(rows) != 6 {
		t.Errorf("%d events of 6", len(rows))
	}
	for _, r := range rows {
		if r.Name != "Opened" || r.User != "u>>>?" || string(r.Properties) != `{"a":"b"}` {
			t.Errorf("%+v %s", r, r.Properties)
		}
	}
}
