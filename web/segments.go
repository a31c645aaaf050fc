package web

import (
	"cmp"
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
	"github.com/farol-cs/farol/segment"
)

const segmentsHref = "/segments"

// segmentHref is the page of a segment.
func segmentHref(name string) string { return segmentsHref + "/" + url.PathEscape(name) }

// segmentsPage lists the segments.
type segmentsPage struct {
	shell
	Rows  []segmentLine
	Notes []string
}

// segmentLine is a segment with who is in it now, and who came and went within
// a week.
type segmentLine struct {
	segment.Segment
	Href, History, Words, Author, Changed string
	Count, MRR                            string
	Entered, Left                         string
	// Wrong tells that it could not be evaluated last time, New that nobody has
	// looked yet, or had by the moment looked at; Note says more of that.
	Wrong string
	New   bool
	Note  string
}

// weekDays is how far back the lists say who entered and left.
const weekDays = 7

// titles are what sentences of rules call things, in a printer's language.
func (n names) titles(p *lang.Printer, b segment.Book) segment.Titles {
	return segment.Titles{
		Metric: func(name string) string {
			if m, ok := n.metrics[name]; ok {
				return m.Title.In(p.Code())
			}
			return name
		},
		Segment:   func(name string) string { return "“" + b.Title(name) + "”" },
		Attribute: func(name string) string { return attributeTitle(p, n.fields, b, name) },
		Value:     n.attributeValue,
		Person:    func(name string) string { return personAttributeTitle(p, name) },
		PersonValue: func(name, value string) string {
			if name == facts.SentRole {
				return cmp.Or(p.Text(personRoles[facts.RoleOf(value)]), value)
			}
			return value
		},
		Number: func(name string, x float64) string {
			if m, ok := n.metrics[name]; ok {
				return scale{p, m.Unit, n.v.company.Currency}.text(&x)
			}
			return p.Number(x, 2)
		},
	}
}

// attributeTitle is what people call an attribute of accounts: marks are
// attributes, too.
func attributeTitle(p *lang.Printer, fields []customer.Field, b segment.Book, name string) string {
	if role, ok := strings.CutPrefix(name, customer.OwnerTrait); ok && ownerTitles[role] != "" {
		return p.Text(ownerTitles[role])
	}
	if tag, ok := strings.CutPrefix(name, customer.TagTrait); ok {
		return p.T("Tag %s", tag)
	}
	if list, ok := strings.CutPrefix(name, customer.ListTrait); ok {
		return p.T("On the list %s", list)
	}
	if s, ok := strings.CutPrefix(name, segment.Trait("")); ok {
		return p.T("Segment %s", b.Title(s))
	}
	if name == customer.StageTrait {
		return p.T("Stage")
	}
	return titleOf(p, fields, name)
}

// personAttributeTitle is what people call an attribute of people.
func personAttributeTitle(p *lang.Printer, name string) string {
	if name == facts.SentRole {
		return p.T("role")
	}
	return name
}

// attributeValue is what people call a value of an attribute of accounts.
func (n names) attributeValue(name, value string) string {
	switch {
	case name == customer.StageTrait:
		return n.value("stage", value)
	case strings.HasPrefix(name, customer.OwnerTrait):
		return n.value("owner", value)
	case value == "true" && (strings.HasPrefix(name, customer.TagTrait) || strings.HasPrefix(name, customer.ListTrait) || strings.HasPrefix(name, segment.Trait(""))):
		return n.v.p.T("yes")
	}
	return value
}

func (s *server) segments(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := segmentsPage{shell: v.shell(lang.Text("Segments"))}
	p.View = look
	p.Question = v.p.T("Which groups of customers do we follow, and who entered or left them this week?")
	if p.Rows, err = s.segmentRows(v, &p.shell); err != nil {
		return err
	}
	if look.Past() && len(p.Rows) > 0 {
		p.Notes = []string{v.p.T("Who was in a segment is what was marked by then; MRR is what was kept of these customers or follows from what was known. Rules and titles are those of today, and segments that were deleted are not listed.")}
	}
	return s.send(v, http.StatusOK, "segments", "layout", p)
}

func (s *server) segmentRows(v *visit, sh *shell) ([]segmentLine, error) {
	ctx := v.r.Context()
	b, err := s.Segments.Seen(ctx)
	if err != nil || len(b.All()) == 0 {
		return nil, err
	}
	n, err := s.names(v)
	if err != nil {
		return nil, err
	}
	n = n.at(sh.View)
	authors, err := s.writers(v)
	if err != nil {
		return nil, err
	}
	states, err := s.Store.SegmentStates(ctx)
	if err != nil {
		return nil, err
	}
	then, err := s.accountsThen(v, sh.View, "mrr")
	if err != nil {
		return nil, err
	}
	q := moves(v, sh.View, "")
	q.From = sh.View.moment(v.now).AddDate(0, 0, -weekDays)
	moved, err := s.Facts.MarkCounts(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []segmentLine
	for _, x := range b.All() {
		row := segmentLine{Segment: x, Href: sh.View.At(segmentHref(x.Name)), History: sh.View.At(segmentHref(x.Name), "tab", "history"), Words: x.Rule.Words(v.p, n.titles(v.p, b)), Author: v.author(authors, x.Author), Changed: sh.When(x.Created)}
		state, known := states[x.Name]
		row.New, row.Wrong = !known, state.Error
		if sh.View.Past() {
			row.Wrong = ""
			if row.Note, row.New, err = s.segmentThen(n, x.Name); err != nil {
				return nil, err
			}
		}
		members, mrr := customer.Members(then.Accounts, x.Name), 0.0
		for _, a := range members {
			mrr += a.Metrics["mrr"]
		}
		row.Count, row.MRR = v.p.Number(float64(len(members)), 0), n.money(mrr)
		if sh.View.Past() && then.Days["mrr"] == 0 {
			row.MRR = lang.None // nothing was kept, which is not zero
		}
		in, left := came(moved, x.Name, state.Began)
		row.Entered, row.Left = v.p.Number(float64(in), 0), v.p.Number(float64(left), 0)
		out = append(out, row)
	}
	return out, nil
}

// moves are the marks of a segment ("" for all) that the view looks at.
func moves(v *visit, look *view, name string) facts.MarkQuery {
	q := facts.MarkQuery{Trait: segment.Trait(name), Known: look.Known}
	if look.AsOf != 0 {
		q.To = look.AsOf.Next(1).Start(v.company.location())
	}
	return q
}

// came counts who entered and left a segment; those who were in it when it was
// first looked at have not entered.
func came(moved []facts.MarkCount, name string, began time.Time) (in, left int64) {
	for _, m := range moved {
		switch {
		case m.Trait != segment.Trait(name) || m.At.Equal(began):
		case m.Value == segment.In:
			in += m.Accounts
		default:
			left += m.Accounts
		}
	}
	return in, left
}

// segmentPage is one segment: who is in it, who came and went.
type segmentPage struct {
	shell
	refusal
	Segment segmentLine
	Figures []headFigure
	// Tab is "" for who is in it, "history" for who came and went.
	Tab string
	// Watching tells that the member hears who enters and leaves it.
	Watching bool
	Members  []customerRow
	Moves    []moveRow
	Chart    *chart
	Uses     []link
	UsedBy   []link
	Use      []link
	Columns  []customerColumn
	CSV      string
	First    string
	Next     string
	// Said is the sentence in the other language, and OtherLang which one.
	Said      string
	OtherLang lang.Code
	Looked    string
	Base      int
	// Versions leads to its versions, Notes say what the past does not tell.
	Versions string
	Notes    []string
}

// headFigure is a figure in the head of a page.
type headFigure struct{ Title, Value, Note string }

// moveRow is an account that came or went.
type moveRow struct {
	When, Day, Name, Href string
	// Entered, Left or in it From the start.
	Entered, From bool
}

const segmentShown = 50

// theSegment is the segment that the address names.
func (s *server) theSegment(v *visit) (segment.Book, segment.Segment, error) {
	b, err := s.Segments.Seen(v.r.Context())
	if err != nil {
		return b, segment.Segment{}, err
	}
	x, err := b.Find(v.r.PathValue("name"))
	return b, x, err
}

func (s *server) showSegment(v *visit) error { return s.segmentWith(v, http.StatusOK, refusal{}) }

func (s *server) segmentWith(v *visit, status int, r refusal) error {
	b, x, err := s.theSegment(v)
	if err != nil {
		return err
	}
	look, err := v.view()
	if err != nil {
		return err
	}
	p := segmentPage{shell: v.shell(""), refusal: r, Base: x.Version, Versions: segmentHref(x.Name) + "/versions"}
	p.Title, p.Crumb, p.Tab = x.Title, &crumb{v.p.T("Segments"), look.At(segmentsHref)}, v.r.URL.Query().Get("tab")
	p.Charts, p.View, p.path = true, look, segmentHref(x.Name)
	if p.Tab == "history" {
		p.extra = url.Values{"tab": {p.Tab}}
	}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	n = n.at(look)
	rows, err := s.segmentRows(v, &p.shell)
	if err != nil {
		return err
	}
	p.Segment = rows[slices.IndexFunc(rows, func(r segmentLine) bool { return r.Name == x.Name })]
	p.Question = v.p.T("Customers of whom it holds that %s.", p.Segment.Words)
	p.OtherLang = other(v.p.Code())
	p.Said = x.Rule.Words(lang.For(p.OtherLang), n.titles(lang.For(p.OtherLang), b))
	for _, name := range x.Rule.Uses() {
		p.Uses = append(p.Uses, link{b.Title(name), look.At(segmentHref(name))})
	}
	for _, u := range b.UsedBy(x.Name) {
		p.UsedBy = append(p.UsedBy, link{u.Title, look.At(segmentHref(u.Name))})
	}
	p.Use = usesOf(v.p, look, x.Name)
	if look.Past() {
		p.Notes = []string{v.p.T("Who was in it is what was marked by then; the columns are what was said and kept by then.")}
		if p.Segment.Note != "" {
			p.Notes = append(p.Notes, p.Segment.Note)
		}
	}
	watched, err := s.Store.Watched(v.r.Context(), v.member.ID)
	if err != nil {
		return err
	}
	p.Watching = slices.Contains(watched, x.Name)
	if err := s.segmentFigures(v, x, &p); err != nil {
		return err
	}
	if p.Tab == "history" {
		err = s.segmentMoves(v, x, &p)
	} else {
		err = s.segmentMembers(v, n, x, &p)
	}
	if err != nil {
		return err
	}
	return s.send(v, status, "segment", "layout", p)
}

// usesOf lead to pages with the segment chosen, as of the same moment.
func usesOf(p *lang.Printer, look *view, name string) []link {
	out := []link{{p.T("Customers"), look.At("/customers", "where", "segment."+name+"=true")}}
	for _, x := range []struct {
		title lang.Text
		path  string
	}{
		{lang.Text("Overview"), "/"}, {lang.Text("Revenue"), "/revenue"}, {lang.Text("Engagement"), "/engagement"}, {lang.Text("Retention"), "/retention"}, {lang.Text("Churn"), "/churn"},
		{lang.Text("Life cycle"), "/lifecycle"}, {lang.Text("People"), "/people"}, {lang.Text("Customer stages"), "/stages"}, {lang.Text("Tickets"), "/tickets"}, {lang.Text("Activation"), "/activation"},
		{lang.Text("Adoption"), "/adoption"}, {lang.Text("Voice of the customer"), "/voice"},
	} {
		out = append(out, link{p.Text(x.title), look.At(x.path, "segment", name)})
	}
	return out
}

// chartDays is how far back the drawing goes.
const chartDays = 90

// segmentFigures fills in the head and the drawing.
func (s *server) segmentFigures(v *visit, x segment.Segment, p *segmentPage) error {
	states, err := s.Store.SegmentStates(v.r.Context())
	if err != nil {
		return err
	}
	state, ok := states[x.Name]
	if ok {
		p.Looked = p.Ago(state.Evaluated)
	}
	if x := &p.Segment; x.New && p.View.Past() {
		x.Count, x.MRR, x.Entered, x.Left = lang.None, lang.None, lang.None, lang.None
	}
	entered, left := v.p.T("Entered this week"), v.p.T("Left this week")
	if p.View.Past() {
		entered, left = v.p.T("Entered in the 7 days before"), v.p.T("Left in the 7 days before")
	}
	p.Figures = []headFigure{
		{v.p.T("Customers"), p.Segment.Count, ""}, {v.p.T("MRR"), p.Segment.MRR, ""}, {entered, p.Segment.Entered, ""}, {left, p.Segment.Left, ""},
	}
	q := moves(v, p.View, x.Name)
	q.From = time.Unix(0, 0)
	moved, err := s.Facts.MarkCounts(v.r.Context(), q)
	if err != nil || !ok {
		return err
	}
	if state.Began.After(p.View.moment(v.now).AddDate(0, 0, -1)) {
		return nil // one point is no line
	}
	p.Chart = membershipChart(v, p.View, moved, farol.DayOf(state.Began, v.company.location()))
	return nil
}

// membershipChart draws how many were in the segment at the end of each day.
func membershipChart(v *visit, look *view, moved []facts.MarkCount, began farol.Day) *chart {
	today := look.reference()
	from := max(today.Next(-chartDays), began)
	days := v.company.calendar().Cut(farol.Daily, farol.Period{From: from, To: today + 1})
	c := scale{p: v.p, unit: "accounts"}.chartOf("segment-data", v.p.T("Customers in the segment at the end of each day"), days, farol.Daily)
	x := chartSeries{Name: v.p.T("Customers")}
	n, at := int64(0), 0
	for _, d := range days {
		for ; at < len(moved) && moved[at].Day <= d.From; at++ {
			if moved[at].Value == segment.In {
				n += moved[at].Accounts
			} else {
				n -= moved[at].Accounts
			}
		}
		value := float64(n)
		x.Values, x.Texts, x.Open = append(x.Values, &value), append(x.Texts, v.p.Number(value, 0)), append(x.Open, false)
	}
	c.Data.Series, c.Table = []chartSeries{x}, true
	return c
}

// offset reads from where on a list is shown.
func (v *visit) offset() (int, error) {
	text := v.r.URL.Query().Get("offset")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, farol.InvalidField("offset", "must be a whole number")
	}
	return n, nil
}

// memberColumns are what the list of members shows besides the name.
var memberColumns = []string{"stage", "owner.csm", "metric.mrr", "metric.active_users_week"}

// segmentMembers fills in who is in it, those that pay most first.
func (s *server) segmentMembers(v *visit, n names, x segment.Segment, p *segmentPage) error {
	offset, err := v.offset()
	if err != nil {
		return err
	}
	q := n.query(segmentQuery(x.Name, offset, segmentShown))
	then, err := s.accountsThen(v, p.View, q.Metrics(memberColumns...)...)
	if err != nil {
		return err
	}
	page := q.Of(then.Accounts)
	for _, c := range memberColumns {
		p.Columns = append(p.Columns, customerColumn{Title: short(n.title(c)), Full: n.title(c), Number: strings.HasPrefix(c, "metric.")})
	}
	for _, a := range page.Accounts {
		p.Members = append(p.Members, customerRowOf(n, a, memberColumns))
	}
	here := segmentHref(x.Name)
	if p.CSV = p.View.At(here + "/members.csv"); offset > 0 {
		p.First = p.View.At(here)
	}
	if offset+len(page.Accounts) < page.Count {
		p.Next = p.View.At(here, "offset", strconv.Itoa(offset+len(page.Accounts)))
	}
	return nil
}

func segmentQuery(name string, offset, limit int) customer.Query {
	return customer.Query{Where: []customer.Condition{{Column: "segment." + name, Values: []string{segment.In}}}, Sort: "metric.mrr", Down: true, Offset: offset, Limit: limit, Total: "mrr"}
}

// segmentMoves fills in who came and went, the newest first.
func (s *server) segmentMoves(v *visit, x segment.Segment, p *segmentPage) error {
	states, err := s.Store.SegmentStates(v.r.Context())
	if err != nil {
		return err
	}
	then, err := s.accountsThen(v, p.View)
	if err != nil {
		return err
	}
	q := moves(v, p.View, x.Name)
	q.Limit, q.After = segmentShown, v.r.URL.Query().Get("after")
	list, next, err := s.Facts.MarkLog(v.r.Context(), q)
	if err != nil {
		return err
	}
	for _, m := range list {
		row := moveRow{When: p.When(m.At), Name: string(m.Account), Href: p.View.At(customerHref(m.Account)), Entered: m.Value == segment.In}
		row.From = m.At.Equal(states[x.Name].Began)
		if a, ok := then.Accounts[m.Account]; ok {
			row.Name = a.Name
		}
		p.Moves = append(p.Moves, row)
	}
	here := segmentHref(x.Name)
	if p.CSV = p.View.At(here + "/history.csv"); v.r.URL.Query().Get("after") != "" {
		p.First = p.View.At(here, "tab", "history")
	}
	if next != "" {
		p.Next = p.View.At(here, "tab", "history", "after", next)
	}
	return nil
}

// segmentMembersCSV is everybody who is in it.
func (s *server) segmentMembersCSV(v *visit) error {
	_, x, err := s.theSegment(v)
	if err != nil {
		return err
	}
	look, err := v.view()
	if err != nil {
		return err
	}
	then, err := s.accountsThen(v, look, segmentQuery(x.Name, 0, 0).Metrics(memberColumns...)...)
	if err != nil {
		return err
	}
	members := customer.Members(then.Accounts, x.Name)
	slices.SortFunc(members, func(a, b *customer.Account) int {
		return cmp.Or(cmp.Compare(b.Metrics["mrr"], a.Metrics["mrr"]), cmp.Compare(a.ID, b.ID))
	})
	out := v.csv(look.file("segment-" + x.Name))
	write(out, append([]string{"id", "name"}, memberColumns...))
	for _, a := range members {
		row := []string{string(a.ID), a.Name}
		for _, c := range memberColumns {
			row = append(row, a.Value(c))
		}
		write(out, row)
	}
	out.Flush()
	return nil
}

// segmentHistoryCSV is all who came and went, the newest first.
func (s *server) segmentHistoryCSV(v *visit) error {
	_, x, err := s.theSegment(v)
	if err != nil {
		return err
	}
	look, err := v.view()
	if err != nil {
		return err
	}
	q := moves(v, look, x.Name)
	q.Limit = 10_000
	list, next, err := s.Facts.MarkLog(v.r.Context(), q)
	if err != nil {
		return err
	}
	out := v.csv(look.file("segment-" + x.Name + "-history"))
	write(out, []string{"at", "account", "change", "known"})
	for {
		for _, m := range list {
			write(out, []string{m.At.Format(time.RFC3339), string(m.Account), map[bool]string{true: "entered", false: "left"}[m.Value == segment.In], m.Known.Format(time.RFC3339)})
		}
		if next == "" {
			break
		}
		q.After = next
		if list, next, err = s.Facts.MarkLog(v.r.Context(), q); err != nil {
			s.Log.Error("a download broke off", "request", v.id, "error", err)
			panic(http.ErrAbortHandler)
		}
	}
	out.Flush()
	return nil
}

// removeSegment deletes a segment that no other names.
func (s *server) removeSegment(v *visit) error {
	err := v.form()
	if err == nil {
		if _, _, gone := s.theSegment(v); gone != nil {
			return gone
		}
		err = s.Segments.Retire(v.r.Context(), v.r.PathValue("name"), v.base(), string(v.member.ID))
	}
	if r, ok := v.refuse(err); ok {
		return s.segmentWith(v, http.StatusUnprocessableEntity, r)
	}
	if err != nil {
		return err
	}
	return v.done(segmentsHref, "segment-gone")
}

// base is the version that the form was made from, nil when it does not say.
func (v *visit) base() *int {
	if n, err := strconv.Atoi(v.r.PostForm.Get("base")); err == nil {
		return &n
	}
	return nil
}

func (s *server) segmentVersions(v *visit) error {
	_, x, err := s.theSegment(v)
	if err != nil {
		return err
	}
	sh := v.shell("")
	sh.Title, sh.Question = x.Title, v.p.T("Which versions has this segment had? A version never changes once made.")
	return s.sendVersions(v, versionsPage{shell: sh}, segmentHref(x.Name), segment.Kind, x.Name)
}

// MaySegment tells whether the member may make and change segments: not of the
// past.
func (s shell) MaySegment() bool { return s.MayWork() }
