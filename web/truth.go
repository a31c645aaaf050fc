package web

import (
	"net/http"
	"strconv"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/truth"
)

// truthPage holds what was planted in the demo company against what the
// program finds.
type truthPage struct {
	shell
	// Waiting tells that the comparison is still to be made.
	Waiting bool
	Report  *truth.Report
	Taken   []truthRow
	Figures []truthFigure
	// Clauses are the planted rule in words, Factor what it does.
	Clauses, Factor string
	Estimates       []truthRow
	// Held and Intervals count the intervals that hold the planted value.
	Held, Intervals int
	Chart           *chart
	Bands           []truthRow
	Coverage        truth.Coverage
	Covered         []truthRow
}

// truthRow is one comparison, as text.
type truthRow struct {
	Name, Planted, Found, Interval, Units string
	Holds                                 bool
	Reason                                string
}

// truthFigure is a figure over all months.
type truthFigure struct {
	Name          string
	Equal, Months int
	Rows          []truthRow
}

func (s *server) truthPage(v *visit) error {
	if s.Truth == nil {
		return farol.Errorf(farol.NotFound, "Only the demo company has a planted truth.")
	}
	p := truthPage{shell: v.shell(lang.Text("Truth of the demo")), Coverage: truth.Measured()}
	p.Question, p.Charts = v.p.T("How well does Farol recover what was planted?"), true
	// The first comparison takes seconds; the page comes at once and asks the
	// browser to fetch it.
	if v.r.URL.Query().Get("now") == "" && !s.Truth.Ready() {
		p.Waiting = true
		v.w.Header().Set("Refresh", "0; url=/truth?now=1")
		return s.send(v, http.StatusOK, "truth", "layout", p)
	}
	var err error
	if p.Report, err = s.Truth.Report(v.r.Context()); err != nil {
		return err
	}
	s.fillTruth(v, &p)
	return s.send(v, http.StatusOK, "truth", "layout", p)
}

// takenTitles are what was taken in.
var takenTitles = map[string]lang.Text{
	"events": lang.Text("Events, each counted once"), "late": lang.Text("Events that came after their day was closed"),
	"joined": lang.Text("Ids joined to a person"),
}

// partTitles are figures that are a part of a metric.
var partTitles = map[string]lang.Text{
	"activation_rate_did": lang.Text("Activated accounts of the month's cohort"), "activation_rate_of": lang.Text("Accounts of the cohort whose window has passed"),
	"logo_churn_rate_lost": lang.Text("Customers lost"), "logo_churn_rate_start": lang.Text("Customers at the start of the month"),
	"nps_balance": lang.Text("Promoters less detractors"), "nps_answers": lang.Text("NPS answers"),
}

// estimateTitles are what is estimated.
var estimateTitles = map[string]lang.Text{
	"rule_ratio": lang.Text("Risk without activation, times the risk with it"), "survival_3": lang.Text("Customers left after 3 months"),
	"survival_6": lang.Text("Customers left after 6 months"), "survival_12": lang.Text("Customers left after 12 months"),
	"lifetime": lang.Text("Mean months stayed of the first %d"), "lifetime_model": lang.Text("The same by the sBG model, which knows nothing of what was planted"),
	"bands": lang.Text("Losses by band of planted chance"),
}

// truthReasons say why nothing was estimated.
var truthReasons = map[string]lang.Text{
	"too few customers to compare": lang.Text("Too few customers to compare."), "too few losses to compare": lang.Text("Too few losses to compare."),
	"nobody has left yet": lang.Text("Nobody has left yet."), "too few losses to fit the model": lang.Text("Too few losses to fit the model."),
}

// fillTruth writes the report for people.
func (s *server) fillTruth(v *visit, p *truthPage) {
	count := scale{p: v.p, unit: "count"}
	for _, e := range p.Report.Taken {
		p.Taken = append(p.Taken, truthRow{Name: v.p.Text(takenTitles[e.What]), Planted: count.count(e.Planted), Found: count.text(e.Found), Holds: e.Equal})
	}
	p.figures(s, v)
	for i, c := range p.Report.Rule.Clauses {
		if i > 0 {
			p.Clauses += " + "
		}
		p.Clauses += strconv.Itoa(c.Least) + " × " + c.Event
	}
	p.Factor = v.p.Number(p.Report.Rule.Factor, 1)
	for _, e := range p.Report.Estimates {
		row := truthRow{Name: v.estimateName(e.What, e.Months), Holds: e.Holds, Units: v.p.Number(float64(e.Units), 0), Reason: v.p.Text(truthReasons[e.Reason])}
		sc := scale{p: v.p, unit: map[bool]string{true: "ratio", false: "index"}[len(e.What) > 9 && e.What[:9] == "survival_"]}
		row.Planted, row.Found = sc.text(&e.Planted), sc.text(e.Found)
		row.Interval = sc.interval(metric.Point{Low: e.Low, High: e.High})
		p.Estimates = append(p.Estimates, row)
		p.count(e.Found != nil, e.Holds)
	}
	p.bands(v)
	for _, c := range p.Coverage.Held {
		p.Covered = append(p.Covered, truthRow{Name: v.estimateName(c.What, 12), Found: v.p.Percent(c.Share), Units: v.p.Number(float64(c.Runs), 0),
			Interval: v.p.Percent(c.Low) + " – " + v.p.Percent(c.High), Holds: c.High >= 0.95})
	}
}

func (p *truthPage) count(found, holds bool) {
	if found {
		p.Intervals++
	}
	if found && holds {
		p.Held++
	}
}

// estimateName is what is estimated, in words.
func (v *visit) estimateName(what string, months int) string {
	if what == "lifetime" {
		return v.p.T("Mean months stayed of the first %d", months)
	}
	return v.p.Text(estimateTitles[what])
}

// figures groups the counted figures.
func (p *truthPage) figures(s *server, v *visit) {
	for _, e := range p.Report.Figures {
		sc, name := scale{p: v.p, unit: "count"}, v.p.Text(partTitles[e.What])
		if m, err := s.Metrics.Catalogue().Find(e.What); err == nil {
			sc, name = scale{v.p, m.Unit, "BRL"}, m.Title.In(v.p.Code())
		}
		if len(p.Figures) == 0 || p.Figures[len(p.Figures)-1].Name != name {
			p.Figures = append(p.Figures, truthFigure{Name: name})
		}
		f := &p.Figures[len(p.Figures)-1]
		f.Months++
		if e.Equal {
			f.Equal++
		}
		f.Rows = append(f.Rows, truthRow{
			Name: v.p.Period(farol.Calendar{}.PeriodAt(farol.Monthly, e.Month), farol.Monthly), Planted: sc.text(&e.Planted), Found: sc.text(e.Found), Holds: e.Equal,
		})
	}
}

// bands draws how many left against how likely it was.
func (p *truthPage) bands(v *visit) {
	sc := scale{p: v.p, unit: "ratio"}
	p.Chart = sc.chartOf("bands-data", v.p.T("Share that left, by planted chance to leave in the month"), nil, farol.Monthly)
	var found, planted []metric.Point
	for i := range p.Report.Bands {
		b := &p.Report.Bands[i]
		name := v.p.T("%s to %s", sc.text(&b.From), sc.text(&b.To))
		p.Chart.Data.Ticks, p.Chart.Data.Titles = append(p.Chart.Data.Ticks, name), append(p.Chart.Data.Titles, name)
		found = append(found, metric.Point{Value: &b.Found, Low: &b.Low, High: &b.High, Complete: true})
		planted = append(planted, metric.Point{Value: &b.Planted, Complete: true})
		p.Bands = append(p.Bands, truthRow{Name: name, Planted: sc.text(&b.Planted), Found: sc.text(&b.Found),
			Interval: sc.text(&b.Low) + " – " + sc.text(&b.High), Units: v.p.T("%d of %d", b.Lost, b.Rows), Holds: b.Holds})
		p.count(true, b.Holds)
	}
	sc.add(p.Chart, v.p.T("Found"), found, nil)
	sc.add(p.Chart, v.p.T("Planted"), planted, nil)
	p.Chart.Note = v.p.T("Shaded: the 95% interval.")
}
