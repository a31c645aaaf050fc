package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/farol-cs/farol"
)

func (s *server) buyerOperations() {
	register(s, team, huma.Operation{OperationID: "buyers", Method: http.MethodGet, Path: "/buyers", Tags: []string{"revenue"},
		Summary: "Who buys without a contract, and what is expected of them in the next 12 months", Description: "By the models BG/NBD (when) and Gamma-Gamma (how much)."}, s.buyers)
}

type buyersInput struct {
	Clocks
	Segment []string `query:"segment" doc:"As for a series."`
}

// BuyerRow is an account that buys without a contract.
type BuyerRow struct {
	Account   string   `json:"account"`
	Purchases int      `json:"purchases" doc:"Days with a payment."`
	First     string   `json:"first" format:"date"`
	Last      string   `json:"last" format:"date"`
	Mean      float64  `json:"mean" doc:"Mean value of a purchase."`
	Alive     *float64 `json:"alive" doc:"The chance that it may still buy; null without a model, and for who never bought again, of whom the model can tell nothing."`
	Expected  *float64 `json:"expected_purchases"`
	Value     *float64 `json:"expected_value"`
}

// BuyerModel holds what was fitted; times are in months.
type BuyerModel struct {
	R           float64  `json:"r"`
	Alpha       float64  `json:"alpha"`
	A           float64  `json:"a"`
	B           float64  `json:"b"`
	P           *float64 `json:"p" doc:"Of Gamma-Gamma, with q and v; null when it could not be fitted."`
	Q           *float64 `json:"q"`
	V           *float64 `json:"v"`
	Correlation *float64 `json:"correlation" doc:"Of number and value of purchases, which Gamma-Gamma takes as independent."`
}

type buyersOutput struct {
	Body struct {
		Version   string         `json:"version"`
		AsOf      string         `json:"as_of" format:"date"`
		Currency  farol.Currency `json:"currency"`
		Alive     *float64       `json:"alive" doc:"Expected number of buyers that may still buy."`
		Purchases *float64       `json:"expected_purchases"`
		Value     *float64       `json:"expected_value"`
		Model     *BuyerModel    `json:"model"`
		Reason    *string        `json:"reason" doc:"Why there is no model: few_customers, few_repeats."`
		Buyers    []BuyerRow     `json:"buyers" nullable:"false"`
	}
}

func (s *server) buyers(ctx context.Context, in *buyersInput) (*buyersOutput, error) {
	q, _, err := s.staysRequest(ctx, in.Clocks, Scope{Segment: in.Segment})
	if err != nil {
		return nil, err
	}
	r, err := s.Metrics.Buyers(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &buyersOutput{}
	b := &out.Body
	b.Version, b.AsOf, b.Currency, b.Alive, b.Purchases, b.Value, b.Reason = r.Version, r.AsOf.String(), r.Currency, r.Alive, r.Purchases, r.Value, orNull(string(r.NoModel))
	if m := r.Model; m != nil {
		b.Model = &BuyerModel{R: m.R, Alpha: m.Alpha, A: m.A, B: m.B}
		if g := r.Spending; g != nil {
			b.Model.P, b.Model.Q, b.Model.V, b.Model.Correlation = &g.P, &g.Q, &g.V, g.Correlation
		}
	}
	b.Buyers = make([]BuyerRow, 0, len(r.List))
	for _, x := range r.List {
		b.Buyers = append(b.Buyers, BuyerRow{x.Account, x.Purchases, x.First.String(), x.Last.String(), x.Mean, x.Alive, x.Expected, x.Value})
	}
	return out, nil
}
