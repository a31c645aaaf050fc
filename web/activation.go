package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// activationPage is whether and when new customers get to value.
type activationPage struct {
	shell
	// Empty tells that no fact was ever received.
	Empty bool
	Cards []*card
	// Criterion is the one that the page judges by, in words, and Choices the
	// others.
	Criterion string
	// Changes say where later versions of the criterion begin.
	Changes  []string
	WhatIf   bool
	Curve    *chart
	Cohorts  []cohortRow
	Days     []int
	Criteria []criterionRow
	Gap      *gapView
	Stuck    *stuckView
	CSV      string
	StuckCSV string
}

// cohortRow is a cohort of the curve, as text.
type cohortRow struct {
	Name, Units, Met, Lost, Median string
	Shares                         []string
}

// criterionRow is a criterion beside others.
type criterionRow struct {
	Title, Rule, Href, Rate, Interval, Part, Median, Gap string
	WhatIf, Current                                      bool
}

// gapView is how those who activated stay, against the others.
type gapView struct {
	Chart *chart
	Note  string
	Rows  []stayRow
}

type stayRow struct{ Age, With, Without, Difference, Interval string }

// stuckView is who has not got there.
type stuckView struct {
	Summary string
	Steps   []stuckStep
	Rows    []stuckRow
	More    int64
}

type stuckStep struct {
	Number int
	Clause string
	// Version of the criterion, "" when all are of one.
	Version       string
	Waiting, Open string
}

type stuckRow struct {
	Who                           who
	Start, Days, Left, Step, Done string
	Late                          bool
}

var activationCards = []string{
	"activation_rate", "activated_accounts", "time_to_value",
	"activation_rate_people", "onboarding_progress", "onboarding_days_late",
}

// curveDays are the days shown in the table of the curve.
var curveDays = []int{0, 7, 14, 30, 60, 89}

// shownStuck bounds the list on the page; the file has all.
const shownStuck = 50

// activationRequest is what the page asks the reader.
func (v *visit) activationRequest(look *view) metric.ActivationRequest {
	return metric.ActivationRequest{
		Request: metric.Request{
			Period: look.Period, Grain: look.cohortGrain(), AsOf: look.AsOf, Known: look.Known, Filters: look.Filters, MaxAge: pageAge,
		},
		Criterion: v.r.URL.Query().Get("criterion"),
	}
}

// cohortGrain cuts cohorts as asked, else by the month.
func (v *view) cohortGrain() farol.Grain { return cmp.Or(v.Grain, farol.Monthly) }

func (s *server) activation(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := activationPage{shell: v.shell(lang.Text("Activation")), Days: curveDays}
	p.Question, p.View, p.Charts = v.p.T("Do new customers get to value, how soon, and who is stuck on the way?"), look, true
	if p.Empty = s.Facts.LastKnown().IsZero(); p.Empty {
		return s.send(v, http.StatusOK, "activation", "layout", p)
	}
	q := v.activationRequest(look)
	if q.Criterion != "" {
		p.extra = url.Values{"criterion": {q.Criterion}}
	}
	p.CSV = look.Link("/activation/curve.csv", "criterion", q.Criterion)
	p.StuckCSV = look.Link("/activation/stuck.csv", "criterion", q.Criterion)
	asked := v.r
	g, ctx := errgroup.WithContext(asked.Context())
	g.SetLimit(atOnce)
	v.r = asked.WithContext(ctx)
	p.Cards = s.cards(g, v, look, activationCards)
	var curve metric.ActivationCurve
	var gap metric.RetentionGap
	var stuck metric.Stuck
	var criteria []metric.Compared
	g.Go(func() (err error) { curve, err = s.Metrics.ActivationCurve(ctx, q); return err })
	g.Go(func() (err error) { stuck, err = s.Metrics.Stuck(ctx, q, shownStuck); return err })
	g.Go(func() (err error) { criteria, err = s.Metrics.CompareCriteria(ctx, q); return err })
	g.Go(func() (err error) {
		gap, err = s.Metrics.RetentionGap(ctx, q)
		if farol.KindOf(err) == farol.Invalid {
			return nil // a criterion of people; of what else is wrong the curve tells
		}
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	v.r = asked // the group's context has ended
	p.judge(v, curve.Judge)
	p.drawCurve(v, curve)
	p.compare(v, look, criteria, q.Criterion)
	p.drawGap(v, gap)
	names, err := s.called(v, metric.People, stuckPeople(stuck))
	if err != nil {
		return err
	}
	p.listStuck(v, stuck, names)
	if err := call(s, v, p.Stuck.Rows, func(r *stuckRow) []*who { return []*who{&r.Who} }); err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "activation", "layout", p)
}

// judge says by what the page judges.
func (p *activationPage) judge(v *visit, j metric.Judge) {
	p.Criterion, p.WhatIf = v.rule(j.Criterion), j.WhatIf
	for _, c := range j.Changes {
		p.Changes = append(p.Changes, v.p.T("Version %d judges those who began on %s or later.", c.Version, v.p.Date(c.Since)))
	}
}

// rule is a criterion in few words.
func (v *visit) rule(a metric.Activation) string {
	if len(a.Events)+len(a.Groups) == 0 {
		return v.p.T("any activity within %d days", a.WindowDays)
	}
	return a.String()
}

// drawCurve draws the share activated by day, and lists the cohorts.
func (p *activationPage) drawCurve(v *visit, curve metric.ActivationCurve) {
	sc := scale{v.p, "ratio", ""}
	p.Curve = sc.chartOf("curve-data", v.p.T("Share activated by day"), nil, farol.Daily)
	p.Curve.Tall = true
	if len(curve.Cohorts) == 0 {
		return
	}
	whole := curve.Cohorts[0]
	alone := chartSeries{Name: v.p.T("If nobody cancelled")}
	of := chartSeries{Name: v.p.T("Of all who began")}
	for _, d := range whole.Days {
		p.Curve.Data.Ticks = append(p.Curve.Data.Ticks, strconv.Itoa(d.Day))
		p.Curve.Data.Titles = append(p.Curve.Data.Titles, v.p.T("Day %d", d.Day))
		alone.point(sc, d.Share, d.Low, d.High)
		of.point(sc, d.Incidence, d.IncLow, d.IncHigh)
	}
	p.Curve.Data.Series = []chartSeries{alone}
	p.Curve.Note = v.p.T("Day 0 is the day on which they began. Whoever is still waiting counts for as long as they have been watched. Shaded: the 95% interval.")
	if whole.Lost > 0 {
		p.Curve.Data.Series = append(p.Curve.Data.Series, of)
		p.Curve.Note += " " + v.p.T("The lower line takes into account that some cancel before they get there.")
	}
	for i, c := range curve.Cohorts {
		row := cohortRow{
			Name: v.p.Period(c.Period, p.View.cohortGrain()), Units: v.p.Number(float64(c.Units), 0), Met: v.p.Number(float64(c.Met), 0),
			Lost: v.p.Number(float64(c.Lost), 0), Median: scale{v.p, "days", ""}.text(c.Median.Value),
		}
		if i == 0 {
			row.Name = v.p.T("All together")
		}
		for _, day := range curveDays {
			text := lang.None
			if day < len(c.Days) {
				text = v.p.Percent(c.Days[day].Share)
			}
			row.Shares = append(row.Shares, text)
		}
		p.Cohorts = append(p.Cohorts, row)
	}
}

// point adds a value with its interval.
func (x *chartSeries) point(sc scale, value float64, low, high *float64) {
	x.Values, x.Texts = append(x.Values, &value), append(x.Texts, sc.text(&value))
	x.Low, x.High, x.Open = append(x.Low, low), append(x.High, high), append(x.Open, false)
	x.Ranges = append(x.Ranges, sc.interval(metric.Point{Low: low, High: high}))
}

// compare lists the criteria; with one there is nothing to compare.
func (p *activationPage) compare(v *visit, look *view, list []metric.Compared, chosen string) {
	sc, days := scale{v.p, "ratio", ""}, scale{v.p, "days", ""}
	for _, c := range list {
		title := cmp.Or(c.Criterion.Title, c.Name)
		switch {
		case c.Name == "":
			title = v.p.T("Main criterion")
		case c.WhatIf:
			title = v.p.T("Version %d for all", c.Version)
		}
		row := criterionRow{
			Title: title, Rule: v.rule(c.Criterion), Href: look.Link("/activation", "criterion", c.Name), WhatIf: c.WhatIf, Current: c.Name == chosen,
			Rate: sc.text(c.Rate), Interval: sc.interval(metric.Point{Low: c.Low, High: c.High}), Median: days.text(c.Median.Value), Gap: lang.None,
			Part: v.p.T("%s of %s", v.p.Number(float64(c.Met), 0), v.p.Number(float64(c.Mature), 0)),
		}
		if c.Gap != nil {
			row.Gap = v.p.T("%s after %d days", sc.difference(c.Gap.Without, c.Gap.With), c.Gap.Day)
		}
		p.Criteria = append(p.Criteria, row)
	}
}

// drawGap draws both curves from the landmark on.
func (p *activationPage) drawGap(v *visit, gap metric.RetentionGap) {
	if len(gap.With.Curve) == 0 || len(gap.Without.Curve) == 0 {
		return
	}
	sc := scale{v.p, "ratio", ""}
	c := sc.chartOf("gap-data", v.p.T("Customers retained, activated and not"), nil, farol.Daily)
	n := min(max(len(gap.With.Curve), len(gap.Without.Curve)), 366)
	for i := range n {
		c.Data.Ticks = append(c.Data.Ticks, strconv.Itoa(gap.Landmark+i))
		c.Data.Titles = append(c.Data.Titles, v.p.T("Day %d", gap.Landmark+i))
	}
	draw := func(name string, side metric.GapSide) {
		x := chartSeries{Name: name}
		for i := range n {
			if i >= len(side.Curve) {
				x.Values, x.Texts, x.Low, x.High = append(x.Values, nil), append(x.Texts, lang.None), append(x.Low, nil), append(x.High, nil)
				x.Open, x.Ranges = append(x.Open, false), append(x.Ranges, "")
				continue
			}
			d := side.Curve[i]
			x.point(sc, d.Share, d.Low, d.High)
		}
		c.Data.Series = append(c.Data.Series, x)
	}
	draw(v.p.T("Activated"), gap.With)
	draw(v.p.T("Not activated"), gap.Without)
	c.Note = v.p.T("From day %d on, when every window has passed: %s activated customers and %s others. The curves describe; that one leads to the other only an experiment can show.",
		gap.Landmark, v.p.Number(float64(gap.With.Accounts), 0), v.p.Number(float64(gap.Without.Accounts), 0))
	p.Gap = &gapView{Chart: c}
	if gap.P != nil {
		p.Gap.Note = v.p.T("Chance alone would part them so far in %s of cases (log-rank test).", v.p.Percent(*gap.P))
	}
	for _, a := range gap.At {
		p.Gap.Rows = append(p.Gap.Rows, stayRow{
			Age: v.p.T("Day %d", a.Day), With: v.p.Percent(a.With), Without: v.p.Percent(a.Without), Difference: sc.difference(a.Without, a.With),
			Interval: sc.difference(0, a.Low) + " – " + sc.difference(0, a.High),
		})
	}
}

// stuckPeople are the people among the units: an account is its own.
func stuckPeople(s metric.Stuck) (out []string) {
	for _, u := range s.Units {
		if u.Unit != u.Account {
			out = append(out, u.Unit)
		}
	}
	return out
}

// listStuck says who has not got there and where they are.
func (p *activationPage) listStuck(v *visit, s metric.Stuck, names called) {
	out := &stuckView{More: s.Total - int64(len(s.Units))}
	out.Summary = v.p.T("%s have not met it; %s of them still have time.", v.p.Number(float64(s.Total), 0), v.p.Number(float64(s.Open), 0))
	for _, step := range s.Steps {
		row := stuckStep{step.Number, clauseName(v.p, step.Clause), "", v.p.Number(float64(step.Waiting), 0), v.p.Number(float64(step.Open), 0)}
		if s.Steps[0].Version != s.Steps[len(s.Steps)-1].Version {
			row.Version = v.p.T("Version %d", step.Version)
		}
		out.Steps = append(out.Steps, row)
	}
	for _, u := range s.Units {
		row := stuckRow{
			Who: names.person(u.Unit), Start: v.p.Date(u.Start), Days: v.p.Number(float64(u.Days), 0), Left: v.p.Number(float64(u.Left), 0), Late: u.Left == 0,
		}
		if u.Unit == u.Account {
			row.Who = accountWho(u.Account)
		}
		if u.Step > 0 {
			row.Step = clauseName(v.p, u.Done[u.Step-1].Clause)
		}
		row.Done = doneText(v.p, u.Done)
		out.Rows = append(out.Rows, row)
	}
	p.Stuck = out
}

// clauseName is a condition of the criterion in words.
func clauseName(p *lang.Printer, c metric.Clause) string {
	if c.Name == "*" && len(c.Where) == 0 && c.Min == 1 {
		return p.T("any activity")
	}
	return c.String()
}

// doneText is how far somebody is: "2 of 3 · 0 of 2".
func doneText(p *lang.Printer, list []metric.StepDone) string {
	text := ""
	for i, d := range list {
		if i > 0 {
			text += " · "
		}
		text += p.T("%s of %s", p.Number(float64(min(d.Done, int64(d.Clause.Min))), 0), p.Number(float64(d.Clause.Min), 0))
	}
	return text
}

// curveCSV is every curve of the page, one line a day.
func (s *server) curveCSV(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	curve, err := s.Metrics.ActivationCurve(v.r.Context(), v.activationRequest(look))
	if err != nil {
		return err
	}
	out := v.csv("activation-curve.csv")
	write(out, []string{"cohort", "until", "units", "met", "lost", "day", "share", "low", "high", "incidence", "incidence_low", "incidence_high", "at_risk"})
	for _, c := range curve.Cohorts {
		from, until := "", ""
		if c.Period.From != 0 {
			from, until = c.Period.From.String(), c.Period.Last().String()
		}
		for _, d := range c.Days {
			write(out, []string{
				from, until, strconv.FormatInt(c.Units, 10), strconv.FormatInt(c.Met, 10), strconv.FormatInt(c.Lost, 10), strconv.Itoa(d.Day),
				plain(&d.Share), plain(d.Low), plain(d.High), plain(&d.Incidence), plain(d.IncLow), plain(d.IncHigh), plain(&d.AtRisk),
			})
		}
	}
	out.Flush()
	return nil
}

// stuckCSV is everybody who is stuck, up to the reader's limit.
func (s *server) stuckCSV(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	stuck, err := s.Metrics.Stuck(v.r.Context(), v.activationRequest(look), metric.MaxStuck)
	if err != nil {
		return err
	}
	names, err := s.called(v, metric.People, stuckPeople(stuck))
	if err != nil {
		return err
	}
	out := v.csv("stuck.csv")
	write(out, []string{"unit", "name", "account", "start", "days", "days_left", "version", "step", "done"})
	for _, u := range stuck.Units {
		name := u.Unit
		if u.Unit != u.Account {
			name = names.person(u.Unit).Name
		}
		write(out, []string{
			u.Unit, name, u.Account, u.Start.String(), strconv.Itoa(u.Days), strconv.Itoa(u.Left), strconv.Itoa(u.Version), strconv.Itoa(u.Step), doneText(v.p, u.Done),
		})
	}
	out.Flush()
	return nil
}
