package facts

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"text/template"

	"github.com/farol-cs/farol"
)

// farFuture ends what is still open: later than any day asked for, and inside
// the range of both engines' dates.
const farFuture = "DATE '2149-01-01'"

// Query runs a query text through the doors. params are bound as {name:Type};
// farol.Day, time.Time, string, bool, integers, float64 and slices of string,
// int64 and float64 may be given. {from:Date} and {to:Date} are the bounds of
// the scope's period.
//
// docs/doors.md lists the doors and says what columns they
// have. A scope that does not keep to the accounts that the context's reader
// may see is refused (see SightFilter).
func (f *Facts) Query(ctx context.Context, text string, s Scope, params map[string]any) (*sql.Rows, error) {
	if err := inSight(ctx, s); err != nil {
		return nil, err
	}
	_, noEmail := hiddenOfPeople(ctx)
	text, all, err := f.compile(text, s, params, noEmail)
	if err != nil {
		return nil, err
	}
	return f.eng.query(ctx, text, all)
}

// Explain is the SQL that Query would run, for people.
func (f *Facts) Explain(text string, s Scope, params map[string]any) (string, error) {
	text, all, err := f.compile(text, s, params, false)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	names := map[string]bool{}
	_, err = eachParam(text, func(name, typ string) (string, error) {
		if !names[name] {
			names[name] = true
			fmt.Fprintf(&b, "-- {%s:%s} = %v\n", name, typ, paramValue(all[name]))
		}
		return "", nil
	})
	return b.String() + text, err
}

// compile makes engine SQL of a query text, for a reader who may see addresses
// or not.
func (f *Facts) compile(text string, s Scope, params map[string]any, noEmail bool) (string, map[string]any, error) {
	d := &doors{Scope: s, params: make(map[string]any, len(params)+8), traits: &f.traits, zone: f.Zone().String(), noEmail: noEmail}
	for k, v := range params {
		d.params[k] = v
	}
	d.params["from"], d.params["to"] = s.Period.From, s.Period.To
	if s.AsOf != 0 {
		d.params["farol_as_of"] = s.AsOf
	}
	if !s.Known.IsZero() {
		d.params["farol_known"] = s.Known
	}
	joined := f.joinedAt(s.Known)
	d.join(joined)
	_, d.embedded = f.eng.(*duck)
	d.roster = func() string { return f.currentRoster(s, d.params) }
	text, err := d.render(text)
	if err == nil {
		text, err = seeJoined(text, joined, d.params)
	}
	if err != nil {
		return "", nil, err
	}
	text, err = f.eng.dialect().expand(text)
	return text, d.params, err
}

// templates are the query texts that were parsed: *template.Template by text.
// Those that people write have no end, so all are forgotten at times.
var (
	templates sync.Map
	parsed    atomic.Int64
)

const maxTemplates = 5000

// render executes the doors of the text. While the author's words are
// checked each door is only a name in it.
func (d *doors) render(text string) (string, error) {
	t, err := d.parse(text)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := t.Funcs(d.funcs()).Execute(&b, nil); err != nil {
		var own *farol.Error
		if errors.As(err, &own) {
			return "", own
		}
		return "", fmt.Errorf("query: %w", err)
	}
	out := strings.TrimSpace(b.String())
	if err := lint(out); err != nil {
		return "", fmt.Errorf("query: %w", err)
	}
	toks, err := tokens(out)
	if err != nil {
		return "", err
	}
	b.Reset()
	for _, t := range toks {
		if t.kind == word && strings.HasPrefix(t.text, doorName) {
			n, err := strconv.Atoi(t.text[len(doorName):])
			if err != nil || n >= len(d.opened) {
				return "", fmt.Errorf("query: %s is not a door", t.text)
			}
			t.text = d.opened[n]
		}
		b.WriteString(t.text)
	}
	return b.String(), nil
}

const doorName = "farol_door_"

func (d *doors) parse(text string) (*template.Template, error) {
	if t, ok := templates.Load(text); ok {
		return t.(*template.Template).Clone()
	}
	t, err := template.New("query").Funcs(d.funcs()).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	if parsed.Add(1)%maxTemplates == 0 {
		templates.Clear()
	}
	templates.Store(text, t)
	return t.Clone()
}

// doors are the row sources of one query. Each answers a sub-query in
// parentheses that already has exclusions, as-of, known and filters applied.
type doors struct {
	Scope
	params map[string]any
	traits *traitSet
	opened []string
	// movedOnly narrows the moves that are looked at: a condition that begins
	// with AND, or nothing.
	movedOnly string
	// zone is the IANA name of the zone in which days are cut.
	zone string
	// embedded tells that the engine runs in this process.
	embedded bool
	// noEmail tells that addresses are out of the reader's sight.
	noEmail bool
	// roster is who there is now, made ahead; "" where it cannot be read.
	roster func() string
}

func (d *doors) funcs() template.FuncMap {
	all := template.FuncMap{
		"activity":    func(args ...any) (string, error) { return d.openIf(d.activityFor(args)) },
		"apart":       d.apart,
		"activityAll": func() string { return d.open(d.activity("day < {to:Date}")) },
		"presence":    func(n int) string { return d.open(d.presence(n)) },
		"present": func(n int, option ...string) (string, error) {
			return d.from("present", option, func(d *doors) (string, error) { return d.presentDoor(n), nil })
		},
		"accountDays": func(n int, option ...string) (string, error) {
			return d.from("accountDays", option, func(d *doors) (string, error) { return d.accountDays(n), nil })
		},
		"personDays": func(n int, option ...string) (string, error) {
			return d.from("personDays", option, func(d *doors) (string, error) { return d.personDays(n), nil })
		},
		"accounts": func(option ...string) (string, error) {
			return d.from("accounts", option, func(d *doors) (string, error) { return d.accounts(), nil })
		},
		"people": func(option ...string) (string, error) {
			return d.from("people", option, func(d *doors) (string, error) { return d.people(), nil })
		},
		"mrr":    func(option ...string) (string, error) { return d.from("mrr", option, (*doors).mrr) },
		"valued": func(args ...string) (string, error) { return d.openIf(d.valued(args)) },
		"payingAt": func(edge string, options ...string) (string, error) {
			return d.openIf(d.stockFor("payingAt", false, edge, options))
		},
		"movements": func(option ...string) (string, error) { return d.from("movements", option, (*doors).movements) },
		"moved":     func(n int) (string, error) { return d.openIf(d.recentMovements(n)) },
		"cohort":    func(n int) (string, error) { return d.openIf(d.cohort(n)) },
		"committed": func() (string, error) { return d.openIf(d.committed()) },
		"purchases": func() (string, error) { return d.openIf(d.purchases()) },
		"terms":     func(option ...string) (string, error) { return d.from("terms", option, (*doors).terms) },
		"answers":   func() string { return d.open(d.answers()) },
		"voters":    func(relation string) (string, error) { return d.openIf(d.voters(relation)) },
		"tickets": func(option ...string) (string, error) {
			return d.from("tickets", option, func(d *doors) (string, error) { return d.tickets(), nil })
		},
		"leads":      func() string { return d.open(d.leads()) },
		"trials":     func() string { return d.open(d.trials()) },
		"deliveries": func() string { return d.open(d.deliveries()) },
		"referrals": func(option ...string) (string, error) {
			return d.from("referrals", option, func(d *doors) (string, error) { return d.referrals(), nil })
		},
		"firstPaid": func(option ...string) (string, error) { return d.from("firstPaid", option, (*doors).firstPaid) },
		"events": func(option ...string) (string, error) {
			return d.from("events", option, func(d *doors) (string, error) { return d.events(), nil })
		},
		"periods": func() (string, error) { return d.openIf(d.periods()) },
		"days":    func() (string, error) { return d.openIf(d.days()) },
		"customersAt": func(edge string, options ...string) (string, error) {
			return d.openIf(d.stockFor("customersAt", true, edge, options))
		},
		"members":         func() string { return d.open(d.members()) },
		"measuredOn":      func(param string, ago int) (string, error) { return d.openIf(d.measuredOn(param, ago)) },
		"measured":        func(n int) string { return d.open(d.measured(n)) },
		"attribute":       func(param string) (string, error) { return d.openIf(d.attributeNow(param)) },
		"personAttribute": func(param string) (string, error) { return d.openIf(d.personAttribute(param)) },
		"attributeDays":   func(param string) (string, error) { return d.openIf(d.attributeDays(param)) },
		"registered":      func() (string, error) { return d.openIf(d.registered()) },
		"invited":         func() (string, error) { return d.openIf(d.invited()) },
		"milestones":      func() (string, error) { return d.openIf(d.milestones()) },
		"activated":       func(args ...any) (string, error) { return d.openIf(d.activated(args)) },
		"progress":        func(args ...any) (string, error) { return d.openIf(d.progress(args)) },
		"firsts":          func(n int) string { return d.open(d.firsts(n)) },
		"turns":           func() (string, error) { return d.openIf(d.turns()) },
		"trailing":        func(n int) (string, error) { return d.openIf(d.trailing(n)) },
		"moments":         func(n int) string { return d.open(d.moments(n)) },
		"seatsAt":         func() (string, error) { return d.openIf(d.seatsAt()) },
		"stays":           func(at string, option ...string) (string, error) { return d.openIf(d.staysFor(at, option)) },
		"monthly":         func(n int, option ...string) (string, error) { return d.openIf(d.monthly(n, option...)) },
		"lifetime":        func(option ...string) (string, error) { return d.openIf(d.lifetime(option...)) },
		"roles":           func() string { return d.open(d.roles()) },
		"costs":           func() (string, error) { return d.openIf(d.costs()) },
	}
	maps.Copy(all, d.derived())
	return all
}

// derived are the doors that answer what several metrics would reckon alike.
func (d *doors) derived() template.FuncMap {
	return template.FuncMap{
		"silences":         func(option ...string) (string, error) { return d.openIf(d.silences(option...)) },
		"gaps":             func(whose string) (string, error) { return d.openIf(d.gaps(whose)) },
		"comings":          func(whose string) (string, error) { return d.openIf(d.comings(whose)) },
		"breadth":          func(rows, what string) (string, error) { return d.openIf(d.breadth(rows, what)) },
		"ticketWaits":      func(end string) (string, error) { return d.openIf(d.ticketWaits(end)) },
		"valueWaits":       func() (string, error) { return d.openIf(d.valueWaits()) },
		"leadWins":         func() (string, error) { return d.openIf(d.leadWins()) },
		"acquisitionCosts": func() (string, error) { return d.openIf(d.acquisitionCosts()) },
	}
}

// open keeps the door's SQL and answers the name that stands for it.
func (d *doors) open(text string) string {
	d.opened = append(d.opened, text)
	return doorName + strconv.Itoa(len(d.opened)-1)
}

func (d *doors) openIf(text string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return d.open(text), nil
}

// since bounds the days from n days before the period to its end.
func (d *doors) since(n int) string {
	return fmt.Sprintf("day >= addDaysN({from:Date}, %d) AND day < {to:Date}", -n)
}

// seenBy is the condition of both clocks, "" when neither is limited.
func (d *doors) seenBy() string {
	var b strings.Builder
	if d.AsOf != 0 {
		b.WriteString(" AND day <= {farol_as_of:Date}")
	}
	if !d.Known.IsZero() {
		b.WriteString(" AND known <= {farol_known:DateTime64(3)}")
	}
	return b.String()
}

// knownBy is seenBy for tables without a day.
func (d *doors) knownBy() string {
	if d.Known.IsZero() {
		return ""
	}
	return " AND known <= {farol_known:DateTime64(3)}"
}

// list binds a list of texts.
func (d *doors) list(name string, values []string) string {
	d.params["farol_"+name] = values
	return "(SELECT unnest({farol_" + name + ":Array(String)}))"
}

// among compares with values: with one by equality, which an engine applies
// where it reads the rows and not after it has summed all of them up.
func (d *doors) among(name string, values []string) string {
	if len(values) != 1 {
		return " IN " + d.list(name, values)
	}
	d.params["farol_"+name] = values[0]
	return " = {farol_" + name + ":String}"
}

// only is the condition that a row is of the one account that the filters
// keep, for what is worked out account by account before they are applied; ""
// when they keep more.
func (d *doors) only() string {
	for _, x := range d.Filters {
		if x.Attribute == accountAttribute && len(x.Values) == 1 {
			return " AND account" + d.among("only", x.Values)
		}
	}
	return ""
}

// noStaff is the condition that leaves out test accounts, staff and programs
// that act as a person (bot). person
// may be "" when the rows have none. What is excluded today is excluded in
// all of history, as far as known.
func (d *doors) noStaff(account, person string) string {
	var b strings.Builder
	if len(d.ExcludeAccounts) > 0 {
		fmt.Fprintf(&b, " AND %s NOT IN %s", account, d.list("no_accounts", d.ExcludeAccounts))
	}
	if d.traits.account.Load() {
		fmt.Fprintf(&b, " AND %s NOT IN (SELECT x.name FROM (SELECT name, trait, argMax(value, (ts, known, id)) AS latest FROM changes WHERE subject = 'account' AND trait IN ('test', 'internal')%s GROUP BY name, trait) x WHERE x.latest = 'true')",
			account, d.seenBy())
	}
	if person == "" {
		return b.String()
	}
	if len(d.ExcludePeople) > 0 {
		fmt.Fprintf(&b, " AND %s NOT IN %s", person, d.list("no_people", d.ExcludePeople))
	}
	if d.traits.person.Load() {
		fmt.Fprintf(&b, " AND %s NOT IN (SELECT x.person FROM (SELECT p.person AS person, p.trait AS trait, argMax(p.value, (p.ts, p.known, p.id)) AS latest FROM %s p WHERE p.trait IN ('test', 'staff', 'bot') GROUP BY p.person, p.trait) x WHERE x.latest = 'true')",
			person, d.personChanges("'test', 'staff', 'bot'"))
	}
	return b.String()
}

// personChanges are the changes of people under their canonical ids.
func (d *doors) personChanges(traits string) string {
	return "(SELECT coalesce(m.canonical, c.name) AS person, c.trait AS trait, c.value AS value, c.ts AS ts, c.known AS known, c.id AS id, c.day AS day FROM " +
		"(SELECT * FROM changes WHERE subject = 'person' AND trait IN (" + traits + ")" + d.seenBy() + ") c LEFT JOIN " + d.merged() + " m ON m.person = c.name)"
}

// merged says who stands for whom.
func (d *doors) merged() string {
	return "(SELECT person, argMax(canonical, batch) AS canonical FROM merges WHERE 1 = 1" + d.knownBy() + " GROUP BY person)"
}

// attribute is the value of an account attribute by day: account, from_day,
// to_day, val. The last change of a day counts for the whole day.
func (d *doors) attribute(name, key string) string {
	d.params["farol_"+name] = key
	return "(SELECT v.account AS account, v.day AS from_day, coalesce(lead(toNullable(v.day)) OVER (PARTITION BY v.account ORDER BY v.day), " + farFuture + ") AS to_day, v.val AS val FROM " +
		"(SELECT name AS account, day, argMax(value, (ts, known, id)) AS val FROM changes WHERE subject = 'account' AND trait = {farol_" + name + ":String}" + d.seenBy() + " GROUP BY name, day) v)"
}

// dayed adds the column grp to a row source and applies the filters, with the
// account's attributes on the day that the rows name. Attributes that are own
// are columns of the source, not the account's.
func (d *doors) dayed(source string, columns []string, account, day string, own ...string) string {
	if d.By == "" && len(d.Filters) == 0 {
		return "(SELECT " + selected(columns) + ", '' AS grp FROM " + source + " r)"
	}
	grp, joins, conds := "''", "", "1 = 1"
	join := func(name, key string) string {
		if key, now := strings.CutPrefix(key, NowPrefix); now {
			d.params["farol_"+name] = key
			joins += fmt.Sprintf(" LEFT JOIN %[1]s %[2]s ON %[2]s.account = r.%[3]s", d.latest("farol_"+name), name, account)
			return "coalesce(" + name + ".val, '')"
		}
		joins += fmt.Sprintf(" LEFT JOIN %[1]s %[2]s ON %[2]s.account = r.%[3]s AND r.%[4]s >= %[2]s.from_day AND r.%[4]s < %[2]s.to_day",
			d.attribute(name, key), name, account, day)
		return "coalesce(" + name + ".val, '')"
	}
	switch {
	case d.By == accountAttribute:
		grp = "r." + account
	case slices.Contains(own, d.By):
		grp = "r." + d.By
	case d.By != "":
		grp = join("b", d.By)
	}
	for i, x := range d.Filters {
		value := "r." + account
		if slices.Contains(own, x.Attribute) {
			value = "r." + x.Attribute
		} else if x.Attribute != accountAttribute {
			value = join("f"+strconv.Itoa(i), x.Attribute)
		}
		conds += " AND " + value + d.among("values"+strconv.Itoa(i), x.Values)
	}
	return "(SELECT " + selected(columns) + ", " + grp + " AS grp FROM " + source + " r" + joins + " WHERE " + conds + ")"
}

// NowPrefix before an attribute's name in a filter or a breakdown means its
// latest value that is read, whatever it was on the day of the row:
// "now:plan".
const NowPrefix = "now:"

// accountAttribute is the attribute that every account has: its id.
const accountAttribute = "account"

func selected(columns []string) string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = "r." + c + " AS " + c
	}
	return strings.Join(out, ", ")
}

// apart is the group of a row before what else parts the rows of a window,
// where there are groups: parting by a constant costs an engine a quarter of the
// window.
func (d *doors) apart(group string) string {
	if d.By == "" {
		return ""
	}
	return group + ", "
}
