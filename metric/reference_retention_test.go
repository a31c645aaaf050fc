package metric

import (
	"github.com/farol-cs/farol"
)

// firstUse is when each person began, with the account it began in.
func (r *reference) firstUse() map[string]refStart {
	deeds := map[string][]refDeed{}
	for _, d := range r.deeds() {
		if d.person != "" {
			deeds[string(d.person)] = append(deeds[string(d.person)], d)
		}
	}
	out := map[string]refStart{}
	for person, starts := range r.startsOf(RetentionRequest{Unit: RetainPeople, Interval: farol.Daily}, deeds) {
		out[person] = starts[0]
	}
	return out
}

// cameBack lists the people who began in the period, by whether they used the
// product on a day of theirs; of who is not that far yet it knows nothing.
func (r *reference) cameBack(q Request, p farol.Period, days func(start farol.Day) (from, to farol.Day)) []refRow {
	var out []refRow
	for person, s := range r.firstUse() {
		g, ok := r.group(q, s.account, s.day)
		from, to := days(s.day)
		if !ok || !p.Contains(s.day) || s.day > r.asOf || to-1 > r.through {
			continue
		}
		row := refRow{group: g, unit: person, den: 1}
		for _, a := range r.acts() {
			if string(a.person) == person && a.day >= from && a.day < to && r.counts(a) {
				row.num = 1
			}
		}
		out = append(out, row)
	}
	return out
}

func init() {
	for name, n := range map[string]farol.Day{"retention_day_1": 1, "retention_day_7": 7, "retention_day_30": 30} {
		referUse(name, func(r *reference, q Request, p farol.Period) []refRow {
			return r.cameBack(q, p, func(start farol.Day) (farol.Day, farol.Day) { return start + n, start + n + 1 })
		})
	}
	referUse("retention_week_4", func(r *reference, q Request, p farol.Period) []refRow {
		return r.cameBack(q, p, func(farol.Day) (farol.Day, farol.Day) { return p.From + 28, p.From + 35 })
	})
	referUse("account_retention_month_1", func(r *reference, q Request, p farol.Period) []refRow {
		var out []refRow
		y, m, _ := p.To.UTC().Date()
		end := farol.Date(y, m+1, 1)
		for _, row := range r.created(q, p) {
			row.den = 1
			for _, a := range r.acts() {
				if a.account == row.unit && a.day >= p.To && a.day < end && r.counts(a) {
					row.num = 1
				}
			}
			if end-1 <= r.through {
				out = append(out, row)
			}
		}
		return out
	})
}
