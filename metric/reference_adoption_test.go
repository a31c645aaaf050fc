package metric

import (
	"cmp"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
)

func init() {
	refer("product_adoption_rate", func(r *reference, q Request, p farol.Period) []refRow { return r.adopted(q, p, false) })
	refer("adoption_rate_active", func(r *reference, q Request, p farol.Period) []refRow { return r.adopted(q, p, true) })
	refer("adoption_rate_invited", (*reference).invited)
	referState("adoption_rate_seats", (*reference).seated)
	refer("core_uses_per_account", (*reference).coreUses)
	referUse("core_features_used", (*reference).coreFeatures)
	referUse("core_uses_per_seat", (*reference).coreSeats)
	refer("core_repeat_rate", (*reference).repeated)
	refer("team_habit_rate", (*reference).habitual)
	refer("user_expansion", func(r *reference, q Request, p farol.Period) []refRow {
		return r.expanded(q, p, func(a refAct) []string {
			if a.person == "" || !r.counts(a) {
				return nil
			}
			return []string{string(a.person)}
		})
	})
	refer("feature_expansion", func(r *reference, q Request, p farol.Period) []refRow { return r.expanded(q, p, r.featuresOf) })
	refer("onboarding_progress", func(r *reference, q Request, p farol.Period) []refRow { return r.onboarding(q, p, false) })
	refer("onboarding_days_late", func(r *reference, q Request, p farol.Period) []refRow { return r.onboarding(q, p, true) })
}

// core tells whether the act uses a core feature.
func (r *reference) core(a refAct) bool {
	any := true
	for _, f := range r.s.Features.List {
		any = any && !f.Core
	}
	for _, f := range r.s.Features.List {
		if f.Core && slices.Contains(f.Events, a.name) {
			return true
		}
	}
	return any
}

// featuresOf lists the features that the act uses.
func (r *reference) featuresOf(a refAct) []string {
	if len(r.s.Features.List) == 0 {
		return []string{a.name}
	}
	var out []string
	for _, f := range r.s.Features.List {
		if slices.Contains(f.Events, a.name) {
			out = append(out, f.Name)
		}
	}
	return out
}

// adopters are the people, or the people of an account, with enough days of
// core use.
func (r *reference) adopters(last farol.Day, key func(refAct) string) map[string]bool {
	days := map[string]map[farol.Day]bool{}
	for _, a := range r.acts() {
		if a.person != "" && r.core(a) && a.day <= last && a.day > last-farol.Day(r.s.Features.WindowDays) {
			if days[key(a)] == nil {
				days[key(a)] = map[farol.Day]bool{}
			}
			days[key(a)][a.day] = true
		}
	}
	out := map[string]bool{}
	for k, d := range days {
		if len(d) >= r.s.Features.AdoptedDays {
			out[k] = true
		}
	}
	return out
}

func (r *reference) adopted(q Request, p farol.Period, active bool) []refRow {
	last := min(p.Last(), r.asOf)
	yes := r.adopters(last, func(a refAct) string { return string(a.person) })
	came := map[string]bool{}
	for _, a := range r.acts() {
		g, ok := r.group(Request{Filters: q.Filters}, a.account, a.day)
		if _ = g; ok && r.counts(a) && a.day <= last && a.day > last-farol.Day(r.s.Features.WindowDays) {
			came[string(a.person)] = true
		}
	}
	var out []refRow
	for person, b := range r.begun(true) {
		g, ok := r.group(q, b.account, last)
		if !ok || b.day > last || active && !came[person] {
			continue
		}
		row := refRow{group: g, unit: person, den: 1}
		if yes[person] {
			row.num = 1
		}
		out = append(out, row)
	}
	return out
}

func (r *reference) seated(q Request, p farol.Period) []refRow {
	last := min(p.Last(), r.asOf)
	yes := r.adopters(last, func(a refAct) string { return a.account + "\x00" + string(a.person) })
	people := map[string]float64{}
	for k := range yes {
		account, _, _ := strings.Cut(k, "\x00")
		people[account]++
	}
	var out []refRow
	for account, seats := range r.seats(last) {
		if g, ok := r.group(q, account, last); ok {
			out = append(out, refRow{group: g, unit: account, num: people[account], den: seats})
		}
	}
	return out
}

func (r *reference) coreUses(q Request, p farol.Period) []refRow {
	sums := map[[2]string]float64{}
	for _, a := range r.acts() {
		g, ok := r.group(q, a.account, a.day)
		if a.account == "" || !ok || !p.Contains(a.day) {
			continue
		}
		n := 0.0
		if r.core(a) {
			n = 1
		}
		sums[[2]string{g, a.account}] += n
	}
	var out []refRow
	for k, n := range sums {
		out = append(out, refRow{group: k[0], unit: k[1], num: n})
	}
	return out
}

// coreFeatures lists how many of the core features each account used in the
// last 28 days.
func (r *reference) coreFeatures(q Request, p farol.Period) []refRow {
	last, all := min(p.Last(), r.asOf), 0.0
	for _, f := range r.s.Features.List {
		if f.Core {
			all++
		}
	}
	found := map[[2]string]map[string]bool{}
	for _, a := range r.acts() {
		g, ok := r.group(q, a.account, a.day)
		if a.account == "" || !ok || a.day > last || a.day <= last-28 {
			continue
		}
		k := [2]string{g, a.account}
		if found[k] == nil {
			found[k] = map[string]bool{}
		}
		for _, f := range r.s.Features.List {
			if f.Core && slices.Contains(f.Events, a.name) {
				found[k][f.Name] = true
			}
		}
	}
	var out []refRow
	for k, features := range found {
		if all > 0 {
			out = append(out, refRow{group: k[0], unit: k[1], num: float64(len(features)), den: all})
		}
	}
	return out
}

// coreSeats sets the core uses of the last seven days against the seats.
func (r *reference) coreSeats(q Request, p farol.Period) []refRow {
	last := min(p.Last(), r.asOf)
	uses := map[string]float64{}
	for _, a := range r.acts() {
		if r.core(a) && a.day <= last && a.day > last-7 {
			uses[a.account]++
		}
	}
	var out []refRow
	for account, seats := range r.seats(last) {
		if g, ok := r.group(q, account, last); ok {
			out = append(out, refRow{group: g, unit: account, num: uses[account], den: seats})
		}
	}
	return out
}

// lately lists, per group and person, what the acts of the last 28 days show.
func (r *reference) lately(q Request, p farol.Period, pass func(refAct) bool, show func(refAct, farol.Day) (int, bool), least int) []refRow {
	last := min(p.Last(), r.asOf)
	found := map[[2]string]map[int]bool{}
	for _, a := range r.acts() {
		g, ok := r.group(q, a.account, a.day)
		if a.person == "" || !ok || !pass(a) || a.day > last || a.day <= last-28 {
			continue
		}
		k := [2]string{g, string(a.person)}
		if found[k] == nil {
			found[k] = map[int]bool{}
		}
		if what, counts := show(a, last); counts {
			found[k][what] = true
		}
	}
	var out []refRow
	for k, set := range found {
		row := refRow{group: k[0], unit: k[1], den: 1}
		if len(set) >= least {
			row.num = 1
		}
		out = append(out, row)
	}
	return out
}

func (r *reference) repeated(q Request, p farol.Period) []refRow {
	return r.lately(q, p, func(refAct) bool { return true }, func(a refAct, _ farol.Day) (int, bool) { return int(a.day), r.core(a) }, 2)
}

func (r *reference) habitual(q Request, p farol.Period) []refRow {
	return r.lately(q, p, r.counts, func(a refAct, last farol.Day) (int, bool) { return int(last-a.day) / 7, true }, 3)
}

func (r *reference) expanded(q Request, p farol.Period, things func(refAct) []string) []refRow {
	last := min(p.Last(), r.asOf)
	type seen struct{ recent, before map[string]bool }
	found := map[[2]string]*seen{}
	for _, a := range r.acts() {
		g, ok := r.group(q, a.account, a.day)
		list := things(a)
		if a.account == "" || !ok || a.day > last || a.day <= last-56 || len(list) == 0 {
			continue
		}
		k := [2]string{g, a.account}
		if found[k] == nil {
			found[k] = &seen{map[string]bool{}, map[string]bool{}}
		}
		for _, x := range list {
			if a.day > last-28 {
				found[k].recent[x] = true
			} else {
				found[k].before[x] = true
			}
		}
	}
	var out []refRow
	for k, s := range found {
		out = append(out, refRow{group: k[0], unit: k[1], num: float64(len(s.recent)), den: float64(len(s.before))})
	}
	return out
}

// refMilestone is how a milestone stood.
type refMilestone struct {
	done, due farol.Day // 0 for none
	last      string
}

func (r *reference) onboarding(q Request, p farol.Period, late bool) []refRow {
	last := min(p.Last(), r.asOf)
	events := slices.Clone(r.events)
	slices.SortFunc(events, func(a, b farol.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	found := map[string]map[string]*refMilestone{}
	for i := range events {
		e := &events[i]
		account, day := r.accountOf(e), r.day(e.At)
		name, ok := r.propsOf(e)["milestone"].(string)
		if !ok || !strings.HasPrefix(e.Name, "Milestone ") || account == "" || day > last || r.excludedAccount(account) {
			continue
		}
		if found[account] == nil {
			found[account] = map[string]*refMilestone{}
		}
		if found[account][name] == nil {
			found[account][name] = &refMilestone{}
		}
		m := found[account][name]
		m.last = e.Name
		if due, ok := r.propsOf(e)["due"].(string); ok {
			m.due, _ = farol.ParseDay(due[:10])
		}
		if e.Name == "Milestone Done" && m.done == 0 {
			m.done = day
		}
	}
	var out []refRow
	for account, list := range found {
		g, ok := r.group(q, account, last)
		row := refRow{group: g, unit: account}
		earlier, worst, dated := 0.0, -1e9, false
		for _, m := range list {
			if m.last == "Milestone Skipped" && m.done == 0 {
				continue
			}
			row.den++
			end := last
			if m.done != 0 {
				row.num++
				end = m.done
				if m.done < p.From {
					earlier++
				}
			}
			if m.due != 0 {
				worst, dated = max(worst, float64(end-m.due)), true
			}
		}
		if !ok || earlier == row.den {
			continue
		}
		if late {
			row.num, row.den = worst, 0
			if !dated {
				continue
			}
		}
		out = append(out, row)
	}
	return out
}
