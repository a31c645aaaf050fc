package customer

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/segment"
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
	// Today and Stages are what the columns "standing" and "days_in_stage" are
	// told by.
	Today  farol.Day
	Stages Stages
}

// Page is a page of accounts.
type Page struct {
	Accounts []*Account
	// Count is how many fit in all, Total the sum of Query.Total over them.
	Count int
	Total float64
	// Totalled tells that Query.Total is known of anybody at all: without it a
	// Total of zero says nothing.
	Totalled bool
}

// The columns are "name", "id", "created", "stage", "stage_since",
// "days_in_stage", "standing", "owner.ROLE", "tags", "lists", "metric.NAME",
// "attribute.NAME" and "segment.NAME". "days_in_stage" and "standing" are those
// of a query.

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
	case "stage_since":
		if a.StageSince == 0 {
			return ""
		}
		return a.StageSince.String()
	case "owner":
		return a.Owner(name)
	case "tags":
		return strings.Join(a.Tags(), ", ")
	case "lists":
		return strings.Join(a.Lists(), ", ")
	case "metric":
		if v, ok := a.Metrics[name]; ok {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return ""
	case "attribute":
		return a.Attributes[name]
	case "segment":
		return cmp.Or(a.Marks[segment.Trait(name)], segment.Out)
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

// Value is the account's value of a column, "" where it has none.
func (q Query) Value(a *Account, column string) string {
	switch column {
	case "standing":
		return string(q.Stages.StandingOf(a, q.Today))
	case "days_in_stage":
		if n, ok := a.DaysInStage(q.Today); ok {
			return strconv.Itoa(n)
		}
		return ""
	}
	return a.Value(column)
}

// Number is the column's value as a number; ok is false where it is none.
func (q Query) Number(a *Account, column string) (v float64, ok bool) {
	if column == "days_in_stage" {
		n, ok := a.DaysInStage(q.Today)
		return float64(n), ok
	}
	return a.Number(column)
}

// Columns are those that the query orders by and compares, and the given ones,
// each once.
func (q Query) Columns(columns ...string) []string {
	out := append(slices.Clone(columns), q.Sort)
	for _, c := range q.Where {
		out = append(out, c.Column)
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(c string) bool { return c == "" })
}

// Metrics are those that the query names, and those of the columns.
func (q Query) Metrics(columns ...string) []string {
	out := []string{}
	add := func(name string) {
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	add(q.Total)
	for _, c := range q.Columns(columns...) {
		if name, ok := strings.CutPrefix(c, "metric."); ok {
			add(name)
		}
	}
	return out
}

// List answers a page of the accounts that fit.
func (d *Directory) List(ctx context.Context, q Query) (Page, error) {
	all, err := d.Accounts(ctx)
	if err != nil {
		return Page{}, err
	}
	return q.Of(all), nil
}

// Totalled tells whether Query.Total is known of any account, fit or not.
func (q Query) Totalled(all map[farol.AccountID]*Account) bool {
	for _, a := range all {
		if _, ok := a.Metrics[q.Total]; ok {
			return true
		}
	}
	return false
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
	p.Count, p.Totalled = len(fit), q.Totalled(all)
	if q.Limit <= 0 {
		q.Limit = 50
	}
	from := min(max(q.Offset, 0), len(fit))
	to := min(from+min(q.Limit, 1000), len(fit))
	q.order(fit, to)
	p.Accounts = fit[from:to]
	return p
}

// Every answers all accounts that fit, in order.
func (q Query) Every(all map[farol.AccountID]*Account) []*Account {
	words := strings.Fields(Fold(q.Search))
	var fit []*Account
	for id, a := range all {
		if (!a.Test || q.Tests) && (q.Only == nil || q.Only[id]) && q.fits(a, words) {
			fit = append(fit, a)
		}
	}
	q.order(fit, len(fit))
	return fit
}

func (q Query) fits(a *Account, words []string) bool {
	for _, w := range words {
		if !strings.Contains(a.folded, w) {
			return false
		}
	}
	for _, c := range q.Where {
		if !q.holds(a, c) {
			return false
		}
	}
	return true
}

// sortKey is what an account is sorted by.
type sortKey struct {
	account *Account
	number  float64
	text    string
	has     bool
}

// order sorts by the column: by number when all that have a value are
// numbers, else as text; ties and the rest by name. Only the first so many are
// sure to be in order.
func (q Query) order(list []*Account, first int) {
	column := cmp.Or(q.Sort, "name")
	keys := make([]sortKey, len(list))
	numbers := column != "name"
	for i, a := range list {
		k := sortKey{account: a}
		if column == "name" {
			k.text = a.sorted
		} else {
			k.text = q.Value(a, column)
			var ok bool
			k.number, ok = q.Number(a, column)
			numbers = numbers && (ok || k.text == "")
		}
		k.has = k.text != ""
		keys[i] = k
	}
	if !numbers && column != "name" {
		for i := range keys {
			keys[i].text = Fold(keys[i].text)
		}
	}
	less := func(x, y sortKey) int {
		if x.has != y.has {
			if x.has {
				return -1
			}
			return 1
		}
		c := 0
		if numbers {
			c = cmp.Compare(x.number, y.number)
		} else {
			c = strings.Compare(x.text, y.text)
		}
		if q.Down {
			c = -c
		}
		return cmp.Or(c, strings.Compare(x.account.sorted, y.account.sorted), strings.Compare(string(x.account.ID), string(y.account.ID)))
	}
	selectFirst(keys, first, less)
	for i, k := range keys {
		list[i] = k.account
	}
}

// selectFirst puts the first n in order at the front; of the rest nothing is
// said. A page of a long list needs no more.
func selectFirst(keys []sortKey, n int, less func(x, y sortKey) int) {
	if n == 0 {
		return
	}
	if n*4 >= len(keys) {
		slices.SortFunc(keys, less)
		return
	}
	// The front holds the best n so far, and behind them those that may be
	// better than the last of them.
	front, bound := 0, false
	for i := range keys {
		if bound && less(keys[i], keys[n-1]) >= 0 {
			continue
		}
		keys[i], keys[front] = keys[front], keys[i]
		if front++; front == 2*n {
			slices.SortFunc(keys[:front], less)
			front, bound = n, true
		}
	}
	slices.SortFunc(keys[:front], less)
}

// Values lists the values of a column over the accounts, the most frequent
// first, for choosing a condition.
func Values(all map[farol.AccountID]*Account, column string, limit int) []string {
	count := map[string]int{}
	for _, a := range all {
		if a.Test {
			continue
		}
		if column == "tags" || column == "lists" {
			for _, name := range a.several(column) {
				count[name]++
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
	return out[:min(limit, len(out))]
}
