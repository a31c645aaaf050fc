package customer

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
)

// Query chooses and orders accounts.
type Query struct {
	// Search finds the words in name, id or domain, accents and case aside.
	Search string
	// Where are conditions on columns, all of which must hold.
	Where []Condition
	// Only, when not nil, keeps these accounts: those of a segment, or of a
	// portfolio.
	Only map[farol.AccountID]bool
	// Tests shows test accounts, too.
	Tests bool
	// Sort is a column; "" is the name. Down sorts the largest first. What has
	// no value comes last either way.
	Sort string
	Down bool
	// Offset and Limit cut the page; Limit 0 is 50, at most 1000.
	Offset, Limit int
	// Total is the metric that is summed up over all that fit.
	Total string
}

// Condition keeps the accounts whose column has one of the values; "" is
// unknown.
type Condition struct {
	Column string
	Values []string
}

// Page is a page of accounts.
type Page struct {
	Accounts []*Account
	// Count is how many fit in all, Total the sum of Query.Total over them.
	Count int
	Total float64
}

// The columns are "name", "id", "created", "stage", "owner.ROLE", "tags",
// "metric.NAME", "attribute.NAME" and "segment.NAME".

// Value is the account's value of a column, for people and conditions: ""
// where it has none.
func (a *Account) Value(column string) string {
	kind, name, _ := strings.Cut(column, ".")
	switch kind {
	case "name":
		return a.Name
	case "id":
		return string(a.ID)
	case "created":
		if a.Created == 0 {
			return ""
		}
		return a.Created.String()
	case "stage":
		return a.Stage()
	case "owner":
		return a.Owner(name)
	case "tags":
		return strings.Join(a.Tags(), ", ")
	case "metric":
		if v, ok := a.Metrics[name]; ok {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return ""
	case "attribute":
		return a.Attributes[name]
	case "segment":
		return a.Marks["$segment."+name]
	}
	return ""
}

// Number is the column's value as a number; ok is false where it is none.
func (a *Account) Number(column string) (v float64, ok bool) {
	if name, is := strings.CutPrefix(column, "metric."); is {
		v, ok = a.Metrics[name]
		return v, ok
	}
	v, err := strconv.ParseFloat(a.Value(column), 64)
	return v, err == nil && !math.IsNaN(v)
}

// has tells whether the account fits the condition; tags fit by any of them.
func (c Condition) has(a *Account) bool {
	if c.Column == "tags" {
		tags := a.Tags()
		return slices.ContainsFunc(c.Values, func(v string) bool { return slices.Contains(tags, v) || v == "" && len(tags) == 0 })
	}
	return slices.Contains(c.Values, a.Value(c.Column))
}

// List answers a page of the accounts that fit.
func (d *Directory) List(ctx context.Context, q Query) (Page, error) {
	all, err := d.Accounts(ctx)
	if err != nil {
		return Page{}, err
	}
	return q.Of(all), nil
}

// Of answers a page of the given accounts.
func (q Query) Of(all map[farol.AccountID]*Account) Page {
	words := strings.Fields(Fold(q.Search))
	var p Page
	var fit []*Account
	for id, a := range all {
		if a.Test && !q.Tests || q.Only != nil && !q.Only[id] || !q.fits(a, words) {
			continue
		}
		fit = append(fit, a)
		p.Total += a.Metrics[q.Total]
	}
	p.Count = len(fit)
	q.order(fit)
	if q.Limit <= 0 {
		q.Limit = 50
	}
	from := min(max(q.Offset, 0), len(fit))
	p.Accounts = fit[from:min(from+min(q.Limit, 1000), len(fit))]
	return p
}

func (q Query) fits(a *Account, words []string) bool {
	for _, w := range words {
		if !strings.Contains(a.folded, w) {
			return false
		}
	}
	for _, c := range q.Where {
		if !c.has(a) {
			return false
		}
	}
	return true
}

// order sorts by the column: by number when all that have a value are
// numbers, else as text; ties and the rest by name.
func (q Query) order(list []*Account) {
	type key struct {
		number float64
		text   string
		has    bool
	}
	column := cmp.Or(q.Sort, "name")
	keys := make(map[*Account]key, len(list))
	numbers := true
	for _, a := range list {
		k := key{text: Fold(a.Value(column))}
		var ok bool
		k.number, ok = a.Number(column)
		k.has = k.text != ""
		numbers = numbers && (ok || !k.has)
		keys[a] = k
	}
	slices.SortFunc(list, func(a, b *Account) int {
		x, y := keys[a], keys[b]
		if x.has != y.has {
			if x.has {
				return -1
			}
			return 1
		}
		c := strings.Compare(x.text, y.text)
		if numbers {
			c = cmp.Compare(x.number, y.number)
		}
		if q.Down {
			c = -c
		}
		return cmp.Or(c, strings.Compare(a.Name, b.Name), strings.Compare(string(a.ID), string(b.ID)))
	})
}

// Values lists the values of a column over all accounts, the most frequent
// first, for choosing a condition.
func (d *Directory) Values(ctx context.Context, column string, limit int) ([]string, error) {
	all, err := d.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, a := range all {
		if a.Test {
			continue
		}
		if column == "tags" {
			for _, tag := range a.Tags() {
				count[tag]++
			}
			continue
		}
		if v := a.Value(column); v != "" {
			count[v]++
		}
	}
	out := make([]string, 0, len(count))
	for v := range count {
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(count[b]-count[a], strings.Compare(a, b)) })
	return out[:min(limit, len(out))], nil
}
