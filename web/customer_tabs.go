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
	"github.com/farol-cs/farol/metric"
)

// customerTab fills what the chosen tab shows.
func (s *server) customerTab(v *visit, look *view, n names, p *customerPage) error {
	profile := customer.Profile{Facts: s.Facts, Account: p.Account.ID, AsOf: look.reference(), Known: look.Known}
	switch p.Tab {
	case "timeline":
		return s.timeline(v, look, n, p)
	case "use":
		return s.useTab(v, look, profile, p)
	case "people":
		return s.peopleTab(v, profile, p)
	case "money":
		return s.moneyTab(v, look, p)
	case "tickets":
		return s.ticketsTab(v, look, p)
	case "answers":
		return s.answersTab(v, look, p)
	case "notes":
		return s.notesTab(v, look, p)
	case "tasks":
		return s.tasksTab(v, p)
	case "files":
		return s.filesTab(v, look, n, p)
	case "stages":
		return s.stagesTab(v, n, profile, p)
	case "thread":
		return s.threadTab(v, look, p)
	}
	return farol.InvalidField("tab", "there is no such tab: %s", p.Tab)
}

// useDays is how many days the picture of use shows.
const useDays = 84

func (s *server) useTab(v *visit, look *view, profile customer.Profile, p *customerPage) error {
	days, features, err := profile.Use(v.r.Context(), useDays)
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
	p.Later = look.Link(customerHref(p.Account.ID)+"/part", "part", "seats")
	return nil
}

// seats shows what is used of the seats bought, month by month.
func (s *server) seats(v *visit, look *view, p *customerPage) error {
	m, err := s.Metrics.Catalogue().Find("seat_utilisation")
	if err != nil {
		return err
	}
	grain := farol.Monthly
	if !m.Has(grain) {
		grain = m.Grains[0]
	}
	cal := v.company.calendar()
	from := cal.PeriodAt(grain, look.reference()).From
	for range 11 {
		from = cal.PeriodAt(grain, from-1).From
	}
	got, err := s.Metrics.Read(v.r.Context(), metric.Request{
		Metric: m.Name, Period: farol.Period{From: from, To: look.reference() + 1}, Grain: grain, AsOf: look.AsOf, Known: look.Known, MaxAge: pageAge,
		Filters: []facts.Filter{{Attribute: "account", Values: []string{p.ID}}},
	})
	if err != nil {
		return err
	}
	used, bought := slices.Clone(got.Points), slices.Clone(got.Points)
	any := false
	for i, x := range got.Points {
		used[i].Value, bought[i].Value = x.Numerator, x.Denominator
		used[i].Low, used[i].High, bought[i].Low, bought[i].High = nil, nil, nil, nil
		any = any || x.Denominator != nil && *x.Denominator > 0
	}
	if !any {
		return nil
	}
	sc := scale{p: v.p, unit: "persons"}
	p.SeatChart = sc.chartOf("seat-data", v.p.T("Seats used of seats bought"), periodsOf(got.Points), grain)
	p.SeatChart.Table = true
	sc.add(p.SeatChart, v.p.T("Seats used"), used, nil)
	sc.add(p.SeatChart, v.p.T("Seats bought"), bought, nil)
	for i := len(got.Points) - 1; i >= 0; i-- {
		if x := got.Points[i]; x.Value != nil {
			p.Seats = []customerFigure{
				{Title: v.p.T("Seats used"), Value: sc.text(x.Numerator)}, {Title: v.p.T("Seats bought"), Value: sc.text(x.Denominator)},
				{Title: m.Title.In(v.p.Code()), Value: scale{v.p, m.Unit, ""}.text(x.Value), Href: look.Link("/metrics/"+m.Name, "segment", "account="+p.ID)},
			}
			break
		}
	}
	return nil
}

func (s *server) peopleTab(v *visit, profile customer.Profile, p *customerPage) error {
	people, ok, err := profile.Present(v.r.Context(), v.company.calendar().Today(v.now))
	known := listedPeople{}
	for _, x := range people {
		known[x.ID] = x.Listed
	}
	if err == nil && (!ok || len(people) == 0) { // of the past, or not in the roster yet
		people, err = profile.People(v.r.Context())
		ids := []string{}
		for _, x := range people {
			ids = append(ids, string(x.ID))
		}
		if err == nil {
			known, err = s.listed(v, ids)
		}
	}
	if err != nil {
		return err
	}
	for _, x := range people {
		row := personRow{
			ID: string(x.ID), Name: known.name(v, x.ID), Href: p.View.Link(personHref(x.ID)), Role: v.p.Text(personRoles[known[x.ID].Role]),
			Days: v.p.Number(float64(x.Days), 0), Times: v.p.Number(float64(x.Times), 0), Last: lang.None,
		}
		if x.Last != 0 {
			row.Last = v.p.Date(x.Last)
		}
		row.Events = "/events?" + url.Values{"person": {row.ID}, "account": {p.ID}}.Encode()
		p.People = append(p.People, row)
	}
	return nil
}

// ticketRow is a ticket as it stands.
type ticketRow struct {
	Ticket, Href, Subject, Status, Priority, Topic, Channel, CSAT string
	// Who is what the person is called.
	Person, Who     string
	Opened, Changed time.Time
	Open            bool
	Took            string
}

// tabMoments is how many events the tab of answers reads.
const tabMoments = 1000

func (s *server) ticketsTab(v *visit, look *view, p *customerPage) error {
	open, recent := 0, 0
	err := s.Facts.Tickets(v.r.Context(), facts.TicketFilter{Account: p.Account.ID, AsOf: look.AsOf, Known: look.Known}, func(x facts.Ticket) {
		t := ticketRow{
			Ticket: x.ID, Href: look.Link(ticketHref(&x)), Subject: x.Subject, Status: v.p.Text(ticketStatuses[x.Status]), Priority: priorityText(v, x.Priority), Topic: x.Topic, Channel: x.Channel,
			Person: string(x.Person), Opened: x.Opened, Changed: x.Updated, Open: !x.Over(),
		}
		if x.CSAT != nil {
			t.CSAT = cmp.Or(x.CSATRaw, v.p.Percent(*x.CSAT))
		}
		if !t.Open {
			t.Took = v.p.T("solved in %s", duration(v.p, x.Solved.Sub(x.Opened)))
		} else {
			open++
		}
		if v.now.Sub(t.Opened) < 28*24*time.Hour {
			recent++
		}
		p.Tickets = append(p.Tickets, t)
	})
	if err != nil {
		return err
	}
	slices.SortFunc(p.Tickets, func(a, b ticketRow) int { return cmp.Or(b.Opened.Compare(a.Opened), cmp.Compare(a.Ticket, b.Ticket)) })
	p.Sums = []customerFigure{{Title: v.p.T("Open tickets"), Value: v.p.Number(float64(open), 0)}, {Title: v.p.T("Opened in 28 days"), Value: v.p.Number(float64(recent), 0)}, {Title: v.p.T("Tickets in all"), Value: v.p.Number(float64(len(p.Tickets)), 0)}}
	p.Tickets = p.Tickets[:min(len(p.Tickets), 500)]
	var ids []string
	for _, t := range p.Tickets {
		ids = append(ids, t.Person)
	}
	known, err := s.calledBy(v, ids)
	for i, t := range p.Tickets {
		p.Tickets[i].Who = known.name(v, farol.PersonID(t.Person))
	}
	return err
}

// answerLine is an answer to a survey.
type answerLine struct {
	At                          time.Time
	Kind, Survey, Score, Person string
	// Who is what the person is called.
	Who           string
	Comment, Mark string
}

func (s *server) answersTab(v *visit, look *view, p *customerPage) error {
	list, err := s.Facts.Moments(v.r.Context(), facts.MomentFilter{Account: p.Account.ID, Kinds: []string{facts.AnswerMoment}, AsOf: look.AsOf, Known: look.Known, Limit: tabMoments})
	if err != nil {
		return err
	}
	ids := make([]string, len(list))
	for i, m := range list {
		ids[i] = string(m.Person)
	}
	known, err := s.calledBy(v, ids)
	if err != nil {
		return err
	}
	sum, count := map[string]float64{}, map[string]int{}
	for _, m := range list {
		a := answerLine{At: m.At, Kind: strings.ToUpper(m.Name), Survey: m.Fields["survey"], Person: string(m.Person), Who: known.name(v, m.Person), Score: cmp.Or(m.Fields["score"], lang.None), Comment: m.Fields["comment"]}
		if score, err := strconv.ParseFloat(m.Fields["score"], 64); err == nil {
			sum[a.Kind] += score
			count[a.Kind]++
			if m.Name == "nps" {
				a.Mark = map[bool]string{true: "bad"}[score <= 6]
				if score >= 9 {
					a.Mark = "good"
				}
			}
		}
		p.Answers = append(p.Answers, a)
	}
	for _, kind := range []string{"NPS", "CSAT", "CES"} {
		if n := count[kind]; n > 0 {
			p.Sums = append(p.Sums, customerFigure{Title: v.p.T("Mean %s answer", kind), Value: v.p.Number(sum[kind]/float64(n), 1), Note: v.p.N(n, "%d answer", "%d answers")})
		}
	}
	return nil
}

// stagesTab is the account's way through the stages.
func (s *server) stagesTab(v *visit, n names, profile customer.Profile, p *customerPage) error {
	list, err := profile.StageHistory(v.r.Context())
	for _, m := range list {
		row := stageRow{Stage: n.stage(m.Stage), Why: n.why(m.Why), Since: n.day(m.Day), Days: v.p.N(m.Days, "%d day", "%d days")}
		if x, ok := n.stages.Find(m.Stage); ok {
			if standing := x.Standing(m.Days); standing != customer.NoLimit {
				row.Mark, row.Stands = standingMark(standing), v.p.Text(standingTitles[standing])
			}
		}
		p.StageRows = append(p.StageRows, row)
	}
	return err
}
