package metric

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

func init() {
	refer("leads_created", func(r *reference, q Request, p farol.Period) []refRow {
		return r.leadsOn(q, p, func(l refLead) farol.Day { return l.day })
	})
	refer("qualified_leads", func(r *reference, q Request, p farol.Period) []refRow {
		return r.leadsOn(q, p, func(l refLead) farol.Day { return l.qualified })
	})
	referState("lead_conversion_rate", func(r *reference, q Request, p farol.Period) []refRow {
		var out []refRow
		for _, l := range r.newLeads(q) {
			if !p.Contains(l.day) || l.day+89 > r.through {
				continue
			}
			row := refRow{group: l.group, unit: l.id, den: 1}
			if l.first && l.paid != 0 && l.paid < l.day+90 {
				row.num = 1
			}
			out = append(out, row)
		}
		return out
	})
	referState("lead_win_ratio", func(r *reference, q Request, p farol.Period) []refRow {
		var out []refRow
		for _, l := range r.newLeads(q) {
			row := refRow{group: l.group, unit: l.id}
			if p.Contains(l.day) {
				row.den = 1
			}
			if l.first && l.paid != 0 && p.Contains(l.paid) {
				row.num = 1
			}
			if row.num+row.den > 0 {
				out = append(out, row)
			}
		}
		return out
	})
	referState("trial_conversion_rate", (*reference).tried)
	referState("new_customers", func(r *reference, q Request, p farol.Period) []refRow {
		var out []refRow
		for account, day := range r.firstPaid() {
			if g, ok := r.group(q, account, day); ok && p.Contains(day) {
				out = append(out, refRow{group: g, unit: account, num: 1})
			}
		}
		return out
	})
	refer("referral_rate", func(r *reference, q Request, p farol.Period) []refRow {
		rows := r.usersOf(q, p)
		for i := range rows {
			rows[i].num, rows[i].den = min(1, r.invitedBy(rows[i].unit, p, func(refReferral) bool { return true })), 1
		}
		return rows
	})
	refer("invites_per_user", func(r *reference, q Request, p farol.Period) []refRow {
		rows := r.usersOf(q, p)
		for i := range rows {
			rows[i].num = r.invitedBy(rows[i].unit, p, func(refReferral) bool { return true })
		}
		return rows
	})
	refer("viral_coefficient", func(r *reference, q Request, p farol.Period) []refRow {
		if p.Last()+29 > r.through {
			return nil
		}
		rows := r.usersOf(q, p)
		for i := range rows {
			rows[i].num = r.invitedBy(rows[i].unit, p, func(x refReferral) bool { return !x.came.IsZero() && r.day(x.came) < x.day+30 })
		}
		return rows
	})
	referState("referral_share_of_new", (*reference).broughtIn)
	refer("referral_conversion", func(r *reference, q Request, p farol.Period) []refRow {
		var out []refRow
		for _, x := range r.referrals() {
			g, ok := r.group(q, x.account, x.day)
			if !ok || !x.qualified || !p.Contains(x.day) || x.day+29 > r.through {
				continue
			}
			row := refRow{group: g, unit: x.id, den: 1}
			if !x.came.IsZero() && r.day(x.came) < x.day+30 {
				row.num = 1
			}
			out = append(out, row)
		}
		return out
	})
	refer("viral_cycle_time", func(r *reference, q Request, p farol.Period) []refRow {
		var out []refRow
		for _, x := range r.referrals() {
			g, ok := r.group(q, x.account, x.day)
			if ok && x.qualified && x.came.After(x.at) && p.Contains(r.day(x.came)) {
				out = append(out, refRow{group: g, unit: x.id, num: x.came.Sub(x.at).Hours() / 24, den: 1})
			}
		}
		return out
	})
}

// steps lists the events of these names about the same thing, by time.
func (r *reference) steps(key string, names ...string) map[string][]*farol.Event {
	out := map[string][]*farol.Event{}
	for i := range r.events {
		e := &r.events[i]
		if e.Kind == farol.Track && slices.Contains(names, e.Name) && r.day(e.At) <= r.asOf {
			thing := r.accountOf(e)
			if key != "" {
				thing = text(r.propsOf(e), key)
			}
			out[thing] = append(out[thing], e)
		}
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b *farol.Event) int {
			return cmp.Or(a.At.Compare(b.At), a.Known.Compare(b.Known), cmp.Compare(a.ID, b.ID))
		})
	}
	return out
}

type refLead struct {
	id, account, group string
	own                map[string]string
	day, qualified     farol.Day
	// paid is the first paid day of its account, 0 for never; first tells that
	// no other lead of the account came before.
	paid  farol.Day
	first bool
}

// leads puts the leads that filters let pass together.
func (r *reference) leads(q Request) []refLead {
	var out []refLead
	for id, steps := range r.steps("lead", "Lead Created", "Lead Qualified", "Lead Converted") {
		made := steps[0]
		for _, e := range slices.Backward(steps) {
			if e.Name == "Lead Created" {
				made = e
			}
		}
		l := refLead{id: id, day: r.day(made.At), own: map[string]string{}}
		for _, key := range []string{"channel", "source", "campaign"} {
			l.own[key] = text(r.propsOf(made), key)
		}
		named := ""
		for _, e := range steps {
			if e.Name == "Lead Qualified" && l.qualified == 0 {
				l.qualified = r.day(e.At)
			}
			named = cmp.Or(r.accountOf(e), named)
			l.account = cmp.Or(text(r.propsOf(e), "account"), l.account)
		}
		l.account = cmp.Or(l.account, named)
		if r.excludedAccount(l.account) || r.excludedPerson(r.person(made.Person())) || !r.passes(q, &l) {
			continue
		}
		out = append(out, l)
	}
	return out
}

// passes sets the group of a lead: its own attributes go before its account's.
func (r *reference) passes(q Request, l *refLead) bool {
	value := func(key string) string {
		if v, ok := l.own[key]; ok {
			return v
		}
		return r.attribute(l.account, key, l.day)
	}
	for _, f := range q.Filters {
		if !slices.Contains(f.Values, value(f.Attribute)) {
			return false
		}
	}
	l.group = value(q.By)
	return true
}

func (r *reference) leadsOn(q Request, p farol.Period, on func(refLead) farol.Day) []refRow {
	var out []refRow
	for _, l := range r.leads(q) {
		if day := on(l); day != 0 && p.Contains(day) {
			out = append(out, refRow{group: l.group, unit: l.id, num: 1})
		}
	}
	return out
}

// newLeads are those whose account did not pay before.
func (r *reference) newLeads(q Request) []refLead {
	paid := r.firstPaid()
	best := map[string]string{}
	var out []refLead
	leads := r.leads(q)
	slices.SortFunc(leads, func(a, b refLead) int { return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.id, b.id)) })
	for _, l := range leads {
		l.paid = paid[l.account]
		if l.paid != 0 && l.paid < l.day {
			continue
		}
		if l.first = best[l.account] == ""; l.account != "" {
			best[l.account] = l.id
		}
		out = append(out, l)
	}
	return out
}

// firstPaid is the first day at whose end each account has MRR.
func (r *reference) firstPaid() map[string]farol.Day {
	out := map[string]farol.Day{}
	for _, d := range r.changeDays() {
		for account, st := range r.states(d) {
			if _, ok := out[account]; !ok && st.mrr > 0 {
				out[account] = d
			}
		}
	}
	return out
}

func (r *reference) tried(q Request, p farol.Period) []refRow {
	paid := r.firstPaid()
	var out []refRow
	for account, steps := range r.steps("", "Trial Started", "Trial Ended") {
		start, end, said := r.day(steps[0].At), farol.Day(0), farol.Day(0)
		for _, e := range steps {
			if e.Name == "Trial Ended" && end == 0 {
				end = r.day(e.At)
			}
			if s := text(r.propsOf(e), "trial_end"); s != "" && said == 0 {
				said = r.day(mustTime(s))
			}
		}
		if said != 0 && (end == 0 || said < end) {
			end = said
		}
		g, ok := r.group(q, account, start)
		if !ok || account == "" || r.excludedAccount(account) || end == 0 || !p.Contains(end) || end+13 > r.through || paid[account] != 0 && paid[account] < start {
			continue
		}
		row := refRow{group: g, unit: account, den: 1}
		if paid[account] != 0 && paid[account] < end+14 {
			row.num = 1
		}
		out = append(out, row)
	}
	return out
}

// usersOf lists the accounts active in the period; den is how many people of
// theirs were, the group that of the last active day.
func (r *reference) usersOf(q Request, p farol.Period) []refRow {
	type use struct {
		group  string
		last   farol.Day
		people map[farol.PersonID]bool
	}
	uses := map[string]*use{}
	for _, a := range r.acts() {
		g, ok := r.group(q, a.account, a.day)
		if !ok || a.account == "" || !r.counts(a) || !p.Contains(a.day) {
			continue
		}
		u := uses[a.account]
		if u == nil {
			u = &use{people: map[farol.PersonID]bool{}}
			uses[a.account] = u
		}
		if a.day >= u.last {
			u.group, u.last = g, a.day
		}
		if a.person != "" {
			u.people[a.person] = true
		}
	}
	var out []refRow
	for account, u := range uses {
		out = append(out, refRow{group: u.group, unit: account, den: float64(len(u.people))})
	}
	return out
}

type refReferral struct {
	id, account, invitee, to string
	at, came                 time.Time
	day                      farol.Day
	qualified                bool
}

// referrals puts the referrals together and finds those that are qualified.
func (r *reference) referrals() []refReferral {
	var all []refReferral
	for id, steps := range r.steps("referral", "Referral Sent", "Referral Converted") {
		first := steps[0]
		for _, e := range slices.Backward(steps) {
			if e.Name == "Referral Sent" {
				first = e
			}
		}
		x := refReferral{id: id, account: r.accountOf(first), at: first.At, day: r.day(first.At), qualified: true}
		if first.Name == "Referral Sent" {
			x.invitee = strings.ToLower(text(r.propsOf(first), "invitee_email"))
		}
		for _, e := range steps {
			if e.Name == "Referral Sent" {
				props := r.propsOf(e)
				_, to, _ := strings.Cut(text(props, "invitee_email"), "@")
				_, from, mailed := strings.Cut(text(props, "referrer_email"), "@")
				x.qualified = x.qualified && !(mailed && to == from && (to != "gmail.com" || props["invitee_email"] == props["referrer_email"]))
				continue
			}
			if x.came.IsZero() {
				x.came = e.At
			}
			x.to = cmp.Or(x.to, text(r.propsOf(e), "account"))
		}
		if r.excludedAccount(x.account) || r.excludedPerson(r.person(first.Person())) {
			continue
		}
		x.qualified = x.qualified && x.account != "" && x.account != x.to
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b refReferral) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	invited := map[string]bool{}
	for i := range all {
		if x := &all[i]; x.qualified && x.invitee != "" {
			x.qualified = !invited[x.invitee]
			invited[x.invitee] = true
		}
	}
	return all
}

// invitedBy counts the qualified referrals of an account in the period.
func (r *reference) invitedBy(account string, p farol.Period, counts func(refReferral) bool) (n float64) {
	for _, x := range r.referrals() {
		if x.qualified && x.account == account && p.Contains(x.day) && counts(x) {
			n++
		}
	}
	return n
}

func (r *reference) broughtIn(q Request, p farol.Period) []refRow {
	var out []refRow
	for account, day := range r.firstPaid() {
		g, ok := r.group(q, account, day)
		if !ok || !p.Contains(day) {
			continue
		}
		row := refRow{group: g, unit: account, den: 1}
		for _, x := range r.referrals() {
			if x.qualified && x.to == account && r.day(x.came) <= day {
				row.num = 1
			}
		}
		out = append(out, row)
	}
	return out
}

// journey sends an event about a lead, a trial or a referral.
func (h *history) journey(e *farol.Event, props map[string]any) {
	e.Kind = farol.Track
	h.who(e)
	switch h.r.IntN(4) {
	case 0:
		e.Name = pick(h, "Trial Started", "Trial Started", "Trial Ended")
		if e.Name == "Trial Started" && h.r.IntN(2) == 0 {
			props["trial_end"] = h.moment().Format(time.RFC3339)
		}
	case 1, 2:
		e.Name = pick(h, "Lead Created", "Lead Created", "Lead Qualified", "Lead Converted")
		props["lead"] = "l" + number(h, 15)
		props["channel"] = pick(h, "paid", "event")
		if e.Name == "Lead Converted" || h.r.IntN(5) == 0 {
			props["account"] = h.account()
		}
		if h.r.IntN(2) == 0 {
			e.Account = ""
		}
	case 3:
		e.Name = pick(h, "Referral Sent", "Referral Sent", "Referral Converted")
		props["referral"] = "r" + number(h, 12)
		if e.Name == "Referral Converted" {
			props["account"] = h.account()
			return
		}
		props["invitee_email"] = "m" + number(h, 6) + pick(h, "@x.example", "@gmail.com", "@own.example")
		if h.r.IntN(2) == 0 {
			props["referrer_email"] = "m" + number(h, 6) + pick(h, "@gmail.com", "@own.example")
		}
	}
}
