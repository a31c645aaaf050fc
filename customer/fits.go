package customer

import (
	"slices"
	"strings"

	"github.com/farol-cs/farol/facts"
)

// Fits tells whether the account is what filters keep, by what is known of it.
func (a *Account) Fits(filters []facts.Filter) bool {
	for _, f := range filters {
		name := strings.TrimPrefix(f.Attribute, facts.NowPrefix)
		value := a.Attributes[name]
		switch {
		case name == "account":
			value = string(a.ID)
		case strings.HasPrefix(name, "$"):
			value = a.Marks[name]
		}
		if !slices.Contains(f.Values, value) {
			return false
		}
	}
	return true
}
