package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/sight"
	"github.com/farol-cs/farol/store"
)

// loadRow is what one member has to look after as a CSM; without Name it is
// what nobody does.
type loadRow struct {
	Name, Href, Customers, MRR, Renewals, Stuck string
	Tasks, Overdue, TasksHref                   string
	// Cover says who covers while they are away.
	Cover string
	Late  bool
}

// load fills who looks after how much: the customers by their CSM, who moves
// some of them to another does so in the list that each line leads to.
func (s *server) load(v *visit, p *myDayPage, all []*customer.Account) error {
	n, err := s.names(v)
	if err != nil || !p.Team {
		return err
	}
	n.today = v.today()
	members, err := s.Store.Members(v.r.Context())
	if err != nil {
		return err
	}
	covers, err := s.coversAt(v)
	if err != nil {
		return err
	}
	of := loadOf(n, active(members), all)
	ids := make([]string, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(of[b].mrr, of[a].mrr), cmp.Compare(of[b].accounts, of[a].accounts), strings.Compare(n.members[a], n.members[b]))
	})
	count := func(n int) string { return v.p.Number(float64(n), 0) }
	money := scale{v.p, metric.Money, v.company.Currency}
	for _, id := range ids {
		x := of[id]
		row := loadRow{Name: cmp.Or(n.members[id], id), Customers: count(x.accounts), Renewals: count(x.renewals), Stuck: count(x.stuck),
			Href:  "/customers?" + url.Values{"where": {"owner.csm=" + id, "stage!=churned"}}.Encode(),
			Cover: coverOf(v.p, covers, n.members, id)}
		if !sight.Of(v.r.Context()).Hides(sight.Money) {
			row.MRR = money.short(&x.mrr)
		}
		if id != "" {
			if err := s.loadOfTasks(v, p, &row, store.MemberID(id), n); err != nil {
				return err
			}
		}
		p.Load = append(p.Load, row)
	}
	p.RenewalDays = strconv.Itoa(renewalDays)
	p.LoadMRR = !sight.Of(v.r.Context()).Hides(sight.Money)
	return nil
}

// loadSum is what one looks after.
type loadSum struct {
	accounts, renewals, stuck int
	mrr                       float64
}

// loadOf adds up the customers by their CSM, of all CSMs and of whoever else
// has some; "" is nobody.
func loadOf(n names, members []store.Member, all []*customer.Account) map[string]*loadSum {
	of := map[string]*loadSum{}
	for _, m := range members {
		if m.Role == store.CSM {
			of[string(m.ID)] = &loadSum{}
		}
	}
	for _, a := range all {
		if a.Stage() == "churned" {
			continue
		}
		x := of[a.Owner("csm")]
		if x == nil {
			x = &loadSum{}
			of[a.Owner("csm")] = x
		}
		x.accounts++
		x.mrr += a.Metrics["mrr"]
		if d := a.Renewal(); d >= n.today && d <= n.today+renewalDays {
			x.renewals++
		}
		if n.stages.StandingOf(a, n.today) == customer.Stuck {
			x.stuck++
		}
	}
	return of
}

func (s *server) loadOfTasks(v *visit, p *myDayPage, row *loadRow, id store.MemberID, n names) error {
	q := store.TaskQuery{Owner: &id, Open: true, Today: n.today, At: v.past, Only: p.only}
	open, err := s.Store.CountTasks(v.r.Context(), q)
	if err != nil {
		return err
	}
	q.DueBy = n.today - 1
	late, err := s.Store.CountTasks(v.r.Context(), q)
	row.Tasks, row.Overdue, row.Late = v.p.Number(float64(open), 0), v.p.Number(float64(late), 0), late > 0
	row.TasksHref = "/tasks?" + url.Values{"owner": {string(id)}}.Encode()
	return err
}
