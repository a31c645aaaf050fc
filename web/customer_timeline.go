package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// momentRow is something that happened, in words.
type momentRow struct {
	When        time.Time
	Icon, Title string
	// Detail stands under the title, on one line.
	Detail string
	Who    string
	// Person is who of the customer it was, "" for nobody.
	Person string
	Late   bool
	// Href leads to what it is about, "" for nowhere.
	Href string
	// Body is what a member wrote, as HTML, nil for what events say.
	Body any
}

// whoseGroup is people to filter the timeline by.
type whoseGroup struct {
	Title string
	Items []choice
}

// The kinds of what the timeline shows besides those of facts.
const (
	noteMoment    = "note"
	taskMoment    = "task"
	messageMoment = "message"
	fileMoment    = "file"
)

var momentKinds = []struct {
	kind, icon string
	title      lang.Text
}{
	{facts.SubscriptionMoment, "coin", lang.Text("Money")}, {facts.InvoiceMoment, "coin", lang.Text("Invoices")}, {facts.TicketMoment, "zoom-question", lang.Text("Tickets")},
	{facts.AnswerMoment, "broadcast", lang.Text("Answers")}, {facts.AttributeMoment, "list", lang.Text("Attributes")},
	{facts.MarkMoment, "bookmark", lang.Text("Team")}, {noteMoment, "notes", lang.Text("Notes")}, {taskMoment, "check", lang.Text("Tasks")},
	{messageMoment, "message-circle", lang.Text("Conversation")}, {fileMoment, "download", lang.Text("Files")},
}

// momentsShown is how many a page has; those of one instant stay together, so
// that none falls between two pages.
const (
	momentsShown = 50
	momentsMore  = 100
)

// timelineLook is what the timeline is narrowed to.
type timelineLook struct {
	kind   string
	person farol.PersonID
	member store.MemberID
	before time.Time
	asOf   time.Time // the end of the day looked at; zero for now
	known  time.Time
}

func (v *visit) timelineLook(look *view) (t timelineLook, err error) {
	q := v.r.URL.Query()
	t.kind, t.known = q.Get("kind"), look.Known
	if t.kind != "" && !slices.ContainsFunc(momentKinds, func(k struct {
		kind, icon string
		title      lang.Text
	}) bool {
		return k.kind == t.kind
	}) {
		return t, farol.InvalidField("kind", "there is no such kind: %s", t.kind)
	}
	who := q.Get("who")
	if id, ok := strings.CutPrefix(who, "p:"); ok {
		t.person = farol.PersonID(id)
	} else if id, ok := strings.CutPrefix(who, "m:"); ok {
		t.member = store.MemberID(id)
	} else if who != "" {
		return t, farol.InvalidField("who", "must be p: or m: and an id")
	}
	if b := q.Get("before"); b != "" {
		ms, err := strconv.ParseInt(b, 10, 64)
		if err != nil {
			return t, farol.InvalidField("before", "must be a whole number")
		}
		t.before = time.UnixMilli(ms)
	}
	if look.AsOf != 0 {
		t.asOf = look.AsOf.Next(1).Start(v.company.location())
	}
	return t, nil
}

// takes tells whether something of the kind at the instant is to be shown.
func (t timelineLook) takes(kind string, at time.Time) bool {
	return (t.kind == "" || t.kind == kind) && (t.before.IsZero() || at.Before(t.before)) && (t.asOf.IsZero() || at.Before(t.asOf))
}

// timeline merges what events say with what the team wrote.
func (s *server) timeline(v *visit, look *view, n names, p *customerPage) error {
	t, err := v.timelineLook(look)
	if err != nil {
		return err
	}
	p.Kinds = []choice{{Title: lang.Text("Everything"), Chosen: t.kind == ""}}
	for _, k := range momentKinds {
		p.Kinds = append(p.Kinds, choice{Value: k.kind, Title: k.title, Chosen: k.kind == t.kind})
	}
	p.extra = url.Values{}
	for _, k := range []string{"kind", "who"} {
		if x := v.r.URL.Query().Get(k); x != "" {
			p.extra.Set(k, x)
		}
	}
	if err := s.happened(v, look, t, n, p); err != nil {
		return err
	}
	if err := s.written(v, t, n, p); err != nil {
		return err
	}
	slices.SortStableFunc(p.Moments, func(a, b momentRow) int { return b.When.Compare(a.When) })
	if end := momentsShown; len(p.Moments) > end {
		for end < len(p.Moments) && p.Moments[end].When.Equal(p.Moments[end-1].When) {
			end++
		}
		if end < len(p.Moments) {
			p.Older = look.Link(customerHref(p.Account.ID), "kind", t.kind, "who", v.r.URL.Query().Get("who"), "before", strconv.FormatInt(p.Moments[end-1].When.UnixMilli(), 10))
		}
		p.Moments = p.Moments[:end]
	}
	called, err := s.nameMoments(v, p.Moments, string(t.person))
	p.whose(n, t, called)
	return err
}

// nameMoments calls the customer's people by their names, and one more.
func (s *server) nameMoments(v *visit, list []momentRow, more string) (listedPeople, error) {
	ids := []string{more}
	for _, m := range list {
		ids = append(ids, m.Person)
	}
	known, err := s.calledBy(v, ids)
	for i, m := range list {
		if m.Person != "" {
			list[i].Who = known.name(v, farol.PersonID(m.Person))
		}
	}
	return known, err
}

// happened adds what events and marks say.
func (s *server) happened(v *visit, look *view, t timelineLook, n names, p *customerPage) error {
	f := facts.MomentFilter{Account: p.Account.ID, Person: t.person, AsOf: look.AsOf, Known: look.Known, Before: t.before, Limit: momentsShown + momentsMore}
	if t.kind != "" {
		f.Kinds = []string{t.kind}
	}
	if t.member != "" {
		// Of the facts only moves between stages have an author.
		f.Kinds, f.Names = []string{facts.MarkMoment}, []string{customer.StageTrait, customer.WhyTrait}
		if t.kind != "" && t.kind != facts.MarkMoment {
			return nil
		}
	}
	list, err := s.momentsOf(v, t, f, p.found)
	if err != nil {
		return err
	}
	why := map[time.Time]customer.Why{}
	for _, m := range list {
		if m.Name == customer.WhyTrait {
			why[m.At] = customer.ParseWhy(m.Fields["value"])
		}
	}
	for _, m := range list {
		w, told := why[m.At]
		if m.Name == customer.WhyTrait || t.member != "" && w.By != string(t.member) {
			continue
		}
		row := momentRowOf(n, m)
		if m.Name == customer.StageTrait && told {
			row.Detail = n.why(w)
		}
		p.Moments = append(p.Moments, row)
	}
	return nil
}

// momentsOf are what events say: of those that were read for the page where
// they are enough, else asked for.
func (s *server) momentsOf(v *visit, t timelineLook, f facts.MomentFilter, found moments) ([]facts.Moment, error) {
	if t.person != "" || t.member != "" || !t.before.IsZero() {
		return s.Facts.Moments(v.r.Context(), f)
	}
	var kinds [][]facts.Moment
	for _, k := range momentKinds {
		if t.kind == "" || t.kind == k.kind {
			kinds = append(kinds, found[k.kind])
		}
	}
	return facts.NewestMoments(f.Limit, kinds...), nil
}

// written adds the notes, tasks, messages and files.
func (s *server) written(v *visit, t timelineLook, n names, p *customerPage) error {
	ctx, id, members := v.r.Context(), p.Account.ID, s.handles(v)
	add := func(k string, at time.Time, who, title, body, href string) {
		if !t.takes(k, at) || t.member != "" && who != string(t.member) {
			return
		}
		row := momentRow{When: at, Icon: iconOf(k), Title: title, Who: v.author(n.members, who), Href: href}
		if body != "" {
			row.Body = markdown(body, members)
		}
		p.Moments = append(p.Moments, row)
	}
	want := func(k string) bool { return t.kind == "" || t.kind == k }
	if want(noteMoment) {
		notes, err := s.Store.Notes(ctx, id, t.known, 1000)
		if err != nil {
			return err
		}
		for _, x := range notes {
			if t.person == "" || x.Person == t.person {
				add(noteMoment, x.At, string(x.Author), cmp.Or(x.Title, v.p.Text(noteKinds[x.Kind]), v.p.T("Note")), x.Body, "")
			}
		}
	}
	if t.person != "" {
		return nil // tasks, messages and files are about nobody in particular
	}
	if want(taskMoment) && t.known.IsZero() {
		tasks, err := s.Store.Tasks(ctx, store.TaskQuery{Account: id})
		if err != nil {
			return err
		}
		for _, x := range tasks {
			add(taskMoment, x.Created, x.Creator, v.p.T("Task: %s", x.Title), "", "")
			if !x.Done.IsZero() {
				add(taskMoment, x.Done, string(x.Owner), v.p.T("Done: %s", x.Title), "", "")
			}
		}
	}
	if want(messageMoment) {
		messages, err := s.Store.Messages(ctx, store.AccountThread(id), "", t.known, 500)
		if err != nil {
			return err
		}
		for _, x := range messages {
			add(messageMoment, x.Created, string(x.Author), v.p.T("Said in the conversation"), x.Body, "")
		}
	}
	if want(fileMoment) {
		files, err := s.Store.Files(ctx, id, t.known)
		if err != nil {
			return err
		}
		for _, x := range files {
			add(fileMoment, x.Created, x.Author, v.p.T("File: %s", x.Name), x.Note, "/files/"+x.ID)
		}
	}
	return nil
}

// whose lists whom the timeline can be narrowed to: who of the customer is in
// it, and the team.
func (p *customerPage) whose(n names, t timelineLook, called listedPeople) {
	theirs := whoseGroup{Title: n.v.p.T("Their people")}
	seen := map[string]bool{}
	add := func(id, name string) {
		if id != "" && !seen[id] {
			seen[id] = true
			theirs.Items = append(theirs.Items, choice{Value: "p:" + id, Name: name, Chosen: id == string(t.person)})
		}
	}
	for _, m := range p.Moments {
		add(m.Person, m.Who)
	}
	add(string(t.person), called.name(n.v, t.person)) // who was asked for stays choosable where nothing is shown
	slices.SortFunc(theirs.Items, func(a, b choice) int { return strings.Compare(a.Name, b.Name) })
	ours := whoseGroup{Title: n.v.p.T("Our team")}
	for id, name := range n.members {
		if isMember(id) {
			ours.Items = append(ours.Items, choice{Value: "m:" + id, Name: name, Chosen: id == string(t.member)})
		}
	}
	slices.SortFunc(ours.Items, func(a, b choice) int { return strings.Compare(a.Name, b.Name) })
	for _, g := range []whoseGroup{theirs, ours} {
		if len(g.Items) > 0 {
			p.Whose = append(p.Whose, g)
		}
	}
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
	row := momentRow{When: m.At, Icon: iconOf(m.Kind), Title: m.Name, Who: string(m.Person), Person: string(m.Person), Late: m.Kind != facts.MarkMoment && m.Known.Sub(m.At) > 24*time.Hour}
	switch m.Kind {
	case facts.AttributeMoment:
		value := n.field(m.Name, m.Fields["value"], n.dated(m.Fields["value"]))
		row.Title = p.T("%s is now %s", titleOf(p, n.fields, m.Name), cmp.Or(value, lang.None))
	case facts.MarkMoment:
		row.Title = markText(n, m.Name, m.Fields["value"])
	case facts.TicketMoment:
		row.Title = p.Text(ticketActions[m.Name])
		if s := m.Fields["subject"]; s != "" {
			row.Title += ": " + s
		}
		if x := m.Fields["priority"]; x != "" {
			row.Detail = priorityText(n.v, x)
		}
		row.Detail = strings.Trim(row.Detail+" · "+detail(m, "topic", "channel"), " ·")
		if x := m.Fields["csat"]; x != "" {
			if share, err := strconv.ParseFloat(x, 64); err == nil {
				x = p.Percent(share)
			}
			row.Detail = strings.TrimPrefix(row.Detail+" · CSAT "+x, " · ")
		}
	case facts.AnswerMoment:
		row.Title = p.T("Answered %s: %s", strings.ToUpper(m.Name), cmp.Or(m.Fields["score"], lang.None))
		row.Detail = detail(m, "comment")
	case facts.InvoiceMoment:
		row.Title = p.T("Invoice line of %s", m.Fields["subscription"])
		if minor, err := strconv.ParseInt(m.Fields["amount_minor"], 10, 64); err == nil {
			row.Detail = p.Money(farol.Money{Minor: minor, Currency: farol.Currency(m.Fields["currency"])})
		}
		if until, err := farol.ParseDay(m.Fields["until"]); err == nil {
			row.Detail += " · " + p.T("for %s to %s", p.Date(m.Day), p.Date(max(m.Day, until-1)))
		}
		row.Detail = strings.Trim(row.Detail+" · "+detail(m, "product", "plan"), " ·")
	case facts.SubscriptionMoment:
		row.Title = subscriptionText(p, m.Name)
		row.Detail = detail(m, "product", "plan")
		if x := m.Fields["seats"]; x != "" {
			row.Detail = strings.TrimPrefix(row.Detail+" · "+p.T("%s seats", x), " · ")
		}
		if minor, err := strconv.ParseInt(m.Fields["mrr_minor"], 10, 64); err == nil {
			row.Detail = strings.TrimPrefix(row.Detail+" · "+p.T("MRR %s", p.Money(farol.Money{Minor: minor, Currency: farol.Currency(m.Fields["currency"])})), " · ")
		}
		if x := m.Fields["reason"]; x != "" {
			row.Detail = strings.TrimPrefix(row.Detail+" · "+x, " · ")
		}
	}
	return row
}

// subscriptionText says an event of a subscription.
func subscriptionText(p *lang.Printer, event string) string {
	if t, ok := subscriptionEvents[event]; ok {
		return p.Text(t)
	}
	return event
}

var subscriptionEvents = map[string]lang.Text{
	"Subscription Started": lang.Text("Subscription started"), "Subscription Changed": lang.Text("Subscription changed"), "Subscription Cancelled": lang.Text("Subscription cancelled"),
	"Subscription Paused": lang.Text("Subscription paused"), "Subscription Resumed": lang.Text("Subscription resumed"), "Subscription Renewed": lang.Text("Subscription renewed"),
}

var ticketActions = map[string]lang.Text{
	"opened": lang.Text("Ticket opened"), "updated": lang.Text("Ticket updated"), "solved": lang.Text("Ticket solved"), "reopened": lang.Text("Ticket reopened"),
}

// detail joins what fields say.
func detail(m facts.Moment, fields ...string) string {
	var out []string
	for _, f := range fields {
		if x := m.Fields[f]; x != "" {
			out = append(out, x)
		}
	}
	return strings.Join(out, " · ")
}
