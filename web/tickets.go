package web

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/desk"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/stats"
	"github.com/farol-cs/farol/store"
)

// ticketsPage is who waits for an answer, for how long and about what.
type ticketsPage struct {
	shell
	Empty  bool
	Cards  []*card
	Ages   *chart
	Topics []topicRow
	Rows   []ticketLine
	Count  string
	Fields url.Values
	// Menus are the filters, each with its choices.
	Menus                  []ticketMenu
	Waiting, Rejected      int
	CSV, First, Next, Mine string
	OnlyMine               bool
	Notes                  []string
}

type ticketMenu struct {
	Name    string
	Title   lang.Text
	Choices []choice
}

type ticketLine struct {
	Href, ID, Subject, Account, AccountName, Topic, Requester string
	// PersonHref leads to who asked, "" when nobody knows them.
	PersonHref, AccountHref       string
	Status, StatusClass, Priority string
	Urgent                        bool
	Waited, FirstAnswer           string
	Opened                        time.Time
}

type topicRow struct {
	Topic, Href, Articles                string
	Opened, Unsolved, Accounts           string
	FirstAnswer, Interval, ArticlesCount string
}

var ticketStatuses = map[string]lang.Text{
	facts.TicketOpen: lang.Text("Still open"), facts.TicketPending: lang.Text("Waiting for the customer"), facts.TicketOnHold: lang.Text("On hold"),
	facts.TicketSolved: lang.Text("Solved"), facts.TicketClosed: lang.Text("Closed"), desk.Unsolved: lang.Text("Unsolved"),
}

var ticketPriorities = map[string]lang.Text{
	"low": lang.Text("Low"), "normal": lang.Text("Normal"), "high": lang.Text("High"), "urgent": lang.Text("Urgent"),
}

var ticketSorts = map[string]lang.Text{
	"opened": lang.Text("Newest first"), "updated": lang.Text("Last changed first"), "waited": lang.Text("Waiting longest first"), "account": lang.Text("By customer"),
}

// ticketFields are the parameters of the page itself.
var ticketFields = []string{"q", "status", "topic", "priority", "source", "account", "sort", "mine"}

const ticketsShown = 50

// allTickets are the tickets as the view looks at them, and who may be kept.
func (s *server) allTickets(v *visit, look *view) (map[desk.Key]*facts.Ticket, error) {
	if !look.Past() {
		return s.Book.Tickets(v.r.Context())
	}
	out := map[desk.Key]*facts.Ticket{}
	err := s.Facts.Tickets(v.r.Context(), facts.TicketFilter{AsOf: look.AsOf, Known: look.Known}, func(t facts.Ticket) { out[desk.Key{Source: t.Source, ID: t.ID}] = &t })
	return out, err
}

// accountsSeen are the accounts as the view looks at them.
func (s *server) accountsSeen(v *visit, look *view) (map[farol.AccountID]*customer.Account, error) {
	then, err := s.accountsThen(v, look)
	return then.Accounts, err
}

// only tells which accounts the view's segment keeps; nil when it has none.
func (s *server) only(v *visit, look *view) (func(farol.AccountID) bool, error) {
	if len(look.Filters) == 0 {
		return nil, nil
	}
	accounts, err := s.accountsSeen(v, look)
	return v.inSegment(look, accounts, ""), err
}

// inSegment tells which accounts the view's segment keeps, and mine those of
// the member; tests are never kept.
func (v *visit) inSegment(look *view, accounts map[farol.AccountID]*customer.Account, mine store.MemberID) func(farol.AccountID) bool {
	see := sight.Of(v.r.Context())
	return func(id farol.AccountID) bool {
		if !see.Account(id) {
			return false
		}
		a := accounts[id]
		if a == nil {
			return len(look.Filters) == 0 && mine == ""
		}
		if a.Test {
			return false
		}
		if !a.Fits(look.Filters) {
			return false
		}
		return mine == "" || slices.ContainsFunc(customer.OwnerRoles, func(role string) bool { return a.Owner(role) == string(mine) })
	}
}

// ticketQuery reads what the page asks for.
func (s *server) ticketQuery(v *visit, look *view, accounts map[farol.AccountID]*customer.Account) (desk.Query, url.Values, error) {
	given, kept := v.r.URL.Query(), url.Values{}
	for _, k := range ticketFields {
		if x := given.Get(k); x != "" {
			kept.Set(k, x)
		}
	}
	q := desk.Query{
		Search: kept.Get("q"), Status: cmp.Or(kept.Get("status"), desk.Unsolved), Topic: kept.Get("topic"), Priority: kept.Get("priority"), Source: farol.SourceID(kept.Get("source")),
		Account: farol.AccountID(kept.Get("account")), Sort: cmp.Or(kept.Get("sort"), "waited"), Zone: v.company.location(), Limit: ticketsShown,
	}
	if q.Status == "all" {
		q.Status = ""
	}
	if q.Status != "" && ticketStatuses[q.Status] == "" {
		return q, kept, farol.InvalidField("status", "there is no such status: %s", q.Status)
	}
	if q.Status != desk.Unsolved {
		// What is unsolved waits whenever it was opened; the rest is of the period.
		q.From, q.To = look.Period.From, look.Period.To
	}
	if !slices.Contains(desk.Sorts, q.Sort) {
		return q, kept, farol.InvalidField("sort", "there is no such order: %s", q.Sort)
	}
	if x := given.Get("offset"); x != "" {
		n, err := strconv.Atoi(x)
		if err != nil || n < 0 {
			return q, kept, farol.InvalidField("offset", "must be a whole number")
		}
		q.Offset = n
	}
	mine := store.MemberID("")
	if kept.Get("mine") == "yes" {
		mine = v.member.ID
	}
	q.Sight, q.Keep = sight.Of(v.r.Context()), v.inSegment(look, accounts, mine)
	return q, kept, nil
}

func (s *server) tickets(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := ticketsPage{shell: v.shell(lang.Text("Tickets"))}
	p.Question, p.View, p.Charts = v.p.T("Which customers wait for an answer, for how long, and about what?"), look, true
	all, err := s.allTickets(v, look)
	if err != nil {
		return err
	}
	counts, err := s.Store.DeliveryCounts(v.r.Context(), "")
	if err != nil {
		return err
	}
	if sight.Of(v.r.Context()).Whole() == nil && !look.Past() { // they wait now
		p.Waiting, p.Rejected = counts["waiting"], counts["rejected"]
	}
	if p.Empty = len(all) == 0 && p.Waiting == 0 && p.Rejected == 0 && !look.Past(); p.Empty {
		return s.send(v, http.StatusOK, "tickets", "layout", p)
	}
	accounts, err := s.accountsSeen(v, look)
	if err != nil {
		return err
	}
	q, kept, err := s.ticketQuery(v, look, accounts)
	if err != nil {
		return err
	}
	if look.Past() {
		p.Notes = []string{v.p.T("Tickets, their customers and owners are what was said by then; how long they waited is counted up to then.")}
	}
	p.Fields, p.extra, p.OnlyMine = kept, kept, kept.Get("mine") == "yes"
	page, count := q.Of(all)
	p.Count = v.p.N(count, "%d ticket", "%d tickets")
	if p.Rows, err = s.ticketLines(v, look, page, accounts); err != nil {
		return err
	}
	p.CSV, p.Mine = p.Go("/tickets.csv", keptPairs(kept)...), p.Link("mine", map[bool]string{true: "", false: "yes"}[p.OnlyMine])
	if q.Offset > 0 {
		p.First = p.Link("offset", "")
	}
	if q.Offset+len(page) < count {
		p.Next = p.Link("offset", strconv.Itoa(q.Offset+len(page)))
	}
	if err := s.ticketFigures(v, look, &p, q, all); err != nil {
		return err
	}
	return s.send(v, http.StatusOK, "tickets", "layout", p)
}

// ticketLines are the tickets of a page, whose requesters go by their names.
func (s *server) ticketLines(v *visit, look *view, page []*facts.Ticket, accounts map[farol.AccountID]*customer.Account) (out []ticketLine, err error) {
	var ids []string
	for _, t := range page {
		if t.Person != "" {
			ids = append(ids, string(t.Person))
		}
	}
	known, err := s.listedThen(v, look, ids)
	if err != nil {
		return nil, err
	}
	for _, t := range page {
		row := ticketLineOf(v, look, t, accounts)
		if x, ok := known[t.Person]; ok {
			row.Requester = cmp.Or(x.Name, row.Requester)
		}
		out = append(out, row)
	}
	return out, nil
}

func keptPairs(q url.Values) []string {
	var out []string
	for k := range q {
		out = append(out, k, q.Get(k))
	}
	return out
}

// Get is a filter's text.
func (p ticketsPage) Get(name string) string { return p.Fields.Get(name) }

func ticketHref(t *facts.Ticket) string {
	return "/tickets/" + url.PathEscape(string(t.Source)) + "/" + url.PathEscape(t.ID)
}

func ticketLineOf(v *visit, look *view, t *facts.Ticket, accounts map[farol.AccountID]*customer.Account) ticketLine {
	row := ticketLine{
		Href: look.Link(ticketHref(t)), ID: t.ID, Subject: cmp.Or(t.Subject, t.ID), Account: string(t.Account), AccountHref: look.At(customerHref(t.Account)), AccountName: string(t.Account), Topic: t.Topic, Requester: cmp.Or(t.Requester, string(t.Person)),
		Status: v.p.Text(ticketStatuses[t.Status]), StatusClass: map[string]string{facts.TicketOpen: "warn", facts.TicketSolved: "good", facts.TicketClosed: "good"}[t.Status],
		Priority: priorityText(v, t.Priority), Urgent: t.Priority == "urgent" || t.Priority == "high", Opened: t.Opened, FirstAnswer: lang.None,
	}
	if a := accounts[t.Account]; a != nil {
		row.AccountName = a.Name
	}
	if t.Person != "" {
		row.PersonHref = look.At(personHref(t.Person))
	}
	until := look.moment(v.now)
	if t.Over() {
		until = t.Solved
	}
	row.Waited = duration(v.p, until.Sub(t.Opened))
	if !t.FirstReply.IsZero() {
		row.FirstAnswer = duration(v.p, t.FirstReply.Sub(t.Opened))
	}
	return row
}

func priorityText(v *visit, priority string) string {
	if title, ok := ticketPriorities[priority]; ok {
		return v.p.Text(title)
	}
	return priority
}

// duration writes how long something took, in the unit that suits it.
func duration(p *lang.Printer, d time.Duration) string {
	sec := max(0, d.Seconds())
	if sec >= 48*3600 {
		return p.T("%s d", p.Number(sec/86400, 0))
	}
	return scale{p: p, unit: "seconds"}.duration(sec)
}

// ages are the buckets of how long tickets have waited, in days.
var ages = []struct {
	from  int
	title lang.Text
}{{0, lang.Text("Less than a day")}, {1, lang.Text("1–2 days")}, {3, lang.Text("3–6 days")}, {7, lang.Text("7–13 days")}, {14, lang.Text("14–29 days")}, {30, lang.Text("30 days or more")}}

// ticketFigures fills the cards, the picture of ages and the topics. They
// look past the page's own filters, at the segment.
func (s *server) ticketFigures(v *visit, look *view, p *ticketsPage, q desk.Query, all map[desk.Key]*facts.Ticket) error {
	names, err := s.Store.SourceNames(v.r.Context())
	if err != nil {
		return err
	}
	count := ticketCount{v: v, look: look, now: look.moment(v.now), ages: make([]float64, len(ages)), topics: map[string]*topicCount{}, sources: map[farol.SourceID]bool{}, tells: map[farol.SourceID]bool{}}
	for _, t := range all {
		if t.FirstReply.IsZero() {
			continue
		}
		count.tells[t.Source] = true
	}
	for _, t := range all {
		if q.Keep(t.Account) {
			count.add(t)
		}
	}
	p.Ages = count.chart()
	p.Topics, err = s.topicRows(v, look, count)
	if err != nil {
		return err
	}
	p.Menus = count.menus(p, names)
	g, ctx := errgroup.WithContext(v.r.Context())
	v.r = v.r.WithContext(ctx)
	g.SetLimit(atOnce)
	cards := s.cards(g, v, look, []string{"tickets_opened", "ticket_solve_time"})
	if err := g.Wait(); err != nil {
		return err
	}
	p.Cards = append(count.cards(p), cards...)
	return nil
}

// ticketCount adds tickets up.
type ticketCount struct {
	v    *visit
	look *view
	// now is the instant up to which tickets have waited.
	now     time.Time
	state   map[string]int
	ages    []float64
	oldest  *facts.Ticket
	spells  []stats.Spell
	opened  int
	topics  map[string]*topicCount
	sources map[farol.SourceID]bool
	// tells are the sources that say when the first answer was.
	tells map[farol.SourceID]bool
}

type topicCount struct {
	opened, unsolved int
	accounts         map[farol.AccountID]bool
	spells           []stats.Spell
}

func (c *ticketCount) add(t *facts.Ticket) {
	c.sources[t.Source] = true
	topic := c.topics[t.Topic]
	if topic == nil {
		topic = &topicCount{accounts: map[farol.AccountID]bool{}}
		c.topics[t.Topic] = topic
	}
	if !t.Over() {
		if c.state == nil {
			c.state = map[string]int{}
		}
		c.state[t.Status]++
		topic.unsolved++
		days := int(c.now.Sub(t.Opened).Hours() / 24)
		for i := len(ages) - 1; i >= 0; i-- {
			if days >= ages[i].from || i == 0 {
				c.ages[i]++
				break
			}
		}
		if c.oldest == nil || t.Opened.Before(c.oldest.Opened) {
			c.oldest = t
		}
	}
	if d := farol.DayOf(t.Opened, c.v.company.location()); d < c.look.Period.From || d >= c.look.Period.To {
		return
	}
	c.opened++
	topic.opened++
	topic.accounts[t.Account] = true
	if x, ok := c.firstAnswer(t); ok {
		c.spells, topic.spells = append(c.spells, x), append(topic.spells, x)
	}
}

// firstAnswer is how long the first answer took, or that it is still waited
// for. What was solved without one that was told says nothing, nor does a
// source that never tells.
func (c *ticketCount) firstAnswer(t *facts.Ticket) (stats.Spell, bool) {
	switch {
	case !c.tells[t.Source]:
		return stats.Spell{}, false
	case !t.FirstReply.IsZero():
		return stats.Spell{Exit: max(0, t.FirstReply.Sub(t.Opened).Seconds()), Cause: 1, N: 1}, true
	case t.Over():
		return stats.Spell{}, false
	}
	return stats.Spell{Exit: max(0, c.now.Sub(t.Opened).Seconds()), N: 1}, true
}

// median is the median of spells as text, with its interval.
func median(p *lang.Printer, spells []stats.Spell) (value, interval string) {
	if len(spells) < stats.MinRanked {
		return lang.None, ""
	}
	curve, err := stats.KaplanMeier(spells, stats.Level)
	if err != nil {
		return lang.None, ""
	}
	m := curve.Quantile(0.5)
	if m.Value == nil {
		return lang.None, ""
	}
	text := func(v *float64) string { return duration(p, time.Duration(*v*float64(time.Second))) }
	if m.Low != nil && m.High != nil {
		interval = text(m.Low) + " – " + text(m.High)
	}
	return text(m.Value), interval
}

func (c *ticketCount) cards(p *ticketsPage) []*card {
	pr := c.v.p
	unsolved := c.state[facts.TicketOpen] + c.state[facts.TicketPending] + c.state[facts.TicketOnHold]
	first := &card{
		Title: pr.T("Unsolved tickets"), Definition: pr.T("Tickets that are open, wait for the customer or are on hold, whenever they were opened."), Href: p.Go("/tickets"),
		Value: pr.Number(float64(unsolved), 0), Period: pr.T("%s open, %s wait for the customer, %s on hold", pr.Number(float64(c.state[facts.TicketOpen]), 0), pr.Number(float64(c.state[facts.TicketPending]), 0), pr.Number(float64(c.state[facts.TicketOnHold]), 0)),
	}
	oldest := &card{Title: pr.T("Waiting longest"), Definition: pr.T("How long the oldest unsolved ticket has waited."), Href: p.Go("/tickets", "sort", "waited"), Value: lang.None, Reason: pr.T("Nobody waits.")}
	if c.oldest != nil {
		oldest.Value, oldest.Reason, oldest.Period, oldest.Href = duration(pr, c.now.Sub(c.oldest.Opened)), "", cmp.Or(c.oldest.Subject, c.oldest.ID), p.Go(ticketHref(c.oldest))
	}
	answer := &card{
		Title: pr.T("First answer (median)"), Definition: pr.T("The time by which half of the tickets opened in the period had a first answer. Those without one yet count as waiting; sources that never tell are left out."),
		Href: p.Go("/tickets", "status", "all"), Period: p.PeriodText(),
	}
	if answer.Value, answer.Interval = median(pr, c.spells); answer.Value == lang.None {
		answer.Reason = pr.T("There are too few to tell.")
	}
	return []*card{first, oldest, answer}
}

func (c *ticketCount) chart() *chart {
	p := c.v.p
	out := &chart{ID: "ages-data", Label: p.T("Unsolved tickets by how long they wait"), Head: p.T("Waiting"), Table: true, Data: chartData{Kind: "bar", Unit: chartUnit{Kind: "number"}, Names: true, Zero: true, Whole: true}}
	x := chartSeries{Name: p.T("Unsolved tickets")}
	for i, a := range ages {
		out.Data.Ticks, out.Data.Titles = append(out.Data.Ticks, p.Text(a.title)), append(out.Data.Titles, p.Text(a.title))
		x.Values, x.Texts, x.Open = append(x.Values, &c.ages[i]), append(x.Texts, p.Number(c.ages[i], 0)), append(x.Open, false)
	}
	out.Data.Series = []chartSeries{x}
	return out
}

// topicRows are the topics, the most opened first.
func (s *server) topicRows(v *visit, look *view, c ticketCount) ([]topicRow, error) {
	articles, err := s.articlesByTopic(v)
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range c.topics {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		x, y := c.topics[a], c.topics[b]
		return cmp.Or(y.opened-x.opened, y.unsolved-x.unsolved, cmp.Compare(a, b))
	})
	var out []topicRow
	for _, name := range names[:min(len(names), 30)] {
		t := c.topics[name]
		row := topicRow{Topic: cmp.Or(name, v.p.T("no topic")), Href: look.Link("/tickets", "topic", name, "status", "all"), Opened: v.p.Number(float64(t.opened), 0), Unsolved: v.p.Number(float64(t.unsolved), 0), Accounts: v.p.Number(float64(len(t.accounts)), 0)}
		row.FirstAnswer, row.Interval = median(v.p, t.spells)
		if name == "" {
			row.Href = ""
		} else {
			row.Articles, row.ArticlesCount = "/knowledge?"+url.Values{"topic": {name}}.Encode(), v.p.Number(float64(articles[name]), 0)
		}
		out = append(out, row)
	}
	return out, nil
}

func (c *ticketCount) menus(p *ticketsPage, names map[farol.SourceID]string) []ticketMenu {
	menu := func(name string, title lang.Text, any lang.Text) *ticketMenu {
		p.Menus = append(p.Menus, ticketMenu{Name: name, Title: title})
		m := &p.Menus[len(p.Menus)-1]
		if any != "" {
			m.Choices = []choice{{Title: any}}
		}
		return m
	}
	add := func(m *ticketMenu, value string, title lang.Text, text string) {
		m.Choices = append(m.Choices, choice{Value: value, Title: title, Name: text, Chosen: p.Get(m.Name) == value})
	}
	m := menu("status", lang.Text("Status"), "")
	add(m, "", lang.Text("Unsolved"), "")
	add(m, "all", lang.Text("All"), "")
	for _, x := range desk.Statuses {
		add(m, x, ticketStatuses[x], "")
	}
	m = menu("topic", lang.Text("Topic"), lang.Text("All topics"))
	for _, x := range slices.Sorted(maps.Keys(c.topics)) {
		if x != "" {
			add(m, x, "", x)
		}
	}
	m = menu("priority", lang.Text("Priority"), lang.Text("All priorities"))
	for _, x := range slices.Backward(desk.Priorities) {
		add(m, x, ticketPriorities[x], "")
	}
	if len(c.sources) > 1 {
		m = menu("source", lang.Text("Source"), lang.Text("All sources"))
		for x := range c.sources {
			add(m, string(x), "", cmp.Or(names[x], string(x)))
		}
		slices.SortFunc(m.Choices[1:], func(a, b choice) int { return cmp.Compare(a.Name, b.Name) })
	}
	m = menu("sort", lang.Text("Order"), "")
	for _, x := range []string{"waited", "opened", "updated", "account"} {
		value := x
		if x == "waited" {
			value = "" // what the page shows unasked
		}
		add(m, value, ticketSorts[x], "")
	}
	return p.Menus
}

// ticketsCSV is the list as the filters choose it.
func (s *server) ticketsCSV(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	all, err := s.allTickets(v, look)
	if err != nil {
		return err
	}
	accounts, err := s.accountsSeen(v, look)
	if err != nil {
		return err
	}
	q, _, err := s.ticketQuery(v, look, accounts)
	if err != nil {
		return err
	}
	q.Offset, q.Limit = 0, 100_000
	page, _ := q.Of(all)
	out := v.csv(look.file("tickets"))
	write(out, []string{"source", "ticket", "subject", "account", "person", "requester", "status", "status_raw", "priority", "channel", "topic", "assignee", "opened_at", "first_reply_at", "solved_at", "updated_at", "reopened", "csat", "csat_comment", "url"})
	when := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	for _, t := range page {
		write(out, []string{string(t.Source), t.ID, t.Subject, string(t.Account), string(t.Person), t.Requester, t.Status, t.StatusRaw, t.Priority, t.Channel, t.Topic, t.Assignee,
			when(t.Opened), when(t.FirstReply), when(t.Solved), when(t.Updated), strconv.Itoa(t.Reopened), plain(t.CSAT), t.CSATComment, t.URL})
	}
	out.Flush()
	return nil
}
