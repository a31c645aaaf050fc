package api

import (
	"context"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
)

// Clocks are the parameters by which every read states what it may know.
type Clocks struct {
	AsOf  string `query:"as_of" format:"date" doc:"Read the facts up to this day; today when empty."`
	Known string `query:"known" doc:"Read the facts learned by the end of this day (YYYY-MM-DD) or by this instant (RFC 3339); now when empty."`
}

// Scope are the parameters by which a read chooses accounts.
type Scope struct {
	By      string   `query:"by" doc:"Break down by this attribute of the account (plan), or by account."`
	Segment []string `query:"segment,explode" doc:"Keep the accounts of a segment, by its name (-NAME keeps those that are not in it, $segment.NAME=true those that were in it on the day of each fact), or those whose attribute had a value, attribute=value (now:attribute=value: has it now); the same attribute again adds a value, anything else narrows."`
}

// asOf is 0 for today.
func (c Clocks) asOf() (farol.Day, error) {
	if c.AsOf == "" {
		return 0, nil
	}
	d, err := farol.ParseDay(c.AsOf)
	if err != nil {
		return 0, farol.InvalidField("as_of", "must be a date as YYYY-MM-DD")
	}
	return d, nil
}

// known is zero for now. A day means its end: the last millisecond, which is
// as precise as the commit instant of a fact is.
func (c Clocks) known(zone *time.Location) (time.Time, error) {
	if c.Known == "" {
		return time.Time{}, nil
	}
	if d, err := farol.ParseDay(c.Known); err == nil {
		return d.Next(1).Start(zone).Add(-time.Millisecond), nil
	}
	// The + of a zone comes as a space from who forgot to escape it.
	t, err := time.Parse(time.RFC3339, strings.Replace(c.Known, " ", "+", 1))
	if err != nil {
		return time.Time{}, farol.InvalidField("known", "must be a date as YYYY-MM-DD or an instant as 2026-02-01T12:00:00Z")
	}
	return t.UTC(), nil
}

// moment is both clocks: 0 and zero for now.
func (c Clocks) moment(zone *time.Location) (asOf farol.Day, known time.Time, err error) {
	if asOf, err = c.asOf(); err != nil {
		return 0, time.Time{}, err
	}
	known, err = c.known(zone)
	return asOf, known, err
}

// accountsThen are the accounts as the clocks say; of the past with at least
// the given ones of their metrics.
func (s *server) accountsThen(ctx context.Context, asOf farol.Day, known time.Time, metrics ...string) (map[farol.AccountID]*customer.Account, error) {
	if asOf == 0 && known.IsZero() {
		return s.Customers.Accounts(ctx)
	}
	then, err := s.Customers.Past(ctx, asOf, known, metrics...)
	return then.Accounts, err
}

// Among is the parameter by which a list keeps the accounts of a segment.
type Among struct {
	Segment []string `query:"segment,explode" doc:"Keep what is of the accounts of a segment, by its name (-NAME keeps those that are not in it), or of those whose attribute has a value, attribute=value, as of the day that is read; the same attribute again adds a value, anything else narrows."`
}

// until is the end of what the clocks show, for what people did in Farol: it
// was known when it was done, so both cut it. Zero is now.
func (s *server) until(ctx context.Context, c Clocks) (time.Time, error) {
	cal, err := s.calendar(ctx)
	if err != nil {
		return time.Time{}, err
	}
	end, err := c.known(cal.Zone)
	if err != nil {
		return end, err
	}
	asOf, err := c.asOf()
	if err == nil && asOf != 0 && asOf < cal.Today(s.Now()) {
		if day := asOf.Next(1).Start(cal.Zone).Add(-time.Millisecond); end.IsZero() || day.Before(end) {
			end = day
		}
	}
	return end, err
}

// at is the instant, or now.
func (s *server) at(moment time.Time) time.Time {
	if moment.IsZero() {
		return s.Now()
	}
	return moment
}

// among are the accounts of a segment as the clocks show them; nil when none is
// asked for.
func (s *server) among(ctx context.Context, c Clocks, in Among) (map[farol.AccountID]bool, error) {
	filters, err := s.filters(ctx, in.Segment)
	if err != nil || len(filters) == 0 {
		return nil, err
	}
	asOf, known, err := c.moment(s.Facts.Zone())
	if err != nil {
		return nil, err
	}
	all, err := s.accountsThen(ctx, asOf, known)
	out := map[farol.AccountID]bool{}
	for id, a := range all {
		if !a.Test && a.Fits(filters) {
			out[id] = true
		}
	}
	return out, err
}

// only is the same as a question.
func (s *server) only(ctx context.Context, c Clocks, in Among) (func(farol.AccountID) bool, error) {
	keep, err := s.among(ctx, c, in)
	if keep == nil {
		return nil, err
	}
	return func(id farol.AccountID) bool { return keep[id] }, err
}

// filters reads the segment; segments that it names must be there.
func (s *server) filters(ctx context.Context, segments []string) ([]facts.Filter, error) {
	out, err := segment.Filters(segments)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	b, err := s.Segments.Seen(ctx)
	if err != nil {
		return nil, err
	}
	return out, b.CheckFilters(out)
}

// day reads an optional date; 0 when it is empty.
func day(field, text string) (farol.Day, error) {
	if text == "" {
		return 0, nil
	}
	d, err := farol.ParseDay(text)
	if err != nil {
		return 0, farol.InvalidField(field, "must be a date as YYYY-MM-DD")
	}
	return d, nil
}

// request puts the parameters that series, rows and explain share together;
// Period is left to them.
func (s *server) request(ctx context.Context, name, grain string, c Clocks, sc Scope) (metric.Request, farol.Calendar, error) {
	q := metric.Request{Metric: name, By: sc.By}
	m, err := s.Metrics.Catalogue().Find(name)
	if err != nil {
		return q, farol.Calendar{}, err
	}
	cal, err := s.calendar(ctx)
	if err != nil {
		return q, cal, err
	}
	q.Grain = m.Grains[0]
	if grain != "" {
		if q.Grain, err = farol.ParseGrain(grain); err != nil {
			return q, cal, farol.InvalidField("grain", "must be day, week or month")
		}
	}
	if q.AsOf, err = c.asOf(); err != nil {
		return q, cal, err
	}
	if q.Known, err = c.known(cal.Zone); err != nil {
		return q, cal, err
	}
	q.Filters, err = s.filters(ctx, sc.Segment)
	return q, cal, err
}

// calendar is the company's.
func (s *server) calendar(ctx context.Context) (farol.Calendar, error) {
	set, err := metric.ReadSettings(ctx, s.Store)
	return set.Calendar, err
}

// back is how many periods a series has when from is not given.
var back = map[farol.Grain]int{farol.Daily: 28, farol.Weekly: 12, farol.Monthly: 12}

// period reads from and to, the first day after; an empty one is filled in so
// that the series ends with the day looked at.
func (s *server) period(q metric.Request, cal farol.Calendar, from, to string) (p farol.Period, err error) {
	if p.From, err = day("from", from); err != nil {
		return p, err
	}
	if p.To, err = day("to", to); err != nil {
		return p, err
	}
	if to == "" {
		p.To = s.reference(q, cal) + 1
	}
	if from == "" {
		p.From = cal.PeriodAt(q.Grain, p.To-1).From
		for range back[q.Grain] - 1 {
			p.From = cal.PeriodAt(q.Grain, p.From-1).From
		}
	}
	p.To, err = after(p.From, p.To)
	return p, err
}

// after checks the first day after a period. The same day twice is what
// people write for one day, and is read so.
func after(from, to farol.Day) (farol.Day, error) {
	if to < from {
		return to, farol.InvalidField("to", "is the first day after the period, so it must not come before from")
	}
	return max(to, from+1), nil
}

// reference is the day that is looked at: today, or earlier.
func (s *server) reference(q metric.Request, cal farol.Calendar) farol.Day {
	d := cal.Today(s.Now())
	if !q.Known.IsZero() {
		d = min(d, farol.DayOf(q.Known, cal.Zone))
	}
	if q.AsOf != 0 {
		d = min(d, q.AsOf)
	}
	return d
}

// each makes of every item what is answered of it; a list of none is not null.
func each[T, U any](list []T, answer func(T) U) []U {
	out := make([]U, len(list))
	for i, x := range list {
		out[i] = answer(x)
	}
	return out
}

// orNull is nil for the zero value, which then is null in JSON.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
