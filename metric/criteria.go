package metric

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// MaxCriteria is how many named criteria are in use at once: each is compared
// with the main one.
const MaxCriteria = 8

// PutCriterion makes the criterion the next version of that name, unless it is
// the latest already. base, when not nil, is the version that the author saw,
// 0 for none. Errors are Invalid with a field of the body or name, and
// Conflict when another version was made meanwhile.
func PutCriterion(ctx context.Context, st *store.Store, name string, a Activation, base *int, author string) (store.Definition, error) {
	if err := a.Check(false); err != nil {
		return store.Definition{}, err
	}
	list, err := st.Definitions(ctx, CriterionKind)
	if err != nil {
		return store.Definition{}, fmt.Errorf("criteria: %w", err)
	}
	others := 0
	for _, d := range list {
		if x, err := readActivation(d.Body); err == nil && !x.Retired && d.Name != name {
			others++
		}
	}
	if !a.Retired && others >= MaxCriteria {
		return store.Definition{}, farol.InvalidField("name", "there are %d criteria already: retire one first", MaxCriteria)
	}
	return st.Define(ctx, store.Draft{Kind: CriterionKind, Name: name, Body: a, Author: author, Base: base})
}

// RetireCriterion makes a version of the criterion that is no longer used; its
// versions stay, and it may be put again. The error is NotFound without it.
func RetireCriterion(ctx context.Context, st *store.Store, name string, base *int, author string) (store.Definition, error) {
	d, err := st.Definition(ctx, CriterionKind, name)
	if err != nil {
		return d, err
	}
	a, err := readActivation(d.Body)
	if err != nil {
		return d, fmt.Errorf("criterion %s: %w", name, err)
	}
	a.Retired = true
	return PutCriterion(ctx, st, name, a, base, author)
}

// ReadCriteria are the latest versions of the named criteria in use, by name.
func ReadCriteria(ctx context.Context, st *store.Store) ([]store.Definition, error) {
	list, err := st.Definitions(ctx, CriterionKind)
	if err != nil {
		return nil, fmt.Errorf("criteria: %w", err)
	}
	return slices.DeleteFunc(list, func(d store.Definition) bool {
		var a struct{ Retired bool }
		return json.Unmarshal(d.Body, &a) == nil && a.Retired
	}), nil
}
