package customer

import (
	"context"
	"slices"

	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
)

// RuleEnv is what the rules of stages and segments are read in: the exclusions in force, the
// segments that they may name, and which metrics are zero where they have no
// value. AsOf is left to the caller.
func RuleEnv(ctx context.Context, s *store.Store, c *metric.Catalogue) (segment.Env, error) {
	set, err := metric.ReadSettings(ctx, s)
	if err != nil {
		return segment.Env{}, err
	}
	b, err := segment.Read(ctx, s)
	if err != nil {
		return segment.Env{}, err
	}
	return segment.Env{
		Segment: b.Rule,
		Scope:   facts.Scope{ExcludeAccounts: set.Exclusions.Accounts, ExcludePeople: set.Exclusions.People},
		Zero: func(name string) bool {
			m, err := c.Find(name)
			return err == nil && slices.Contains([]metric.Aggregation{metric.Sum, metric.Distinct, metric.Rolling, metric.DailyMean}, m.Aggregation)
		},
	}, nil
}
