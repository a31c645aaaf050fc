package facts

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// Topics are what facts may be about: attributes of accounts and of people,
// events, metrics kept per account, and who belongs to which account.
type Topics struct {
	AccountTraits, PersonTraits []string
	// Events are names as in the activity; AnyEvent is all of them.
	Events   []string
	AnyEvent bool
	Metrics  []string
	People   bool
}

// accountTraits are those that every list of accounts depends on: which there
// are, which are one, and whether they count.
var accountTraits = []string{seenTrait, createdTrait, "$signed_up", joinTrait, "test", "internal"}

// News tells whether anything about the topics, or of new accounts, was
// learned after the instant. The cost follows what is new.
func (f *Facts) News(ctx context.Context, since time.Time, t Topics) (bool, error) {
	params := map[string]any{"since": since}
	const learnt = " AND known > {since:DateTime64(3)}"
	ask := func(table, cond, name string, list []string) string {
		if name != "" {
			params[name] = list
			cond += " IN (SELECT unnest({" + name + ":Array(String)}))"
		}
		return "SELECT i64(count(*)) AS n FROM " + table + " WHERE " + cond + learnt
	}
	texts := []string{ask("changes", "subject = 'account' AND trait", "account_traits", slices.Concat(t.AccountTraits, accountTraits))}
	if len(t.Metrics) > 0 {
		texts = append(texts, ask("measures", "metric", "metrics", t.Metrics))
	}
	if slices.Contains(t.PersonTraits, SentRole) {
		t.PersonTraits = append(slices.Clone(t.PersonTraits), RoleTrait) // what the team says goes before
	}
	if len(t.PersonTraits) > 0 {
		texts = append(texts, ask("changes", "subject = 'person' AND trait", "person_traits", t.PersonTraits))
	}
	if t.People {
		texts = append(texts, ask("memberships", "moot = false", "", nil), ask("merges", "1 = 1", "", nil))
	}
	switch {
	case t.AnyEvent || t.People:
		texts = append(texts, ask("activity", "1 = 1", "", nil))
	case len(t.Events) > 0:
		texts = append(texts, ask("activity", "event", "events", t.Events))
	}
	for _, text := range texts {
		var n int64
		if err := f.one(ctx, text, params, &n); err != nil {
			return false, fmt.Errorf("facts: news: %w", err)
		}
		if n > 0 {
			return true, nil
		}
	}
	return false, nil
}

// Measured tells whether each of the metrics was kept of any account so far.
func (f *Facts) Measured(ctx context.Context, metrics []string) (bool, error) {
	var n int64
	err := f.one(ctx, "SELECT i64(count(DISTINCT metric)) AS n FROM measures WHERE metric IN (SELECT unnest({metrics:Array(String)}))", map[string]any{"metrics": metrics}, &n)
	if err != nil {
		return false, fmt.Errorf("facts: measured: %w", err)
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(metrics)))
	return int(n) == len(sorted), nil
}

// FirstMeasured is the first day of which the metric was kept of any account, 0
// for none.
func (f *Facts) FirstMeasured(ctx context.Context, metric string) (first farol.Day, err error) {
	err = f.eachDay(ctx, "SELECT min(toNullable(day)) AS d FROM measures WHERE metric = {metric:String}", map[string]any{"metric": metric}, func(d farol.Day) { first = d })
	return first, err
}

// Began is the first day on which any account was seen, 0 for none.
func (f *Facts) Began(ctx context.Context) (first farol.Day, err error) {
	err = f.eachDay(ctx, "SELECT min(toNullable(day)) AS d FROM changes WHERE subject = 'account'", nil, func(d farol.Day) { first = d })
	return first, err
}

// PersonAttributes lists the attributes of people that have a text, number or
// bool value, sorted, at most 200.
func (f *Facts) PersonAttributes(ctx context.Context) (out []string, err error) {
	err = eachText(ctx, f.eng, `SELECT DISTINCT trait FROM changes WHERE subject = 'person' AND type IN ('text', 'number', 'bool') ORDER BY trait LIMIT 200`, nil,
		func(v []string) { out = append(out, v[0]) })
	return out, err
}

// PersonAttributeValues lists values that were ever said of an attribute of
// people, the most frequently said first.
func (f *Facts) PersonAttributeValues(ctx context.Context, key string, limit int) (out []string, err error) {
	// A value may be somebody's name: who sees some accounts only gets none.
	if s := sight.Of(ctx); s.Limited() || s.Hides("attribute."+key) {
		return nil, nil
	}
	err = eachText(ctx, f.eng, `SELECT value FROM changes WHERE subject = 'person' AND trait = {key:String} AND value <> '' GROUP BY value ORDER BY count(*) DESC, value LIMIT {limit:Int64}`,
		map[string]any{"key": key, "limit": int64(pageSize(limit, 1000))}, func(v []string) { out = append(out, v[0]) })
	return out, err
}

// EventNames lists the names of what was done since a day, the most done
// first: events, and "$page" and "$screen".
func (f *Facts) EventNames(ctx context.Context, since farol.Day, limit int) (out []string, err error) {
	err = eachText(ctx, f.eng, `SELECT event FROM activity WHERE day >= {since:Date} GROUP BY event HAVING sum(n) > 0 ORDER BY sum(n) DESC, event LIMIT {limit:Int64}`,
		map[string]any{"since": since, "limit": int64(pageSize(limit, 1000))}, func(v []string) { out = append(out, v[0]) })
	return out, err
}
