package customer

import (
	"context"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// LeaveOut makes a list of people leave out whom no figure counts: the people
// of those of the accounts that are tests, and whom the exclusions name. Those
// of an account that is asked for by name are all shown.
func LeaveOut(ctx context.Context, s *store.Store, f *facts.Facts, all map[farol.AccountID]*Account, q *facts.PeopleQuery) error {
	set, err := metric.ReadSettings(ctx, s)
	if err != nil {
		return err
	}
	q.LeavePeople = set.Exclusions.People
	for _, id := range set.Exclusions.Accounts {
		q.LeaveAccounts = append(q.LeaveAccounts, string(f.Joined(farol.AccountID(id), q.Known)))
	}
	for id, a := range all {
		if a.Test {
			q.LeaveAccounts = append(q.LeaveAccounts, string(id))
		}
	}
	slices.Sort(q.LeaveAccounts)
	return nil
}
