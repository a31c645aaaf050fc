package ingest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/prometheus/client_golang/prometheus"
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

func TestTooLarge(t *testing.T) {
	d := open(t, nil)
	big := `{"batch":[` + strings.Repeat(" ", 3<<20) + `]}`
	for name, body := range map[string]string{
		"plain": big, "gzip": zip(big), "bomb": zip(strings.Repeat("\x00", 30<<20)), "never ending": "",
	} {
		var resp *http.Response
		if name == "never ending" { // the answer comes before the body is through
			conn, err := net.Dial("tcp", d.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprintf(conn, "POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", 1<<40)
			resp = answerOn(t, conn)
		} else {
			resp, _ = d.post("/v1/batch", body, "Authorization", basicAuth(key))
		}
		if resp.StatusCode != 413 {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	for name, body := range map[string]string{"gzip cut off": zip(big)[:100], "gzip of nothing": "\x1f\x8b", "wrong checksum": zip(`{"batch":[]}`)[:30] + "xxxxxxxx"} {
		if resp, text := d.post("/v1/batch", body, "Authorization", basicAuth(key)); resp.StatusCode != 400 {
			t.Errorf("%s: %d %s", name, resp.StatusCode, text)
		}
	}
}

func answerOn(t *testing.T, conn net.Conn) *http.Response {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func TestSlowBody(t *testing.T) {
	d := open(t, func(c *Config) { c.Limits.Read = 50 * time.Millisecond })
	conn, err := net.Dial("tcp", d.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"batch\":")
	if resp := answerOn(t, conn); resp.StatusCode != 408 { // which libraries repeat
		t.Errorf("%d", resp.StatusCode)
	}
	if resp, _ := d.post("/v1/batch", `{"batch":[`+track("m1")+`]}`); resp.StatusCode != 200 {
		t.Errorf("%d for the one after", resp.StatusCode)
	}
}

func TestRates(t *testing.T) {
	now := received
	for name, c := range map[string]struct {
		limits Limits
		text   string
	}{
		"key":     {Limits{KeyRate: 0.5}, "too many requests with this key"},
		"address": {Limits{AddressRate: 0.5}, "too many requests from this address"},
	} {
		d := open(t, func(k *Config) { k.Limits = c.limits; k.Now = func() time.Time { return now } })
		send := func() (*http.Response, string) {
			return d.post("/v1/track", track("m-"+name), "Origin", "https://x.example")
		}
		if resp, text := send(); resp.StatusCode != 200 {
			t.Errorf("%s: first: %d %s", name, resp.StatusCode, text)
		}
		resp, text := send()
		if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); resp.StatusCode != 429 || err != nil || s != 2 || !strings.Contains(text, c.text) ||
			resp.Header.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("%s: second: %d %v %s", name, resp.StatusCode, resp.Header, text)
		}
		now = now.Add(2 * time.Second)
		if resp, text := send(); resp.StatusCode != 200 {
			t.Errorf("%s: after the wait: %d %s", name, resp.StatusCode, text)
		}
	}
}

func TestPeer(t *testing.T) {
	for _, c := range []struct{ remote, forwarded, want string }{
		{"203.0.113.9:4000", "", "203.0.113.9"},
		{"203.0.113.9:4000", "198.51.100.1", "203.0.113.9"}, // anybody can write that
		{"127.0.0.1:4000", "10.0.0.1, 198.51.100.1", "198.51.100.1"},
		{"[::1]:4000", "198.51.100.1", "198.51.100.1"},
		{"127.0.0.1:4000", "", "127.0.0.1"},
		{"@", "", "@"}, // a Unix socket
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{}}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := peer(r); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestRatesForgetNames(t *testing.T) {
	r := newRates(1)
	for i := range 5 * maxNames {
		r.wait(fmt.Sprint(i), received)
	}
	if n := len(r.young) + len(r.old); n > 2*maxNames {
		t.Errorf("%d names kept", n)
	}
}

func TestOutages(t *testing.T) {
	closed, err := facts.Open(t.Context(), facts.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"facts closed": func(c *Config) { c.Facts = closed },
		"state away": func(c *Config) {
			c.Source = func(context.Context, string) (farol.SourceID, error) { return "", errors.New("connection refused") }
		},
	} {
		d := open(t, change)
		resp, text := d.post("/v1/track", track("m1"), "Origin", "https://x.example")
		s, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if resp.StatusCode != 503 || err != nil || s < 1 || s > 4 || resp.Header.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("%s: %d %v", name, resp.StatusCode, resp.Header)
		}
		if strings.Contains(text, "refused") {
			t.Errorf("%s: our trouble was told to the world: %s", name, text)
		}
	}
}

func TestRejectedAreKept(t *testing.T) {
	d := open(t, nil)
	resp, text := d.post("/v1/batch", `{"writeKey":"`+key+`","batch":[{"type":"track","messageId":"bad","event":"X"},`+track("good")+
		`,{"type":"track","userId":"u","event":"Subscription Started","messageId":"typed","groupId":"g","properties":{"subscription":"s","currency":"BRL","mrr":[1]}}]}`)
	want := `{"success":true,"rejected":[{"index":0,"messageId":"bad","field":"userId","reason":"userId or anonymousId is required"},` +
		`{"index":2,"messageId":"typed","field":"properties.mrr","reason":"`
	if resp.StatusCode != 200 || !strings.HasPrefix(text, want) {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	if resp, _ := d.post("/v1/batch", `{"batch":[{"type":`, "Authorization", basicAuth(key)); resp.StatusCode != 400 {
		t.Errorf("%d", resp.StatusCode)
	}
	if resp, _ := d.post("/v1/batch", `{"batch":[{"type":`, "Authorization", basicAuth("wk_other")); resp.StatusCode != 401 {
		t.Errorf("%d", resp.StatusCode)
	}
	fields := map[string]string{}
	for _, r := range d.rejections() {
		fields[r.ID] = r.Field
		if r.Body == "" || r.Reason == "" || !strings.HasPrefix(r.Body, "{") {
			t.Errorf("%+v", r)
		}
	}
	if len(fields) != 3 || fields["bad"] != "userId" || fields["typed"] != "properties.mrr" {
		t.Errorf("%v", fields)
	}
	if rows := d.stored(); len(rows) != 1 || rows[0].ID != "good" {
		t.Errorf("%+v", rows)
	}
}

// TestNothingElseIsLost sends what is wrong beside what is right and wants
// all of the latter, once.
func TestNothingElseIsLost(t *testing.T) {
	d := open(t, nil)
	hostile := []string{
		"", "{", "\x00", zip("{"), "\x1f\x8b\x08", strings.Repeat("[", 1<<20-1), `{"batch":` + strings.Repeat(`{"a":`, 1e5),
		`{"batch":[{"type":"track","userId":"u","event":"X","properties":{"a":` + strings.Repeat("[", 1e4) + strings.Repeat("]", 1e4) + `}}]}`,
		`{"batch":[` + strings.Repeat("0,", 1e5) + `0]}`, `{"batch":[{"type":"track","userId":"\ud800","event":"\u0000","timestamp":1e308}]}`,
		`{"batch":[{"type":"track","userId":"u","event":"X","properties":{"n":1e999999,"d":1,"d":2}}]}`, zip(strings.Repeat("0", 16<<20)),
	}
	var wait sync.WaitGroup
	for client := range 4 {
		wait.Go(func() {
			for i, bad := range hostile {
				resp, _ := d.post("/v1/batch", bad, "Authorization", basicAuth(key))
				if s := resp.StatusCode; s != 200 && s != 400 && s != 413 {
					t.Errorf("hostile body %d: %d", i, s)
				}
				good := `{"batch":[` + track(fmt.Sprintf("good-%d-%d", client, i)) + `]}`
				if resp, _ := d.post("/v1/batch", good); resp.StatusCode != 200 {
					t.Errorf("good body: %d", resp.StatusCode)
				}
			}
		})
	}
	wait.Wait()
	seen := map[string]int{}
	for _, r := range d.stored() {
		seen[r.ID]++
	}
	for client := range 4 {
		for i := range hostile {
			if id := fmt.Sprintf("good-%d-%d", client, i); seen[id] != 1 {
				t.Errorf("%s is there %d times", id, seen[id])
			}
		}
	}
}

// FuzzKey: no header or query crashes the look-up, and no key is found in
// one that does not hold it.
func FuzzKey(f *testing.F) {
	f.Add(basicAuth(key+":"), "", "")
	f.Add("Basic", ":", "writeKey=a:b")
	f.Add("basic  ====", "***", "%zz&writeKey")
	f.Fuzz(func(t *testing.T, authorization, header, query string) {
		r := &http.Request{Header: http.Header{"Authorization": {authorization}, "X-Write-Key": {header}}, URL: &url.URL{RawQuery: query}}
		for _, k := range append(restKeys(r), headKey(r)) {
			if strings.ContainsAny(k, ":") || k != strings.TrimSpace(k) || len(k) > maxText || k != "" && strings.Trim(k, "*") == "" {
				t.Errorf("found %q", k)
			}
		}
	})
}

func TestCounters(t *testing.T) {
	reg := prometheus.NewRegistry()
	for i := range 2 { // two handlers of one process share the counters
		d := open(t, func(c *Config) { c.Metrics = reg })
		d.post("/v1/batch", `{"batch":[`+track(fmt.Sprint("m", i))+`,`+track("twice")+`,{}]}`)
		d.post("/v1/batch", `{}`)
	}
	all, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range all {
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				got[family.GetName()+" "+l.GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	for name, want := range map[string]float64{
		"farol_ingest_requests_total 200": 2, "farol_ingest_requests_total 401": 2,
		"farol_ingest_events_total accepted": 3, "farol_ingest_events_total duplicate": 1, "farol_ingest_events_total rejected": 2,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}
