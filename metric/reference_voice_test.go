package metric

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/farol-cs/farol"
)

func init() {
	refer("nps", func(r *reference, q Request, p farol.Period) []refRow { return r.balance(q, p, "relational") })
	refer("nps_transactional", func(r *reference, q Request, p farol.Period) []refRow { return r.balance(q, p, "transactional") })
	for name, side := range map[string]float64{"nps_promoters": 1, "nps_passives": 0, "nps_detractors": -1} {
		refer(name, func(r *reference, q Request, p farol.Period) []refRow {
			rows := slices.DeleteFunc(r.balance(q, p, "relational"), func(row refRow) bool { return row.num != side })
			return once(rows)
		})
	}
	refer("nps_accounts", func(r *reference, q Request, p farol.Period) []refRow {
		var out []refRow
		for k, list := range r.byAccount(q, p) {
			out = append(out, refRow{group: k[0], unit: k[1], num: 100 * mean(list)})
		}
		return out
	})
	referState("nps_mrr", (*reference).balanceOfMRR)
	refer("response_rate", func(r *reference, q Request, p farol.Period) []refRow {
		return r.responded(q, p, "relational", "transactional")
	})
	answered := func(name, kind string, scale float64, num func(score float64) float64) {
		refer(name, func(r *reference, q Request, p farol.Period) []refRow {
			var out []refRow
			for _, a := range r.answers() {
				g, ok := r.group(q, a.account, a.day)
				if ok && p.Contains(a.day) && a.kind == kind && a.scale == scale && a.score >= 1 && a.relation != "employee" {
					out = append(out, refRow{group: g, unit: a.id, num: num(a.score), den: 1})
				}
			}
			return out
		})
	}
	least := func(n float64) func(float64) float64 {
		return func(score float64) float64 {
			if score >= n {
				return 1
			}
			return 0
		}
	}
	itself := func(score float64) float64 { return score }
	answered("csat", "csat", 5, least(4))
	answered("csat_mean", "csat", 5, itself)
	answered("ces", "ces", 7, itself)
	answered("ces_easy", "ces", 7, least(5))
	answered("ces_effort", "ces", 5, itself)
	answered("ces_index", "ces", 7, func(score float64) float64 {
		switch {
		case score >= 6:
			return 1
		case score <= 3:
			return -1
		}
		return 0
	})
	refer("tickets_opened", func(r *reference, q Request, p farol.Period) []refRow {
		var out []refRow
		for _, t := range r.tickets(q, "Ticket Opened") {
			if p.Contains(t.day) {
				out = append(out, refRow{group: t.group, unit: t.unit(), num: 1})
			}
		}
		return out
	})
	referState("tickets_per_100_accounts", (*reference).ticketLoad)
	refer("ticket_solve_time", (*reference).solveTimes)
	refer("ticket_first_answer_time", (*reference).answerTimes)
	refer("ticket_reopen_rate", (*reference).reopened)
}

func mean(list []float64) float64 {
	sum := 0.0
	for _, x := range list {
		sum += x
	}
	return sum / float64(len(list))
}

// refAnswer is a survey answer, the last of those with its id.
type refAnswer struct {
	id, event, account, person, kind, relation string
	at, known                                  time.Time
	day                                        farol.Day
	score, scale                               float64
}

func text(props map[string]any, key string) string {
	s, _ := props[key].(string)
	return s
}

func (r *reference) answers() []refAnswer {
	last := map[string]refAnswer{}
	for i := range r.events {
		e := &r.events[i]
		if e.Name != "Survey Answered" || r.day(e.At) > r.asOf {
			continue
		}
		props := r.propsOf(e)
		a := refAnswer{
			id: cmp.Or(text(props, "answer"), e.ID), event: e.ID, account: r.accountOf(e), person: string(r.person(e.Person())), kind: text(props, "kind"),
			relation: cmp.Or(text(props, "relation"), "relational"), at: e.At, known: e.Known, day: r.day(e.At), score: props["score"].(float64),
		}
		var given bool
		if a.scale, given = props["scale"].(float64); !given {
			a.scale = map[string]float64{"nps": 10, "csat": 5, "ces": 7}[a.kind]
		}
		if old, ok := last[a.id]; !ok || cmp.Or(a.at.Compare(old.at), a.known.Compare(old.known), cmp.Compare(a.event, old.event)) > 0 {
			last[a.id] = a
		}
	}
	var out []refAnswer
	for _, a := range last {
		if !r.excludedAccount(a.account) && !r.excludedPerson(farol.PersonID(a.person)) {
			out = append(out, a)
		}
	}
	return out
}

// voters lists the NPS answers that count in the period: filters choose, then
// the latest of each person counts.
func (r *reference) voters(q Request, p farol.Period, relation string) map[string]refAnswer {
	last := map[string]refAnswer{}
	for _, a := range r.answers() {
		_, ok := r.group(q, a.account, a.day)
		if !ok || !p.Contains(a.day) || a.kind != "nps" || a.relation != relation {
			continue
		}
		unit := cmp.Or(a.person, a.id)
		if old, has := last[unit]; !has || cmp.Or(a.at.Compare(old.at), cmp.Compare(a.id, old.id)) > 0 {
			last[unit] = a
		}
	}
	return last
}

func (a refAnswer) side() float64 {
	switch {
	case a.score >= 9:
		return 1
	case a.score >= 7:
		return 0
	}
	return -1
}

func (r *reference) balance(q Request, p farol.Period, relation string) []refRow {
	var out []refRow
	for unit, a := range r.voters(q, p, relation) {
		g, _ := r.group(q, a.account, a.day)
		out = append(out, refRow{group: g, unit: unit, num: a.side(), den: 1})
	}
	return out
}

// byAccount lists the sides of each group and account.
func (r *reference) byAccount(q Request, p farol.Period) map[[2]string][]float64 {
	out := map[[2]string][]float64{}
	for _, a := range r.voters(q, p, "relational") {
		if g, _ := r.group(q, a.account, a.day); a.account != "" {
			k := [2]string{g, a.account}
			out[k] = append(out[k], a.side())
		}
	}
	return out
}

func (r *reference) balanceOfMRR(q Request, p farol.Period) []refRow {
	sides := map[string][]float64{}
	for k, list := range r.byAccount(q, p) {
		sides[k[1]] = append(sides[k[1]], list...)
	}
	last := min(p.Last(), r.asOf)
	var out []refRow
	for account, st := range r.states(last) {
		if g, ok := r.group(q, account, last); ok && st.mrr > 0 && len(sides[account]) > 0 {
			out = append(out, refRow{group: g, unit: account, num: st.mrr * mean(sides[account]), den: st.mrr / 100})
		}
	}
	return out
}

// refReply is an answer with a score, or a bounce.
type refReply struct {
	delivery, account, survey, who string
	at                             time.Time
	day                            farol.Day
	bounce                         bool
}

// refDelivery is a survey that was sent.
type refDelivery struct {
	refReply
	id, person, event, relation string
	known                       time.Time
	bounced, answered           farol.Day // 0: never
}

// deliveries matches what was sent with its replies.
func (r *reference) deliveries() []refDelivery {
	first := map[string]refDelivery{}
	var replies []refReply
	for i := range r.events {
		e := &r.events[i]
		if r.day(e.At) > r.asOf || e.Name != "Survey Sent" && e.Name != "Survey Bounced" && e.Name != "Survey Answered" {
			continue
		}
		props, person := r.propsOf(e), string(r.person(e.Person()))
		reply := refReply{
			delivery: text(props, "delivery"), account: r.accountOf(e), survey: text(props, "survey"), who: cmp.Or(person, text(props, "recipient")),
			at: e.At, day: r.day(e.At), bounce: e.Name == "Survey Bounced",
		}
		if e.Name != "Survey Sent" {
			replies = append(replies, reply)
			continue
		}
		d := refDelivery{
			refReply: reply, id: cmp.Or(reply.delivery, e.ID), person: person, event: e.ID, known: e.Known,
			relation: cmp.Or(text(props, "relation"), "relational"),
		}
		key := d.id + d.day.String()
		old, ok := first[key]
		if !ok || cmp.Or(d.at.Compare(old.at), d.known.Compare(old.known), cmp.Compare(d.event, old.event)) < 0 {
			first[key] = d
		}
	}
	var out []refDelivery
	for _, d := range first {
		out = append(out, d.replied(replies, first))
	}
	return out
}

// replied takes the replies that name the delivery, else those of who was sent
// it before they were sent the next.
func (d refDelivery) replied(replies []refReply, all map[string]refDelivery) refDelivery {
	next := time.Time{}
	for _, o := range all {
		same := o.account == d.account && o.survey == d.survey && o.who == d.who
		after := cmp.Or(o.at.Compare(d.at), cmp.Compare(o.id, d.id)) > 0
		if same && after && (next.IsZero() || o.at.Before(next)) {
			next = o.at
		}
	}
	for _, named := range []bool{false, true} {
		for _, bounce := range []bool{false, true} {
			var day farol.Day
			for _, y := range replies {
				hit := y.delivery == d.id && y.day >= d.day
				if !named {
					hit = y.delivery == "" && y.who != "" && y.who == d.who && y.account == d.account && y.survey == d.survey &&
						!y.at.Before(d.at) && (next.IsZero() || y.at.Before(next))
				}
				if hit && y.bounce == bounce && (day == 0 || y.day < day) {
					day = y.day
				}
			}
			switch {
			case day != 0 && bounce:
				d.bounced = day
			case day != 0:
				d.answered = day
			}
		}
	}
	return d
}

func (r *reference) responded(q Request, p farol.Period, relations ...string) []refRow {
	var out []refRow
	for _, d := range r.deliveries() {
		g, ok := r.group(q, d.account, d.day)
		if !ok || !p.Contains(d.day) || !slices.Contains(relations, d.relation) || d.day+13 > r.through || r.excludedAccount(d.account) || r.excludedPerson(farol.PersonID(d.person)) {
			continue
		}
		row := refRow{group: g, unit: d.id, den: 1}
		if d.answered != 0 && d.answered < d.day+14 {
			row.num = 1
		} else if d.bounced != 0 && d.bounced < d.day+14 {
			continue
		}
		out = append(out, row)
	}
	return out
}

// refTicket is the first event of a name of a ticket.
type refTicket struct {
	group, account, ticket, event string
	at, replied                   time.Time
	day                           farol.Day
}

func (t refTicket) unit() string { return t.account + "/" + t.ticket }

// ticketEvents lists the events of a name, without filters.
func (r *reference) ticketEvents(name string) []refTicket {
	var out []refTicket
	for i := range r.events {
		e := &r.events[i]
		t := refTicket{account: r.accountOf(e), event: e.ID, at: e.At, day: r.day(e.At)}
		if e.Name != name || t.day > r.asOf || r.excludedAccount(t.account) || r.excludedPerson(r.person(e.Person())) {
			continue
		}
		props := r.propsOf(e)
		t.ticket = text(props, "ticket")
		t.replied, _ = time.Parse(time.RFC3339, text(props, "first_reply_at"))
		out = append(out, t)
	}
	return out
}

// tickets lists the first event of the name of each ticket, of those that the
// filters let pass.
func (r *reference) tickets(q Request, name string) []refTicket {
	first := map[string]refTicket{}
	for _, t := range r.ticketEvents(name) {
		var ok bool
		if t.group, ok = r.group(q, t.account, t.day); !ok {
			continue
		}
		old, has := first[t.unit()]
		if !has || cmp.Or(t.at.Compare(old.at), cmp.Compare(t.event, old.event)) < 0 {
			first[t.unit()] = t
		}
	}
	var out []refTicket
	for _, t := range first {
		out = append(out, t)
	}
	return out
}

func (r *reference) ticketLoad(q Request, p farol.Period) []refRow {
	opened := map[string]float64{}
	for _, t := range r.tickets(Request{}, "Ticket Opened") {
		if p.Contains(t.day) {
			opened[t.account]++
		}
	}
	var out []refRow
	for account, st := range r.states(p.From - 1) {
		if g, ok := r.group(q, account, p.From); ok && (st.mrr > 0 || st.paused) {
			out = append(out, refRow{group: g, unit: account, num: 100 * opened[account], den: 1})
		}
	}
	return out
}

func (r *reference) solveTimes(q Request, p farol.Period) []refRow {
	return r.ticketWaits(q, p, r.ticketEvents("Ticket Solved"))
}

// answerTimes are the waits for what any event of the ticket says of the first
// answer.
func (r *reference) answerTimes(q Request, p farol.Period) []refRow {
	var answered []refTicket
	for _, name := range []string{"Ticket Opened", "Ticket Updated", "Ticket Solved", "Ticket Reopened"} {
		for _, t := range r.ticketEvents(name) {
			if t.at = t.replied; !t.at.IsZero() {
				answered = append(answered, t)
			}
		}
	}
	return r.ticketWaits(q, p, answered)
}

// ticketWaits are the waits of the tickets opened in the period for the first
// of what ends them.
func (r *reference) ticketWaits(q Request, p farol.Period, solved []refTicket) []refRow {
	const fortnight = 14 * 24 * time.Hour
	end := (r.through + 1).Start(r.zone)
	var out []refRow
	for _, t := range r.tickets(q, "Ticket Opened") {
		if !p.Contains(t.day) || !t.at.Before(end) {
			continue
		}
		row := refRow{group: t.group, unit: t.unit(), num: min(end.Sub(t.at), fortnight).Seconds()}
		took := fortnight
		for _, s := range solved {
			if s.unit() == t.unit() && !s.at.Before(t.at) && s.at.Before(end) {
				took = min(took, s.at.Sub(t.at))
			}
		}
		if took < fortnight {
			row.num, row.den = took.Seconds(), 1
		}
		out = append(out, row)
	}
	return out
}

func (r *reference) reopened(q Request, p farol.Period) []refRow {
	again := r.ticketEvents("Ticket Reopened")
	var out []refRow
	for _, t := range r.tickets(q, "Ticket Solved") {
		if !p.Contains(t.day) || t.day+13 > r.through {
			continue
		}
		row := refRow{group: t.group, unit: t.unit(), den: 1}
		first := time.Time{}
		for _, a := range again {
			if a.unit() == t.unit() && !a.at.Before(t.at) && (first.IsZero() || a.at.Before(first)) {
				first = a.at
			}
		}
		if !first.IsZero() && r.day(first) < t.day+14 {
			row.num = 1
		}
		out = append(out, row)
	}
	return out
}

// number of a small thing, for ids.
func number(h *history, n int) string { return strconv.Itoa(1 + h.r.IntN(n)) }

// further sends one message about what goes a way of its own.
func (h *history) further() {
	h.n++
	e, props := farol.Event{ID: fmt.Sprintf("m%05d", h.n), Source: "s", At: h.moment()}, map[string]any{}
	if h.r.IntN(3) == 0 {
		h.journey(&e, props)
	} else {
		h.voice(&e, props)
	}
	h.send(e, props)
}

// voice sends an event about a survey or a ticket.
func (h *history) voice(e *farol.Event, props map[string]any) {
	e.Kind = farol.Track
	h.who(e)
	maybe := func(odds int, key string, values ...string) {
		if h.r.IntN(odds) == 0 {
			props[key] = pick(h, values...)
		}
	}
	switch k := h.r.IntN(10); {
	case k < 3:
		e.Name = pick(h, "Ticket Opened", "Ticket Solved", "Ticket Solved", "Ticket Reopened")
		props["ticket"] = "t" + number(h, 5)
		maybe(2, "first_reply_at", e.At.Add(time.Duration(h.r.IntN(60)-10)*time.Hour).UTC().Format(time.RFC3339))
		return
	case k < 7:
		e.Name = pick(h, "Survey Sent", "Survey Sent", "Survey Bounced")
		props["survey"] = pick(h, "q", "r")
		if h.r.IntN(4) == 0 {
			e.User, e.Anonymous = "", ""
			props["recipient"] = "m" + number(h, 3) + "@x.example"
		}
		maybe(5, "delivery", "d1", "d2", "d3")
		maybe(6, "relation", "transactional", "employee")
		return
	}
	e.Name = "Survey Answered"
	props["survey"], props["kind"] = pick(h, "q", "r"), pick(h, "nps", "nps", "csat", "ces")
	maybe(3, "answer", "a1", "a2", "a3", "a4")
	maybe(4, "relation", "transactional", "employee")
	maybe(6, "delivery", "d1", "d2", "d3")
	props["score"] = h.r.IntN(6)
	switch props["kind"] {
	case "nps":
		props["score"] = h.r.IntN(11)
	case "ces":
		if h.r.IntN(3) == 0 {
			props["scale"] = 5
		} else {
			props["score"] = h.r.IntN(8)
		}
	}
}
