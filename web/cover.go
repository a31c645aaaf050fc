package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// coversPage lists who covers whom during a leave.
type coversPage struct {
	shell
	refusal
	Rows    []coverRow
	Members []store.Member
	Fields  url.Values
	// Leads tells that the member may say it of others, too.
	Leads bool
}

// coverRow is a cover in words.
type coverRow struct {
	ID, Away, By, Days, State, Note string
	Holds, Over, May                bool
}

// Get is what was typed into the form.
func (p coversPage) Get(name string) string { return p.Fields.Get(name) }

// Is tells whether a field of the form has the value.
func (p coversPage) Is(name, value string) bool { return p.Fields.Get(name) == value }

// mayCover tells whether the member may say and end covers of who is away: of
// one's own leave, or a leader of anybody's.
func mayCover(v *visit, away store.MemberID) bool {
	return workers.allows(v.member.Role) && (away == v.member.ID || leaders.allows(v.member.Role))
}

func (s *server) covers(v *visit) error {
	return s.showCovers(v, http.StatusOK, refusal{}, url.Values{"away": {string(v.member.ID)}})
}

func (s *server) showCovers(v *visit, status int, r refusal, f url.Values) error {
	p := coversPage{shell: v.shell(lang.Text("Cover during leave")), refusal: r, Fields: f, Leads: leaders.allows(v.member.Role)}
	p.Question = v.p.T("Who looks after the customers of colleagues on leave?")
	p.Crumb = &crumb{v.p.T("My day"), "/my-day"}
	members, err := s.Store.Members(v.r.Context())
	if err != nil {
		return err
	}
	p.Members = active(members)
	list, err := s.Store.Covers(v.r.Context())
	if err != nil {
		return err
	}
	for _, c := range list {
		// What it says of customers is for those whom it concerns.
		if p.Leads || c.Away == v.member.ID || c.By == v.member.ID {
			p.Rows = append(p.Rows, v.coverRow(c, memberNames(members)))
		}
	}
	return s.send(v, status, "covers", "layout", p)
}

func memberNames(members []store.Member) map[store.MemberID]string {
	out := map[store.MemberID]string{}
	for _, m := range members {
		out[m.ID] = m.Name
	}
	return out
}

func (v *visit) coverRow(c store.Cover, names map[store.MemberID]string) coverRow {
	r := coverRow{ID: c.ID, Away: cmp.Or(names[c.Away], string(c.Away)), By: cmp.Or(names[c.By], string(c.By)), Note: c.Note, Holds: c.Holds(v.now), Over: c.Over(v.now)}
	r.Days, r.May = v.p.Date(c.First)+" – "+v.p.Date(c.Last), !r.Over && mayCover(v, c.Away)
	switch {
	case r.Holds:
		r.State = v.p.T("until %s", v.p.Date(c.Last))
	case !c.Ended.IsZero():
		r.State = v.p.T("ended on %s", v.p.Date(farol.DayOf(c.Ended, v.company.location())))
	case r.Over:
		r.State = v.p.T("is over")
	default:
		r.State = v.p.T("from %s", v.p.Date(c.First))
	}
	return r
}

func (s *server) addCover(v *visit) error {
	if err := v.form(); err != nil {
		return err
	}
	f := v.r.PostForm
	c := store.Cover{Away: store.MemberID(f.Get("away")), By: store.MemberID(f.Get("by")), Note: f.Get("note"), Author: string(v.member.ID)}
	if c.Away == "" {
		c.Away = v.member.ID
	}
	if !mayCover(v, c.Away) {
		return farol.Errorf(farol.Forbidden, "Your role may not do this.")
	}
	var err error
	if c.First, err = dayField(f, "first"); err == nil {
		c.Last, err = dayField(f, "last")
	}
	if err == nil {
		_, err = s.Store.AddCover(v.r.Context(), c, v.company.location())
	}
	if err == nil {
		return v.done("/covers", "saved")
	}
	if r, ok := v.refuse(err); ok {
		return s.showCovers(v, http.StatusUnprocessableEntity, r, f)
	}
	return err
}

func (s *server) endCover(v *visit) error {
	c, err := s.Store.Cover(v.r.Context(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if !mayCover(v, c.Away) {
		return farol.Errorf(farol.Forbidden, "Your role may not do this.")
	}
	err = s.Store.EndCover(v.r.Context(), c.ID)
	if r, ok := v.refuse(err); err != nil && ok {
		return s.showCovers(v, http.StatusUnprocessableEntity, r, nil)
	}
	if err != nil {
		return err
	}
	return v.done("/covers", "saved")
}

// coveredRow is one whom the member covers for, in My day.
type coveredRow struct {
	Name, Until, Note, Open, TasksHref string
	// Customers counts them by the role that who is away has.
	Customers []coveredCount
	Tasks     []taskRow
}

type coveredCount struct{ Count, Role, Href string }

// dayCovers fills whose customers the member looks after, too, and who looks
// after theirs. It answers all of those customers with their own.
func (s *server) dayCovers(v *visit, p *myDayPage, mine []*customer.Account) ([]*customer.Account, error) {
	list, err := s.coversAt(v)
	if err != nil || len(list) == 0 || p.Team {
		return mine, err
	}
	members, err := s.Store.Members(v.r.Context())
	if err != nil {
		return nil, err
	}
	names, today, out := memberNames(members), v.today(), slices.Clone(mine)
	p.For = map[farol.AccountID]string{}
	for _, c := range list {
		switch v.member.ID {
		case c.Away:
			p.CoveredBy = v.p.T("%s covers for you until %s.", names[c.By], v.p.Date(c.Last))
		case c.By:
			row := coveredRow{Name: names[c.Away], Until: v.p.T("until %s", v.p.Date(c.Last)), Note: c.Note}
			theirs := slices.DeleteFunc(ownedBy(p.all, c.Away), func(a *customer.Account) bool { return p.only != nil && !p.only(a.ID) })
			row.Customers = v.countCovered(theirs, string(c.Away))
			if err := s.coveredTasks(v, p, &row, c.Away, today); err != nil {
				return nil, err
			}
			p.Covers = append(p.Covers, row)
			for _, a := range theirs {
				if p.For[a.ID] == "" && !slices.Contains(mine, a) {
					p.For[a.ID], out = row.Name, append(out, a)
				}
			}
		}
	}
	return out, nil
}

// coversAt are the covers that hold at the instant looked at.
func (s *server) coversAt(v *visit) ([]store.Cover, error) {
	if v.past.IsZero() {
		return s.Store.CoversNow(v.r.Context())
	}
	list, err := s.Store.Covers(v.r.Context())
	return slices.DeleteFunc(list, func(c store.Cover) bool { return !c.Held(v.past) }), err
}

// ownedBy are the accounts that the member has in any role.
func ownedBy(all map[farol.AccountID]*customer.Account, m store.MemberID) (out []*customer.Account) {
	for _, a := range all {
		if !a.Test && slices.ContainsFunc(customer.OwnerRoles, func(r string) bool { return a.Owner(r) == string(m) }) {
			out = append(out, a)
		}
	}
	return out
}

func (v *visit) countCovered(list []*customer.Account, away string) (out []coveredCount) {
	for _, role := range customer.OwnerRoles {
		n := 0
		for _, a := range list {
			if a.Owner(role) == away {
				n++
			}
		}
		if n > 0 {
			out = append(out, coveredCount{v.p.N(n, "%d customer", "%d customers"), v.p.Text(ownerTitles[role]), "/customers?" + url.Values{"where": {"owner." + role + "=" + away}}.Encode()})
		}
	}
	return out
}

// coveredTasks are the first open tasks of who is away.
func (s *server) coveredTasks(v *visit, p *myDayPage, row *coveredRow, away store.MemberID, today farol.Day) error {
	const shown = 10
	q := store.TaskQuery{Owner: &away, Open: true, Today: today, Limit: shown, At: v.past, Only: p.only}
	tasks, err := s.Store.Tasks(v.r.Context(), q)
	if err != nil {
		return err
	}
	n, err := s.Store.CountTasks(v.r.Context(), q)
	if err != nil {
		return err
	}
	row.Open, row.TasksHref = v.p.Number(float64(n), 0), "/tasks?"+url.Values{"owner": {string(away)}}.Encode()
	row.Tasks, err = s.taskRows(v, tasks)
	return err
}

// coverOf says, of the covers that hold now, who looks after what the member
// has, "" for nobody.
func coverOf(p *lang.Printer, list []store.Cover, names map[string]string, away string) string {
	for _, c := range list {
		if string(c.Away) == away {
			return p.T("%s covers until %s", names[string(c.By)], p.Date(c.Last))
		}
	}
	return ""
}
