package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// rowsKey is where an operation notes how many rows it gave out.
type rowsKey struct{}

// audit writes down what a token changed, and what it took out: the reads that
// answer a list page by page.
func (s *server) audit(ctx huma.Context, t store.Token) {
	op := ctx.Operation()
	kind := store.AuditChange
	if op.Method == http.MethodGet {
		kind = store.AuditExport
		if !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == "after" || p.Name == "offset" }) || ctx.Status() >= 400 {
			return
		}
	}
	var forwarded []string
	ctx.EachHeader(func(name, value string) {
		if http.CanonicalHeaderKey(name) == "X-Forwarded-For" {
			forwarded = append(forwarded, value)
		}
	})
	u := ctx.URL()
	a := store.Audit{Kind: kind, Token: t.ID, Name: t.Name, Action: op.Method + " " + op.Path, Path: u.Path, Status: ctx.Status(), Address: farol.Peer(ctx.RemoteAddr(), forwarded), Detail: store.AuditDetail(u.Query())}
	if n, ok := ctx.Context().Value(rowsKey{}).(*int64); ok && kind == store.AuditExport {
		a.Rows = n
	}
	for _, id := range []string{u.Query().Get("account"), accountInPath(op.Path, u.Path)} {
		if id != "" {
			a.Accounts = append(a.Accounts, farol.AccountID(id))
		}
	}
	if err := s.Store.AddAudit(context.WithoutCancel(ctx.Context()), a); err != nil {
		s.Log.Error("the audit log could not be written", "operation", op.OperationID, "error", err)
	}
}

// accountInPath is the id in the path of an operation on an account.
func accountInPath(pattern, path string) string {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i := range min(len(want), len(got)) {
		if i > 0 && strings.HasPrefix(want[i], "{") && (want[i-1] == "customers" || want[i-1] == "accounts") {
			return got[i]
		}
	}
	return ""
}

// counted is how many items the answer's first list has.
func counted(out any) int64 {
	v := reflect.Indirect(reflect.ValueOf(out))
	if v.Kind() != reflect.Struct {
		return 0
	}
	body := v.FieldByName("Body")
	if body.Kind() != reflect.Struct {
		return 0
	}
	for i := range body.NumField() {
		if f := body.Field(i); f.Kind() == reflect.Slice {
			return int64(f.Len())
		}
	}
	return 0
}

func (s *server) auditOperations() {
	register(s, admins, huma.Operation{OperationID: "check-audit", Method: http.MethodGet, Path: "/audit/check", Tags: []string{"team"},
		Summary: "Whether the audit log is whole", Description: "Entries are chained: one that was changed or taken out is noticed."}, s.checkAudit)
	register(s, admins, huma.Operation{OperationID: "list-audit", Method: http.MethodGet, Path: "/audit", Tags: []string{"team"},
		Summary: "Who changed what and who took data out, the newest first"}, s.listAudit)
}

// AuditEntry is one change, or one time that data were taken out.
type AuditEntry struct {
	ID       string          `json:"id"`
	At       time.Time       `json:"at"`
	Member   *string         `json:"member" doc:"The member who did it; null for a token or a stranger."`
	Token    *string         `json:"token" doc:"The API token that did it; null for a member."`
	Name     string          `json:"name" doc:"What the member or token was called then."`
	Kind     string          `json:"kind" doc:"change, export (data were taken out) or sign-in; empty of old entries."`
	Accounts []string        `json:"accounts" nullable:"false" doc:"The accounts that it was about, as far as the address or the form named them."`
	Rows     *int64          `json:"rows" doc:"How many rows an export took out; null where that is not known."`
	Action   string          `json:"action" doc:"The route."`
	Path     string          `json:"path"`
	Detail   json.RawMessage `json:"detail" doc:"What was sent, without secrets."`
	Status   int             `json:"status" doc:"Of the answer: 4xx was refused."`
	Address  string          `json:"address"`
}

type listAuditInput struct {
	From    string `query:"from" format:"date" doc:"First day (UTC)."`
	To      string `query:"to" format:"date" doc:"First day after (UTC)."`
	Member  string `query:"member" doc:"Of this member or token only."`
	Action  string `query:"action" doc:"Entries whose action holds this text."`
	Kind    string `query:"kind" enum:"change,export,sign-in"`
	Account string `query:"account" doc:"About this account only."`
	Refused bool   `query:"refused" doc:"Only what was refused."`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	After   string `query:"after" doc:"The cursor next of the page before."`
}

type listAuditOutput struct {
	Body struct {
		Entries []AuditEntry `json:"entries" nullable:"false"`
		Next    *string      `json:"next" doc:"Cursor of the following page; null at the end."`
	}
}

func (s *server) listAudit(ctx context.Context, in *listAuditInput) (*listAuditOutput, error) {
	q := store.AuditQuery{Member: store.MemberID(in.Member), Action: in.Action, Kind: in.Kind, Account: farol.AccountID(in.Account), Refused: in.Refused, Limit: in.Limit, After: in.After}
	for _, b := range []struct {
		field, text string
		into        *time.Time
	}{{"from", in.From, &q.From}, {"to", in.To, &q.To}} {
		d, err := day(b.field, b.text)
		if err != nil {
			return nil, err
		}
		if d != farol.Day(0) {
			*b.into = d.Start(time.UTC)
		}
	}
	list, next, err := s.Store.AuditLog(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &listAuditOutput{}
	out.Body.Entries, out.Body.Next = make([]AuditEntry, 0, len(list)), orNull(next)
	for _, a := range list {
		out.Body.Entries = append(out.Body.Entries, AuditEntry{
			a.ID, a.At, orNull(string(a.Member)), orNull(string(a.Token)), a.Name, a.Kind, texts(a.Accounts), a.Rows, a.Action, a.Path, a.Detail, a.Status, a.Address,
		})
	}
	return out, nil
}

func texts[T ~string](list []T) []string { return each(list, func(x T) string { return string(x) }) }

type checkAuditOutput struct {
	Body struct {
		Entries int        `json:"entries" doc:"How many were looked at."`
		Since   *time.Time `json:"since" doc:"When the first of them was written."`
		Broken  *string    `json:"broken" doc:"The first entry that does not follow from the one before; null when all do."`
	}
}

func (s *server) checkAudit(ctx context.Context, _ *struct{}) (*checkAuditOutput, error) {
	c, err := s.Store.CheckAudit(ctx)
	out := &checkAuditOutput{}
	out.Body.Entries, out.Body.Since, out.Body.Broken = c.Entries, orNull(c.Since), orNull(c.Broken)
	return out, err
}
