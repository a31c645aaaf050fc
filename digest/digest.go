// Package digest writes each member's daily mail: what they were told since
// the last one and have not read, by customer, and what is due today. Nothing
// comes twice, and a mail of a day comes once, also after a crash.
package digest

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	netmail "net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/mail"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// Mailer writes and sends the daily mails.
type Mailer struct {
	Store     *store.Store
	Customers *customer.Directory
	Catalogue *metric.Catalogue
	Server    *mail.Server
	// BaseURL is the address that the links lead to.
	BaseURL string
	// Zone is the company's, Language that of members who have chosen none.
	Zone     func() *time.Location
	Language func() lang.Code
	// Currency is that of amounts.
	Currency func() farol.Currency
	Now      func() time.Time
	Log      *slog.Logger
}

// Run sends the mails that are due: each member's once the hour that they have
// chosen has begun on their day. It goes on with the next when one fails.
func (m Mailer) Run(ctx context.Context) error {
	members, err := m.Store.Members(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, x := range members {
		if !x.Disabled.IsZero() {
			continue
		}
		if err := m.one(ctx, x); err != nil {
			errs = append(errs, fmt.Errorf("the daily mail of %s: %w", x.ID, err))
		}
	}
	return errors.Join(errs...)
}

func (m Mailer) one(ctx context.Context, to store.Member) error {
	p, err := m.Store.Preferences(ctx, to.ID)
	if err != nil || p.Digest == store.NoDigest {
		return err
	}
	zone := m.Zone()
	if own, err := time.LoadLocation(p.Zone); err == nil && p.Zone != "" {
		zone = own
	}
	now := m.Now().In(zone)
	if now.Hour() < p.Digest {
		return nil
	}
	today := farol.DayOf(now, zone)
	portfolio, err := m.Store.PortfolioOf(ctx, to)
	if err != nil {
		return err
	}
	of, err := m.Customers.Sight(ctx, m.Store, m.Catalogue, portfolio)
	if err != nil {
		return err
	}
	ctx = sight.With(ctx, of)
	content, list, err := m.content(ctx, to, today)
	if err != nil {
		return err
	}
	token, ok, err := m.Store.ClaimDigest(ctx, to.ID, today)
	if err != nil || !ok {
		return err
	}
	if content == nil {
		// What comes later in the day is for tomorrow's mail, at its hour.
		return m.Store.EndDigest(ctx, to.ID, today, nil, "")
	}
	return m.send(ctx, to, today, content, list, token)
}

// send hands the mail over and notes how it went.
func (m Mailer) send(ctx context.Context, to store.Member, day farol.Day, c *content, list []store.Notice, token string) error {
	c.Stop = m.BaseURL + "/digest/stop/" + token
	text, html, err := c.write()
	if err != nil {
		return err
	}
	began := false
	err = m.Server.Send(ctx, mail.Message{
		To: netmail.Address{Name: to.Name, Address: to.Email}, Subject: c.Subject, Text: text, HTML: html, Unsubscribe: c.Stop,
		ID: fmt.Sprintf("digest.%s.%s@%s", day, to.ID, m.Server.Domain()),
	}, func() error {
		began = true
		return m.Store.SendingDigest(ctx, to.ID, day, list)
	})
	// What was learned is written down even when the program is told to stop.
	ctx = context.WithoutCancel(ctx)
	switch {
	case err == nil:
		return m.Store.EndDigest(ctx, to.ID, day, list, "")
	case began && (errors.Is(err, mail.ErrUnknown) || errors.Is(err, context.Canceled)):
		return err // it may have arrived: it is not sent again
	}
	return errors.Join(err, m.Store.EndDigest(ctx, to.ID, day, list, err.Error()))
}

// content is what a mail says.
type content struct {
	p       *lang.Printer
	Lang    lang.Code
	Subject string
	Hello   string
	Groups  []group
	Due     []line
	// Overdue says how many tasks are late, "" for none.
	Overdue string
	Home    string
	Tasks   string
	Change  string
	Stop    string
}

type group struct {
	Name, Href string
	Lines      []line
}

type line struct{ Text, Detail, Href string }

// content answers nil when there is nothing to tell.
func (m Mailer) content(ctx context.Context, to store.Member, today farol.Day) (*content, []store.Notice, error) {
	list, err := m.Store.Unmailed(ctx, to.ID)
	if err != nil {
		return nil, nil, err
	}
	due, err := m.Store.Tasks(ctx, store.TaskQuery{Owner: &to.ID, Open: true, Today: today, DueFrom: today, DueBy: today, Limit: 50})
	if err != nil || len(list)+len(due) == 0 {
		return nil, nil, err
	}
	late, err := m.Store.CountTasks(ctx, store.TaskQuery{Owner: &to.ID, Open: true, Today: today, DueBy: today - 1})
	if err != nil {
		return nil, nil, err
	}
	code := lang.Code(to.Language)
	if !code.Valid() {
		code = m.Language()
	}
	p := lang.For(code)
	c := &content{p: p, Lang: code, Home: m.BaseURL + "/my-day", Tasks: m.BaseURL + "/tasks", Change: m.BaseURL + "/account#told"}
	c.Hello = p.T("Hello, %s.", strings.Fields(to.Name + " ?")[0])
	if late > 0 {
		c.Overdue = p.N(late, "%d task is overdue.", "%d tasks are overdue.")
	}
	for _, t := range due {
		c.Due = append(c.Due, line{t.Title, m.name(ctx, t.Account), m.BaseURL + "/tasks/" + url.PathEscape(t.ID)})
	}
	told, err := m.group(ctx, c, list)
	if err != nil || told+len(due) == 0 {
		return nil, nil, err
	}
	c.Subject = p.T("Your day, %s: %s", p.Date(today), p.N(told+len(due), "%d thing", "%d things"))
	return c, list, nil
}

// name is what a customer is called.
func (m Mailer) name(ctx context.Context, id farol.AccountID) string {
	if id == "" {
		return ""
	}
	a, err := m.Customers.Account(ctx, id)
	if err != nil {
		return string(id)
	}
	return a.Name
}

// group puts the notices together by customer, and answers how many it tells.
func (m Mailer) group(ctx context.Context, c *content, list []store.Notice) (told int, err error) {
	members, err := m.Store.Members(ctx)
	if err != nil {
		return 0, err
	}
	words, err := m.words(ctx, c.p)
	if err != nil {
		return 0, err
	}
	who := map[string]string{}
	for _, x := range members {
		who[string(x.ID)] = x.Name
	}
	at := map[farol.AccountID]int{}
	for _, n := range list {
		i, ok := at[n.Account]
		if !ok {
			i = len(c.Groups)
			at[n.Account] = i
			g := group{Name: cmp.Or(m.name(ctx, n.Account), c.p.T("The team"))}
			if n.Account != "" {
				g.Href = m.BaseURL + "/customers/" + url.PathEscape(string(n.Account))
			}
			c.Groups = append(c.Groups, g)
		}
		text, ok := m.line(ctx, words, n, who)
		if ok {
			told++
			c.Groups[i].Lines = append(c.Groups[i].Lines, text)
		}
	}
	return told, nil
}

// words say what happened in the reader's language.
func (m Mailer) words(ctx context.Context, p *lang.Printer) (w customer.Words, err error) {
	w = customer.Words{Printer: p, Catalogue: m.Catalogue, Currency: m.Currency()}
	if w.Stages, _, err = customer.ReadStages(ctx, m.Store); err != nil {
		return w, err
	}
	w.Segments, err = segment.Read(ctx, m.Store)
	return w, err
}

// line is a notice in words; false when it may not be told.
func (m Mailer) line(ctx context.Context, w customer.Words, n store.Notice, who map[string]string) (line, bool) {
	p := w.Printer
	l := line{Detail: n.Text, Href: m.BaseURL + "/notices/" + url.PathEscape(n.ID)}
	name, away := cmp.Or(who[string(n.Author)], "Farol"), who[string(n.Meant)]
	asked, back := n.Review()
	switch {
	case asked:
		l.Text = either(p, away, lang.Text("%s asks you to review"), lang.Text("%s asks %s to review"), name)
	case back:
		l.Text = either(p, away, lang.Text("%s sent your article back"), lang.Text("%s sent an article of %s back"), name)
	case n.Kind == store.NoticeMention:
		l.Text = either(p, away, lang.Text("%s mentioned you"), lang.Text("%s mentioned %s"), name)
	case n.Kind == store.NoticeTask:
		l.Text = either(p, away, lang.Text("%s gave you a task"), lang.Text("%s gave %s a task"), name)
	case n.Kind == store.NoticeMessage:
		l.Text = p.T("%s wrote", name)
	case n.Kind == store.NoticeSilent:
		l.Text, l.Detail = p.T("%s fell silent", n.Text), ""
	default:
		h, err := m.Store.Happening(ctx, strings.TrimPrefix(n.Subject, "happening:"))
		if err != nil { // it is too old, or hidden
			return line{}, false
		}
		l.Text, l.Detail = w.Happening(h), ""
	}
	if away != "" {
		l.Detail = strings.TrimPrefix(l.Detail+" · "+p.T("You cover for %s", away), " · ")
	}
	return l, true
}

// either says what somebody did to the reader, or to who is away and covered.
func either(p *lang.Printer, away string, own, others lang.Text, name string) string {
	if away == "" {
		return p.T(string(own), name)
	}
	return p.T(string(others), name, away)
}

//go:embed digest.html
var page string

// write is the mail in plain text and as HTML.
func (c *content) write() (text, html string, err error) {
	var b strings.Builder
	b.WriteString(c.Hello + "\n")
	for _, g := range c.Groups {
		if len(g.Lines) == 0 {
			continue
		}
		b.WriteString("\n" + g.Name + "\n")
		for _, l := range g.Lines {
			b.WriteString("- " + strings.TrimSuffix(l.Text+": "+l.Detail, ": ") + "\n  " + l.Href + "\n")
		}
	}
	if len(c.Due) > 0 {
		b.WriteString("\n" + c.p.T("Due today") + "\n")
		for _, l := range c.Due {
			b.WriteString("- " + strings.TrimSuffix(l.Text+" ("+l.Detail+")", " ()") + "\n  " + l.Href + "\n")
		}
	}
	if c.Overdue != "" {
		b.WriteString("\n" + c.Overdue + " " + c.Tasks + "\n")
	}
	b.WriteString("\n" + c.p.T("My day") + ": " + c.Home + "\n" + c.p.T("Change what you are told") + ": " + c.Change + "\n" + c.p.T("No more daily mails") + ": " + c.Stop + "\n")
	t, err := template.New("digest").Funcs(template.FuncMap{"T": c.p.T}).Parse(page)
	if err != nil {
		return "", "", err
	}
	var h bytes.Buffer
	err = t.Execute(&h, c)
	return b.String(), h.String(), err
}
