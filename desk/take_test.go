package desk

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/store"
)

// kit is help desks over real engines, behind the door.
type kit struct {
	*testing.T
	d    *Desks
	mux  *http.ServeMux
	now  time.Time
	seen map[string]string // secrets by desk
}

func open(t *testing.T) *kit {
	t.Helper()
	ctx := context.Background()
	k := &kit{T: t, now: time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC), seen: map[string]string{}}
	clock := func() time.Time { return k.now }
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "state.db"), clock)
	k.ok(err)
	t.Cleanup(func() { s.Close() })
	k.ok(s.UseKey(bytes.Repeat([]byte{7}, 32)))
	f, err := facts.Open(ctx, facts.Config{Zone: time.UTC, MemoryLimit: "256MB", Threads: 1, Now: clock})
	k.ok(err)
	t.Cleanup(func() { f.Close() })
	k.d = &Desks{Store: s, Facts: f, Customers: customer.New(f, clock), Now: clock}
	k.mux = http.NewServeMux()
	k.mux.Handle(Path, k.d)
	at := k.now.AddDate(0, -1, 0)
	k.append(
		farol.Event{ID: "g1", Kind: farol.Group, At: at, Account: "acme", User: "ana", Properties: json.RawMessage(`{"name":"Acme","website":"https://www.acme.com"}`)},
		farol.Event{ID: "i1", Kind: farol.Identify, At: at, User: "ana", Properties: json.RawMessage(`{"email":"Ana@acme.com"}`)},
		farol.Event{ID: "g2", Kind: farol.Group, At: at, Account: "globex", User: "bia", Properties: json.RawMessage(`{"name":"Globex"}`)},
	)
	return k
}

func (k *kit) ok(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

func (k *kit) append(events ...farol.Event) {
	k.Helper()
	for i := range events {
		events[i].Source = "web"
	}
	_, err := k.d.Facts.Append(context.Background(), facts.Batch{Events: events})
	k.ok(err)
	k.ok(k.d.Facts.Settle(context.Background()))
}

func (k *kit) desk(kind, secret string) store.Desk {
	k.Helper()
	h, made, err := k.d.Store.AddDesk(context.Background(), kind, "Our "+kind, secret)
	k.ok(err)
	k.seen[kind] = firstOf(made, secret)
	return h
}

// send posts a body as the vendor would, and answers what was said.
func (k *kit) send(h store.Desk, body string, change ...func(*http.Request)) (int, taken) {
	k.Helper()
	r := httptest.NewRequest("POST", "/hooks/"+string(h.ID), strings.NewReader(body))
	sign(r, h.Kind, k.seen[h.Kind], body, k.now)
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	k.mux.ServeHTTP(w, r)
	var out taken
	k.ok(json.Unmarshal(w.Body.Bytes(), &out))
	return w.Code, out
}

// sign makes the headers of the vendor.
func sign(r *http.Request, kind, secret, body string, now time.Time) {
	stamp := strconv.FormatInt(now.Unix(), 10)
	mac := func(key []byte, text string) []byte {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	switch kind {
	case "zendesk":
		at := now.Format(time.RFC3339)
		r.Header.Set("X-Zendesk-Webhook-Signature-Timestamp", at)
		r.Header.Set("X-Zendesk-Webhook-Signature", base64.StdEncoding.EncodeToString(mac([]byte(secret), at+body)))
	case "intercom":
		m := hmac.New(sha1.New, []byte(secret))
		m.Write([]byte(body))
		r.Header.Set("X-Hub-Signature", "sha1="+hex.EncodeToString(m.Sum(nil)))
	case "chatwoot":
		r.Header.Set("X-Chatwoot-Timestamp", stamp)
		r.Header.Set("X-Chatwoot-Signature", "sha256="+hex.EncodeToString(mac([]byte(secret), stamp+"."+body)))
	case "freshdesk":
		r.SetBasicAuth("farol", secret)
	case "webhook":
		key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		id := "msg_" + strconv.Itoa(len(body)) + "_" + stamp
		r.Header.Set("Webhook-Id", id)
		r.Header.Set("Webhook-Timestamp", stamp)
		r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac(key, id+"."+stamp+"."+body)))
	}
}

// want sends and wants the state.
func (k *kit) want(h store.Desk, body, state string) {
	k.Helper()
	if code, got := k.send(h, body); code != 200 || got.State != state {
		k.Errorf("%.60s: %d %+v, want %s", body, code, got, state)
	}
}

// ticket is how the ticket stands in the facts, in one line.
func (k *kit) ticket(id string) string {
	k.Helper()
	out := "none"
	k.ok(k.d.Facts.Tickets(context.Background(), facts.TicketFilter{ID: id}, func(t facts.Ticket) {
		out = fmt.Sprintf("%s/%s %s reopened=%d opened=%s", t.Account, t.Person, t.Status, t.Reopened, t.Opened.Format("02T15:04"))
		if !t.FirstReply.IsZero() {
			out += " replied=" + t.FirstReply.Format("02T15:04")
		}
		if !t.Solved.IsZero() {
			out += " solved=" + t.Solved.Format("02T15:04")
		}
		if t.CSAT != nil {
			out += fmt.Sprintf(" csat=%g", *t.CSAT)
		}
	}))
	return out
}

func (k *kit) is(id, want string) {
	k.Helper()
	if got := k.ticket(id); got != want {
		k.Errorf("%s is %s, want %s", id, got, want)
	}
}

// A ticket's life as a help desk tells it: out of order, twice, and again
// after it was solved; each thing counts once.
func TestLifeOfATicket(t *testing.T) {
	k := open(t)
	h := k.desk("zendesk", "zendesk secret")
	tell := func(status, updated string) string {
		return `{"id":"1","status":"` + status + `","requester_email":"ana@acme.com","subject":"x \"y\"","created_at":"2026-03-01T10:00:00Z","updated_at":"` + updated + `"}`
	}
	k.want(h, tell("open", "2026-03-01T10:00:00Z"), "taken")
	k.is("zendesk-1", "acme/ana open reopened=0 opened=01T10:00")
	k.want(h, tell("open", "2026-03-01T10:00:00Z"), "repeated")
	k.want(h, tell("solved", "2026-03-02T10:00:00Z"), "taken")
	k.is("zendesk-1", "acme/ana solved reopened=0 opened=01T10:00 solved=02T10:00")
	k.want(h, tell("pending", "2026-03-01T12:00:00Z"), "ignored") // it arrives late
	k.want(h, tell("solved", "2026-03-02T11:00:00Z"), "ignored")  // nothing new
	k.want(h, tell("open", "2026-03-03T10:00:00Z"), "taken")
	k.is("zendesk-1", "acme/ana open reopened=1 opened=01T10:00")
	k.want(h, tell("closed", "2026-03-04T10:00:00Z"), "taken")
	k.is("zendesk-1", "acme/ana closed reopened=1 opened=01T10:00 solved=04T10:00")

	// Taken in again after the record of it was lost, nothing doubles.
	before := k.count()
	list, err := k.d.Store.Deliveries(t.Context(), store.DeliveryQuery{State: store.DeliveryTaken, Oldest: true})
	k.ok(err)
	k.ok(k.d.Store.SaveDeskTicket(t.Context(), store.DeskTicket{Source: h.ID, Ticket: "zendesk-1"}))
	for _, x := range list {
		_, err := k.d.Replay(t.Context(), x.ID)
		k.ok(err)
	}
	if after := k.count(); after != before+1 {
		// The first is told as an update, since of the ticket something was kept.
		t.Errorf("%d events after the replay, %d before", after, before)
	}
	k.want(h, `{"type":"zen:event-type:user.created","id":"u1","detail":{"id":"9"}}`, "ignored")
}

func (k *kit) count() int64 {
	k.Helper()
	st, err := k.d.Facts.Stats(context.Background())
	k.ok(err)
	return st.Tickets
}

// Every vendor's recorded requests are taken in, once.
func TestVendors(t *testing.T) {
	k := open(t)
	for _, c := range []struct{ kind, secret, file, id, want string }{
		{"zendesk", "zendesk secret", "zendesk_trigger", "zendesk-35437", "acme/ana pending reopened=0 opened=01T12:00 csat=1"},
		{"intercom", "intercom secret", "intercom_closed", "intercom-1911149811", "acme/ana solved reopened=1 opened=01T12:00 replied=01T12:30 solved=02T13:59 csat=1"},
		{"chatwoot", "chatwoot secret", "chatwoot_resolved", "chatwoot-207", "acme/ana solved reopened=0 opened=01T12:00 replied=01T12:20 solved=01T13:00"},
		{"freshdesk", "", "freshdesk_advanced", "freshdesk-118", "acme/ana solved reopened=0 opened=01T12:00 solved=02T14:59"},
	} {
		h, body := k.desk(c.kind, c.secret), string(fixture(t, c.file))
		code, got := k.send(h, body, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") })
		if code != 200 || got.State != "taken" {
			t.Errorf("%s: %d %+v", c.kind, code, got)
		}
		k.is(c.id, c.want)
		k.want(h, body, "repeated")
		if code, _ := k.send(h, body+" ", func(r *http.Request) { r.Header = http.Header{} }); code != 401 {
			t.Errorf("%s without a signature: %d", c.kind, code)
		}
	}
	if code, _ := k.send(store.Desk{Source: store.Source{ID: "no-such"}}, "{}"); code != 404 {
		t.Errorf("an unknown address answered %d", code)
	}
	for method, want := range map[string]int{"HEAD": 200, "GET": 405} {
		w := httptest.NewRecorder()
		k.mux.ServeHTTP(w, httptest.NewRequest(method, "/hooks/x", nil))
		if w.Code != want {
			t.Errorf("%s answered %d", method, w.Code)
		}
	}
}

// Whom nobody knows waits; said once, it is remembered, for the address or for
// everybody of its domain.
func TestWaiting(t *testing.T) {
	k := open(t)
	h := k.desk("freshdesk", "")
	tell := func(id, mail string) string {
		return `{"ticket_id":"` + id + `","status":"Open","requester_email":"` + mail + `","created_at":"2026-03-01T10:00:00Z","updated_at":"2026-03-01T11:00:00Z"}`
	}
	k.want(h, tell("1", "leo@initech.com"), "waiting")
	k.want(h, tell("2", "LEO@initech.com"), "waiting")
	k.want(h, tell("3", "eva@initech.com"), "waiting")
	k.want(h, tell("4", "eva@gmail.com"), "waiting")
	k.want(h, tell("5", "new@acme.com"), "taken") // the domain is Acme's
	k.is("freshdesk-5", "acme/ open reopened=0 opened=01T10:00")
	k.want(h, `{"ticket_id":"6","status":"Open"}`, "waiting")
	wait := func() string {
		list, err := k.d.Store.WaitingRequesters(t.Context())
		k.ok(err)
		var out []string
		for _, w := range list {
			out = append(out, fmt.Sprintf("%s×%d", strings.ReplaceAll(w.Requester, string(h.ID), "DESK"), w.Deliveries))
		}
		return strings.Join(out, " ")
	}
	if got := wait(); got != "email:eva@gmail.com×1 email:eva@initech.com×1 email:leo@initech.com×2 ticket:DESK:freshdesk-6×1" {
		t.Errorf("waiting: %s", got)
	}
	if _, err := k.d.Assign(t.Context(), "email:leo@initech.com", "nobody", "", false, "me"); farol.KindOf(err) != farol.Invalid {
		t.Errorf("an unknown account: %v", err)
	}
	if _, err := k.d.Assign(t.Context(), "email:eva@gmail.com", "globex", "", true, "me"); farol.KindOf(err) != farol.Invalid {
		t.Errorf("a domain of everybody: %v", err)
	}
	n, err := k.d.Assign(t.Context(), "email:leo@initech.com", "globex", "bia", false, "me")
	k.ok(err)
	if n != 2 {
		t.Errorf("%d taken in", n)
	}
	k.is("freshdesk-2", "globex/bia open reopened=0 opened=01T10:00")
	k.want(h, tell("7", "leo@initech.com"), "taken")
	n, err = k.d.Assign(t.Context(), "email:eva@initech.com", "globex", "", true, "me")
	k.ok(err)
	if n != 1 {
		t.Errorf("%d taken in", n)
	}
	k.want(h, tell("8", "another@initech.com"), "taken")
	n, err = k.d.Assign(t.Context(), "ticket:"+string(h.ID)+":freshdesk-6", "acme", "", false, "me")
	k.ok(err)
	if got := wait(); n != 1 || got != "email:eva@gmail.com×1" {
		t.Errorf("%d, waiting: %s", n, got)
	}
	// Nothing that waits is forgotten.
	k.now = k.now.AddDate(2, 0, 0)
	k.ok(k.d.Store.Prune(t.Context()))
	counts, err := k.d.Store.DeliveryCounts(t.Context(), h.ID)
	k.ok(err)
	if counts["waiting"] != 1 || counts["taken"] != 0 {
		t.Errorf("after two years %v", counts)
	}
}

// A webhook without a mapping keeps what comes; mapped, it is taken in again.
func TestWebhook(t *testing.T) {
	k := open(t)
	h := k.desk("webhook", "")
	body := `{"n":"A-1","who":"ana@acme.com","state":"Finished","at":"2026-03-01T10:00:00Z"}`
	code, got := k.send(h, body)
	if code != 200 || got.State != "rejected" || got.Field != "mapping" {
		t.Errorf("%d %+v", code, got)
	}
	_, err := k.d.SaveMapping(t.Context(), h.ID, Mapping{Fields: map[string]string{"id": "n", "status": "state", "requester_email": "who", "opened_at": "at"}, Statuses: map[string]string{"finished": "solved"}}, "me", nil)
	k.ok(err)
	n, err := k.d.ReplayAll(t.Context(), store.DeliveryQuery{State: store.DeliveryRejected})
	k.ok(err)
	if n != 1 {
		t.Errorf("%d taken in", n)
	}
	k.is("webhook-A-1", "acme/ana solved reopened=0 opened=01T10:00 solved=05T12:00")

	// The same id is the same delivery; another time is another signature.
	k.want(h, body, "repeated")
	k.now = k.now.Add(time.Minute)
	k.want(h, body, "ignored")
	if code, _ := k.send(h, body, func(r *http.Request) { k.now = k.now.Add(time.Hour) }); code != 401 {
		t.Errorf("an old request answered %d", code)
	}
	// gzip is told by its bytes, and signed as it comes.
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte(strings.Replace(body, "A-1", "A-2", 1)))
	k.ok(w.Close())
	k.want(h, z.String(), "taken")
	k.is("webhook-A-2", "acme/ana solved reopened=0 opened=01T10:00 solved=05T13:01")

	// A new secret ends the old one.
	secret, err := k.d.Store.RenewDesk(t.Context(), h.ID, "")
	k.ok(err)
	if code, _ := k.send(h, body); code != 401 || secret == k.seen["webhook"] {
		t.Errorf("the old secret answered %d", code)
	}
	k.seen["webhook"] = secret
	k.want(h, `{"n":"A-3","who":"ana@acme.com"}`, "taken")
}

// What cannot be taken in now is kept, answered as kept, and taken in later.
func TestRetry(t *testing.T) {
	k := open(t)
	h := k.desk("intercom", "intercom secret")
	kept, fresh, err := k.d.Store.AddDelivery(t.Context(), store.Delivery{Source: h.ID, Delivery: "x", Body: fixture(t, "intercom_closed")})
	k.ok(err)
	if !fresh || kept.State != store.DeliveryNew {
		t.Fatalf("%+v", kept)
	}
	k.ok(k.d.Retry(t.Context()))
	k.is("intercom-1911149811", "acme/ana solved reopened=1 opened=01T12:00 replied=01T12:30 solved=02T13:59 csat=1")
	book := NewBook(k.d.Facts, func() time.Time { return k.now })
	all, err := book.Tickets(t.Context())
	k.ok(err)
	for _, c := range []struct {
		q    Query
		want int
	}{{Query{}, 1}, {Query{Status: Unsolved}, 0}, {Query{Status: "solved"}, 1}, {Query{Search: "LOGIN acme"}, 1}, {Query{Search: "nowhere"}, 0}, {Query{Account: "globex"}, 0}} {
		if _, n := c.q.Of(all); n != c.want {
			t.Errorf("%+v: %d", c.q, n)
		}
	}
	k.want(h, strings.NewReplacer("1911149811", "77", "notif_4", "notif_5").Replace(string(fixture(t, "intercom_closed"))), "taken")
	k.now = k.now.Add(time.Minute)
	if all, err = book.Tickets(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("%d tickets after one more, %v", len(all), err)
	}
}

// What an erasure took out of the log goes out of what is held in memory, too.
func TestErasureReachesBookAndDirectory(t *testing.T) {
	k := open(t)
	k.append(farol.Event{ID: "g3", Kind: farol.Group, At: k.now, Account: "globex", Properties: json.RawMessage(`{"billing_contact":"ana@acme.com"}`)},
		farol.Event{ID: "t1", Kind: farol.Track, Name: "Ticket Opened", At: k.now, Account: "acme", User: "ana", Properties: json.RawMessage(`{"ticket":"1","subject":"Login"}`)},
		farol.Event{ID: "t2", Kind: farol.Track, Name: "Ticket Opened", At: k.now, Account: "globex", User: "bia", Properties: json.RawMessage(`{"ticket":"2","subject":"As ana@acme.com says"}`)})
	book := NewBook(k.d.Facts, func() time.Time { return k.now })
	held := func() string {
		k.Helper()
		all, err := book.Tickets(t.Context())
		k.ok(err)
		k.ok(k.d.Customers.Refresh(t.Context()))
		a, err := k.d.Customers.Account(t.Context(), "globex")
		k.ok(err)
		out := a.Attributes["billing_contact"]
		for _, id := range []string{"1", "2"} {
			if x := all[Key{"web", id}]; x != nil {
				out += ", " + x.Subject
			}
		}
		return out
	}
	if got := held(); got != "ana@acme.com, Login, As ana@acme.com says" {
		t.Fatalf("before: %s", got)
	}
	_, err := k.d.Facts.ErasePerson(t.Context(), facts.Erase{ID: "e", People: []farol.PersonID{"ana"}, Texts: []string{"ana@acme.com"}})
	k.ok(err)
	if got := held(); got != "[erased], As [erased] says" {
		t.Errorf("after: %s", got)
	}
}
