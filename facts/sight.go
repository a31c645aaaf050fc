package facts

import (
	"context"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// SightFilter keeps the facts of the accounts that the context's reader may
// see; nil when those are all. Whoever builds a Scope for a reader adds it to
// the filters: Query refuses a scope without it.
func SightFilter(ctx context.Context) []Filter {
	if s := sight.Of(ctx); s.Limited() {
		return []Filter{{Attribute: accountAttribute, Values: s.Accounts()}}
	}
	return nil
}

// Sighted are the filters with that of the context's sight, which is added
// once. Filters and breakdowns by hidden attributes are Forbidden.
func Sighted(ctx context.Context, filters []Filter, by string) ([]Filter, error) {
	s := sight.Of(ctx)
	if s == nil {
		return filters, nil
	}
	for _, f := range append(slices.Clone(filters), Filter{Attribute: by}) {
		// Its value of today is no less hidden than that of a day.
		if err := s.Shows("attribute." + strings.TrimPrefix(f.Attribute, NowPrefix)); err != nil {
			return nil, err
		}
	}
	if bounded(ctx, filters) {
		return filters, nil
	}
	return append(slices.Clone(filters), SightFilter(ctx)...), nil
}

// bounded tells whether the filters keep nothing but accounts in sight.
func bounded(ctx context.Context, filters []Filter) bool {
	s := sight.Of(ctx)
	if !s.Limited() {
		return true
	}
	own := s.Accounts()
	for _, f := range filters {
		if f.Attribute != accountAttribute {
			continue
		}
		// The list of the sight itself needs no look at each id.
		if len(f.Values) == len(own) && (len(own) == 0 || &f.Values[0] == &own[0]) {
			return true
		}
		if !slices.ContainsFunc(f.Values, func(id string) bool { return !s.Account(farol.AccountID(id)) }) {
			return true
		}
	}
	return false
}

// inSight refuses a query that could tell of accounts out of sight: whoever
// wrote it forgot SightFilter, or the question has no answer for some accounts
// only.
func inSight(ctx context.Context, s Scope) error {
	if bounded(ctx, s.Filters) {
		return nil
	}
	return sight.Of(ctx).Whole()
}
