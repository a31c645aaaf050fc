package web

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
)

// builderPage is the form that builds a segment. The script sends all of it
// after every change and puts the parts that come back into their places;
// without a script the buttons do the same, a page at a time.
type builderPage struct {
	shell
	refusal
	// Action is where it is saved, Name the segment's, "" for a new one.
	Action, Name string
	Base         int
	Fields       url.Values
	Rows         []builderRow
	// Text is the rule as text, TextWrong what is wrong with it, and TextFrom
	// and TextTo where, in characters from 0.
	Text, TextWrong  string
	TextFrom, TextTo int
	// Bad is the part of the text that is wrong, with what stands around it.
	Bad  [3]string
	Look *ruleLook
	// byText tells that the rule is what the text says.
	byText bool
	// OnlyLook tells that the rows are as the visitor has them already.
	OnlyLook bool
	Choices  *builderChoices
}

// Get is a field's text.
func (p builderPage) Get(name string) string { return p.Fields.Get(name) }

// ruleLook is what a rule chooses.
type ruleLook struct {
	// Said is the sentence in each language.
	Said       []saidIn
	Count, MRR string
	Share      string
	Sample     []customerRow
	More       int
	Took       string
	// Wrong is what is wrong, at Row and Input; Row is -1 when no row is.
	Wrong, Input string
	Row          int
}

type saidIn struct {
	Code lang.Code
	Text string
}

// builderChoices are the names to choose from.
type builderChoices struct {
	Metrics  []choice
	Segments []choice
	// Units say how a metric's number is written.
	Units map[string]string
}

// newSegment is the builder with nothing in it, with a rule given as text, or
// with a copy of another segment.
func (s *server) newSegment(v *visit) error {
	p, err := s.builder(v, "")
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	rule := segment.Rule{All: []segment.Rule{}}
	if from := q.Get("from"); from != "" {
		b, err := s.Segments.Seen(v.r.Context())
		if err != nil {
			return err
		}
		x, err := b.Find(from)
		if err != nil {
			return err
		}
		rule = x.Rule
		p.Fields.Set("title", v.p.T("Copy of %s", x.Title))
		p.Fields.Set("description", x.Description)
	}
	rows := segment.Rows(rule)
	if len(rows) == 1 {
		rows = segment.Change(rows, "add 0 "+segment.AttributeRow)
	}
	p.setRows(rows, 1)
	p.Text = rule.String()
	if text := q.Get("text"); text != "" {
		p.takeText(v, text)
	}
	s.lookRule(v, p)
	return s.send(v, http.StatusOK, "segment_build", "layout", p)
}

// builder prepares the page; name is "" for a new segment.
func (s *server) builder(v *visit, name string) (*builderPage, error) {
	p := &builderPage{shell: v.shell(lang.Text("New segment")), Action: segmentsHref, Name: name, Fields: url.Values{}}
	p.Crumb = &crumb{v.p.T("Segments"), segmentsHref}
	p.Question = v.p.T("Which customers belong together?")
	b, err := s.Segments.Seen(v.r.Context())
	if err != nil {
		return p, err
	}
	if name != "" {
		x, err := b.Find(name)
		if err != nil {
			return p, err
		}
		p.Title, p.Action, p.Base = v.p.T("Change %s", x.Title), segmentHref(name), x.Version
		p.Crumb = &crumb{x.Title, segmentHref(name)}
		p.Question = v.p.T("Which customers belong to this segment? Every change is a new version.")
	}
	p.Choices, err = s.builderChoices(v, b, name)
	return p, err
}

func (s *server) builderChoices(v *visit, b segment.Book, name string) (*builderChoices, error) {
	c := &builderChoices{Units: map[string]string{}}
	n, err := s.names(v)
	if err != nil {
		return nil, err
	}
	for _, m := range n.metrics {
		c.Metrics = append(c.Metrics, choice{Value: m.Name, Name: m.Title.In(v.p.Code())})
		c.Units[m.Name] = unitOf(v, m)
	}
	slices.SortFunc(c.Metrics, func(a, b choice) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Value, b.Value))
	})
	for _, x := range b.All() {
		if x.Name != name {
			c.Segments = append(c.Segments, choice{Value: x.Name, Name: x.Title})
		}
	}
	return c, nil
}

// unitOf says in what a metric's number is written.
func unitOf(v *visit, m *metric.Metric) string {
	switch m.Unit {
	case metric.Money:
		return string(v.company.Currency)
	case "ratio":
		return v.p.T("1 is all")
	case "days", metric.ElapsedDays:
		return v.p.T("days")
	}
	return ""
}

// setRows puts rows into the page; focus is the one that the next key goes to,
// -1 for none.
func (p *builderPage) setRows(rows []segment.Row, focus int) {
	p.Rows = nil
	for _, r := range segment.Settle(rows) {
		p.Rows = append(p.Rows, builderRow{Row: r, Focus: r.Number == focus, p: p})
	}
}

func (p *builderPage) rows() []segment.Row {
	out := make([]segment.Row, len(p.Rows))
	for i, r := range p.Rows {
		out[i] = r.Row
	}
	return out
}

// takeText makes the rows of a rule that was written as text; when it does not
// read, the rows stay and the place is told.
func (p *builderPage) takeText(v *visit, text string) {
	text = plainLines(text)
	p.Text = text
	r, err := segment.ParseText(text)
	if err != nil {
		p.textError(v, text, err)
		return
	}
	p.byText = true
	p.setRows(segment.Rows(r), -1)
	// What the text says reads, and may still be wrong.
	if err := r.Check(); err != nil {
		p.textError(v, text, err)
	}
}

func (p *builderPage) textError(v *visit, text string, err error) {
	p.TextWrong = v.wrong(err)
	from, to, ok := segment.Place(text, err)
	runes := []rune(text)
	if !ok {
		from, to = len(runes), len(runes)
	}
	p.TextFrom, p.TextTo = from, to
	p.Bad = [3]string{string(runes[max(0, from-40):from]), cmp.Or(string(runes[from:to]), " "), string(runes[to:min(len(runes), to+40)])}
}

// plainLines has one sort of line ends, as before it went through a form.
func plainLines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// readBuilder reads what the form holds. The text counts when it was changed
// since the page was made, else the rows.
func (s *server) readBuilder(v *visit, name string) (*builderPage, error) {
	if err := v.form(); err != nil {
		return nil, err
	}
	f := v.r.PostForm
	p, err := s.builder(v, name)
	if err != nil {
		return nil, err
	}
	p.Fields = f
	if base, err := strconv.Atoi(f.Get("base")); err == nil {
		p.Base = base
	}
	rows, err := segment.ReadRows(f)
	if err != nil {
		return nil, err
	}
	p.Text = plainLines(f.Get("text_was"))
	do, focus := f.Get("do"), -1
	if words := strings.Fields(do); len(words) > 1 {
		n, _ := strconv.Atoi(words[1])
		switch before := len(rows); words[0] {
		case "add":
			rows = segment.Change(rows, do)
			focus = firstNew(rows, n, len(rows)-before)
		case "remove":
			rows, focus = segment.Change(rows, do), n-1
		case "value":
			rows, focus = segment.Change(rows, do), n
		}
	}
	p.setRows(rows, focus)
	if text := plainLines(f.Get("text")); f.Get("by") == "text" || text != plainLines(f.Get("text_was")) && f.Get("by") != "rows" {
		p.takeText(v, text)
	}
	return p, nil
}

// firstNew is the first of n rows that were put at the end of the row at i.
func firstNew(rows []segment.Row, i, n int) int {
	at := i + 1
	for at < len(rows) && rows[at].Depth > rows[i].Depth {
		at++
	}
	return at - n
}

// rule is the rule of the page. What is wrong with it is written to the page.
func (p *builderPage) rule(s *server, v *visit, b segment.Book) (segment.Rule, bool) {
	ctx := v.r.Context()
	if p.TextWrong != "" {
		return segment.Rule{}, false
	}
	r, err := segment.RuleOf(p.rows())
	if err == nil && !p.byText {
		p.Text = r.String()
	}
	n, input := -1, ""
	if err != nil {
		n, input = segment.RowAt(p.rows(), fieldOf(err))
	} else if n, err = s.wrongName(ctx, b, p); err != nil {
		input = "name"
	} else if err = s.Segments.Checked(ctx, b, p.Name, r); err != nil {
		n = 0
	} else {
		return r, true
	}
	p.Look = &ruleLook{Wrong: v.wrong(err), Row: n, Input: input}
	if n >= 0 && n < len(p.Rows) {
		p.Rows[n].Wrong, p.Rows[n].Input = p.Look.Wrong, input
	}
	return segment.Rule{}, false
}

// wrongName finds the row that names a metric or a segment that there is none
// of; segments that lead back to this one are refused, too.
func (s *server) wrongName(ctx context.Context, b segment.Book, p *builderPage) (int, error) {
	for _, r := range p.rows() {
		one := segment.Rule{Segment: r.Name}
		if r.Kind == segment.MetricRow {
			one = segment.Rule{Metric: &segment.Metric{Name: r.Name, Op: segment.MoreEqual}}
		}
		if r.Name == "" || r.Kind != segment.MetricRow && r.Kind != segment.SegmentRow {
			continue
		}
		if err := s.Segments.Checked(ctx, b, p.Name, one); err != nil {
			return r.Number, err
		}
	}
	return -1, nil
}

// lookLimit bounds how long the builder waits for a count.
const lookLimit = 20 * time.Second

// sampleShown is how many customers the builder shows.
const sampleShown = 8

// lookRule fills in what the rule chooses just now, or what is wrong with it.
func (s *server) lookRule(v *visit, p *builderPage) {
	ctx, stop := context.WithTimeout(v.r.Context(), lookLimit)
	defer stop()
	b, err := s.Segments.Book(ctx)
	if err != nil {
		p.Look = &ruleLook{Wrong: v.wrong(err), Row: -1}
		return
	}
	r, ok := p.rule(s, v, b)
	if !ok {
		return
	}
	p.Look, err = s.lookAt(ctx, v, b, r)
	if err != nil {
		s.Log.Error("a rule could not be evaluated", "request", v.id, "error", err)
		p.Look = &ruleLook{Wrong: v.p.T("The customers could not be counted just now. The segment can be saved all the same."), Row: -1}
	}
}

func (s *server) lookAt(ctx context.Context, v *visit, b segment.Book, r segment.Rule) (*ruleLook, error) {
	n, err := s.names(v)
	if err != nil {
		return nil, err
	}
	l, err := s.Segments.Look(ctx, b, r)
	if err != nil {
		return nil, err
	}
	all, err := s.Customers.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	out := &ruleLook{Row: -1, Count: v.p.N(l.Count, "%d customer", "%d customers"), MRR: n.money(l.MRR)}
	counted := 0
	for _, a := range all {
		if !a.Test {
			counted++
		}
	}
	if counted > 0 {
		out.Share = v.p.Percent(float64(l.Count) / float64(counted))
	}
	for _, a := range l.Accounts[:min(len(l.Accounts), sampleShown)] {
		out.Sample = append(out.Sample, customerRowOf(n, a, []string{"stage", "metric.mrr"}))
	}
	out.More = l.Count - len(out.Sample)
	out.Took = v.p.T("%s s", v.p.Number(l.Took.Seconds(), 2))
	for _, code := range []lang.Code{v.p.Code(), other(v.p.Code())} {
		out.Said = append(out.Said, saidIn{code, r.Words(lang.For(code), n.titles(lang.For(code), b))})
	}
	return out, nil
}

// trySegment does to the form what a button says, and looks what the rule
// chooses.
func (s *server) trySegment(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	p, err := s.readBuilder(v, v.r.PostForm.Get("name"))
	if err != nil {
		return err
	}
	s.lookRule(v, p)
	if !v.fragment() {
		return s.send(v, http.StatusOK, "segment_build", "layout", p)
	}
	p.OnlyLook = v.r.PostForm.Get("part") == "look"
	return s.send(v, http.StatusOK, "segment_build", "builder-parts", p)
}

func (s *server) editSegment(v *visit) error {
	_, x, err := s.theSegment(v)
	if err != nil {
		return err
	}
	p, err := s.builder(v, x.Name)
	if err != nil {
		return err
	}
	p.Fields = url.Values{"title": {x.Title}, "description": {x.Description}}
	p.setRows(segment.Rows(x.Rule), -1)
	p.Text = x.Rule.String()
	s.lookRule(v, p)
	return s.send(v, http.StatusOK, "segment_build", "layout", p)
}

// addSegment saves a new segment under a name made of its title.
func (s *server) addSegment(v *visit) error { return s.saveSegment(v, "") }

func (s *server) changeSegment(v *visit) error {
	_, x, err := s.theSegment(v)
	if err != nil {
		return err
	}
	return s.saveSegment(v, x.Name)
}

func (s *server) saveSegment(v *visit, name string) error {
	p, err := s.readBuilder(v, name)
	if err != nil {
		return err
	}
	b, err := s.Segments.Book(v.r.Context())
	if err != nil {
		return err
	}
	r, ok := p.rule(s, v, b)
	if ok && blankRule(r) {
		ok, p.Look = false, &ruleLook{Wrong: v.p.T("Say which customers belong to it: add a condition."), Row: 0}
	}
	if !ok {
		return s.send(v, http.StatusUnprocessableEntity, "segment_build", "layout", p)
	}
	d := segment.Document{Title: p.Get("title"), Description: p.Get("description"), Rule: r}
	base := v.base()
	if name == "" {
		name, base, err = s.freeName(v, d.Title)
	}
	if err == nil {
		_, err = s.Segments.Put(v.r.Context(), name, d, base, string(v.member.ID))
	}
	if refused, ok := v.refuse(err); ok {
		s.lookRule(v, p)
		p.refusal = refused.shown("name", "title")
		return s.send(v, http.StatusUnprocessableEntity, "segment_build", "layout", p)
	}
	if err != nil {
		return err
	}
	return v.done(segmentHref(name), "segment")
}

// blankRule tells that nothing was asked for: such a rule comes of an empty
// form, not of a wish for everybody.
func blankRule(r segment.Rule) bool { return r.All != nil && len(r.All) == 0 }

// freeName makes a name of a title, and says which version it follows: a
// segment that was deleted comes back.
func (s *server) freeName(v *visit, title string) (string, *int, error) {
	stem := cmp.Or(slug(title), "segment")
	for i := 1; ; i++ {
		name := stem
		if i > 1 {
			suffix := "-" + strconv.Itoa(i)
			name = strings.TrimRight(stem[:min(len(stem), 60-len(suffix))], "-") + suffix
		}
		d, err := s.Store.Definition(v.r.Context(), segment.Kind, name)
		if farol.KindOf(err) == farol.NotFound {
			zero := 0
			return name, &zero, nil
		}
		if err != nil {
			return "", nil, err
		}
		var was segment.Document
		if err := json.Unmarshal(d.Body, &was); err != nil || was.Retired {
			return name, &d.Version, err
		}
	}
}
