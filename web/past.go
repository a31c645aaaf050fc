package web

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
)

// accountsThen are all accounts as the view looks at them; of the past with at
// least the given ones of their metrics.
func (s *server) accountsThen(v *visit, look *view, metrics ...string) (customer.Past, error) {
	if look.Past() {
		return s.Customers.Past(v.r.Context(), look.AsOf, look.Known, metrics...)
	}
	all, err := s.Customers.Accounts(v.r.Context())
	return customer.Past{Accounts: all}, err
}

// pastNotes say of a past list what its columns tell of that day, and what
// nobody wrote down then.
func (s *server) pastNotes(n names, then customer.Past, columns []string) ([]string, error) {
	if n.look == nil || !n.look.Past() {
		return nil, nil
	}
	p := n.v.p
	notes := []string{p.T("Attributes, owners, tags, lists, stages and segments are what was said by then, metrics what was kept by then or follows from what was known. The names of members, the titles of fields and the limits of stages are those of today.")}
	var none []string
	days := map[farol.Day][]string{}
	for name, day := range then.Days {
		title := n.title("metric." + name)
		if !slices.Contains(columns, "metric."+name) {
			continue
		}
		if day == 0 {
			none = append(none, title)
		} else if day < n.today-1 {
			days[day] = append(days[day], title)
		}
	}
	if len(none) > 0 {
		slices.Sort(none)
		notes = append(notes, p.T("Of these there was no value: %s.", strings.Join(none, ", ")))
	}
	for _, day := range slices.Sorted(maps.Keys(days)) {
		slices.Sort(days[day])
		notes = append(notes, p.T("Of these the last value by then is that of %s: %s.", p.Date(day), strings.Join(days[day], ", ")))
	}
	began, err := s.unmarked(n, columns)
	return append(notes, began...), err
}

// unmarked say which of the segments in the columns nobody had looked at yet:
// who would have been in them is not known.
func (s *server) unmarked(n names, columns []string) ([]string, error) {
	var notes []string
	for _, c := range columns {
		name, ok := strings.CutPrefix(c, "segment.")
		if !ok {
			continue
		}
		note, err := s.segmentNote(n, name)
		if err != nil {
			return nil, err
		}
		if note != "" {
			notes = append(notes, note)
		}
	}
	return notes, nil
}

// segmentNote says of a segment why who was in it at the moment is not known, or
// that its rule was another then; "" where neither is so.
func (s *server) segmentNote(n names, name string) (string, error) {
	note, _, err := s.segmentThen(n, name)
	return note, err
}

// segmentThen is segmentNote, with whether nobody knows who was in it.
func (s *server) segmentThen(n names, name string) (note string, unknown bool, err error) {
	x, err := n.book.Find(name)
	if err != nil {
		return "", false, nil // not a segment, or out of sight: nobody is in it
	}
	states, err := s.Store.SegmentStates(n.v.r.Context())
	if err != nil {
		return "", false, err
	}
	state, ok := states[name]
	day := func(t time.Time) string { return n.v.p.Date(farol.DayOf(t, n.v.company.location())) }
	switch at := n.look.moment(n.v.now); {
	case !ok:
		return n.v.p.T("Nobody has looked at %s yet.", x.Title), true, nil
	case state.Began.After(at):
		return n.v.p.T("Who is in %s is known since %s: who would have been in it before is not known.", x.Title, day(state.Began)), true, nil
	case x.Version == 1 && !n.look.Known.IsZero() && x.Created.After(n.look.Known):
		return n.v.p.T("%s was made on %s: by what was known before, nobody can say who was in it.", x.Title, day(x.Created)), true, nil
	case x.Version > 1 && x.Created.After(at):
		return n.v.p.T("The rule of %s was changed on %s: who was in it then was told by an earlier version.", x.Title, day(x.Created)), false, nil
	}
	return "", false, nil
}
