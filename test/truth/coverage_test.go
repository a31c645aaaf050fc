package truth_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/farol-cs/farol/truth"
)

// differ tells which counted figures are not as planted.
func differ(t *testing.T, r *truth.Report) {
	t.Helper()
	for _, list := range [][]truth.Exact{r.Taken, r.Figures} {
		for _, e := range list {
			found := math.NaN()
			if e.Found != nil {
				found = *e.Found
			}
			if !e.Equal {
				t.Errorf("%s %s is %v, the truth %v", e.What, e.Period, found, e.Planted)
			}
		}
	}
}

// TestCoverage makes many companies, when FAROL_TRUTH_SEEDS says how many, and
// writes down how often the intervals held what was planted. `make truth`
// runs it; it takes minutes.
func TestCoverage(t *testing.T) {
	seeds, err := strconv.Atoi(os.Getenv("FAROL_TRUTH_SEEDS"))
	if err != nil {
		return // a report of one company is TestReport's
	}
	first, _ := strconv.Atoi(os.Getenv("FAROL_TRUTH_FIRST"))
	cfg := company()
	cfg.Accounts, cfg.Months = 130, 15
	c := truth.Coverage{Accounts: cfg.Accounts, Months: cfg.Months}
	for seed := range seeds {
		t.Run(strconv.Itoa(first+seed+1), func(t *testing.T) {
			cfg.Seed = uint64(first + seed + 1)
			l := load(t, cfg)
			r, err := truth.Compare(context.Background(), l.reader, l.facts, l.truth)
			if err != nil {
				t.Fatal(err)
			}
			differ(t, r)
			for _, e := range r.Estimates {
				if e.Found != nil && !e.Holds {
					t.Logf("%s of %d units: planted %.4f, found %.4f (%.4f to %.4f)", e.What, e.Units, e.Planted, *e.Found, *e.Low, *e.High)
				}
			}
			c.Add(r)
		})
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string]string{"../../truth/coverage.json": string(text) + "\n", "../../docs/truth.md": c.Markdown()} {
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range c.Held {
		t.Logf("%-16s %d of %d, %.1f %% (%.1f to %.1f), off by %+.1f %%", x.What, x.Held, x.Runs, 100*x.Share, 100*x.Low, 100*x.High, 100*x.Off)
		// Far below what an interval of 95 % may be by chance.
		if x.High < 0.9 && x.What != "lifetime_model" {
			t.Errorf("%s holds the truth in %.1f %% only", x.What, 100*x.Share)
		}
	}
}
