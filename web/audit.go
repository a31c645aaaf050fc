package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// answerRecorder notes the status of an answer.
type answerRecorder struct {
	http.ResponseWriter
	status int
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

// quietActions change nothing, or only how a member sees the pages.
var quietActions = []string{"POST /language", "POST /theme", "POST /segments/try"}

// audit writes down what the visit did: every change, and every time data are
// taken out. What strangers post is not kept: people type passwords into
// other fields.
func (s *server) audit(v *visit, rt route, status int) {
	change := v.r.Method != http.MethodGet && v.r.Method != http.MethodHead && !slices.Contains(quietActions, rt.pattern)
	if !change && !v.exported {
		return
	}
	path := v.r.URL.Path
	if v.r.PathValue("secret") != "" {
		path = strings.TrimPrefix(rt.pattern, v.r.Method+" ") // it is one
	}
	a := store.Audit{Action: rt.pattern, Path: path, Status: status, Address: v.address()}
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
	Fields  url.Values
	First   string
	Next    string
	CSV     string
}

// Get is a filter's text.
func (p auditPage) Get(name string) string { return p.Fields.Get(name) }

type auditRow struct {
	When    time.Time
	Who     string
	Action  string
	Path    string
	Detail  []string
	Refused bool
	Status  int
	Address string
}

// auditFields are the filters of the page.
var auditFields = []string{"member", "action", "from", "until"}

func (s *server) auditQuery(v *visit) (q store.AuditQuery, kept url.Values, err error) {
	given, kept := v.r.URL.Query(), url.Values{}
	for _, k := range auditFields {
		if x := strings.TrimSpace(given.Get(k)); x != "" {
			kept.Set(k, x)
		}
	}
	q.Member, q.Action, q.After = store.MemberID(kept.Get("member")), kept.Get("action"), given.Get("after")
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
	address := func(path string, add ...string) string {
		all := maps.Clone(kept)
		for i := 0; i+1 < len(add); i += 2 {
			all.Set(add[i], add[i+1])
		}
		if len(all) == 0 {
			return path
		}
		return path + "?" + all.Encode()
	}
	p.CSV = address("/audit.csv")
	if q.After != "" {
		p.First = address("/audit")
	}
	if next != "" {
		p.Next = address("/audit", "after", next)
	}
	return s.send(v, http.StatusOK, "audit", "layout", p)
}

func auditRowOf(v *visit, a store.Audit) auditRow {
	row := auditRow{When: a.At, Who: a.Name, Action: a.Action, Path: a.Path, Refused: a.Status >= 400, Status: a.Status, Address: a.Address}
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
	write(out, []string{"at", "who", "action", "path", "detail", "status", "address"})
	for range 100 {
		for _, a := range list {
			write(out, []string{a.At.Format(time.RFC3339), a.Name, a.Action, a.Path, string(a.Detail), fmt.Sprint(a.Status), a.Address})
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
