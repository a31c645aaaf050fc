package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// Audit is one thing that somebody did: a change, or taking data out.
type Audit struct {
	ID string
	At time.Time
	// Member or Token did it; Name is what it was called then.
	Member MemberID
	Token  TokenID
	Name   string
	// Kind is change, export or sign-in; "" of entries from before there were
	// kinds.
	Kind string
	// Accounts are those that it was about, as far as the address or the form
	// names them.
	Accounts []farol.AccountID
	// Rows is how many rows an export took out; nil where that is not known.
	Rows *int64
	// Action is the route ("POST /settings/{name}"), Path the address asked for.
	Action, Path string
	// Detail is a JSON object of what was sent; secrets are left out.
	Detail json.RawMessage
	// Status is the answer's: 4xx was refused.
	Status int
	// Address is the client's IP address.
	Address string

	place       int64
	before, sum string
	accounts    string
}

// The kinds of entries.
const (
	AuditChange = "change"
	AuditExport = "export"
	AuditSignIn = "sign-in"
)

// AuditKinds lists them.
var AuditKinds = []string{AuditChange, AuditExport, AuditSignIn}

// maxAccounts bounds how many ids of one entry are kept.
const maxAccounts = 2000

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
	a.ID, a.Name, a.Action, a.Path, a.Address = newID(), cut(a.Name, 200), cut(a.Action, 200), cut(a.Path, 500), cut(a.Address, 100)
	a.Detail = json.RawMessage(strings.ReplaceAll(string(a.Detail), "\x00", ""))
	a.At = a.At.UTC().Truncate(time.Millisecond)
	for i, id := range a.Accounts {
		if i == maxAccounts {
			break
		}
		a.accounts += "\n" + strings.ReplaceAll(key(id), "\n", "")
	}
	if a.accounts != "" {
		a.accounts += "\n"
	}
	ctx = context.WithoutCancel(ctx) // who hangs up has done it all the same
	// Writers take turns, so the chain has no forks.
	return s.Write(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `select place, sum from audit order by place desc limit 1`).Scan(&a.place, &a.before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		a.place++
		a.sum = a.link()
		_, err = tx.ExecContext(ctx, `
			insert into audit (id, at, member, token, name, action, path, detail, status, address, kind, accounts, taken, place, before, sum)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			a.ID, a.At.UnixMilli(), a.Member, a.Token, a.Name, a.Action, a.Path, string(a.Detail), a.Status, a.Address, a.Kind, a.accounts, a.Rows, a.place, a.before, a.sum)
		return err
	})
}

// link is the sum of the entry with that of the entry before.
func (a Audit) link() string {
	rows := "-"
	if a.Rows != nil {
		rows = strconv.FormatInt(*a.Rows, 10)
	}
	b, err := json.Marshal([]string{
		a.before, strconv.FormatInt(a.place, 10), a.ID, strconv.FormatInt(a.At.UnixMilli(), 10), string(a.Member), string(a.Token), a.Name, a.Kind, a.Action, a.Path,
		string(a.Detail), strconv.Itoa(a.Status), a.Address, a.accounts, rows,
	})
	if err != nil {
		panic(err) // texts always encode
	}
	return digest(string(b))
}

// AuditCheck is what a look over the whole chain found.
type AuditCheck struct {
	// Entries were looked at; Since is when the first was written.
	Entries int
	Since   time.Time
	// Broken is the first entry that does not follow from the one before: it,
	// or one before it, was changed or taken out. "" for none.
	Broken string
}

// CheckAudit goes through the whole log and holds every entry against the
// chain. Entries older than the retention are gone from its beginning, which
// breaks nothing. That the newest were cut off cannot be seen from within: who
// has to prove it keeps the log's file, or its last sum, elsewhere.
func (s *Store) CheckAudit(ctx context.Context) (c AuditCheck, err error) {
	var last Audit
	for {
		rows, err := s.reader.QueryContext(ctx, `select `+auditColumns+` from audit where place > $1 order by place limit 1000`, last.place)
		list, err := collect(rows, err, scanAudit)
		if err != nil || len(list) == 0 {
			return c, err
		}
		for _, a := range list {
			if c.Entries++; c.Entries == 1 {
				c.Since = a.At
			}
			follows := c.Entries == 1 || a.place == last.place+1 && a.before == last.sum
			if c.Broken == "" && (!follows || a.sum != a.link()) {
				c.Broken = a.ID
			}
			last = a
		}
	}
}

// AuditQuery selects entries of the audit log; empty fields do not filter.
type AuditQuery struct {
	Member MemberID
	// Action keeps the entries whose action holds the text.
	Action string
	// Kind keeps those of a kind, Account those about an account.
	Kind    string
	Account farol.AccountID
	// Refused keeps those whose answer was 4xx.
	Refused bool
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
		select `+auditColumns+` from audit
		where at >= $1 and at < $2 and ($3 = '' or member = $3 or token = $3) and ($4 = '' or id < $4) and ($5 = '' or action like $5 escape '!')
		and ($7 = '' or kind = $7) and ($8 = '' or accounts like $8 escape '!') and ($9 = 0 or status >= 400)
		order by id desc limit $6`, from, to, key(q.Member), key(q.After), likeText(q.Action), limit+1, key(q.Kind), likeLine(q.Account), number(q.Refused))
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

// likeLine is a pattern that finds an id among lines of ids; "" for none.
func likeLine(id farol.AccountID) string {
	if id == "" {
		return ""
	}
	return likeText("\n" + string(id) + "\n")
}

const auditColumns = `id, at, member, token, name, action, path, detail, status, address, kind, accounts, taken, place, before, sum`

func scanAudit(r scanner) (a Audit, err error) {
	var detail string
	var rows sql.NullInt64
	err = r.Scan(&a.ID, stamp{&a.At}, &a.Member, &a.Token, &a.Name, &a.Action, &a.Path, &detail, &a.Status, &a.Address, &a.Kind, &a.accounts, &rows, &a.place, &a.before, &a.sum)
	a.Detail = json.RawMessage(detail)
	if rows.Valid {
		a.Rows = &rows.Int64
	}
	for _, id := range strings.FieldsFunc(a.accounts, func(r rune) bool { return r == '\n' }) {
		a.Accounts = append(a.Accounts, farol.AccountID(id))
	}
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
