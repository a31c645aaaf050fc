package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/stats"
)

// voicePage is what customers say: how content they are, how many answered,
// who is silent, and in which words.
type voicePage struct {
	shell
	Empty      bool
	By         string
	Attributes []string
	// Score is the Net Promoter Score of the whole period.
	Score        voiceRow
	Weighted     *weightedScore
	Cards        []*card
	Tickets      []*card
	Distribution *chart
	Scores       []scoreRow
	Trend        *chart
	TrendCSV     string
	Rows         []voiceRow
	HasFew       bool
	HasDrawn     bool
	// Silent are the groups that answer least.
	Silent   []voiceRow
	Comments []answerRow
	All, CSV string
}

// voiceRow is a group's answers, as text.
type voiceRow struct {
	Name                            string
	Value, Interval, Answers        string
	Promoters, Passives, Detractors string
	Response, ResponsePart          string
	Drawn                           string
	Few                             bool
	FewWhy                          string
	Why, Filter                     string
	response                        float64
}

// weightedScore is the score reweighted to the base.
type weightedScore struct{ Value, Interval, Covered string }

// scoreRow is one score of the distribution.
type scoreRow struct {
	Score, Answers, Share, Href string
}

// answerRow is one answer.
type answerRow struct {
	Account, Person        who
	At                     time.Time
	Score, Survey, Comment string
	Good, Bad              bool
}

var (
	voiceCards  = []string{"nps", "nps_accounts", "nps_mrr", "nps_transactional", "response_rate", "csat", "ces", "ces_easy"}
	ticketCards = []string{"tickets_opened", "tickets_per_100_accounts", "ticket_first_answer_time", "ticket_solve_time", "ticket_reopen_rate"}
)

// besideCards are questions that few companies ask: they are shown where there
// is an answer.
var besideCards = []string{"ces_effort", "enps"}

// heard are the cards that have a figure.
func heard(cards []*card) []*card {
	return slices.DeleteFunc(cards, func(c *card) bool { return c.Value == lang.None })
}

// chosenBy is the attribute that a page breaks down by: the asked one, else
// the first of the usual ones that there is.
func chosenBy(q url.Values, attributes []string) string {
	if q.Has("by") {
		return q.Get("by")
	}
	for _, usual := range []string{"segment", "plan", "channel"} {
		if slices.Contains(attributes, usual) {
			return usual
		}
	}
	return ""
}

// voiceRequest asks for the view's whole period.
func (v *view) voiceRequest(by string) metric.VoiceRequest {
	return metric.VoiceRequest{Period: v.Period, AsOf: v.AsOf, Known: v.Known, Filters: v.Filters, By: by, MaxAge: pageAge}
}

func (s *server) voice(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := voicePage{shell: v.shell(lang.Text("Voice of the customer"))}
	p.Question, p.View, p.Charts = v.p.T("How content are our customers, and who does not say?"), look, true
	if p.Empty = s.Facts.LastKnown().IsZero(); p.Empty {
		return s.send(v, http.StatusOK, "voice", "layout", p)
	}
	if p.Attributes, err = s.Facts.Attributes(v.r.Context()); err != nil {
		return err
	}
	p.By = chosenBy(v.r.URL.Query(), p.Attributes)
	if v.r.URL.Query().Has("by") {
		p.extra = url.Values{"by": {p.By}}
	}
	p.All, p.CSV = look.Link("/voice/answers"), look.Link("/voice/answers.csv")
	g, ctx := errgroup.WithContext(v.r.Context())
	g.SetLimit(atOnce)
	v.r = v.r.WithContext(ctx)
	p.Cards, p.Tickets = s.cards(g, v, look, voiceCards), s.cards(g, v, look, ticketCards)
	beside := s.cards(g, v, look, besideCards)
	g.Go(func() error { return s.fillVoice(v, look, &p) })
	g.Go(func() (err error) {
		p.Trend, p.TrendCSV, err = s.trend(v, look, "nps")
		return err
	})
	g.Go(func() (err error) {
		list, _, err := s.Metrics.Answers(ctx, metric.AnswersRequest{VoiceRequest: look.voiceRequest(""), Commented: true, Limit: 12})
		if err != nil {
			return err
		}
		p.Comments, err = s.answerRows(v, list)
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	p.Cards = append(p.Cards, heard(beside)...)
	return s.send(v, http.StatusOK, "voice", "layout", p)
}

// cards reads metrics side by side; they are there when the group is done.
func (s *server) cards(g *errgroup.Group, v *visit, look *view, names []string) []*card {
	out := make([]*card, len(names))
	for i, name := range names {
		g.Go(func() (err error) {
			out[i], err = s.card(v, look, name)
			return err
		})
	}
	return out
}

// trend draws one metric with its band.
func (s *server) trend(v *visit, look *view, name string) (*chart, string, error) {
	m, err := s.Metrics.Catalogue().Find(name)
	if err != nil {
		return nil, "", err
	}
	grain := look.grainFor(m)
	series, err := s.Metrics.Read(v.r.Context(), look.request(m, grain))
	if err != nil {
		return nil, "", err
	}
	sc := scale{v.p, m.Unit, series.Currency}
	out := sc.chartOf(name+"-trend", m.Title.In(v.p.Code()), periodsOf(series.Points), grain)
	out.Table = true
	sc.add(out, m.Title.In(v.p.Code()), series.Points, func(pt metric.Point) string { return sourceLink(look, m, grain, pt, "") })
	out.incompleteNote(v.p, true)
	return out, look.Link("/metrics/"+name+"/series.csv", "grain", string(grain)), nil
}

// fillVoice reads the whole period: the distribution, the groups, the score
// reweighted to the base.
func (s *server) fillVoice(v *visit, look *view, p *voicePage) error {
	found, err := s.Metrics.Voice(v.r.Context(), look.voiceRequest(p.By))
	if err != nil {
		return err
	}
	p.Score = v.voiceRow(found.All)
	if w := found.Weighted; w != nil {
		p.Weighted = &weightedScore{v.p.Number(w.Value, 0), v.p.Number(w.Low, 1) + " – " + v.p.Number(w.High, 1), v.p.Percent(w.Covered)}
	}
	p.distribution(v, look, found.All)
	shares := make([]stats.Share, len(found.Groups))
	for i, g := range found.Groups {
		row := v.voiceRow(g)
		row.Name, row.Filter = p.named(g.Group), look.Narrow("/voice", p.By, g.Group)
		row.Why = look.Narrow("/voice/answers", p.By, g.Group)
		shares[i] = stats.Share{Part: float64(sumOf(g.Scores[min(9, len(g.Scores)):])), Whole: float64(g.Answers)}
		p.Rows = append(p.Rows, row)
		p.HasFew = p.HasFew || row.Few
		if g.Response.Of >= stats.MinRanked {
			p.Silent = append(p.Silent, row)
		}
	}
	if drawn, _, err := stats.Shrink(shares, stats.Level); err == nil {
		p.HasDrawn = true
		for i := range p.Rows {
			p.Rows[i].Drawn = lang.None
			if shares[i].Whole > 0 {
				p.Rows[i].Drawn = v.p.Percent(drawn[i].Value)
			}
		}
	}
	slices.SortStableFunc(p.Silent, func(a, b voiceRow) int { return cmp.Compare(a.response, b.response) })
	p.Silent = p.Silent[:min(len(p.Silent), 5)]
	return nil
}

func sumOf(list []int64) (n int64) {
	for _, x := range list {
		n += x
	}
	return n
}

// voiceRow writes a group of the Net Promoter Score.
func (v *visit) voiceRow(g metric.VoiceGroup) voiceRow {
	sc := scale{p: v.p, unit: "points"}
	count := func(from, to int) string { return v.p.Number(float64(sumOf(g.Scores[from:to])), 0) }
	r := voiceRow{
		Value: sc.short(g.Value), Interval: sc.interval(metric.Point{Low: g.Low, High: g.High}), Answers: v.p.Number(float64(g.Answers), 0),
		Promoters: count(9, 11), Passives: count(7, 9), Detractors: count(0, 7), Response: lang.None,
	}
	if g.Response.Value != nil {
		r.Response, r.response = v.p.Percent(*g.Response.Value), *g.Response.Value
		r.ResponsePart = v.p.T("%s of %s", v.p.Number(float64(g.Response.Part), 0), v.p.Number(float64(g.Response.Of), 0))
	}
	switch {
	case g.Answers > 0 && g.Answers < stats.MinRanked:
		r.Few, r.FewWhy = true, v.p.T("Fewer than %d: neither ranked nor coloured.", stats.MinRanked)
	case g.Answers > 0 && g.Answers < stats.MinCompared:
		r.Few, r.FewWhy = true, v.p.T("Fewer than %d: not compared.", stats.MinCompared)
	}
	return r
}

// distribution draws the answers by score.
func (p *voicePage) distribution(v *visit, look *view, all metric.VoiceGroup) {
	c := &chart{ID: "score-data", Label: v.p.T("Answers by score, from 0 to 10"), Data: chartData{
		Kind: "bar", Unit: chartUnit{Kind: "number"}, Zero: true, Whole: true, Incomplete: v.p.T("incomplete"), Interval: v.p.T("95% interval"),
	}}
	x := chartSeries{Name: v.p.T("Answers")}
	for score, n := range all.Scores {
		text, value := strconv.Itoa(score), float64(n)
		row := scoreRow{Score: text, Answers: v.p.Number(value, 0), Href: look.Link("/voice/answers", "score", text)}
		if all.Answers > 0 {
			row.Share = v.p.Percent(value / float64(all.Answers))
		}
		p.Scores = append(p.Scores, row)
		c.Data.Ticks, c.Data.Titles = append(c.Data.Ticks, text), append(c.Data.Titles, v.p.T("Score %s", text))
		x.Values, x.Texts, x.Open = append(x.Values, &value), append(x.Texts, row.Answers), append(x.Open, false)
		x.Links = append(x.Links, row.Href)
	}
	if all.Answers > 0 {
		c.Data.Series = []chartSeries{x}
	}
	p.Distribution = c
}

// answerRows writes answers with who gave them.
func (s *server) answerRows(v *visit, list []metric.Answer) ([]answerRow, error) {
	out := make([]answerRow, 0, len(list))
	for _, a := range list {
		r := answerRow{
			Account: accountWho(string(a.Account)), Person: personWho(string(a.Person)), At: a.At, Score: v.p.Number(a.Score, 0), Survey: a.Survey, Comment: a.Comment,
			Good: a.Kind == "nps" && a.Score >= 9 || a.Kind != "nps" && a.Score >= a.Scale-1, Bad: a.Kind == "nps" && a.Score <= 6 || a.Kind != "nps" && a.Score <= 2,
		}
		out = append(out, r)
	}
	return out, call(s, v, out, func(r *answerRow) []*who { return []*who{&r.Account, &r.Person} })
}

// answersPage lists answers, the newest first.
type answersPage struct {
	shell
	Kind, Relation, Score string
	Commented             bool
	Rows                  []answerRow
	Next                  string
	Drawer                bool
}

// answersRequest reads kind, relation, score, commented and after.
func (v *visit) answersRequest(look *view) (q metric.AnswersRequest, err error) {
	get := v.r.URL.Query().Get
	q = metric.AnswersRequest{VoiceRequest: look.voiceRequest(""), Commented: get("commented") == "yes", After: get("after")}
	q.Kind, q.Relation = get("kind"), get("relation")
	if text := get("score"); text != "" {
		score, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return q, farol.InvalidField("score", "this is not a score: %s", text)
		}
		q.Least, q.Most = &score, &score
	}
	return q, nil
}

func (s *server) voiceAnswers(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	q, err := v.answersRequest(look)
	if err != nil {
		return err
	}
	q.Limit = 50
	list, next, err := s.Metrics.Answers(v.r.Context(), q)
	if err != nil {
		return err
	}
	p := answersPage{shell: v.shell(lang.Text("Survey answers")), Drawer: v.fragment()}
	if p.Rows, err = s.answerRows(v, list); err != nil {
		return err
	}
	p.Question, p.View = v.p.T("Who answered what, and in which words?"), look
	p.Crumb = &crumb{v.p.T("Voice of the customer"), look.Link("/voice")}
	p.extra = url.Values{}
	for _, k := range []string{"kind", "relation", "score", "commented"} {
		if x := v.r.URL.Query().Get(k); x != "" {
			p.extra.Set(k, x)
		}
	}
	p.Kind, p.Relation, p.Score, p.Commented = p.extra.Get("kind"), p.extra.Get("relation"), p.extra.Get("score"), q.Commented
	if next != "" {
		p.Next = p.Link("after", next)
	}
	block := "layout"
	if v.fragment() {
		block = "answers"
	}
	return s.send(v, http.StatusOK, "voice_answers", block, p)
}

// voiceAnswersCSV is up to 10,000 of the answers.
func (s *server) voiceAnswersCSV(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	q, err := v.answersRequest(look)
	if err != nil {
		return err
	}
	q.Limit = metric.MaxRows
	var rows [][]string
	for range 10 {
		list, next, err := s.Metrics.Answers(v.r.Context(), q)
		if err != nil {
			return err
		}
		for _, a := range list {
			rows = append(rows, []string{a.At.Format(time.RFC3339), string(a.Account), string(a.Person), a.Survey, a.Kind, a.Relation,
				strconv.FormatFloat(a.Score, 'f', -1, 64), strconv.FormatFloat(a.Scale, 'f', -1, 64), a.Comment, a.ID})
		}
		if q.After = next; next == "" {
			break
		}
	}
	out := v.csv("answers.csv")
	write(out, []string{"at", "account", "person", "survey", "kind", "relation", "score", "scale", "comment", "id"})
	for _, row := range rows {
		write(out, row)
	}
	out.Flush()
	return nil
}

// csvText keeps a spreadsheet from taking what a customer wrote for a formula.
func csvText(s string) string {
	if s != "" && slices.Contains([]byte("=+-@\t\r"), s[0]) {
		return "'" + s
	}
	return s
}
