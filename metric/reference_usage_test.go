package metric

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// turned lists the units active in the period and in the one before.
func (r *reference) turned(q Request, people bool, p farol.Period) (now, before map[[2]string]bool) {
	prior := r.s.Calendar.PeriodAt(q.Grain, p.From-1)
	now, before = map[[2]string]bool{}, map[[2]string]bool{}
	for k, days := range r.active(q, people) {
		for d := range days {
			if p.Contains(d) && d <= r.asOf {
				now[k] = true
			}
			if prior.Contains(d) && d <= r.asOf {
				before[k] = true
			}
		}
	}
	return now, before
}

// joinedDay is the first day of a person in all of history: what was said, or
// the first event that counts.
func (r *reference) joinedDay(person string) farol.Day {
	first := farol.Day(math.MaxInt32)
	for _, a := range r.acts() {
		if string(a.person) == person && r.counts(a) {
			first = min(first, a.day)
		}
	}
	said, ok := latest(r.changes, func(c refChange) bool {
		return !c.accountSubject && string(r.person(c.person)) == person && c.trait == "created_at" && c.day <= r.asOf
	})
	if ok {
		first = min(first, r.day(mustTime(said)))
	}
	return first
}

// beganDay is the first day of an account, whatever is said of its creation.
func (r *reference) beganDay(account string) farol.Day {
	first := r.births()[account]
	for i := range r.events {
		e := &r.events[i]
		if e.Kind == farol.Identify || e.Kind == farol.Alias || r.accountOf(e) != account {
			continue
		}
		if day := r.day(e.At); day <= r.asOf {
			first = min(first, day)
		}
	}
	return first
}

func (r *reference) unitFirst(people bool, unit string) farol.Day {
	if people {
		return remember(r.firsts, "p "+unit, func() farol.Day { return r.joinedDay(unit) })
	}
	return remember(r.firsts, "a "+unit, func() farol.Day { return r.beganDay(unit) })
}

// refSession is what the sessions of a person come to on a day.
type refSession struct {
	group, person string
	day           farol.Day
	starts        int
	// acted tells that there was more than heartbeats; online is inside
	// sessions, busy inside the idle limit, heartbeats included.
	acted        bool
	online, busy time.Duration
}

// refMoment is one thing that a person did, or a heartbeat.
type refMoment struct {
	at   time.Time
	beat bool
}

// moments lists what each person of each group did, in order of time.
func (r *reference) moments(q Request) map[[2]string][]refMoment {
	out := map[[2]string][]refMoment{}
	for i := range r.events {
		e := &r.events[i]
		name := e.Name
		if e.Kind == farol.Page || e.Kind == farol.Screen {
			name = "$" + string(e.Kind)
		} else if e.Kind != farol.Track {
			continue
		}
		a := refAct{day: r.day(e.At), account: r.accountOf(e), person: r.person(e.Person()), name: name}
		interactive, said := r.propsOf(e)["interactive"].(bool)
		beat := e.Kind == farol.Track && name == "Heartbeat"
		if r.propsOf(e)["impersonated"] == true {
			continue
		}
		if !beat && (businessEvents[name] || said && !interactive || !r.counts(a)) || a.day > r.asOf || a.person == "" {
			continue
		}
		g, ok := r.group(q, a.account, a.day)
		if !ok || r.excludedAccount(a.account) || r.excludedPerson(a.person) {
			continue
		}
		k := [2]string{g, string(a.person)}
		out[k] = append(out[k], refMoment{e.At, beat})
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b refMoment) int { return a.at.Compare(b.at) })
	}
	return out
}

// sessions walks over the moments of each person.
func (r *reference) sessions(q Request) []refSession {
	var out []refSession
	timeout := time.Duration(r.s.Conventions.SessionMinutes) * time.Minute
	idle := time.Duration(r.s.Conventions.IdleMinutes) * time.Minute
	for k, list := range r.moments(q) {
		byDay := map[farol.Day]*refSession{}
		var before, acted time.Time
		for _, m := range list {
			d := r.day(m.at)
			if byDay[d] == nil {
				byDay[d] = &refSession{group: k[0], person: k[1], day: d}
			}
			s := byDay[d]
			if gap := m.at.Sub(before); !before.IsZero() && gap <= idle {
				s.busy += gap
			}
			before = m.at
			if m.beat {
				continue
			}
			if gap := m.at.Sub(acted); acted.IsZero() || gap > timeout {
				s.starts++
			} else {
				s.online += gap
			}
			s.acted, acted = true, m.at
		}
		for _, s := range byDay {
			if s.acted {
				out = append(out, *s)
			}
		}
	}
	return out
}

// perPerson sums something of the sessions of a period by person.
func (r *reference) perPerson(q Request, p farol.Period, of func(refSession) float64) []refRow {
	sums := map[[2]string]float64{}
	for _, s := range r.sessions(q) {
		if p.Contains(s.day) {
			sums[[2]string{s.group, s.person}] += of(s)
		}
	}
	var out []refRow
	for k, v := range sums {
		out = append(out, refRow{group: k[0], unit: k[1], num: v})
	}
	return out
}

// seats is the seats of an account at the end of the day.
func (r *reference) seats(day farol.Day) map[string]float64 {
	type said struct {
		at, known time.Time
		id        string
		status    string
		seats     *float64
	}
	all := map[[2]string][]said{}
	for i := range r.events {
		e := &r.events[i]
		account := r.accountOf(e)
		if subStatus[e.Name] == "" || e.Kind != farol.Track || account == "" || r.excludedAccount(account) {
			continue
		}
		props := r.propsOf(e)
		s := said{at: r.revTime(e, props, AtTermEnd), known: e.Known, id: e.ID, status: subStatus[e.Name]}
		if v, ok := props["seats"].(float64); ok {
			s.seats = &v
		}
		if d := r.day(s.at); d <= day && d <= r.asOf {
			k := [2]string{account, props["subscription"].(string)}
			all[k] = append(all[k], s)
		}
	}
	out := map[string]float64{}
	for k, list := range all {
		slices.SortFunc(list, func(a, b said) int {
			return cmp.Or(a.at.Compare(b.at), a.known.Compare(b.known), cmp.Compare(a.id, b.id))
		})
		seats := 0.0
		for _, s := range list {
			if s.seats != nil {
				seats = *s.seats
			}
		}
		if list[len(list)-1].status == "active" && seats > 0 {
			out[k[0]] += seats
		}
	}
	return out
}

// uses counts the events of accounts that count, by person and days ago.
func (r *reference) uses(q Request, last farol.Day, days int) map[[2]string]map[string][]float64 {
	out := map[[2]string]map[string][]float64{}
	for _, a := range r.acts() {
		ago := int(last - a.day)
		g, ok := r.group(q, a.account, a.day)
		if !ok || a.account == "" || ago < 0 || ago >= days || !r.counts(a) {
			continue
		}
		k := [2]string{g, a.account}
		if out[k] == nil {
			out[k] = map[string][]float64{}
		}
		if out[k][string(a.person)] == nil {
			out[k][string(a.person)] = make([]float64, days)
		}
		out[k][string(a.person)][ago]++
	}
	return out
}

// role is what somebody is for the team on a day.
func (r *reference) role(person farol.PersonID, day farol.Day) string {
	said := func(trait string) string {
		v, _ := latest(r.changes, func(c refChange) bool {
			return !c.accountSubject && c.trait == trait && c.day <= day && r.person(c.person) == person
		})
		return v
	}
	sent := said(facts.SentRole)
	return cmp.Or(said(facts.RoleTrait), facts.RoleOf(sent), sent)
}

// falls tells whether the events of eight weeks, the last first, dropped at one
// point: by the two-sample t of every split into weeks since and before.
func falls(weeks []float64) bool {
	roots := make([]float64, len(weeks))
	for i, n := range weeks {
		roots[i] = 2 * math.Sqrt(n+0.375)
	}
	for since := 2; since <= 6; since++ {
		a, b := roots[:since], roots[since:]
		noise := math.Max(1, (squares(a)+squares(b))/6)
		if (mean(b)-mean(a))/math.Sqrt(noise*(1/float64(len(a))+1/float64(len(b)))) > 4.5 {
			return true
		}
	}
	return false
}

// squares is the sum of the squared distances from the mean.
func squares(x []float64) (sum float64) {
	m := mean(x)
	for _, v := range x {
		sum += (v - m) * (v - m)
	}
	return sum
}

func init() {
	last := func(r *reference, p farol.Period) farol.Day { return min(p.Last(), r.asOf) }
	type rowsOf = func(r *reference, q Request, p farol.Period) []refRow
	each := func(rows []refRow, do func(*refRow)) []refRow {
		for i := range rows {
			do(&rows[i])
		}
		return rows
	}
	window := func(n farol.Day) rowsOf {
		return func(r *reference, q Request, p farol.Period) []refRow {
			return r.used(q, true, last(r, p)-n+1, last(r, p))
		}
	}
	referUse("active_users_signed_in_28d", func(r *reference, q Request, p farol.Period) []refRow {
		var out []refRow
		for _, row := range once(window(28)(r, q, p)) {
			if !strings.HasPrefix(row.unit, farol.AnonymousPrefix) {
				out = append(out, row)
			}
		}
		return out
	})
	referUse("mean_active_days_28d", window(28))
	referUse("mean_active_days_7d", window(7))
	referUse("stickiness_dau_wau", func(r *reference, q Request, p farol.Period) []refRow {
		return each(window(7)(r, q, p), func(x *refRow) { x.den = 7 })
	})
	referUse("stickiness_point", func(r *reference, q Request, p farol.Period) []refRow {
		here := map[[2]string]bool{}
		for _, row := range r.used(q, true, last(r, p), last(r, p)) {
			here[[2]string{row.group, row.unit}] = true
		}
		return each(window(28)(r, q, p), func(x *refRow) {
			x.num = 0
			if here[[2]string{x.group, x.unit}] {
				x.num = 1
			}
		})
	})
	referUse("stickiness_daily_mean", func(r *reference, q Request, p farol.Period) []refRow {
		var out []refRow
		for d := last(r, p) - 27; d <= last(r, p); d++ {
			came, reached := map[string]float64{}, map[string]float64{}
			for _, row := range r.used(q, true, d, d) {
				came[row.group]++
			}
			for _, row := range r.used(q, true, d-27, d) {
				reached[row.group]++
			}
			for group, n := range reached {
				out = append(out, refRow{group: group, unit: d.String(), num: came[group] / n})
			}
		}
		return out
	})
	referUse("stickiness_wau_mau", func(r *reference, q Request, p farol.Period) []refRow {
		lately := map[[2]string]bool{}
		for _, row := range window(7)(r, q, p) {
			lately[[2]string{row.group, row.unit}] = true
		}
		return each(window(28)(r, q, p), func(x *refRow) {
			x.num, x.den = 0, 1
			if lately[[2]string{x.group, x.unit}] {
				x.num = 1
			}
		})
	})
	referUse("active_days_exposed_28d", func(r *reference, q Request, p farol.Period) []refRow {
		return each(window(28)(r, q, p), func(x *refRow) {
			x.den = float64(min(28, last(r, p)-r.unitFirst(true, x.unit)+1))
		})
	})
	referUse("stickiness_business_days", func(r *reference, q Request, p farol.Period) []refRow {
		business := func(d farol.Day) bool {
			w := time.Unix(int64(d)*86400, 0).UTC().Weekday()
			return w != time.Saturday && w != time.Sunday && !slices.ContainsFunc(r.s.Holidays.In(farol.Period{From: d, To: d + 1}), func(h Holiday) bool { return h.Day == d })
		}
		passed := 0.0
		for d := p.From; d <= last(r, p); d++ {
			if business(d) {
				passed++
			}
		}
		var out []refRow
		for k, days := range r.active(q, true) {
			n, came := 0.0, false
			for d := range days {
				if p.Contains(d) && d <= r.asOf {
					came = true
					if business(d) {
						n++
					}
				}
			}
			if came && passed > 0 {
				out = append(out, refRow{group: k[0], unit: k[1], num: n, den: passed})
			}
		}
		return out
	})
	referUse("usage_quick_ratio_28d", func(r *reference, q Request, p farol.Period) []refRow {
		now, before := map[[2]string]bool{}, map[[2]string]bool{}
		for _, row := range window(28)(r, q, p) {
			now[[2]string{row.group, row.unit}] = true
		}
		for _, row := range r.used(q, true, last(r, p)-55, last(r, p)-28) {
			before[[2]string{row.group, row.unit}] = true
		}
		var out []refRow
		for k := range now {
			if !before[k] {
				out = append(out, refRow{group: k[0], unit: k[1], num: 1})
			}
		}
		for k := range before {
			if !now[k] {
				out = append(out, refRow{group: k[0], unit: k[1], den: 1})
			}
		}
		return out
	})
	referUse("account_stickiness", func(r *reference, q Request, p farol.Period) []refRow { return r.used(q, false, p.From, last(r, p)) })
	referLifecycle()
	referSessions()
	referAccountUse(last)
}

// referLifecycle: the four classes, and what is made of them, straight from
// their definitions.
func referLifecycle() {
	for _, people := range []bool{true, false} {
		// class lists the units whose now, before and first day pass, with num
		// and den as the function says.
		class := func(name string, row func(now, before, isNew bool) (num, den float64, ok bool)) {
			referUse(name, func(r *reference, q Request, p farol.Period) []refRow {
				now, before := r.turned(q, people, p)
				all := map[[2]string]bool{}
				for k := range now {
					all[k] = true
				}
				for k := range before {
					all[k] = true
				}
				var out []refRow
				for k := range all {
					isNew := now[k] && !before[k] && r.unitFirst(people, k[1]) >= p.From
					if num, den, ok := row(now[k], before[k], isNew); ok {
						out = append(out, refRow{group: k[0], unit: k[1], num: num, den: den})
					}
				}
				return out
			})
		}
		names := map[bool][]string{
			true:  {"new_users", "returning_users", "resurrected_users", "dormant_users", "usage_quick_ratio", "usage_retention"},
			false: {"new_active_accounts", "returning_accounts", "resurrected_accounts", "dormant_accounts", "account_usage_quick_ratio", "account_usage_retention"},
		}[people]
		class(names[0], func(now, before, isNew bool) (float64, float64, bool) { return 1, 0, isNew })
		class(names[1], func(now, before, isNew bool) (float64, float64, bool) { return 1, 0, now && before })
		class(names[2], func(now, before, isNew bool) (float64, float64, bool) { return 1, 0, now && !before && !isNew })
		class(names[3], func(now, before, isNew bool) (float64, float64, bool) { return 1, 0, before && !now })
		class(names[4], func(now, before, isNew bool) (float64, float64, bool) {
			if now {
				return 1, 0, !before
			}
			return 0, 1, true
		})
		class(names[5], func(now, before, isNew bool) (float64, float64, bool) {
			if now {
				return 1, 1, before
			}
			return 0, 1, before
		})
	}
}

func referSessions() {
	starts := func(s refSession) float64 { return float64(s.starts) }
	for _, name := range []string{"sessions", "sessions_per_active_user"} {
		referUse(name, func(r *reference, q Request, p farol.Period) []refRow { return r.perPerson(q, p, starts) })
	}
	referUse("time_online", func(r *reference, q Request, p farol.Period) []refRow {
		return r.perPerson(q, p, func(s refSession) float64 { return float64(s.online.Milliseconds()) / 1000 })
	})
	referUse("active_time", func(r *reference, q Request, p farol.Period) []refRow {
		return r.perPerson(q, p, func(s refSession) float64 { return float64(s.busy.Milliseconds()) / 1000 })
	})
	perDay := func(name string, of func(refSession) time.Duration) {
		referUse(name, func(r *reference, q Request, p farol.Period) []refRow {
			var out []refRow
			for _, s := range r.sessions(q) {
				if p.Contains(s.day) {
					out = append(out, refRow{group: s.group, unit: s.person + " " + s.day.String(), num: math.Floor(of(s).Seconds()), den: 1})
				}
			}
			return out
		})
	}
	perDay("time_online_median", func(s refSession) time.Duration { return s.online })
	perDay("active_time_median", func(s refSession) time.Duration { return s.busy })
}

func referAccountUse(last func(*reference, farol.Period) farol.Day) {
	// account makes rows of the accounts with events in the days up to the
	// period's last; people are the events of each by days ago.
	account := func(name string, days int, row func(r *reference, unit string, last farol.Day, people map[string][]float64) (num, den float64, ok bool)) {
		referUse(name, func(r *reference, q Request, p farol.Period) []refRow {
			var out []refRow
			for k, people := range r.uses(q, last(r, p), days) {
				if num, den, ok := row(r, k[1], last(r, p), people); ok {
					out = append(out, refRow{group: k[0], unit: k[1], num: num, den: den})
				}
			}
			return out
		})
	}
	total := func(people map[string][]float64, from, to int) (n float64) {
		for _, days := range people {
			for _, x := range days[from:to] {
				n += x
			}
		}
		return n
	}
	account("use_concentration", 28, func(_ *reference, _ string, _ farol.Day, people map[string][]float64) (num, den float64, ok bool) {
		for person, days := range people {
			if person != "" {
				n := total(map[string][]float64{"": days}, 0, 28)
				num, den = max(num, n), den+n
			}
		}
		return num, den, den > 0
	})
	account("people_per_account", 28, func(_ *reference, _ string, _ farol.Day, people map[string][]float64) (num, den float64, ok bool) {
		delete(people, "")
		return float64(len(people)), 0, len(people) > 0
	})
	account("days_since_activity", 91, func(_ *reference, _ string, _ farol.Day, people map[string][]float64) (num, den float64, ok bool) {
		for total(people, int(num), int(num)+1) == 0 {
			num++
		}
		return num, 1, true
	})
	account("days_since_champion_activity", 91, func(r *reference, _ string, last farol.Day, people map[string][]float64) (num, den float64, ok bool) {
		champions := map[string][]float64{}
		for person, days := range people {
			if r.role(farol.PersonID(person), last) == "champion" {
				champions[person] = days
			}
		}
		for len(champions) > 0 && total(champions, int(num), int(num)+1) == 0 {
			num++
		}
		return num, 1, len(champions) > 0
	})
	account("active_roles_28d", 28, func(r *reference, _ string, last farol.Day, people map[string][]float64) (num, den float64, ok bool) {
		roles := map[string]bool{}
		for person := range people {
			if role := r.role(farol.PersonID(person), last); role != "" {
				roles[role] = true
			}
		}
		return float64(len(roles)), 1, len(roles) > 0
	})
	account("use_change_28d", 56, func(_ *reference, _ string, _ farol.Day, people map[string][]float64) (num, den float64, ok bool) {
		den = total(people, 28, 56)
		return total(people, 0, 28), den, den >= 10
	})
	referUse("use_change_seasonal", func(r *reference, q Request, p farol.Period) []refRow {
		var out []refRow
		for k, people := range r.uses(q, last(r, p), 420) {
			row := refRow{group: k[0], unit: k[1], num: total(people, 0, 28), den: total(people, 28, 56), times: total(people, 392, 420), per: total(people, 364, 392)}
			if min(row.den, row.times, row.per) >= 10 {
				out = append(out, row)
			}
		}
		return out
	})
	account("use_break_8w", 56, func(r *reference, unit string, last farol.Day, people map[string][]float64) (num, den float64, ok bool) {
		weeks := make([]float64, 8)
		for ago := range weeks {
			weeks[ago] = total(people, 7*ago, 7*ago+7)
		}
		if falls(weeks) {
			num = 1
		}
		return num, 1, r.unitFirst(false, unit) <= last-55
	})
	account("use_slope_8w", 56, func(r *reference, unit string, last farol.Day, people map[string][]float64) (num, den float64, ok bool) {
		// The textbook slope: covariance over variance.
		var sx, sy, sxy, sxx float64
		for week := range 8 {
			x, y := float64(week), math.Log(1+total(people, 7*(7-week), 7*(8-week)))
			sx, sy, sxy, sxx = sx+x, sy+y, sxy+x*y, sxx+x*x
		}
		return (8*sxy - sx*sy) / (8*sxx - sx*sx), 0, r.unitFirst(false, unit) <= last-55
	})
	referUse("seat_utilisation", func(r *reference, q Request, p farol.Period) []refRow {
		day := last(r, p)
		everyone := r.uses(Request{}, day, 28)
		var out []refRow
		for unit, seats := range r.seats(day) {
			if g, ok := r.group(q, unit, day); ok {
				people := everyone[[2]string{"", unit}]
				delete(people, "")
				out = append(out, refRow{group: g, unit: unit, num: float64(len(people)), den: seats})
			}
		}
		return out
	})
}
