package customer

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// HappeningText says what happened. stage answers what a stage is called; nil
// leaves its name.
func HappeningText(p *lang.Printer, c *metric.Catalogue, h store.Happening, stage func(string) string) string {
	f := h.Fields
	switch h.Kind {
	case store.MetricHappening:
		return moveText(p, c, h)
	case store.StageHappening:
		name := h.Name
		if stage != nil {
			name = stage(name)
		}
		return p.T("Stage: %s", name)
	case store.TicketHappening:
		return p.T("Ticket opened: %s", cmp.Or(f["subject"], h.Name, f["ticket"]))
	case store.AnswerHappening:
		if f["comment"] != "" {
			return p.T("Answered %s with %s: “%s”", strings.ToUpper(h.Name), f["score"], f["comment"])
		}
		return p.T("Answered %s with %s", strings.ToUpper(h.Name), f["score"])
	}
	if f["value"] == "true" {
		return p.T("Entered %s", h.Name)
	}
	return p.T("Left %s", h.Name)
}

// moveText says how a metric moved.
func moveText(p *lang.Printer, c *metric.Catalogue, h store.Happening) string {
	m, err := c.Find(h.Name)
	was, errWas := strconv.ParseFloat(h.Fields["before"], 64)
	now, errNow := strconv.ParseFloat(h.Fields["now"], 64)
	if err != nil || errWas != nil || errNow != nil {
		return h.Name
	}
	write := func(v float64) string {
		if m.Unit == "ratio" {
			return p.Percent(v)
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
