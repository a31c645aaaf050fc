package stats

import "math"

// DaysPerMonth turns rates of days into rates of months: 365/12. (MRR of
// weekly and daily prices uses 365.25; a rate of churn is no calendar fact.)
const DaysPerMonth = 365.0 / 12

// CompoundRate turns a loss rate of one period into that of several, or of a
// part of one: 1 - (1-rate)^periods. Twelve months at 5 % are 46 %, not 60 %.
// From p days to a month, periods is DaysPerMonth/p. A negative rate is
// growth, as net churn can be. ok is false for a rate above 1 or not a
// number, or negative periods.
func CompoundRate(rate, periods float64) (compound float64, ok bool) {
	if !(rate <= 1) || math.IsInf(rate, 0) || !(periods >= 0) || math.IsInf(periods, 0) {
		return 0, false
	}
	if periods == 0 {
		return 0, true
	}
	// Expm1 and log1p keep the digits of a rate of a thousandth.
	return -math.Expm1(periods * math.Log1p(-rate)), true
}

// Lifetime is how many periods a customer stays on average at one constant
// churn per period, the first included: 1/churn. ok is false for a churn of 0
// or less, which says nothing about an end, or above 1. Where retention rises
// with age, as it does nearly everywhere, this is too short for old customers:
// see SBG.
func Lifetime(churn float64) (periods float64, ok bool) {
	return DiscountedLifetime(churn, 0, true)
}

// DiscountedLifetime is what a stream of 1 per period is worth today at one
// constant churn and a discount d per period: (1+d)/(churn+d) when the first
// payment is now, (1-churn)/(churn+d) when it comes in one period from those
// who stay. Times the margin of a period it is the lifetime value. ok is
// false when churn is outside [0, 1], d is below 0, or both are 0.
func DiscountedLifetime(churn, d float64, now bool) (periods float64, ok bool) {
	if !(churn >= 0 && churn <= 1) || !(d >= 0) || churn+d == 0 || math.IsInf(d, 0) {
		return 0, false
	}
	if now {
		return (1 + d) / (churn + d), true
	}
	return (1 - churn) / (churn + d), true
}

// Scenario is recurring revenue under constant monthly rates. It says what
// would follow from them, not what will be.
type Scenario struct {
	// Start is the recurring revenue of a month at the outset.
	Start float64
	// Churn and Expansion are shares of the month's opening revenue that are
	// lost and gained during it.
	Churn, Expansion float64
	// New is the recurring revenue won in the first month; it grows by
	// NewGrowth each month.
	New, NewGrowth float64
}

// Project answers the revenue of a month at the outset and after each of that
// many months: months+1 values.
func (s Scenario) Project(months int) []float64 {
	out := make([]float64, max(months, 0)+1)
	out[0] = s.Start
	won := s.New
	for t := 1; t < len(out); t++ {
		out[t] = out[t-1]*(1-s.Churn+s.Expansion) + won
		won *= 1 + s.NewGrowth
	}
	return out
}

// Band is Project for every churn inside an interval: the high churn makes
// the low end. It carries the doubt about churn only, not about the rest.
func (s Scenario) Band(churn Interval, months int) []Interval {
	best, worst := s, s
	best.Churn, worst.Churn = churn.Low, churn.High
	high, low := best.Project(months), worst.Project(months)
	out := make([]Interval, len(high))
	for t := range out {
		out[t] = Interval{low[t], high[t]}
	}
	return out
}

// Base is revenue of a period from customers who have made Renewals renewals.
type Base struct {
	Renewals int
	Revenue  float64
}

// ProjectBase answers the revenue of today's customers in this period and
// after each of that many renewals, by a model's survival from the n-th
// renewal on (SBG.SurvivalFrom, BdW.SurvivalFrom): periods+1 values. Unlike a
// constant churn it knows that old customers stay longer.
func ProjectBase(base []Base, survivalFrom func(n, t int) float64, periods int) []float64 {
	out := make([]float64, max(periods, 0)+1)
	for t := range out {
		for _, b := range base {
			out[t] += b.Revenue * survivalFrom(b.Renewals, t)
		}
	}
	return out
}

// Gap is the revenue between two projections of the same months: the area
// between the curves, the outset left out, which nothing can change any more.
// It answers up to the shorter of the two.
func Gap(better, worse []float64) (sum float64) {
	for t := 1; t < min(len(better), len(worse)); t++ {
		sum += better[t] - worse[t]
	}
	return sum
}
