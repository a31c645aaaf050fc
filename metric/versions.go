package metric

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/store"
)

// Break is where a version of a setting began: figures that are computed from
// then on are made with it, and so are all earlier ones that are read today.
type Break struct {
	Setting string
	Version int
	// Began is when the version was made, Author who made it: a member's id,
	// "token:NAME" or "system".
	Began  time.Time
	Author string
}

// Breaks lists the versions of the settings that the metric uses, the oldest
// first.
func Breaks(ctx context.Context, s *store.Store, m *Metric) ([]Break, error) {
	var out []Break
	for _, p := range parts {
		if !m.uses(p.name) {
			continue
		}
		list, err := s.DefinitionVersions(ctx, SettingKind, p.name)
		if err != nil {
			return nil, fmt.Errorf("versions of the setting %s: %w", p.name, err)
		}
		for _, d := range list {
			out = append(out, Break{p.name, d.Version, d.Created, d.Author})
		}
	}
	slices.SortStableFunc(out, func(a, b Break) int { return cmp.Or(a.Began.Compare(b.Began), cmp.Compare(a.Version, b.Version)) })
	return out, nil
}

// Uses tells whether the metric's figures depend on the setting.
func (m *Metric) Uses(setting string) bool { return m.uses(setting) }

// SettingNames lists the settings that the metric's figures depend on.
func (m *Metric) SettingNames() []string {
	var out []string
	for _, p := range parts {
		if m.uses(p.name) {
			out = append(out, p.name)
		}
	}
	return out
}

// Comparison is a series under two versions of a setting.
type Comparison struct {
	Setting string
	// A and B are the two versions of the setting, 0 the default.
	A, B int
	// Before and After are the series under A and under B, of the same periods.
	Before, After Series
}

// CompareVersions reads the series of the request under two versions of one
// of the settings that the metric uses; the other settings are those in force.
// Errors: NotFound for the metric, Invalid naming setting, a or b.
func (r *Reader) CompareVersions(ctx context.Context, s *store.Store, q Request, setting string, a, b int) (Comparison, error) {
	out := Comparison{Setting: setting, A: a, B: b}
	first, second, err := r.TwoVersions(ctx, s, q, setting, a, b)
	if err != nil {
		return out, err
	}
	if out.Before, err = r.Read(ctx, first); err != nil {
		return out, err
	}
	if out.After, err = r.Read(ctx, second); err != nil {
		return out, err
	}
	if out.Before.Currency != out.After.Currency {
		return out, farol.InvalidField("setting", "the two versions count in different currencies: %s and %s", out.Before.Currency, out.After.Currency)
	}
	return out, nil
}

// TwoVersions makes two requests of one, under two versions of the setting.
func (r *Reader) TwoVersions(ctx context.Context, s *store.Store, q Request, setting string, a, b int) (first, second Request, err error) {
	m, err := r.catalogue.Find(q.Metric)
	if err != nil {
		return q, q, err
	}
	if !m.uses(setting) {
		return q, q, farol.InvalidField("setting", "this metric does not use the setting %q", setting)
	}
	first, second = q, q
	for _, x := range []struct {
		field   string
		version int
		to      *Request
	}{{"a", a, &first}, {"b", b, &second}} {
		if x.version < 0 {
			return q, q, farol.InvalidField(x.field, "a version is a number, 0 for the default")
		}
		settings, err := ReadSettingsAt(ctx, s, map[string]int{setting: x.version})
		if farol.KindOf(err) == farol.Invalid {
			return q, q, farol.InvalidField(x.field, "there is no version %d of the setting %s", x.version, setting)
		}
		if err != nil {
			return q, q, err
		}
		x.to.Settings = &settings
	}
	return first, second, nil
}

// Said is what a setting says, in words that need no translation; "" for a
// name that there is no setting of.
func (s *Settings) Said(setting string) string {
	for _, p := range parts {
		if p.name == setting {
			return p.say(s)
		}
	}
	return ""
}
