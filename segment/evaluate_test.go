package segment

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/test/clickhouse"
)

// world is a small random company in the plainest form, and the same in an
// engine.
type world struct {
	f        *facts.Facts
	today    farol.Day
	events   []farol.Event
	measures []facts.Measure
	segments map[string]Rule
	// roles are what the team says of people.
	roles map[string]string
}

const users, accounts = 9, 8

func newWorld(t *testing.T, c facts.Config, seed uint64) *world {
	t.Helper()
	ctx := context.Background()
	end := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	c.Zone, c.Now = time.UTC, func() time.Time { return end }
	f, err := facts.Open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	w := &world{f: f, today: farol.Date(2026, 3, 20), segments: map[string]Rule{}}
	w.make(rand.New(rand.NewPCG(seed, 3)), end)
	sent := false
	err = f.Backfill(ctx, func() ([]farol.Event, error) {
		if sent {
			return nil, io.EOF
		}
		sent = true
		return w.events, nil
	})
	if err == nil {
		err = f.Settle(ctx)
	}
	if err == nil {
		err = f.SaveMeasures(ctx, w.measures)
	}
	if err == nil {
		w.roles = map[string]string{"u1": "decision_maker", "u2": "champion", "u3": "", "u4": "user"}
		var marks []facts.PersonMark
		for _, u := range slices.Sorted(maps.Keys(w.roles)) {
			marks = append(marks, facts.PersonMark{Person: farol.PersonID(u), Trait: facts.RoleTrait, Value: w.roles[u]})
		}
		err = f.SavePersonMarks(ctx, end, marks)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) make(r *rand.Rand, end time.Time) {
	of := func(values ...any) any { return values[r.IntN(len(values))] }
	for i := range 260 {
		at := end.Add(-time.Duration(r.IntN(45*24*60)) * time.Minute).Truncate(time.Second)
		user, account := farol.PersonID(fmt.Sprintf("u%d", r.IntN(users))), farol.AccountID(fmt.Sprintf("a%d", r.IntN(accounts)))
		e := farol.Event{ID: fmt.Sprintf("e%04d", i), Source: "s", At: at, Known: at, User: user, Account: account}
		props := map[string]any{}
		switch k := r.IntN(10); {
		case k < 6:
			e.Kind, e.Name = farol.Track, of("Report Created", "Member Invited").(string)
			if r.IntN(2) == 0 {
				props["pages"], props["kind"] = r.IntN(6), of("pdf", "csv")
			}
		case k < 7:
			e.Kind, e.Name = farol.Page, "Home"
		case k < 9:
			e.Kind, e.User = farol.Group, ""
			switch r.IntN(4) {
			case 0:
				props["plan"] = of("pro", "basic", "Pro plus")
			case 1:
				props["seats"] = of(5, 10, "many", 30)
			case 2:
				props["country"] = of("br", "São Tomé", "")
			default:
				props["renewal_date"] = w.today.Next(r.IntN(80) - 40).String()
			}
		default:
			e.Kind = farol.Identify
			e.Account = ""
			props["country"], props["seats"] = of("br", "pt"), r.IntN(40)
			if i%3 > 0 {
				props["role"] = []string{"Champion", "Decision-Maker", "admin", "usuária", ""}[i%5]
			}
			if r.IntN(2) == 0 {
				props["company"] = map[string]any{"id": string(account)}
			}
		}
		if len(props) > 0 {
			e.Properties, _ = json.Marshal(props)
		}
		w.events = append(w.events, e)
	}
	slices.SortStableFunc(w.events, func(a, b farol.Event) int { return a.Known.Compare(b.Known) })
	for a := range accounts {
		for d := range 20 {
			if r.IntN(4) > 0 {
				v := float64(r.IntN(200))
				w.measures = append(w.measures, facts.Measure{Account: farol.AccountID(fmt.Sprintf("a%d", a)), Metric: "mrr", Day: w.today - 1 - farol.Day(d), Value: &v})
			}
		}
	}
}

// The reference walks over the events for every account and condition.

func (w *world) props(e farol.Event) map[string]any {
	var m map[string]any
	_ = json.Unmarshal(e.Properties, &m)
	return m
}

// said is the latest value of a trait, "" and false when it was never said.
func (w *world) said(kind farol.Kind, who, trait string) (string, bool) {
	var best *farol.Event
	value := ""
	for i, e := range w.events {
		id := string(e.Account)
		if kind == farol.Identify {
			id = string(e.User)
		}
		v, ok := w.props(e)[trait]
		if e.Kind != kind || id != who || !ok {
			continue
		}
		if best == nil || cmp.Or(e.At.Compare(best.At), cmp.Compare(e.ID, best.ID)) > 0 {
			best, value = &w.events[i], plainText(v)
		}
	}
	return value, best != nil
}

func plainText(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func (w *world) accountsSeen() map[string]farol.Day {
	out := map[string]farol.Day{}
	for _, e := range w.events {
		ids := []string{string(e.Account)}
		if e.Account == "" && (e.Kind == farol.Track || e.Kind == farol.Page) {
			continue // every event of use names its account here
		}
		if e.Kind == farol.Identify {
			continue
		}
		for _, id := range ids {
			if d, ok := out[id]; id != "" && (!ok || farol.DayOf(e.At, time.UTC) < d) {
				out[id] = farol.DayOf(e.At, time.UTC)
			}
		}
	}
	return out
}

func (w *world) holds(r Rule, account, user string) bool {
	every := func(list []Rule) (all, some bool) {
		all = true
		for _, x := range list {
			h := w.holds(x, account, user)
			all, some = all && h, some || h
		}
		return all, some
	}
	switch {
	case r.All != nil:
		all, _ := every(r.All)
		return all
	case r.Any != nil:
		_, some := every(r.Any)
		return some
	case r.None != nil:
		_, some := every(r.None)
		return !some
	case r.Attribute != nil:
		return w.attribute(*r.Attribute, account, user)
	case r.Metric != nil:
		return w.metric(*r.Metric, account)
	case r.Did != nil:
		return r.Did.Op.holds(float64(w.times(*r.Did, account, user)), float64(r.Did.Times))
	case r.People != nil:
		n := 0
		for _, u := range w.members(account) {
			if w.holds(r.People.Who, account, u) {
				n++
			}
		}
		return r.People.Op.holds(float64(n), float64(r.People.Count))
	}
	return w.holds(w.segments[r.Segment], account, "")
}

func (w *world) attribute(a Attribute, account, user string) bool {
	value, said := w.said(farol.Group, account, a.Name)
	if user != "" {
		value, said = w.said(farol.Identify, user, a.Name)
		if a.Name == "role" {
			return w.role(a, value, said, w.roles[user])
		}
	} else if a.Name == "created_at" && a.Op == Between {
		value, said = w.accountsSeen()[account].String(), true
	}
	return w.compared(a, value, said)
}

// role is what the team says, else what the words that were sent stand for.
func (w *world) role(a Attribute, sent string, said bool, team string) bool {
	value := cmp.Or(team, facts.RoleOf(sent), sent)
	values := make([]string, len(a.Values))
	for i, v := range a.Values {
		if values[i] = v; (a.Op == Is || a.Op == IsNot) && facts.RoleOf(v) != "" {
			values[i] = facts.RoleOf(v)
		}
	}
	a.Values = values
	return w.compared(a, value, said || team != "")
}

func (w *world) compared(a Attribute, value string, said bool) bool {
	some := func(test func(v string) bool) bool { return said && slices.ContainsFunc(a.Values, test) }
	switch a.Op {
	case Is:
		return some(func(v string) bool { return v == value })
	case IsNot:
		return !some(func(v string) bool { return v == value })
	case Known:
		return said && value != ""
	case Unknown:
		return !said || value == ""
	case Contains:
		return some(func(v string) bool { return strings.Contains(strings.ToLower(value), strings.ToLower(v)) })
	case StartsWith:
		return some(func(v string) bool { return strings.HasPrefix(strings.ToLower(value), strings.ToLower(v)) })
	case Between:
		d, err := farol.ParseDay(value)
		return said && err == nil && d >= w.today+farol.Day(a.From) && d <= w.today+farol.Day(a.To)
	}
	x, err := strconv.ParseFloat(value, 64)
	return said && err == nil && a.Op.holds(x, *a.Number)
}

func (w *world) times(d Did, account, user string) (n int) {
	for _, e := range w.events {
		day := farol.DayOf(e.At, time.UTC)
		name := map[farol.Kind]string{farol.Track: e.Name, farol.Page: "$page"}[e.Kind]
		if name == "" || string(e.Account) != account || user != "" && string(e.User) != user || day <= w.today-farol.Day(d.Days) || day > w.today {
			continue
		}
		if d.Event != "*" && d.Event != name {
			continue
		}
		if !slices.ContainsFunc(d.Where, func(p Property) bool { return !w.property(p, w.props(e)) }) {
			n++
		}
	}
	return n
}

func (w *world) property(p Property, props map[string]any) bool {
	v, ok := props[p.Name]
	switch p.Op {
	case Is:
		return ok && slices.Contains(p.Values, plainText(v))
	case IsNot:
		return !ok || !slices.Contains(p.Values, plainText(v))
	}
	x, isNumber := v.(float64)
	return ok && isNumber && p.Op.holds(x, *p.Number)
}

func (w *world) members(account string) []string {
	seen := map[string]bool{}
	for _, e := range w.events {
		if company, ok := w.props(e)["company"].(map[string]any); ok && company["id"] == account {
			seen[string(e.User)] = true
		}
		if string(e.Account) == account && e.User != "" {
			seen[string(e.User)] = true
		}
	}
	var out []string
	for u := range seen {
		out = append(out, u)
	}
	return out
}

func (w *world) metric(m Metric, account string) bool {
	last := farol.Day(0)
	for _, x := range w.measures {
		if x.Metric == m.Name {
			last = max(last, x.Day)
		}
	}
	at := func(day farol.Day) (float64, bool) {
		for _, x := range w.measures {
			if x.Metric == m.Name && string(x.Account) == account && x.Day == day {
				return *x.Value, true
			}
		}
		return 0, m.Name == "mrr"
	}
	now, ok := at(last)
	if last == 0 {
		// Nobody has a value: counts and amounts are all zero.
		return m.Change == "" && m.Name == "mrr" && m.Op.holds(0, m.Number)
	}
	if m.Change == "" {
		return ok && m.Op.holds(now, m.Number)
	}
	earlier := farol.Day(0)
	for _, x := range w.measures {
		if target := last - farol.Day(m.Days); x.Metric == m.Name && x.Day <= target && x.Day > target-7 {
			earlier = max(earlier, x.Day)
		}
	}
	old, had := at(earlier)
	// Where both are absent nothing is known to have changed.
	_, any1 := w.value(m.Name, account, last)
	_, any2 := w.value(m.Name, account, earlier)
	if !ok || !had || !any1 && !any2 {
		return false
	}
	if m.Change == Percent {
		return old != 0 && m.Op.holds(100*(now-old)/old, m.Number)
	}
	return m.Op.holds(now-old, m.Number)
}

func (w *world) value(metric, account string, day farol.Day) (float64, bool) {
	for _, x := range w.measures {
		if x.Metric == metric && string(x.Account) == account && x.Day == day {
			return *x.Value, true
		}
	}
	return 0, false
}

func (w *world) env() Env {
	return Env{AsOf: w.today, Zero: func(m string) bool { return m == "mrr" }, Segment: func(name string) (Rule, error) {
		r, ok := w.segments[name]
		if !ok {
			return Rule{}, farol.Errorf(farol.NotFound, "there is no segment %q", name)
		}
		return r, nil
	}}
}

// want lists the accounts by the reference.
func (w *world) want(r Rule) []farol.AccountID {
	var out []farol.AccountID
	for a := range w.accountsSeen() {
		if w.holds(r, a, "") {
			out = append(out, farol.AccountID(a))
		}
	}
	slices.Sort(out)
	return out
}

var engines = map[string]func(t testing.TB) facts.Config{
	"duckdb":     func(testing.TB) facts.Config { return facts.Config{Threads: 1, MemoryLimit: "512MB"} },
	"clickhouse": func(t testing.TB) facts.Config { return facts.Config{ClickHouse: clickhouse.Reuse(t)} },
	"shards":     func(t testing.TB) facts.Config { return facts.Config{ClickHouse: clickhouse.ReuseShards(t)} },
}

// Random rules on every engine choose the accounts that the reference does.
func TestAgainstReference(t *testing.T) {
	t.Parallel()
	for name, config := range engines {
		if testing.Short() && name != "duckdb" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, config(t), 5)
			x := random{rand.New(rand.NewPCG(8, 8))}
			w.segments["big"] = Rule{Attribute: &Attribute{Name: "seats", Op: MoreEqual, Number: num(10)}}
			rules := map[string]int{"duckdb": 140}[name]
			chosen := 0
			for i := range max(rules, 40) {
				if i == rules/2 && name == "duckdb" {
					// From here on people are read off the roster.
					if err := w.f.UpdateRoster(context.Background()); err != nil {
						t.Fatal(err)
					}
				}
				r := x.rule(2, false)
				if x.r.IntN(6) == 0 {
					r = Rule{All: []Rule{r, {Segment: "big"}}}
				}
				if i%10 == 3 {
					role := Attribute{Name: "role", Op: []Op{Is, IsNot, Contains, Known}[i/10%4], Values: []string{[]string{"Decisor", "champion", "admin", "user"}[i/20%4]}}
					r = Rule{People: &People{Op: x.op(), Count: 1 + x.r.IntN(3), Who: Rule{Attribute: &role}}}
				}
				if r.Check() != nil {
					continue
				}
				got, err := Accounts(context.Background(), w.f, r, w.env(), 0)
				if err != nil {
					text, _ := Explain(w.f, r, w.env())
					t.Fatalf("%s: %v\n%s", r, err, text)
				}
				want := w.want(r)
				if !slices.Equal(got, want) {
					t.Errorf("%s\nchooses %v, the reference %v", r, got, want)
				}
				if n, err := Count(context.Background(), w.f, r, w.env()); err != nil || int(n) != len(want) {
					t.Errorf("%s: counted %d of %d, %v", r, n, len(want), err)
				}
				if len(want) > 0 && len(want) < accounts {
					chosen++
				}
				for _, code := range lang.Codes {
					if said := r.Words(lang.For(code), Titles{}); strings.Contains(said, "%!") || said == "" {
						t.Errorf("%s in words: %s", r, said)
					}
				}
			}
			if chosen < 10 {
				t.Errorf("only %d rules told accounts apart", chosen)
			}
		})
	}
}

// Who enters and leaves is kept, on both clocks, and filters like an attribute.
func TestKeep(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, engines["duckdb"](t), 6)
	rule, err := ParseText(`plan is "pro"`)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	m, err := Keep(ctx, w.f, "pros", rule, w.env(), at)
	if err != nil || len(m.Entered) == 0 || len(m.Left) != 0 {
		t.Fatalf("%+v, %v", m, err)
	}
	if again, err := Keep(ctx, w.f, "pros", rule, w.env(), at.Add(time.Hour)); err != nil || len(again.Entered)+len(again.Left) != 0 {
		t.Errorf("nothing is new: %+v, %v", again, err)
	}
	none := Rule{Any: []Rule{}}
	before := w.f.LastKnown()
	m2, err := Keep(ctx, w.f, "pros", none, w.env(), at.Add(2*time.Hour))
	if err != nil || !slices.Equal(m2.Left, m.Entered) {
		t.Errorf("%+v, %v", m2, err)
	}
	e := w.env()
	if now, err := Members(ctx, w.f, "pros", e); err != nil || len(now) != 0 {
		t.Errorf("members now: %v, %v", now, err)
	}
	e.Scope.Known = before
	if then, err := Members(ctx, w.f, "pros", e); err != nil || !slices.Equal(then, m.Entered) {
		t.Errorf("members as known before: %v, %v", then, err)
	}
	marks, err := w.f.Marks(ctx, Trait("pros"), m.Entered[0], 10)
	if err != nil || len(marks) != 2 || marks[0].Value != Out || marks[1].Value != In {
		t.Errorf("marks: %+v, %v", marks, err)
	}
	if list, err := w.f.Attributes(ctx); err != nil || slices.Contains(list, Trait("pros")) {
		t.Errorf("attributes that senders gave: %v, %v", list, err)
	}
}

// A segment that leads back to itself, or to one that is not, is refused.
func TestSegmentsOfSegments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, engines["duckdb"](t), 7)
	w.segments["a"], w.segments["b"] = Rule{Segment: "b"}, Rule{None: []Rule{{Segment: "a"}}}
	for _, r := range []Rule{{Segment: "a"}, {Segment: "nobody"}} {
		if _, err := Accounts(context.Background(), w.f, r, w.env(), 0); farol.KindOf(err) != farol.Invalid {
			t.Errorf("%s: %v", r, err)
		}
	}
}
