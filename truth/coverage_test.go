package truth

import (
	"math"
	"os"
	"testing"
)

// The page in docs says what the program says.
func TestDocs(t *testing.T) {
	c := Measured()
	if c.Seeds < 30 || len(c.Held) < 6 {
		t.Errorf("the last run had %d companies and %d estimates", c.Seeds, len(c.Held))
	}
	text, err := os.ReadFile("../docs/truth.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != c.Markdown() {
		t.Error("docs/truth.md is not of coverage.json: run make truth")
	}
	for _, x := range c.Held {
		if names[x.What][0] == "" {
			t.Errorf("%s has no name", x.What)
		}
	}
}

func TestCoverageCounts(t *testing.T) {
	found := 1.2
	var c Coverage
	for i := range 4 {
		c.Add(&Report{Compared: 3, Equal: 2, Bands: []Band{{Holds: true}, {Holds: false}},
			Estimates: []Estimated{{What: "lifetime", Planted: 1, Found: &found, Holds: i > 0}, {What: "rule_ratio", Planted: 2, Reason: "few"}}})
	}
	if c.Seeds != 4 || c.Compared != 12 || c.Equal != 8 || len(c.Held) != 2 {
		t.Fatalf("%+v", c)
	}
	if x := c.Held[0]; x.What != "lifetime" || x.Runs != 4 || x.Held != 3 || x.Share != 0.75 || x.Low > 0.75 || x.High < 0.75 || math.Abs(x.Off-0.2) > 1e-12 {
		t.Errorf("%+v", x)
	}
	if x := c.Held[1]; x.What != "bands" || x.Runs != 8 || x.Held != 4 {
		t.Errorf("%+v", x)
	}
}
