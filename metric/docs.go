package metric

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/farol-cs/farol/lang"
)

// WriteDocs prints the catalogue as Markdown in English: docs/metrics.md is
// made by it, and a test compares.
func (c *Catalogue) WriteDocs(w io.Writer) error {
	var b strings.Builder
	b.WriteString(docsHead)
	group := ""
	for _, name := range Groups {
		for _, m := range c.metrics {
			if m.Group != name {
				continue
			}
			if group != name {
				group = name
				fmt.Fprintf(&b, "\n## %s\n", strings.ToUpper(name[:1])+name[1:])
			}
			m.writeDocs(&b)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const docsHead = `# Metrics

Made from ` + "`metric/defs/*.sql`" + ` by ` + "`go test ./metric -run TestDocs -update`" + `; do not edit.

Every figure obeys the same rules. Days are those of the company's time zone; periods are half-open; a week begins on
the day that the company's settings say. A figure can be read as of a date (the facts up to it) and as known at an
instant (the facts learned up to it). A null is never a zero: it comes with a reason (no data, not started, window not
covered, window open, zero denominator, not reached). Proportions carry a Wilson 95 % interval, NPS the adjusted Wald,
stickiness and means Student's, ratios and products of ratios that of linearised residuals (where nothing or everything was
lost, Wilson or Poisson), costs per what they brought
the exact Poisson interval of what came (the costs are known), quantiles the log-log interval of the Kaplan-Meier curve;
counts and sums are no estimates and carry none. A point is complete when its period, and the window that the metric waits for, has passed and is covered by data. The version of a series is the metric's with those of the settings
it uses, such as ` + "`1+active.2`" + `. Staff, test and internal accounts are in no figure. A breakdown or filter uses
the value that the account had on the day of the fact.

A worked example lists facts in local time (who@account, what) and the figures that follow from them, on every engine:
` + "`want month 2026-02-01 = 0.05 (50/1000) [0.0381..0.0653]`" + ` is the value, (numerator/denominator) and the interval.
`

func (m *Metric) writeDocs(b *strings.Builder) {
	en := lang.English
	grains := make([]string, len(m.Grains))
	for i, g := range m.Grains {
		grains[i] = string(g)
	}
	fmt.Fprintf(b, "\n### %s\n\n`%s`: %s\n\n", m.Title.In(en), m.Name, m.Definition.In(en))
	fmt.Fprintf(b, "- Formula: %s\n", m.Formula.In(en))
	fmt.Fprintf(b, "- Edge rules: %s\n", m.Rules.In(en))
	fmt.Fprintf(b, "- Reading: %s\n", m.Reading.In(en))
	fmt.Fprintf(b, "- Unit: %s; aggregation: %s; good direction: %s; per %s\n", m.Unit, m.aggregationWords(), m.Direction, strings.Join(grains, ", "))
	fmt.Fprintf(b, "- Version %d; settings: %s; a fact moves figures %s; kept daily per account: %s\n", m.Version,
		orNone(m.Settings), m.reachWords(), map[bool]string{true: "yes", false: "no"}[m.PerAccount])
	fmt.Fprintf(b, "\nWorked example:\n\n```text\n%s\n```\n", m.Example)
}

// aggregationWords says how the rows are put together, with its options.
func (m *Metric) aggregationWords() string {
	s := string(m.Aggregation)
	if m.Aggregation == Quantile {
		s += " " + strconv.FormatFloat(m.Share, 'f', -1, 64)
	}
	if m.Compound > 1 {
		s += ", compounded over " + strconv.Itoa(m.Compound) + " periods"
	}
	return s
}

func orNone(s []string) string {
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(s, ", ")
}

func (m *Metric) reachWords() string {
	switch m.Reach {
	case Forever:
		return "of its own and every later day"
	case 0:
		return "of its own period"
	}
	return "of its own and the " + strconv.Itoa(m.Reach) + " days after"
}
