package web

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/metric"
)

// A criterion as a form has one row per clause: the lists event, min, by,
// within, where and group go together by their place. group is "" or the
// number of a group, from 1, of which group_least says how many clauses it
// needs.

// clauseRow is a clause as text, with what is wrong with it.
type clauseRow struct {
	Number                               int
	Event, Min, By, Within, Where, Group string
	Wrong                                string
}

func (c clauseRow) empty() bool {
	return strings.TrimSpace(c.Event+c.Within+c.Where) == ""
}

// clauseGroup is a group of clauses; Letter is its name on the page.
type clauseGroup struct{ Number, Letter, Least string }

// startEvent is the choice of a start that an event's name says.
const startEvent = "event"

// fieldsOf writes a criterion as text fields; criterionForm reads the same
// criterion from them.
func fieldsOf(a metric.Activation) url.Values {
	f := url.Values{
		"title": {a.Title}, "scope": {a.Scope}, "at_least": {strconv.Itoa(a.AtLeast)}, "window_days": {strconv.Itoa(a.WindowDays)},
		"from": {a.From}, "start": {a.Start}, "start_event": {""},
	}
	if a.Start != "" && a.Start != facts.StartSubscription {
		f.Set("start", startEvent)
		f.Set("start_event", a.Start)
	}
	add := func(c metric.Clause, group string) {
		within := ""
		if c.WithinDays > 0 {
			within = strconv.Itoa(c.WithinDays)
		}
		for name, text := range map[string]string{
			"event": c.Name, "min": strconv.Itoa(c.Min), "by": c.By, "within": within, "where": whereLines(c.Where), "group": group,
		} {
			f.Add(name, text)
		}
	}
	for _, c := range a.Events {
		add(c, "")
	}
	for i, g := range a.Groups {
		f.Add("group_least", strconv.Itoa(g.AtLeast))
		for _, c := range g.Events {
			add(c, strconv.Itoa(i+1))
		}
	}
	return f
}

// clauseRows are the rows as they were typed.
func clauseRows(f url.Values) []clauseRow {
	out := make([]clauseRow, len(f["event"]))
	for i := range out {
		at := func(name string) string {
			if list := f[name]; i < len(list) {
				return strings.TrimSpace(list[i])
			}
			return ""
		}
		out[i] = clauseRow{Number: i + 1, Event: at("event"), Min: at("min"), By: at("by"), Within: at("within"), Where: at("where"), Group: at("group")}
	}
	return out
}

// Clauses are the rows of the form, with empty ones to fill.
func (p settingPage) Clauses() []clauseRow {
	rows := clauseRows(p.Fields)
	for n := len(rows); n > 0 && rows[n-1].empty(); n = len(rows) {
		rows = rows[:n-1]
	}
	for range 2 {
		rows = append(rows, clauseRow{Number: len(rows) + 1, Min: "1"})
	}
	for i := range rows {
		rows[i].Wrong = p.Error(rowField(rows[i].Number))
	}
	return rows
}

// Groups are the groups that rows may be in: those in use and one more.
func (p settingPage) Groups() []clauseGroup {
	n := len(p.Fields["group_least"])
	for n > 0 && !slices.Contains(p.Fields["group"], strconv.Itoa(n)) {
		n--
	}
	var out []clauseGroup
	for i := range min(n+1, maxGroups) {
		g := clauseGroup{Number: strconv.Itoa(i + 1), Letter: string(rune('A' + i)), Least: "0"}
		if i < len(p.Fields["group_least"]) {
			g.Least = p.Fields["group_least"][i]
		}
		out = append(out, g)
	}
	return out
}

// maxGroups is how many groups have a letter.
const maxGroups = 20

// Needed are the choices of how many of several things must hold.
func (p settingPage) Needed(chosen string) []choice {
	n, _ := strconv.Atoi(chosen)
	texts := []string{p.visit.p.T("All of them"), p.visit.p.T("Any one")}
	for i := 2; i <= max(5, n); i++ {
		texts = append(texts, p.visit.p.T("At least %d", i))
	}
	out := make([]choice, len(texts))
	for i, text := range texts {
		out[i] = choice{Value: strconv.Itoa(i), Name: text, Chosen: i == n}
	}
	return out
}

// rowField names a row in errors.
func rowField(number int) string { return "row-" + strconv.Itoa(number) }

// criterionForm reads a criterion. Errors are Invalid; their field is an input
// or, for a clause, its row.
func criterionForm(f url.Values, main bool) (metric.Activation, error) {
	a := metric.Activation{Title: strings.TrimSpace(f.Get("title")), Scope: f.Get("scope"), From: strings.TrimSpace(f.Get("from")), Start: f.Get("start")}
	var err error
	if a.WindowDays, err = strconv.Atoi(strings.TrimSpace(f.Get("window_days"))); err != nil {
		return a, farol.InvalidField("window_days", "This is not a number of days.")
	}
	if a.AtLeast, err = strconv.Atoi(cmp.Or(f.Get("at_least"), "0")); err != nil {
		return a, farol.InvalidField("at_least", "Write a whole number.")
	}
	if a.Start == startEvent {
		if a.Start = strings.TrimSpace(f.Get("start_event")); a.Start == "" {
			return a, farol.InvalidField("start", "Name the event.")
		}
	}
	groups := make([]metric.Group, len(f["group_least"]))
	for _, row := range clauseRows(f) {
		if row.empty() {
			continue
		}
		c, err := row.clause(a)
		if err != nil {
			return a, err
		}
		n, err := strconv.Atoi(cmp.Or(row.Group, "0"))
		switch {
		case err != nil || n < 0 || n > len(groups):
			return a, farol.InvalidField(rowField(row.Number), "There is no such group.")
		case n == 0:
			a.Events = append(a.Events, c)
		default:
			groups[n-1].Events = append(groups[n-1].Events, c)
		}
	}
	for i, g := range groups {
		if g.AtLeast, err = strconv.Atoi(f["group_least"][i]); err != nil {
			return a, farol.InvalidField("groups", "Write a whole number.")
		}
		if len(g.Events) > 0 {
			a.Groups = append(a.Groups, g)
		}
	}
	return a, a.Check(main)
}

// clause reads a row of the criterion; errors name the row.
func (c clauseRow) clause(of metric.Activation) (metric.Clause, error) {
	out := metric.Clause{Name: c.Event, By: c.By}
	field := rowField(c.Number)
	var err error
	if out.Min, err = strconv.Atoi(c.Min); err != nil {
		return out, farol.InvalidField(field, "Write a whole number.")
	}
	if c.Within != "" {
		if out.WithinDays, err = strconv.Atoi(c.Within); err != nil || out.WithinDays < 1 {
			return out, farol.InvalidField(field, "This is not a number of days.")
		}
	}
	if out.Where, err = readWhere(c.Where); err != nil {
		return out, farol.InvalidField(field, "A condition is a property, one of = != >= <=, and a value, as in: plan = pro | business")
	}
	alone := metric.Activation{Scope: of.Scope, WindowDays: of.WindowDays, Events: []metric.Clause{out}}
	if err := alone.Check(false); fieldOf(err) == "events" {
		return out, inField(field, err)
	}
	return out, nil
}

// Conditions are lines "plan = pro | business"; a value that would not read
// back as it is stands in quotes, as in JSON.

var (
	whereSigns = [][2]string{{facts.OpIs, "="}, {facts.OpIsNot, "!="}, {facts.OpAtLeast, ">="}, {facts.OpAtMost, "<="}}
	whereLine  = regexp.MustCompile(`^([^\s=!<>≠≥≤]+)\s*(=|!=|>=|<=|≠|≥|≤)\s*(.*)$`)
	whereValue = regexp.MustCompile(`^\s*("(?:[^"\\]|\\.)*"|[^|"][^|]*)\s*(?:\||$)`)
)

func whereLines(list []metric.Where) string {
	lines := make([]string, len(list))
	for i, w := range list {
		values := make([]string, len(w.Values))
		for j, x := range w.Values {
			values[j] = x
			if x == "" || strings.TrimSpace(x) != x || strings.ContainsAny(x, "|\"\n\r") {
				b, _ := json.Marshal(x) // a text always marshals
				values[j] = string(b)
			}
		}
		sign := ""
		for _, s := range whereSigns {
			if s[0] == w.Op {
				sign = s[1]
			}
		}
		lines[i] = w.Property + " " + sign + " " + strings.Join(values, " | ")
	}
	return strings.Join(lines, "\n")
}

func readWhere(text string) ([]metric.Where, error) {
	var out []metric.Where
	for _, line := range linesOf(text) {
		m := whereLine.FindStringSubmatch(line)
		if m == nil {
			return nil, farol.Errorf(farol.Invalid, "does not read: %s", line)
		}
		w := metric.Where{Property: m[1]}
		sign := strings.NewReplacer("≠", "!=", "≥", ">=", "≤", "<=").Replace(m[2])
		for _, s := range whereSigns {
			if s[1] == sign {
				w.Op = s[0]
			}
		}
		for rest := m[3]; rest != ""; {
			v := whereValue.FindStringSubmatch(rest)
			if v == nil {
				return nil, farol.Errorf(farol.Invalid, "does not read: %s", rest)
			}
			value := strings.TrimSpace(v[1])
			if strings.HasPrefix(value, `"`) {
				if err := json.Unmarshal([]byte(value), &value); err != nil {
					return nil, err
				}
			}
			w.Values, rest = append(w.Values, value), rest[len(v[0]):]
		}
		out = append(out, w)
	}
	return out, nil
}
