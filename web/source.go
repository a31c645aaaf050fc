package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
)

// sourcePage answers "where does this number come from?" for one figure:
// what it means, how it is computed, by which settings, from which units, and
// from there to the events.
type sourcePage struct {
	shell
	Metric                              *metric.Metric
	Definition, Formula, Rules, Reading string
	// Value is the figure and What says of when and whom it is.
	Value, What, Interval, Part, Reason string
	Complete                            bool
	Version, Query, SQL                 string
	Settings                            []settingUse
	Rows                                []unitRow
	// HasDenominator tells that units have one; Next leads to more of them.
	HasDenominator bool
	// HasTimes tells that units have the two parts of a second ratio.
	HasTimes    bool
	Next, First string
	CSV, Page   string
	// Drawer tells that the block is shown at the side of another page.
	Drawer bool
}

type settingUse struct {
	Title   lang.Text
	Href    string
	Version int
	Value   string
}

// unitRow is a person or account behind the figure.
type unitRow struct {
	Who, In                                    who
	Numerator, Denominator, Times, Per, Events string
	// Invoices leads to the lines that make the figure: many are sent after the
	// days that they are for.
	Invoices string
	account  string
}

func (r *unitRow) cells() []*who { return []*who{&r.Who, &r.In} }

// rowsShown is how many units one page lists.
const rowsShown = 50

// figure is the one figure that the address names.
type figure struct {
	metricQuery
	period farol.Period
	group  string
}

// figure reads which period and group are asked for: at is a day of the
// period, group "=name".
func (s *server) figure(v *visit) (f figure, err error) {
	if f.metricQuery, err = s.metricQuery(v); err != nil {
		return f, err
	}
	q := v.r.URL.Query()
	day := f.look.Period.Last()
	if at := q.Get("at"); at != "" {
		if day, err = farol.ParseDay(at); err != nil {
			return f, farol.InvalidField("at", "this is not a date: %s", at)
		}
	}
	f.period = f.look.Cal.PeriodAt(f.grain, day)
	f.group = strings.TrimPrefix(q.Get("group"), "=")
	return f, nil
}

// point is the figure itself, read like any other.
func (s *server) point(v *visit, f figure) (metric.Series, metric.Point, error) {
	req := f.request()
	req.Period = f.period
	series, err := s.Metrics.Read(v.r.Context(), req)
	if err != nil {
		return series, metric.Point{}, err
	}
	for _, pt := range series.Points {
		if pt.Group == f.group {
			return series, pt, nil
		}
	}
	return series, metric.Point{Period: f.period, Group: f.group, Reason: metric.NoData}, nil
}

func (s *server) source(v *visit) error {
	f, err := s.figure(v)
	if err != nil {
		return err
	}
	p := sourcePage{shell: v.shell(""), Metric: f.metric, Drawer: v.fragment()}
	if err := s.fillSource(v, f, &p); err != nil {
		return err
	}
	block := "layout"
	if v.fragment() {
		block = "source"
	}
	return s.send(v, http.StatusOK, "source", block, p)
}

func (s *server) fillSource(v *visit, f figure, p *sourcePage) error {
	code := v.p.Code()
	series, pt, err := s.point(v, f)
	if err != nil {
		return err
	}
	sc := scale{v.p, f.metric.Unit, series.Currency}
	p.Title, p.Question, p.View = f.metric.Title.In(code), v.p.T("Where does this number come from?"), f.look
	p.Crumb = &crumb{p.Title, f.look.Link("/metrics/"+f.metric.Name, "grain", string(f.grain), "by", f.by)}
	p.Definition, p.Formula = f.metric.Definition.In(code), f.metric.Formula.In(code)
	p.Rules, p.Reading = f.metric.Rules.In(code), f.metric.Reading.In(code)
	p.Value, p.Interval, p.Complete = sc.text(pt.Value), sc.interval(pt), pt.Complete
	p.Reason = v.p.Text(reasons[pt.Reason])
	p.What = v.p.Period(f.period, f.grain)
	if f.by != "" {
		p.What += " · " + f.by + " = " + p.named(f.group)
	}
	if pt.Denominator != nil {
		n, d := sc.parts(f.metric, pt.Numerator, pt.Denominator)
		p.Part = v.p.T("%s of %s", n, d)
	}
	if err := s.explain(f, p); err != nil {
		return err
	}
	return s.units(v, f, sc, p)
}

// explain fills how the figure is made.
func (s *server) explain(f figure, p *sourcePage) error {
	req := f.request()
	req.Period = f.period
	e, err := s.Metrics.Explain(req)
	if err != nil {
		return err
	}
	p.Version, p.Query, p.SQL = e.Version, e.Query, e.SQL
	for _, u := range e.Settings {
		value := settingText(p.visit.p, u.Value)
		if value == "*" {
			value = p.visit.p.T("every interactive event")
		}
		p.Settings = append(p.Settings, settingUse{settingTitle(u.Name), settingHref(u.Name), u.Version, value})
	}
	return nil
}

// units fills the rows behind the figure, a page at a time.
func (s *server) units(v *visit, f figure, sc scale, p *sourcePage) error {
	after := v.r.URL.Query().Get("after")
	rows, next, err := s.Metrics.Rows(v.r.Context(), f.request(), f.period, f.group, rowsShown, after)
	if err != nil {
		return err
	}
	names, err := s.called(v, f.metric.Of, unitsOf(rows, rowUnit))
	if err != nil {
		return err
	}
	for _, r := range rows {
		row := unitRow{Who: names.unit(f.metric.Of, r.Unit), In: inWho(f.metric.Of, r.Account), Events: s.eventsOf(f, r), account: cmp.Or(r.Account, r.Unit)}
		if f.metric.Invites() && !names.knows(r.Unit) {
			row.Who, row.Events = who{Name: r.Unit}, invitesOf(f, r)
		}
		row.Numerator, row.Denominator = sc.parts(f.metric, &r.Numerator, r.Denominator)
		if f.metric.Aggregation == metric.Quantile {
			row.Numerator = sc.text(&r.Numerator)
		}
		if r.Times != nil {
			row.Times, row.Per, p.HasTimes = sc.count(*r.Times), sc.count(*r.Per), true
		}
		p.Rows = append(p.Rows, row)
		p.HasDenominator = p.HasDenominator || r.Denominator != nil
	}
	if err := call(s, v, p.Rows, (*unitRow).cells); err != nil {
		return err
	}
	if f.metric.FedBy([]string{"subscriptions"}) {
		if err := billed(s, v, f.look, p.Rows, func(r *unitRow) (string, *string) { return r.account, &r.Invoices }); err != nil {
			return err
		}
	}
	own := v.r.URL.Query()
	own.Del("after")
	p.Page = v.r.URL.Path + "?" + own.Encode()
	if after != "" {
		p.First = p.Page
	}
	p.CSV = "/metrics/" + f.metric.Name + "/rows.csv?" + own.Encode()
	if next != "" {
		own.Set("after", next)
		p.Next = v.r.URL.Path + "?" + own.Encode()
	}
	return nil
}

// eventsOf leads to the events behind one unit: those of the metric's window.
// The window of what is true at a moment (an amount) has no beginning.
func (s *server) eventsOf(f figure, r metric.Row) string {
	q := url.Values{}
	switch {
	case f.metric.Of == metric.People || f.metric.Of == metric.Others && r.Account == "":
		q.Set("person", r.Unit)
	case f.metric.Of == metric.Others:
		q.Set("account", r.Account)
	default:
		q.Set("account", r.Unit)
	}
	from := f.period.From
	if f.metric.Reach > 0 {
		from = f.period.Last().Next(-f.metric.Reach)
		from = min(from, f.period.From)
	}
	if f.metric.Reach != metric.Forever {
		q.Set("from", from.String())
	}
	return f.events(q)
}

// invitesOf leads to the invitations by the account: who was invited and did
// not come has no events.
func invitesOf(f figure, r metric.Row) string {
	return f.events(url.Values{"account": {r.Account}, "name": {facts.InviteSent}})
}

// events is the log with these events, until the figure's period ends, by its
// clocks.
func (f figure) events(q url.Values) string {
	q.Set("until", f.period.Last().String())
	return eventsLink(f.look, q)
}

// rowsCSV is every unit behind the figure.
func (s *server) rowsCSV(v *visit) error {
	f, err := s.figure(v)
	if err != nil {
		return err
	}
	ctx, after := v.r.Context(), ""
	rows, after, err := s.Metrics.Rows(ctx, f.request(), f.period, f.group, metric.MaxRows, "")
	if err != nil {
		return err
	}
	out := v.csv(f.metric.Name + "-" + f.period.From.String() + ".csv")
	write(out, []string{"unit", "name", "account", "numerator", "denominator", "times", "per", "group"})
	for {
		names, err := s.called(v, f.metric.Of, unitsOf(rows, rowUnit))
		if err != nil {
			s.breakOff(v, err)
		}
		for _, r := range rows {
			write(out, []string{r.Unit, names.unit(f.metric.Of, r.Unit).Name, r.Account, plain(&r.Numerator), plain(r.Denominator), plain(r.Times), plain(r.Per), r.Group})
		}
		if after == "" {
			break
		}
		if rows, after, err = s.Metrics.Rows(ctx, f.request(), f.period, f.group, metric.MaxRows, after); err != nil {
			s.breakOff(v, err)
		}
	}
	out.Flush()
	return nil
}

// breakOff ends a download whose head is sent: there is no other way to say
// that it failed.
func (s *server) breakOff(v *visit, err error) {
	s.Log.Error("a download broke off", "request", v.id, "error", err)
	panic(http.ErrAbortHandler)
}

// valuesPage is the chooser of attribute and value in the segment menu.
type valuesPage struct {
	Attributes []string
	Attribute  string
	Values     []string
	Segments   []segment.Segment
}

// valuesShown bounds the values offered for an attribute.
const valuesShown = 200

func (s *server) values(v *visit) (err error) {
	p := valuesPage{Attribute: v.r.URL.Query().Get("attribute")}
	block := "segment-values"
	if v.r.URL.Query().Get("of") == "segments" {
		b, err := v.segments(v.r.Context())
		if err != nil {
			return err
		}
		p.Segments, block = b.All(), "segment-choices"
	} else if p.Attribute == "" && v.r.URL.Query().Get("of") == "" {
		block = "segment-attributes"
		if p.Attributes, err = s.Facts.Attributes(v.r.Context()); err != nil {
			return err
		}
	} else if p.Attribute == "" {
		block = "segment-values" // nothing to choose from
	} else if p.Values, err = s.Facts.AttributeValues(v.r.Context(), p.Attribute, valuesShown); err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "values", block, p)
}
