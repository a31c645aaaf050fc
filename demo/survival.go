package demo

import (
	"math"

	"github.com/farol-cs/farol"
)

// daysPerMonth is how ages in days become ages in months.
const daysPerMonth = 365.0 / 12

// Survival is the planted share of customers that are still there 0, 1, 2, ...
// months after their first payment, as the hazards of those at risk at each
// age make it: what a survival curve of the events is to recover. Former
// customers who came back count in their first stay only.
func (t Truth) Survival(months int) []float64 {
	days := int(math.Ceil(float64(months)*daysPerMonth)) + 1
	risk, hazard := make([]float64, days), make([]float64, days)
	first, left := map[farol.AccountID]farol.Day{}, map[farol.AccountID]farol.Day{}
	for _, c := range t.Churns {
		if d, ok := left[c.Account]; !ok || c.Day < d {
			left[c.Account] = c.Day
		}
	}
	end := func(a farol.AccountID) farol.Day {
		if d, ok := left[a]; ok {
			return d
		}
		return t.Last + 1
	}
	for _, h := range t.Hazards {
		if d, ok := first[h.Account]; !ok || h.From < d {
			first[h.Account] = h.From
		}
	}
	for a, from := range first {
		for d := from; d < end(a) && int(d-from) < days; d++ {
			risk[d-from]++
		}
	}
	for _, h := range t.Hazards {
		daily := -math.Log1p(-h.Chance) / float64(h.To-h.From)
		from := first[h.Account]
		for d := h.From; d < min(h.To, end(h.Account)+1) && int(d-from) < days; d++ {
			hazard[d-from] += daily
		}
	}
	out, sum, day := make([]float64, 0, months+1), 0.0, 0
	for m := range months + 1 {
		for ; day < int(float64(m)*daysPerMonth); day++ {
			if risk[day] > 0 {
				sum += hazard[day] / risk[day]
			}
		}
		out = append(out, math.Exp(-sum))
	}
	return out
}
