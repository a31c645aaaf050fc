package customer

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
)

// stageTitles name the stages that a company begins with; others bring their
// own title.
var stageTitles = map[string]lang.Text{
	"": lang.Text("No stage yet"), "onboarding": lang.Text("Onboarding"), "adoption": lang.Text("Adoption"), "ongoing": lang.Text("Ongoing"),
	"renewal": lang.Text("Renewal"), "expansion": lang.Text("Expansion"), "advocacy": lang.Text("Advocacy"), "churned": lang.Text("Churned"),
}

// Called is what people call a stage.
func (s Stages) Called(p *lang.Printer, name string) string {
	if x, ok := s.Find(name); ok && x.Title != "" {
		return x.Title
	}
	if t, ok := stageTitles[name]; ok {
		return p.Text(t)
	}
	return name
}

// Words say what happened in somebody's language, with the company's names for
// stages and segments.
type Words struct {
	Printer   *lang.Printer
	Catalogue *metric.Catalogue
	Currency  farol.Currency
	Stages    Stages
	Segments  segment.Book
}

// Happening says what happened.
func (w Words) Happening(h store.Happening) string {
	p, f := w.Printer, h.Fields
	switch h.Kind {
	case store.MetricHappening:
		return w.move(h)
	case store.StageHappening:
		return p.T("Stage: %s", w.Stages.Called(p, h.Name))
	case store.TicketHappening:
		return p.T("Ticket opened: %s", cmp.Or(f["subject"], h.Name, f["ticket"]))
	case store.AnswerHappening:
		if f["comment"] != "" {
			return p.T("Answered %s with %s: “%s”", strings.ToUpper(h.Name), f["score"], f["comment"])
		}
		return p.T("Answered %s with %s", strings.ToUpper(h.Name), f["score"])
	}
	if f["value"] == "true" {
		return p.T("Entered %s", w.Segments.Title(h.Name))
	}
	return p.T("Left %s", w.Segments.Title(h.Name))
}

// move says how a metric moved.
func (w Words) move(h store.Happening) string {
	p := w.Printer
	m, err := w.Catalogue.Find(h.Name)
	was, errWas := strconv.ParseFloat(h.Fields["before"], 64)
	now, errNow := strconv.ParseFloat(h.Fields["now"], 64)
	if err != nil || errWas != nil || errNow != nil {
		return h.Name
	}
	write := func(v float64) string {
		switch {
		case m.Unit == "ratio":
			return p.Percent(v)
		case m.Unit == metric.Money && v < 1000:
			return p.Amount(v, w.Currency, -1)
		case m.Unit == metric.Money:
			return p.Amount(v, w.Currency, 0)
		}
		if v == float64(int64(v)) {
			return p.Number(v, 0)
		}
		return p.Number(v, 1)
	}
	if now > was {
		return p.T("%s rose from %s to %s", m.Title.In(p.Code()), write(was), write(now))
	}
	return p.T("%s fell from %s to %s", m.Title.In(p.Code()), write(was), write(now))
}
