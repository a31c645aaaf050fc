package store

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

// Audit is one thing that somebody did: a change, or taking data out.
type Audit struct {
	ID string
	At time.Time
	// Member or Token did it; Name is what it was called then.
	Member MemberID
	Token  TokenID
	Name   string
	// Action is the route ("POST /settings/{name}"), Path the address asked for.
	Action, Path string
	// Detail is a JSON object of what was sent; secrets are left out.
	Detail json.RawMessage
	// Status is the answer's: 4xx was refused.
	Status int
	// Address is the client's IP address.
	Address string
}

// auditKept is how long the audit log goes back.
const auditKept = 5 * 365 * 24 * time.Hour

// maxDetail bounds what is kept of one request.
const maxDetail = 4 << 10

// AddAudit appends to the audit log. ID and a zero At are filled in.
func (s *Store) AddAudit(ctx context.Context, a Audit) error {
	if a.At.IsZero() {
		a.At = s.clock()
	}
	if len(a.Detail) == 0 || len(a.Detail) > maxDetail || !json.Valid(a.Detail) {
		a.Detail = json.RawMessage("{}")
	}
	_, err := s.writer.ExecContext(ctx, `
		insert into audit (id, at, member, token, name, action, path, detail, status, address)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		newID(), a.At.UnixMilli(), a.Member, a.Token, cut(a.Name, 200), cut(a.Action, 200), cut(a.Path, 500),
		strings.ReplaceAll(string(a.Detail), "\x00", ""), a.Status, cut(a.Address, 100))
	return err
}

// AuditQuery selects entries of the audit log; empty fields do not filter.
type AuditQuery struct {
	Member MemberID
	// Action keeps the entries whose action holds the text.
	Action string
	// From and To bound the time, half-open; zero is open.
	From, To time.Time
	// After is the id of the last entry of the page before.
	After string
	// Limit of entries; 0 is 100, at most 1000.
	Limit int
}

// AuditLog lists entries, the newest first. next is the cursor of the
// following page, "" at the end.
func (s *Store) AuditLog(ctx context.Context, q AuditQuery) (list []Audit, next string, err error) {
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, 1000)
	to := q.To.UnixMilli()
	if q.To.IsZero() {
		to = 1 << 60
	}
	from := q.From.UnixMilli()
	if q.From.IsZero() {
		from = 0
	}
	rows, err := s.reader.QueryContext(ctx, `
		select id, at, member, token, name, action, path, detail, status, address from audit
		where at >= $1 and at < $2 and ($3 = '' or member = $3) and ($4 = '' or id < $4) and ($5 = '' or action like $5 escape '!')
		order by id desc limit $6`, from, to, key(q.Member), key(q.After), likeText(q.Action), limit+1)
	list, err = collect(rows, err, scanAudit)
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].ID
	}
	return list, next, err
}

// likeText is a pattern that finds the text anywhere; "" for no text.
func likeText(s string) string {
	if s == "" {
		return ""
	}
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(key(s)) + "%"
}

func scanAudit(r scanner) (a Audit, err error) {
	var detail string
	err = r.Scan(&a.ID, stamp{&a.At}, &a.Member, &a.Token, &a.Name, &a.Action, &a.Path, &detail, &a.Status, &a.Address)
	a.Detail = json.RawMessage(detail)
	return a, err
}

// secretWords mark fields that must never be written down.
var secretWords = []string{"password", "secret", "token", "key", "current"}

// AuditDetail is what was sent in a form, for the audit log: long values are
// cut, and those of fields that hold secrets are left out.
func AuditDetail(form url.Values) json.RawMessage {
	out := map[string]string{}
	for name, values := range form {
		v := strings.Join(values, ", ")
		for _, w := range secretWords {
			if strings.Contains(strings.ToLower(name), w) {
				v = "…"
			}
		}
		out[cut(name, 60)] = cut(v, 300)
	}
	b, err := json.Marshal(out)
	if err != nil || len(b) > maxDetail {
		return json.RawMessage("{}")
	}
	return b
}
