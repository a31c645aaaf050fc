package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/stats"
)

// lifecyclePage is the board of the five stages, from acquisition to referral.
type lifecyclePage struct {
	shell
	Empty      bool
	By         string
	Attributes []string
	Within     int
	// Mature is how many had their whole time, of all that were Created; Had and
	// All lead to both.
	Mature, Had, Created, All string
	// Immature tells that no account has had its whole time yet.
	Immature bool
	Columns  []stageColumn
	Groups   []stageGroupRow
	Cohorts  []stageCohortRow
	Titles   []lang.Text
	CSV      string
}

// stageColumn is one stage of the board.
type stageColumn struct {
	Title, Says lang.Text
	// Reached is how many of the mature accounts, Share their part with its
	// interval; Next how many of them went on to the next stage.
	Reached, Share, Interval   string
	Of                         string
	Next, NextInterval, NextOf string
	// Went leads to those who went on.
	Went, Days  string
	Why, Missed string
	Spark       *spark
	Cards       []*card
}

type stageGroupRow struct {
	Name, Created, Mature, Filter string
	// All leads to every account of the group, Had to those whose time has passed.
	All, Had string
	Few      bool
	Cells    []stageCell
}

type stageCohortRow struct {
	Period, Created string
	// All leads to every account of the cohort.
	All      string
	Complete bool
	Cells    []stageCell
}

// stageCell is a share of a group; Href leads to the accounts that are counted.
type stageCell struct{ Text, Title, Href string }

// stageWords are the stages as people call them, with what each says.
var stageWords = []struct {
	title, says lang.Text
	cards       []string
}{
	{lang.Text("Acquisition"), lang.Text("accounts created"), []string{"leads_created", "qualified_leads", "lead_conversion_rate"}},
	{lang.Text("Activation"), lang.Text("met the activation criterion"), []string{"activation_rate", "trial_conversion_rate"}},
	{lang.Text("Retention"), lang.Text("still in use four weeks after creation or later"), []string{"active_accounts_28d", "logo_churn_rate"}},
	{lang.Text("Revenue"), lang.Text("paying for the first time"), []string{"new_customers", "mrr"}},
	{lang.Text("Referral"), lang.Text("made a qualified referral"), []string{"referral_rate", "referral_share_of_new", "viral_coefficient"}},
}

// stagesRequest reads within and by.
func (v *visit) stagesRequest(look *view, by string) (metric.StagesRequest, error) {
	q := metric.StagesRequest{Period: look.Period, AsOf: look.AsOf, Known: look.Known, Filters: look.Filters, By: by, Cohorts: look.Grain, MaxAge: pageAge}
	if text := v.r.URL.Query().Get("within"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return q, farol.InvalidField("within", "this is not a number: %s", text)
		}
		q.Within = n
	}
	return q, nil
}

func (s *server) stageBoard(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := lifecyclePage{shell: v.shell(lang.Text("Life cycle"))}
	p.Question, p.View, p.Charts = v.p.T("How far do new accounts get, and where do they stop?"), look, true
	if p.Empty = s.Facts.LastKnown().IsZero(); p.Empty {
		return s.send(v, http.StatusOK, "lifecycle", "layout", p)
	}
	if p.Attributes, err = s.Facts.Attributes(v.r.Context()); err != nil {
		return err
	}
	p.By = chosenBy(v.r.URL.Query(), p.Attributes)
	q, err := v.stagesRequest(look, p.By)
	if err != nil {
		return err
	}
	p.extra = url.Values{}
	for _, k := range []string{"by", "within"} {
		if v.r.URL.Query().Has(k) {
			p.extra.Set(k, v.r.URL.Query().Get(k))
		}
	}
	p.CSV = p.Go("/lifecycle/accounts.csv", "within", p.extra.Get("within"), "all", "yes")
	p.Columns = make([]stageColumn, len(stageWords))
	g, ctx := errgroup.WithContext(v.r.Context())
	g.SetLimit(atOnce)
	v.r = v.r.WithContext(ctx)
	cards := make([][]*card, len(stageWords))
	for i, w := range stageWords {
		cards[i] = s.cards(g, v, look, w.cards)
	}
	var board metric.Stages
	g.Go(func() (err error) {
		board, err = s.Metrics.Stages(ctx, q)
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	p.fill(v, look, board, cards)
	return s.send(v, http.StatusOK, "lifecycle", "layout", p)
}

// fill writes the board.
func (p *lifecyclePage) fill(v *visit, look *view, board metric.Stages, cards [][]*card) {
	p.Within, p.Immature = board.Within, board.All.Mature == 0
	within := p.extra.Get("within")
	p.Mature, p.Created = v.p.Number(float64(board.All.Mature), 0), v.p.Number(float64(board.All.Created), 0)
	p.Had, p.All = look.Link("/lifecycle/accounts", "within", within), look.Link("/lifecycle/accounts", "within", within, "all", "yes")
	for i, w := range stageWords {
		p.Titles = append(p.Titles, w.title)
		step := board.All.Steps[i]
		c := stageColumn{Title: w.title, Says: w.says, Cards: cards[i], Reached: v.p.Number(float64(step.Reached.Part), 0), Days: lang.None}
		c.Share, c.Interval = v.share(step.Reached)
		c.Of = v.partOf(step.Reached)
		if step.Next != nil {
			c.Next, c.NextInterval = v.share(*step.Next)
			c.NextOf = v.partOf(*step.Next)
		}
		if d := step.Days.Value; d != nil {
			c.Days = v.p.T("%s d", v.p.Number(*d, 0))
		}
		name := metric.StageNames[i]
		if step.Next != nil && step.Next.Of > 0 {
			c.Went = look.Link("/lifecycle/accounts", "stage", name, "then", metric.StageNames[i+1], "within", within)
		}
		c.Why = look.Link("/lifecycle/accounts", "stage", name, "within", within)
		if i > 0 {
			c.Missed = look.Link("/lifecycle/accounts", "stage", name, "missed", "yes", "within", within)
		}
		c.Spark = stageSpark(v, w.title, board, i)
		p.Columns[i] = c
	}
	grain := look.Grain
	if grain == "" {
		grain = farol.Monthly
	}
	for _, x := range board.Cohorts {
		of := func(pairs ...string) string {
			from, until := max(x.Period.From, board.Period.From), min(x.Period.Last(), board.Period.Last())
			return look.Link("/lifecycle/accounts", append(pairs, "period", "", "from", from.String(), "until", until.String(), "within", within)...)
		}
		row := stageCohortRow{Period: v.p.Period(x.Period, grain), Created: v.p.Number(float64(x.Created), 0), Complete: x.Complete, All: of("all", "yes")}
		for stage, r := range x.Reached {
			row.Cells = append(row.Cells, v.stageCell(r, of("stage", metric.StageNames[stage])))
		}
		p.Cohorts = append(p.Cohorts, row)
	}
	slices.Reverse(p.Cohorts)
	for _, x := range board.Groups[:min(len(board.Groups), shownGroups)] {
		row := stageGroupRow{
			Name: p.named(x.Group), Created: v.p.Number(float64(x.Created), 0), Mature: v.p.Number(float64(x.Mature), 0),
			Filter: look.Narrow("/lifecycle", p.By, x.Group, "by", p.By, "within", within), Few: x.Mature > 0 && x.Mature < stats.MinCompared,
			All: look.Narrow("/lifecycle/accounts", p.By, x.Group, "within", within, "all", "yes"), Had: look.Narrow("/lifecycle/accounts", p.By, x.Group, "within", within),
		}
		for stage, step := range x.Steps {
			row.Cells = append(row.Cells, v.stageCell(step.Reached, look.Narrow("/lifecycle/accounts", p.By, x.Group, "within", within, "stage", metric.StageNames[stage])))
		}
		p.Groups = append(p.Groups, row)
	}
}

// share writes a share and its interval.
func (v *visit) share(x metric.Share) (value, interval string) {
	if x.Value == nil {
		return lang.None, ""
	}
	return v.p.Percent(*x.Value), v.p.Percent(*x.Low) + " – " + v.p.Percent(*x.High)
}

// partOf is the counts of a share: 3 of 12.
func (v *visit) partOf(x metric.Share) string {
	return v.p.T("%s of %s", v.p.Number(float64(x.Part), 0), v.p.Number(float64(x.Of), 0))
}

func (v *visit) stageCell(x metric.Share, href string) stageCell {
	value, interval := v.share(x)
	if x.Value == nil {
		href = ""
	}
	c := stageCell{Text: value, Href: href, Title: v.partOf(x)}
	if interval != "" {
		c.Title += " · " + v.p.T("95% interval") + " " + interval
	}
	return c
}

// stageSpark draws the share of each cohort that reached the stage; the first
// stage shows how many accounts began.
func stageSpark(v *visit, title lang.Text, board metric.Stages, stage int) *spark {
	var points []metric.Point
	for _, c := range board.Cohorts {
		pt := metric.Point{Period: c.Period, Complete: c.Complete, Value: c.Reached[stage].Value, Low: c.Reached[stage].Low, High: c.Reached[stage].High}
		if stage == 0 {
			n := float64(c.Created)
			pt.Value, pt.Low, pt.High, pt.Complete = &n, nil, nil, true
		}
		points = append(points, pt)
	}
	return scale{p: v.p, unit: "ratio"}.sparkOf(v.p.Text(title), points)
}

// stageAccountsPage lists the accounts of a stage.
type stageAccountsPage struct {
	shell
	Stage lang.Text
	// Then is the stage that they reached, or missed, after it; "" for none.
	Then   lang.Text
	Titles []lang.Text
	Missed bool
	Rows   []stageAccountRow
	More   bool
	Drawer bool
	CSV    string
}

type stageAccountRow struct {
	Who  who
	Days []string
	// Open tells that it still has time.
	Open bool
}

// readStage reads a stage of an address; none is the first.
func (v *visit) readStage(field string) (int, error) {
	name := v.r.URL.Query().Get(field)
	if name == "" {
		return metric.Acquired, nil
	}
	if i := slices.Index(metric.StageNames[:], name); i >= 0 {
		return i, nil
	}
	return 0, farol.InvalidField(field, "there is no such stage")
}

func (s *server) lifecycleAccounts(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := stageAccountsPage{shell: v.shell(lang.Text("Accounts of a stage")), Drawer: v.fragment()}
	list, want, more, err := s.stageList(v, look, 200)
	if err != nil {
		return err
	}
	p.Question, p.View, p.Stage, p.More = v.p.T("Which accounts got here, and when?"), look, stageWords[want.Stage].title, more
	if want.Then != 0 {
		p.Then = stageWords[want.Then].title
	}
	p.Missed = v.r.URL.Query().Get("missed") == "yes"
	if p.Missed {
		p.Question = v.p.T("Which accounts had their time and did not get here?")
	}
	p.Crumb = &crumb{v.p.T("Life cycle"), look.Link("/lifecycle")}
	p.extra = url.Values{}
	for _, k := range []string{"stage", "then", "missed", "within", "all"} {
		if x := v.r.URL.Query().Get(k); x != "" {
			p.extra.Set(k, x)
		}
	}
	p.CSV = linked("/lifecycle/accounts.csv", look.with(p.extra), nil)
	for _, w := range stageWords {
		p.Titles = append(p.Titles, w.title)
	}
	for _, a := range list {
		row := stageAccountRow{Who: accountWho(string(a.Account)), Open: !a.Mature}
		for _, d := range a.Days {
			text := lang.None
			if d != 0 {
				text = v.p.Date(d)
			}
			row.Days = append(row.Days, text)
		}
		p.Rows = append(p.Rows, row)
	}
	if err := call(s, v, p.Rows, func(r *stageAccountRow) []*who { return []*who{&r.Who} }); err != nil {
		return err
	}
	block := "layout"
	if v.fragment() {
		block = "stage-accounts"
	}
	return s.send(v, http.StatusOK, "lifecycle_accounts", block, p)
}

// stageList is the accounts that the figure of the address counts; with all
// also those that still have time.
func (s *server) stageList(v *visit, look *view, limit int) (list []metric.StageAccount, want metric.StageList, more bool, err error) {
	in := v.r.URL.Query()
	want = metric.StageList{Missed: in.Get("missed") == "yes", Mature: in.Get("all") == "", Limit: limit}
	q, err := v.stagesRequest(look, "")
	if err == nil {
		want.Stage, err = v.readStage("stage")
	}
	if err == nil {
		want.Then, err = v.readStage("then")
	}
	if err == nil {
		list, more, err = s.Metrics.StageAccounts(v.r.Context(), q, want)
	}
	return list, want, more, err
}

// stageCSV is the accounts with the days of all their stages.
func (s *server) stageCSV(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	list, _, _, err := s.stageList(v, look, 100_000)
	if err != nil {
		return err
	}
	out := v.csv("lifecycle.csv")
	write(out, append(append([]string{"account"}, metric.StageNames[:]...), "whole_time_passed"))
	for _, a := range list {
		row := []string{string(a.Account)}
		for _, d := range a.Days {
			text := ""
			if d != 0 {
				text = d.String()
			}
			row = append(row, text)
		}
		write(out, append(row, strconv.FormatBool(a.Mature)))
	}
	out.Flush()
	return nil
}
