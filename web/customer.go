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
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// customerPage is everything known of one account: who it is at the left,
// what happened and what is to do in tabs.
type customerPage struct {
	shell
	refusal
	ID      string
	Account *customer.Account
	// Figures are the few numbers at the top, Owners the members with a role,
	// Facts the attributes.
	Figures []customerFigure
	Owners  []customerOwner
	Facts   []customerFact
	Stage   string
	Stages  []choice
	Tags    []string
	Tabs    []pageTab
	Tab     string
	Follows bool
	Members []store.Member
	// What the tab shows.
	Moments  []momentRow
	Kinds    []choice
	Older    string
	People   []personRow
	Features []usedRow
	UseChart *chart
	Notes    []noteRow
	Tasks    []taskRow
	Messages []messageRow
	Fields   url.Values
	Past     bool
}

type customerFigure struct{ Title, Value, Href string }

type customerOwner struct{ Title, Name string }

type customerFact struct{ Name, Value, History string }

type pageTab struct {
	Title, Href string
	Current     bool
}

type momentRow struct {
	When        time.Time
	Icon, Title string
	Detail      []string
	Who         string
	Late        bool
	// Body is what a member wrote, as HTML, "" for what events say.
	Body any
}

type personRow struct {
	ID, Events, Last string
	Days, Times      string
}

type usedRow struct {
	Event, Times, Before, People, Last string
	Change                             string
	Up, Down                           bool
}

type noteRow struct {
	store.Note
	Who  string
	HTML any
	Mine bool
}

type taskRow struct {
	store.Task
	OwnerName, KindText, DueText string
	Overdue, Open                bool
}

type messageRow struct {
	store.Message
	Who  string
	HTML any
	Mine bool
}

// customerTabs are the tabs of the page, in order.
var customerTabs = []struct {
	name  string
	title lang.Text
}{
	{"timeline", lang.Text("Timeline")}, {"use", lang.Text("Use")}, {"people", lang.Text("People")}, {"notes", lang.Text("Notes")},
	{"tasks", lang.Text("Tasks")}, {"thread", lang.Text("Conversation")},
}

func (s *server) customer(v *visit) error { return s.showCustomer(v, http.StatusOK, refusal{}, nil) }

func (s *server) showCustomer(v *visit, status int, r refusal, fields url.Values) error {
	id := farol.AccountID(v.r.PathValue("id"))
	look, err := v.view()
	if err != nil {
		return err
	}
	p := customerPage{ID: string(id), refusal: r, Fields: fields, Past: look.Past()}
	if p.Account, err = s.accountAt(v, look, id); err != nil {
		return err
	}
	p.shell = v.shell("")
	p.Title, p.View, p.Charts = p.Account.Name, look, true
	p.Question = v.p.T("Who is this customer, how are they doing, and what comes next?")
	p.Crumb = &crumb{v.p.T("Customers"), "/customers"}
	if p.Tab = v.r.URL.Query().Get("tab"); p.Tab == "" {
		p.Tab = "timeline"
	}
	if v.r.Method == http.MethodPost {
		p.Tab = cmp.Or(fields.Get("tab"), p.Tab)
	}
	if p.Tab != "timeline" {
		p.extra = url.Values{"tab": {p.Tab}}
	}
	base := "/customers/" + url.PathEscape(p.ID)
	for _, t := range customerTabs {
		name := t.name
		if name == "timeline" {
			name = ""
		}
		p.Tabs = append(p.Tabs, pageTab{v.p.Text(t.title), look.Link(base, "tab", name), t.name == p.Tab})
	}
	if err := s.customerHead(v, &p); err != nil {
		return err
	}
	if err := s.customerTab(v, look, &p); err != nil {
		return err
	}
	return s.send(v, status, "customer", "layout", p)
}

// accountAt is the account as the view looks at it.
func (s *server) accountAt(v *visit, look *view, id farol.AccountID) (*customer.Account, error) {
	if !look.Past() {
		return s.Customers.Account(v.r.Context(), id)
	}
	all, err := s.Customers.At(v.r.Context(), look.AsOf, look.Known)
	if err != nil {
		return nil, err
	}
	if a, ok := all[id]; ok {
		return a, nil
	}
	return nil, farol.Errorf(farol.NotFound, "there is no such account")
}

// headMetrics are the figures at the top, those that the catalogue keeps per
// account.
var headMetrics = []string{"mrr", "active_users_week", "active_users_28d", "seat_utilisation", "days_since_activity", "nps"}

func (s *server) customerHead(v *visit, p *customerPage) error {
	n, err := s.names(v)
	if err != nil {
		return err
	}
	a := p.Account
	for _, name := range headMetrics {
		m, ok := n.metrics[name]
		if !ok {
			continue
		}
		p.Figures = append(p.Figures, customerFigure{m.Title.In(v.p.Code()), n.cell(a, "metric."+name).Text, p.View.Link("/metrics/"+name, "segment", "account="+string(a.ID))})
	}
	for _, role := range customer.OwnerRoles {
		p.Owners = append(p.Owners, customerOwner{v.p.Text(ownerTitles[role]), cmp.Or(n.members[a.Owner(role)], lang.None)})
	}
	p.Stage, p.Tags, p.Stages = n.value("stage", a.Stage()), a.Tags(), n.stageChoices(a.Stage())
	for _, k := range sortedKeys(a.Attributes) {
		if k != "name" {
			p.Facts = append(p.Facts, customerFact{k, a.Attributes[k], p.View.Link("/customers/"+url.PathEscape(p.ID), "kind", facts.AttributeMoment, "tab", "")})
		}
	}
	if p.Members, err = s.Store.Members(v.r.Context()); err != nil {
		return err
	}
	followed, err := s.Store.Followed(v.r.Context(), v.member.ID)
	p.Follows = slices.Contains(followed, a.ID)
	return err
}

func sortedKeys(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Get is what was typed into a form that was refused.
func (p customerPage) Get(name string) string { return p.Fields.Get(name) }

// TaskKinds lists the kinds of tasks to choose from.
func (s shell) TaskKinds() []choice {
	var out []choice
	for _, k := range store.TaskKinds {
		out = append(out, choice{Value: k, Title: taskKinds[k]})
	}
	return out
}

var taskKinds = map[string]lang.Text{
	"task": lang.Text("Task"), "risk": lang.Text("Risk"), "opportunity": lang.Text("Opportunity"), "lifecycle": lang.Text("Life cycle"),
	"renewal": lang.Text("Renewal"), "support": lang.Text("Support"),
}

// customerTab fills what the chosen tab shows.
func (s *server) customerTab(v *visit, look *view, p *customerPage) error {
	profile := customer.Profile{Facts: s.Facts, Account: p.Account.ID, AsOf: look.reference(), Known: look.Known}
	switch p.Tab {
	case "timeline":
		return s.timeline(v, look, p)
	case "use":
		return s.useTab(v, look, profile, p)
	case "people":
		return s.peopleTab(v, look, profile, p)
	case "notes":
		return s.notesTab(v, look, p)
	case "tasks":
		return s.tasksTab(v, p)
	case "thread":
		return s.threadTab(v, look, p)
	}
	return farol.InvalidField("tab", "there is no such tab: %s", p.Tab)
}

// useDays is how many days the picture of use shows.
const useDays = 84

func (s *server) useTab(v *visit, look *view, profile customer.Profile, p *customerPage) error {
	days, err := profile.Days(v.r.Context(), useDays)
	if err != nil {
		return err
	}
	features, err := profile.Features(v.r.Context())
	if err != nil {
		return err
	}
	sc := scale{p: v.p, unit: "persons"}
	byDay := map[farol.Day]customer.UseDay{}
	for _, d := range days {
		byDay[d.Day] = d
	}
	var points []metric.Point
	for d := profile.AsOf + 1 - useDays; d <= profile.AsOf; d++ {
		n := float64(byDay[d].People)
		points = append(points, metric.Point{Period: farol.Period{From: d, To: d + 1}, Value: &n, Complete: d < look.Today})
	}
	if len(days) > 0 {
		p.UseChart = sc.chartOf("use-data", v.p.T("People active per day"), periodsOf(points), farol.Daily)
		p.UseChart.Data.Kind, p.UseChart.Table = "bar", true
		sc.add(p.UseChart, v.p.T("People active"), points, nil)
	}
	for _, f := range features {
		row := usedRow{Event: f.Event, Times: sc.count(float64(f.Times)), Before: sc.count(float64(f.Before)), People: sc.count(float64(f.People)), Last: v.p.Date(f.Last)}
		if f.Before >= 5 {
			change := float64(f.Times-f.Before) / float64(f.Before)
			row.Change, row.Up, row.Down = v.p.Percent(change), change >= 0.25, change <= -0.25
		}
		p.Features = append(p.Features, row)
	}
	return nil
}

func (s *server) peopleTab(v *visit, look *view, profile customer.Profile, p *customerPage) error {
	people, err := profile.People(v.r.Context())
	for _, x := range people {
		row := personRow{ID: string(x.ID), Days: v.p.Number(float64(x.Days), 0), Times: v.p.Number(float64(x.Times), 0), Last: lang.None}
		if x.Last != 0 {
			row.Last = v.p.Date(x.Last)
		}
		row.Events = "/events?" + url.Values{"person": {row.ID}, "account": {p.ID}}.Encode()
		p.People = append(p.People, row)
	}
	return err
}

func (s *server) notesTab(v *visit, look *view, p *customerPage) error {
	notes, err := s.Store.Notes(v.r.Context(), p.Account.ID, look.Known, 200)
	if err != nil {
		return err
	}
	who, err := s.authors(v)
	for _, n := range notes {
		p.Notes = append(p.Notes, noteRow{n, who[string(n.Author)], markdown(n.Body), v.member.ID == n.Author || leaders.allows(v.member.Role)})
	}
	return err
}

func (s *server) tasksTab(v *visit, p *customerPage) error {
	tasks, err := s.Store.Tasks(v.r.Context(), store.TaskQuery{Account: p.Account.ID})
	if err != nil {
		return err
	}
	p.Tasks, err = s.taskRows(v, tasks)
	return err
}

func (s *server) taskRows(v *visit, tasks []store.Task) ([]taskRow, error) {
	who, err := s.authors(v)
	if err != nil {
		return nil, err
	}
	today := v.company.calendar().Today(v.now)
	out := make([]taskRow, 0, len(tasks))
	for _, t := range tasks {
		row := taskRow{Task: t, OwnerName: cmp.Or(who[string(t.Owner)], v.p.T("nobody")), KindText: v.p.Text(taskKinds[t.Kind]), Open: t.Done.IsZero()}
		if t.Due != 0 {
			row.DueText, row.Overdue = v.p.Date(t.Due), row.Open && t.Due < today
		}
		out = append(out, row)
	}
	return out, nil
}

func (s *server) threadTab(v *visit, look *view, p *customerPage) error {
	list, err := s.Store.Messages(v.r.Context(), store.AccountThread(p.Account.ID), v.r.URL.Query().Get("before"), look.Known, 100)
	if err != nil {
		return err
	}
	who, err := s.authors(v)
	for _, m := range slices.Backward(list) {
		p.Messages = append(p.Messages, messageRow{m, who[string(m.Author)], markdown(m.Body), m.Author == v.member.ID})
	}
	return err
}

// The kinds of what the timeline shows besides those of facts.
const (
	noteMoment    = "note"
	taskMoment    = "task"
	messageMoment = "message"
)

var momentKinds = []struct {
	kind, icon string
	title      lang.Text
}{
	{facts.SubscriptionMoment, "chart-line", lang.Text("Money")}, {facts.TicketMoment, "zoom-question", lang.Text("Tickets")},
	{facts.AnswerMoment, "broadcast", lang.Text("Answers")}, {facts.AttributeMoment, "list", lang.Text("Attributes")},
	{facts.MarkMoment, "bookmark", lang.Text("Team")}, {noteMoment, "copy", lang.Text("Notes")}, {taskMoment, "check", lang.Text("Tasks")},
	{messageMoment, "users", lang.Text("Conversation")},
}

const momentsShown = 60

// timeline merges what events say with what the team wrote.
func (s *server) timeline(v *visit, look *view, p *customerPage) error {
	q := v.r.URL.Query()
	kind := q.Get("kind")
	p.Kinds = []choice{{Title: lang.Text("Everything"), Chosen: kind == ""}}
	for _, k := range momentKinds {
		p.Kinds = append(p.Kinds, choice{Value: k.kind, Title: k.title, Chosen: k.kind == kind})
	}
	filter := facts.MomentFilter{Account: p.Account.ID, AsOf: look.AsOf, Known: look.Known, Limit: momentsShown}
	if kind != "" {
		filter.Kinds = []string{kind}
		p.extra = url.Values{"kind": {kind}}
	}
	if b := q.Get("before"); b != "" {
		ms, err := strconv.ParseInt(b, 10, 64)
		if err != nil {
			return farol.InvalidField("before", "must be a whole number")
		}
		filter.Before = time.UnixMilli(ms)
	}
	moments, err := s.Facts.Moments(v.r.Context(), filter)
	if err != nil {
		return err
	}
	n, err := s.names(v)
	if err != nil {
		return err
	}
	for _, m := range moments {
		p.Moments = append(p.Moments, momentRowOf(n, m))
	}
	if err := s.written(v, filter, kind, n, p); err != nil {
		return err
	}
	slices.SortStableFunc(p.Moments, func(a, b momentRow) int { return b.When.Compare(a.When) })
	if len(p.Moments) > momentsShown {
		p.Moments = p.Moments[:momentsShown]
		last := p.Moments[momentsShown-1].When
		p.Older = look.Link("/customers/"+url.PathEscape(p.ID), "kind", kind, "before", strconv.FormatInt(last.UnixMilli(), 10))
	}
	return nil
}

// written adds the notes, tasks and messages of before the filter's instant.
func (s *server) written(v *visit, f facts.MomentFilter, kind string, n names, p *customerPage) error {
	ctx, id := v.r.Context(), p.Account.ID
	add := func(k string, at time.Time, who store.MemberID, title, body string) {
		if !f.Before.IsZero() && !at.Before(f.Before) {
			return
		}
		row := momentRow{When: at, Icon: iconOf(k), Title: title, Who: n.members[string(who)]}
		if body != "" {
			row.Body = markdown(body)
		}
		p.Moments = append(p.Moments, row)
	}
	if kind == "" || kind == noteMoment {
		notes, err := s.Store.Notes(ctx, id, f.Known, 200)
		if err != nil {
			return err
		}
		for _, x := range notes {
			add(noteMoment, x.At, x.Author, cmp.Or(x.Title, v.p.T("Note")), x.Body)
		}
	}
	if (kind == "" || kind == taskMoment) && f.Known.IsZero() {
		tasks, err := s.Store.Tasks(ctx, store.TaskQuery{Account: id})
		if err != nil {
			return err
		}
		for _, x := range tasks {
			add(taskMoment, x.Created, store.MemberID(x.Creator), v.p.T("Task: %s", x.Title), "")
			if !x.Done.IsZero() {
				add(taskMoment, x.Done, x.Owner, v.p.T("Done: %s", x.Title), "")
			}
		}
	}
	if kind == "" || kind == messageMoment {
		messages, err := s.Store.Messages(ctx, store.AccountThread(id), "", f.Known, 200)
		if err != nil {
			return err
		}
		for _, x := range messages {
			add(messageMoment, x.Created, x.Author, v.p.T("Said in the conversation"), x.Body)
		}
	}
	return nil
}

func iconOf(kind string) string {
	for _, k := range momentKinds {
		if k.kind == kind {
			return k.icon
		}
	}
	return "list"
}

// momentRowOf puts a moment into words.
func momentRowOf(n names, m facts.Moment) momentRow {
	p := n.v.p
	row := momentRow{When: m.At, Icon: iconOf(m.Kind), Title: m.Name, Who: string(m.Person), Late: m.Known.Sub(m.At) > 24*time.Hour}
	switch m.Kind {
	case facts.AttributeMoment:
		row.Title = p.T("%s is now %s", m.Name, cmp.Or(m.Fields["value"], lang.None))
	case facts.MarkMoment:
		row.Title = markText(n, m.Name, m.Fields["value"])
	case facts.TicketMoment:
		row.Title = p.Text(ticketActions[m.Name])
		row.Detail = detail(m, "subject", "priority", "topic", "status", "csat")
	case facts.AnswerMoment:
		row.Title = p.T("Answered %s: %s", strings.ToUpper(m.Name), m.Fields["score"])
		row.Detail = detail(m, "comment")
	case facts.SubscriptionMoment:
		row.Detail = detail(m, "plan", "product", "quantity", "seats", "reason")
		if minor, err := strconv.ParseInt(m.Fields["mrr_minor"], 10, 64); err == nil {
			row.Detail = append([]string{p.T("MRR %s", p.Money(farol.Money{Minor: minor, Currency: farol.Currency(m.Fields["currency"])}))}, row.Detail...)
		}
	}
	return row
}

var ticketActions = map[string]lang.Text{
	"opened": lang.Text("Ticket opened"), "updated": lang.Text("Ticket updated"), "solved": lang.Text("Ticket solved"), "reopened": lang.Text("Ticket reopened"),
}

func detail(m facts.Moment, fields ...string) []string {
	var out []string
	for _, f := range fields {
		if x := m.Fields[f]; x != "" {
			out = append(out, f+": "+x)
		}
	}
	return out
}
