package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
)

// stagesPage is the board of the stages: how many accounts and how much money
// in each, who is behind, and who moved lately.
type stagesPage struct {
	shell
	Columns []journeyColumn
	Chart   *chart
	Moves   []stageMoveRow
	// Stuck are those past the limit, the longest first.
	Stuck []pastLimitRow
	More  string
	// Ran says when the rules were applied last, Rules leads to them; Board leads
	// to the board of customers, Notes say what a past board tells.
	Ran     string
	Board   string
	Notes   []string
	Version int
	CSV     string
	Mine    bool
	Empty   bool
}

type journeyColumn struct {
	Title, Name, Href string
	Count, Total      string
	Median            string
	Target, Limit     string
	Entered           string
	Standings         []stageStanding
}

type stageStanding struct {
	Title, Count, Total, Href, Mark string
}

type stageMoveRow struct {
	When       time.Time
	Name, Href string
	To, Why    string
}

type pastLimitRow struct {
	Name, Href, Stage, Owner, MRR, Days string
	Since                               string
}

const (
	stuckShown   = 25
	movesShown   = 40
	movesCounted = 28 // days
)

func (s *server) stagesBoard(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	p := stagesPage{shell: v.shell(lang.Text("Customer stages")), Mine: v.r.URL.Query().Get("mine") == "yes"}
	p.Question = v.p.T("Where are our customers in their life with us, and who does not get on?")
	p.View, p.Charts = look, true
	all, err := s.accountsIn(v, look)
	if err != nil {
		return err
	}
	n = n.at(look)
	q := n.query(customer.Query{Total: "mrr"})
	if p.Mine {
		p.extra = url.Values{"mine": {"yes"}}
		q.Where = []customer.Condition{{Column: "owner.csm", Values: []string{string(v.member.ID)}}}
	}
	groups := q.ByStage(all, 0)
	p.Empty = len(all) == 0 && len(look.Filters) == 0 && !look.Past()
	p.Board = look.At("/customers", "view", "board")
	if look.Past() {
		p.Notes = []string{v.p.T("Stages, owners and segments are what was said by then, MRR what was kept or follows from what was known. The titles, targets and limits of stages are those of today.")}
	}
	moves, whys, entered, err := s.stageMoves(v, look, q, all)
	if err != nil {
		return err
	}
	p.columns(n, groups, entered)
	p.draw(n, groups)
	p.moved(n, all, moves, whys)
	p.stuck(n, groups)
	p.CSV = look.Link("/stages.csv", "mine", p.extra.Get("mine"))
	if last, ok, err := s.Store.LastStageRun(v.r.Context()); err != nil {
		return err
	} else if ok && !look.Past() {
		p.Ran, p.Version = v.p.Date(last.Day), last.Version
	}
	return s.send(v, http.StatusOK, "stages", "layout", p)
}

// accountsIn are the accounts as the view looks at them, of the past with what
// their MRR was, that the view's segment keeps.
func (s *server) accountsIn(v *visit, look *view) (map[farol.AccountID]*customer.Account, error) {
	then, err := s.accountsThen(v, look, "mrr")
	if err != nil || len(look.Filters) == 0 {
		return then.Accounts, err
	}
	out := make(map[farol.AccountID]*customer.Account, len(then.Accounts))
	for id, a := range then.Accounts {
		if a.Fits(look.Filters) {
			out[id] = a
		}
	}
	return out, nil
}

// move names a move of an account.
type move struct {
	account farol.AccountID
	at      int64
}

func moveOf(m facts.MarkChange) move { return move{m.Account, m.At.UnixMilli()} }

// stageMoves are the latest moves of the accounts that fit, the newest first,
// why each was made, and how many of the last weeks went into each stage.
func (s *server) stageMoves(v *visit, look *view, q customer.Query, all map[farol.AccountID]*customer.Account) (moves []facts.MarkChange, whys map[move]customer.Why, entered map[string]int, err error) {
	m := facts.SaidQuery{Trait: customer.StageTrait, From: look.reference() - movesCounted + 1, AsOf: look.AsOf, Known: look.Known}
	if len(q.Where)+len(look.Filters) > 0 {
		m.Only = []string{}
		for _, a := range q.Every(all) {
			m.Only = append(m.Only, string(a.ID))
		}
	}
	for id, a := range all {
		if a.Test {
			m.Without = append(m.Without, string(id))
		}
	}
	why := m
	why.Trait = customer.WhyTrait
	var said []facts.MarkChange
	reads, ctx := errgroup.WithContext(v.r.Context())
	reads.Go(func() (err error) { entered, err = s.Facts.CountMarks(ctx, m); return err })
	reads.Go(func() (err error) { moves, err = s.Facts.MarksSince(ctx, m, 2*movesShown); return err })
	reads.Go(func() (err error) { said, err = s.Facts.MarksSince(ctx, why, 2*movesShown); return err })
	if err := reads.Wait(); err != nil {
		return nil, nil, nil, err
	}
	whys = make(map[move]customer.Why, len(said))
	for _, x := range said {
		whys[moveOf(x)] = customer.ParseWhy(x.Value)
	}
	return slices.DeleteFunc(moves, func(m facts.MarkChange) bool { return all[m.Account] == nil }), whys, entered, nil
}

// narrowed is the view's segment as conditions of the list of customers.
func (p *stagesPage) narrowed() []string {
	var out []string
	for _, f := range p.View.Filters {
		column := "attribute." + strings.TrimPrefix(f.Attribute, facts.NowPrefix)
		value := f.Values[0]
		if name, _, _, ok := segment.Filtered(f); ok {
			column = "segment." + name
		}
		out = append(out, column+"="+value)
	}
	return out
}

// columns fills the stages.
func (p *stagesPage) columns(n names, groups []customer.StageGroup, entered map[string]int) {
	pr := n.v.p
	count := func(i int) string { return pr.Number(float64(i), 0) }
	for _, g := range groups {
		if g.Stage == "" && g.Count == 0 {
			continue
		}
		list := func(where ...string) string {
			q := p.View.clocks()
			q["where"] = append(append([]string{"stage=" + g.Stage}, where...), p.narrowed()...)
			if p.Mine {
				q.Set("mine", "yes")
			}
			return "/customers?" + q.Encode()
		}
		c := journeyColumn{Title: n.stage(g.Stage), Name: g.Stage, Href: list(), Count: count(g.Count), Total: n.total(g.Total, g.Totalled), Median: lang.None, Entered: count(entered[g.Stage])}
		if g.MedianDays >= 0 {
			c.Median = pr.N(g.MedianDays, "%d day", "%d days")
		}
		x, _ := n.stages.Find(g.Stage)
		if x.TargetDays > 0 {
			c.Target = pr.N(x.TargetDays, "%d day", "%d days")
		}
		if x.StuckDays > 0 {
			c.Limit = pr.N(x.StuckDays, "%d day", "%d days")
		}
		for _, s := range append(slices.Clone(customer.Standings), customer.NoLimit) {
			t := g.Standings[s]
			if t.Count == 0 && (s == customer.NoLimit || x.TargetDays == 0 && x.StuckDays == 0) {
				continue
			}
			href := list("standing=" + string(s))
			c.Standings = append(c.Standings, stageStanding{pr.Text(standingTitles[s]), count(t.Count), n.total(t.Total, g.Totalled), href, standingMark(s)})
		}
		p.Columns = append(p.Columns, c)
	}
}

// draw pictures the accounts of each stage by standing.
func (p *stagesPage) draw(n names, groups []customer.StageGroup) {
	sc := scale{p: n.v.p, unit: "accounts"}
	c := &chart{ID: "stages-data", Label: n.v.p.T("Customers by stage and standing"), Table: true, Head: n.v.p.T("Stage"),
		Data: chartData{Kind: "bar", Unit: chartUnit{Kind: "number"}, Zero: true, Whole: true, Names: true}}
	any := false
	for _, s := range append(slices.Clone(customer.Standings), customer.NoLimit) {
		x := chartSeries{Name: n.v.p.Text(standingTitles[s]), Tint: map[customer.Standing]string{customer.OnTrack: "3", customer.Behind: "2", customer.Stuck: "bad", customer.NoLimit: "1"}[s]}
		for _, g := range groups {
			if g.Stage == "" {
				continue
			}
			value := float64(g.Standings[s].Count)
			any = any || value > 0
			x.Values, x.Texts, x.Open = append(x.Values, &value), append(x.Texts, sc.count(value)), append(x.Open, false)
		}
		c.Data.Series = append(c.Data.Series, x)
	}
	for _, g := range groups {
		if g.Stage != "" {
			c.Data.Ticks, c.Data.Titles = append(c.Data.Ticks, n.stage(g.Stage)), append(c.Data.Titles, n.stage(g.Stage))
		}
	}
	if any {
		p.Chart = c
	}
}

// moved lists who moved lately, and why.
func (p *stagesPage) moved(n names, all map[farol.AccountID]*customer.Account, moves []facts.MarkChange, whys map[move]customer.Why) {
	for _, m := range moves[:min(len(moves), movesShown)] {
		a := all[m.Account]
		p.Moves = append(p.Moves, stageMoveRow{When: m.At, Name: a.Name, Href: n.href(a.ID), To: n.stage(m.Value), Why: n.why(whys[moveOf(m)])})
	}
}

// stuck lists who is past the limit.
func (p *stagesPage) stuck(n names, groups []customer.StageGroup) {
	for _, a := range customer.LongestStuck(groups, stuckShown) {
		days, _ := a.DaysInStage(n.today)
		row := pastLimitRow{Name: a.Name, Href: n.href(a.ID), Stage: n.stage(a.Stage()), Owner: n.members[a.Owner("csm")], MRR: lang.None, Days: n.v.p.Number(float64(days), 0), Since: n.day(a.StageSince)}
		if v, ok := a.Metrics["mrr"]; ok {
			row.MRR = n.money(v)
		}
		p.Stuck = append(p.Stuck, row)
	}
	count := 0
	for _, g := range groups {
		count += g.Standings[customer.Stuck].Count
	}
	if count > len(p.Stuck) {
		more := p.View.clocks()
		more["where"], more["sort"], more["dir"] = append([]string{"standing=" + string(customer.Stuck)}, p.narrowed()...), []string{"days_in_stage"}, []string{"down"}
		p.More = "/customers?" + more.Encode()
	}
}

// why says why an account was moved: who, with the reason, or which rule.
func (n names) why(w customer.Why) string {
	p := n.v.p
	by := n.v.author(n.members, w.By)
	switch {
	case w.Undo:
		return p.T("taken back by %s", by)
	case w.By == customer.RulesAuthor && w.Rule == "enter":
		return p.T("the rule of %s holds", n.stage(w.Of))
	case w.By == customer.RulesAuthor && w.Rule == "exit":
		return p.T("%s is done", n.stage(w.Of))
	case w.By == customer.RulesAuthor:
		return p.T("by rule")
	case by != "" && w.Reason != "":
		return p.T("%s: %s", by, w.Reason)
	case by != "":
		return by
	}
	return w.Reason
}

// stagesCSV is the board as a table.
func (s *server) stagesCSV(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	all, err := s.accountsIn(v, look)
	if err != nil {
		return err
	}
	n = n.at(look)
	q := n.query(customer.Query{Total: "mrr"})
	if v.r.URL.Query().Get("mine") == "yes" {
		q.Where = []customer.Condition{{Column: "owner.csm", Values: []string{string(v.member.ID)}}}
	}
	money := plain
	if sight.Of(v.r.Context()).Hides(sight.Money) {
		money = func(*float64) string { return "" }
	}
	out := v.csv(look.file("stages"))
	write(out, []string{"stage", "standing", "customers", "mrr"})
	for _, g := range q.ByStage(all, 0) {
		for _, standing := range append(slices.Clone(customer.Standings), customer.NoLimit) {
			if t := g.Standings[standing]; t.Count > 0 {
				total := &t.Total
				if !t.Totalled {
					total = nil
				}
				write(out, []string{g.Stage, string(standing), strconv.Itoa(t.Count), money(total)})
			}
		}
	}
	out.Flush()
	return nil
}
