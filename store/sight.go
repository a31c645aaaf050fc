package store

import (
	"context"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// insight tells whether what is kept of an account may be seen. What belongs
// to no account is the team's and may.
func insight(ctx context.Context, account farol.AccountID) bool {
	return account == "" || sight.Of(ctx).Account(account)
}

// within is the error for what is kept of an account out of sight: missing,
// as if it were not there.
func within(ctx context.Context, account farol.AccountID, missing error) error {
	if insight(ctx, account) {
		return nil
	}
	return missing
}

// onlyInsight leaves out what belongs to accounts out of sight.
func onlyInsight[T any](ctx context.Context, list []T, account func(T) farol.AccountID) []T {
	if !sight.Of(ctx).Limited() {
		return list
	}
	return slices.DeleteFunc(list, func(x T) bool { return !insight(ctx, account(x)) })
}

// unlimited is the limit of a list that is cut to what may be seen after it
// was read: the engines have no condition in common for so many ids.
func unlimited(ctx context.Context, limit int) int {
	if sight.Of(ctx).Limited() {
		return everything
	}
	return limit
}

// everything is the limit of a list that is read whole.
const everything = 1 << 20

func errNoAccount() error { return farol.Errorf(farol.NotFound, "there is no such account") }
