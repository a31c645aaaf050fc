package metric

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/farol-cs/farol"
)

func init() {
	refer("activation_rate", func(r *reference, q Request, p farol.Period) []refRow { return r.activated(q, p, false) })
	refer("activation_rate_people", func(r *reference, q Request, p farol.Period) []refRow { return r.activated(q, p, true) })
	refer("activated_accounts", (*reference).activatedIn)
	refer("time_to_value", (*reference).valued)
	refer("time_to_value_p25", (*reference).valued)
	refer("time_to_value_p75", (*reference).valued)
	refer("time_to_value_p90", (*reference).valued)
}

// refBirth is when a unit begins, and its account for the breakdown.
type refBirth struct {
	day     farol.Day
	account string
}

// begun is when each unit begins: at its creation, or with its first event of
// the criterion's start.
func (r *reference) begun(people bool) map[string]refBirth {
	out := map[string]refBirth{}
	all := r.s.activations()
	start := all[len(all)-1].Start
	if start == "" && !people {
		for account, day := range r.births() {
			out[account] = refBirth{day, account}
		}
		return out
	}
	for _, a := range r.acts() {
		unit := a.account
		if people {
			unit = string(a.person)
		}
		if unit == "" || start != "" && a.name != start || start == "" && !r.counts(a) {
			continue
		}
		old, ok := out[unit]
		if b := (refBirth{a.day, a.account}); !ok || b.day < old.day || b.day == old.day && b.account < old.account {
			out[unit] = b
		}
	}
	if start == "" {
		for person, b := range out {
			said, ok := latest(r.changes, func(c refChange) bool {
				return !c.accountSubject && string(r.person(c.person)) == person && c.trait == "created_at" && c.day <= r.asOf
			})
			if ok {
				b.day = r.day(mustTime(said))
				out[person] = b
			}
		}
	}
	return out
}

// judge is the version that was in force on the day.
func (r *reference) judge(day farol.Day) Activation {
	all := r.s.activations()
	for i := len(all) - 1; i > 0; i-- {
		if all[i].Since <= day {
			return all[i]
		}
	}
	return all[0]
}

// firstHeld is the first day of [from, to) on which the criterion held,
// counting from the day from on; a clause's own window begins with start.
func (r *reference) firstHeld(a Activation, unit string, people bool, start, from, to farol.Day) (farol.Day, bool) {
	var acts []refAct
	for _, act := range r.acts() {
		if act.day >= from && act.day < to && (!people && act.account == unit || people && string(act.person) == unit) {
			acts = append(acts, act)
		}
	}
	days := map[farol.Day]bool{}
	for _, act := range acts {
		days[act.day] = true
	}
	var sorted []farol.Day
	for d := range days {
		sorted = append(sorted, d)
	}
	slices.Sort(sorted)
	for _, day := range sorted {
		if r.holds(a, acts, start, day) {
			return day, true
		}
	}
	return 0, false
}

// holds tells whether the criterion held at the end of the day.
func (r *reference) holds(a Activation, acts []refAct, start, day farol.Day) bool {
	met, of := 0, 0
	count := func(ok bool) {
		of++
		if ok {
			met++
		}
	}
	for _, c := range a.Events {
		count(r.done(c, acts, start, day) >= c.Min)
	}
	for _, g := range a.Groups {
		inner := 0
		for _, c := range g.Events {
			if r.done(c, acts, start, day) >= c.Min {
				inner++
			}
		}
		count(inner == len(g.Events) || g.AtLeast > 0 && inner >= g.AtLeast)
	}
	if of == 0 {
		return len(acts) > 0
	}
	return met == of || a.AtLeast > 0 && met >= a.AtLeast
}

// done counts a clause up to the day.
func (r *reference) done(c Clause, acts []refAct, start, day farol.Day) int {
	times, days, people := 0, map[farol.Day]bool{}, map[farol.PersonID]bool{}
	for _, act := range acts {
		if act.day > day || c.WithinDays > 0 && act.day >= start+farol.Day(c.WithinDays) || c.Name != "*" && act.name != c.Name {
			continue
		}
		if !slices.ContainsFunc(c.Where, func(w Where) bool { return !refWhere(w, act.props) }) {
			times++
			days[act.day] = true
			if act.person != "" {
				people[act.person] = true
			}
		}
	}
	switch c.By {
	case "days":
		return len(days)
	case "people":
		return len(people)
	}
	return times
}

func refWhere(w Where, props map[string]any) bool {
	text, isText := props[w.Property].(string)
	number, isNumber := props[w.Property].(float64)
	if isNumber {
		text = strconv.FormatFloat(number, 'f', -1, 64)
	}
	limit, _ := strconv.ParseFloat(w.Values[0], 64)
	switch w.Op {
	case "is":
		return (isText || isNumber) && slices.Contains(w.Values, text)
	case "is_not":
		return !slices.Contains(w.Values, text)
	case "at_least":
		return isNumber && number >= limit
	}
	return isNumber && number <= limit
}

// cohort lists the units that began on the days [from, to), with their group.
func (r *reference) cohort(q Request, people bool, from, to farol.Day) []refRow {
	var out []refRow
	for unit, b := range r.begun(people) {
		if g, ok := r.group(q, b.account, b.day); ok && b.day >= from && b.day < to && b.day <= r.asOf {
			out = append(out, refRow{group: g, unit: unit})
		}
	}
	slices.SortFunc(out, func(a, b refRow) int { return cmp.Compare(a.unit, b.unit) })
	return out
}

// activated lists the units of the cohort whose window has passed.
func (r *reference) activated(q Request, p farol.Period, people bool) []refRow {
	var out []refRow
	begun := r.begun(people)
	for _, row := range r.cohort(q, people, p.From, p.To) {
		start := begun[row.unit].day
		a := r.judge(start)
		end := start + farol.Day(a.WindowDays)
		if end-1 > r.through {
			continue
		}
		row.den = 1
		if _, ok := r.firstHeld(a, row.unit, people, start, start, end); ok {
			row.num = 1
		}
		out = append(out, row)
	}
	return out
}

// activatedIn lists the accounts whose criterion first held in the period.
func (r *reference) activatedIn(q Request, p farol.Period) []refRow {
	var out []refRow
	begun := r.begun(false)
	for _, row := range r.cohort(q, false, p.From-400, p.To) {
		start := begun[row.unit].day
		a := r.judge(start)
		if day, ok := r.firstHeld(a, row.unit, false, start, start, start+farol.Day(a.WindowDays)); ok && p.Contains(day) {
			row.num = 1
			out = append(out, row)
		}
	}
	return out
}

// valued lists how long the accounts of the cohort took, or have waited.
// byClock puts the exact time in the place of whole days below two of 24 hours.
func (r *reference) byClock(row *refRow, start farol.Day) {
	began, known := r.beganAt(row.unit, start)
	switch {
	case !known || row.num == 0 && row.den == 1 && r.early(row.unit, start):
	case row.den == 0 && r.through-start < 2:
		row.num = min(2, max(0, (r.through+1).Start(r.s.Calendar.Zone).Sub(began).Hours()/24))
	case row.den == 1 && row.num <= 2:
		at, _ := r.heldAt(row.unit, start)
		row.num = min(2, max(0, at.Sub(began).Hours()/24))
	}
}

// early tells that the account had met its criterion before it began.
func (r *reference) early(account string, start farol.Day) bool {
	day, ok := r.firstHeld(r.judge(start), account, false, start, start-90, start+90)
	return ok && day < start
}

// beganAt is the instant at which an account began that began on the day.
func (r *reference) beganAt(account string, start farol.Day) (time.Time, bool) {
	all := r.s.activations()
	event := all[len(all)-1].Start
	if event == "" {
		said, ok := latest(r.changes, func(c refChange) bool {
			return c.accountSubject && c.account == account && c.trait == "created_at" && c.day <= r.asOf
		})
		if ok && r.day(mustTime(said)) == start {
			return mustTime(said), true
		}
	}
	var first time.Time
	note := func(t time.Time) {
		if first.IsZero() || t.Before(first) {
			first = t
		}
	}
	if event != "" {
		for _, a := range r.acts() {
			if a.account == account && a.day == start && a.name == event {
				note(a.at)
			}
		}
		return first, !first.IsZero()
	}
	for i := range r.events {
		e := &r.events[i]
		if e.Kind != farol.Identify && e.Kind != farol.Alias && r.accountOf(e) == account && r.day(e.At) == start && start <= r.asOf {
			note(e.At)
		}
	}
	return first, !first.IsZero()
}

// heldAt is the first instant at which the criterion of an account that began
// on the day held; what it did before that day has no time of its own.
func (r *reference) heldAt(account string, start farol.Day) (time.Time, bool) {
	var acts []refAct
	for _, act := range r.acts() {
		if act.day >= start-90 && act.account == account {
			acts = append(acts, act)
		}
	}
	slices.SortFunc(acts, func(a, b refAct) int { return a.at.Compare(b.at) })
	for i, act := range acts {
		last := i+1 == len(acts) || acts[i+1].at.After(act.at)
		if last && act.day >= start && r.holds(r.judge(start), acts[:i+1], start, act.day) {
			return act.at, true
		}
	}
	return time.Time{}, false
}

func (r *reference) valued(q Request, p farol.Period) []refRow {
	var out []refRow
	begun := r.begun(false)
	for _, row := range r.cohort(q, false, p.From, p.To) {
		start := begun[row.unit].day
		if start > r.through {
			continue
		}
		row.num = float64(min(89, r.through-start))
		if day, ok := r.firstHeld(r.judge(start), row.unit, false, start, start-90, start+90); ok && day <= r.through {
			row.num, row.den = float64(max(0, day-start)), 1
		}
		r.byClock(&row, start)
		out = append(out, row)
	}
	return out
}
