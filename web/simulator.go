package web

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
)

// simulatorPage is the years to come under two sets of assumptions.
type simulatorPage struct {
	shell
	refusal
	Empty  bool
	Fields []simulatorField
	Chart  *chart
	// Gap, Net, BreakEven and Repaid are the outcome in words; the ranges are
	// of 95 % of the futures.
	Gap, GapRange, Net, NetRange, BreakEven, BreakEvenRange, Repaid string
	Levers                                                          []leverRow
	// Basis says where the prefilled figures come from.
	Basis string
	Reset string
}

type simulatorField struct {
	Name  string
	Title lang.Text
	Value string
	// Unit stands after the field.
	Unit string
}

type leverRow struct{ Name, From, To, Swing, Bar string }

// simulatorInputs are the parameters of the address: percent as people type
// it, amounts in major units.
func simulatorInputs(s *metric.Simulation) (percents, numbers map[string]*float64) {
	return map[string]*float64{
			"churn": &s.Now.Churn, "churn_b": &s.Then.Churn, "expansion": &s.Now.Expansion, "expansion_b": &s.Then.Expansion,
			"price": &s.Now.PriceRise, "price_b": &s.Then.PriceRise, "margin": &s.Margin,
		}, map[string]*float64{
			"new": &s.Now.NewCustomers, "new_b": &s.Then.NewCustomers, "arpa": &s.Now.NewMRR, "arpa_b": &s.Then.NewMRR, "cost": &s.Cost, "mrr": &s.MRR,
		}
}

var simulatorTitles = []struct {
	name  string
	title lang.Text
}{
	{"mrr", lang.Text("MRR today")}, {"margin", lang.Text("Margin")},
	{"churn", lang.Text("Churn per month, today")}, {"churn_b", lang.Text("Churn per month, compared")},
	{"expansion", lang.Text("Expansion per month, today")}, {"expansion_b", lang.Text("Expansion per month, compared")},
	{"new", lang.Text("New customers per month, today")}, {"new_b", lang.Text("New customers per month, compared")},
	{"arpa", lang.Text("MRR of a new customer, today")}, {"arpa_b", lang.Text("MRR of a new customer, compared")},
	{"price", lang.Text("Price rise per year, today")}, {"price_b", lang.Text("Price rise per year, compared")},
	{"cost", lang.Text("Cost per month of one more CSM")}, {"ramp", lang.Text("Months until it works")},
}

func (s *server) simulator(v *visit) error {
	look, err := v.view()
	if err != nil {
		return err
	}
	p := simulatorPage{shell: v.shell(lang.Text("The next five years")), Reset: look.Link("/churn/simulator")}
	p.Question, p.View, p.Charts = v.p.T("What is one point of churn worth, and when is one more CSM paid back?"), look, true
	p.Crumb = &crumb{v.p.T("Churn"), look.Link("/churn")}
	if p.Empty = s.Facts.LastKnown().IsZero(); p.Empty {
		return s.send(v, http.StatusOK, "simulator", "layout", p)
	}
	f, err := s.Metrics.Prefill(v.r.Context(), look.request(&metric.Metric{}, ""))
	if err != nil {
		return err
	}
	if p.Empty = f.MRR == 0 && v.r.URL.Query().Get("mrr") == ""; p.Empty {
		return s.send(v, http.StatusOK, "simulator", "layout", p)
	}
	p.Basis = v.p.T("Prefilled from your data: churn of the last six months %s (%s to %s).", v.p.Percent(f.Now.Churn), v.p.Percent(f.ChurnLow), v.p.Percent(f.ChurnHigh))
	if f.Modelled {
		p.Basis += " " + v.p.T("Churn by age follows your survival curve.")
	} else {
		p.Basis += " " + v.p.T("Churn is the same at every age: the data are too few for a survival model.")
	}
	sim, out := f.Simulation, metric.Outcome{}
	if err = readSimulation(&sim, v.r.URL.Query().Get); err == nil {
		out, err = metric.Simulate(sim)
	}
	if r, ok := v.refuse(err); ok {
		p.refused(v, f, err, r)
		return s.send(v, http.StatusBadRequest, "simulator", "layout", p)
	}
	if err != nil {
		return err
	}
	if times := grown(sim.Now, sim.Months); times > unheard {
		p.Basis += " " + v.p.T("At these rates today's customers alone would pay %s times as much in five years: enter the expansion that you believe in.", v.p.Number(times, 0))
	}
	p.fields(&sim, string(f.Currency))
	p.outcome(v, sim, out, f.Currency)
	return s.send(v, http.StatusOK, "simulator", "layout", p)
}

// refused shows the form with what was typed and what is wrong with it.
func (p *simulatorPage) refused(v *visit, f metric.Prefill, err error, r refusal) {
	percents, _ := simulatorInputs(&f.Simulation)
	if _, is := percents[r.Field]; is && readSimulation(&f.Simulation, v.r.URL.Query().Get) == nil {
		// The bounds are shares; the form asks for per cent.
		var e *farol.Error
		if errors.As(err, &e) && len(e.Args) == 2 {
			low, _ := e.Args[0].(float64)
			high, _ := e.Args[1].(float64)
			r.Wrong = v.p.T("Write a percentage from %s to %s.", v.p.Number(100*low, 0)+"%", v.p.Number(100*high, 0)+"%")
		}
	}
	p.refusal = r
	p.fields(&f.Simulation, string(f.Currency))
	for i, x := range p.Fields {
		if typed := v.r.URL.Query().Get(x.Name); typed != "" {
			p.Fields[i].Value = typed
		}
	}
}

// unheard is a growth of today's customers that no company has kept up for years.
const unheard = 5

// grown is how many times as much today's customers would pay in the end.
func grown(f metric.Future, months int) float64 {
	return math.Pow((1+f.Expansion)*(1-f.Churn), float64(months))
}

// readSimulation puts what the address says over the prefilled figures. What
// it leaves out of the compared course is as today.
func readSimulation(s *metric.Simulation, get func(string) string) error {
	percents, numbers := simulatorInputs(s)
	read := func(name string, to *float64, by float64) error {
		text := strings.TrimSpace(get(name))
		if text == "" {
			return nil
		}
		x, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return farol.InvalidField(name, "this is not a number: %s", text)
		}
		*to = x / by
		return nil
	}
	for _, m := range []struct {
		fields map[string]*float64
		by     float64
	}{{percents, 100}, {numbers, 1}} {
		for _, name := range sortedFields(m.fields) {
			if err := read(name, m.fields[name], m.by); err != nil {
				return err
			}
			if twin := m.fields[name+"_b"]; twin != nil && get(name) != "" && get(name+"_b") == "" && name != "churn" {
				*twin = *m.fields[name]
			}
		}
	}
	ramp := float64(s.Ramp)
	if err := read("ramp", &ramp, 1); err != nil {
		return err
	}
	s.Ramp = int(ramp)
	return nil
}

func (p *simulatorPage) fields(s *metric.Simulation, currency string) {
	percents, numbers := simulatorInputs(s)
	ramp := float64(s.Ramp)
	numbers["ramp"] = &ramp
	for _, x := range simulatorTitles {
		f := simulatorField{Name: x.name, Title: x.title}
		if v, ok := percents[x.name]; ok {
			f.Value, f.Unit = strconv.FormatFloat(math.Round(*v*1e4)/100, 'f', -1, 64), "%"
		} else {
			f.Value = strconv.FormatFloat(math.Round(*numbers[x.name]*100)/100, 'f', -1, 64)
			if x.name == "mrr" || x.name == "cost" || strings.HasPrefix(x.name, "arpa") {
				f.Unit = currency
			}
		}
		p.Fields = append(p.Fields, f)
	}
}

func (p *simulatorPage) outcome(v *visit, s metric.Simulation, o metric.Outcome, currency farol.Currency) {
	money := scale{v.p, metric.Money, currency}
	p.Chart = money.chartOf("fan-data", v.p.T("MRR over the months to come"), nil, "")
	p.Chart.Table, p.Chart.Tall, p.Chart.Data.Interval = true, true, v.p.T("95% of futures")
	p.Chart.Note = v.p.T("Shaded: where 95% of the futures lie. A scenario, not a forecast.")
	for t := range s.Months + 1 {
		p.Chart.Data.Ticks = append(p.Chart.Data.Ticks, v.p.Number(float64(t), 0))
		p.Chart.Data.Titles = append(p.Chart.Data.Titles, v.p.N(t, "after %d month", "after %d months"))
	}
	for i, f := range []metric.Fan{o.Now, o.Then} {
		name := v.p.T("As today: churn %s", v.p.Percent(s.Now.Churn))
		if i == 1 {
			name = v.p.T("Compared: churn %s", v.p.Percent(s.Then.Churn))
		}
		x := chartSeries{Name: name, Open: make([]bool, len(f.Middle))}
		for t := range f.Middle {
			x.Values, x.Low, x.High = append(x.Values, &f.Middle[t]), append(x.Low, &f.Low[t]), append(x.High, &f.High[t])
			x.Texts = append(x.Texts, money.short(&f.Middle[t]))
			x.Ranges = append(x.Ranges, money.short(&f.Low[t])+" – "+money.short(&f.High[t]))
		}
		p.Chart.Data.Series = append(p.Chart.Data.Series, x)
	}
	p.Gap, p.GapRange = money.short(&o.Gap.Middle), money.short(&o.Gap.Low)+" – "+money.short(&o.Gap.High)
	p.Net, p.NetRange = money.short(&o.Net.Middle), money.short(&o.Net.Low)+" – "+money.short(&o.Net.High)
	month := func(n *int) string {
		if n == nil {
			return v.p.T("not within five years")
		}
		return v.p.N(*n, "month %d", "month %d")
	}
	p.BreakEven, p.BreakEvenRange = month(o.BreakEven.Middle), month(o.BreakEven.Low)+" – "+month(o.BreakEven.High)
	if s.Cost == 0 {
		p.BreakEven, p.BreakEvenRange = lang.None, v.p.T("Say above what one more CSM costs.")
	} else {
		p.Repaid = v.p.T("paid back in %s of the futures", v.p.Percent(o.Repaid))
	}
	for _, l := range o.Levers {
		swing := l.Swing()
		bar := 0.0
		if largest := o.Levers[0].Swing(); largest > 0 {
			bar = 100 * swing / largest
		}
		p.Levers = append(p.Levers, leverRow{
			Name: v.p.Text(leverNames[l.Name]), From: money.short(&l.NetFrom), To: money.short(&l.NetTo), Swing: money.short(&swing), Bar: fmt.Sprintf("%.1f", bar),
		})
	}
}
