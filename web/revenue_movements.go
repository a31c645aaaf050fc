package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// movementsPage is the rows behind the ledger.
type movementsPage struct {
	shell
	Movers       []moverRow
	Kinds, Parts []choice
	Account      string
	First, Next  string
	CSV          string
}

// movementQuery reads which rows are asked for.
func (s *server) movementQuery(v *visit) (*view, metric.MovementQuery, error) {
	look, q, err := s.ledgerQuery(v)
	f := v.r.URL.Query()
	return look, metric.MovementQuery{RevenueRequest: q, Kind: f.Get("kind"), Part: f.Get("part"), Account: f.Get("account"), After: f.Get("after")}, err
}

func (s *server) movements(v *visit) error {
	look, q, err := s.movementQuery(v)
	if err != nil {
		return err
	}
	p := movementsPage{shell: v.shell(lang.Text("Movements of MRR")), Account: q.Account}
	p.Question, p.View = v.p.T("Whose revenue moved, when, and by what?"), look
	p.Crumb = &crumb{v.p.T("Revenue"), look.Link("/revenue", "rates", q.Rates)}
	p.extra = url.Values{}
	own := []string{}
	for _, x := range [][2]string{{"kind", q.Kind}, {"part", q.Part}, {"account", q.Account}, {"rates", q.Rates}} {
		if x[1] != "" {
			p.extra.Set(x[0], x[1])
			own = append(own, x[0], x[1])
		}
	}
	list, next, err := s.Metrics.Movements(v.r.Context(), q)
	if err != nil {
		return err
	}
	names, err := s.accountNames(v)
	if err != nil {
		return err
	}
	if p.Movers, err = s.movers(v, look, list, names); err != nil {
		return err
	}
	if next != "" {
		p.Next = look.Link("/revenue/movements", append(slices.Clone(own), "after", next)...)
	}
	if q.After != "" {
		p.First = look.Link("/revenue/movements", own...)
	}
	p.CSV = look.Link("/revenue/movements.csv", own...)
	for _, k := range metric.MovementKinds {
		p.Kinds = append(p.Kinds, choice{Value: k, Title: movementTitles[k], Chosen: k == q.Kind})
	}
	for _, k := range metric.MovementParts {
		p.Parts = append(p.Parts, choice{Value: k, Title: movementParts[k], Chosen: k == q.Part})
	}
	return s.send(v, http.StatusOK, "revenue_movements", "layout", p)
}

// movementsCSV is all rows asked for.
func (s *server) movementsCSV(v *visit) error {
	_, q, err := s.movementQuery(v)
	if err != nil {
		return err
	}
	q.Limit = metric.MaxRows
	list, next, err := s.Metrics.Movements(v.r.Context(), q)
	if err != nil {
		return err
	}
	digits := v.company.Currency.Digits()
	out := v.csv("movements.csv")
	write(out, []string{"day", "account", "kind", "part", "product", "plan", "amount", "currency", "reason", "voluntary"})
	for {
		for _, m := range list {
			voluntary := ""
			if m.Voluntary != nil {
				voluntary = strconv.FormatBool(*m.Voluntary)
			}
			write(out, []string{m.Day.String(), m.Account, m.Kind, m.Part, m.Product, m.Plan, decimal(m.Amount, digits), string(v.company.Currency), m.Reason, voluntary})
		}
		if q.After = next; next == "" {
			break
		}
		if list, next, err = s.Metrics.Movements(v.r.Context(), q); err != nil {
			// The head is sent: breaking off is the one way to say it failed.
			s.Log.Error("a download broke off", "request", v.id, "error", err)
			panic(http.ErrAbortHandler)
		}
	}
	out.Flush()
	return nil
}

// ledgerCSV is the ledger, a row per period, group and movement.
func (s *server) ledgerCSV(v *visit) error {
	_, q, err := s.ledgerQuery(v)
	if err != nil {
		return err
	}
	q.By = v.r.URL.Query().Get("by")
	l, err := s.Metrics.Revenue(v.r.Context(), q)
	if err != nil {
		return err
	}
	digits := l.Currency.Digits()
	out := v.csv("ledger.csv")
	write(out, []string{"period", "until", "group", "line", "part", "amount", "currency", "accounts", "complete"})
	for _, line := range l.Lines {
		row := func(kind, part string, minor int64, accounts string) {
			write(out, []string{line.Period.From.String(), line.Period.Last().String(), line.Group, kind, part, decimal(minor, digits), string(l.Currency), accounts, strconv.FormatBool(line.Complete)})
		}
		row("opening", "", line.Opening, "")
		for _, m := range line.Movements {
			row(m.Kind, m.Part, m.Amount, strconv.FormatInt(m.Accounts, 10))
		}
		row("closing", "", line.Closing, "")
	}
	out.Flush()
	return nil
}

// decimal writes minor units exactly, without a currency.
func decimal(minor int64, digits int) string {
	s := strconv.FormatInt(minor, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for len(s) <= digits {
		s = "0" + s
	}
	if digits == 0 {
		return sign + s
	}
	return sign + s[:len(s)-digits] + "." + s[len(s)-digits:]
}
