package truth_test

import (
	"context"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
	"github.com/farol-cs/farol/metric"
)

// onboarding wants of every month the steps that were done of those that
// applied, of customers who had not done all before it.
func (l *loaded) onboarding() {
	got := l.read("onboarding_progress", farol.Monthly, l.whole, time.Time{})
	by := map[farol.AccountID][]demo.Step{}
	for _, s := range l.truth.Steps {
		by[s.Account] = append(by[s.Account], s)
	}
	late := map[string]float64{}
	for _, m := range l.truth.Months {
		y, mon, _ := m.Month.UTC().Date()
		end, done, of := min(farol.Date(y, mon+1, 1), l.truth.Last+1), 0, 0
		for _, steps := range by {
			n, reached, earlier := 0, 0, 0
			for _, s := range steps {
				over := s.Over != 0 && s.Over < end
				if s.Planned >= end || over && s.Skipped {
					continue
				}
				n++
				if over {
					reached++
				}
				if over && s.Over < m.Month {
					earlier++
				}
			}
			if earlier < n {
				done, of = done+reached, of+n
			}
		}
		if of > 0 {
			wants(l.t, "onboarding_progress of "+m.Month.String(), got[m.Month].Numerator, float64(done))
			wants(l.t, "onboarding_progress of "+m.Month.String()+" (of)", got[m.Month].Denominator, float64(of))
		}
	}
	for _, s := range l.truth.Steps {
		if s.Over != 0 && !s.Skipped {
			late[s.Name] += float64(s.Over - s.Due)
		}
	}
	if len(l.truth.Steps) < 40 || late["Integração com o ERP"] < late["Kick-off"] {
		l.t.Errorf("%d steps, late %v: too few to test with, or not as planted", len(l.truth.Steps), late)
	}
}

// renewals wants of every month the customers whose year ended, and those who
// left then. Those who came back have two contracts, and are looked over.
func (l *loaded) renewals() {
	left, back := map[farol.AccountID]farol.Day{}, map[string]bool{}
	for _, c := range l.truth.Churns {
		left[c.Account] = c.Day
	}
	for _, r := range l.truth.Returns {
		back[string(r.Account)] = true
	}
	up, went := 0, 0
	for _, m := range l.truth.Months {
		want := map[string]float64{}
		for _, x := range l.truth.Terms {
			day, did := left[x.Account]
			y, mon, _ := x.To.UTC().Date()
			if back[string(x.Account)] || farol.Date(y, mon, 1) != m.Month || x.To > l.truth.Last || did && day < x.To {
				continue
			}
			want[string(x.Account)] = 0
			if did && day == x.To {
				want[string(x.Account)] = 1
				went++
			}
		}
		up += len(want)
		y, mon, _ := m.Month.UTC().Date()
		p := farol.Period{From: m.Month, To: farol.Date(y, mon+1, 1)}
		rows, _, err := l.reader.Rows(context.Background(), metric.Request{Metric: "renewal_churn_rate", Grain: farol.Monthly, Period: p}, p, "", 1000, "")
		if err != nil {
			l.t.Fatal(err)
		}
		for _, r := range rows {
			if gone, ok := want[r.Unit]; !back[r.Unit] && (!ok || gone != r.Numerator) {
				l.t.Errorf("renewal of %s in %s is %v, the truth %v %v", r.Unit, m.Month, r.Numerator, gone, ok)
			}
			delete(want, r.Unit)
		}
		if len(want) > 0 {
			l.t.Errorf("renewals of %s that are missing: %v", m.Month, want)
		}
	}
	if up < 40 || went < 3 {
		l.t.Errorf("%d years ended, %d customers left then: too few to test with", up, went)
	}
}
