package web

import (
	"net/url"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
)

// view is what a page looks at: a stretch of time, cut into grains, of a
// segment of accounts, as of a day and as known at an instant. It is read
// from the address and written back into every link, so a link is a saved
// view.
type view struct {
	// Preset is the name of the period, "custom" for two dates.
	Preset string
	Period farol.Period
	// Grain is "" when each metric is to be cut as suits it.
	Grain farol.Grain
	// AsOf is the last day looked at, 0 for today.
	AsOf farol.Day
	// Known is the instant up to which facts are believed; zero is now.
	Known time.Time
	// Filters are the segment: attributes of accounts with their values.
	Filters []facts.Filter
	// Book is the segments that the member may see, when a filter names one.
	Book segment.Book
	// Unknown are the attributes of Filters that no customer has.
	Unknown []string
	// Today is the company's day now, and Cal its calendar.
	Today farol.Day
	Cal   farol.Calendar

	// given holds the parameters of the address that make up the view.
	given url.Values
}

// viewKeys are the parameters that every link between pages carries.
var viewKeys = []string{"period", "from", "until", "grain", "as_of", "known", "segment"}

// preset is a period that moves with the day.
type preset struct {
	Name  string
	Title lang.Text
	from  func(ref farol.Day) farol.Day
	until func(ref farol.Day) farol.Day
}

const defaultPreset = "6m"

var presets = []preset{
	{"7d", lang.Text("Last 7 days"), daysBack(7), sameDay},
	{"28d", lang.Text("Last 28 days"), daysBack(28), sameDay},
	{"90d", lang.Text("Last 90 days"), daysBack(90), sameDay},
	{"6m", lang.Text("Last 6 months"), monthsBack(5), sameDay},
	{"12m", lang.Text("Last 12 months"), monthsBack(11), sameDay},
	{"24m", lang.Text("Last 24 months"), monthsBack(23), sameDay},
	{"month", lang.Text("This month"), monthsBack(0), sameDay},
	{"last_month", lang.Text("Last month"), monthsBack(1), func(ref farol.Day) farol.Day { return monthsBack(0)(ref) - 1 }},
	{"year", lang.Text("This year"), func(ref farol.Day) farol.Day { return farol.Date(ref.UTC().Year(), 1, 1) }, sameDay},
}

func sameDay(ref farol.Day) farol.Day { return ref }

func daysBack(n int) func(farol.Day) farol.Day {
	return func(ref farol.Day) farol.Day { return ref.Next(1 - n) }
}

// monthsBack is the first day of the month n months before.
func monthsBack(n int) func(farol.Day) farol.Day {
	return func(ref farol.Day) farol.Day {
		y, m, _ := ref.UTC().Date()
		return farol.Date(y, m-time.Month(n), 1)
	}
}

// maxDays bounds what one page may ask for: ten years.
const maxDays = 3660

// readView reads the view from the address; what is wrong is an Invalid
// error that names the parameter.
func readView(q url.Values, cal farol.Calendar, now time.Time) (*view, error) {
	v := &view{Cal: cal, Today: cal.Today(now), Preset: defaultPreset, given: url.Values{}}
	for _, k := range viewKeys {
		for _, x := range q[k] {
			if x != "" {
				v.given.Add(k, x)
			}
		}
	}
	if err := v.readClocks(); err != nil {
		return nil, err
	}
	if g := v.given.Get("grain"); g != "" {
		grain, err := farol.ParseGrain(g)
		if err != nil {
			return nil, farol.InvalidField("grain", "the grain must be day, week or month")
		}
		v.Grain = grain
	}
	var err error
	if v.Filters, err = segment.Filters(v.given["segment"]); err != nil {
		return nil, err
	}
	return v, v.readPeriod()
}

// readClocks reads as_of and known.
func (v *view) readClocks() (err error) {
	if s := v.given.Get("as_of"); s != "" {
		if v.AsOf, err = farol.ParseDay(s); err != nil {
			return farol.InvalidField("as_of", "this is not a date: %s", s)
		}
	}
	s := v.given.Get("known")
	if s == "" {
		return nil
	}
	if day, err := farol.ParseDay(s); err == nil {
		v.Known = day.Next(1).Start(v.Cal.Zone).Add(-time.Millisecond)
		return nil
	}
	if v.Known, err = time.Parse(time.RFC3339, s); err != nil {
		return farol.InvalidField("known", "this is neither a date nor an instant: %s", s)
	}
	return nil
}

// reference is the day that moving periods end with.
func (v *view) reference() farol.Day {
	ref := v.Today
	if !v.Known.IsZero() {
		ref = min(ref, farol.DayOf(v.Known, v.Cal.Zone))
	}
	if v.AsOf != 0 {
		ref = min(ref, v.AsOf)
	}
	return ref
}

func (v *view) readPeriod() error {
	if p := v.given.Get("period"); p != "" && p != "custom" {
		v.Preset = p
	}
	from, until := v.given.Get("from"), v.given.Get("until")
	if from != "" || until != "" {
		return v.readCustom(from, until)
	}
	i := slices.IndexFunc(presets, func(p preset) bool { return p.Name == v.Preset })
	if i < 0 {
		return farol.InvalidField("period", "there is no such period: %s", v.Preset)
	}
	ref := v.reference()
	v.Period = farol.Period{From: presets[i].from(ref), To: presets[i].until(ref) + 1}
	return nil
}

// readCustom reads two dates, the last one included; a missing one is the
// default period's.
func (v *view) readCustom(from, until string) (err error) {
	v.Preset = "custom"
	v.given.Del("period")
	first, last := monthsBack(5)(v.reference()), v.reference()
	if from != "" {
		if first, err = farol.ParseDay(from); err != nil {
			return farol.InvalidField("from", "this is not a date: %s", from)
		}
	}
	if until != "" {
		if last, err = farol.ParseDay(until); err != nil {
			return farol.InvalidField("until", "this is not a date: %s", until)
		}
	}
	v.Period = farol.Period{From: first, To: last + 1}
	switch n := v.Period.Days(); {
	case n <= 0:
		return farol.InvalidField("until", "the period ends before it begins")
	case n > maxDays:
		return farol.InvalidField("from", "the period is longer than ten years")
	}
	return nil
}

// grainFor is the grain to cut a metric into: the asked one when the metric
// is defined for it, else one that gives a readable number of periods. What
// is not usage moves slowly and is counted by the month.
func (v *view) grainFor(m *metric.Metric) farol.Grain {
	if v.Grain != "" && m.Has(v.Grain) {
		return v.Grain
	}
	best := farol.Monthly
	switch n := v.Period.Days(); {
	case n <= 45 && m.Group == "usage":
		best = farol.Daily
	case n <= 45, n <= 200 && m.Group == "usage":
		best = farol.Weekly
	}
	if m.Has(best) {
		return best
	}
	return m.Grains[len(m.Grains)-1]
}

// request asks for a metric's series over the view.
func (v *view) request(m *metric.Metric, g farol.Grain) metric.Request {
	return metric.Request{
		Metric: m.Name, Period: v.Period, Grain: g, AsOf: v.AsOf, Known: v.Known, Filters: v.Filters, MaxAge: pageAge,
	}
}

// earlier is where to begin to read a count, so that it is known how much it
// usually moves: some periods before the view.
func (v *view) earlier(g farol.Grain) farol.Day {
	from := v.Period.From
	for range metric.Lag(g) + 8 {
		from = v.Cal.PeriodAt(g, from-1).From
	}
	return from
}

// pageAge is how stale a figure on a page may be: so much less than anybody
// notices, and enough that a crowd costs one computation.
const pageAge = 5 * time.Second

// Past tells whether the page looks at another day or another state of
// knowledge than today's.
func (v *view) Past() bool { return v.AsOf != 0 && v.AsOf < v.Today || !v.Known.IsZero() }

// Instant is the end of what is looked at, for what people did in Farol: that
// was known when it was done, so both clocks cut it. Zero is now.
func (v *view) Instant() time.Time {
	end := v.Known
	if v.AsOf != 0 && v.AsOf < v.Today {
		if day := v.AsOf.Next(1).Start(v.Cal.Zone).Add(-time.Millisecond); end.IsZero() || day.Before(end) {
			end = day
		}
	}
	return end
}

// Link is an address with the view in it; pairs of name and value change or
// add parameters, an empty value removes one.
func (v *view) Link(path string, pairs ...string) string { return linked(path, v.given, pairs) }

// Narrow is an address with the view in it, of the accounts that have the value
// of the attribute; other conditions of the view stay.
func (v *view) Narrow(path, attribute, value string, pairs ...string) string {
	q := v.with(nil)
	q["segment"] = append(slices.DeleteFunc(q["segment"], func(s string) bool {
		x, err := segment.Filters([]string{s})
		return err == nil && x[0].Attribute == attribute
	}), attribute+"="+value)
	return linked(path, q, pairs)
}

// At is an address with nothing of the view but its two clocks: another list, or
// what a row of one leads to, as of the same moment.
func (v *view) At(path string, pairs ...string) string { return linked(path, v.clocks(), pairs) }

// clocks are the parameters of the two clocks that were given.
func (v *view) clocks() url.Values {
	q := url.Values{}
	for _, k := range []string{"as_of", "known"} {
		if x := v.given.Get(k); x != "" {
			q.Set(k, x)
		}
	}
	return q
}

// moment is the instant that the view looks from: now, or the end of the day
// or of the knowledge that it looks at.
func (v *view) moment(now time.Time) time.Time {
	if v.AsOf != 0 && v.AsOf < v.Today {
		now = v.AsOf.Next(1).Start(v.Cal.Zone).Add(-time.Millisecond)
	}
	if !v.Known.IsZero() && v.Known.Before(now) {
		now = v.Known
	}
	return now
}

// file is the name of a file of what the view shows: "stages-2026-01-31.csv".
func (v *view) file(name string) string {
	if v.AsOf != 0 && v.Past() {
		name += "-" + v.AsOf.String()
	}
	if !v.Known.IsZero() {
		name += "-known-" + v.KnownDay()
	}
	return name + ".csv"
}

// linked is a path with parameters, and pairs changed or taken away.
func linked(path string, given url.Values, pairs []string) string {
	q := url.Values{}
	for k, values := range given {
		q[k] = slices.Clone(values)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// with are the view's parameters and others.
func (v *view) with(more url.Values) url.Values {
	out := url.Values{}
	for _, from := range []url.Values{v.given, more} {
		for k, x := range from {
			out[k] = slices.Clone(x)
		}
	}
	return out
}

// field is a hidden input that carries a part of the view through a form.
type field struct{ Name, Value string }

// Hidden lists the view's parameters but the named ones.
func (v *view) Hidden(but ...string) []field {
	var out []field
	for _, k := range viewKeys {
		if slices.Contains(but, k) {
			continue
		}
		for _, x := range v.given[k] {
			out = append(out, field{k, x})
		}
	}
	return out
}

// Presets lists the moving periods.
func (v *view) Presets() []preset { return presets }

// PresetTitle is the name of the chosen period, "" for a custom one.
func (v *view) PresetTitle() lang.Text {
	for _, p := range presets {
		if p.Name == v.Preset {
			return p.Title
		}
	}
	return ""
}

// KnownDay is the day in the field "known at", or "".
func (v *view) KnownDay() string {
	if v.Known.IsZero() {
		return ""
	}
	return farol.DayOf(v.Known, v.Cal.Zone).String()
}

// without is the link to the page without one value of the segment, or all of
// them.
func (v *view) without(path string, f facts.Filter, values []string, extra url.Values) string {
	q := url.Values{}
	for k, values := range v.given {
		q[k] = slices.Clone(values)
	}
	for k, values := range extra {
		q[k] = values
	}
	q["segment"] = slices.DeleteFunc(q["segment"], func(s string) bool {
		x, err := segment.Filters([]string{s})
		return err == nil && x[0].Attribute == f.Attribute && slices.ContainsFunc(x[0].Values, func(value string) bool { return slices.Contains(values, value) })
	})
	if len(q["segment"]) == 0 {
		q.Del("segment")
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// linkWith is a path with parameters, and pairs changed.
func linkWith(path string, kept url.Values, pairs ...string) string {
	return linked(path, kept, pairs)
}
