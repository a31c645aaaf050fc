package metric

import (
	"encoding/json"

	"github.com/farol-cs/farol"
)

// When a subscription that was cancelled stops counting.
const (
	// AtTermEnd: when what was paid for ends (the event's ends_at, else when
	// the cancellation takes effect).
	AtTermEnd = "term_end"
	// AtRequest: when the customer asked for it.
	AtRequest = "request"
)

// Which discounts make MRR smaller.
const (
	AllDiscounts       = "all"
	PermanentDiscounts = "permanent"
)

// What becomes of an account that begins and ends within one period.
const (
	// CountBrief keeps both movements.
	CountBrief = "count"
	// IgnoreBrief leaves out all movements of an account that had nothing on
	// the day before the period and has nothing at its end.
	IgnoreBrief = "ignore"
)

// What becomes of MRR while a subscription is paused.
const (
	// PauseIsZero: it counts as zero, and pause and resume are movements.
	PauseIsZero = "zero"
	// PauseKeeps: it stays as it was until the pause has lasted too long.
	PauseKeeps = "keep"
)

// What a lifetime is reckoned from.
const (
	// CustomersLost is the share of customers that leave.
	CustomersLost = "customers"
	// RevenueLost is the share of their MRR that customers take away net of what
	// they add.
	RevenueLost = "revenue"
)

// What MRR is made of.
const (
	// SubscriptionBasis takes what the events of subscriptions say.
	SubscriptionBasis = "subscriptions"
	// InvoiceBasis takes the lines of invoices and their service periods, and
	// the events' prices only of subscriptions without any line.
	InvoiceBasis = "invoices"
)

// What a ramped deal counts with: one whose later prices were agreed on with
// its term.
const (
	// RampStep is the price of the step in force on the day.
	RampStep = "step"
	// RampAverage is the mean, by months, of the prices that are left of the
	// term.
	RampAverage = "average"
)

// Conventions are where the field's tools differ: each changes what a number
// means, so they are one versioned setting. A body may leave out what stays at
// the default. The defaults are those of Defaults.
type Conventions struct {
	Version int `json:"-"`
	// Basis is SubscriptionBasis or InvoiceBasis.
	Basis string `json:"basis" required:"false"`
	// PauseDays is how long a paused subscription keeps its account a
	// customer: on that day the pause becomes churn.
	PauseDays int `json:"pause_days" required:"false"`
	// Pauses is PauseIsZero or PauseKeeps.
	Pauses string `json:"pauses" required:"false"`
	// Ramps is RampStep or RampAverage.
	Ramps string `json:"ramps" required:"false"`
	// PastDueDays is how long a subscription stays in MRR after its first
	// unpaid invoice.
	PastDueDays int `json:"past_due_days" required:"false"`
	// ChurnAt is AtTermEnd or AtRequest.
	ChurnAt string `json:"churn_at" required:"false"`
	// Discounts is AllDiscounts or PermanentDiscounts.
	Discounts string `json:"discounts" required:"false"`
	// Metered counts recurring metered revenue (the mean of the last three
	// closed months) in MRR, too.
	Metered bool `json:"metered" required:"false"`
	// ReturnDays is how long after leaving a former customer that pays again
	// is a reactivation, and new after that; 0 is however long.
	ReturnDays int `json:"return_days" required:"false"`
	// ReturnGapDays is how long a former customer must have been away for paying
	// again to be a return: sooner, its MRR is resumed; 0 is one day.
	ReturnGapDays int `json:"return_gap_days" required:"false"`
	// Brief is CountBrief or IgnoreBrief.
	Brief string `json:"new_and_lost" required:"false"`
	// SessionMinutes is the silence that ends a session.
	SessionMinutes int `json:"session_minutes" required:"false"`
	// IdleMinutes is the silence up to which somebody is at work, at most
	// SessionMinutes.
	IdleMinutes int `json:"idle_minutes" required:"false"`
	// GrossMargin is the share of revenue that is left after serving it, above
	// 0 and up to 1; 1 leaves lifetime values in revenue.
	GrossMargin float64 `json:"gross_margin" required:"false"`
	// DiscountRate is the yearly rate by which later money is worth less.
	DiscountRate float64 `json:"discount_rate" required:"false"`
	// LifetimeMonths is over how many whole months the churn of a lifetime value
	// is taken, from 1 to 24.
	LifetimeMonths int `json:"lifetime_months" required:"false"`
	// LifetimeChurn is CustomersLost or RevenueLost.
	LifetimeChurn string `json:"lifetime_churn" required:"false"`
	// AcquisitionLag is how many months after it was spent the cost of sales
	// and marketing wins customers: the length of the sales cycle.
	AcquisitionLag int `json:"acquisition_lag_months" required:"false"`
}

// UnmarshalJSON reads a body over the defaults.
func (c *Conventions) UnmarshalJSON(body []byte) error {
	type plain Conventions
	read := plain(Defaults().Conventions)
	read.Version = c.Version
	if err := json.Unmarshal(body, &read); err != nil {
		return err
	}
	*c = Conventions(read)
	return nil
}

// ByInvoices tells whether MRR comes from the lines of invoices, by the settings
// in force.
func (r *Reader) ByInvoices() bool { return r.settings().Conventions.Basis == InvoiceBasis }

// ChurnOf tells what lifetimes are reckoned from, CustomersLost or RevenueLost,
// by the settings in force.
func (r *Reader) ChurnOf() string { return r.settings().Conventions.LifetimeChurn }

func (c Conventions) check() error {
	bounded := func(field string, v, low, high int) error {
		if v < low || v > high {
			return farol.InvalidField("conventions."+field, "must be between %d and %d, not %d", low, high, v)
		}
		return nil
	}
	for _, err := range []error{
		bounded("pause_days", c.PauseDays, 0, 3650), bounded("past_due_days", c.PastDueDays, 0, 365),
		bounded("return_days", c.ReturnDays, 0, 3650), bounded("return_gap_days", c.ReturnGapDays, 0, 365),
		bounded("lifetime_months", c.LifetimeMonths, 1, 24), bounded("session_minutes", c.SessionMinutes, 5, 475),
		bounded("idle_minutes", c.IdleMinutes, 1, c.SessionMinutes),
		bounded("acquisition_lag_months", c.AcquisitionLag, 0, 24),
	} {
		if err != nil {
			return err
		}
	}
	switch {
	case c.Basis != SubscriptionBasis && c.Basis != InvoiceBasis:
		return farol.InvalidField("conventions.basis", "must be either %s or %s", SubscriptionBasis, InvoiceBasis)
	case c.ChurnAt != AtTermEnd && c.ChurnAt != AtRequest:
		return farol.InvalidField("conventions.churn_at", "must be either %s or %s", AtTermEnd, AtRequest)
	case c.Pauses != PauseIsZero && c.Pauses != PauseKeeps:
		return farol.InvalidField("conventions.pauses", "must be either %s or %s", PauseIsZero, PauseKeeps)
	case c.Ramps != RampStep && c.Ramps != RampAverage:
		return farol.InvalidField("conventions.ramps", "must be either %s or %s", RampStep, RampAverage)
	case c.LifetimeChurn != CustomersLost && c.LifetimeChurn != RevenueLost:
		return farol.InvalidField("conventions.lifetime_churn", "must be either %s or %s", CustomersLost, RevenueLost)
	case c.ReturnDays > 0 && c.ReturnGapDays > c.ReturnDays:
		return farol.InvalidField("conventions.return_gap_days", "must be at most %d: after so many days a former customer is new again", c.ReturnDays)
	case c.Discounts != AllDiscounts && c.Discounts != PermanentDiscounts:
		return farol.InvalidField("conventions.discounts", "must be either %s or %s", AllDiscounts, PermanentDiscounts)
	case c.Brief != CountBrief && c.Brief != IgnoreBrief:
		return farol.InvalidField("conventions.new_and_lost", "must be either %s or %s", CountBrief, IgnoreBrief)
	case !(c.GrossMargin > 0 && c.GrossMargin <= 1):
		return farol.InvalidField("conventions.gross_margin", "must be above 0 and at most 1")
	case !(c.DiscountRate >= 0 && c.DiscountRate <= 1):
		return farol.InvalidField("conventions.discount_rate", "must be between 0 and 1")
	}
	return nil
}

// params are bound in every query.
func (c Conventions) params(out map[string]any) {
	out["pause_days"], out["past_due_days"], out["return_days"] = int64(c.PauseDays), int64(c.PastDueDays), int64(c.ReturnDays)
	out["churn_at_request"], out["permanent_discounts"], out["metered"] = c.ChurnAt == AtRequest, c.Discounts == PermanentDiscounts, c.Metered
	out["session_minutes"], out["gross_margin"], out["discount_rate"] = int64(c.SessionMinutes), c.GrossMargin, c.DiscountRate
	out["idle_minutes"] = int64(c.IdleMinutes)
	out["average_ramps"] = c.Ramps == RampAverage
	out["invoice_basis"] = c.Basis == InvoiceBasis
	out["ignore_brief"] = c.Brief == IgnoreBrief
	out["keep_paused"], out["return_gap_days"] = c.Pauses == PauseKeeps, int64(c.ReturnGapDays)
	out["lifetime_months"], out["lifetime_revenue"] = int64(c.LifetimeMonths), c.LifetimeChurn == RevenueLost
	out["acquisition_lag"] = int64(c.AcquisitionLag)
}

// String is the body.
func (c Conventions) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // numbers and texts always marshal
	}
	return string(b)
}
