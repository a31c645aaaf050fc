package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/metric"
)

func (s *server) revenueOperations() {
	tags := []string{"revenue"}
	register(s, team, huma.Operation{OperationID: "revenue-ledger", Method: http.MethodGet, Path: "/revenue/ledger", Tags: tags,
		Summary:     "How MRR went from opening to closing",
		Description: "In every line the opening and the movements add up to the closing, to the minor unit. Amounts are whole minor units of the currency. With by, a line per period and value of the attribute; what an account paid when its attribute changed goes from one to the other as transfer."}, s.revenueLedger)
	register(s, team, huma.Operation{OperationID: "revenue-movements", Method: http.MethodGet, Path: "/revenue/movements", Tags: tags,
		Summary: "The movements behind the ledger, the largest first", Description: "A row per account, day, kind and part: what happened within a day is netted."}, s.revenueMovements)
}

// LedgerScope are the parameters of the ledger and its rows.
type LedgerScope struct {
	From  string `query:"from" format:"date" doc:"As for a series."`
	To    string `query:"to" format:"date" doc:"As for a series."`
	Grain string `query:"grain" enum:"month,week" doc:"Length of the periods; a month when empty."`
	Rates string `query:"rates" enum:"historical,constant" doc:"Convert each amount at the rate of its day (when empty), or all at those of the day before the first period."`
	Clocks
	Scope
}

// ledgerRequest reads what the ledger and its rows share.
func (s *server) ledgerRequest(ctx context.Context, in LedgerScope) (metric.RevenueRequest, error) {
	q, cal, err := s.request(ctx, "net_new_mrr", in.Grain, in.Clocks, in.Scope)
	if err != nil {
		return metric.RevenueRequest{}, err
	}
	q.Period, err = s.period(q, cal, in.From, in.To)
	return metric.RevenueRequest{Request: q, Rates: in.Rates}, err
}

// Movement is an amount of the ledger.
type Movement struct {
	Kind     string `json:"kind" doc:"new, reactivation, expansion, resume, contraction, pause, churn, fx or transfer."`
	Part     string `json:"part" doc:"Of an expansion or contraction: cross_sell, upsell, seats, price, escalator, discount or usage; of what is resumed: return when there was no pause; else empty."`
	Amount   int64  `json:"amount" doc:"Signed, minor units."`
	Accounts int64  `json:"accounts" doc:"How many accounts it came from."`
}

// LedgerLine is a period, and a group with by.
type LedgerLine struct {
	Period    string     `json:"period" format:"date" doc:"First day of the period."`
	To        string     `json:"to" format:"date" doc:"First day after the period."`
	Group     *string    `json:"group" doc:"null without a breakdown."`
	Opening   int64      `json:"opening" doc:"MRR at the end of the day before, minor units."`
	Movements []Movement `json:"movements" nullable:"false"`
	Closing   int64      `json:"closing" doc:"MRR at the end of the last day, minor units."`
	Complete  bool       `json:"complete"`
}

// CurrencyLine is what is billed in one currency.
type CurrencyLine struct {
	Currency  farol.Currency `json:"currency"`
	Opening   int64          `json:"opening" doc:"Of the last period, in minor units of this currency."`
	Closing   int64          `json:"closing"`
	Converted int64          `json:"converted" doc:"The closing in minor units of the ledger's currency."`
	Rate      *float64       `json:"rate" doc:"null without a rate: then its amounts count nowhere."`
}

type revenueLedgerOutput struct {
	Body struct {
		Version    string         `json:"version"`
		Currency   farol.Currency `json:"currency"`
		Digits     int            `json:"digits" doc:"How many digits of an amount are decimals."`
		Grain      string         `json:"grain"`
		Rates      string         `json:"rates"`
		Lines      []LedgerLine   `json:"lines" nullable:"false"`
		Currencies []CurrencyLine `json:"currencies" nullable:"false"`
	}
}

func (s *server) revenueLedger(ctx context.Context, in *LedgerScope) (*revenueLedgerOutput, error) {
	q, err := s.ledgerRequest(ctx, *in)
	if err != nil {
		return nil, err
	}
	l, err := s.Metrics.Revenue(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &revenueLedgerOutput{}
	b := &out.Body
	b.Version, b.Currency, b.Digits, b.Grain, b.Rates = l.Version, l.Currency, l.Currency.Digits(), string(l.Grain), l.Rates
	b.Lines, b.Currencies = []LedgerLine{}, []CurrencyLine{}
	for _, x := range l.Lines {
		line := LedgerLine{Period: x.Period.From.String(), To: x.Period.To.String(), Opening: x.Opening, Closing: x.Closing, Complete: x.Complete, Movements: []Movement{}}
		for _, m := range x.Movements {
			line.Movements = append(line.Movements, Movement(m))
		}
		if q.By != "" {
			line.Group = &x.Group
		}
		b.Lines = append(b.Lines, line)
	}
	for _, c := range l.Currencies {
		b.Currencies = append(b.Currencies, CurrencyLine(c))
	}
	return out, nil
}

type revenueMovementsInput struct {
	LedgerScope
	Kind    string `query:"kind" doc:"One kind only."`
	Part    string `query:"part" doc:"One part only."`
	Account string `query:"account"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	After   string `query:"after" doc:"The cursor next of the page before."`
}

// MovementRow is a part of the movement of an account on a day.
type MovementRow struct {
	Day       string  `json:"day" format:"date"`
	Account   string  `json:"account"`
	Group     *string `json:"group" doc:"null without a breakdown."`
	Kind      string  `json:"kind"`
	Part      string  `json:"part"`
	Product   string  `json:"product"`
	Plan      string  `json:"plan"`
	Amount    int64   `json:"amount" doc:"Signed, minor units."`
	Reason    string  `json:"reason"`
	Voluntary *bool   `json:"voluntary" doc:"null: not said."`
}

type revenueMovementsOutput struct {
	Body struct {
		Currency farol.Currency `json:"currency"`
		Rows     []MovementRow  `json:"rows" nullable:"false"`
		Next     *string        `json:"next" doc:"Cursor of the following page; null at the end."`
	}
}

func (s *server) revenueMovements(ctx context.Context, in *revenueMovementsInput) (*revenueMovementsOutput, error) {
	q, err := s.ledgerRequest(ctx, in.LedgerScope)
	if err != nil {
		return nil, err
	}
	list, next, err := s.Metrics.Movements(ctx, metric.MovementQuery{RevenueRequest: q, Kind: in.Kind, Part: in.Part, Account: in.Account, Limit: in.Limit, After: in.After})
	if err != nil {
		return nil, err
	}
	set, err := metric.ReadSettings(ctx, s.Store)
	if err != nil {
		return nil, err
	}
	out := &revenueMovementsOutput{}
	out.Body.Currency, out.Body.Next, out.Body.Rows = set.Currency, orNull(next), make([]MovementRow, 0, len(list))
	for _, m := range list {
		row := MovementRow{Day: m.Day.String(), Account: m.Account, Kind: m.Kind, Part: m.Part, Product: m.Product, Plan: m.Plan, Amount: m.Amount, Reason: m.Reason, Voluntary: m.Voluntary}
		if q.By != "" {
			row.Group = &m.Group
		}
		out.Body.Rows = append(out.Body.Rows, row)
	}
	return out, nil
}
