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
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
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

// builderRow is a row with what it may choose from.
type builderRow struct {
	segment.Row
	// Wrong is what is wrong with the row, Input the field that it is.
	Wrong, Input string
	// Focus tells that the next key goes here.
	Focus bool
	p     *builderPage
}

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

// Level is how deep the row is drawn.
func (r builderRow) Level() int { return min(r.Depth, 9) }

// At tells whether the comparison is one of those.
func (r builderRow) At(ops ...string) bool { return slices.Contains(ops, r.Op) }

// Bad tells whether the field is the one that is wrong.
func (r builderRow) Bad(input string) bool { return r.Wrong != "" && r.Input == input }

// Label names the row for who does not see where it stands.
func (r builderRow) Label() string { return r.p.visit.p.T("Row %d, level %d", r.Number+1, r.Depth+1) }

// Removable tells whether the row may be taken out: the first holds all, and
// the list that says of whom a row of people speaks stays.
func (r builderRow) Removable() bool {
	return r.Depth > 0 && (r.Number == 0 || r.p.Rows[r.Number-1].Kind != segment.PeopleRow || r.p.Rows[r.Number-1].Depth != r.Depth-1)
}

// FocusName tells that the next key goes to the name, FocusValue that it goes
// to the value at i: the last of a row that has a name.
func (r builderRow) FocusName() bool { return r.Focus && (r.Name == "" || !r.Words()) }

// FocusValue is described with FocusName.
func (r builderRow) FocusValue(i int) bool { return r.Focus && r.Name != "" && i == len(r.Values)-1 }

// SuggestName and SuggestValue say what may be suggested for the row.
func (r builderRow) SuggestName() string {
	if r.Person {
		return "person-attribute"
	}
	return "attribute"
}

// SuggestValue is described with SuggestName.
func (r builderRow) SuggestValue() string {
	switch {
	case r.Kind == segment.PropertyRow:
		return "property-value"
	case r.Person:
		return "person-value"
	}
	return "value"
}

// Lists are the sorts of lists.
func (r builderRow) Lists() []choice {
	p := r.p.visit.p
	out := []choice{{Value: segment.AllRow, Name: p.T("All of these hold")}, {Value: segment.AnyRow, Name: p.T("At least one of these holds")}, {Value: segment.NoneRow, Name: p.T("None of these holds")}}
	return chosen(out, r.Kind)
}

// Words tells that the comparison takes texts, Numbered that it takes a number,
// Dated a number of days, Spanned two.
func (r builderRow) Words() bool { return r.At("is", "is not", "contains", "starts with") }

// Numbered tells that the comparison is one of numbers.
func (r builderRow) Numbered() bool { return r.At("=", "!=", "<", "<=", ">", ">=") }

// Dated tells that the comparison counts days from today.
func (r builderRow) Dated() bool { return r.At("next", "last", "before", "after") }

// Spanned tells that the comparison is between two days.
func (r builderRow) Spanned() bool { return r.At("in days") }

// opGroup are comparisons of one sort.
type opGroup struct {
	Title string
	Ops   []choice
}

// opWords are a comparison and its words.
type opWords struct {
	op    segment.Op
	words lang.Text
}

var (
	numberOps = []opWords{
		{segment.MoreEqual, lang.Text("at least")}, {segment.LessEqual, lang.Text("at most")}, {segment.More, lang.Text("more than")},
		{segment.Less, lang.Text("less than")}, {segment.Equal, lang.Text("exactly")}, {segment.NotEqual, lang.Text("other than")},
	}
	textOps = []opWords{
		{segment.Is, lang.Text("is")}, {segment.IsNot, lang.Text("is not")}, {segment.Contains, lang.Text("contains")}, {segment.StartsWith, lang.Text("starts with")},
	}
	knownOps = []opWords{{segment.Known, lang.Text("is known")}, {segment.Unknown, lang.Text("is unknown")}}
	dateOps  = []opWords{
		{segment.Next, lang.Text("is within the next")}, {segment.Last, lang.Text("was within the last")}, {segment.Before, lang.Text("was more than … ago")},
		{segment.After, lang.Text("comes in more than")}, {segment.Between, lang.Text("is between, from today")},
	}
)

// Comparisons lists those that the row's kind knows.
func (r builderRow) Comparisons() []opGroup {
	p := r.p.visit.p
	group := func(title lang.Text, list []opWords) opGroup {
		g := opGroup{Title: p.Text(title)}
		for _, x := range list {
			g.Ops = append(g.Ops, choice{Value: string(x.op), Name: p.Text(x.words), Chosen: r.Op == string(x.op)})
		}
		return g
	}
	numbers := group(lang.Text("As a number"), numberOps)
	switch r.Kind {
	case segment.AttributeRow:
		return []opGroup{group(lang.Text("As a text"), textOps), numbers, group(lang.Text("As a date"), dateOps), group(lang.Text("Whether it is there"), knownOps)}
	case segment.PropertyRow:
		return []opGroup{group(lang.Text("As a text"), textOps[:2]), numbers}
	case segment.DidRow:
		never := choice{Value: string(segment.Never), Name: p.T("not once"), Chosen: r.Op == string(segment.Never)}
		numbers.Ops = append([]choice{never}, numbers.Ops...)
	}
	numbers.Title = ""
	return []opGroup{numbers}
}

// Adds are the kinds of rows that may be put into this one.
func (r builderRow) Adds() []choice {
	p := r.p.visit.p
	all := []choice{
		{Value: segment.AttributeRow, Name: p.T("Attribute")}, {Value: segment.MetricRow, Name: p.T("Metric")}, {Value: segment.DidRow, Name: p.T("Behaviour")},
		{Value: segment.PeopleRow, Name: p.T("People")}, {Value: segment.SegmentRow, Name: p.T("Segment")}, {Value: segment.AnyRow, Name: p.T("Group of conditions")},
	}
	switch {
	case r.Kind == segment.DidRow:
		return []choice{{Value: segment.PropertyRow, Name: p.T("Only where a property …")}}
	case r.Person || r.Kind == segment.PeopleRow:
		return []choice{all[0], all[2], all[5]}
	}
	return all
}

// Metrics lists the metrics to choose from.
func (r builderRow) Metrics() []choice { return chosen(r.p.Choices.Metrics, r.Name) }

// Segments lists the segments to choose from.
func (r builderRow) Segments() []choice { return chosen(r.p.Choices.Segments, r.Name) }

// Unit is how the metric's number is written.
func (r builderRow) Unit() string {
	if r.Change == segment.Percent {
		return "%"
	}
	return r.p.Choices.Units[r.Name]
}

func chosen(list []choice, value string) []choice {
	list = slices.Clone(list)
	found := value == ""
	for i := range list {
		list[i].Chosen = list[i].Value == value
		found = found || list[i].Chosen
	}
	if !found {
		list = append(list, choice{Value: value, Name: value, Chosen: true})
	}
	return list
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
	if counted := len(all); counted > 0 {
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

// suggestShown bounds what is suggested.
const suggestShown = 200

// suggestSegment lists names and values that exist, for a field of the
// builder: what says for which.
func (s *server) suggestSegment(v *visit) error {
	q := v.r.URL.Query()
	n, err := s.names(v)
	if err != nil {
		return err
	}
	b, err := s.Segments.Book(v.r.Context())
	if err != nil {
		return err
	}
	list, err := s.suggestions(v, n, b, q.Get("what"), q.Get("of"), q.Get("event"))
	if err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "segment_build", "suggestions", list)
}

func (s *server) suggestions(v *visit, n names, b segment.Book, what, of, event string) (out []choice, err error) {
	ctx := v.r.Context()
	plain := func(list []string, err error) ([]choice, error) {
		for _, x := range list {
			out = append(out, choice{Value: x})
		}
		return out, err
	}
	today := farol.DayOf(v.now, s.Facts.Zone())
	switch what {
	case "attribute":
		list, err := s.Facts.Attributes(ctx)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(list, "created_at") {
			list = append(list, "created_at") // every account has it
		}
		return append(marksToName(v.p, b), plainChoices(list)...), nil
	case "value":
		return s.valuesOf(ctx, n, of)
	case "person-attribute":
		return plain(s.Facts.PersonAttributes(ctx))
	case "person-value":
		return plain(s.Facts.PersonAttributeValues(ctx, of, suggestShown))
	case "event":
		list, err := s.Facts.EventNames(ctx, today.Next(-180), suggestShown)
		out = append(out, choice{Value: "*", Name: v.p.T("anything")})
		for _, x := range list {
			out = append(out, choice{Value: x, Name: map[string]string{"$page": v.p.T("a page view"), "$screen": v.p.T("a screen view")}[x]})
		}
		return out, err
	case "property", "property-value":
		return plain(s.properties(ctx, event, of, what == "property-value"))
	}
	return nil, farol.InvalidField("what", "there is nothing to suggest for %s", what)
}

func plainChoices(list []string) []choice {
	out := make([]choice, len(list))
	for i, x := range list {
		out[i] = choice{Value: x}
	}
	return out
}

// marksToName are the attributes that Farol and its team keep.
func marksToName(p *lang.Printer, b segment.Book) []choice {
	names := []string{customer.StageTrait}
	for _, role := range customer.OwnerRoles {
		names = append(names, customer.OwnerTrait+role)
	}
	out := make([]choice, len(names))
	for i, x := range names {
		out[i] = choice{Value: x, Name: attributeTitle(p, b, x)}
	}
	return out
}

// valuesOf lists the values of an attribute of accounts, marks by their names.
func (s *server) valuesOf(ctx context.Context, n names, of string) ([]choice, error) {
	if of == customer.StageTrait || strings.HasPrefix(of, customer.OwnerTrait) {
		var out []choice
		column := strings.TrimPrefix(of, "$")
		var values []string
		for _, x := range n.stages.List {
			values = append(values, x.Name)
		}
		if of != customer.StageTrait {
			values = nil
			for id := range n.members {
				values = append(values, id)
			}
			slices.SortFunc(values, func(a, b string) int { return strings.Compare(n.members[a], n.members[b]) })
		}
		for _, x := range values {
			out = append(out, choice{Value: x, Name: n.value(column, x)})
		}
		return out, nil
	}
	list, err := s.Facts.AttributeValues(ctx, of, suggestShown)
	return plainChoices(list), err
}

// properties lists the names of the properties that the last events of the
// name have, or the values of one of them.
func (s *server) properties(ctx context.Context, event, of string, values bool) ([]string, error) {
	rows, _, err := s.Facts.Events(ctx, facts.EventFilter{Name: event, Limit: 200})
	var out []string
	add := func(x string) {
		if !slices.Contains(out, x) && len(x) < 200 {
			out = append(out, x)
		}
	}
	for _, r := range rows {
		var props map[string]any
		if json.Unmarshal(r.Properties, &props) != nil {
			continue
		}
		for k, x := range props {
			switch x := x.(type) {
			case string:
				if values && k == of {
					add(x)
				}
			case float64:
				if values && k == of {
					add(strconv.FormatFloat(x, 'f', -1, 64))
				}
			case bool:
				if values && k == of {
					add(strconv.FormatBool(x))
				}
			}
			if !values {
				add(k)
			}
		}
	}
	slices.Sort(out)
	return out, err
}
