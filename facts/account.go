package facts

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// The kinds of moments.
const (
	SubscriptionMoment = "subscription"
	InvoiceMoment      = "invoice"
	TicketMoment       = "ticket"
	AnswerMoment       = "answer"
	AttributeMoment    = "attribute"
	MarkMoment         = "mark"
)

// Moment is something that happened to an account, besides plain use of the
// product.
type Moment struct {
	At, Known time.Time
	Day       farol.Day
	// ID of the event that it came from, and its source.
	ID     string
	Source farol.SourceID
	// Kind is one of the kinds of moments; Name the event's name, the ticket's
	// action, the survey's kind, or the attribute.
	Kind, Name string
	Person     farol.PersonID
	// Fields are what it says, by the names of docs/events.md; absent ones were
	// not said.
	Fields map[string]string
}

// MomentFilter selects moments of an account.
type MomentFilter struct {
	Account farol.AccountID
	// Person, with all ids that were joined to it: instead of the account, or for
	// the account where it is given, too.
	Person farol.PersonID
	// Kinds keeps these; none is all.
	Kinds []string
	// Names keeps the attributes and marks of these names; none is all. Of other
	// kinds it keeps everything.
	Names []string
	// Ticket, where it is given, keeps those of this ticket of the Source alone.
	Ticket string
	Source farol.SourceID
	// AsOf and Known are the two clocks; zero is now.
	AsOf  farol.Day
	Known time.Time
	// Before keeps what happened before the instant; zero does not.
	Before time.Time
	// Limit of moments; 0 is 100, at most 1000.
	Limit int
}

// momentSources say where each kind lies: the table, and its columns as the
// fields of a moment. name and person come first.
var momentSources = []struct {
	kind, table, name, person string
	fields                    []string
	columns                   []string
}{
	{SubscriptionMoment, "subscriptions", "t.name", "''", []string{"subscription", "status", "product", "plan", "quantity", "seats", "mrr_minor", "currency", "reason", "voluntary"},
		[]string{"t.subscription", "t.status", "t.product", "t.plan", text64("t.quantity"), text64("t.seats"), text64("t.mrr"), "t.currency", "t.reason", text64("t.voluntary")}},
	{InvoiceMoment, "invoices", "'" + invoiceLine + "'", "''", []string{"subscription", "product", "plan", "quantity", "amount_minor", "currency", "until"},
		[]string{"t.subscription", "t.product", "t.plan", text64("t.quantity"), text64("t.minor"), "t.currency", text64("t.until")}},
	{TicketMoment, "tickets", "t.action", "t.person", []string{"ticket", "subject", "priority", "status", "channel", "topic", "csat"},
		[]string{"t.ticket", "t.subject", "t.priority", "t.status", "t.channel", "t.topic", text64("t.csat")}},
	{AnswerMoment, "answers", "t.kind", "t.person", []string{"survey", "score", "scale", "comment"},
		[]string{"t.survey", text64("t.score"), text64("t.scale"), "t.comment"}},
}

// text64 writes a number as text, ” for null.
func text64(column string) string { return "coalesce(CAST(" + column + " AS VARCHAR), '')" }

// Moments lists what happened to an account, the newest first.
func (f *Facts) Moments(ctx context.Context, q MomentFilter) ([]Moment, error) {
	found, err := f.MomentsByKind(ctx, q)
	if err != nil {
		return nil, err
	}
	return NewestMoments(q.Limit, found...), nil
}

// NewestMoments are the newest so many of all (0: 100, at most 1000), the newest
// first.
func NewestMoments(limit int, found ...[]Moment) []Moment {
	out := slices.Concat(found...)
	slices.SortStableFunc(out, func(a, b Moment) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	return out[:min(len(out), pageSize(limit, 1000))]
}

// MomentsByKind lists of each kind the newest so many; what was said of
// attributes and by marks is one kind.
func (f *Facts) MomentsByKind(ctx context.Context, q MomentFilter) ([][]Moment, error) {
	limit := pageSize(q.Limit, 1000)
	q.Account = f.Joined(q.Account, q.Known)
	if q.Account != "" || q.Person == "" {
		if err := sight.Of(ctx).Check(q.Account); err != nil {
			return nil, err
		}
	}
	d := &doors{Scope: Scope{AsOf: q.AsOf, Known: q.Known}, params: map[string]any{"account": string(q.Account), "limit": int64(limit)}, traits: &f.traits}
	if q.AsOf != 0 {
		d.params["farol_as_of"] = q.AsOf
	}
	if !q.Known.IsZero() {
		d.params["farol_known"] = q.Known
	}
	of, said := "m.account = {account:String}", "m.subject = 'account' AND m.name = {account:String} AND m.trait <> '"+joinTrait+"'"
	if q.Person != "" {
		canonical, ids, err := f.PersonIDs(ctx, q.Person, q.Known)
		if err != nil {
			return nil, err
		}
		d.params["person"], d.params["ids"] = string(canonical), texts(ids)
		if of = "m.person = {person:String}"; q.Account != "" {
			of += " AND m.account = {account:String}"
		}
		if s := sight.Of(ctx); s.Limited() {
			of, d.params["seen"] = of+" AND m.account IN (SELECT unnest({seen:Array(String)}))", s.Accounts()
		}
		said = "m.subject = 'person' AND m.name IN (SELECT unnest({ids:Array(String)}))"
	}
	before := ""
	if !q.Before.IsZero() {
		before, d.params["before"] = " AND m.ts < {before:DateTime64(3)}", q.Before
	}
	if q.Ticket != "" {
		q.Kinds = []string{TicketMoment}
		of += " AND m.f0 = {ticket:String} AND m.source = {source:String}" // f0 is the first column of its source
		d.params["ticket"], d.params["source"] = q.Ticket, string(q.Source)
	}
	reads := []momentRead{}
	for _, s := range momentSources {
		if len(q.Kinds) > 0 && !contains(q.Kinds, s.kind) || q.Person != "" && s.person == "''" || (s.kind == SubscriptionMoment || s.kind == InvoiceMoment) && sight.Of(ctx).Hides(sight.Money) {
			continue
		}
		columns := "t.ts AS ts, t.known AS known, t.day AS day, t.id AS id, t.source AS source, " + s.name + " AS moment_name"
		read := "m.ts, m.known, m.day, m.id, m.source, m.moment_name, m.person"
		for i, c := range s.columns {
			columns += fmt.Sprintf(", %s AS f%d", c, i)
			read += fmt.Sprintf(", m.f%d", i)
		}
		all := d.typedNear(s.table, columns, strings.TrimPrefix(s.person, "t."), q)
		text := "SELECT " + read + " FROM " + all + " m WHERE " + of + before + " ORDER BY m.ts DESC, m.id DESC LIMIT {limit:Int64}"
		reads = append(reads, momentRead{text, s.kind, s.fields})
	}
	if text := changesOf(d, q, said, before); text != "" {
		reads = append(reads, momentRead{text, AttributeMoment, []string{"type", "value"}})
	}
	return f.moments(ctx, reads, d.params)
}

// typedNear is typed for the moments of the filter alone: rows that were stored
// under its account or person, or moved to it. Reading everybody's to find a
// few would cost as much as the whole log.
func (d *doors) typedNear(table, columns, person string, q MomentFilter) string {
	own, moved := "account = {account:String}", "account = {account:String}"
	if q.Person != "" {
		const ids = " IN (SELECT unnest({ids:Array(String)}))"
		own, moved = person+ids, "person"+ids
	}
	near := *d
	near.movedOnly = ""
	if d.traits.moved.Load() {
		own = "(" + own + " OR hash IN (SELECT hash FROM moves WHERE " + moved + d.knownBy() + "))"
		near.movedOnly = " AND hash IN (SELECT hash FROM " + table + " WHERE " + own + ")"
	}
	return near.typed(table, columns, own+d.seenBy(), "t.account", personOf(person))
}

// personOf is the column of a typed table's person, "”" for one that has none.
func personOf(column string) string {
	if column == "''" {
		return column
	}
	return "t." + column
}

// changesOf is the query of what was said of the attributes, "" for none.
func changesOf(d *doors, q MomentFilter, said, before string) string {
	types := ""
	if q.Person != "" && q.Account != "" {
		return "" // what is said of a person is said of it everywhere
	}
	switch attributes, marks := len(q.Kinds) == 0 || contains(q.Kinds, AttributeMoment), len(q.Kinds) == 0 || contains(q.Kinds, MarkMoment); {
	case attributes && marks:
		types = "('text', 'number', 'bool', 'json', 'null', '" + markType + "')"
	case attributes:
		types = "('text', 'number', 'bool', 'json', 'null')"
	case marks:
		types = "('" + markType + "')"
	default:
		return ""
	}
	named := ""
	if len(q.Names) > 0 {
		named, d.params["names"] = " AND m.trait IN (SELECT unnest({names:Array(String)}))", q.Names
	}
	return "SELECT m.ts, m.known, m.day, m.id, m.source, m.trait, '' AS person, m.type, m.value FROM changes m WHERE " + said + " AND m.type IN " +
		types + strings.NewReplacer(" day ", " m.day ", " known ", " m.known ").Replace(d.seenBy()) + named + before + " ORDER BY m.ts DESC, m.id DESC LIMIT {limit:Int64}"
}

// momentRead is the query of one kind of moments, with the names of the
// columns after the common ones.
type momentRead struct {
	text, kind string
	fields     []string
}

// moments runs the queries side by side: planning one takes longer than
// reading an account's few rows.
func (f *Facts) moments(ctx context.Context, reads []momentRead, params map[string]any) ([][]Moment, error) {
	found := make([][]Moment, len(reads))
	var g errgroup.Group
	for i, read := range reads {
		g.Go(func() (err error) {
			found[i], err = f.momentsOf(ctx, read, params)
			return err
		})
	}
	return found, g.Wait()
}

func (f *Facts) momentsOf(ctx context.Context, read momentRead, params map[string]any) (out []Moment, err error) {
	known, _ := params["farol_known"].(time.Time)
	rows, err := f.reading(ctx, read.text, known, params)
	if err != nil {
		return nil, fmt.Errorf("facts: moments: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		m, err := scanMoment(rows, read.kind, read.fields)
		if err != nil {
			return nil, err
		}
		if read.kind == AttributeMoment {
			if sight.Of(ctx).Hides("attribute." + m.Name) {
				continue
			}
			if m.Fields["type"] == markType {
				m.Kind = MarkMoment
			}
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

func scanMoment(rows *sql.Rows, kind string, fields []string) (Moment, error) {
	m := Moment{Kind: kind, Fields: map[string]string{}}
	var day time.Time
	values := make([]string, len(fields))
	into := []any{&m.At, &m.Known, &day, &m.ID, &m.Source, &m.Name, &m.Person}
	for i := range values {
		into = append(into, &values[i])
	}
	if err := rows.Scan(into...); err != nil {
		return m, err
	}
	m.At, m.Known, m.Day = m.At.UTC(), m.Known.UTC(), farol.Day(day.Unix()/86400)
	for i, v := range values {
		if v != "" {
			// One engine writes whole numbers with ".0", the other without.
			m.Fields[fields[i]] = strings.TrimSuffix(v, ".0")
		}
	}
	return m, nil
}
