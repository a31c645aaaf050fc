package truth_test

import (
	"context"
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/farol-cs/farol/truth"
)

// TestCoverage makes many companies, when FAROL_TRUTH_SEEDS says how many, and
// writes down how often the intervals held what was planted. `make truth`
// runs it; it takes minutes.
func TestCoverage(t *testing.T) {
	seeds, err := strconv.Atoi(os.Getenv("FAROL_TRUTH_SEEDS"))
	if err != nil {
		return // a report of one company is TestReport's
	}
	cfg := company()
	cfg.Accounts, cfg.Months = 130, 15
	c := truth.Coverage{Accounts: cfg.Accounts, Months: cfg.Months}
	for seed := range seeds {
		t.Run(strconv.Itoa(seed+1), func(t *testing.T) {
			cfg.Seed = uint64(seed + 1)
			l := load(t, cfg)
			r, err := truth.Compare(context.Background(), l.reader, l.facts, l.truth)
			if err != nil {
				t.Fatal(err)
			}
			if r.Equal != r.Compared {
				t.Errorf("%d of %d figures are as planted", r.Equal, r.Compared)
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
		t.Logf("%-16s %d of %d, %.1f %% (%.1f to %.1f), off by %+.1f %%", x.What, x.Held, x.Runs, 100*x.Share, 100*x.Low, 100*x.High, 100*x.Mean)
		// Far below what an interval of 95 % may be by chance.
		if x.High < 0.9 && x.What != "lifetime_model" {
			t.Errorf("%s holds the truth in %.1f %% only", x.What, 100*x.Share)
		}
	}
}
