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
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// myDayPage is where a member begins: what there is to do, what comes up, and
// what happened around their customers since they last looked. All of it was
// prepared before: the directory, the tasks, the happenings.
type myDayPage struct {
	shell
	refusal
	Team     bool
	Goals    []goalLine
	Figures  []customerFigure
	Tasks    []taskRow
	More     int
	Overdue  int
	Renewals []renewalRow
	// RenewalMRR is what the customers whose contracts are up pay per month.
	RenewalMRR string
	MoreDue    int
	Changes    []changeGroup
	Since      time.Time
	Notices    []noticeRow
	Unseen     int
	Watched    []watchRow
	Segments   []choice
	Members    []store.Member
	Fields     url.Values
	Portfolio  int
	// Load is who looks after how much, of the whole team; LoadMRR tells that
	// money may be seen.
	Load    []loadRow
	LoadMRR bool
	// RenewalDays is how far ahead it looks.
	RenewalDays string
	// Covers are those whom the member covers for, For whose customers those
	// are that are not their own, CoveredBy says who covers for the member.
	Covers    []coveredRow
	For       map[farol.AccountID]string
	CoveredBy string
	// Mine and Whole lead to the two sides of the switch.
	Mine, Whole string
	// all are the accounts as looked at, only the segment's (nil for all).
	all  map[farol.AccountID]*customer.Account
	only func(farol.AccountID) bool
}

type renewalRow struct {
	Day, Name, Href, MRR, Stage, Owner, In, For string
	Soon                                        bool
}

type changeGroup struct {
	Name, Href, For string
	Lines           []changeLine
}

type changeLine struct {
	Text      string
	When      time.Time
	Icon      string
	Good, Bad bool
}

type watchRow struct {
	Name, Title, Href string
	Count             string
	Entered, Left     int
	EnteredT, LeftT   string
	Moved             bool
}

const (
	// renewalDays is how far ahead My day looks.
	renewalDays = 90
	// tasksOfDay and renewalsOfDay are how many it shows; lists show the rest.
	tasksOfDay    = 25
	renewalsOfDay = 12
	changesOfDay  = 40
	// longestVisit is how far back changes go at most.
	longestVisit = 14 * 24 * time.Hour
)

func (s *server) myDay(v *visit) error { return s.showMyDay(v, http.StatusOK, refusal{}, nil) }

func (s *server) showMyDay(v *visit, status int, r refusal, fields url.Values) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := myDayPage{shell: v.shell(lang.Text("My day")), refusal: r, Fields: fields, Team: v.r.URL.Query().Get("team") == "yes"}
	p.Question, p.View = v.p.T("What is there to do today, and what changed around my customers?"), look
	p.Mine, p.Whole = look.Link("/my-day"), look.Link("/my-day", "team", "yes")
	if p.Team {
		p.extra = url.Values{"team": {"yes"}}
	}
	then, err := s.accountsThen(v, look, "mrr")
	if err != nil {
		return err
	}
	p.all = then.Accounts
	if len(look.Filters) > 0 {
		p.only = v.inSegment(look, p.all, "")
	}
	mine, err := s.portfolio(v, &p)
	if err != nil {
		return err
	}
	around, err := s.dayCovers(v, &p, mine)
	if err != nil {
		return err
	}
	for _, fill := range []func(*visit, *myDayPage, []*customer.Account) error{s.dayTasks, s.dayRenewals, s.dayChanges, s.dayTold, s.dayWatched, s.load} {
		if err := fill(v, &p, around); err != nil {
			return err
		}
	}
	p.Figures = s.dayFigures(v, &p, mine)
	if p.Goals, err = s.goalLines(v, look); err != nil {
		return err
	}
	if p.Members, err = s.Store.Members(v.r.Context()); err != nil {
		return err
	}
	p.Members = active(p.Members)
	return s.send(v, status, "myday", "layout", p)
}

// portfolio is the member's customers, those they own in any role or follow;
// for the team it is everybody's.
func (s *server) portfolio(v *visit, p *myDayPage) ([]*customer.Account, error) {
	followed, err := s.Store.Followed(v.r.Context(), v.member.ID)
	if err != nil {
		return nil, err
	}
	me, follows := string(v.member.ID), map[farol.AccountID]bool{}
	for _, id := range followed {
		follows[id] = true
	}
	var out []*customer.Account
	for id, a := range p.all {
		if !a.Test && (p.only == nil || p.only(id)) && (p.Team || follows[id] || slices.ContainsFunc(customer.OwnerRoles, func(r string) bool { return a.Owner(r) == me })) {
			out = append(out, a)
		}
	}
	return out, nil
}

func (s *server) dayFigures(v *visit, p *myDayPage, mine []*customer.Account) []customerFigure {
	money := scale{v.p, metric.Money, v.company.Currency}
	mrr := 0.0
	for _, a := range mine {
		mrr += a.Metrics["mrr"]
	}
	p.Portfolio = len(mine)
	own, tasks := p.View.Link("/customers", "mine", "yes"), p.View.Link("/tasks")
	title := v.p.T("My customers")
	if p.Team {
		own, tasks, title = p.View.Link("/customers"), p.View.Link("/tasks", "owner", "all"), v.p.T("All customers")
	}
	out := []customerFigure{
		{Title: v.p.T("Open tasks"), Value: v.p.Number(float64(len(p.Tasks)+p.More), 0), Href: tasks},
		{Title: title, Value: v.p.Number(float64(len(mine)), 0), Href: own},
		{Title: v.p.T("Their MRR"), Value: money.short(&mrr), Href: own},
		{Title: v.p.T("Renewals in %s days", strconv.Itoa(renewalDays)), Value: v.p.Number(float64(len(p.Renewals)+p.MoreDue), 0), Href: "#renewals"},
		{Title: v.p.T("MRR to renew"), Value: p.RenewalMRR, Href: "#renewals"},
		{Title: v.p.T("Not read"), Value: v.p.Number(float64(p.Unseen), 0), Href: "/notices?only=unread"},
	}
	if sight.Of(v.r.Context()).Hides(sight.Money) {
		return []customerFigure{out[0], out[1], out[3], out[5]}
	}
	return out
}

func (s *server) dayTasks(v *visit, p *myDayPage, _ []*customer.Account) error {
	today := v.today()
	q := store.TaskQuery{Owner: &v.member.ID, Open: true, Today: today, Limit: tasksOfDay, At: v.past, Only: p.only}
	if p.Team {
		q.Owner = nil
	}
	tasks, err := s.Store.Tasks(v.r.Context(), q)
	if err != nil {
		return err
	}
	n, err := s.Store.CountTasks(v.r.Context(), q)
	if err != nil {
		return err
	}
	p.More = n - len(tasks)
	q.DueBy = today - 1
	if p.Overdue, err = s.Store.CountTasks(v.r.Context(), q); err != nil {
		return err
	}
	p.Tasks, err = s.taskRows(v, tasks)
	return err
}

func (s *server) dayRenewals(v *visit, p *myDayPage, mine []*customer.Account) error {
	today := v.today()
	var due []*customer.Account
	total := 0.0
	for _, a := range mine {
		if d := a.Renewal(); d >= today && d <= today+renewalDays && a.Stage() != "churned" {
			due = append(due, a)
			total += a.Metrics["mrr"]
		}
	}
	money := scale{v.p, metric.Money, v.company.Currency}
	if p.RenewalMRR = money.short(&total); sight.Of(v.r.Context()).Hides(sight.Money) {
		p.RenewalMRR = ""
	}
	slices.SortFunc(due, func(a, b *customer.Account) int {
		return cmp.Or(cmp.Compare(a.Renewal(), b.Renewal()), cmp.Compare(b.Metrics["mrr"], a.Metrics["mrr"]), strings.Compare(a.Name, b.Name))
	})
	n, err := s.names(v)
	if err != nil {
		return err
	}
	for _, a := range due[:min(len(due), renewalsOfDay)] {
		days := int(a.Renewal() - today)
		row := renewalRow{Day: v.p.Date(a.Renewal()), Name: a.Name, Href: linkWith(customerHref(a.ID), v.clocks), MRR: n.cell(a, "metric.mrr").Text, Stage: n.value("stage", a.Stage()),
			Owner: n.members[a.Owner("csm")], In: v.p.N(days, "in %d day", "in %d days"), Soon: days <= 30, For: p.For[a.ID]}
		if days == 0 {
			row.In = v.p.T("today")
		}
		p.Renewals = append(p.Renewals, row)
	}
	p.MoreDue = len(due) - len(p.Renewals)
	return nil
}

// visitSince is from when on things are new to the member. When they looked
// before a day of the past is not kept.
func (s *server) visitSince(v *visit) (time.Time, error) {
	if !v.past.IsZero() {
		return v.past.Add(-longestVisit), nil
	}
	pref, err := s.Store.Preferences(v.r.Context(), v.member.ID)
	since := v.now.Add(-longestVisit)
	if pref.Visit.After(since) {
		since = pref.Visit
	}
	return since, err
}

func (s *server) dayChanges(v *visit, p *myDayPage, mine []*customer.Account) error {
	var err error
	if p.Since, err = s.visitSince(v); err != nil {
		return err
	}
	in := make(map[farol.AccountID]bool, len(mine))
	for _, a := range mine {
		in[a.ID] = true
	}
	watched, err := s.Store.Watched(v.r.Context(), v.member.ID)
	if err != nil {
		return err
	}
	list, err := s.Store.HappeningsAt(v.r.Context(), p.Since, v.past, func(id farol.AccountID) bool { return in[id] }, 10*changesOfDay)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(h store.Happening) bool {
		return h.Kind == store.SegmentHappening && !slices.Contains(watched, h.Name)
	})
	// Bad news first: a reader who has a minute reads the beginning.
	slices.SortStableFunc(list, func(a, b store.Happening) int { return cmp.Compare(a.Weight, b.Weight) })
	words, err := s.words(v)
	if err != nil {
		return err
	}
	at := map[farol.AccountID]int{}
	for _, h := range list[:min(len(list), changesOfDay)] {
		i, ok := at[h.Account]
		if !ok {
			i = len(p.Changes)
			at[h.Account] = i
			p.Changes = append(p.Changes, changeGroup{Name: s.accountName(v, h.Account), Href: linkWith(customerHref(h.Account), v.clocks), For: p.For[h.Account]})
		}
		p.Changes[i].Lines = append(p.Changes[i].Lines, changeLine{words.Happening(h), h.Known, happeningIcons[h.Kind], h.Weight > 0, h.Weight < 0})
	}
	return nil
}

var happeningIcons = map[string]string{
	store.MetricHappening: "chart-line", store.StageHappening: "route", store.TicketHappening: "zoom-question", store.AnswerHappening: "message-circle", store.SegmentHappening: "filter",
}

// words say what happened, for the visitor.
func (s *server) words(v *visit) (customer.Words, error) {
	w := customer.Words{Printer: v.p, Catalogue: s.Metrics.Catalogue(), Currency: v.company.Currency}
	var err error
	if w.Segments, err = v.segments(v.r.Context()); err != nil {
		return w, err
	}
	w.Stages, _, err = customer.ReadStages(v.r.Context(), s.Store)
	return w, err
}

func (s *server) dayTold(v *visit, p *myDayPage, _ []*customer.Account) (err error) {
	limit := 12
	if p.only != nil {
		limit = 500
	}
	if p.Notices, err = s.noticeRows(v, true, limit); err != nil {
		return err
	}
	for i, n := range p.Notices {
		// Here they are not grouped by customer.
		if n.Said == "" && n.Account != "" {
			p.Notices[i].Said = s.accountName(v, n.Account)
		}
	}
	if p.only != nil {
		p.Notices = slices.DeleteFunc(p.Notices, func(n noticeRow) bool { return !p.only(n.Account) })
	}
	if p.Unseen = len(p.Notices); v.past.IsZero() && p.only == nil {
		p.Unseen, err = s.Store.Unseen(v.r.Context(), v.member.ID)
	}
	return err
}

// dayWatched counts the segments that the member watches, and who entered and
// left them since the last visit.
func (s *server) dayWatched(v *visit, p *myDayPage, _ []*customer.Account) error {
	ctx := v.r.Context()
	watched, err := s.Store.Watched(ctx, v.member.ID)
	if err != nil {
		return err
	}
	b, err := v.segments(ctx)
	if err != nil {
		return err
	}
	for _, x := range b.All() {
		if !slices.Contains(watched, x.Name) {
			p.Segments = append(p.Segments, choice{Value: x.Name, Name: x.Title})
		}
	}
	// Of what was deleted, and of what tells of a hidden field, nothing is told.
	watched = slices.DeleteFunc(watched, func(w string) bool { _, err := b.Find(w); return err != nil })
	if len(watched) == 0 {
		return nil
	}
	count := map[string]int{}
	for _, a := range p.all {
		if p.only != nil && !p.only(a.ID) {
			continue
		}
		for _, w := range watched {
			if a.Marks["$segment."+w] == "true" && !a.Test {
				count[w]++
			}
		}
	}
	moved, err := s.Store.HappeningsAt(ctx, p.Since, v.past, p.only, 10_000)
	if err != nil {
		return err
	}
	for _, w := range watched {
		row := watchRow{Name: w, Title: b.Title(w), Href: "/segments/" + url.PathEscape(w), Count: v.p.Number(float64(count[w]), 0)}
		for _, h := range moved {
			if h.Kind == store.SegmentHappening && h.Name == w {
				if h.Fields["value"] == "true" {
					row.Entered++
				} else {
					row.Left++
				}
			}
		}
		row.EnteredT, row.LeftT, row.Moved = v.p.Number(float64(row.Entered), 0), v.p.Number(float64(row.Left), 0), row.Entered+row.Left > 0
		p.Watched = append(p.Watched, row)
	}
	return nil
}

// Get is what was typed into a form that was refused.
func (p myDayPage) Get(name string) string { return p.Fields.Get(name) }

func (s *server) addOwnTask(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	t, err := taskForm(v, v.r.PostForm)
	var what string
	var undo store.UndoBody
	if err == nil {
		if t.Owner == "" {
			t.Owner = v.member.ID
		}
		what, undo, err = s.makeTask(v, t)
	}
	if err == nil {
		return v.redirect(s.withUndo(v, "/my-day", what, undo))
	}
	if refused, ok := v.refuse(err); ok {
		return s.showMyDay(v, http.StatusUnprocessableEntity, refused, v.r.PostForm)
	}
	return err
}

// readMyDay notes that the member has read what happened.
func (s *server) readMyDay(v *visit) error {
	if err := s.Store.Visited(v.r.Context(), v.member.ID); err != nil {
		return err
	}
	return v.done("/my-day", "read")
}

// watch makes the member hear of a segment, or no longer.
func (s *server) watch(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	if f.Get("off") != "yes" {
		b, err := v.segments(v.r.Context())
		if err != nil {
			return err
		}
		if _, err := b.Find(f.Get("segment")); err != nil {
			return err
		}
	}
	if err := s.Store.Watch(v.r.Context(), v.member.ID, f.Get("segment"), f.Get("off") == "yes"); err != nil {
		return err
	}
	return v.redirect(withQuery(localPath(cmp.Or(f.Get("back"), "/my-day")), url.Values{"done": {"saved"}}))
}
