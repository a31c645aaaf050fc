package api

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// audit writes down what a token changed.
func (s *server) audit(ctx huma.Context, t store.Token) {
	op := ctx.Operation()
	if op.Method == http.MethodGet {
		return
	}
	address, _, err := net.SplitHostPort(ctx.RemoteAddr())
	if err != nil {
		address = ctx.RemoteAddr()
	}
	u := ctx.URL()
	a := store.Audit{Token: t.ID, Name: t.Name, Action: op.Method + " " + op.Path, Path: u.Path, Status: ctx.Status(), Address: address, Detail: store.AuditDetail(u.Query())}
	if err := s.Store.AddAudit(context.WithoutCancel(ctx.Context()), a); err != nil {
		s.Log.Error("the audit log could not be written", "operation", op.OperationID, "error", err)
	}
}

func (s *server) auditOperations() {
	register(s, admins, huma.Operation{OperationID: "list-audit", Method: http.MethodGet, Path: "/audit", Tags: []string{"team"},
		Summary: "Who changed what and who took data out, the newest first"}, s.listAudit)
}

// AuditEntry is one change, or one time that data were taken out.
type AuditEntry struct {
	ID      string          `json:"id"`
	At      time.Time       `json:"at"`
	Member  *string         `json:"member" doc:"The member who did it; null for a token or a stranger."`
	Token   *string         `json:"token" doc:"The API token that did it; null for a member."`
	Name    string          `json:"name" doc:"What the member or token was called then."`
	Action  string          `json:"action" doc:"The route."`
	Path    string          `json:"path"`
	Detail  json.RawMessage `json:"detail" doc:"What was sent, without secrets."`
	Status  int             `json:"status" doc:"Of the answer: 4xx was refused."`
	Address string          `json:"address"`
}

type listAuditInput struct {
	From   string `query:"from" format:"date" doc:"First day (UTC)."`
	To     string `query:"to" format:"date" doc:"First day after (UTC)."`
	Member string `query:"member" doc:"Of this member only."`
	Action string `query:"action" doc:"Entries whose action holds this text."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	After  string `query:"after" doc:"The cursor next of the page before."`
}

type listAuditOutput struct {
	Body struct {
		Entries []AuditEntry `json:"entries" nullable:"false"`
		Next    *string      `json:"next" doc:"Cursor of the following page; null at the end."`
	}
}

func (s *server) listAudit(ctx context.Context, in *listAuditInput) (*listAuditOutput, error) {
	q := store.AuditQuery{Member: store.MemberID(in.Member), Action: in.Action, Limit: in.Limit, After: in.After}
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
			a.ID, a.At, orNull(string(a.Member)), orNull(string(a.Token)), a.Name, a.Action, a.Path, a.Detail, a.Status, a.Address,
		})
	}
	return out, nil
}
