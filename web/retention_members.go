package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// membersPage lists who is behind a cell of the triangle.
type membersPage struct {
	shell
	What             string
	Rows             []memberRow
	Next, First, CSV string
}

type memberRow struct {
	Who, In                   who
	Started, Kept, Of, Events string
	Returned                  bool
}

func (r *memberRow) cells() []*who { return []*who{&r.Who, &r.In} }

// cellQuery is the cell that the address names.
type cellQuery struct {
	look *view
	q    metric.RetentionRequest
	// own are the page's parameters of the triangle.
	own    url.Values
	cohort farol.Day
	column int
	group  string
}

func (s *server) cellQuery(v *visit) (c cellQuery, err error) {
	if c.look, c.q, c.own, err = s.retentionAsked(v); err != nil {
		return c, err
	}
	in := v.r.URL.Query()
	if c.cohort, err = farol.ParseDay(in.Get("cohort")); err != nil {
		return c, farol.InvalidField("cohort", "this is not a date: %s", in.Get("cohort"))
	}
	if c.column, err = strconv.Atoi(in.Get("column")); err != nil {
		return c, farol.InvalidField("column", "this is not a number: %s", in.Get("column"))
	}
	c.group = strings.TrimPrefix(in.Get("group"), "=")
	return c, nil
}

// members reads a page of who is behind the cell.
func (s *server) members(v *visit, c cellQuery, limit int, after string) ([]metric.Member, string, error) {
	return s.Metrics.RetentionMembers(v.r.Context(), c.q, c.cohort, c.group, c.column, limit, after)
}

// of is what a member is.
func (c cellQuery) of() metric.Of {
	if c.q.Unit == metric.RetainPeople {
		return metric.People
	}
	return metric.Accounts
}

func (s *server) retentionMembers(v *visit) error {
	c, err := s.cellQuery(v)
	if err != nil {
		return err
	}
	in := v.r.URL.Query()
	members, next, err := s.members(v, c, rowsShown, in.Get("after"))
	if err != nil {
		return err
	}
	p := membersPage{shell: v.shell(lang.Text("Who came back"))}
	p.Question, p.View, p.extra = v.p.T("Who returned, and who did not?"), c.look, c.own
	p.Crumb = &crumb{v.p.T("Retention"), c.look.Link("/retention", pairsOf(c.own)...)}
	p.What = c.words(v.p, p.shell)
	names, err := s.called(v, c.of(), unitsOf(members, func(m metric.Member) string { return m.Unit }))
	if err != nil {
		return err
	}
	for _, m := range members {
		row := memberRow{Who: names.unit(c.of(), m.Unit), In: inWho(c.of(), m.Account), Started: v.p.Date(m.Started), Returned: m.Retained > 0, Events: c.events(m)}
		if c.q.Unit == metric.RetainRevenue {
			row.Kept, row.Of = v.p.Amount(m.Retained, v.company.Currency, -1), v.p.Amount(m.Of, v.company.Currency, -1)
		}
		p.Rows = append(p.Rows, row)
	}
	if err := call(s, v, p.Rows, (*memberRow).cells); err != nil {
		return err
	}
	p.pages(v.r.URL.Path, in, next)
	return s.send(v, http.StatusOK, "retention_members", "layout", p)
}

// pages leads to the rows before and after, and to all of them.
func (p *membersPage) pages(path string, in url.Values, next string) {
	more := in.Get("after") != ""
	in.Del("after")
	p.CSV = path + ".csv?" + in.Encode()
	if more {
		p.First = path + "?" + in.Encode()
	}
	if next != "" {
		in.Set("after", next)
		p.Next = path + "?" + in.Encode()
	}
}

// words say which cell it is.
func (c cellQuery) words(p *lang.Printer, sh shell) string {
	b := metric.Bracket{From: c.column, To: c.column}
	if c.q.Kind == metric.ReturnBrackets && c.column < len(c.q.Brackets) {
		b = c.q.Brackets[c.column]
	}
	grain := cmp.Or(c.q.Cohorts, c.q.Interval)
	if grain == metric.Hours24 {
		grain = farol.Daily
	}
	out := p.T("Started %s", p.Period(c.look.Cal.PeriodAt(grain, c.cohort), grain)) + " · " + columnName(p, c.q, b)
	if c.q.By != "" {
		out += " · " + c.q.By + " = " + sh.named(c.group)
	}
	return out
}

// events leads to what a member did since it started.
func (c cellQuery) events(m metric.Member) string {
	key := "account"
	if c.q.Unit == metric.RetainPeople {
		key = "person"
	}
	return c.look.At("/events", "from", m.Started.String(), key, m.Unit)
}

// retentionMembersCSV is everybody behind the cell.
func (s *server) retentionMembersCSV(v *visit) error {
	c, err := s.cellQuery(v)
	if err != nil {
		return err
	}
	members, next, err := s.members(v, c, metric.MaxRows, "")
	if err != nil {
		return err
	}
	out := v.csv("retention-members.csv")
	write(out, []string{string(c.of()), "account", "started", "retained", "of"})
	for {
		for _, m := range members {
			write(out, []string{m.Unit, m.Account, m.Started.String(), plain(&m.Retained), plain(&m.Of)})
		}
		if next == "" {
			break
		}
		if members, next, err = s.members(v, c, metric.MaxRows, next); err != nil {
			s.breakOff(v, err)
		}
	}
	out.Flush()
	return nil
}
