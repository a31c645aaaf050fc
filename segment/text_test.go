package segment

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/farol-cs/farol"
)

func num(x float64) *float64 { return &x }

// random makes rules of every kind, small enough to be right.
type random struct{ r *rand.Rand }

func (x random) pick(of ...string) string { return of[x.r.IntN(len(of))] }

func (x random) op() Op { return numeric[x.r.IntN(len(numeric))] }

func (x random) rule(depth int, person bool) Rule {
	n := 8
	if depth == 0 {
		n = 5
	}
	switch k := x.r.IntN(n); {
	case k < 2:
		return Rule{Attribute: x.attribute()}
	case k < 4 || person && k < 5:
		return Rule{Did: x.did()}
	case k == 4:
		return Rule{Metric: x.metric()}
	case k == 5 && !person:
		return Rule{People: &People{Op: x.op(), Count: x.r.IntN(4), Who: x.rule(depth-1, true)}}
	}
	list := make([]Rule, x.r.IntN(4))
	for i := range list {
		list[i] = x.rule(depth-1, person)
	}
	switch x.r.IntN(3) {
	case 0:
		return Rule{All: list}
	case 1:
		return Rule{Any: list}
	}
	return Rule{None: list}
}

func (x random) attribute() *Attribute {
	a := &Attribute{Name: x.pick("plan", "country", "seats", "renewal_date", "created_at")}
	switch x.r.IntN(6) {
	case 0:
		a.Op = Known
	case 1:
		a.Op = Unknown
	case 2:
		a.Op, a.From = Between, x.r.IntN(60)-40
		a.To = a.From + x.r.IntN(50)
	case 3:
		a.Op, a.Number = x.op(), num(float64(x.r.IntN(40)))
	default:
		a.Op = []Op{Is, IsNot, Contains, StartsWith}[x.r.IntN(4)]
		for range 1 + x.r.IntN(2) {
			a.Values = append(a.Values, x.pick("pro", "basic", "PRO", "br", "São", "", "a\"b\\c", "10"))
		}
	}
	return a
}

func (x random) did() *Did {
	d := &Did{Event: x.pick("Report Created", "Member Invited", "$page", "*"), Op: x.op(), Times: x.r.IntN(4), Days: 1 + x.r.IntN(40)}
	for range x.r.IntN(3) - 1 {
		if x.r.IntN(2) == 0 {
			d.Where = append(d.Where, Property{Name: "pages", Op: x.op(), Number: num(float64(x.r.IntN(5)))})
		} else {
			d.Where = append(d.Where, Property{Name: "kind", Op: []Op{Is, IsNot}[x.r.IntN(2)], Values: []string{x.pick("pdf", "csv")}})
		}
	}
	return d
}

func (x random) metric() *Metric {
	m := &Metric{Name: x.pick("mrr", "nps"), Op: x.op(), Number: float64(x.r.IntN(200) - 50)}
	if x.r.IntN(2) == 0 {
		m.Change, m.Days = x.pick(By, Percent), 1+x.r.IntN(10)
	}
	return m
}

// Text and JSON read back to the rule that they were written from.
func TestRoundTrips(t *testing.T) {
	x := random{rand.New(rand.NewPCG(1, 1))}
	for range 3000 {
		r := x.rule(3, false)
		if r.Check() != nil {
			continue
		}
		text := r.String()
		back, err := ParseText(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		raw, err := json.Marshal(back)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if back.String() != text || string(raw) != string(want) {
			t.Fatalf("%s came back as %s\n%s\n%s", text, back, want, raw)
		}
		if again, err := ParseJSON(raw); err != nil || !reflect.DeepEqual(again, back) {
			t.Fatalf("%s: %v", raw, err)
		}
	}
}

// What is wrong is said with its place.
func TestWrongRules(t *testing.T) {
	for _, c := range []struct{ text, field, says string }{
		{``, "rule", "at character 1"},
		{`plan is`, "rule", "at character 8: here should be a text in quotes"},
		{`plan is "pro`, "rule", "not closed"},
		{`plan is "pro" andd`, "rule", "at character 15"},
		{`plan is "pro" and`, "rule", "at character 18"},
		{`(plan is "pro"`, "rule", "here should be )"},
		{`did "x" >= 2 times in 500 days`, "did.days", "between 1 and 400"},
		{`did "x" >= two times in 5 days`, "rule", "whole number"},
		{`metric mrr > "a"`, "rule", "here should be a number"},
		{`metric "DROP TABLE" > 1`, "metric.name", "name of a metric"},
		{`people >= 1 who (metric mrr > 1)`, "people.who", "attributes"},
		{`segment "A B"`, "segment", "name of a segment"},
		{`x in 5..1 days`, "attribute.from", "must not come after"},
		{strings.Repeat("not (", 20) + `a is "b"` + strings.Repeat(")", 20), "rule", "nested"},
		{strings.Repeat(`a is "b" or `, 120) + `a is "b"`, "any[99]", "more than 100 conditions"},
	} {
		_, err := ParseText(c.text)
		field, said := placed(t, err)
		if field != c.field || !strings.Contains(said, c.says) {
			t.Errorf("%.60s: %s: %s", c.text, field, said)
		}
	}
	for _, c := range []struct{ raw, field string }{
		{`{`, "rule"}, {`[]`, "rule"}, {`{}`, "rule"}, {`{"all":[{}]}`, "all[0]"}, {`{"plan":1}`, "plan"},
		{`{"all":[{"did":{"event":"x","op":">=","times":1}}]}`, "all[0].did.days"},
		{`{"attribute":{"name":"plan","op":"like","values":["x"]}}`, "attribute.op"},
		{`{"attribute":{"name":"plan","op":"is","values":"x"}}`, "attribute.values"},
		{`{"all":[],"any":[]}`, "rule"}, {`{"all":[]} {}`, "rule"},
		{`{"did":{"event":"x","op":">","times":1,"days":3,"where":[{"name":"a'b","op":"is","values":["1"]}]}}`, "did.where[0].name"},
		{strings.Repeat(`{"all":[`, 5000), "rule"},
	} {
		_, err := ParseJSON([]byte(c.raw))
		if field, _ := placed(t, err); field != c.field {
			t.Errorf("%.60s: %v, not at %s", c.raw, err, c.field)
		}
	}
}

func placed(t *testing.T, err error) (field, said string) {
	t.Helper()
	e, ok := err.(*farol.Error)
	if !ok || e.Kind != farol.Invalid {
		t.Fatalf("not an Invalid error: %v", err)
	}
	return e.Field, e.Error()
}

func FuzzParse(f *testing.F) {
	f.Add(`plan is "pro" and (did * >= 1 times in 7 days or not (people < 2 who (role is known)))`)
	f.Add(`{"any":[{"metric":{"name":"mrr","op":"<","number":1e3}}]}`)
	f.Fuzz(func(t *testing.T, s string) {
		if r, err := ParseText(s); err == nil {
			again, err := ParseText(r.String())
			if err != nil || again.String() != r.String() {
				t.Fatalf("%q: %q, %v", s, r, err)
			}
		}
		_, _ = ParseJSON([]byte(s))
	})
}
