package metric

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/stats"
)

// BuyerMonths is how far purchases are foreseen: a year.
const BuyerMonths = 12

// FewRepeats is why there is no model when fewer than five buyers bought again.
const FewRepeats Reason = "few_repeats"

// Buyers is what is to be expected of the accounts that buy without a
// contract. Their leaving is not seen: that they are gone can only be told
// from how long they have been silent.
type Buyers struct {
	Version  string
	AsOf     farol.Day
	Currency farol.Currency
	// List is every buyer, the one of the largest expected value first.
	List []Buyer
	// Model is fitted to all buyers; nil with a NoModel reason.
	Model   *stats.BGNBD
	NoModel Reason
	// Spending is fitted to those who bought again; nil with a NoModel reason,
	// or when the spread of values is too heavy to have a mean.
	Spending *stats.GammaGamma
	// Alive, Purchases and Value are the sums over all buyers for the next
	// BuyerMonths; Value in major units. Nil without the model behind them.
	Alive, Purchases, Value *float64
}

// Buyer is the history of one account and what is expected of it.
type Buyer struct {
	Account string
	// Purchases counts the days with a payment, First and Last of them.
	Purchases   int
	First, Last farol.Day
	// Mean is the mean value of a purchase, in major units.
	Mean float64
	// Alive is the chance that the account may still buy; Expected how many
	// purchases of the next BuyerMonths, Value what they are worth. Nil without
	// a model. Never bought again counts as surely alive: that is the model's
	// and no fact, so Alive is nil then.
	Alive, Expected, Value *float64

	repeats float64 // sum of all after the first, major units
}

const buyersText = `SELECT d.account AS buyer, i64(count(*)) AS purchases, min(d.day) AS first_day, max(d.day) AS last_day, i64(sum(d.amount)) AS spent, i64(argMin(d.amount, d.day)) AS first_amount
FROM (SELECT p.account AS account, p.day AS day, sum(p.amount) AS amount FROM {{purchases}} AS p GROUP BY p.account, p.day) AS d
GROUP BY d.account`

// Buyers reads who buys without a contract and foresees their purchases with
// the models BG/NBD and Gamma-Gamma. Of the request it uses the clocks and
// filters; the period does not matter. Errors as for Read.
func (r *Reader) Buyers(ctx context.Context, q Request) (Buyers, error) {
	p, err := r.planStays(ctx, q)
	if err != nil {
		return Buyers{}, err
	}
	return kept(ctx, r, p, "buyers", func(ctx context.Context) (Buyers, error) {
		out := Buyers{Version: p.version, AsOf: p.asOf, Currency: p.settings.Currency}
		if out.List, err = r.buyers(ctx, p); err != nil {
			return Buyers{}, err
		}
		out.foresee(p.through)
		return out, nil
	})
}

func (r *Reader) buyers(ctx context.Context, p *plan) ([]Buyer, error) {
	rows, err := r.facts.Query(ctx, buyersText, p.scope(p.periods[:1]), p.params())
	if err != nil {
		return nil, fmt.Errorf("buyers: %w", err)
	}
	defer rows.Close()
	scale := p.minor()
	var out []Buyer
	for rows.Next() {
		var b Buyer
		var first, last time.Time
		var spent, begin int64
		if err := rows.Scan(&b.Account, &b.Purchases, &first, &last, &spent, &begin); err != nil {
			return nil, err
		}
		b.First, b.Last = dayAt(first), dayAt(last)
		b.Mean, b.repeats = float64(spent)/float64(b.Purchases)/scale, float64(spent-begin)/scale
		out = append(out, b)
	}
	return out, rows.Err()
}

// history is the buyer as the model sees it, watched through the day.
func (b *Buyer) history(through farol.Day) stats.Buyer {
	return stats.Buyer{Repeats: float64(b.Purchases - 1), Last: months(b.Last - b.First), Age: max(months(through-b.First), months(b.Last-b.First)), N: 1}
}

func (b *Buyer) spender() stats.Spender {
	s := stats.Spender{Orders: float64(b.Purchases - 1), N: 1}
	if b.Purchases > 1 {
		s.Mean = b.repeats / s.Orders
	}
	return s
}

// foresee fits the models and fills in what they expect of each.
func (o *Buyers) foresee(through farol.Day) {
	defer func() {
		slices.SortFunc(o.List, func(a, b Buyer) int {
			return cmp.Or(cmp.Compare(worthOf(b), worthOf(a)), cmp.Compare(b.Purchases, a.Purchases), cmp.Compare(a.Account, b.Account))
		})
	}()
	var buyers []stats.Buyer
	var spenders []stats.Spender
	again := 0
	for i := range o.List {
		b := &o.List[i]
		buyers, spenders = append(buyers, b.history(through)), append(spenders, b.spender())
		if b.Purchases > 1 {
			again++
		}
	}
	switch {
	case len(buyers) < fewestModelled:
		o.NoModel = FewCustomers
		return
	case again < fewestLost:
		o.NoModel = FewRepeats
		return
	}
	var err error
	if o.Model, err = stats.FitBGNBD(buyers); err != nil {
		o.Model, o.NoModel = nil, FewRepeats
		return
	}
	if o.Spending, err = stats.FitGammaGamma(spenders); err != nil {
		o.Spending = nil
	} else if _, ok := o.Spending.Mean(); !ok {
		o.Spending = nil
	}
	o.expect(buyers, spenders)
}

func (o *Buyers) expect(buyers []stats.Buyer, spenders []stats.Spender) {
	alive, purchases, value := 0.0, 0.0, 0.0
	for i := range o.List {
		b := &o.List[i]
		chance, n := o.Model.Alive(buyers[i]), o.Model.ExpectedGiven(buyers[i], BuyerMonths)
		if b.Purchases > 1 {
			b.Alive = &chance
		}
		b.Expected = &n
		alive, purchases = alive+chance, purchases+n
		if o.Spending != nil {
			mean, _ := o.Spending.MeanGiven(spenders[i])
			worth := n * mean
			b.Value = &worth
			value += worth
		}
	}
	o.Alive, o.Purchases = &alive, &purchases
	if o.Spending != nil {
		o.Value = &value
	}
}

func worthOf(b Buyer) float64 {
	if b.Value == nil {
		return 0
	}
	return *b.Value
}
