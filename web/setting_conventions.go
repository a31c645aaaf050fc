package web

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

var conventionsSetting = setting{
	name:     metric.ConventionsName,
	title:    lang.Text("Conventions"),
	question: lang.Text("Where tools of the field count differently: how do we count?"),
	fields: func(body json.RawMessage, _ company) (url.Values, error) {
		c := metric.Defaults().Conventions
		err := read(body, &c)
		f := url.Values{}
		for name, n := range conventionNumbers(&c) {
			f.Set(name, strconv.Itoa(*n))
		}
		f.Set("basis", c.Basis)
		f.Set("churn_at", c.ChurnAt)
		f.Set("discounts", c.Discounts)
		f.Set("pauses", c.Pauses)
		f.Set("ramps", c.Ramps)
		f.Set("lifetime_churn", c.LifetimeChurn)
		f.Set("new_and_lost", c.Brief)
		f.Set("metered", strconv.FormatBool(c.Metered))
		f.Set("gross_margin", percentField(c.GrossMargin))
		f.Set("discount_rate", percentField(c.DiscountRate))
		return f, err
	},
	body: func(f url.Values) (any, error) {
		c := metric.Defaults().Conventions
		for name, n := range conventionNumbers(&c) {
			var err error
			if *n, err = strconv.Atoi(strings.TrimSpace(f.Get(name))); err != nil {
				return nil, farol.InvalidField(name, "Write a whole number.")
			}
		}
		c.ChurnAt, c.Discounts, c.Brief, c.Metered = f.Get("churn_at"), f.Get("discounts"), f.Get("new_and_lost"), f.Get("metered") == "true"
		c.Basis, c.Pauses, c.Ramps, c.LifetimeChurn = f.Get("basis"), f.Get("pauses"), f.Get("ramps"), f.Get("lifetime_churn")
		for name, to := range map[string]*float64{"gross_margin": &c.GrossMargin, "discount_rate": &c.DiscountRate} {
			x, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(f.Get(name)), ",", ".", 1), 64)
			if err != nil {
				return nil, farol.InvalidField(name, "Write a number of per cent.")
			}
			*to = x / 100
		}
		s := metric.Defaults()
		s.Conventions = c
		err := s.Check()
		var e *farol.Error
		if errors.As(err, &e) {
			e.Field = strings.TrimPrefix(e.Field, metric.ConventionsName+".") // the name of the input
		}
		return c, err
	},
}

// conventionNumbers are the whole numbers among the conventions, by the name
// of their field.
func conventionNumbers(c *metric.Conventions) map[string]*int {
	return map[string]*int{
		"pause_days": &c.PauseDays, "past_due_days": &c.PastDueDays, "return_days": &c.ReturnDays, "return_gap_days": &c.ReturnGapDays,
		"session_minutes": &c.SessionMinutes, "idle_minutes": &c.IdleMinutes, "acquisition_lag_months": &c.AcquisitionLag,
		"lifetime_months": &c.LifetimeMonths,
	}
}

// percentField writes a share as people type it: 12.5.
func percentField(x float64) string {
	return strconv.FormatFloat(float64(int64(x*1e6+0.5))/1e4, 'f', -1, 64)
}
