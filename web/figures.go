package web

import (
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
)

// reading is a metric over a view, and which of its points is the figure of now.
type reading struct {
	metric *metric.Metric
	look   *view
	grain  farol.Grain
	series metric.Series
	// at is the point's place in the series, negative when there is none.
	at int
}

// figureOf reads a metric's figure; with those of before when its change is to
// be judged.
func (s *server) figureOf(v *visit, look *view, name string, before bool) (f reading, err error) {
	if f.metric, err = s.Metrics.Catalogue().Find(name); err != nil {
		return f, err
	}
	if monthlyCards[name] {
		monthly := *look
		monthly.Grain = farol.Monthly
		look = &monthly
	}
	f.look, f.grain = look, look.grainFor(f.metric)
	q := look.request(f.metric, f.grain)
	if before && f.metric.ByHabit() {
		q.Period.From = look.earlier(f.grain)
	}
	if f.series, err = s.Metrics.Read(v.r.Context(), q); err != nil {
		return f, err
	}
	f.at = f.metric.Current(f.series.Points)
	return f, nil
}

// point is the figure of now, nil when there is none.
func (f reading) point() *metric.Point {
	if f.at < 0 {
		return nil
	}
	return &f.series.Points[f.at]
}

// reason says why there is no figure.
func (f reading) reason() metric.Reason {
	if n := len(f.series.Points); n > 0 && f.series.Points[n-1].Reason != "" {
		return f.series.Points[n-1].Reason
	}
	return metric.NoData
}

// shown are the points of the view, without those read only to judge a change.
func (f reading) shown() []metric.Point {
	i := slices.IndexFunc(f.series.Points, func(pt metric.Point) bool { return pt.Period.To > f.look.Period.From })
	return f.series.Points[max(0, i):]
}

// untold tells that none of the figures of a page has a value, so that it says what
// is missing.
func untold(cards []*card) bool {
	return !slices.ContainsFunc(cards, func(c *card) bool { return c.Why != "" })
}

// figureNames lists the metrics that a page shows as figures, nil for a page
// without.
func figureNames(page string) (names []string) {
	switch page {
	case "/":
		for _, a := range overviewAreas {
			names = append(names, a.metrics...)
		}
	case "/engagement":
		for _, of := range []metric.Of{metric.People, metric.Accounts} {
			for _, section := range engagementCards[of] {
				names = append(names, section.names...)
			}
		}
	case "/activation":
		names = activationCards
	case "/adoption":
		names = adoptionCards
	case "/revenue":
		names = revenueCards
	case "/churn":
		names = churnCards
	case "/voice":
		names = slices.Concat(voiceCards, besideCards, ticketCards)
	case "/lifecycle":
		for _, w := range stageWords {
			names = append(names, w.cards...)
		}
	}
	return names
}

// FiguresCSV is the address of the page's figures as a file, "" when it has none.
func (s shell) FiguresCSV() string {
	if s.View == nil || figureNames(s.Path()) == nil {
		return ""
	}
	return s.View.Link("/figures.csv", "of", s.Path())
}

// figuresCSV is the figures of a page, a line each.
func (s *server) figuresCSV(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	of := v.r.URL.Query().Get("of")
	names := figureNames(of)
	if names == nil {
		return farol.InvalidField("of", "there are no figures of this page: %s", of)
	}
	read := make([]reading, len(names))
	g, ctx := errgroup.WithContext(v.r.Context())
	g.SetLimit(atOnce)
	v.r = v.r.WithContext(ctx)
	for i, name := range names {
		g.Go(func() (err error) {
			read[i], err = s.figureOf(v, look, name, false)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	out := v.csv("figures.csv")
	write(out, []string{"metric", "title", "period", "until", "value", "unit", "currency", "numerator", "denominator", "low", "high", "complete", "reason", "version"})
	for _, f := range read {
		row := []string{f.metric.Name, f.metric.Title.In(v.p.Code())}
		if pt := f.point(); pt != nil {
			row = append(row, pt.Period.From.String(), pt.Period.Last().String(), plain(pt.Value), f.metric.Unit, string(f.series.Currency),
				plain(pt.Numerator), plain(pt.Denominator), plain(pt.Low), plain(pt.High), strconv.FormatBool(pt.Complete), "")
		} else {
			row = append(row, "", "", "", f.metric.Unit, string(f.series.Currency), "", "", "", "", "", string(f.reason()))
		}
		write(out, append(row, f.series.Version))
	}
	out.Flush()
	return nil
}
