package metric

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/sight"
)

// Restatement is a figure of a closed period that took the place of an
// earlier one, because facts came in late or were learned otherwise. A new
// version of a definition or setting is no restatement: it begins a series of
// its own.
type Restatement struct {
	Metric *Metric
	// Version of the series.
	Version string
	Grain   farol.Grain
	Period  farol.Period
	// Was is the figure up to Known, which WasKnown had; Is the one from Known on.
	Was, Is         Point
	WasKnown, Known time.Time
}

// ID names the restatement in addresses.
func (x Restatement) ID() string {
	b, err := json.Marshal([]any{x.Metric.Name, x.Version, x.Grain, x.Period.From, x.Known.UnixMilli()})
	if err != nil {
		panic(err) // texts and numbers always marshal
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Ledger asks for restatements. Empty fields do not filter.
type Ledger struct {
	Metric string
	Grain  farol.Grain
	// Period bounds the first day of the periods; the zero period does not.
	Period farol.Period
	// Since keeps those restated at the instant or later.
	Since time.Time
	// Known reads the ledger as it was at the instant; zero is now.
	Known time.Time
	// AsOf keeps periods that had ended by the day; 0 is all.
	AsOf farol.Day
	// Limit of rows; 0 is 100, at most 1000. After is the cursor of the page
	// before, or "".
	Limit int
	After string
}

// Restatements lists the changes of closed figures, the latest first; next is
// the cursor of the following page, "" at the end. It reads the history and
// no fact. Errors are NotFound for the metric's name and Invalid for the
// cursor.
func (r *Reader) Restatements(ctx context.Context, q Ledger) (out []Restatement, next string, err error) {
	if q.Metric != "" {
		if _, err := r.catalogue.Find(q.Metric); err != nil {
			return nil, "", err
		}
	}
	// The history is of the whole base.
	if err := sight.Of(ctx).Whole(); err != nil {
		return nil, "", err
	}
	found, next, err := r.facts.Restatements(ctx, facts.LedgerQuery{
		Metric: q.Metric, Grain: q.Grain, From: q.Period.From, To: q.Period.To, Since: q.Since, Until: q.Known, Ended: q.AsOf,
		Limit: q.Limit, After: q.After,
	})
	if err != nil {
		return nil, "", err
	}
	for _, x := range found {
		m, err := r.catalogue.Find(x.Metric)
		if err != nil || m.hidden(ctx) {
			continue // of a metric that is no longer there, or that may not be seen
		}
		out = append(out, restatementOf(m, x))
	}
	return out, next, nil
}

func restatementOf(m *Metric, x facts.Restated) Restatement {
	return Restatement{
		Metric: m, Version: seriesVersion(x.Version), Grain: x.Grain, Period: x.Period,
		Was: keptPoint(&x.Was), Is: keptPoint(&x.HistoryRow), WasKnown: x.Was.Known, Known: x.Known,
	}
}

// keptPoint is a row of the history as a point. Of a null it does not say
// why: that would have to be computed.
func keptPoint(row *facts.HistoryRow) Point {
	return Point{
		Period: row.Period, Group: row.Group, Value: row.Value, Numerator: row.Numerator, Denominator: row.Denominator,
		Low: row.Low, High: row.High, Units: row.Units, Complete: row.Complete,
	}
}

// seriesVersion is the version without the zone that the history keeps.
func seriesVersion(stored string) string {
	v, _, _ := strings.Cut(stored, " ")
	return v
}

// VersionsOf lists the versions of the settings in a series' version: 0 for
// one that the metric uses and the version does not name.
func VersionsOf(m *Metric, version string) map[string]int {
	out := map[string]int{}
	for _, p := range parts {
		if m.uses(p.name) {
			out[p.name] = 0
		}
	}
	_, rest, _ := strings.Cut(version, "+")
	for _, word := range strings.Split(rest, "+") {
		name, n, ok := strings.Cut(word, ".")
		if _, used := out[name]; !ok || !used {
			continue
		}
		if v, err := strconv.Atoi(n); err == nil {
			out[name] = v
		}
	}
	return out
}

// Cause is a unit that a restatement comes from, with the facts about it.
type Cause struct {
	UnitChange
	// Facts were learned between the two figures and concern the unit or its
	// account.
	Facts []facts.Learned
}

// Opened is a restatement with its causes.
type Opened struct {
	Restatement
	// Difference says which units make the change. It is computed anew from
	// the facts as known at the two instants.
	Difference Difference
	// Same tells that it gives the two figures of the ledger. It does not when
	// the metric's definition has changed since.
	Same   bool
	Causes []Cause
	// Unplaced are facts about nobody in Causes: those of a person that was
	// joined to another, of an account that is left out.
	Unplaced []facts.Learned
	// Erased and Joined are what else came between the two figures: people who
	// were erased, of whom no facts are left to list, and accounts that were made
	// one or parted.
	Erased []facts.Erased
	Joined []facts.AccountJoin
	// MoreFacts tells that further facts were learned than are listed.
	MoreFacts bool
}

// Facts lists every fact once, in the order in which they were learned.
func (o Opened) Facts() []facts.Learned {
	var all, out []facts.Learned
	for _, c := range o.Causes {
		all = append(all, c.Facts...)
	}
	all = append(all, o.Unplaced...)
	slices.SortStableFunc(all, func(a, b facts.Learned) int {
		return cmp.Or(a.Known.Compare(b.Known), cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
	})
	for _, f := range all {
		if n := len(out); n == 0 || out[n-1].Source != f.Source || out[n-1].ID != f.ID {
			out = append(out, f)
		}
	}
	return out
}

// openedUnits and openedFacts bound what one opened restatement lists.
const (
	openedUnits = 200
	openedFacts = 500
)

// Restatement opens one line of the ledger: which units changed between the
// two instants, what that did to the figure, and which facts were learned
// about them. at answers the settings with some at the versions named, such as
// ReadSettingsAt; nil takes those in force. Errors are NotFound when there is
// no such line.
func (r *Reader) Restatement(ctx context.Context, id string, at func(versions map[string]int) (Settings, error)) (Opened, error) {
	if err := sight.Of(ctx).Whole(); err != nil {
		return Opened{}, err
	}
	x, err := r.line(ctx, id)
	if err != nil {
		return Opened{}, err
	}
	out := Opened{Restatement: x}
	var settings *Settings
	if at != nil {
		s, err := at(VersionsOf(x.Metric, x.Version))
		if err != nil {
			return out, err
		}
		settings = &s
	}
	before, after, err := r.between(ctx, x, settings)
	if err != nil {
		return out, err
	}
	if out.Difference, err = r.difference(ctx, before, after, "", openedUnits); err != nil {
		return out, err
	}
	near := func(a, b Point) bool {
		return (a.Value == nil) == (b.Value == nil) && abs(valueOf(a)-valueOf(b)) <= 1e-9*max(1, abs(valueOf(b)))
	}
	out.Same = near(out.Difference.Before, x.Was) && near(out.Difference.After, x.Is)
	if out.Erased, err = r.facts.Erasures(ctx, x.WasKnown, x.Known); err != nil {
		return out, err
	}
	out.Joined = r.facts.Joins(x.WasKnown, x.Known)
	return out, r.blame(ctx, &out, after)
}

func abs(x float64) float64 { return max(x, -x) }

// line finds the restatement of the id.
func (r *Reader) line(ctx context.Context, id string) (Restatement, error) {
	missing := farol.Errorf(farol.NotFound, "there is no such restatement")
	var name, version string
	var grain farol.Grain
	var day farol.Day
	var known int64
	b, err := base64.RawURLEncoding.DecodeString(id)
	if err == nil {
		err = json.Unmarshal(b, &[]any{&name, &version, &grain, &day, &known})
	}
	if err != nil || name == "" || day == 0 {
		return Restatement{}, missing
	}
	at := time.UnixMilli(known).UTC()
	found, _, err := r.facts.Restatements(ctx, facts.LedgerQuery{
		Metric: name, Grain: grain, From: day, To: day + 1, Since: at, Until: at, Limit: 1000,
	})
	if err != nil {
		return Restatement{}, err
	}
	m, err := r.catalogue.Find(name)
	for _, x := range found {
		if err == nil && seriesVersion(x.Version) == version {
			return restatementOf(m, x), nil
		}
	}
	return Restatement{}, missing
}

// between are the plans of the restatement's two sides. They are read as the
// history was: on the day of now, of the facts known at the instant.
func (r *Reader) between(ctx context.Context, x Restatement, settings *Settings) (before, after *plan, err error) {
	for _, side := range []struct {
		p     **plan
		known time.Time
	}{{&before, x.WasKnown}, {&after, x.Known}} {
		p, err := r.plan(ctx, Request{Metric: x.Metric.Name, Grain: x.Grain, Period: x.Period, Settings: settings})
		if err != nil {
			return nil, nil, err
		}
		p.Known, p.present = side.known, false
		*side.p = p
	}
	return before, after, nil
}

// blame finds the facts behind the changed units.
func (r *Reader) blame(ctx context.Context, o *Opened, after *plan) error {
	q := facts.LearnedQuery{Since: o.WasKnown, Until: o.Known, Days: after.reached(o.Period), Tables: after.tables(), Limit: openedFacts}
	basis, _ := after.metric.basis()
	if len(q.Tables) == 0 {
		q.Tables = []string{basis}
	}
	ids, err := r.idsOf(ctx, o, after.metric)
	if err != nil {
		return err
	}
	for _, c := range o.Difference.Changes {
		o.Causes = append(o.Causes, Cause{UnitChange: c})
		q.People = append(q.People, ids[c.Unit]...)
		if account := c.account(after.metric); account != "" && after.metric.Of != People && !slices.Contains(q.Accounts, account) {
			q.Accounts = append(q.Accounts, account)
		}
	}
	found, more, err := r.facts.Learned(ctx, q)
	if err != nil {
		return err
	}
	o.MoreFacts = more
	for _, x := range found {
		placed := false
		for i := range o.Causes {
			if o.Causes[i].concerns(after.metric, ids, x) {
				o.Causes[i].Facts, placed = append(o.Causes[i].Facts, x), true
			}
		}
		if !placed {
			o.Unplaced = append(o.Unplaced, x)
		}
	}
	return nil
}

// idsOf are all ids of each changed person, as known at either instant: a chain
// of links may name the person by none of those that it counts under.
func (r *Reader) idsOf(ctx context.Context, o *Opened, m *Metric) (map[string][]string, error) {
	if m.Of != People {
		return nil, nil
	}
	var people []farol.PersonID
	for _, c := range o.Difference.Changes {
		people = append(people, farol.PersonID(c.Unit))
	}
	out := map[string][]string{}
	for _, known := range []time.Time{o.WasKnown, o.Known} {
		found, err := r.facts.IDsOf(ctx, people, known)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			for _, id := range found[p] {
				if !slices.Contains(out[string(p)], string(id)) {
					out[string(p)] = append(out[string(p)], string(id))
				}
			}
		}
	}
	return out, nil
}

// account is whose unit it is.
func (c UnitChange) account(m *Metric) string {
	if m.Of == Accounts {
		return c.Unit
	}
	return c.Account
}

// concerns tells whether the fact is about the unit.
func (c UnitChange) concerns(m *Metric, ids map[string][]string, x facts.Learned) bool {
	if m.Of == People {
		return slices.ContainsFunc([]string{string(x.Canonical), string(x.Person()), string(x.User), x.PreviousID}, func(id string) bool {
			return id != "" && slices.Contains(ids[c.Unit], id)
		})
	}
	account := c.account(m)
	return account != "" && slices.Contains([]string{string(x.Resolved), string(x.Was), string(x.Account)}, account)
}

// reached is the days whose facts make the figure of the period.
func (p *plan) reached(q farol.Period) farol.Period {
	out := farol.Period{From: q.From - farol.Day(p.metric.Reach), To: q.To + farol.Day(p.waits(q))}
	if p.metric.Reach == Forever {
		out.From = 1
	}
	return out
}

// Reported is a figure as it was first said when its period was closed. A
// null says no reason.
type Reported struct {
	Point
	// Version of the series that it was computed with, and Known when.
	Version string
	Known   time.Time
}

// Reported lists what was first reported of each closed period of the
// request, by its first day, from the history alone; periods that were never
// closed are absent. Breakdowns and filters have no history: Invalid.
func (r *Reader) Reported(ctx context.Context, q Request) (map[farol.Day]Reported, error) {
	p, err := r.plan(ctx, q)
	if err != nil {
		return nil, err
	}
	if p.By != "" || len(p.Filters) > 0 {
		return nil, farol.InvalidField("segment", "what was reported is kept of all customers together")
	}
	rows, err := r.facts.Reported(ctx, p.metric.Name, p.Grain, farol.Period{From: p.periods[0].From, To: p.periods[len(p.periods)-1].To}, q.Known)
	if err != nil {
		return nil, err
	}
	out := map[farol.Day]Reported{}
	for _, row := range rows {
		i, ok := slices.BinarySearchFunc(p.periods, row.Period.From, func(a farol.Period, d farol.Day) int { return cmp.Compare(a.From, d) })
		if !ok || p.periods[i] != row.Period || row.Period.Last() > p.asOf {
			continue
		}
		out[row.Period.From] = Reported{keptPoint(&row), seriesVersion(row.Version), row.Known}
	}
	return out, nil
}
