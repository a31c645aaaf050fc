package web

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

var companySetting = setting{
	name:     metric.CompanyName,
	title:    lang.Text("Company"),
	question: lang.Text("On which day does an event fall, when does a week begin, and in which currency is money shown?"),
	fields: func(_ json.RawMessage, c company) (url.Values, error) {
		f := url.Values{}
		f.Set("company", c.Name)
		f.Set("zone", c.Zone)
		f.Set("week_start", c.WeekStart)
		f.Set("currency", string(c.Currency))
		f.Set("company_language", c.Language)
		f.Set("rates", ratesText(c.Rates, c.RatesByDate))
		return f, nil
	},
	body: func(f url.Values) (any, error) { return companyForm(f) },
	// The facts follow the zone; once there are any they refuse another.
	before: func(s *server, ctx context.Context, body any) error { return s.cutDays(ctx, body.(company)) },
}

func ratesText(rates map[farol.Currency]float64, dated []metric.RatesDocument) string {
	var b strings.Builder
	for _, c := range slices.Sorted(maps.Keys(rates)) {
		fmt.Fprintf(&b, "%s %s\n", c, strconv.FormatFloat(rates[c], 'f', -1, 64))
	}
	for _, d := range dated {
		for _, c := range slices.Sorted(maps.Keys(d.Rates)) {
			fmt.Fprintf(&b, "%s %s %s\n", c, strconv.FormatFloat(d.Rates[c], 'f', -1, 64), d.From)
		}
	}
	return b.String()
}
