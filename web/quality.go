package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/job"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// qualityPage tells how well each source sends.
type qualityPage struct {
	shell
	Sources []qualityRow
	// The few figures at the top.
	Silent, Events, Rejected, Nobody string
	AnySilent                        bool
	Chart                            *chart
	Past                             []silenceRow
	CSV                              string
	// Forgotten tells that nothing is kept of the day looked at any more.
	Forgotten bool
}

// qualityRow is one source in the last seven days.
type qualityRow struct {
	ID, Name string
	// State is ok, silent, waiting (nothing came yet), new (its rhythm is not
	// known yet) or disabled; StateText says it.
	State, StateText, Mark string
	Last                   time.Time
	// Day is what came in 24 hours, Usual what its rhythm says, "" unknown.
	Day, Usual                                          string
	Events, Rejected, NoAccount, NoPerson, Late, Skewed string
	Duplicates                                          string
	Reasons                                             []string
	Accounts, Feeds                                     string
}

type silenceRow struct {
	Name, Length   string
	Last, Resolved time.Time
}

// qualityDays is what the shares are of.
const qualityDays = 7

// sourceSum adds up the hours of a source.
type sourceSum struct {
	store.SourceHour
	day int64
}

func (s *server) quality(v *visit) error {
	look, err := v.clock()
	if err != nil {
		return err
	}
	p := qualityPage{shell: v.shell(lang.Text("Data quality")), CSV: linkWith("/quality.csv", v.clocks)}
	p.View, p.Forgotten = look, v.at().Before(s.Store.KeptSince())
	p.Question = v.p.T("Does everything that should come in come in, and can we believe it?")
	rows, hours, err := s.qualityRows(v)
	if err != nil {
		return err
	}
	p.Sources, p.Charts = rows, true
	var all sourceSum
	silent := 0
	week := v.at().Add(-qualityDays * 24 * time.Hour)
	for _, h := range hours {
		if !h.Hour.Before(week) {
			all.add(h, v.at())
		}
	}
	for _, r := range rows {
		if r.State == "silent" {
			silent++
		}
	}
	p.Silent, p.AnySilent = v.p.Number(float64(silent), 0), silent > 0
	p.Events = v.p.Number(float64(all.Events), 0)
	p.Rejected, p.Nobody = partText(v, all.Rejected, all.Events+all.Rejected), partText(v, all.NoAccount, all.Events)
	p.Chart = s.qualityChart(v, rows, hours)
	if err := s.pastSilences(v, &p); err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "quality", "layout", p)
}

func (x *sourceSum) add(h store.SourceHour, now time.Time) {
	x.Events, x.Duplicates, x.Rejected = x.Events+h.Events, x.Duplicates+h.Duplicates, x.Rejected+h.Rejected
	x.Late, x.Skewed, x.NoAccount, x.NoPerson = x.Late+h.Late, x.Skewed+h.Skewed, x.NoAccount+h.NoAccount, x.NoPerson+h.NoPerson
	if now.Sub(h.Hour) <= 24*time.Hour {
		x.day += h.Events
	}
}

// partText is a share of a count, a dash of none.
func partText(v *visit, part, of int64) string {
	if of == 0 {
		return lang.None
	}
	return v.p.Percent(float64(part) / float64(of))
}

// qualityRows reads the counters of eight weeks, which are kept per hour, and
// what is said of each source.
func (s *server) qualityRows(v *visit) ([]qualityRow, []store.SourceHour, error) {
	ctx := v.r.Context()
	week := v.at().Add(-qualityDays * 24 * time.Hour)
	sources, err := s.sourcesAt(v)
	if err != nil {
		return nil, nil, err
	}
	hours, err := s.Store.SourceHoursAt(ctx, v.at().Add(-9*7*24*time.Hour), v.past)
	if err != nil {
		return nil, nil, err
	}
	reasons, err := s.Store.RejectReasons(ctx, week, v.past)
	if err != nil {
		return nil, nil, err
	}
	open, err := s.Store.SilencesAt(ctx, v.past, v.past)
	if err != nil {
		return nil, nil, err
	}
	open = slices.DeleteFunc(open, func(x store.Silence) bool { return !x.Resolved.IsZero() })
	bySource := map[farol.SourceID][]store.SourceHour{}
	for _, h := range hours {
		bySource[h.Source] = append(bySource[h.Source], h)
	}
	var out []qualityRow
	for _, x := range sources {
		if x.Created.After(v.at()) && len(bySource[x.ID]) == 0 {
			continue // it came later, and brought nothing of before
		}
		row := s.qualityRow(v, x, bySource[x.ID], week)
		for _, r := range reasons {
			if r.Source == x.ID && len(row.Reasons) < 3 {
				row.Reasons = append(row.Reasons, v.p.T(r.Reason)+" · "+v.p.Number(float64(r.N), 0))
			}
		}
		if i := slices.IndexFunc(open, func(o store.Silence) bool { return o.Source == x.ID }); i >= 0 {
			n, err := s.Store.SilentAccounts(ctx, open[i].ID)
			if err != nil {
				return nil, nil, err
			}
			row.State, row.Mark = "silent", "warn"
			row.StateText = v.p.T("no data for %s", v.length(v.at().Sub(open[i].Last)))
			row.Accounts = v.p.N(n, "%d customer", "%d customers")
		}
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b qualityRow) int { return cmp.Compare(stateOrder[a.State], stateOrder[b.State]) })
	return out, hours, nil
}

// sourcesAt are the sources, disabled as they were on the day looked at; one
// that was deleted since is not kept.
func (s *server) sourcesAt(v *visit) ([]store.Source, error) {
	list, err := s.Store.Sources(v.r.Context())
	for i := range list {
		if list[i].Disabled.After(v.at()) {
			list[i].Disabled = time.Time{}
		}
	}
	return list, err
}

var stateOrder = map[string]int{"silent": 0, "ok": 1, "new": 2, "waiting": 3, "disabled": 4}

func (s *server) qualityRow(v *visit, x store.Source, hours []store.SourceHour, week time.Time) qualityRow {
	r := job.RhythmOf(hours, v.company.location())
	var sum sourceSum
	for _, h := range hours {
		if !h.Hour.Before(week) {
			sum.add(h, v.at())
		}
	}
	row := qualityRow{ID: string(x.ID), Name: x.Name, State: "ok", StateText: v.p.T("as usual"), Mark: "good", Last: r.Last}
	switch {
	case !x.Disabled.IsZero():
		row.State, row.StateText, row.Mark = "disabled", v.p.T("Disabled"), ""
	case r.Last.IsZero():
		row.State, row.StateText, row.Mark = "waiting", v.p.T("nothing came yet"), ""
	case !r.Known():
		row.State, row.StateText, row.Mark = "new", v.p.T("too new to know its rhythm"), ""
	}
	number := func(n int64) string { return v.p.Number(float64(n), 0) }
	row.Day, row.Usual = number(sum.day), lang.None
	if r.Known() {
		row.Usual = v.p.Number(r.Expected(v.at().Add(-24*time.Hour), v.at()), 0)
	}
	row.Events, row.Duplicates = number(sum.Events), number(sum.Duplicates)
	row.Rejected = partText(v, sum.Rejected, sum.Events+sum.Rejected)
	row.NoAccount, row.NoPerson = partText(v, sum.NoAccount, sum.Events), partText(v, sum.NoPerson, sum.Events)
	row.Late, row.Skewed = partText(v, sum.Late, sum.Events), partText(v, sum.Skewed, sum.Events)
	return row
}

// length writes a stretch of time as people say it: hours, then days.
func (v *visit) length(d time.Duration) string {
	if d < 72*time.Hour {
		return v.p.T("%s h", v.p.Number(d.Hours(), 0))
	}
	return v.p.T("%s d", v.p.Number(d.Hours()/24, 0))
}

// qualityChartDays is how many days the picture shows.
const qualityChartDays = 28

// qualityChart draws what came per day, a line per source.
func (s *server) qualityChart(v *visit, rows []qualityRow, hours []store.SourceHour) *chart {
	zone, today := v.company.location(), v.today()
	counts := map[string]map[farol.Day]float64{}
	for _, h := range hours {
		if counts[string(h.Source)] == nil {
			counts[string(h.Source)] = map[farol.Day]float64{}
		}
		counts[string(h.Source)][farol.DayOf(h.Hour, zone)] += float64(h.Events)
	}
	var periods []farol.Period
	for d := today + 1 - qualityChartDays; d <= today; d++ {
		periods = append(periods, farol.Period{From: d, To: d + 1})
	}
	sc := scale{p: v.p, unit: "events"}
	c := sc.chartOf("quality-data", v.p.T("Events per day by source"), periods, farol.Daily)
	c.Table = true
	for _, r := range rows {
		if counts[r.ID] == nil {
			continue
		}
		var points []metric.Point
		for _, q := range periods {
			n := counts[r.ID][q.From]
			points = append(points, metric.Point{Period: q, Value: &n, Complete: q.From < today})
		}
		sc.add(c, r.Name, points, nil)
	}
	return c
}

// pastSilences lists those of the last 60 days that have ended.
func (s *server) pastSilences(v *visit, p *qualityPage) error {
	list, err := s.Store.SilencesAt(v.r.Context(), v.at().AddDate(0, 0, -60), v.past)
	if err != nil {
		return err
	}
	names, err := s.Store.SourceNames(v.r.Context())
	for _, x := range list {
		if !x.Resolved.IsZero() {
			p.Past = append(p.Past, silenceRow{names[x.Source], v.length(x.Resolved.Sub(x.Last)), x.Last, x.Resolved})
		}
	}
	return err
}

// qualityCSV is the counters per source and hour of the last four weeks.
func (s *server) qualityCSV(v *visit) error {
	if _, err := v.clock(); err != nil {
		return err
	}
	hours, err := s.Store.SourceHoursAt(v.r.Context(), v.at().AddDate(0, 0, -qualityChartDays), v.past)
	if err != nil {
		return err
	}
	names, err := s.Store.SourceNames(v.r.Context())
	if err != nil {
		return err
	}
	out := v.csv("data-quality.csv")
	write(out, []string{"source", "hour", "events", "duplicates", "rejected", "late", "skewed", "no_account", "no_person"})
	for _, h := range hours {
		row := []string{names[h.Source], h.Hour.Format(time.RFC3339)}
		for _, n := range []int64{h.Events, h.Duplicates, h.Rejected, h.Late, h.Skewed, h.NoAccount, h.NoPerson} {
			row = append(row, strconv.FormatInt(n, 10))
		}
		write(out, row)
	}
	out.Flush()
	return nil
}

// stale says of the accounts which are fed by a source that is silent: "no
// data for 26 h". What is shown of them may be old, and is grey, not red.
func (s *server) stale(v *visit, ids []farol.AccountID) (map[farol.AccountID]string, error) {
	last, err := s.Store.Stale(v.r.Context(), ids)
	out := make(map[farol.AccountID]string, len(last))
	for id, t := range last {
		out[id] = v.p.T("no data for %s", v.length(v.now.Sub(t)))
	}
	return out, err
}

// staleRows marks the rows of the list of customers.
func (s *server) staleRows(v *visit, rows []customerRow) error {
	ids := make([]farol.AccountID, len(rows))
	for i, r := range rows {
		ids[i] = farol.AccountID(r.ID)
	}
	marks, err := s.stale(v, ids)
	for i, r := range rows {
		rows[i].Stale = marks[farol.AccountID(r.ID)]
	}
	return err
}

// staleAccount marks one customer's page.
func (s *server) staleAccount(v *visit, a *customer.Account) (string, error) {
	marks, err := s.stale(v, []farol.AccountID{a.ID})
	return marks[a.ID], err
}

// staleFigure says for how long a source that feeds the metric has been
// silent, "" when none is. It is asked once per visit; a page is not refused
// because it cannot be told.
func (s *server) staleFigure(v *visit, m *metric.Metric) string {
	v.silences.once.Do(func() {
		open, err := s.Store.Silences(v.r.Context(), time.Time{})
		if err != nil {
			s.Log.Warn("which sources are silent is not known", "request", v.id, "error", err)
		}
		v.silences.open = open
	})
	for _, x := range v.silences.open {
		fed := x.Feeds.List()
		if slices.Contains(fed, "invoices") && s.Metrics.ByInvoices() {
			fed = append(fed, "subscriptions") // they make the same figures
		}
		if m.FedBy(fed) {
			return v.p.T("no data for %s", v.length(v.now.Sub(x.Last)))
		}
	}
	return ""
}

// silenceText says of a notice that a source fell silent, and for how long.
func (s *server) silenceText(v *visit, n store.Notice) string {
	list, err := s.Store.Silences(v.r.Context(), v.now.AddDate(0, 0, -60))
	if err != nil {
		return ""
	}
	for _, x := range list {
		if n.Subject == "silence:"+x.ID {
			until := v.now
			if !x.Resolved.IsZero() {
				until = x.Resolved
			}
			return v.p.T("no data for %s", v.length(until.Sub(x.Last)))
		}
	}
	return ""
}

// silences are the open ones, read once per visit.
type silences struct {
	once sync.Once
	open []store.Silence
}
