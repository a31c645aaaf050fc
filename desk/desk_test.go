package desk

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// brief is a ticket in one line, absent fields left out.
func brief(t *Ticket) string {
	if t == nil {
		return "nothing"
	}
	var out []string
	add := func(name, v string) {
		if v != "" {
			out = append(out, name+"="+v)
		}
	}
	at := func(name string, x time.Time) {
		if !x.IsZero() {
			out = append(out, name+"="+x.UTC().Format("01-02T15:04:05"))
		}
	}
	r := t.Requester
	add("id", t.ID)
	add("subject", t.Subject)
	add("status", t.Status)
	add("raw", t.StatusRaw)
	add("priority", t.Priority)
	add("channel", t.Channel)
	add("topic", t.Topic)
	add("assignee", t.Assignee)
	add("tags", strings.Join(t.Tags, ","))
	add("url", t.URL)
	at("opened", t.Opened)
	at("replied", t.FirstReply)
	at("solved", t.Solved)
	at("updated", t.Updated)
	if t.Reopened >= 0 {
		add("reopened", fmt.Sprint(t.Reopened))
	}
	if t.CSAT != nil {
		add("csat", fmt.Sprintf("%g(%s)", *t.CSAT, t.CSATRaw))
	}
	add("said", t.CSATComment)
	add("email", r.Email)
	add("name", r.Name)
	add("person", r.ID)
	add("desk", r.DeskID)
	add("account", r.Account)
	add("org", r.Org)
	add("company", r.OrgName)
	return strings.Join(out, " ")
}

func TestReaders(t *testing.T) {
	jira := Mapping{Fields: map[string]string{
		"id": "issue.key", "subject": "$.issue.fields.summary", "status": "issue.fields.status.name", "priority": "issue.fields.priority.name", "opened_at": "issue.fields.created",
		"updated_at": "timestamp", "tags": "issue.fields.labels", "topic": "issue.fields.labels[0]", "requester_email": "issue.fields.reporter.emailAddress",
		"account_id": `issue.fields["customfield.10"].value`, "csat": "issue.fields.satisfaction.rating", "channel": "=email",
	}, Statuses: map[string]string{"aguardando o Cliente": "pending"}}
	for _, c := range []struct{ kind, file, want string }{
		{"zendesk", "zendesk_event", "id=35436 subject=Relatório mostra total errado status=solved raw=SOLVED priority=high channel=web_service topic=problem assignee=8447388090495 tags=relatorios,vip opened=03-01T12:00:00 updated=03-02T14:05:00 desk=8447388090494 org=8447346622462"},
		{"zendesk", "zendesk_comment", "id=35436 subject=Relatório mostra total errado status=open raw=OPEN channel=portal assignee=8447388090495 opened=03-01T12:00:00 replied=03-01T12:30:00 updated=03-01T12:30:00 desk=8447388090494"},
		{"zendesk", "zendesk_trigger", "id=35437 status=pending raw=Pending opened=03-01T12:00:00 updated=03-02T09:00:00 csat=1(Good, I'm satisfied) said=rápido email=Ana@Acme.com person=ana account=acme company=Acme Ltda"},
		{"intercom", "intercom_closed", "id=1911149811 subject=Login status=solved raw=closed priority=high channel=chat assignee=5017691 tags=login url=https://app.intercom.com/a/apps/a86dr8yl/conversations/1911149811 opened=03-01T12:00:00 replied=03-01T12:30:00 solved=03-02T13:59:50 updated=03-02T14:00:00 reopened=1 csat=1(5/5) said=ótimo email=ana@acme.com name=Ana Souza person=ana desk=6310eb951613b2"},
		{"intercom", "intercom_ticket", "id=494 subject=Importar planilha status=pending raw=waiting_on_customer topic=Bug opened=03-01T12:00:00 updated=03-01T13:00:00 email=leo@globex.com.br desk=66 org=1234"},
		{"intercom", "intercom_ping", "nothing"},
		{"chatwoot", "chatwoot_resolved", "id=207 subject=Cobrança em duplicidade status=solved raw=resolved priority=urgent channel=chat topic=billing assignee=Paula tags=billing opened=03-01T12:00:00 replied=03-01T12:20:00 updated=03-01T13:00:11 email=ana@acme.com name=Ana person=ana desk=4 account=acme company=Acme"},
		{"chatwoot", "chatwoot_csat", "id=207 subject=Please rate status=solved raw=resolved channel=chat topic=billing tags=billing opened=03-01T12:00:00 replied=03-01T12:20:00 updated=03-01T13:30:00 csat=0.25(2/5) said=demorou email=ana@acme.com name=Ana person=ana desk=4"},
		{"freshdesk", "freshdesk_simple", "id=117 subject=Painel muito lento status=pending raw=Aguardando cliente priority=normal channel=portal topic=Incident assignee=Paula tags=desempenho,painel url=https://vendor.freshdesk.com/helpdesk/tickets/117 email=leo@globex.com.br name=Leo org=globex company=Globex"},
		{"freshdesk", "freshdesk_advanced", "id=118 subject=Erro ao importar status=solved raw=4 priority=urgent tags=import opened=03-01T12:00:00 solved=03-02T14:59:00 updated=03-02T15:00:00 email=ana@acme.com name=Ana person=ana org=acme company=Acme"},
		{"webhook", "webhook", "id=SUP-12 subject=Usuário sem acesso status=pending raw=Aguardando o cliente priority=urgent channel=email topic=permissions tags=permissions,sso opened=03-01T12:00:00 updated=03-01T13:00:00 csat=0.75(4) email=ana@acme.com account=acme"},
	} {
		read := adapters[c.kind].read
		if c.kind == "webhook" {
			read = jira.Read
		}
		r, err := read(fixture(t, c.file))
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if got := brief(r.Ticket); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.file, got, c.want)
		}
	}
	// A trigger whose placeholders broke the JSON can send a form.
	r, err := readZendesk([]byte("id=7&status=Solved&requester_email=ana%40acme.com&tags=a+b"))
	if got := brief(r.Ticket); err != nil || got != "id=7 status=solved raw=Solved tags=a,b email=ana@acme.com" {
		t.Errorf("a form: %s %v", got, err)
	}
}

// What cannot be read says where.
func TestUnreadable(t *testing.T) {
	for _, c := range []struct{ kind, body, field string }{
		{"zendesk", `{`, "body"}, {"zendesk", `[]`, "body"}, {"zendesk", `{} x`, "body"}, {"zendesk", `{"status":"open"}`, "id"}, {"zendesk", `{"type":"zen:event-type:ticket.created","detail":{}}`, "detail.id"},
		{"zendesk", strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60), "body"},
		{"intercom", `{"data":{}}`, "topic"}, {"intercom", `{"topic":"conversation.user.created","data":{"item":{}}}`, "data.item.id"},
		{"chatwoot", `{"id":1}`, "event"}, {"chatwoot", `{"event":"message_created"}`, "id"}, {"freshdesk", `{"freshdesk_webhook":{}}`, "ticket_id"},
	} {
		_, err := adapters[c.kind].read([]byte(c.body))
		if e := new(farol.Error); !asError(err, &e) || e.Kind != farol.Invalid || e.Field != c.field {
			t.Errorf("%s %.40s: %v, want the field %s", c.kind, c.body, err, c.field)
		}
	}
	m := Mapping{Fields: map[string]string{"id": "id", "opened_at": "at", "csat": "stars", "reopened_count": "again"}}
	for body, field := range map[string]string{`{"x":1}`: "id", `{"id":1,"at":"yesterday"}`: "opened_at", `{"id":1,"stars":9}`: "csat", `{"id":1,"again":1.5}`: "reopened_count"} {
		_, err := m.Read([]byte(body))
		if e := new(farol.Error); !asError(err, &e) || e.Field != field {
			t.Errorf("%s: %v, want the field %s", body, err, field)
		}
	}
	for field, m := range map[string]Mapping{
		"fields.id":      {Fields: map[string]string{"subject": "x"}},
		"fields.colour":  {Fields: map[string]string{"id": "x", "colour": "y"}},
		"fields.subject": {Fields: map[string]string{"id": "x", "subject": "a[b"}},
		"statuses.Done":  {Fields: map[string]string{"id": "x"}, Statuses: map[string]string{"Done": "finished"}},
		"csat_max":       {Fields: map[string]string{"id": "x"}, CSATMin: 5, CSATMax: 1},
	} {
		if e := new(farol.Error); !asError(m.check(), &e) || e.Field != field {
			t.Errorf("%v, want the field %s", m.check(), field)
		}
	}
	m.Statuses = map[string]string{"Done": "solved", "done": "open"}
	if e := new(farol.Error); !asError(m.check(), &e) || !strings.HasPrefix(e.Field, "statuses.") {
		t.Errorf("a word that stands twice: %v", m.check())
	}
}

// A chat without a title goes by the first line of what was asked.
func TestIntercomChat(t *testing.T) {
	r, err := readIntercom([]byte(`{"topic":"conversation.user.created","data":{"item":{"id":"1","title":null,"source":{"subject":"","body":"<p>Como agendo?</p>"}}}}`))
	if err != nil || r.Ticket.Subject != "Como agendo?" {
		t.Errorf("%+v, %v", r.Ticket, err)
	}
}

// Requests in the form of the documentation (timestamp before body), and what was tampered with or is too old.
func TestGenuine(t *testing.T) {
	zen := request{body: []byte(`{"say": "hello"}`), header: http.Header{}, now: time.Date(2021, 7, 25, 10, 1, 0, 0, time.UTC)}
	zen.header.Set("X-Zendesk-Webhook-Signature", "Rry/4TtIdFyawtXXp8QdI6tlAUUQ/5kL1OTp5qo/ZIk=")
	zen.header.Set("X-Zendesk-Webhook-Signature-Timestamp", "2021-07-25T10:00:00Z")
	std := request{body: []byte(`{"test": 2432232314}`), header: http.Header{}, now: time.Unix(1614265331, 0)}
	std.header.Set("Webhook-Id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	std.header.Set("Webhook-Timestamp", "1614265330")
	std.header.Set("Webhook-Signature", "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	body := []byte(`{"event":"x"}`)
	sum := hmac.New(sha1.New, []byte("client secret"))
	sum.Write(body)
	hub := request{body: body, header: http.Header{"X-Hub-Signature": {"sha1=" + hex.EncodeToString(sum.Sum(nil))}}}
	sum = hmac.New(sha256.New, []byte("woot secret"))
	sum.Write([]byte("1772366400."))
	sum.Write(body)
	woot := request{body: body, header: http.Header{"X-Chatwoot-Signature": {"sha256=" + hex.EncodeToString(sum.Sum(nil))}, "X-Chatwoot-Timestamp": {"1772366400"}}, now: time.Unix(1772366460, 0)}
	for _, c := range []struct {
		kind, secret string
		r            request
	}{
		{"zendesk", "HRkRd4BeOAoUkfZr-mhauJT64rvBASlJRoIyPsd3zeA=", zen}, {"webhook", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", std},
		{"intercom", "client secret", hub}, {"chatwoot", "woot secret", woot},
	} {
		check := adapters[c.kind].genuine
		if err := check(c.secret, c.r); err != nil {
			t.Errorf("%s: %v", c.kind, err)
		}
		for name, bad := range map[string]func(*request){
			"another body": func(r *request) { r.body = append([]byte(" "), r.body...) },
			"no signature": func(r *request) { r.header = http.Header{} },
			"late":         func(r *request) { r.now = r.now.Add(time.Hour) },
			"early":        func(r *request) { r.now = r.now.Add(-time.Hour) },
		} {
			if c.kind == "intercom" && (name == "late" || name == "early") {
				continue // it signs no time
			}
			r := c.r
			bad(&r)
			if err := check(c.secret, r); farol.KindOf(err) != farol.Unauthorized {
				t.Errorf("%s, %s: %v", c.kind, name, err)
			}
		}
		other := "whsec_" + base64.StdEncoding.EncodeToString([]byte("another secret of some length"))
		if err := check(other, c.r); farol.KindOf(err) != farol.Unauthorized {
			t.Errorf("%s, another secret: %v", c.kind, err)
		}
	}
	old := request{body: body, header: http.Header{}, query: map[string][]string{"key": {"woot secret"}}}
	if err := genuineChatwoot("woot secret", old); err != nil {
		t.Errorf("a release that signs nothing: %v", err)
	}
}

func TestDomains(t *testing.T) {
	for mail, want := range map[string]string{"ana@acme.com": "acme.com", "x@GMAIL.com": "", "x@yahoo.com.br": "", "x@uol.com.br": "", "x@localhost": "", "x": "", "@a.com": "", "x@ig.com.br": ""} {
		if got := OwnDomain(mail); got != want {
			t.Errorf("%s: %q", mail, got)
		}
	}
	for site, want := range map[string]string{"https://www.acme.com/x": "acme.com", "Acme.com": "acme.com", "": "", "://": ""} {
		if got := host(site); got != want {
			t.Errorf("%s: %q", site, got)
		}
	}
}

func TestPaths(t *testing.T) {
	paths, err := Paths(fixture(t, "webhook"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, p := range paths {
		found[p.Path] = p.Value
		steps, err := parsePath(p.Path)
		n, _ := parse(fixture(t, "webhook"))
		if err != nil || n.at(steps...).absent() {
			t.Errorf("%s leads nowhere: %v", p.Path, err)
		}
	}
	if found["issue.key"] != "SUP-12" || found[`issue.fields["customfield.10"].value`] != "acme" || found["issue.fields.labels"] != "permissions, sso" || found["issue.fields.labels[1]"] != "sso" {
		t.Errorf("%v", found)
	}
	for _, bad := range []string{"", "$", "a..b", "a.", "a[", "a[]", strings.Repeat("a.", 60) + "a"} {
		if _, err := parsePath(bad); err == nil {
			t.Errorf("%q is a path", bad)
		}
	}
}

// fuzz wants a reader to read or refuse whatever comes.
func fuzz(f *testing.F, kind string, read func([]byte) (Read, error)) {
	files, _ := filepath.Glob("testdata/" + kind + "*.json")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("id=1&payload={"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := read(body)
		if err != nil && farol.KindOf(err) != farol.Invalid {
			t.Fatalf("%v is no refusal", err)
		}
		if err == nil && r.Ticket != nil && (r.Ticket.ID == "" || r.Ticket.CSAT != nil && (*r.Ticket.CSAT < 0 || *r.Ticket.CSAT > 1)) {
			t.Fatalf("%+v", r.Ticket)
		}
	})
}

func FuzzZendesk(f *testing.F)   { fuzz(f, "zendesk", readZendesk) }
func FuzzIntercom(f *testing.F)  { fuzz(f, "intercom", readIntercom) }
func FuzzChatwoot(f *testing.F)  { fuzz(f, "chatwoot", readChatwoot) }
func FuzzFreshdesk(f *testing.F) { fuzz(f, "freshdesk", readFreshdesk) }

func FuzzWebhook(f *testing.F) {
	m := Mapping{Fields: map[string]string{"id": "issue.key", "status": "issue.fields.status", "tags": "issue.fields.labels", "csat": "issue.fields.satisfaction.rating", "opened_at": "timestamp"}}
	fuzz(f, "webhook", func(body []byte) (Read, error) {
		if paths, err := Paths(body); err == nil && len(paths) > maxPaths+1 {
			f.Fatal("too many paths")
		}
		return m.Read(body)
	})
}

func FuzzPath(f *testing.F) {
	f.Add(`a.b[0]["c.d"]`)
	f.Fuzz(func(t *testing.T, s string) {
		if steps, err := parsePath(s); err == nil && len(steps) == 0 {
			t.Fatal("a path of no steps")
		}
	})
}

// What the pages and the documentation say to type is what the adapters read.
func TestBodiesAreRead(t *testing.T) {
	docs, err := os.ReadFile("../docs/help-desks.md")
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]func([]byte) (Read, error){"zendesk": readZendesk, "freshdesk": readFreshdesk}
	for kind, body := range Bodies {
		if !strings.Contains(string(docs), body) {
			t.Errorf("the documentation has another body for %s", kind)
		}
		got, err := read[kind]([]byte(body))
		if err != nil || got.Ticket == nil || got.Ticket.ID == "" || got.Ticket.Requester.Email == "" || got.Ticket.Requester.OrgName == "" {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
	}
}
