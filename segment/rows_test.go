package segment

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/farol-cs/farol"
)

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A rule written as rows, sent as a form and read back is the same rule.
func TestRowsRoundTrip(t *testing.T) {
	x := random{rand.New(rand.NewPCG(2, 2))}
	checked := 0
	for range 3000 {
		r := x.rule(3, false)
		if x.r.IntN(5) == 0 {
			r = Rule{All: []Rule{r, {Segment: "big"}}}
		}
		if r.Check() != nil {
			continue
		}
		checked++
		form, err := url.ParseQuery(Fields(Rows(r)).Encode())
		if err != nil {
			t.Fatal(err)
		}
		rows, err := ReadRows(form)
		if err != nil {
			t.Fatalf("%s: %v", r, err)
		}
		for i, w := range Rows(r) {
			if w.Path != rows[i].Path || w.Person != rows[i].Person {
				t.Fatalf("%s: row %d stands at %q, read as %q", r, i, w.Path, rows[i].Path)
			}
		}
		back, err := RuleOf(rows)
		if err != nil || asJSON(t, back) != asJSON(t, r.Plain()) {
			t.Fatalf("%s\ncame back as %s: %v", r.Plain(), back, err)
		}
	}
	if checked < 1000 {
		t.Errorf("only %d rules were fit to be tried", checked)
	}
}

// What is not filled in yet is passed over, and what is wrong is told at its
// row and field.
func TestRowsSayWhere(t *testing.T) {
	rows := Rows(Rule{All: []Rule{}})
	rows = Change(rows, "add 0 attribute")
	rows = Change(rows, "add 0 people")
	rows = Change(rows, "add 0 did")
	rows = Change(rows, "add 5 property")
	if r, err := RuleOf(rows); err != nil || r.String() != "people >= 2 who (all ())" {
		t.Fatalf("%s, %v", r, err)
	}
	rows[5].Name, rows[5].Days = "Report Created", "0"
	_, err := RuleOf(rows)
	if n, input := RowAt(rows, err.(*farol.Error).Field); n != 5 || input != "days" {
		t.Errorf("told at row %d, %q: %v", n, input, err)
	}
	rows[5].Days, rows[6].Name, rows[6].Op, rows[6].Number1 = "9", "pages", ">=", "many"
	_, err = RuleOf(rows)
	if n, input := RowAt(rows, err.(*farol.Error).Field); n != 6 || input != "number" {
		t.Errorf("told at row %d, %q: %v", n, input, err)
	}
	rows[6].Number1 = "2,5"
	rows = Change(rows, "remove 2")
	r, err := RuleOf(rows)
	if err != nil || r.String() != `did "Report Created" >= 1 times in 9 days where pages >= 2.5 end` {
		t.Errorf("%s, %v", r, err)
	}
	for _, do := range []string{"", "add", "add 99 did", "add 0 nonsense", "remove 0", "remove -1", "add 1 did"} {
		if got := Change(rows, do); len(got) != len(rows) {
			t.Errorf("%q made %d rows of %d", do, len(got), len(rows))
		}
	}
	for _, bad := range []url.Values{
		{}, {"r0.kind": {"attribute"}, "r0.depth": {"0"}}, {"r0.kind": {"all"}, "r0.depth": {"999"}}, {"r0.kind": {"all"}, "r0.depth": {"0"}, "r1.kind": {"x"}, "r1.depth": {"1"}},
		{"r0.kind": {"all"}, "r0.depth": {"0"}, "r1.kind": {"all"}, "r1.depth": {"0"}},
	} {
		if rows, err := ReadRows(bad); err == nil {
			t.Errorf("%v was read as %d rows", bad, len(rows))
		}
	}
}

// The place of what is wrong in a text is that of the words.
func TestPlace(t *testing.T) {
	for _, c := range []struct{ text, at string }{
		{`plan is "pro" andd`, "andd"}, {`plan is "pro" and seats >= many`, "many"}, {`plan is`, ""},
		{`plan is "é" or (did "x" >= 2 times in 500 days)`, `did "x" >= 2 times in 500 days`},
		{`not (a is "b" or people >= 1 who (metric mrr > 1 and role is "x"))`, `metric mrr > 1`},
		{`all (a is "b", "c") and metric "DROP TABLE" > 1`, `metric "DROP TABLE" > 1`},
	} {
		_, err := ParseText(c.text)
		from, to, ok := Place(c.text, err)
		if !ok || string([]rune(c.text)[from:to]) != c.at {
			t.Errorf("%s: %v: told at %d to %d, %v", c.text, err, from, to, ok)
		}
	}
	_, err := ParseText(strings.Repeat("x", maxBody+1))
	if _, _, ok := Place("x", err); ok || err == nil {
		t.Errorf("a text that is too long has no place: %v", err)
	}
}
