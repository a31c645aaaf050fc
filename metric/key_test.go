package metric

import (
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// Texts of a request may hold anything: two questions never share an answer.
func TestKeysOfRequests(t *testing.T) {
	key := func(by string, f ...facts.Filter) string {
		return (&plan{Request: Request{Metric: "mrr", By: by, Filters: f}, metric: &Metric{}}).key()
	}
	seen := map[string]int{}
	for i, k := range []string{
		key("", facts.Filter{Attribute: "plan", Values: []string{"x y"}}),
		key("", facts.Filter{Attribute: "plan", Values: []string{"x", "y"}}),
		key("", facts.Filter{Attribute: "plan", Values: []string{"x]} {Attribute:size Values:[y"}}),
		key("", facts.Filter{Attribute: "plan", Values: []string{"x"}}, facts.Filter{Attribute: "size", Values: []string{"y"}}),
		key("size Filters:[]"), key("size"),
	} {
		if was, ok := seen[k]; ok {
			t.Errorf("requests %d and %d share the key %s", was, i, k)
		}
		seen[k] = i
	}
}

// Settings that differ never share an answer, also when nobody has saved them.
func TestKeysOfSettings(t *testing.T) {
	key := func(change func(*Settings)) string {
		s := Defaults()
		change(&s)
		return (&plan{Request: Request{Metric: "mrr", Settings: &s}, metric: &Metric{}, settings: s}).key()
	}
	seen := map[string]int{}
	for i, k := range []string{
		key(func(*Settings) {}),
		key(func(s *Settings) { s.Conventions.PauseDays = 30 }),
		key(func(s *Settings) { s.Conventions.ChurnAt = AtRequest }),
		key(func(s *Settings) { s.Conventions.Basis = InvoiceBasis }),
		key(func(s *Settings) { s.Active = Active{Events: []string{"a b"}} }),
		key(func(s *Settings) { s.Active = Active{Events: []string{"a", "b"}} }),
		key(func(s *Settings) { s.Features.List = []Feature{{Name: "f", Events: []string{"e"}, Core: true}} }),
		key(func(s *Settings) { s.Exclusions.Accounts = []string{"a"} }),
		key(func(s *Settings) { s.Calendar.WeekStart = time.Sunday }),
		key(func(s *Settings) { s.Rates = map[farol.Currency]float64{"EUR": 2} }),
	} {
		if was, ok := seen[k]; ok {
			t.Errorf("settings %d and %d share the key %s", was, i, k)
		}
		seen[k] = i
	}
}
