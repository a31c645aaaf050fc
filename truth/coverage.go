package truth

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/farol-cs/farol/stats"
)

// Coverage is how often the intervals of many companies held what was planted.
type Coverage struct {
	Seeds    int `json:"seeds" doc:"How many companies were made, each with a seed of its own."`
	Accounts int `json:"accounts" doc:"Accounts of each."`
	Months   int `json:"months" doc:"Months of history of each."`
	// Compared and Equal count the figures of all companies.
	Compared int       `json:"compared"`
	Equal    int       `json:"equal"`
	Held     []Covered `json:"held" nullable:"false" doc:"By what is estimated."`
}

// Covered is how often the intervals of one thing held the planted value.
type Covered struct {
	What string `json:"what" doc:"As in the estimates; bands are those of planted chances, all together."`
	Runs int    `json:"runs" doc:"Intervals that were made."`
	Held int    `json:"held" doc:"Intervals that held the planted value."`
	// Share is Held of Runs, Low and High its own interval.
	Share float64 `json:"share"`
	Low   float64 `json:"low" doc:"Low end of the 95 % interval of the share."`
	High  float64 `json:"high" doc:"High end of the 95 % interval of the share."`
	// Off is by how much found is typically more than planted, as a share of
	// it: the geometric mean of the quotients less 1.
	Off float64 `json:"off" doc:"By how much found is typically more than planted, as a share of it (geometric mean); 0 for bands."`
}

// measured is the last run of `make truth`.
//
//go:embed coverage.json
var measured []byte

// Measured is the last run over many seeds.
func Measured() Coverage {
	var c Coverage
	if err := json.Unmarshal(measured, &c); err != nil {
		panic(err) // it is compiled in, and tested
	}
	return c
}

// Add counts a report in.
func (c *Coverage) Add(r *Report) {
	c.Seeds++
	c.Compared, c.Equal = c.Compared+r.Compared, c.Equal+r.Equal
	for _, e := range r.Estimates {
		if e.Found != nil {
			c.add(e.What, e.Holds, math.Log(*e.Found/e.Planted))
		}
	}
	for _, b := range r.Bands {
		c.add("bands", b.Holds, 0)
	}
}

func (c *Coverage) add(what string, holds bool, off float64) {
	place := func(x Covered, what string) int { return slices.Index(order, x.What) - slices.Index(order, what) }
	k, there := slices.BinarySearchFunc(c.Held, what, place)
	if !there {
		c.Held = slices.Insert(c.Held, k, Covered{What: what})
	}
	x := &c.Held[k]
	x.Off = math.Expm1((math.Log1p(x.Off)*float64(x.Runs) + off) / float64(x.Runs+1))
	x.Runs++
	if holds {
		x.Held++
	}
	i, _ := stats.Wilson(float64(x.Held), float64(x.Runs), stats.Level)
	x.Share, x.Low, x.High = float64(x.Held)/float64(x.Runs), i.Low, i.High
}

// order is that of the tables.
var order = []string{"rule_ratio", "survival_3", "survival_6", "survival_12", "lifetime", "lifetime_model", "bands"}

// names are what is estimated, in words, and what a reader should know of it.
var names = map[string][2]string{
	"rule_ratio":     {"Effect of the activation rule", "How many times the monthly risk of accounts that missed the rule is that of those that met it, against the ratio of the planted chances of the same accounts and months (Mantel-Haenszel by month)."},
	"survival_3":     {"Customers left after 3 months", "Kaplan-Meier curve, log-log interval."},
	"survival_6":     {"Customers left after 6 months", "Kaplan-Meier curve, log-log interval."},
	"survival_12":    {"Customers left after 12 months", "Kaplan-Meier curve, log-log interval."},
	"lifetime":       {"Mean stay within the first year", "Area under the Kaplan-Meier curve."},
	"lifetime_model": {"The same by the sBG model", "The model knows nothing of what was planted: it assumes that every customer has one constant risk, and the planted risks change."},
	"bands":          {"Losses by band of planted chance", "Wilson interval of the share that left, in each band of each company."},
}

// Markdown is docs/truth.md.
func (c Coverage) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# How well does Farol recover the truth?

The demo company is made with known causes, and what it does is read back from its events as any customer's would be.
What is counted has to be equal to what was planted; what is estimated carries a 95 %% interval, which has to hold the
planted value about 95 times in 100. The page **Truth** of a running demo shows this for that company.

This page is one run of `+"`make truth`"+` over **%d companies** of %d accounts and %d months, each with a seed of its own.

- **Counted figures**: %d of %d are exactly as planted (active people and accounts, new and activated accounts, MRR,
  customers lost, NPS, of every complete month; events stored once, late events, joined ids).

| estimated | intervals | held the planted value | 95 %% interval of that share | typically off by |
|---|---|---|---|---|
`, c.Seeds, c.Accounts, c.Months, c.Equal, c.Compared)
	for _, x := range c.Held {
		off := fmt.Sprintf("%+.1f %%", 100*x.Off)
		if x.What == "bands" {
			off = ""
		}
		fmt.Fprintf(&b, "| %s | %d | %.1f %% | %.1f – %.1f %% | %s |\n", names[x.What][0], x.Runs, 100*x.Share, 100*x.Low, 100*x.High, off)
	}
	b.WriteString("\nHow each is made:\n\n")
	for _, x := range c.Held {
		fmt.Fprintf(&b, "- **%s.** %s\n", names[x.What][0], names[x.What][1])
	}
	b.WriteString("\nIntervals of one company are not independent of each other: three months of survival are part of six.\n")
	return b.String()
}
