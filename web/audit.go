package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// answerRecorder notes the status of an answer.
type answerRecorder struct {
	http.ResponseWriter
	status int
}

// Write notes the status that is sent when none was said.
func (r *answerRecorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// WriteHeader notes the status.
func (r *answerRecorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach what is underneath.
func (r *answerRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// secretPaths are the beginnings of addresses that end with a secret.
var secretPaths = []string{"/invite/", "/digest/stop/"}

// written is a path as a log may hold it: without the secret in it.
func written(path string) string {
	for _, p := range secretPaths {
		if strings.HasPrefix(path, p) {
			return p + "{secret}"
		}
	}
	return path
}

// quietActions change nothing, or only how a member sees the pages.
var quietActions = []string{"POST /language", "POST /theme", "POST /segments/try", "POST /notes/preview", "POST /settings/{name}/preview"}

// signIns are the routes by which people come and go.
var signIns = []string{"POST /sign-in", "GET /sign-in/oidc/callback", "POST /sign-out", "POST /invite/{secret}", "POST /setup"}

// accountsOf are the accounts that the visit's address or form names, or those
// of the notes and tasks that it names.
func (s *server) accountsOf(v *visit) []farol.AccountID {
	id := v.r.PathValue("id")
	ctx := sight.Everything(v.r.Context())
	_, path, _ := strings.Cut(v.pattern, " ")
	switch {
	case id != "" && strings.HasPrefix(path, "/customers/"):
		return []farol.AccountID{farol.AccountID(id)}
	case id != "" && strings.HasPrefix(path, "/notes/"):
		if n, err := s.Store.Note(ctx, id); err == nil {
			return []farol.AccountID{n.Account}
		}
	case id != "" && strings.HasPrefix(path, "/tasks/"):
		if t, err := s.Store.Task(ctx, id); err == nil && t.Account != "" {
			return []farol.AccountID{t.Account}
		}
	}
	var out []farol.AccountID
	if strings.HasPrefix(path, "/customers") {
		for _, x := range v.r.PostForm["id"] {
			out = append(out, farol.AccountID(x))
		}
	}
	for _, x := range append(v.r.PostForm["account"], v.r.URL.Query()["account"]...) {
		if x != "" {
			out = append(out, farol.AccountID(x))
		}
	}
	return out
}

// audit writes down what the visit did: every change, and every time data are
// taken out. What strangers post is not kept: people type passwords into
// other fields.
func (s *server) audit(v *visit, rt route, status int) {
	change := v.r.Method != http.MethodGet && v.r.Method != http.MethodHead && !slices.Contains(quietActions, rt.pattern)
	signIn := slices.Contains(signIns, rt.pattern)
	if !change && !v.exported && !signIn {
		return
	}
	a := store.Audit{Kind: store.AuditChange, Action: rt.pattern, Path: written(v.r.URL.Path), Status: status, Address: v.address(), Accounts: s.accountsOf(v)}
	if signIn {
		a.Kind = store.AuditSignIn
	}
	if v.exported {
		a.Kind = store.AuditExport
	}
	if v.sheet != nil {
		rows := max(v.sheet.rows, 0)
		a.Rows = &rows
	}
	if v.member != nil {
		a.Member, a.Name = v.member.ID, v.member.Name
	}
	switch {
	case v.exported:
		a.Detail = store.AuditDetail(v.r.URL.Query())
	case !rt.who.open():
		a.Detail = store.AuditDetail(v.r.PostForm)
	}
	if err := s.Store.AddAudit(v.r.Context(), a); err != nil {
		s.Log.Error("the audit log could not be written", "request", v.id, "error", err)
	}
}

// auditPage is who did what, the newest first.
type auditPage struct {
	shell
	Rows    []auditRow
	Members []choice
	Kinds   []choice
	Fields  url.Values
	// Check is what a look over the whole log found, "" when none was asked
	// for; Broken tells that it found something.
	Check  string
	Broken bool
	First  string
	Next   string
	CSV    string
}

// Get is a filter's text.
func (p auditPage) Get(name string) string { return p.Fields.Get(name) }

type auditRow struct {
	When    time.Time
	Who     string
	Action  string
	Path    string
	Detail  []string
	Kind    string
	Rows    string
	Refused bool
	Status  int
	Address string
}

// auditFields are the filters of the page.
var auditFields = []string{"member", "kind", "account", "action", "from", "until"}

var auditKinds = map[string]lang.Text{
	store.AuditChange: lang.Text("Changes"), store.AuditExport: lang.Text("Downloads and reads"), store.AuditSignIn: lang.Text("Sign-ins"),
	"refused": lang.Text("Refused"),
}

func (s *server) auditQuery(v *visit) (q store.AuditQuery, kept url.Values, err error) {
	given, kept := v.r.URL.Query(), url.Values{}
	for _, k := range auditFields {
		if x := strings.TrimSpace(given.Get(k)); x != "" {
			kept.Set(k, x)
		}
	}
	q.Member, q.Action, q.After = store.MemberID(kept.Get("member")), kept.Get("action"), given.Get("after")
	q.Account = farol.AccountID(kept.Get("account"))
	switch k := kept.Get("kind"); {
	case k == "refused":
		q.Refused = true
	case k != "" && auditKinds[k] == "":
		return q, kept, farol.InvalidField("kind", "there is no such kind: %s", k)
	default:
		q.Kind = k
	}
	zone := v.company.location()
	if x := kept.Get("from"); x != "" {
		d, err := farol.ParseDay(x)
		if err != nil {
			return q, kept, farol.InvalidField("from", "this is not a date: %s", x)
		}
		q.From = d.Start(zone)
	}
	if x := kept.Get("until"); x != "" {
		d, err := farol.ParseDay(x)
		if err != nil {
			return q, kept, farol.InvalidField("until", "this is not a date: %s", x)
		}
		q.To = d.Next(1).Start(zone)
	}
	return q, kept, nil
}

func (s *server) auditLog(v *visit) error {
	q, kept, err := s.auditQuery(v)
	if err != nil {
		return err
	}
	p := auditPage{shell: v.shell(lang.Text("Audit log")), Fields: kept}
	p.Question = v.p.T("Who changed what, and who took data out?")
	list, next, err := s.Store.AuditLog(v.r.Context(), q)
	if err != nil {
		return err
	}
	for _, a := range list {
		p.Rows = append(p.Rows, auditRowOf(v, a))
	}
	members, err := s.Store.Members(v.r.Context())
	if err != nil {
		return err
	}
	for _, m := range members {
		p.Members = append(p.Members, choice{Value: string(m.ID), Name: m.Name, Chosen: m.ID == q.Member})
	}
	for _, k := range append(slices.Clone(store.AuditKinds), "refused") {
		p.Kinds = append(p.Kinds, choice{Value: k, Title: auditKinds[k], Chosen: k == kept.Get("kind")})
	}
	if v.r.URL.Query().Get("check") == "yes" {
		if err := s.checkAudit(v, &p); err != nil {
			return err
		}
	}
	address := func(path string, add ...string) string { return linked(path, kept, add) }
	p.CSV = address("/audit.csv")
	if q.After != "" {
		p.First = address("/audit")
	}
	if next != "" {
		p.Next = address("/audit", "after", next)
	}
	return s.send(v, http.StatusOK, "audit", "layout", p)
}

// checkAudit holds the whole log against its chain.
func (s *server) checkAudit(v *visit, p *auditPage) error {
	c, err := s.Store.CheckAudit(v.r.Context())
	switch {
	case err != nil:
		return err
	case c.Broken != "":
		p.Broken, p.Check = true, v.p.T("The log was changed: entry %s does not follow from the one before it.", c.Broken)
	case c.Entries == 0:
		p.Check = v.p.T("There is nothing to check yet.")
	default:
		p.Check = v.p.T("All %s entries since %s follow from one another: none was changed or taken out.", v.p.Number(float64(c.Entries), 0), p.Day(c.Since))
	}
	return nil
}

func auditRowOf(v *visit, a store.Audit) auditRow {
	row := auditRow{When: a.At, Who: a.Name, Action: a.Action, Path: a.Path, Refused: a.Status >= 400, Status: a.Status, Address: a.Address}
	row.Kind = v.p.Text(auditKinds[a.Kind])
	if a.Rows != nil {
		row.Rows = v.p.N(int(*a.Rows), "%d row", "%d rows")
	}
	if row.Who == "" {
		row.Who = v.p.T("somebody who was not signed in")
	}
	var detail map[string]any
	// What was written by AddAudit always reads.
	_ = json.Unmarshal(a.Detail, &detail)
	for _, k := range slices.Sorted(maps.Keys(detail)) {
		row.Detail = append(row.Detail, fmt.Sprintf("%s: %v", k, detail[k]))
	}
	return row
}

// auditCSV is the log as the filters choose it, at most 100,000 entries.
func (s *server) auditCSV(v *visit) error {
	q, _, err := s.auditQuery(v)
	if err != nil {
		return err
	}
	q.Limit = 1000
	list, next, err := s.Store.AuditLog(v.r.Context(), q)
	if err != nil {
		return err
	}
	out := v.csv("audit.csv")
	write(out, []string{"at", "who", "kind", "action", "path", "accounts", "rows", "detail", "status", "address"})
	for range 100 {
		for _, a := range list {
			rows, accounts := "", make([]string, len(a.Accounts))
			if a.Rows != nil {
				rows = strconv.FormatInt(*a.Rows, 10)
			}
			for i, id := range a.Accounts {
				accounts[i] = string(id)
			}
			write(out, []string{a.At.Format(time.RFC3339), a.Name, a.Kind, a.Action, a.Path, strings.Join(accounts, " "), rows, string(a.Detail), fmt.Sprint(a.Status), a.Address})
		}
		if next == "" {
			break
		}
		q.After = next
		if list, next, err = s.Store.AuditLog(v.r.Context(), q); err != nil {
			s.Log.Error("a download broke off", "request", v.id, "error", err)
			panic(http.ErrAbortHandler)
		}
	}
	out.Flush()
	return nil
}
