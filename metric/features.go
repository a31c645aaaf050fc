package metric

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// Features says what the product's functions are, and when somebody has
// adopted one. A body may leave out what stays at the default.
type Features struct {
	Version int       `json:"-"`
	List    []Feature `json:"features,omitempty"`
	// WindowDays is the window in which use is looked at.
	WindowDays int `json:"window_days"`
	// AdoptedDays is on how many days of the window somebody must use a
	// feature to have adopted it; one day is having tried it.
	AdoptedDays int `json:"adopted_days"`
}

// Feature is a function of the product.
type Feature struct {
	Name string `json:"name"`
	// Events are the names that show its use: track names, "$page", "$screen".
	Events []string `json:"events"`
	// Core features are those that the product is bought for.
	Core bool `json:"core,omitempty"`
	// Product that it belongs to, "" for the only one.
	Product string `json:"product,omitempty"`
	// Released is the day from which it could be used, "" for always.
	Released string `json:"released,omitempty"`
	// Plans that have it; none is all.
	Plans []string `json:"plans,omitempty"`
	// Roles of the people who have it, in the words of the team (champion,
	// decision maker, user, in any spelling) or the product's own; none is all.
	Roles []string `json:"roles,omitempty"`
}

// maxFeatureWindow bounds what the figures of adoption read back: a quarter.
const maxFeatureWindow = 92

func (f Features) check() error {
	switch {
	case f.WindowDays < 1 || f.WindowDays > maxFeatureWindow:
		return farol.InvalidField("features.window_days", "must be between 1 and %d, not %d", maxFeatureWindow, f.WindowDays)
	case f.AdoptedDays < 1 || f.AdoptedDays > f.WindowDays:
		return farol.InvalidField("features.adopted_days", "must be between 1 and the window's days")
	}
	seen := map[string]bool{}
	for _, x := range f.List {
		switch {
		case x.Name == "" || seen[x.Name]:
			return farol.InvalidField("features.features", "each feature is named once")
		case len(x.Events) == 0:
			return farol.InvalidField("features.features", "%s needs at least one event", x.Name)
		}
		if _, err := farol.ParseDay(x.Released); x.Released != "" && err != nil {
			return farol.InvalidField("features.features", "%s: released must be a date as YYYY-MM-DD", x.Name)
		}
		seen[x.Name] = true
		roles := x.roles()
		for i, role := range roles {
			if role == "" || slices.Contains(roles[:i], role) {
				return farol.InvalidField("features.features", "%s: each role is named once", x.Name)
			}
		}
	}
	return nil
}

// roles are the roles as people have them.
func (x Feature) roles() []string {
	out := make([]string, len(x.Roles))
	for i, role := range x.Roles {
		out[i] = cmp.Or(facts.RoleOf(role), role)
	}
	return out
}

// byRole tells whether any feature is for some roles only.
func (f Features) byRole() bool {
	return slices.ContainsFunc(f.List, func(x Feature) bool { return len(x.Roles) > 0 })
}

// params are bound in every query: one entry per event of a feature. Without
// core features every active day counts as core use ("*").
func (f Features) params(out map[string]any) {
	names, events, cores, marks, count := []string{}, []string{}, []string{}, []int64{}, int64(0)
	for _, x := range f.List {
		mark := int64(0)
		if x.Core {
			mark, cores = 1, append(cores, x.Events...)
		}
		count += mark
		for _, e := range x.Events {
			names, events, marks = append(names, x.Name), append(events, e), append(marks, mark)
		}
	}
	out["feature_names"], out["feature_events"], out["core_events"] = names, events, cores
	out["feature_cores"], out["core_count"] = marks, count
	out["core_any"], out["feature_count"], out["feature_any"] = len(cores) == 0, int64(len(names)), len(names) == 0
	out["feature_days"], out["adopted_days"] = int64(f.WindowDays), int64(f.AdoptedDays)
}

// String is the body.
func (f Features) String() string {
	b, err := json.Marshal(f)
	if err != nil {
		panic(err) // numbers and texts always marshal
	}
	return string(b)
}
