package metric

import (
	"testing"

	"github.com/farol-cs/farol/facts"
)

// Texts of a request may hold anything: two questions never share an answer.
func TestKeysOfRequests(t *testing.T) {
	key := func(by string, f ...facts.Filter) string {
		return (&plan{Request: Request{Metric: "mrr", By: by, Filters: f}}).key()
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
