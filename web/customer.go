package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// customerPage is everything known of one account: who it is at the left,
// what happened and what is to do in tabs.
type customerPage struct {
	shell
	refusal
	ID      string
	Account *customer.Account
	// Stale says for how long a source that feeds the customer has been silent.
	Stale string
	// Head are the few things at the top, Owners the members with a role,
	// Facts the attributes.
	Head    []customerFigure
	Owners  []customerOwner
	Facts   []customerFact
	Stages  []choice
	Tags    []string
	Lists   []string
	Tabs    []pageTab
	Tab     string
	Follows bool
	Members []store.Member
	// What the tab shows.
	Moments   []momentRow
	Kinds     []choice
	Whose     []whoseGroup
	Older     string
	People    []personRow
	Features  []usedRow
	UseChart  *chart
	SeatChart *chart
	Seats     []customerFigure
	Money     *moneyTab
	Tickets   []ticketRow
	Answers   []answerLine
	Sums      []customerFigure
	Notes     []noteRow
	Tasks     []taskRow
	Messages  []messageRow
	Unread    int
	Compose   *composer
	Files     []fileRow
	Accept    string
	StageRows []stageRow
	Fields    url.Values
	Past      bool
	// Inputs are the team's own fields, Above the account above, Below how many
	// are below, Parts what was merged into this one, Products what it has or had.
	Inputs   []fieldInput
	Above    *link
	Below    int
	Parts    []farol.AccountID
	Products []customer.Product
	// HeadLater is where the figures at the top are with their small history,
	// Later where the part of the tab is that takes longer: both are asked for
	// when the page stands.
	HeadLater, Later string

	found moments
}

// customerFigure is a figure at the top: a value with what is beside it.
type customerFigure struct {
	Title, Value, Href string
	// Note stands under the value, Mark is the class of its tag.
	Note, Mark string
	Spark      *spark
	// Edit is what a click changes, as of a customerCell.
	Edit, Role, Raw string
}

type customerOwner struct{ Title, Name, Role, Value, Cover string }

// customerFact is an attribute with since when it is so and who said it.
type customerFact struct{ Name, Value, History, Since, Source string }

type pageTab struct {
	Title, Href string
	Current     bool
}

type personRow struct {
	ID, Events, Last string
	Days, Times      string
	Name, Href, Role string
}

type usedRow struct {
	Event, Times, Before, People, Last string
	Change                             string
	Up, Down                           bool
}

type stageRow struct {
	Stage, Why, Since, Days string
	Mark, Stands            string
}

// customerTabs are the tabs of the page, in order.
var customerTabs = []struct {
	name  string
	title lang.Text
}{
	{"timeline", lang.Text("Timeline")}, {"people", lang.Text("People")}, {"use", lang.Text("Use")}, {"money", lang.Text("Money")},
	{"tickets", lang.Text("Tickets")}, {"answers", lang.Text("Answers")}, {"notes", lang.Text("Notes")}, {"tasks", lang.Text("Tasks")},
	{"files", lang.Text("Files")}, {"stages", lang.Text("Stages")}, {"thread", lang.Text("Conversation")},
}

func (s *server) customer(v *visit) error { return s.showCustomer(v, http.StatusOK, refusal{}, nil) }

func (s *server) showCustomer(v *visit, status int, r refusal, fields url.Values) error {
	id := farol.AccountID(v.r.PathValue("id"))
	look, err := v.view()
	if err != nil {
		return err
	}
	if to := s.Facts.Joined(id, look.Known); to != id && v.r.Method == http.MethodGet {
		return v.redirect(look.Link(customerHref(to)))
	}
	known := s.dossier(v, look, id)
	defer known.wait() // nothing reads on when the page has ended
	p := customerPage{ID: string(id), refusal: r, Fields: fields, Past: look.Past()}
	if p.Account, err = s.accountAt(v, look, id); err != nil {
		return err
	}
	p.shell = v.shell("")
	p.Title, p.View, p.Charts = p.Account.Name, look, true
	p.HeadLater = look.Link(customerHref(id)+"/part", "part", "head")
	if p.Stale, err = s.staleAccount(v, p.Account); err != nil {
		return err
	}
	p.Question = v.p.T("Who is this customer, how are they doing, and what comes next?")
	p.Crumb = &crumb{v.p.T("Customers"), "/customers"}
	p.Tab = cmp.Or(v.r.URL.Query().Get("tab"), "timeline")
	if v.r.Method == http.MethodPost {
		p.Tab = cmp.Or(fields.Get("tab"), p.Tab)
	}
	if p.Tab != "timeline" {
		p.extra = url.Values{"tab": {p.Tab}}
	}
	for _, t := range customerTabs {
		if t.name == "money" && sight.Of(v.r.Context()).Hides(sight.Money) {
			continue
		}
		name := t.name
		if name == "timeline" {
			name = ""
		}
		title, err := s.tabTitle(v, id, t.name, t.title)
		if err != nil {
			return err
		}
		p.Tabs = append(p.Tabs, pageTab{title, look.Link(customerHref(id), "tab", name), t.name == p.Tab})
	}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	n.today = look.reference()
	if p.found, err = known.wait(); err != nil {
		return err
	}
	if err := s.customerTab(v, look, n, &p); err != nil {
		return err
	}
	if err := s.customerHead(v, n, &p); err != nil {
		return err
	}
	return s.send(v, status, "customer", "layout", p)
}

// dossier is what happened to an account, as far as its page tells: the newest
// of each kind, read once for all parts of the page.
type dossier struct {
	done  chan struct{}
	found moments
	err   error
}

// moments are what happened, by kind, the newest first.
type moments map[string][]facts.Moment

// momentsKept is how much of each kind is read. A page shows fewer; the rest
// says since when an attribute has been what it is.
const momentsKept = 1000

// dossier begins to read, while the page does something else.
func (s *server) dossier(v *visit, look *view, id farol.AccountID) *dossier {
	d := &dossier{done: make(chan struct{})}
	ctx := v.r.Context()
	go func() {
		defer close(d.done)
		var lists [][]facts.Moment
		lists, d.err = s.Facts.MomentsByKind(ctx, facts.MomentFilter{Account: id, AsOf: look.AsOf, Known: look.Known, Limit: momentsKept})
		d.found = byKind(lists)
	}()
	return d
}

func byKind(lists [][]facts.Moment) moments {
	out := moments{}
	for _, list := range lists {
		for _, m := range list {
			out[m.Kind] = append(out[m.Kind], m)
		}
	}
	return out
}

func (d *dossier) wait() (moments, error) {
	<-d.done
	return d.found, d.err
}

// accountAt is the account as the view looks at it.
func (s *server) accountAt(v *visit, look *view, id farol.AccountID) (*customer.Account, error) {
	if !look.Past() {
		return s.Customers.Account(v.r.Context(), id)
	}
	ctx := v.r.Context()
	a, err := s.Customers.AccountAt(ctx, id, look.AsOf, look.Known)
	if err != nil || look.Known.IsZero() {
		return a, err
	}
	// What nobody had kept by then is worked out, as on the list.
	for _, name := range headMetrics {
		if _, ok := a.Metrics[name]; ok || sight.Of(ctx).Hides("metric."+name) {
			continue
		}
		_, values, err := s.Metrics.AccountValues(ctx, name, a.ID, look.reference(), look.Known)
		if err != nil {
			return nil, err
		}
		if x, ok := values[a.ID]; ok {
			a.Metrics[name] = x
		}
	}
	return a, nil
}

// headMetrics are the figures at the top, of those that are kept per account.
var headMetrics = []string{"mrr", "active_users_28d", "seat_utilisation", "days_since_activity", "nps"}

// headDays is how long the small history of a figure is.
const headDays = 182

func (s *server) customerHead(v *visit, n names, p *customerPage) error {
	a := p.Account
	if err := s.headFigures(v, n, p, nil); err != nil {
		return err
	}
	covers, err := s.Store.CoversNow(v.r.Context())
	if err != nil {
		return err
	}
	for _, role := range customer.OwnerRoles {
		p.Owners = append(p.Owners, customerOwner{v.p.Text(ownerTitles[role]), cmp.Or(n.members[a.Owner(role)], lang.None), role, a.Owner(role), coverOf(v.p, covers, n.members, a.Owner(role))})
	}
	p.Tags, p.Lists, p.Stages = a.Tags(), a.Lists(), n.stageChoices(a.Stage())
	if err := s.attributes(v, n, p); err != nil {
		return err
	}
	if p.Members, err = s.Store.Members(v.r.Context()); err != nil {
		return err
	}
	followed, err := s.Store.Followed(v.r.Context(), v.member.ID)
	p.Follows = slices.Contains(followed, a.ID)
	return err
}

// headFigures fills the figures at the top, with what was kept of the metrics
// for their small history.
func (s *server) headFigures(v *visit, n names, p *customerPage, kept []facts.Measure) error {
	a, look := p.Account, p.View
	p.Head = append(p.Head, n.stageFigure(p), n.ownerFigure(p))
	for i, name := range headMetrics {
		if m, ok := n.metrics[name]; ok {
			p.Head = append(p.Head, n.metricFigure(look, a, m, kept))
		}
		if i == 0 {
			p.Head = append(p.Head, n.renewalFigure(a))
			last, err := s.lastContact(v, n, a.ID, look, p.found)
			if err != nil {
				return err
			}
			p.Head = append(p.Head, last)
		}
	}
	return nil
}

// customerPart answers a part of the page that takes longer than the rest.
func (s *server) customerPart(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := customerPage{Past: look.Past()}
	if p.Account, err = s.accountAt(v, look, farol.AccountID(v.r.PathValue("id"))); err != nil {
		return err
	}
	p.ID, p.shell = string(p.Account.ID), v.shell("")
	p.Title, p.View = p.Account.Name, look
	n, err := s.names(v)
	if err != nil {
		return err
	}
	n.today = look.reference()
	part := v.r.URL.Query().Get("part")
	switch part {
	case "head":
		var days []farol.Day
		for d := n.today - 1; d > n.today-headDays; d -= 7 {
			days = append(days, d)
		}
		kept, err := s.Facts.MeasuresAt(v.r.Context(), p.Account.ID, headMetrics, days, look.Known)
		if err != nil {
			return err
		}
		lists, err := s.Facts.MomentsByKind(v.r.Context(), facts.MomentFilter{Account: p.Account.ID, Kinds: []string{facts.TicketMoment, facts.AnswerMoment}, AsOf: look.AsOf, Known: look.Known, Limit: 1})
		if err != nil {
			return err
		}
		p.found = byKind(lists)
		if err := s.headFigures(v, n, &p, kept); err != nil {
			return err
		}
	case "seats":
		err = s.seats(v, look, &p)
	case "ledger":
		err = s.moneyLedger(v, look, &p)
	default:
		return farol.InvalidField("part", "there is no such part: %s", part)
	}
	if err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "customer", "customer-"+part, p)
}

// stageFigure is the stage, with how long and whether that is too long.
func (n names) stageFigure(p *customerPage) customerFigure {
	a, pr := p.Account, n.v.p
	f := customerFigure{Title: pr.T("Stage"), Value: n.stage(a.Stage()), Edit: "stage", Raw: a.Stage(), Href: p.View.Link(customerHref(a.ID), "tab", "stages")}
	if days, ok := a.DaysInStage(n.today); ok {
		f.Note = pr.N(days, "for %d day", "for %d days")
		if s := n.stages.StandingOf(a, n.today); s != customer.NoLimit {
			f.Note, f.Mark = pr.Text(standingTitles[s])+" · "+f.Note, standingMark(s)
		}
	}
	return f
}

func (n names) ownerFigure(p *customerPage) customerFigure {
	id := p.Account.Owner("csm")
	return customerFigure{Title: n.v.p.Text(ownerTitles["csm"]), Value: cmp.Or(n.members[id], n.v.p.T("nobody")), Edit: "owner", Role: "csm", Raw: id}
}

// metricFigure is a metric with its small history.
func (n names) metricFigure(look *view, a *customer.Account, m *metric.Metric, kept []facts.Measure) customerFigure {
	f := customerFigure{Title: short(m.Title.In(n.v.p.Code())), Value: n.cell(a, "metric."+m.Name).Text, Href: look.Link("/metrics/"+m.Name, "segment", "account="+string(a.ID))}
	var points []metric.Point
	for _, x := range kept {
		if x.Metric == m.Name {
			points = append(points, metric.Point{Period: farol.Period{From: x.Day, To: x.Day + 1}, Value: x.Value, Complete: true})
		}
	}
	if f.Value == lang.None {
		return f // an old line beside no figure would pass for one
	}
	f.Spark = scale{n.v.p, m.Unit, n.v.company.Currency}.sparkOf(f.Title, points)
	return f
}

// renewalAttributes are the names under which senders tell the next renewal.
var renewalAttributes = []string{"renewal_date", "renewal_at", "renews_at", "contract_end", "contract_ends_at"}

// renewalFigure is the next renewal, as an attribute tells it.
func (n names) renewalFigure(a *customer.Account) customerFigure {
	f := customerFigure{Title: n.v.p.T("Renewal"), Value: lang.None}
	for _, name := range renewalAttributes {
		text := a.Attributes[name]
		if len(text) < 10 {
			continue
		}
		d, err := farol.ParseDay(text[:10])
		if err != nil {
			continue
		}
		f.Value = n.v.p.Date(d)
		switch days := int(d - n.today); {
		case days < 0:
			f.Note, f.Mark = n.v.p.N(-days, "%d day ago", "%d days ago"), "bad"
		case days <= 90:
			f.Note, f.Mark = n.v.p.N(days, "in %d day", "in %d days"), "warn"
		default:
			f.Note = n.v.p.N(days, "in %d day", "in %d days")
		}
		break
	}
	return f
}

// lastContact is the last time that somebody of the team and of the customer
// had to do with each other: a note, a ticket or an answer.
func (s *server) lastContact(v *visit, n names, id farol.AccountID, look *view, found moments) (customerFigure, error) {
	f := customerFigure{Title: v.p.T("Last contact"), Value: lang.None}
	notes, err := s.Store.Notes(v.r.Context(), id, look.Known, 20)
	if err != nil {
		return f, err
	}
	var at time.Time
	for _, x := range notes {
		if x.At.After(at) && !x.At.After(v.now) && (look.AsOf == 0 || farol.DayOf(x.At, v.company.location()) <= look.AsOf) {
			at, f.Note = x.At, n.members[string(x.Author)]
			if kind := v.p.Text(noteKinds[x.Kind]); kind != "" {
				f.Note = strings.TrimSuffix(v.p.T("%s, %s", kind, f.Note), ", ") // a program has no name here
			}
		}
	}
	for kind, what := range map[string]string{facts.TicketMoment: v.p.T("a ticket"), facts.AnswerMoment: v.p.T("an answer")} {
		if last := found[kind]; len(last) > 0 && last[0].At.After(at) {
			at, f.Note = last[0].At, what
		}
	}
	if !at.IsZero() {
		f.Value = shell{visit: v, View: look}.Ago(at)
	}
	return f, nil
}

var noteKinds = map[string]lang.Text{"note": lang.Text("Note"), "meeting": lang.Text("Meeting"), "call": lang.Text("Call")}

// attributes fills what is known of the account, each with since when and by
// whom it was said.
func (s *server) attributes(v *visit, n names, p *customerPage) error {
	a := p.Account
	sources, err := s.sourceNames(v)
	if err != nil {
		return err
	}
	type origin struct {
		day    farol.Day
		source farol.SourceID
	}
	from := map[string]origin{}
	for _, m := range p.found[facts.AttributeMoment] {
		// The newest first: since the earliest that says the same without a break.
		o, seen := from[m.Name]
		if !seen || o.day != 0 && m.Fields["value"] == a.Attributes[m.Name] {
			from[m.Name] = origin{m.Day, m.Source}
		} else if o.day != 0 {
			from[m.Name] = o
		}
	}
	fields, err := s.structure(v, p)
	if err != nil {
		return err
	}
	for _, k := range sortedKeys(a.Attributes) {
		if k == "name" || k == customer.ParentTrait {
			continue
		}
		value := n.cell(a, "attribute."+k).Text
		if x := fieldText(v, fields, k, a.Attributes[k]); x != a.Attributes[k] && value != lang.None {
			value = x
		}
		f := customerFact{Name: titleOf(v.p, fields, k), Value: value, History: p.View.Link(customerHref(a.ID)+"/history", "attribute", k)}
		if o, ok := from[k]; ok {
			f.Since, f.Source = n.day(o.day), cmp.Or(sources[o.source], string(o.source))
		}
		p.Facts = append(p.Facts, f)
	}
	return nil
}

// sourceNames are what people call the sources.
func (s *server) sourceNames(v *visit) (map[farol.SourceID]string, error) {
	list, err := s.Store.Sources(v.r.Context())
	out := map[farol.SourceID]string{facts.MarkSource: v.p.T("the team")}
	for _, x := range list {
		out[x.ID] = x.Name
	}
	return out, err
}

// attributePage is how an attribute of an account changed.
type attributePage struct {
	shell
	Rows []attributeRow
}

type attributeRow struct {
	Value, Source string
	At, Known     time.Time
	Late          bool
}

func (s *server) attributeHistory(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	id, name := farol.AccountID(v.r.PathValue("id")), v.r.URL.Query().Get("attribute")
	a, err := s.accountAt(v, look, id)
	if err != nil {
		return err
	}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	p := attributePage{shell: v.shell("")}
	p.Title, p.View = titleOf(v.p, n.fields, name), look
	p.Question = v.p.T("What was said of %s, when, and by whom?", a.Name)
	p.Crumb = &crumb{a.Name, look.Link(customerHref(id))}
	p.extra = url.Values{"attribute": {name}}
	said, err := s.Facts.Moments(v.r.Context(), facts.MomentFilter{Account: id, Kinds: []string{facts.AttributeMoment}, Names: []string{name}, AsOf: look.AsOf, Known: look.Known, Limit: 500})
	if err != nil {
		return err
	}
	sources, err := s.sourceNames(v)
	if err != nil {
		return err
	}
	for i, m := range said {
		if i+1 < len(said) && said[i+1].Fields["value"] == m.Fields["value"] {
			continue // said again: the row of the first time stays
		}
		p.Rows = append(p.Rows, attributeRow{cmp.Or(n.field(name, m.Fields["value"], n.dated(m.Fields["value"])), lang.None), cmp.Or(sources[m.Source], string(m.Source)), m.At, m.Known, m.Known.Sub(m.At) > 24*time.Hour})
	}
	block := "layout"
	if v.fragment() {
		block = "attribute-history"
	}
	return s.send(v, http.StatusOK, "customer_history", block, p)
}

func sortedKeys(m map[string]string) []string {
	var out []string
	for k := range m {
		if !strings.HasPrefix(k, "$") {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// Get is what was typed into a form that was refused.
func (p customerPage) Get(name string) string { return p.Fields.Get(name) }
