package web

import (
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// adoptionPage is whether the product became part of the work.
type adoptionPage struct {
	shell
	// Empty tells that no fact was ever received.
	Empty bool
	Cards []*card
	// Table names the window; Features are its rows.
	Table    metric.FeatureTable
	Day      string
	Features []featureRow
	Breadth  *chart
	Missions []missionRow
	More     int
	CSV      string
	// MissionCSV lists every account.
	MissionCSV string
}

// featureRow is one feature, as text.
type featureRow struct {
	Name, Href, Limits                                                string
	Core                                                              bool
	Eligible, Tried, Adopted, Interval, Depth, Frequency, Days, Stays string
	Lasted                                                            string
}

type missionRow struct {
	Who                            who
	Repeat, Habit, Users, Features string
}

var adoptionCards = []string{
	"product_adoption_rate", "adoption_rate_active", "adoption_rate_invited", "adoption_rate_seats", "core_uses_per_account", "core_features_used", "core_uses_per_seat",
	"core_repeat_rate", "team_habit_rate", "user_expansion", "feature_expansion",
}

// shownMissions bounds the accounts on the page.
const shownMissions = 25

// lookAt asks for the last day of the view.
func (v *view) lookAt() metric.Request {
	return metric.Request{Period: v.Period, AsOf: v.AsOf, Known: v.Known, Filters: v.Filters, MaxAge: pageAge}
}

func (s *server) adoption(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := adoptionPage{shell: v.shell(lang.Text("Adoption"))}
	p.Question, p.View, p.Charts = v.p.T("Did the product become part of the work, and which of its functions?"), look, true
	if p.Empty = s.Facts.LastKnown().IsZero(); p.Empty {
		return s.send(v, http.StatusOK, "adoption", "layout", p)
	}
	p.CSV, p.MissionCSV = look.Link("/adoption/features.csv"), look.Link("/adoption/missions.csv")
	asked := v.r
	g, ctx := errgroup.WithContext(asked.Context())
	g.SetLimit(atOnce)
	v.r = asked.WithContext(ctx)
	p.Cards = s.cards(g, v, look, adoptionCards)
	var list []metric.AccountMissions
	total := 0
	g.Go(func() (err error) { p.Table, err = s.Metrics.Features(ctx, look.lookAt()); return err })
	g.Go(func() (err error) {
		list, total, err = s.Metrics.Missions(ctx, look.lookAt(), shownMissions)
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	p.Day, p.More = v.p.Date(p.Table.Day), total-len(list)
	p.tabulate(v)
	for _, a := range list {
		p.Missions = append(p.Missions, missionRow{
			accountWho(a.Account), shareText(v.p, a.Repeat), shareText(v.p, a.Habit), movedText(v.p, a.Users, a.UsersBefore), movedText(v.p, a.Features, a.FeaturesBefore),
		})
	}
	v.r = asked // the group's context has ended
	if err := call(s, v, p.Missions, func(r *missionRow) []*who { return []*who{&r.Who} }); err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "adoption", "layout", p)
}

// tabulate writes the features and draws their breadth.
func (p *adoptionPage) tabulate(v *visit) {
	ratio, days := scale{v.p, "ratio", ""}, scale{v.p, "days", ""}
	p.Breadth = ratio.chartOf("breadth-data", v.p.T("Adopted by, of those who have it"), nil, "")
	p.Breadth.Data.Kind, p.Breadth.Data.Names = "bar", true
	series := chartSeries{Name: v.p.T("Adopted")}
	for _, f := range p.Table.Features {
		row := featureRow{
			Name: f.Feature.Name, Href: p.View.Link("/adoption/feature", "feature", f.Feature.Name), Core: f.Feature.Core, Eligible: v.p.Number(float64(f.Eligible), 0), Tried: ratio.text(f.Reached.Value), Adopted: ratio.text(f.Breadth.Value),
			Interval: ratio.interval(metric.Point{Low: f.Breadth.Low, High: f.Breadth.High}), Depth: number(v.p, f.Depth), Frequency: number(v.p, f.Frequency),
			Days: days.text(f.TimeToAdopt.Value), Stays: ratio.text(f.Retention.Value), Lasted: days.text(f.Duration),
		}
		row.Limits = limitsOf(v, f.Feature)
		p.Features = append(p.Features, row)
		p.Breadth.Data.Ticks = append(p.Breadth.Data.Ticks, f.Feature.Name)
		p.Breadth.Data.Titles = append(p.Breadth.Data.Titles, f.Feature.Name)
		series.Values, series.Texts, series.Open = append(series.Values, f.Breadth.Value), append(series.Texts, row.Adopted), append(series.Open, false)
	}
	p.Breadth.Data.Series = []chartSeries{series}
}

// limitsOf says who has the feature: plans, roles and since when; "" for
// everybody.
func limitsOf(v *visit, f metric.Feature) string {
	var parts []string
	if len(f.Plans) > 0 {
		parts = append(parts, strings.Join(f.Plans, ", "))
	}
	var roles []string
	for _, role := range f.Roles {
		if title, ok := personRoles[facts.RoleOf(role)]; ok {
			role = v.p.Text(title)
		}
		roles = append(roles, role)
	}
	if len(roles) > 0 {
		parts = append(parts, v.p.T("Role: %s", strings.Join(roles, ", ")))
	}
	if f.Released != "" {
		parts = append(parts, v.p.T("since %s", f.Released))
	}
	return strings.Join(parts, " · ")
}

// number writes a plain number, a dash for nil.
func number(p *lang.Printer, v *float64) string {
	if v == nil {
		return lang.None
	}
	return p.Number(*v, 1)
}

// shareText writes a share with what it is of.
func shareText(p *lang.Printer, s metric.Share) string {
	if s.Value == nil {
		return lang.None
	}
	return p.Percent(*s.Value) + " · " + p.T("%s of %s", p.Number(float64(s.Part), 0), p.Number(float64(s.Of), 0))
}

// movedText writes a count with the one before.
func movedText(p *lang.Printer, now, before int64) string {
	return p.T("%s, %s before", p.Number(float64(now), 0), p.Number(float64(before), 0))
}

// featuresCSV is the table of features.
func (s *server) featuresCSV(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	table, err := s.Metrics.Features(v.r.Context(), look.lookAt())
	if err != nil {
		return err
	}
	out := v.csv("features.csv")
	write(out, []string{
		"feature", "core", "day", "eligible", "tried", "adopted", "breadth", "low", "high", "depth", "frequency", "days_to_adopt", "retention", "retention_of", "duration",
	})
	for _, f := range table.Features {
		write(out, []string{
			f.Feature.Name, strconv.FormatBool(f.Feature.Core), table.Day.String(), strconv.FormatInt(f.Eligible, 10), strconv.FormatInt(f.Tried, 10),
			strconv.FormatInt(f.Adopted, 10), plain(f.Breadth.Value), plain(f.Breadth.Low), plain(f.Breadth.High), plain(f.Depth), plain(f.Frequency),
			plain(f.TimeToAdopt.Value), plain(f.Retention.Value), strconv.FormatInt(f.Retention.Of, 10), plain(f.Duration),
		})
	}
	out.Flush()
	return nil
}

// missionsCSV is every account's missions.
func (s *server) missionsCSV(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	list, _, err := s.Metrics.Missions(v.r.Context(), look.lookAt(), 0)
	if err != nil {
		return err
	}
	out := v.csv("missions.csv")
	write(out, []string{"account", "repeat", "repeat_of", "habit", "habit_of", "users", "users_before", "features", "features_before"})
	for _, a := range list {
		row := []string{a.Account, plain(a.Repeat.Value), strconv.FormatInt(a.Repeat.Of, 10), plain(a.Habit.Value), strconv.FormatInt(a.Habit.Of, 10)}
		for _, n := range []int64{a.Users, a.UsersBefore, a.Features, a.FeaturesBefore} {
			row = append(row, strconv.FormatInt(n, 10))
		}
		write(out, row)
	}
	out.Flush()
	return nil
}
