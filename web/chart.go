package web

import (
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// chart is a drawing that app.js makes of Data; Label says in words what a
// screen reader is told, and the page has the same figures as a table.
type chart struct {
	ID, Label, Note string
	// Head is the heading of the table's first column; "" is the period.
	Head string
	Tall bool
	// Table shows the figures as a table, too, where the page has no other.
	Table bool
	Data  chartData
}

// chartData is what app.js reads. Texts are written here, in the page's
// language, so that the script formats nothing but the axis.
type chartData struct {
	// Kind is "line" or "bar"; several series of bars are stacked. "steps" are
	// bars each of which begins where the one before it ended.
	Kind string    `json:"kind"`
	Unit chartUnit `json:"unit"`
	// Ticks and Titles name the periods, short and in full.
	Ticks  []string `json:"ticks"`
	Titles []string `json:"titles"`
	// Names tells that the ticks are names, of which none may be left out.
	Names  bool          `json:"names,omitempty"`
	Series []chartSeries `json:"series"`
	// Marks stand where something began, such as a version of a setting.
	Marks []chartMark `json:"marks,omitempty"`
	// Zero makes the axis begin at zero, Whole keeps it on whole numbers.
	Zero  bool `json:"zero"`
	Whole bool `json:"whole"`
	// Bands draws the intervals of three series and more, too.
	Bands bool `json:"bands,omitempty"`
	// Interval and Incomplete are words of the tooltip.
	Interval   string `json:"interval"`
	Incomplete string `json:"incomplete"`
}

// chartUnit is "number", "percent", "points" or "money".
type chartUnit struct {
	Kind     string         `json:"kind"`
	Currency farol.Currency `json:"currency,omitempty"`
}

// chartMark is an upright line at a tick, with what it says.
type chartMark struct {
	At    int      `json:"at"`
	Texts []string `json:"texts"`
}

// chartSeries is one line; all slices are as long as the ticks.
type chartSeries struct {
	Name   string     `json:"name"`
	Values []*float64 `json:"values"`
	Texts  []string   `json:"texts"`
	Low    []*float64 `json:"low,omitempty"`
	High   []*float64 `json:"high,omitempty"`
	Ranges []string   `json:"ranges,omitempty"`
	// Open marks the incomplete periods.
	Open []bool `json:"open"`
	// Totals mark the bars of steps that stand on the ground.
	Totals []bool `json:"totals,omitempty"`
	// Line draws the series as a line among bars.
	Line bool `json:"line,omitempty"`
	// Tint is the name of a colour of the style sheet; "" is that of the place.
	Tint string `json:"tint,omitempty"`
	// Links lead from a point to where it comes from.
	Links []string `json:"links,omitempty"`
}

// chartOf begins a chart of the unit over the periods.
func (s scale) chartOf(id, label string, periods []farol.Period, g farol.Grain) *chart {
	c := &chart{ID: id, Label: label, Data: chartData{
		Kind: "line", Unit: chartUnit{Kind: "number"}, Zero: s.unit != "points", Whole: s.unit == "persons" || s.unit == "accounts",
		Interval: s.p.T("95% interval"), Incomplete: s.p.T("incomplete"),
	}}
	switch s.unit {
	case "ratio":
		c.Data.Unit.Kind = "percent"
	case "points":
		c.Data.Unit.Kind = "points"
	case metric.Money:
		c.Data.Unit = chartUnit{"money", s.currency}
	}
	for _, q := range periods {
		c.Data.Ticks = append(c.Data.Ticks, s.p.Tick(q, g))
		c.Data.Titles = append(c.Data.Titles, s.p.Period(q, g))
	}
	return c
}

// add draws the points, which stand for the chart's periods in order.
func (s scale) add(c *chart, name string, points []metric.Point, link func(metric.Point) string) {
	x := chartSeries{Name: name}
	banded := false
	for _, p := range points {
		x.Values = append(x.Values, p.Value)
		x.Texts = append(x.Texts, s.text(p.Value))
		x.Low, x.High = append(x.Low, p.Low), append(x.High, p.High)
		x.Ranges = append(x.Ranges, s.interval(p))
		x.Open = append(x.Open, !p.Complete && p.Value != nil)
		if link != nil {
			x.Links = append(x.Links, link(p))
		}
		banded = banded || p.Low != nil
	}
	if !banded {
		x.Low, x.High, x.Ranges = nil, nil, nil
	}
	c.Data.Series = append(c.Data.Series, x)
}

// Empty tells that no period has a value.
func (c *chart) Empty() bool {
	for _, s := range c.Data.Series {
		for _, v := range s.Values {
			if v != nil {
				return false
			}
		}
	}
	return true
}

// incompleteNote says what dashes mean, when the chart has any.
func (c *chart) incompleteNote(p *lang.Printer, bandToo bool) {
	open := false
	for _, s := range c.Data.Series {
		for _, o := range s.Open {
			open = open || o
		}
	}
	switch {
	case open && bandToo:
		c.Note = p.T("Dashed: the period is not complete yet. Shaded: the 95% interval.")
	case open:
		c.Note = p.T("Dashed: the period is not complete yet.")
	case bandToo:
		c.Note = p.T("Shaded: the 95% interval.")
	}
}
