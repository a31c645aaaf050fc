package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

func (s *server) churnOperations() {
	tags := []string{"churn"}
	register(s, team, huma.Operation{OperationID: "churn-reasons", Method: http.MethodGet, Path: "/churn/reasons", Tags: tags,
		Summary: "Why the customers of a period left", Description: "Titles are in the language asked for by Accept-Language."}, s.churnReasons)
	register(s, team, huma.Operation{OperationID: "survival", Method: http.MethodGet, Path: "/churn/survival", Tags: tags,
		Summary: "How long customers stay, by months since the first payment"}, s.survival)
	register(s, team, huma.Operation{OperationID: "lifetime-value", Method: http.MethodGet, Path: "/churn/lifetime-value", Tags: tags,
		Summary: "What a customer is worth: simple, with margin, discounted, and from the survival curve"}, s.lifetimeValue)
	register(s, team, huma.Operation{OperationID: "simulate", Method: http.MethodGet, Path: "/churn/simulate", Tags: tags,
		Summary: "Five years under two sets of assumptions", Description: "What is left out is the company's own figure. The same assumptions give the same answer."}, s.simulate)
}

// staysRequest reads what reports on customers' stays share.
func (s *server) staysRequest(ctx context.Context, c Clocks, sc Scope) (metric.Request, farol.Calendar, error) {
	q, cal, err := s.request(ctx, "churned_accounts", "month", c, sc)
	return q, cal, err
}

// ReasonTotal is departures counted.
type ReasonTotal struct {
	Code     string        `json:"code" doc:"Of the governed list; of what is not on it, the words as sent."`
	Title    string        `json:"title"`
	Accounts int           `json:"accounts"`
	MRR      float64       `json:"mrr" doc:"MRR of the last day as a customer."`
	Reasons  []ReasonTotal `json:"reasons,omitempty" doc:"Those of a group."`
}

func newReasonTotal(t metric.ReasonTotal, c lang.Code) ReasonTotal {
	out := ReasonTotal{Code: t.Code, Title: t.Title.In(c), Accounts: t.Accounts, MRR: t.MRR}
	for _, x := range t.List {
		out.Reasons = append(out.Reasons, newReasonTotal(x, c))
	}
	return out
}

// LostAccount is a customer that left.
type LostAccount struct {
	Account   string  `json:"account"`
	Left      string  `json:"left" format:"date" doc:"The first day on which it was no customer."`
	Back      *string `json:"back" format:"date" doc:"When it returned; null for not yet."`
	Months    float64 `json:"months" doc:"As a customer."`
	MRR       float64 `json:"mrr"`
	Reason    string  `json:"reason" doc:"As sent."`
	Code      *string `json:"code" doc:"Of the governed list; null when it is not on it."`
	Voluntary bool    `json:"voluntary" doc:"false: payments failed."`
	Group     *string `json:"group" doc:"null without a breakdown."`
}

type churnReasonsInput struct {
	Language
	From string `query:"from" format:"date" doc:"As for a series."`
	To   string `query:"to" format:"date" doc:"As for a series."`
	Clocks
	Scope
}

type churnReasonsOutput struct {
	Body struct {
		Version  string         `json:"version" doc:"With that of the governed list."`
		Currency farol.Currency `json:"currency"`
		All      ReasonTotal    `json:"all" doc:"Everybody who left in the period and was not back by its end."`
		Coded    ReasonTotal    `json:"coded" doc:"Those with a reason of the list."`
		ByChoice ReasonTotal    `json:"voluntary"`
		Payment  ReasonTotal    `json:"payment"`
		WonBack  ReasonTotal    `json:"won_back" doc:"Back since."`
		None     ReasonTotal    `json:"none" doc:"Without any reason."`
		Groups   []ReasonTotal  `json:"groups" nullable:"false"`
		Unlisted []ReasonTotal  `json:"unlisted" nullable:"false"`
		Lost     []LostAccount  `json:"lost" nullable:"false"`
	}
}

func (s *server) churnReasons(ctx context.Context, in *churnReasonsInput) (*churnReasonsOutput, error) {
	q, cal, err := s.staysRequest(ctx, in.Clocks, in.Scope)
	if err != nil {
		return nil, err
	}
	if q.Period, err = s.period(q, cal, in.From, in.To); err != nil {
		return nil, err
	}
	c, err := s.Metrics.ChurnReasons(ctx, q)
	if err != nil {
		return nil, err
	}
	code := lang.Match(in.Accept)
	out := &churnReasonsOutput{}
	b := &out.Body
	b.Version, b.Currency, b.Groups, b.Unlisted, b.Lost = c.Version, c.Currency, []ReasonTotal{}, []ReasonTotal{}, []LostAccount{}
	b.All, b.Coded, b.ByChoice = newReasonTotal(c.All, code), newReasonTotal(c.Coded, code), newReasonTotal(c.Voluntary, code)
	b.Payment, b.WonBack, b.None = newReasonTotal(c.Payment, code), newReasonTotal(c.WonBack, code), newReasonTotal(c.None, code)
	for _, t := range c.Groups {
		b.Groups = append(b.Groups, newReasonTotal(t, code))
	}
	for _, t := range c.Unlisted {
		b.Unlisted = append(b.Unlisted, newReasonTotal(t, code))
	}
	for _, a := range c.Lost {
		row := LostAccount{Account: a.Account, Left: a.Left.String(), Months: a.Months, MRR: a.MRR, Reason: a.Said, Code: orNull(a.Code), Voluntary: !a.Payment}
		if a.Back != 0 {
			row.Back = orNull(a.Back.String())
		}
		if q.By != "" {
			row.Group = &a.Group
		}
		b.Lost = append(b.Lost, row)
	}
	return out, nil
}

// CurvePoint is a share of customers at an age.
type CurvePoint struct {
	Month  int      `json:"month"`
	AtRisk float64  `json:"at_risk,omitempty" doc:"Customers watched at that age; absent of a model."`
	Value  float64  `json:"value"`
	Low    *float64 `json:"low"`
	High   *float64 `json:"high"`
}

func newCurve(points []metric.SurvivalPoint) []CurvePoint {
	out := make([]CurvePoint, 0, len(points))
	for _, p := range points {
		out = append(out, CurvePoint{p.Month, p.AtRisk, p.Value, p.Low, p.High})
	}
	return out
}

// Curve is the survival of a group of customers.
type Curve struct {
	Group     *string      `json:"group" doc:"null for all customers."`
	Customers int          `json:"customers"`
	Lost      int          `json:"lost"`
	Observed  []CurvePoint `json:"observed" nullable:"false" doc:"Kaplan-Meier."`
	Voluntary []CurvePoint `json:"voluntary" nullable:"false" doc:"Share lost by choice (Aalen-Johansen)."`
	Payment   []CurvePoint `json:"payment" nullable:"false" doc:"Share lost to failed payments."`
	Model     []CurvePoint `json:"model" nullable:"false" doc:"Shifted beta-geometric, or beta-discrete-Weibull where it fits better."`
	Median    *float64     `json:"median_months"`
	Mean      *float64     `json:"mean_months" doc:"Within the horizon."`
	Horizon   float64      `json:"horizon_months"`
	Reason    *string      `json:"reason" doc:"Why there is no model: few_customers, few_losses."`
}

func newAPICurve(c metric.SurvivalCurve, by bool) Curve {
	out := Curve{
		Customers: c.Customers, Lost: c.Lost, Observed: newCurve(c.Points), Voluntary: newCurve(c.Voluntary), Payment: newCurve(c.Payment),
		Model: []CurvePoint{}, Median: c.Median.Value, Horizon: c.Horizon, Reason: orNull(string(c.NoModel)),
	}
	if by {
		out.Group = &c.Group
	}
	if c.Mean != nil {
		out.Mean = &c.Mean.Value
	}
	if c.Model != nil {
		out.Model = newCurve(c.Model.Points)
	}
	return out
}

type survivalInput struct {
	Clocks
	Scope
}

type survivalOutput struct {
	Body struct {
		Version string   `json:"version"`
		AsOf    string   `json:"as_of" format:"date"`
		All     Curve    `json:"all"`
		Groups  []Curve  `json:"groups" nullable:"false"`
		LogRank *float64 `json:"log_rank_p" doc:"The chance of groups so different if they did not differ; null where it cannot be told."`
	}
}

func (s *server) survival(ctx context.Context, in *survivalInput) (*survivalOutput, error) {
	q, _, err := s.staysRequest(ctx, in.Clocks, in.Scope)
	if err != nil {
		return nil, err
	}
	r, err := s.Metrics.Survival(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &survivalOutput{}
	b := &out.Body
	b.Version, b.AsOf, b.All, b.Groups = r.Version, r.AsOf.String(), newAPICurve(r.Whole, false), []Curve{}
	for _, c := range r.Groups {
		b.Groups = append(b.Groups, newAPICurve(c, true))
	}
	if r.Test != nil {
		b.LogRank = &r.Test.P
	}
	return out, nil
}

// LifetimeValue is what a customer of a group is worth.
type LifetimeValue struct {
	Group          *string  `json:"group" doc:"null for all customers."`
	MRR            float64  `json:"mrr"`
	Paying         float64  `json:"paying"`
	Exposure       float64  `json:"customer_months" doc:"Of the last whole months (conventions: lifetime_months); MRR-months where churn_of is revenue."`
	Left           float64  `json:"left" doc:"What was lost in these months: customers; where churn_of is revenue, MRR lost less what customers added, below 0 when they added more."`
	Simple         *float64 `json:"simple" doc:"Revenue per account over churn."`
	SimpleLow      *float64 `json:"simple_low"`
	SimpleHigh     *float64 `json:"simple_high"`
	Margin         *float64 `json:"with_margin"`
	MarginLow      *float64 `json:"with_margin_low"`
	MarginHigh     *float64 `json:"with_margin_high"`
	Discounted     *float64 `json:"discounted"`
	DiscountedLow  *float64 `json:"discounted_low"`
	DiscountedHigh *float64 `json:"discounted_high"`
	Survival       *float64 `json:"survival" doc:"From the retention model, with margin and discount."`
	SurvivalLow    *float64 `json:"survival_low"`
	SurvivalHigh   *float64 `json:"survival_high"`
	Months         *float64 `json:"months_of_60" doc:"That a new customer stays within five years."`
	Why            []string `json:"why" nullable:"false" doc:"Why simple and survival differ: rising_retention, falling_retention, recent_churn, discounting, margin, capped."`
	Reason         *string  `json:"reason" doc:"Why survival is null."`
}

func newLifetimeValue(x metric.LifetimeRow, by bool) LifetimeValue {
	out := LifetimeValue{
		MRR: x.MRR, Paying: x.Paying, Exposure: x.Exposure, Left: x.Left, Simple: x.Simple, SimpleLow: x.SimpleLow, SimpleHigh: x.SimpleHigh,
		Margin: x.WithMargin, MarginLow: x.MarginLow, MarginHigh: x.MarginHigh,
		Discounted: x.Discounted, DiscountedLow: x.DiscountedLow, DiscountedHigh: x.DiscountedHigh, Survival: x.Survival, SurvivalLow: x.SurvivalLow, SurvivalHigh: x.SurvivalHigh,
		Months: x.Lifetime, Why: append([]string{}, x.Why...), Reason: orNull(string(x.Reason)),
	}
	if by {
		out.Group = &x.Group
	}
	return out
}

type lifetimeOutput struct {
	Body struct {
		Version  string          `json:"version"`
		Currency farol.Currency  `json:"currency"`
		Margin   float64         `json:"gross_margin"`
		Discount float64         `json:"discount_rate" doc:"Per year."`
		ChurnOf  string          `json:"churn_of" enum:"customers,revenue" doc:"What lifetimes are reckoned from (conventions: lifetime_churn)."`
		All      LifetimeValue   `json:"all"`
		Groups   []LifetimeValue `json:"groups" nullable:"false"`
	}
}

func (s *server) lifetimeValue(ctx context.Context, in *survivalInput) (*lifetimeOutput, error) {
	q, _, err := s.staysRequest(ctx, in.Clocks, in.Scope)
	if err != nil {
		return nil, err
	}
	r, err := s.Metrics.LifetimeValue(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &lifetimeOutput{}
	b := &out.Body
	b.Version, b.Currency, b.Margin, b.Discount, b.ChurnOf = r.Version, r.Currency, r.Margin, r.Discount, s.Metrics.ChurnOf()
	b.All, b.Groups = newLifetimeValue(r.Whole, false), []LifetimeValue{}
	for _, x := range r.Groups {
		b.Groups = append(b.Groups, newLifetimeValue(x, true))
	}
	return out, nil
}

// unset is what a parameter is that was not given: no rate is so low.
const unset = -9

type simulateInput struct {
	Clocks
	Segment    []string `query:"segment,explode" doc:"As for a series."`
	Churn      float64  `query:"churn" default:"-9" doc:"Per month, 0 to 1, as today."`
	ChurnB     float64  `query:"churn_b" default:"-9" doc:"The one compared."`
	Expansion  float64  `query:"expansion" default:"-9" doc:"Of those who stay, per month."`
	ExpansionB float64  `query:"expansion_b" default:"-9"`
	New        float64  `query:"new" default:"-9" doc:"New customers per month."`
	NewB       float64  `query:"new_b" default:"-9"`
	Cost       float64  `query:"cost" default:"0" doc:"Per month, of getting from one to the other."`
	Months     int      `query:"months" default:"60" minimum:"1" maximum:"120"`
	Seed       int      `query:"seed" default:"1" minimum:"0" doc:"Which futures are drawn."`
}

// SimulatedFan is MRR month by month.
type SimulatedFan struct {
	Middle []float64 `json:"middle" nullable:"false"`
	Low    []float64 `json:"low" nullable:"false" doc:"2.5 % of the futures are below."`
	High   []float64 `json:"high" nullable:"false"`
}

// SimulatedSpread is a figure with where 95 % of the futures lie.
type SimulatedSpread struct {
	Middle float64 `json:"middle"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// SimulatedLever is an assumption turned alone.
type SimulatedLever struct {
	Name    string  `json:"name"`
	From    float64 `json:"from"`
	To      float64 `json:"to"`
	NetFrom float64 `json:"net_from"`
	NetTo   float64 `json:"net_to"`
}

type simulateOutput struct {
	Body struct {
		Currency  farol.Currency    `json:"currency"`
		Assumed   metric.Simulation `json:"assumed"`
		Now       SimulatedFan      `json:"now"`
		Then      SimulatedFan      `json:"then"`
		Gap       SimulatedSpread   `json:"gap" doc:"Revenue between them."`
		Net       SimulatedSpread   `json:"net" doc:"Its margin less the cost."`
		BreakEven *int              `json:"break_even_month" doc:"null for not within the months."`
		Repaid    float64           `json:"repaid" doc:"Share of the futures in which the cost is paid back."`
		Levers    []SimulatedLever  `json:"levers" nullable:"false" doc:"By how much of net hangs on each."`
	}
}

func (s *server) simulate(ctx context.Context, in *simulateInput) (*simulateOutput, error) {
	q, _, err := s.staysRequest(ctx, in.Clocks, Scope{Segment: in.Segment})
	if err != nil {
		return nil, err
	}
	f, err := s.Metrics.Prefill(ctx, q)
	if err != nil {
		return nil, err
	}
	sim := f.Simulation
	set := func(x float64, to ...*float64) {
		for _, p := range to {
			if x != unset {
				*p = x
			}
		}
	}
	set(in.Churn, &sim.Now.Churn)
	set(in.ChurnB, &sim.Then.Churn)
	set(in.Expansion, &sim.Now.Expansion, &sim.Then.Expansion)
	set(in.ExpansionB, &sim.Then.Expansion)
	set(in.New, &sim.Now.NewCustomers, &sim.Then.NewCustomers)
	set(in.NewB, &sim.Then.NewCustomers)
	sim.Cost, sim.Months, sim.Seed = in.Cost, in.Months, uint64(in.Seed)
	o, err := metric.Simulate(sim)
	if err != nil {
		return nil, err
	}
	out := &simulateOutput{}
	b := &out.Body
	b.Currency, b.Assumed, b.BreakEven, b.Repaid, b.Levers = f.Currency, sim, o.BreakEven.Middle, o.Repaid, []SimulatedLever{}
	b.Now, b.Then = SimulatedFan{o.Now.Middle, o.Now.Low, o.Now.High}, SimulatedFan{o.Then.Middle, o.Then.Low, o.Then.High}
	b.Gap, b.Net = SimulatedSpread(o.Gap), SimulatedSpread(o.Net)
	for _, l := range o.Levers {
		b.Levers = append(b.Levers, SimulatedLever(l))
	}
	return out, nil
}
