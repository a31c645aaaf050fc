package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// restatementsPage is the ledger: which closed figures changed, when, and by
// how much.
type restatementsPage struct {
	shell
	// Metric is the only one that is listed, "" for all; Metrics are those to
	// choose from.
	Metric  string
	Metrics []choice
	Rows    []restatedRow
	Next    string
	CSV     string
}

// restatedRow is a line of the ledger as text.
type restatedRow struct {
	Title, Href string
	Period      string
	When, Iso   string
	Was, Is     string
	// WasOf and IsOf are the parts of a rate, "13 of 28".
	WasOf, IsOf string
	Change      string
	WasKnown    string
	Open        string
	Version     string
}

// ledgerShown is how many lines a page of the ledger has.
const ledgerShown = 30

// ledger reads what the address asks of the ledger. The grain is months
// unless the view says otherwise: days are restated all the time.
func (s *server) ledger(v *visit, look *view) metric.Ledger {
	grain := look.Grain
	if grain == "" {
		grain = farol.Monthly
	}
	return metric.Ledger{
		Metric: v.r.URL.Query().Get("metric"), Grain: grain, Period: look.Period, Known: look.Known, AsOf: look.AsOf,
		Limit: ledgerShown, After: v.r.URL.Query().Get("after"),
	}
}

func (s *server) restatements(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	q := s.ledger(v, look)
	p := restatementsPage{shell: v.shell(lang.Text("Restatements")), Metric: q.Metric}
	p.Question, p.View = v.p.T("Which closed figures changed afterwards, and which facts changed them?"), look
	if q.Metric != "" {
		p.extra = url.Values{"metric": {q.Metric}}
	}
	for _, m := range s.Metrics.Catalogue().All() {
		p.Metrics = append(p.Metrics, choice{Value: m.Name, Name: m.Title.In(v.p.Code()), Chosen: m.Name == q.Metric})
	}
	slices.SortFunc(p.Metrics, func(a, b choice) int { return strings.Compare(a.Name, b.Name) })
	list, next, err := s.Metrics.Restatements(v.r.Context(), q)
	if err != nil {
		return err
	}
	for _, x := range list {
		p.Rows = append(p.Rows, s.restatedRow(v, p.shell, x))
	}
	if next != "" {
		p.Next = p.Link("after", next)
	}
	p.CSV = look.Link("/restatements.csv", "metric", q.Metric)
	return s.send(v, http.StatusOK, "restatements", "layout", p)
}

func (s *server) restatedRow(v *visit, sh shell, x metric.Restatement) restatedRow {
	row := v.moved(x)
	row.Href, row.When, row.Iso, row.WasKnown = sh.Go("/metrics/"+x.Metric.Name), sh.When(x.Known), sh.Iso(x.Known), sh.When(x.WasKnown)
	row.Open, row.Version = sh.Go(row.Open), x.Version
	return row
}

// moved is what was restated and by how much, for a page of any view or none.
func (v *visit) moved(x metric.Restatement) restatedRow {
	sc := scale{v.p, x.Metric.Unit, v.company.Currency}
	row := restatedRow{
		Title: x.Metric.Title.In(v.p.Code()), Period: v.p.Period(x.Period, x.Grain), Was: sc.text(x.Was.Value), Is: sc.text(x.Is.Value),
		Open: "/restatements/" + x.ID(), Change: lang.None,
	}
	if x.Was.Value != nil && x.Is.Value != nil {
		row.Change = sc.gap(*x.Is.Value - *x.Was.Value)
	}
	row.WasOf, row.IsOf = sc.quotient(x.Metric, x.Was), sc.quotient(x.Metric, x.Is)
	return row
}

// quotient is the two parts of a rate, "" of other figures.
func (s scale) quotient(m *metric.Metric, pt metric.Point) string {
	if s.unit != "ratio" || pt.Numerator == nil || pt.Denominator == nil {
		return ""
	}
	part, of := s.parts(m, pt.Numerator, pt.Denominator)
	return s.p.T("%s of %s", part, of)
}

// gap writes a difference in the metric's own unit, with its sign.
func (s scale) gap(d float64) string {
	sign := ""
	if d > 0 {
		sign = "+"
	}
	if s.unit == "ratio" {
		return sign + s.p.T("%s pp", s.p.Number(d*100, 2))
	}
	return sign + s.text(&d)
}

// restatementsCSV is the whole ledger of the view for other programs.
func (s *server) restatementsCSV(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	q := s.ledger(v, look)
	q.Limit, q.After = 1000, ""
	list, next, err := s.Metrics.Restatements(v.r.Context(), q)
	if err != nil {
		return err
	}
	out := v.csv("restatements.csv")
	write(out, []string{"metric", "version", "grain", "period", "until", "was", "was_known", "value", "known"})
	for {
		for _, x := range list {
			write(out, []string{
				x.Metric.Name, x.Version, string(x.Grain), x.Period.From.String(), x.Period.Last().String(),
				plain(x.Was.Value), x.WasKnown.Format(time.RFC3339Nano), plain(x.Is.Value), x.Known.Format(time.RFC3339Nano),
			})
		}
		if next == "" {
			break
		}
		q.After = next
		if list, next, err = s.Metrics.Restatements(v.r.Context(), q); err != nil {
			s.Log.Error("a download broke off", "request", v.id, "error", err)
			panic(http.ErrAbortHandler)
		}
	}
	out.Flush()
	return nil
}

// restatementPage opens one line: the sentence, the units, the facts.
type restatementPage struct {
	shell
	Line restatedRow
	// Sentence says what changed, in one line.
	Sentence string
	// Differs tells that today's definition no longer gives these figures.
	Differs bool
	Gap     gapTable
	Facts   []causeFact
	// MoreFacts tells that there are further facts.
	MoreFacts bool
	// Between says what else came between the two: people erased, accounts merged.
	Between []string
}

// causeFact is a fact behind a restatement.
type causeFact struct {
	At, Known, Name string
	Way             lang.Text
	Person, Account who
	// Was is the account that it counted for before.
	Was              string
	Href, Properties string
	// Effective is the day from which it holds, when it says one.
	Effective string
}

// ways say how a fact came to move a figure of the past.
var ways = map[facts.Way]lang.Text{
	facts.CameLate:     lang.Text("learned afterwards"),
	facts.ChangedHands: lang.Text("counts for somebody else now"),
	facts.JoinedPeople: lang.Text("says who somebody is"),
	facts.Excluded:     lang.Text("changes who is left out"),
	facts.Began:        lang.Text("changes when the account began"),
}

func (s *server) restatement(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	x, err := s.Metrics.Restatement(v.r.Context(), v.r.PathValue("id"), func(versions map[string]int) (metric.Settings, error) {
		return metric.ReadSettingsAt(v.r.Context(), s.Store, versions)
	})
	if err != nil {
		return err
	}
	p := restatementPage{shell: v.shell("")}
	p.View = look
	p.Line = s.restatedRow(v, p.shell, x.Restatement)
	p.Title = p.Line.Title + ", " + p.Line.Period
	p.Question = v.p.T("Why did this closed figure change?")
	p.Crumb = &crumb{v.p.T("Restatements"), look.Link("/restatements", "grain", string(x.Grain))}
	p.Sentence, err = s.sentence(v, p.shell, x.Restatement)
	if err != nil {
		return err
	}
	sc := scale{v.p, x.Metric.Unit, v.company.Currency}
	// Of who was erased nothing is left to compute the first figure from.
	p.Differs, p.MoreFacts = !x.Same && len(x.Erased) == 0, x.MoreFacts
	for _, e := range x.Erased {
		p.Between = append(p.Between, v.p.T("A person was erased on %s: %s between %s and %s are gone.", p.When(e.Known), v.p.N(int(e.Rows["events"]), "%d event", "%d events"), v.p.Date(e.First), v.p.Date(e.Last)))
	}
	for _, j := range x.Joined {
		p.Between = append(p.Between, v.p.T("%s was merged into %s on %s.", j.From, j.To, p.When(j.At)))
		if !j.Parted.IsZero() {
			p.Between = append(p.Between, v.p.T("The merge of %s into %s was undone on %s.", j.From, j.To, p.When(j.Parted)))
		}
	}
	p.Gap = sc.gapTable(x.Metric, x.Difference, v.p.T("Known %s", p.Line.WasKnown), v.p.T("Known %s", p.Line.When))
	if err := call(s, v, p.Gap.Rows, (*gapRow).cells); err != nil {
		return err
	}
	p.Facts = causeFacts(p.shell, x)
	if err := call(s, v, p.Facts, func(f *causeFact) []*who { return []*who{&f.Account, &f.Person} }); err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "restatement", "layout", p)
}

// sentence is "March 2026: 412 k as known on 1 April, 405 k today".
func (s *server) sentence(v *visit, sh shell, x metric.Restatement) (string, error) {
	sc := scale{v.p, x.Metric.Unit, v.company.Currency}
	later, _, err := s.Metrics.Restatements(v.r.Context(), metric.Ledger{
		Metric: x.Metric.Name, Grain: x.Grain, Period: farol.Period{From: x.Period.From, To: x.Period.From + 1}, Since: x.Known.Add(time.Millisecond), Limit: 1,
	})
	if err != nil {
		return "", err
	}
	name, period := x.Metric.Title.In(v.p.Code()), v.p.Period(x.Period, x.Grain)
	if len(later) == 0 {
		return v.p.T("%s, %s: %s as known on %s, %s today.", name, period, sc.text(x.Was.Value), sh.Day(x.WasKnown), sc.text(x.Is.Value)), nil
	}
	return v.p.T("%s, %s: %s as known on %s, %s as known on %s.", name, period, sc.text(x.Was.Value), sh.Day(x.WasKnown), sc.text(x.Is.Value), sh.Day(x.Known)), nil
}

// causeFacts lists each fact once, in the order in which they were learned.
func causeFacts(sh shell, x metric.Opened) []causeFact {
	var out []causeFact
	for _, f := range x.Facts() {
		row := causeFact{
			At: sh.When(f.At), Known: sh.When(f.Known), Name: f.Name, Way: ways[f.Way], Person: called{v: sh.visit}.person(string(f.Canonical)), Account: accountWho(string(f.Resolved)),
			Was: string(f.Was), Properties: string(f.Properties), Href: eventsAround(f),
		}
		var says struct {
			EffectiveAt string `json:"effective_at"`
		}
		if err := json.Unmarshal(f.Properties, &says); err == nil && says.EffectiveAt != "" {
			if at, err := time.Parse(time.RFC3339, says.EffectiveAt); err == nil {
				row.Effective = sh.Day(at)
			} else {
				row.Effective = says.EffectiveAt
			}
		}
		if row.Name == "" {
			row.Name = string(f.Kind)
		}
		out = append(out, row)
	}
	return out
}

// eventsAround leads to the event in the list of events: those of its account
// or person on its day.
func eventsAround(f facts.Learned) string {
	q := url.Values{"from": {f.Day.String()}, "until": {f.Day.String()}}
	if f.Resolved != "" {
		q.Set("account", string(f.Resolved))
	} else if f.Canonical != "" {
		q.Set("person", string(f.Canonical))
	}
	return "/events?" + q.Encode()
}

// gapTable is a difference as text: the units that make it, and what is left.
type gapTable struct {
	Before, After           string // the two figures
	BeforeTitle, AfterTitle string
	Total                   string
	Rows                    []gapRow
	// Rest and Other are the parts of units that are not listed and of nobody.
	More        int
	Rest, Other string
	// HasEffect tells that units have an effect; HasDenominator that their
	// rows are parts of a quotient.
	HasEffect, HasDenominator bool
}

type gapRow struct {
	Who, In                     who
	Before, After, Effect, Href string
}

func (r *gapRow) cells() []*who { return []*who{&r.Who, &r.In} }

// gapTable writes the difference; the titles name the two sides.
func (s scale) gapTable(m *metric.Metric, d metric.Difference, before, after string) gapTable {
	t := gapTable{
		Before: s.text(d.Before.Value), After: s.text(d.After.Value), BeforeTitle: before, AfterTitle: after,
		More: d.More, Total: lang.None, HasEffect: d.Added,
	}
	if d.Gap != nil {
		t.Total = s.gap(*d.Gap)
	}
	if d.More > 0 {
		t.Rest = s.gap(d.Rest)
	}
	if d.Other != 0 {
		t.Other = s.gap(d.Other)
	}
	for _, c := range d.Changes {
		row := gapRow{Who: called{v: &visit{p: s.p}}.unit(m.Of, c.Unit), In: inWho(m.Of, c.Account), Before: s.rowText(m, c.Before), After: s.rowText(m, c.After)}
		q := url.Values{"account": {c.Unit}}
		if m.Of == metric.People {
			q = url.Values{"person": {c.Unit}}
		} else if m.Of == metric.Others {
			q = url.Values{"account": {c.Account}}
		}
		row.Href = "/events?" + q.Encode()
		if c.Effect != nil {
			row.Effect = s.gap(*c.Effect)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// rowText is a unit's row in a cell: its part, or part of whole.
func (s scale) rowText(m *metric.Metric, r *metric.Row) string {
	if r == nil {
		return lang.None
	}
	if m.Aggregation == metric.Quantile {
		return s.text(&r.Numerator)
	}
	n, d := s.parts(m, &r.Numerator, r.Denominator)
	if r.Denominator == nil {
		return n
	}
	out := s.p.T("%s of %s", n, d)
	if r.Times != nil {
		out += " × " + s.p.T("%s of %s", s.count(*r.Times), s.count(*r.Per))
	}
	return out
}
