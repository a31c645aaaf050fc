package metric

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// refDeed is an event of somebody, with what retention may look at.
type refDeed struct {
	refAct
	at    time.Time
	props map[string]any
	use   bool
}

// deeds are all events that name somebody, uses of the product or not.
func (r *reference) deeds() []refDeed {
	var out []refDeed
	for i := range r.events {
		e := &r.events[i]
		d := refDeed{
			refAct: refAct{day: r.day(e.At), account: r.accountOf(e), person: r.person(e.Person()), name: e.Name},
			at:     e.At, props: r.propsOf(e), use: true,
		}
		switch e.Kind {
		case farol.Track:
			d.use = !businessEvents[e.Name]
		case farol.Page, farol.Screen:
			d.name = "$" + string(e.Kind)
		default:
			continue
		}
		if interactive, said := d.props["interactive"].(bool); said && !interactive {
			d.use = false
		}
		if d.day <= r.asOf && !r.excludedAccount(d.account) && !r.excludedPerson(d.person) {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b refDeed) int { return a.at.Compare(b.at) })
	return out
}

// in tells whether the event is of the set.
func (r *reference) in(s EventSet, d refDeed) bool {
	if len(s.Events) == 0 && !(d.use && r.counts(d.refAct)) {
		return false
	}
	if len(s.Events) > 0 && !(slices.Contains(s.Events, d.name) && (d.use || businessEvents[d.name])) {
		return false
	}
	for _, w := range s.Where {
		v := ""
		if x, ok := d.props[w.Property]; ok {
			v = fmt.Sprint(x)
		}
		if !slices.Contains(w.Values, v) {
			return false
		}
	}
	return true
}

// refStart is a unit's start.
type refStart struct {
	account string
	day     farol.Day
	at      time.Time
}

// interval is the first day of the calendar's interval that holds the day.
func interval(q RetentionRequest, s Settings, d farol.Day) farol.Day {
	return s.Calendar.PeriodAt(q.grain(), d).From
}

// startsOf lists the starts of each unit.
func (r *reference) startsOf(q RetentionRequest, deeds map[string][]refDeed) map[string][]refStart {
	out := map[string][]refStart{}
	if q.Start.zero() && !q.Recurring && q.Interval != Hours24 {
		if q.Unit == RetainAccounts {
			for account, day := range r.births() {
				out[account] = []refStart{{account: account, day: day}}
			}
			return out
		}
		for person, list := range deeds {
			for _, d := range list {
				if !r.in(EventSet{}, d) {
					continue
				}
				old, ok := out[person]
				if !ok || d.day < old[0].day || d.day == old[0].day && d.account < old[0].account {
					out[person] = []refStart{{account: d.account, day: d.day}}
				}
			}
			said, ok := latest(r.changes, func(c refChange) bool {
				return !c.accountSubject && string(r.person(c.person)) == person && c.trait == "created_at" && c.day <= r.asOf
			})
			if ok && out[person] != nil {
				out[person][0].day = r.day(mustTime(said))
			}
		}
		return out
	}
	for unit, list := range deeds {
		times := map[farol.Day]int{}
		for _, d := range list {
			if r.in(q.Start, d) {
				times[interval(q, r.s, d.day)]++
			}
		}
		var starts []refStart
		for first, n := range times {
			if n < q.Start.least() {
				continue
			}
			var s *refStart
			for _, d := range list {
				if !r.in(q.Start, d) || interval(q, r.s, d.day) != first {
					continue
				}
				// The first by the clock; by day and name where there is no clock.
				sooner := s != nil && (q.Interval == Hours24 && d.at.Equal(s.at) && d.account < s.account ||
					q.Interval != Hours24 && d.day == s.day && d.account < s.account)
				if s == nil || sooner {
					s = &refStart{d.account, d.day, d.at}
				}
			}
			starts = append(starts, *s)
		}
		slices.SortFunc(starts, func(a, b refStart) int { return int(a.day - b.day) })
		if !q.Recurring && len(starts) > 0 {
			starts = starts[:1]
		}
		out[unit] = starts
	}
	return out
}

// step is how many intervals after the start something was; -1 is before.
func step(q RetentionRequest, s Settings, start refStart, d refDeed) int {
	if q.Interval == Hours24 {
		if d.at.Before(start.at) {
			return -1
		}
		return int(d.at.Sub(start.at) / (24 * time.Hour))
	}
	n := 0
	from, to := interval(q, s, start.day), interval(q, s, d.day)
	for from < to {
		from = s.Calendar.PeriodAt(q.grain(), from).To
		n++
	}
	if to < from {
		return -1
	}
	return n
}

// returned tells whether the column retains the start.
func (r *reference) returned(q RetentionRequest, start refStart, list []refDeed, c Bracket) bool {
	if c.From == 0 {
		return true
	}
	times := map[int]int{}
	for _, d := range list {
		n := step(q, r.s, start, d)
		if n < 1 || !r.in(q.Return, d) || q.Interval != Hours24 && q.Kind == ReturnBrackets && d.day < start.day {
			continue
		}
		if q.Kind == ReturnBrackets {
			if n >= c.From && n <= c.To {
				times[0]++
			}
			continue
		}
		if n == c.From || q.Kind == ReturnOrAfter && n >= c.From {
			times[n]++
		}
	}
	for _, k := range times {
		if k >= q.Return.least() {
			return true
		}
	}
	return false
}

// wanted is a cohort as the reference has it: by member, what each column
// kept.
type wanted struct {
	members map[string][]float64
	worth   map[string]float64
}

// retention works a triangle out: by cohort and group.
func (r *reference) retention(q RetentionRequest, columns []Bracket) map[cell]*wanted {
	out := map[cell]*wanted{}
	req := Request{By: q.By, Filters: q.Filters}
	add := func(unit string, s refStart, worth float64, kept func(Bracket) float64) {
		p := r.s.Calendar.PeriodAt(q.Cohorts, s.day)
		g, ok := r.group(req, s.account, s.day)
		if !ok || s.day > r.asOf {
			return
		}
		w := out[cell{p.From, g}]
		if w == nil {
			w = &wanted{members: map[string][]float64{}, worth: map[string]float64{}}
			out[cell{p.From, g}] = w
		}
		w.worth[unit] = worth
		for _, c := range columns {
			w.members[unit] = append(w.members[unit], kept(c))
		}
	}
	if q.Unit.paying() {
		r.payers(q, add)
		return out
	}
	deeds := map[string][]refDeed{}
	for _, d := range r.deeds() {
		unit := string(d.person)
		if q.Unit == RetainAccounts {
			unit = d.account
		}
		if unit != "" {
			deeds[unit] = append(deeds[unit], d)
		}
	}
	for unit, starts := range r.startsOf(q, deeds) {
		for _, s := range starts {
			add(unit, s, 1, func(c Bracket) float64 {
				if r.returned(q, s, deeds[unit], c) {
					return 1
				}
				return 0
			})
		}
	}
	return out
}

// payers are the accounts by their first payment.
func (r *reference) payers(q RetentionRequest, add func(string, refStart, float64, func(Bracket) float64)) {
	first := r.asOf
	for _, subs := range r.subscriptions() {
		for _, s := range subs {
			first = min(first, r.day(s.at))
		}
	}
	begun := map[string]bool{}
	for day := first; day <= r.asOf; day++ {
		for account, st := range r.states(day) {
			if begun[account] || st.mrr <= 0 {
				continue
			}
			begun[account] = true
			worth := st.mrr
			if q.Unit == RetainCustomers {
				worth = 1
			}
			add(account, refStart{account: account, day: day}, worth, func(c Bracket) float64 {
				if c.From == 0 {
					return worth
				}
				p := r.s.Calendar.PeriodAt(q.grain(), day)
				for range c.From {
					p = r.s.Calendar.PeriodAt(q.grain(), p.To)
				}
				end, ok := r.states(min(p.Last(), r.asOf))[account]
				switch {
				case p.From > r.asOf || !ok || end.mrr <= 0 && !end.paused:
					return 0
				case q.Unit == RetainCustomers:
					return 1
				}
				return end.mrr
			})
		}
	}
}

// passed tells whether a column has passed for all who can be of the cohort.
func (r *reference) passed(q RetentionRequest, p farol.Period, c Bracket) bool {
	last := r.s.Calendar.PeriodAt(q.grain(), p.Last())
	if q.Interval == Hours24 {
		return !last.End(r.zone).Add(time.Duration(c.To+1) * 24 * time.Hour).After((r.through + 1).Start(r.zone))
	}
	for range c.To {
		last = r.s.Calendar.PeriodAt(q.grain(), last.To)
	}
	return last.Last() <= r.through
}

// differRetention compares a triangle with the reference, and the members of
// some cells with it, too.
func (w *world) differRetention(ctx context.Context, q RetentionRequest, turn int) error {
	got, err := w.r.Retention(ctx, q)
	if err != nil {
		return err
	}
	q = got.Request
	ref := newReference(w.events, w.settings, w.clock.now(), q.AsOf, q.Known)
	want := ref.retention(q, got.Columns)
	in := map[farol.Day]bool{}
	for _, p := range w.settings.Calendar.Cut(q.Cohorts, q.Period) {
		in[p.From] = true
	}
	for c := range want {
		if !in[c.from] {
			delete(want, c)
		}
	}
	scale := 1.0
	if q.Unit == RetainRevenue {
		scale = 100
	}
	type total struct{ kept, of float64 }
	curves := map[string][]total{}
	for i, c := range got.Cohorts {
		at := cell{c.Period.From, c.Group}
		x := want[at]
		delete(want, at)
		if x == nil {
			x = &wanted{}
		}
		if c.Size != int64(len(x.members)) {
			return fmt.Errorf("cohort %s of %q has %d, want %d: %v", c.Period, c.Group, c.Size, len(x.members), x.worth)
		}
		for k, col := range got.Columns {
			of, kept := 0.0, 0.0
			for m, list := range x.members {
				of += x.worth[m] / scale
				kept += list[k] / scale
			}
			cell := c.Cells[k]
			if math.Abs(cell.Of-of) > 1e-9*max(1, of) || math.Abs(cell.Retained-kept) > 1e-9*max(1, kept) {
				return fmt.Errorf("cohort %s of %q, column %v: got %v/%v, want %v/%v; members %v", c.Period, c.Group, col, cell.Retained, cell.Of, kept, of, x.members)
			}
			passed := ref.passed(q, c.Period, col)
			if cell.Complete && !passed || cell.Value != nil != (cell.Complete && of > 0) || passed && !cell.Complete && cell.Reason != NoData ||
				cell.Value == nil && cell.Reason == "" || cell.Value != nil && *cell.Value != cell.Retained/cell.Of && math.Abs(*cell.Value-kept/of) > 1e-9 {
				return fmt.Errorf("cohort %s of %q, column %v: %+v, passed %v", c.Period, c.Group, col, cell, passed)
			}
			if curves[c.Group] == nil {
				curves[c.Group] = make([]total, len(got.Columns))
			}
			if cell.Value != nil {
				curves[c.Group][k].kept += kept
				curves[c.Group][k].of += of
			}
		}
		if (i+turn)%3 == 0 && c.Size > 0 {
			if err := w.sameMembers(ctx, q, c, x, (i+turn)%len(got.Columns), scale); err != nil {
				return err
			}
		}
	}
	for c, x := range want {
		if len(x.members) > 0 {
			return fmt.Errorf("cohort %s of %q is missing: %v", c.from, c.group, x.worth)
		}
	}
	for _, c := range got.Curves {
		for k, cell := range c.Cells {
			x := total{}
			if curves[c.Group] != nil {
				x = curves[c.Group][k]
			}
			if math.Abs(cell.Retained-x.kept) > 1e-6 || math.Abs(cell.Of-x.of) > 1e-6 || cell.Value != nil != (x.of > 0) {
				return fmt.Errorf("curve of %q, column %d: %+v, want %+v", c.Group, k, cell, x)
			}
		}
	}
	return nil
}

// sameMembers reads a cell's members page by page.
func (w *world) sameMembers(ctx context.Context, q RetentionRequest, c Cohort, want *wanted, column int, scale float64) error {
	seen := map[string]bool{}
	kept, of, after := 0.0, 0.0, ""
	for {
		list, next, err := w.r.RetentionMembers(ctx, q, c.Period.From, c.Group, column, 3, after)
		if err != nil {
			return err
		}
		for _, m := range list {
			x, ok := want.members[m.Unit]
			if !ok || seen[m.Unit] || math.Abs(x[column]/scale-m.Retained) > 1e-9 {
				return fmt.Errorf("cohort %s of %q, column %d: member %+v, want %v", c.Period, c.Group, column, m, x)
			}
			seen[m.Unit] = true
			kept += m.Retained
			of += m.Of
		}
		if after = next; after == "" {
			break
		}
	}
	if cell := c.Cells[column]; math.Abs(kept-cell.Retained) > 1e-9*max(1, kept) || math.Abs(of-cell.Of) > 1e-9*max(1, of) || len(seen) != int(c.Size) {
		return fmt.Errorf("cohort %s of %q, column %d: members add up to %v/%v of %d, the cell says %v/%v of %d", c.Period, c.Group, column, kept, of, len(seen), cell.Retained, cell.Of, c.Size)
	}
	return nil
}

// retentionRequests are triangles of every kind.
func (w *world) retentionRequests() []RetentionRequest {
	all := farol.Period{From: w.first - 3, To: w.first + farol.Day(w.days) + 15}
	late := farol.Period{From: w.first + 20, To: w.first + farol.Day(w.days)}
	report := EventSet{Events: []string{"Report Created"}}
	twice := EventSet{Events: []string{"Report Created", "$page"}, Min: 2}
	nps := EventSet{Events: []string{"Survey Answered"}, Where: []PropertyFilter{{"kind", []string{"nps"}}}}
	pro := []facts.Filter{{Attribute: "plan", Values: []string{"pro", ""}}}
	some := []Bracket{{1, 1}, {2, 4}, {5, 11}, {3, 8}}
	return []RetentionRequest{
		{Period: all},
		{Period: late, Interval: farol.Daily, Steps: 30},
		{Period: all, Interval: farol.Daily, Kind: ReturnOrAfter, Steps: 40, Cohorts: farol.Weekly},
		{Period: all, Interval: farol.Monthly, Kind: ReturnOrAfter, By: "plan"},
		{Period: all, Kind: ReturnBrackets, Interval: farol.Daily, Brackets: some, Cohorts: farol.Monthly, By: "account"},
		{Period: late, Recurring: true},
		{Period: late, Recurring: true, Start: report, Return: twice, Filters: pro, Kind: ReturnOrAfter},
		{Period: all, Start: twice, Return: report, By: "plan"},
		{Period: all, Start: nps, Return: report, Interval: farol.Daily, Steps: 12, Filters: pro},
		{Period: all, Return: nps, Start: report, Kind: ReturnBrackets, Brackets: some, Interval: farol.Daily},
		{Period: all, Interval: Hours24, Steps: 20},
		{Period: all, Interval: Hours24, Cohorts: farol.Weekly, Kind: ReturnOrAfter, Steps: 20, By: "plan"},
		{Period: late, Interval: Hours24, Recurring: true, Start: report, Return: EventSet{Min: 2}, Steps: 9},
		{Period: all, Interval: Hours24, Kind: ReturnBrackets, Brackets: some, Unit: RetainAccounts, Return: twice},
		{Unit: RetainAccounts, Period: all, By: "plan"},
		{Unit: RetainAccounts, Period: all, Recurring: true, Kind: ReturnBrackets, Brackets: some[:2], Return: EventSet{Min: 3}},
		{Unit: RetainAccounts, Period: all, Interval: farol.Monthly, Start: report, Filters: pro},
		{Unit: RetainCustomers, Period: all, Interval: farol.Weekly, By: "plan"},
		{Unit: RetainRevenue, Period: all, Interval: farol.Monthly},
		{Unit: RetainRevenue, Period: all, Interval: farol.Daily, Cohorts: farol.Weekly, Steps: 10, Filters: pro},
	}
}

// Every kind of triangle equals the reference, over summer time, merges, late
// events and both clocks; its cells are the sum of their members.
func TestRetentionAgainstReference(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	onEngines(t, []string{"duckdb", "clickhouse", "shards"}, func(t *testing.T, open opener) {
		embedded := strings.HasSuffix(t.Name(), "duckdb")
		for i, c := range worlds {
			if i > 1 && !embedded {
				continue
			}
			zone := mustZone(t, c.zone)
			clk := &clock{}
			h := randomHistory(uint64(i+11), zone, c.first, c.days, c.events)
			clk.set(h.sent[0].Known)
			w := newWorld(t, open(t, zone, clk.now), clk, h, randomSettings(uint64(i+11), zone), 7)
			for j, q := range w.retentionRequests() {
				switch (i + j) % 3 {
				case 1:
					q.AsOf = w.first + farol.Day(w.days*2/3)
				case 2:
					q.Known = w.early
				}
				// On servers the second world, in which nobody says when it was
				// created, is for what takes the short way.
				if !embedded && (i == 0 && (j%2 == 1 || j%4 == 2 && strings.HasSuffix(t.Name(), "shards")) || i == 1 && j != 0 && j != 1) {
					continue
				}
				if err := w.differRetention(ctx, q, j); err != nil {
					t.Errorf("world %d, request %d (%+v): %v", i, j, q, err)
				}
			}
		}
	})
}
