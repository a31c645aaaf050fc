package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/goal"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

var goalStates = map[goal.Status]lang.Text{
	goal.OnTrack: lang.Text("On track"), goal.AtRisk: lang.Text("At risk"), goal.Missed: lang.Text("Missed"), goal.Reached: lang.Text("Reached"), goal.Unknown: lang.Text("No value yet"),
}

var goalClasses = map[goal.Status]string{goal.OnTrack: "good", goal.AtRisk: "warn", goal.Missed: "bad", goal.Reached: "good"}

// goalState is how the goal stands, as far as the reader is told.
func goalState(v *visit, r goal.Reading) string {
	if r.Ground == goal.OfPart {
		return v.p.T("Your part")
	}
	return v.p.Text(goalStates[r.Status])
}

// goalsPage is what both teams want to reach.
type goalsPage struct {
	shell
	Rows     []goalRow
	Ended    []goalRow
	Summary  []string
	OnHidden int
	MaySet   bool
}

type goalRow struct {
	ID, Title, Metric, Href           string
	Support, CS                       string
	Baseline, Live, Target, Due       string
	Interval, Progress, Status, Class string
	Chance                            string
	Spark                             *spark
	Segment                           string
	status                            goal.Status
}

func (s *server) keeper() goal.Keeper {
	return goal.Keeper{Store: s.Store, Metrics: s.Metrics, Now: s.Now}
}

// keeperAt reads goals as the view looks at them.
func (s *server) keeperAt(look *view) goal.Keeper {
	k := s.keeper()
	k.AsOf, k.Known, k.Within = look.AsOf, look.Known, look.Filters
	return k
}

// maySetGoals tells whether the member may set and change goals.
func maySetGoals(v *visit) bool {
	return workers.allows(v.member.Role) && v.past.IsZero() && !sight.Of(v.r.Context()).Limited()
}

func (s *server) goals(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := goalsPage{shell: v.shell(lang.Text("Shared goals"))}
	p.Question = v.p.T("What do support and Customer Success want to reach together, and will they?")
	p.View = look
	ctx, k := v.r.Context(), s.keeperAt(look)
	p.MaySet = maySetGoals(v)
	list, hidden, err := k.Goals(ctx)
	if err != nil {
		return err
	}
	p.OnHidden = hidden
	n, err := s.names(v)
	if err != nil {
		return err
	}
	count := map[goal.Status]int{}
	for _, g := range list {
		if g.Ended {
			p.Ended = append(p.Ended, goalRow{ID: g.ID, Title: g.Title, Href: look.Link("/goals/" + g.ID), Due: g.Due})
			continue
		}
		r, err := k.Read(ctx, g, pageAge)
		var e *farol.Error
		if errors.As(err, &e) && (e.Kind == farol.Forbidden || e.Kind == farol.NotFound) {
			p.OnHidden++
			continue
		}
		if err != nil {
			return err
		}
		row := s.goalRowOf(v, n, r)
		row.Href = look.Link(row.Href)
		p.Rows = append(p.Rows, row)
		if r.Ground != goal.OfPart {
			count[r.Status]++
		}
	}
	for _, st := range []goal.Status{goal.AtRisk, goal.Missed, goal.OnTrack, goal.Reached, goal.Unknown} {
		if c := count[st]; c > 0 {
			p.Summary = append(p.Summary, v.p.Text(goalStates[st])+": "+v.p.Number(float64(c), 0))
		}
	}
	return s.send(v, http.StatusOK, "goals", "layout", p)
}

func (s *server) goalRowOf(v *visit, n names, r goal.Reading) goalRow {
	sc := scale{v.p, r.Unit, r.Currency}
	_, due := r.Days()
	row := goalRow{
		ID: r.ID, Title: r.Title, Href: "/goals/" + r.ID, Metric: r.Metric, Support: cmp.Or(n.members[r.Support], r.Support), CS: cmp.Or(n.members[r.CS], r.CS),
		Baseline: sc.text(r.Baseline), Live: lang.None, Target: sc.text(&r.Target), Due: v.p.Date(due), Status: goalState(v, r), Class: goalClasses[r.Status], Segment: v.segmentLines(r.Segment), status: r.Status,
	}
	if m, err := s.Metrics.Catalogue().Find(r.Metric); err == nil {
		row.Metric = m.Title.In(v.p.Code())
	}
	if r.Live != nil {
		row.Live, row.Interval = sc.text(r.Live.Value), sc.interval(*r.Live)
	}
	switch {
	case r.Status == goal.Reached:
		row.Progress = v.p.T("all of it")
	case r.Progress != nil:
		row.Progress = v.p.Percent(*r.Progress)
	case r.Live != nil && r.Baseline != nil:
		row.Progress = v.p.T("was reached at the start")
	}
	if r.Chance != nil {
		row.Chance = v.p.Percent(*r.Chance)
	}
	row.Spark = sc.sparkOf(row.Metric, r.Points)
	return row
}

// goalPage is one goal with its series, where it leads and what it says.
type goalPage struct {
	shell
	refusal
	Row      goalRow
	Why      any
	Ended    bool
	Period   string
	Chart    *chart
	Ground   string
	Reason   string
	Source   string
	Up       bool
	Version  int
	MaySet   bool
	Versions []versionOf
}

func (s *server) showGoal(v *visit) error { return s.showGoalWith(v, http.StatusOK, refusal{}) }

func (s *server) showGoalWith(v *visit, status int, ref refusal) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	ctx, k := v.r.Context(), s.keeperAt(look)
	g, err := k.Goal(ctx, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	r, err := k.Read(ctx, g, pageAge)
	if err != nil {
		return err
	}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	p := goalPage{shell: v.shell(""), refusal: ref, Row: s.goalRowOf(v, n, r), Ended: g.Ended, Up: r.Direction == "up", Version: g.Version, MaySet: maySetGoals(v)}
	p.Title, p.Question, p.Crumb, p.Charts = g.Title, v.p.T("Where does it stand, and will it be reached by the day?"), &crumb{v.p.T("Shared goals"), look.Link("/goals")}, true
	p.View = look
	if g.Why != "" {
		p.Why = markdown(g.Why, nil)
	}
	m, err := s.Metrics.Catalogue().Find(g.Metric)
	if err != nil {
		return err
	}
	sc := scale{v.p, r.Unit, r.Currency}
	if r.Live != nil {
		p.Period = v.p.Period(r.Live.Period, r.Grain)
		if !r.Live.Complete {
			p.Period += " · " + v.p.T("incomplete")
		}
	} else if len(r.Points) > 0 {
		p.Reason = v.p.Text(reasons[r.Points[len(r.Points)-1].Reason])
	}
	p.Ground = groundText(v, r, p.Row)
	p.Chart = goalChart(sc, m, r)
	segment := look.with(url.Values{"grain": {string(g.Grain)}})
	segment["segment"] = append(slices.Clone(g.Segment), segment["segment"]...)
	p.Source = linkWith("/metrics/"+g.Metric, segment)
	versions, err := s.Store.DefinitionVersions(ctx, goal.Kind, g.ID)
	if err != nil {
		return err
	}
	for _, d := range versions {
		if d.Version > g.Version {
			continue // it was written later than the day looked at
		}
		p.Versions = append(p.Versions, versionOf{d.Version, cmp.Or(n.members[d.Author], d.Author), d.Created})
	}
	return s.send(v, status, "goal", "layout", p)
}

// groundText says why the goal stands as it does, and what the band assumes.
func groundText(v *visit, r goal.Reading, row goalRow) string {
	switch r.Ground {
	case goal.ByValue:
		if r.Status == goal.Missed {
			return v.p.T("The day is over, and the last value was not at the target.")
		}
		return v.p.T("The last value is at the target.")
	case goal.ByForecast:
		return v.p.T("Going on as in the past it would be at the target by the day with a chance of %s. The band holds 95%% of the values if changes from period to period stay as they were: independent of each other, with the same mean and spread. It knows of no season and of nothing new.", row.Chance)
	case goal.OfPart:
		return v.p.T("You see some customers only: the value, its history and where it leads are theirs. Baseline, target and status are of all customers.")
	case goal.ByLine:
		return v.p.T("The history is too short for a forecast (six whole periods are needed): the way from baseline to target is compared with the time that has gone.")
	}
	return v.p.T("There is no value to judge by.")
}

// goalChart draws the series, the target, and the band up to the day.
func goalChart(sc scale, m *metric.Metric, r goal.Reading) *chart {
	var periods []farol.Period
	for _, p := range r.Points {
		periods = append(periods, p.Period)
	}
	known := map[farol.Period]int{}
	for i, p := range periods {
		known[p] = i
	}
	for _, f := range r.Forecast {
		if _, ok := known[f.Period]; !ok {
			known[f.Period] = len(periods)
			periods = append(periods, f.Period)
		}
	}
	title := m.Title.In(sc.p.Code())
	c := sc.chartOf("goal-data", sc.p.T("%s with its target and where it leads", title), periods, r.Grain)
	c.Table, c.Tall, c.Data.Zero = true, true, false
	history := slices.Clone(r.Points)
	for len(history) < len(periods) {
		history = append(history, metric.Point{Period: periods[len(history)]})
	}
	sc.add(c, title, history, nil)
	start, _ := r.Days()
	target := make([]metric.Point, len(periods))
	ahead := make([]metric.Point, len(periods))
	for i, p := range periods {
		target[i] = metric.Point{Period: p, Complete: true}
		ahead[i] = metric.Point{Period: p, Complete: true}
		if p.To > start {
			target[i].Value = &r.Target
		}
	}
	for _, f := range r.Forecast {
		v, low, high := f.Value, f.Low, f.High
		ahead[known[f.Period]] = metric.Point{Period: f.Period, Value: &v, Low: &low, High: &high, Complete: true}
	}
	if r.Ground != goal.OfPart {
		sc.add(c, sc.p.T("Target"), target, nil)
	}
	if len(r.Forecast) > 0 {
		sc.add(c, sc.p.T("Going on as before"), ahead, nil)
	}
	c.Data.Bands = true
	if sc.unit == "seconds" {
		c.inHours()
	}
	c.Note = sc.p.T("Shaded: the 95% interval, and ahead the 95% band.")
	return c
}

// inHours draws seconds as hours: the axis has no unit of time.
func (c *chart) inHours() {
	for i := range c.Data.Series {
		s := &c.Data.Series[i]
		for _, list := range []*[]*float64{&s.Values, &s.Low, &s.High} {
			hours := make([]*float64, len(*list))
			for k, v := range *list {
				if v != nil {
					h := *v / 3600
					hours[k] = &h
				}
			}
			if *list != nil {
				*list = hours
			}
		}
	}
}

// goalForm is a goal being written.
type goalForm struct {
	shell
	refusal
	ID, Base string
	Fields   url.Values
	Metrics  []choice
	Members  []store.Member
	Unit     string
	// Segments are the segments there are, Kept the attributes that narrow the
	// goal down, Attributes those that may.
	Segments, Kept []choice
	Attributes     []string
}

// Get is what is in a field.
func (p goalForm) Get(name string) string { return p.Fields.Get(name) }

func (s *server) newGoal(v *visit) error {
	if err := sight.Of(v.r.Context()).Whole(); err != nil {
		return err
	}
	today := v.company.calendar().Today(v.now)
	f := url.Values{"start": {today.String()}, "due": {(today + 180).String()}}
	q := v.r.URL.Query()
	if m := q.Get("metric"); m != "" {
		f.Set("metric", m)
	}
	f["segment"] = q["segment"]
	return s.showGoalForm(v, http.StatusOK, goalForm{Fields: f})
}

func (s *server) editGoal(v *visit) error {
	if err := sight.Of(v.r.Context()).Whole(); err != nil {
		return err
	}
	g, err := s.keeper().Goal(v.r.Context(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	m, err := s.Metrics.Catalogue().Find(g.Metric)
	if err != nil {
		return err
	}
	_, factor := goalUnit(m)
	f := url.Values{"title": {g.Title}, "why": {g.Why}, "metric": {g.Metric}, "segment": g.Segment, "grain": {string(g.Grain)}, "direction": {g.Direction}, "start": {g.Start}, "due": {g.Due}, "support": {g.Support}, "cs": {g.CS}}
	number := func(x float64) string {
		return strconv.FormatFloat(float64(int64(x*factor*1e6+map[bool]float64{true: 0.5, false: -0.5}[x >= 0]))/1e6, 'f', -1, 64)
	}
	f.Set("target", number(g.Target))
	if g.Baseline != nil {
		f.Set("baseline", number(*g.Baseline))
	}
	return s.showGoalForm(v, http.StatusOK, goalForm{ID: g.ID, Base: strconv.Itoa(g.Version), Fields: f})
}

// goalUnit is the unit in which people type a value of the metric, and by what
// it is multiplied for that.
func goalUnit(m *metric.Metric) (unit lang.Text, factor float64) {
	switch m.Unit {
	case "ratio":
		return lang.Text("per cent"), 100
	case "seconds":
		return lang.Text("hours"), 1.0 / 3600
	case metric.Money:
		return lang.Text("money"), 1
	case "points":
		return lang.Text("points"), 1
	case "days", metric.ElapsedDays:
		return lang.Text("days"), 1
	case "months":
		return lang.Text("months"), 1
	}
	return lang.Text("number"), 1
}

func (s *server) showGoalForm(v *visit, status int, p goalForm) error {
	p.shell = v.shell(lang.Text("A shared goal"))
	p.Question, p.Crumb = v.p.T("What should be different by when, and who cares for it in each team?"), &crumb{v.p.T("Shared goals"), "/goals"}
	for _, m := range s.Metrics.Catalogue().All() {
		if m.Shown(v.r.Context()) != nil {
			continue
		}
		unit, _ := goalUnit(m)
		p.Metrics = append(p.Metrics, choice{Value: m.Name, Name: m.Title.In(v.p.Code()) + " (" + v.p.Text(unit) + ")", Chosen: m.Name == p.Get("metric")})
	}
	slices.SortFunc(p.Metrics, func(a, b choice) int { return strings.Compare(lang.Fold(a.Name), lang.Fold(b.Name)) })
	members, err := s.Store.Members(v.r.Context())
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Disabled.IsZero() {
			p.Members = append(p.Members, m)
		}
	}
	if err := p.narrow(s, v); err != nil {
		return err
	}
	return s.send(v, status, "goal_form", "layout", p)
}

// narrow fills what the goal may be narrowed down to: a segment, or attributes.
func (p *goalForm) narrow(s *server, v *visit) (err error) {
	b, err := v.segments(v.r.Context())
	if err != nil {
		return err
	}
	chosen := linesOf(strings.Join(p.Fields["segment"], "\n"))
	for _, x := range b.All() {
		line := segment.Trait(x.Name) + "=" + segment.In
		p.Segments = append(p.Segments, choice{Value: line, Name: x.Title, Chosen: slices.Contains(chosen, line)})
	}
	for _, line := range chosen {
		if !slices.ContainsFunc(p.Segments, func(c choice) bool { return c.Value == line }) {
			p.Kept = append(p.Kept, choice{Value: line, Name: v.segmentLines([]string{line})})
		}
	}
	p.Attributes, err = s.Facts.Attributes(v.r.Context())
	return err
}

// segmentLines says what narrows a goal down.
func (v *visit) segmentLines(lines []string) string {
	b, err := v.segments(v.r.Context())
	if err != nil {
		return strings.Join(lines, " · ") // the page says by itself what is wrong
	}
	var out []string
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		if x, now, not, ok := segment.Filtered(facts.Filter{Attribute: name, Values: []string{value}}); ok && !not && !now {
			out = append(out, v.p.T("In %s on the day", b.Title(x)))
			continue
		}
		out = append(out, attributeTitle(v.p, nil, b, strings.TrimPrefix(name, facts.NowPrefix))+" = "+cmp.Or(value, v.p.T("unknown")))
	}
	return strings.Join(out, " · ")
}

// readGoal reads the form; values are typed in the unit of goalUnit, with a
// comma or a point.
func (s *server) readGoal(f url.Values) (goal.Goal, error) {
	g := goal.Goal{Title: f.Get("title"), Why: f.Get("why"), Metric: f.Get("metric"), Grain: farol.Grain(f.Get("grain")), Direction: f.Get("direction"), Start: f.Get("start"), Due: f.Get("due"), Support: f.Get("support"), CS: f.Get("cs")}
	g.Segment = linesOf(strings.Join(f["segment"], "\n"))
	m, err := s.Metrics.Catalogue().Find(g.Metric)
	if err != nil {
		return g, farol.InvalidField("metric", "there is no such metric")
	}
	_, factor := goalUnit(m)
	number := func(field string) (float64, error) {
		x, err := strconv.ParseFloat(typedNumber(f.Get(field)), 64)
		if err != nil {
			return 0, farol.InvalidField(field, "must be a number")
		}
		return x / factor, nil
	}
	if g.Target, err = number("target"); err != nil {
		return g, err
	}
	if strings.TrimSpace(f.Get("baseline")) != "" {
		b, err := number("baseline")
		if err != nil {
			return g, err
		}
		g.Baseline = &b
	}
	return g, nil
}

// typedNumber is a number with a point: 1.234,5 and 1,234.5 are the same.
func typedNumber(s string) string {
	s = strings.Join(strings.Fields(strings.TrimSuffix(strings.TrimSpace(s), "%")), "")
	comma, point := strings.LastIndexByte(s, ','), strings.LastIndexByte(s, '.')
	switch {
	case comma >= 0 && point >= 0 && comma > point:
		return strings.Replace(strings.ReplaceAll(s, ".", ""), ",", ".", 1)
	case comma >= 0 && point >= 0:
		return strings.ReplaceAll(s, ",", "")
	case comma >= 0:
		return strings.Replace(s, ",", ".", 1)
	}
	return s
}

func (s *server) addGoal(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	g, err := s.readGoal(f)
	var kept goal.Kept
	if err == nil {
		kept, err = s.keeper().Add(v.r.Context(), g, string(v.member.ID))
	}
	if err != nil {
		if refused, ok := v.refuse(err); ok {
			return s.showGoalForm(v, http.StatusUnprocessableEntity, goalForm{refusal: refused, Fields: f})
		}
		return err
	}
	return v.done("/goals/"+kept.ID, "saved")
}

// changeGoal writes another version, ends the goal or takes it up again.
func (s *server) changeGoal(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f, id, k, ctx := v.r.PostForm, v.r.PathValue("id"), s.keeper(), v.r.Context()
	old, err := k.Goal(ctx, id)
	if err != nil {
		return err
	}
	g := old.Goal
	switch f.Get("do") {
	case "end":
		g.Ended = true
	case "resume":
		g.Ended = false
	case "write":
		if g, err = s.readGoal(f); err == nil {
			g.Ended = old.Ended
			base, _ := strconv.Atoi(f.Get("base")) // a form that lacks it was never shown: a conflict
			_, err = k.Change(ctx, id, g, string(v.member.ID), &base)
		}
		if err != nil {
			if refused, ok := v.refuse(err); ok {
				return s.showGoalForm(v, http.StatusUnprocessableEntity, goalForm{refusal: refused, ID: id, Base: f.Get("base"), Fields: f})
			}
			return err
		}
		return v.done("/goals/"+id, "saved")
	default:
		return farol.InvalidField("do", "Choose what to do.")
	}
	if _, err := k.Change(ctx, id, g, string(v.member.ID), nil); err != nil {
		if refused, ok := v.refuse(err); ok {
			return s.showGoalWith(v, http.StatusUnprocessableEntity, refused)
		}
		return err
	}
	return v.done("/goals/"+id, "saved")
}

// goalLine is how the goals stand, for the first page of the day.
type goalLine struct {
	Title, Href, Live, Target, Status, Class string
}

// goalLines are the goals that have not ended, in the order of their days.
func (s *server) goalLines(v *visit, look *view) ([]goalLine, error) {
	list, err := s.keeperAt(look).ReadAll(v.r.Context(), time.Minute)
	var out []goalLine
	for _, r := range list[:min(len(list), 4)] {
		sc := scale{v.p, r.Unit, r.Currency}
		x := goalLine{Title: r.Title, Href: look.Link("/goals/" + r.ID), Live: lang.None, Target: sc.short(&r.Target), Status: goalState(v, r), Class: goalClasses[r.Status]}
		if r.Live != nil {
			x.Live = sc.short(r.Live.Value)
		}
		out = append(out, x)
	}
	return out, err
}
