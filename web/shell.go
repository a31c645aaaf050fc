package web

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// shell is what the layout needs of every page; page structs embed it.
type shell struct {
	visit *visit
	Lang  lang.Code
	// Title is the heading, Question the line under it that says what the
	// page answers.
	Title, Question string
	Crumb           *crumb
	Member          *store.Member
	Company         company
	Nav             []navGroup
	// Done says what the action before did, "" for nothing.
	Done string
	// PrintedVersion is the version of the figures on the page, "" for several
	// or none; printed pages name it.
	PrintedVersion string
	// TakeBack is what the action before was, when it can be undone; nil for
	// nothing.
	TakeBack *store.Undo
	// Unseen is how many notices the member has not read.
	Unseen int
	// Works are the long computations under way.
	Works []workLine
	// Charts tells that the page draws some.
	Charts bool
	// View is nil on pages without controls.
	View *view
	// extra are parameters of the page itself that the controls must keep.
	extra url.Values
	// path is where the controls lead, "" for the address of the request.
	path string
}

type crumb struct{ Title, Href string }

type navGroup struct {
	Title lang.Text
	Items []navItem
}

type navItem struct {
	Title   lang.Text
	Icon    string
	Href    string
	who     audience
	Current bool
	// demo hides the entry where the company is no demo, money from whom money is
	// hidden, whole from who sees some customers only.
	demo, money, whole bool
}

// shown tells whether the entry leads anywhere for who asks.
func (i navItem) shown(v *visit) bool {
	of := sight.Of(v.r.Context())
	return i.who.allows(v.member.Role) && (!i.demo || v.demo) && !(i.money && of.Hides(sight.Money)) && !(i.whole && of.Whole() != nil)
}

// navigation is the menu at the left; what comes finds its group here.
var navigation = []navGroup{
	{lang.Text("Customers"), []navItem{
		{Title: lang.Text("My day"), Icon: "calendar", Href: "/my-day", who: team},
		{Title: lang.Text("Tasks"), Icon: "check", Href: "/tasks", who: team},
		{Title: lang.Text("Community"), Icon: "users-group", Href: "/community", who: team},
		{Title: lang.Text("Customers"), Icon: "users", Href: "/customers", who: team},
		{Title: lang.Text("Customer stages"), Icon: "route", Href: "/stages", who: team},
		{Title: lang.Text("People"), Icon: "user", Href: "/people", who: team},
		{Title: lang.Text("Segments"), Icon: "filter", Href: "/segments", who: team},
		{Title: lang.Text("Tickets"), Icon: "zoom-question", Href: "/tickets", who: team},
		{Title: lang.Text("Knowledge base"), Icon: "bookmark", Href: "/knowledge", who: team},
		{Title: lang.Text("Shared goals"), Icon: "chart-line", Href: "/goals", who: team},
	}},
	{lang.Text("Understand"), []navItem{
		{Title: lang.Text("Overview"), Icon: "layout-dashboard", Href: "/", who: team},
		{Title: lang.Text("Engagement"), Icon: "activity", Href: "/engagement", who: team},
		{Title: lang.Text("Activation"), Icon: "check", Href: "/activation", who: team},
		{Title: lang.Text("Adoption"), Icon: "chart-bar", Href: "/adoption", who: team},
		{Title: lang.Text("Retention"), Icon: "calendar", Href: "/retention", who: team},
		{Title: lang.Text("Revenue"), Icon: "coin", Href: "/revenue", who: team, money: true},
		{Title: lang.Text("Churn"), Icon: "logout", Href: "/churn", who: team, money: true},
		{Title: lang.Text("Voice of the customer"), Icon: "message-circle", Href: "/voice", who: team},
		{Title: lang.Text("Life cycle"), Icon: "route", Href: "/lifecycle", who: team},
		{Title: lang.Text("Metrics & glossary"), Icon: "chart-line", Href: "/catalogue", who: team},
		{Title: lang.Text("Restatements"), Icon: "history", Href: "/restatements", who: team, whole: true},
	}},
	{lang.Text("Observe"), []navItem{
		{Title: lang.Text("Truth of the demo"), Icon: "check", Href: "/truth", who: team, demo: true},
		{Title: lang.Text("Data quality"), Icon: "zoom-question", Href: "/quality", who: team},
		{Title: lang.Text("Live events"), Icon: "broadcast", Href: "/live", who: team},
		{Title: lang.Text("All events"), Icon: "list", Href: "/events", who: team},
	}},
	{lang.Text("Set up"), []navItem{
		{Title: lang.Text("Sources"), Icon: "plug", Href: "/sources", who: team},
		{Title: lang.Text("Help desks"), Icon: "plug", Href: "/desks", who: team},
		{Title: lang.Text("Settings"), Icon: "adjustments", Href: "/settings", who: team},
		{Title: lang.Text("Custom fields"), Icon: "list", Href: "/fields", who: team},
		{Title: lang.Text("Team and keys"), Icon: "users", Href: "/team", who: admins},
		{Title: lang.Text("Erasures"), Icon: "trash", Href: "/erasures", who: admins},
		{Title: lang.Text("Audit log"), Icon: "history", Href: "/audit", who: admins},
	}},
}

// doneTexts are the confirmations that an action's redirect may name.
var doneTexts = map[string]lang.Text{
	"view":         lang.Text("The view was saved."),
	"view-changed": lang.Text("The view was changed."),
	"view-gone":    lang.Text("The view was deleted."),
	"saved":        lang.Text("Saved."),
	"merged":       lang.Text("The two are one now. The figures follow within minutes."),
	"parted":       lang.Text("The two are apart again. The figures follow within minutes."),
	"read":         lang.Text("What happened until now is read."),
	"undone-some":  lang.Text("It was taken back, but for what somebody changed meanwhile."),
	"erased":       lang.Text("The person was erased."),
	"source":       lang.Text("The source was changed."),
	"source-gone":  lang.Text("The source was deleted. Its events stay."),
	"member":       lang.Text("The member can sign in now."),
	"member-saved": lang.Text("The member was changed."),
	"revoked":      lang.Text("The token no longer works."),
	"password":     lang.Text("The password was changed and other sessions were ended."),
	"sessions":     lang.Text("Other sessions were ended."),
	"session":      lang.Text("The session was ended."),
	"invite-gone":  lang.Text("The invitation was taken back."),
	"left":         lang.Text("The member left, and what it owned was handed over."),
	"customers":    lang.Text("The customers were changed."),
	"same":         lang.Text("It was so already: nothing changed."),
	"undone":       lang.Text("It was taken back."),
	"file":         lang.Text("The file was kept."),
	"file-gone":    lang.Text("The file was deleted."),
	"segment":      lang.Text("The segment was saved."),
	"segment-gone": lang.Text("The segment was deleted. Its versions and its history stay."),
	"replayed":     lang.Text("It was taken in again."),
	"assigned":     lang.Text("It is remembered, and what waited was taken in."),
	"review":       lang.Text("The reviewer was told."),
	"published":    lang.Text("It is published."),
}

// shell prepares what every page shows; the title is an English sentence.
func (v *visit) shell(title lang.Text) shell {
	sh := shell{visit: v, Lang: v.p.Code(), Title: v.p.Text(title), Member: v.member, Company: v.company}
	if v.member != nil {
		sh.Nav = v.nav()
		sh.Works = v.works()
		sh.Unseen, sh.TakeBack = v.told(v.r.URL.Query().Get("undo"))
	}
	if t, ok := doneTexts[v.r.URL.Query().Get("done")]; ok {
		sh.Done = v.p.Text(t)
	}
	return sh
}

// nav is the menu that the member may use, with the page's own entry marked.
func (v *visit) nav() []navGroup {
	out := make([]navGroup, 0, len(navigation))
	for _, g := range navigation {
		items := slices.Clone(g.Items)
		items = slices.DeleteFunc(items, func(i navItem) bool { return !i.shown(v) })
		for i := range items {
			items[i].Current = v.under(items[i].Href)
		}
		if len(items) > 0 {
			out = append(out, navGroup{g.Title, items})
		}
	}
	return out
}

// under tells whether the page belongs to the menu entry.
func (v *visit) under(href string) bool {
	path := v.r.URL.Path
	if href == "/live" && path == "/rejected" || href == "/catalogue" && (path == "/glossary" || strings.HasPrefix(path, "/metrics/")) {
		return true
	}
	return path == href || href != "/" && strings.HasPrefix(path, href+"/")
}

// Here is the page's own address, to come back to.
func (s shell) Here() string {
	if s.visit.r.Method != "GET" {
		return s.visit.r.URL.Path
	}
	q := s.visit.r.URL.Query()
	q.Del("done")
	if len(q) == 0 {
		return s.visit.r.URL.Path
	}
	return s.visit.r.URL.Path + "?" + q.Encode()
}

// At tells whether the page is at that path.
func (s shell) At(path string) bool { return s.visit.r.URL.Path == path }

// ThemeName is "light", "dark" or "auto".
func (s shell) ThemeName() string {
	theme := ""
	if s.Member != nil {
		theme = s.Member.Theme
	} else if c, err := s.visit.r.Cookie(themeCookie); err == nil {
		theme = c.Value
	}
	if theme == "light" || theme == "dark" {
		return theme
	}
	return "auto"
}

// ColorScheme is what the browser should paint before the style sheet comes.
func (s shell) ColorScheme() string {
	if t := s.ThemeName(); t != "auto" {
		return t
	}
	return "light dark"
}

// choice is an option of a menu.
type choice struct {
	Code   lang.Code
	Value  string
	Name   string
	Title  lang.Text
	Chosen bool
}

// Languages lists the languages, each in its own words.
func (s shell) Languages() []choice {
	var out []choice
	for _, c := range lang.Codes {
		out = append(out, choice{Code: c, Name: c.Name(), Chosen: c == s.Lang})
	}
	return out
}

// Path is where the page's controls lead.
func (s shell) Path() string { return cmp.Or(s.path, s.visit.r.URL.Path) }

// Link is the page's own address with the view, and the pairs changed.
func (s shell) Link(pairs ...string) string {
	q := url.Values{}
	for k, values := range s.View.given {
		q[k] = values
	}
	for k, values := range s.extra {
		if len(values) > 0 && values[0] != "" {
			q[k] = values
		}
	}
	return linked(s.Path(), q, pairs)
}

// Go is another page's address with the view kept.
func (s shell) Go(path string, pairs ...string) string { return s.View.Link(path, pairs...) }

// Hidden lists the inputs that carry view and page through a form.
func (s shell) Hidden(but ...string) []field {
	out := s.View.Hidden(but...)
	for k, values := range s.extra {
		for _, x := range values {
			out = append(out, field{k, x})
		}
	}
	return out
}

var grainTitles = map[farol.Grain]lang.Text{
	farol.Daily: lang.Text("By day"), farol.Weekly: lang.Text("By week"), farol.Monthly: lang.Text("By month"),
}

// Grains lists the grains to choose from.
func (s shell) Grains() []choice {
	out := []choice{{Title: lang.Text("As suits each metric"), Chosen: s.View.Grain == ""}}
	for _, g := range []farol.Grain{farol.Daily, farol.Weekly, farol.Monthly} {
		out = append(out, choice{Value: string(g), Title: grainTitles[g], Chosen: s.View.Grain == g})
	}
	return out
}

// GrainText is the chosen grain in words.
func (s shell) GrainText() string {
	if s.View.Grain == "" {
		return s.visit.p.T("Automatic")
	}
	return s.visit.p.Text(grainTitles[s.View.Grain])
}

// PeriodText is the period as dates.
func (s shell) PeriodText() string { return s.visit.p.Range(s.View.Period) }

// link is something to click at.
type link struct{ Text, Href string }

// Segment lists what the view is narrowed down to, each with the link that
// takes it away.
func (s shell) Segment() []link {
	var out []link
	for _, f := range s.View.Filters {
		if text, ok := s.inSegment(f); ok {
			out = append(out, link{text, s.View.without(s.visit.r.URL.Path, f, f.Values, s.extra)})
			continue
		}
		for _, value := range f.Values {
			out = append(out, link{s.filtered(f) + " = " + s.named(value), s.View.without(s.visit.r.URL.Path, f, []string{value}, s.extra)})
		}
	}
	return out
}

// inSegment says a filter by a segment.
func (s shell) inSegment(f facts.Filter) (string, bool) {
	name, now, not, ok := segment.Filtered(f)
	if !ok {
		return "", false
	}
	p, title := s.visit.p, s.View.Book.Title(name)
	switch {
	case not && now:
		return p.T("Not in %s", title), true
	case not:
		return p.T("Not in %s on the day", title), true
	case now:
		return p.T("In %s", title), true
	}
	return p.T("In %s on the day", title), true
}

// filtered is what people call the attribute of a filter.
func (s shell) filtered(f facts.Filter) string {
	name, now := strings.CutPrefix(f.Attribute, facts.NowPrefix)
	title := attributeTitle(s.visit.p, nil, s.View.Book, name)
	if now {
		return s.visit.p.T("%s now", title)
	}
	return title
}

// named is a value of an attribute for people: "" stands for unknown.
func (s shell) named(value string) string {
	if value == "" {
		return s.visit.p.T("unknown")
	}
	return value
}

// SegmentText is the segment in one line.
func (s shell) SegmentText() string {
	var parts []string
	for _, f := range s.View.Filters {
		if text, ok := s.inSegment(f); ok {
			parts = append(parts, text)
			continue
		}
		names := make([]string, len(f.Values))
		for i, x := range f.Values {
			names[i] = s.named(x)
		}
		parts = append(parts, s.filtered(f)+" = "+strings.Join(names, ", "))
	}
	return strings.Join(parts, " · ")
}

// ClockText is the two clocks in few words.
func (s shell) ClockText() string {
	switch v := s.View; {
	case v.AsOf != 0 && !v.Known.IsZero():
		return s.visit.p.T("%s, known %s", v.AsOf, s.knownText())
	case v.AsOf != 0:
		return s.visit.p.T("As of %s", v.AsOf)
	default:
		return s.visit.p.T("Known at %s", s.knownText())
	}
}

// PastText is the sentence of the banner.
func (s shell) PastText() string {
	switch v := s.View; {
	case v.AsOf != 0 && !v.Known.IsZero():
		return s.visit.p.T("You see %s as it was known on %s.", v.AsOf, s.knownText())
	case v.AsOf != 0:
		return s.visit.p.T("You see %s with everything that is known today.", v.AsOf)
	default:
		return s.visit.p.T("You see the figures as they were known on %s.", s.knownText())
	}
}

// knownText is a date when the view was asked for one, else an instant.
func (s shell) knownText() string {
	v := s.View
	if day, err := farol.ParseDay(v.given.Get("known")); err == nil {
		return s.visit.p.Date(day)
	}
	return s.visit.p.DateTime(v.Known, v.Cal.Zone)
}

// When writes an instant in the company's zone.
func (s shell) When(t time.Time) string { return s.visit.p.DateTime(t, s.Company.location()) }

// Clock writes the time of day of an instant in the company's zone.
func (s shell) Clock(t time.Time) string { return s.visit.p.Clock(t, s.Company.location()) }

// Day writes the company's day of an instant.
func (s shell) Day(t time.Time) string { return s.visit.p.Date(farol.DayOf(t, s.Company.location())) }

// Ago says how long ago an instant was.
func (s shell) Ago(t time.Time) string {
	now := s.visit.now
	if s.View != nil && s.View.AsOf != 0 {
		// On a past day it was so long ago as it was then.
		if end := s.View.AsOf.Next(1).Start(s.visit.company.location()); end.Before(now) && !t.After(end) {
			now = end
		}
	}
	return s.visit.p.Ago(t, now)
}

// Iso is an instant for a <time> element.
func (s shell) Iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// PrintedAt is when the page was made.
func (s shell) PrintedAt() string { return s.When(s.visit.now) }

// May tells whether the member may change what leaders may.
func (s shell) May() bool { return leaders.allows(s.Member.Role) }
