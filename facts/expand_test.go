package facts

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

func TestExpand(t *testing.T) {
	for in, want := range map[string]string{
		"SELECT i64(a)":                         "SELECT CAST(a AS BIGINT)",
		"SELECT i64(intDiv(f(a, b), 2)) AS i64": "SELECT CAST(((f(a, b)) // (2)) AS BIGINT) AS i64",
		"SELECT t.i64(a), 'i64(x)' -- i64(x)\n": "SELECT t.i64(a), 'i64(x)' -- i64(x)\n",
		"SELECT addDaysN({from:Date}, -1)":      "SELECT CAST(({from:Date}) + CAST(-1 AS INTEGER) AS DATE)",
		"SELECT propStr(p, 'a.b')":              `SELECT json_extract_string(nullif(p, ''), '$."a"."b"')`,
		"SELECT has([i64(1), 2], x)":            "SELECT list_contains([CAST(1 AS BIGINT), 2], x)",
		"SELECT i64('it''s (', \"a)\")":         "error",
		"SELECT i64(a, b)":                      "error",
		"SELECT i64(a":                          "error",
		"SELECT propStr(p, x)":                  "error",
		"SELECT propStr(p, 'a''b')":             "error",
		"SELECT 'open":                          "error",
	} {
		got, err := duckDialect.expand(in)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestLint(t *testing.T) {
	for text, word := range map[string]string{
		"SELECT * FROM activity":                     "activity",
		`SELECT * FROM "events"`:                     "events",
		"SELECT 1 UNION SELECT 2 FROM main.activity": "main",
		"DELETE FROM x":                              "SELECT",
		"SELECT 1; SELECT 2":                         "semicolon",
		"SELECT a FROM x WHERE a NOT IN (SELECT 1)":  "NOT EXISTS",
		"SELECT round(a, 2)":                         "roundHalfUp",
		"SELECT a[1]":                                "arrayElementOrNull",
		"SELECT lag(a) OVER (ORDER BY b)":            "toNullable",
		"SELECT count(DISTINCT a, b)":                "count(DISTINCT (a, b))",
		"SELECT date_diff('week', a, b)":             "intDiv",
		`SELECT 'a\b'`:                               "backslash",
		"SELECT now()":                               "parameter",
		"SELECT current_date":                        "clock",
		"SELECT {a:Int128}":                          "Int128",
		"SELECT $1":                                  "{name:Type}",
		"SELECT * FROM read_csv('/etc/passwd')":      "door",
	} {
		if err := lint(text); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v, want a word of %q", text, err, word)
		}
	}
	for _, text := range []string{
		"WITH a AS (SELECT 1 AS events_n) SELECT x.events FROM a x", "SELECT lag(toNullable(a)) OVER w, lead(b, 1, 0) OVER w", "SELECT count(DISTINCT (a, b)) FROM x",
		"SELECT [1, 2]", "SELECT a FROM x WHERE a IN (1) AND NOT (b)", "SELECT {a:Array(String)}, {b:DateTime64(3)}",
	} {
		if err := lint(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzExpand(f *testing.F) {
	for _, s := range []string{"SELECT i64(a) FROM {{activity}} a", "SELECT 'x''y', \"q\"\"\", {a:Date}, 1.5e-3 /* c */ -- d", "SELECT propStr(p, 'a') -- ", "((((", "SELECT i64(i64(i64(", "{", "'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		toks, err := tokens(s)
		if err == nil {
			var b strings.Builder
			for _, k := range toks {
				b.WriteString(k.text)
			}
			if b.String() != s {
				t.Fatalf("the tokens of %q are %q", s, b.String())
			}
		}
		for _, d := range []*dialect{duckDialect, clickDialect} {
			out, err := d.expand(s)
			if err == nil && strings.Count(out, "'") < strings.Count(s, "'") {
				t.Fatalf("%q lost a quote in %q", s, out)
			}
		}
		lint(s)
		d := &doors{params: map[string]any{}, traits: &traitSet{}}
		d.render(s)
	})
}

func TestCheck(t *testing.T) {
	for _, c := range []struct{ name, props, field string }{
		{"Anything", `{"mrr":[]}`, ""},
		{"Subscription Started", `{"subscription":"s","mrr":12.5,"currency":"BRL"}`, ""},
		{"Subscription Started", `{"subscription":7,"mrr_minor":1250,"currency":"BRL","voluntary":null}`, ""},
		{"Subscription Started", `{"subscription":"s","mrr":true,"currency":"BRL"}`, "properties.mrr"},
		{"Subscription Started", `{"subscription":"s","mrr":"12.555","currency":"BRL"}`, "properties.mrr"},
		{"Subscription Started", `{"subscription":"s","mrr":-1,"currency":"BRL"}`, "properties.mrr"},
		{"Subscription Started", `{"subscription":"s","mrr":1}`, "properties.currency"},
		{"Subscription Started", `{"subscription":"s","mrr":1,"currency":"reais"}`, "properties.currency"},
		{"Subscription Started", `{"subscription":"s"}`, "properties.mrr"},
		{"Subscription Started", `{"mrr":1,"currency":"BRL"}`, "properties.subscription"},
		{"Subscription Changed", `{"subscription":"s","mrr_minor":1.5,"currency":"BRL"}`, "properties.mrr_minor"},
		{"Subscription Changed", `{"subscription":"s","seats":"many"}`, "properties.seats"},
		{"Subscription Cancelled", `{"subscription":"s","voluntary":"yes"}`, "properties.voluntary"},
		{"Subscription Cancelled", `{"subscription":"s","effective_at":"soon"}`, "properties.effective_at"},
		{"Survey Answered", `{"kind":"nps","score":9}`, ""},
		{"Survey Answered", `{"kind":"nps","score":9.5}`, "properties.score"},
		{"Survey Answered", `{"kind":"nps","score":11}`, "properties.score"},
		{"Survey Answered", `{"kind":"stars","score":1}`, "properties.kind"},
		{"Survey Answered", `{"kind":"csat","score":1,"scale":0}`, "properties.scale"},
		{"Payment Succeeded", `{"amount":"-12.50","currency":"BRL"}`, ""},
		{"Payment Succeeded", `{"amount":"12,50","currency":"BRL"}`, "properties.amount"},
		{"Payment Failed", `{"amount":1e40,"currency":"BRL"}`, "properties.amount"},
		{"Payment Failed", `{"amount":12}`, "properties.currency"},
		{"Invoice Line Billed", `{"amount":1,"currency":"BRL","period_start":"2026-01-01","period_end":"2026-02-01"}`, "properties.subscription"},
		{"Invoice Line Billed", `{"subscription":"s","currency":"BRL","period_start":"2026-01-01","period_end":"2026-02-01"}`, "properties.amount"},
		{"Invoice Line Billed", `{"subscription":"s","amount":"1,5","currency":"BRL","period_start":"2026-01-01","period_end":"2026-02-01"}`, "properties.amount"},
		{"Invoice Line Billed", `{"subscription":"s","amount":1e12,"currency":"BRL","period_start":"2026-01-01","period_end":"2026-02-01"}`, "properties.amount"},
		{"Invoice Line Billed", `{"subscription":"s","amount":90000000,"currency":"BRL","period_start":"2026-01-01T10:00:00Z","period_end":"2026-01-01T10:00:01Z"}`, "properties.amount"},
		{"Invoice Line Billed", `{"subscription":"s","amount":1,"period_start":"2026-01-01","period_end":"2026-02-01"}`, "properties.currency"},
		{"Invoice Line Billed", `{"subscription":"s","amount":1,"tax":2,"currency":"BRL","period_start":"2026-01-01","period_end":"2026-02-01"}`, "properties.tax"},
		{"Invoice Line Billed", `{"subscription":"s","amount":1,"tax":"x","currency":"BRL","period_start":"2026-01-01","period_end":"2026-02-01"}`, "properties.tax"},
		{"Invoice Line Billed", `{"subscription":"s","amount":1,"currency":"BRL","period_start":"january","period_end":"2026-02-01"}`, "properties.period_start"},
		{"Invoice Line Billed", `{"subscription":"s","amount":1,"currency":"BRL","period_start":"2026-01-01"}`, "properties.period_end"},
		{"Invoice Line Billed", `{"subscription":"s","amount":1,"currency":"BRL","period_start":"2026-01-01","period_end":"2026-01-01"}`, "properties.period_end"},
		{"Invoice Line Billed", `{"subscription":"s","amount":1,"currency":"BRL","period_start":"2026-01-01","period_end":"2026-02-01","interval":"quarter"}`, "properties.interval"},
		{"Invoice Line Billed", `{"subscription":"s","amount":1,"currency":"BRL","period_start":"2026-01-01","period_end":"2026-02-01","interval_count":0}`, "properties.interval_count"},
		{"Invoice Line Billed", `{"subscription":"s","amount":1,"currency":"BRL","period_start":"2026-01-01","period_end":"2026-02-01","quantity":-1}`, "properties.quantity"},
		{"Invoice Line Billed", `{"subscription":"s","amount":-1,"tax":"0.20","currency":"BRL","period_start":"2026-01-01","period_end":"2026-02-01T10:00:00-03:00","quantity":0}`, ""},
		{"Ticket Opened", `{"ticket":{}}`, "properties.ticket"},
		{"Ticket Solved", `{"ticket":1,"csat":0.5,"reopened_count":0}`, ""},
		{"Ticket Solved", `{"ticket":1,"csat":5}`, "properties.csat"},
		{"Ticket Updated", `{"ticket":1,"reopened_count":-1}`, "properties.reopened_count"},
		{"Lead Created", ``, "properties.lead"},
		{"Signed Up", `[]`, "properties"},
		{"Invite Sent", `{"invitee_role":"admin"}`, "properties.invitee_email"},
		{"Invite Sent", `{"invitee_email":["a@b.c"]}`, "properties.invitee_email"},
		{"Invite Sent", `{"invitee_id":{}}`, "properties.invitee_id"},
		{"Invite Sent", `{"invitee_id":7}`, ""},
		{"Invite Sent", `{"invitee_email":"a@b.c","invitee_role":null}`, ""},
	} {
		e := farol.Event{Kind: farol.Track, Name: c.name, Account: "acme", Properties: json.RawMessage(c.props)}
		err := Check(&e)
		field := ""
		if err != nil {
			field = err.(*farol.Error).Field
		}
		if field != c.field {
			t.Errorf("%s %s: %v, want field %q", c.name, c.props, err, c.field)
		}
	}
	if err := Check(&farol.Event{Kind: farol.Track, Name: "Ticket Opened", Properties: json.RawMessage(`{"ticket":1}`)}); err == nil {
		t.Error("a ticket of nobody")
	}
}

func FuzzCheck(f *testing.F) {
	for name := range wellKnownEvents {
		f.Add(name, `{"subscription":"s","mrr":12.5,"currency":"BRL","effective_at":"2026-01-01","kind":"nps","score":9,"ticket":1}`)
	}
	f.Add("Used", `{"interactive":false,"seconds":1e9}`)
	f.Fuzz(func(t *testing.T, name, props string) {
		for _, kind := range farol.Kinds {
			e := farol.Event{ID: "x", Source: "s", Kind: kind, Name: name, Account: "a", User: "u", At: ts("2026-01-01"), Properties: json.RawMessage(props)}
			err := Check(&e)
			p := jsonParsers.Get()
			out := prepare(&e, time.UTC, p)
			jsonParsers.Put(p)
			if err != nil && kind == farol.Track && len(out.typed) > 0 {
				t.Fatalf("a refused event has typed rows: %v", err)
			}
			if out.millis < 0 || out.millis > 86400_000 {
				t.Fatalf("%d ms online", out.millis)
			}
			for _, r := range out.typed {
				if len(r.row) != len(r.table.columns)-1 {
					t.Fatalf("%s has %d cells", r.table.name, len(r.row))
				}
			}
		}
	})
}

func FuzzReplay(f *testing.F) {
	f.Add([]byte{1, 2, 2, 1, 3, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var ls, back []link
		for i := 0; i+1 < len(b) && i < 200; i += 2 {
			l := link{from: string('a' + rune(b[i]%16)), to: string('a' + rune(b[i+1]%16)), at: ts("2026-01-01").Add(time.Duration(b[i]) * time.Second), id: string(rune(i))}
			ls, back = append(ls, l), append([]link{l}, back...)
		}
		one, two := replay(ls), replay(back)
		for i := range 16 {
			id := string('a' + rune(i))
			if end(one, id) != end(two, id) {
				t.Fatalf("%s is %s or %s", id, end(one, id), end(two, id))
			}
		}
	})
}

func TestRowPlaces(t *testing.T) {
	for name, place := range map[string]int{"known": rowKnown, "as_account": rowAccount, "as_person": rowPerson} {
		if events.index(name)-1 != place {
			t.Errorf("%s is at %d", name, events.index(name)-1)
		}
	}
}

// docs/events.md and docs/doors.md name everything that there is.
func TestDocs(t *testing.T) {
	read := func(path string) string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	page := read("../docs/events.md")
	for name, w := range wellKnownEvents {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("docs/events.md does not name %s", name)
		}
		for _, p := range w.properties {
			if !strings.Contains(page, "`"+p.name+"`") {
				t.Errorf("docs/events.md does not name %s of %s", p.name, name)
			}
		}
	}
	page = read("../docs/doors.md")
	for name := range (&doors{}).funcs() {
		if !strings.Contains(page, "{{"+name) {
			t.Errorf("docs/doors.md does not name the door %s", name)
		}
	}
	for name := range duckDialect.calls {
		if !strings.Contains(page, "`"+name+"(") {
			t.Errorf("docs/doors.md does not name the function %s", name)
		}
	}
}
