package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
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
	if kept := d.rejections(); len(kept) != 6 { // all that came with a key
		t.Errorf("%d bodies are on the list of rejected events", len(kept))
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
	// The key may be in the part that cannot be read.
	if resp, text := d.post("/v1/batch", `{"writeKey":"`+key+`","batch":[`); resp.StatusCode != 400 || !strings.Contains(text, "not JSON") {
		t.Errorf("%d %s", resp.StatusCode, text)
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
