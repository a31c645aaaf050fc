package facts

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"sort"
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
// The doors are {{activity}}, {{activity n}}, {{activityAll}}, {{presence n}},
// {{accounts}}, {{people}}, {{mrr}}, {{payingAt "start"}}, {{payingAt "end"}},
// {{answers}}, {{tickets}}, {{events}} and {{periods}}; docs/events.md and the
// methods of type doors say what columns they have.
func (f *Facts) Query(ctx context.Context, text string, s Scope, params map[string]any) (*sql.Rows, error) {
	text, all, err := f.compile(text, s, params)
	if err != nil {
		return nil, err
	}
	return f.eng.query(ctx, text, all)
}

// Explain is the SQL that Query would run, for people.
func (f *Facts) Explain(text string, s Scope, params map[string]any) (string, error) {
	text, all, err := f.compile(text, s, params)
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

// compile makes engine SQL of a query text.
func (f *Facts) compile(text string, s Scope, params map[string]any) (string, map[string]any, error) {
	d := &doors{Scope: s, params: make(map[string]any, len(params)+8), traits: &f.traits}
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
	text, err := d.render(text)
	if err != nil {
		return "", nil, err
	}
	text, err = f.eng.dialect().expand(text)
	return text, d.params, err
}

var templates sync.Map // query text -> *template.Template

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
}

func (d *doors) funcs() template.FuncMap {
	return template.FuncMap{
		"activity":    func(args ...any) (string, error) { return d.openIf(d.activityFor(args)) },
		"activityAll": func() string { return d.open(d.activity("day < {to:Date}")) },
		"presence":    func(n int) string { return d.open(d.presence(n)) },
		"accounts":    func() string { return d.open(d.accounts()) },
		"people":      func() string { return d.open(d.people()) },
		"mrr":         func() (string, error) { return d.openIf(d.mrr()) },
		"payingAt":    func(edge string) (string, error) { return d.openIf(d.payingAt(edge)) },
		"answers":     func() string { return d.open(d.answers()) },
		"tickets":     func() string { return d.open(d.tickets()) },
		"events":      func() string { return d.open(d.events()) },
		"periods":     func() (string, error) { return d.openIf(d.periods()) },
		"days":        func() (string, error) { return d.openIf(d.days()) },
		"customersAt": func(edge string, option ...string) (string, error) { return d.openIf(d.customersFor(edge, option)) },
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

// noStaff is the condition that leaves out test accounts and staff. person
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
		fmt.Fprintf(&b, " AND %s NOT IN (SELECT x.person FROM (SELECT p.person AS person, p.trait AS trait, argMax(p.value, (p.ts, p.known, p.id)) AS latest FROM %s p WHERE p.trait IN ('test', 'staff') GROUP BY p.person, p.trait) x WHERE x.latest = 'true')",
			person, d.personChanges("'test', 'staff'"))
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
// account's attributes on the day that the rows name.
func (d *doors) dayed(source string, columns []string, account, day string) string {
	if d.By == "" && len(d.Filters) == 0 {
		return "(SELECT " + selected(columns) + ", '' AS grp FROM " + source + " r)"
	}
	grp, joins, conds := "''", "", "1 = 1"
	join := func(name, key string) string {
		joins += fmt.Sprintf(" LEFT JOIN %[1]s %[2]s ON %[2]s.account = r.%[3]s AND r.%[4]s >= %[2]s.from_day AND r.%[4]s < %[2]s.to_day",
			d.attribute(name, key), name, account, day)
		return "coalesce(" + name + ".val, '')"
	}
	switch {
	case d.By == accountAttribute:
		grp = "r." + account
	case d.By != "":
		grp = join("b", d.By)
	}
	for i, x := range d.Filters {
		value := "r." + account
		if x.Attribute != accountAttribute {
			value = join("f"+strconv.Itoa(i), x.Attribute)
		}
		conds += " AND " + value + " IN " + d.list("values"+strconv.Itoa(i), x.Values)
	}
	return "(SELECT " + selected(columns) + ", " + grp + " AS grp FROM " + source + " r" + joins + " WHERE " + conds + ")"
}

// accountAttribute is the attribute that every account has: its id.
const accountAttribute = "account"

func selected(columns []string) string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = "r." + c + " AS " + c
	}
	return strings.Join(out, ", ")
}

// activity: day, account, person, key (a 64-bit number for the person), event,
// n (times, > 0), seconds (online), grp.
func (d *doors) activity(days string) string {
	source := "(SELECT day, account, person, who AS key, event, i64(sum(n)) AS n, f64(i64(sum(millis))) / 1000 AS seconds FROM activity WHERE " +
		days + d.seenBy() + d.noStaff("account", "person") + " GROUP BY day, account, person, who, event HAVING sum(n) > 0)"
	return d.dayed(source, []string{"day", "account", "person", "key", "event", "n", "seconds"}, "account", "day")
}

// active is the condition that an event is one of those that make somebody
// active: parameters active_all Bool and active_events Array(String).
func (d *doors) active() string {
	if all, ok := d.params["active_all"].(bool); ok && all {
		return ""
	}
	return " AND event IN (SELECT unnest({active_events:Array(String)}))"
}

// presence: day, account, person, key, grp; one row for each day on which the
// person did something that counts as active for the account.
func (d *doors) presence(n int) string {
	where := d.since(n) + d.seenBy() + d.active() + d.noStaff("account", "person")
	source := "(SELECT DISTINCT q.day AS day, q.account AS account, q.person AS person, q.key AS key FROM (SELECT day, account, person, who AS key, event FROM activity WHERE " +
		where + " GROUP BY day, account, person, who, event HAVING sum(n) > 0) q)"
	if !d.traits.negative.Load() {
		// No delta was ever taken back: every row stands for something that is.
		source = "(SELECT day, account, person, who AS key FROM activity WHERE " + where + " GROUP BY day, account, person, who)"
	}
	return d.dayed(source, []string{"day", "account", "person", "key"}, "account", "day")
}

// firstFacts is the first day of each account by any fact.
func (d *doors) firstFacts() string {
	of := func(table, account, cond string) string {
		return "SELECT " + account + " AS account, min(day) AS first_day FROM " + table + " WHERE " + cond + d.seenBy() + " GROUP BY " + account
	}
	return "(SELECT u.account AS account, min(u.first_day) AS first_day FROM (" +
		"SELECT a.account AS account, min(a.day) AS first_day FROM (SELECT account, day FROM activity WHERE account <> ''" + d.seenBy() + " GROUP BY account, day HAVING sum(n) > 0) a GROUP BY a.account UNION ALL " +
		of("changes", "name", "subject = 'account'") + " UNION ALL " +
		of("subscriptions", "account", "account <> ''") + " UNION ALL " +
		of("answers", "account", "account <> ''") + " UNION ALL " +
		of("tickets", "account", "account <> ''") + ") u GROUP BY u.account)"
}

// said is the day that a trait holds per name: the last said, or the first
// when a thing can happen once.
func (d *doors) said(subject, trait, pick string) string {
	return "(SELECT name, CAST(" + pick + " AS DATE) AS said_day FROM changes WHERE subject = '" + subject + "' AND trait = '" + trait + "'" + d.seenBy() + " GROUP BY name)"
}

// accounts: account, created_day (the trait created_at, else the sign-up,
// else the first fact), grp on that day.
func (d *doors) accounts() string {
	source := "(SELECT f.account AS account, coalesce(c.said_day, s.said_day, f.first_day) AS created_day FROM " + d.firstFacts() + " f" +
		" LEFT JOIN " + d.said("account", createdTrait, "argMax(value, (ts, known, id))") + " c ON c.name = f.account" +
		" LEFT JOIN " + d.said("account", "$signed_up", "min(value)") + " s ON s.name = f.account" +
		" WHERE 1 = 1" + d.noStaff("f.account", "") + ")"
	return d.dayed(source, []string{"account", "created_day"}, "account", "created_day")
}

// people: person, account (of the first activity), first_day (the trait
// created_at, else the first activity that counts), grp of the account then.
func (d *doors) people() string {
	acts := "(SELECT day, account, person, event FROM activity WHERE person <> ''" + d.seenBy() + d.active() + d.noStaff("account", "person") +
		" GROUP BY day, account, person, event HAVING sum(n) > 0)"
	created := "(SELECT p.person AS person, CAST(argMax(p.value, (p.ts, p.known, p.id)) AS DATE) AS said_day FROM " + d.personChanges("'"+createdTrait+"'") + " p GROUP BY p.person)"
	source := "(SELECT a.person AS person, a.account AS account, coalesce(c.said_day, a.active_day) AS first_day FROM " +
		"(SELECT person, argMin(account, (day, account)) AS account, min(day) AS active_day FROM " + acts + " q GROUP BY person) a LEFT JOIN " + created + " c ON c.person = a.person)"
	return d.dayed(source, []string{"person", "account", "first_day"}, "account", "first_day")
}

// moved is the last move of each event that was moved.
func (d *doors) moved() string {
	return "(SELECT source, id, hash, argMax(person, batch) AS person, argMax(account, batch) AS account FROM moves WHERE 1 = 1" + d.knownBy() + " GROUP BY source, id, hash)"
}

// typed is a typed table with the person and account of its events as they
// are known to be.
func (d *doors) typed(table, columns, cond, accountSQL, personSQL string) string {
	if !d.traits.moved.Load() {
		return "(SELECT " + columns + ", t.hash AS hash, " + accountSQL + " AS account, " + personSQL + " AS person FROM " + table + " t WHERE " + cond + ")"
	}
	return "(SELECT " + columns + ", t.hash AS hash, coalesce(m.account, " + accountSQL + ") AS account, coalesce(m.person, " + personSQL + ") AS person FROM (SELECT * FROM " +
		table + " WHERE " + cond + ") t LEFT JOIN " + d.moved() + " m ON m.hash = t.hash AND m.source = t.source AND m.id = t.id)"
}

// answers: id, account, person, day, ts, survey, kind (nps, csat, ces), score,
// scale, comment, grp. An answer given again replaces the one before. Not cut
// to the period.
func (d *doors) answers() string {
	all := d.typed("answers", "t.answer AS answer, t.day AS day, t.ts AS ts, t.known AS known, t.survey AS survey, t.kind AS kind, t.score AS score, t.scale AS scale, t.comment AS comment, t.id AS event_id",
		"1 = 1"+d.seenBy(), "t.account", "t.person")
	source := "(SELECT answer AS id, account, person, day, ts, survey, kind, score, scale, comment FROM (SELECT a.*, row_number() OVER (PARTITION BY a.answer ORDER BY a.ts DESC, a.known DESC, a.event_id DESC) AS place FROM " +
		all + " a) b WHERE b.place = 1" + d.noStaff("account", "person") + ")"
	return d.dayed(source, []string{"id", "account", "person", "day", "ts", "survey", "kind", "score", "scale", "comment"}, "account", "day")
}

// tickets: ticket, action (opened, updated, solved, reopened), account,
// person, day, ts, subject, priority, status, channel, topic, csat (null when
// not given), grp. One row per ticket event; not cut to the period.
func (d *doors) tickets() string {
	all := d.typed("tickets", "t.ticket AS ticket, t.action AS action, t.day AS day, t.ts AS ts, t.id AS id, t.subject AS subject, t.priority AS priority, t.status AS status, t.channel AS channel, t.topic AS topic, t.csat AS csat",
		"1 = 1"+d.seenBy(), "t.account", "t.person")
	source := "(SELECT * FROM " + all + " a WHERE 1 = 1" + d.noStaff("account", "person") + ")"
	return d.dayed(source, []string{"id", "ticket", "action", "account", "person", "day", "ts", "subject", "priority", "status", "channel", "topic", "csat"}, "account", "day")
}

// events: id, ts, known, day, source, kind, name, account, person, properties
// (read with propStr and propNum), grp. Cut to the period.
func (d *doors) events() string {
	all := d.typed("events", "t.id AS id, t.ts AS ts, t.known AS known, t.day AS day, t.source AS source, t.kind AS kind, t.name AS name, t.properties AS properties",
		d.since(0)+d.seenBy(), "(CASE WHEN t.as_account <> '' THEN t.as_account ELSE t.account END)",
		"(CASE WHEN t.as_person <> '' THEN t.as_person WHEN t.user_id <> '' THEN t.user_id WHEN t.anonymous <> '' THEN '"+farol.AnonymousPrefix+"' || t.anonymous ELSE '' END)")
	source := "(SELECT * FROM " + all + " a WHERE 1 = 1" + d.noStaff("account", "person") + ")"
	return d.dayed(source, []string{"id", "ts", "known", "day", "source", "kind", "name", "account", "person", "properties"}, "account", "day")
}

// mrr: subscription, account, product, plan, quantity, mrr (minor units of the
// company's currency), status, reason, voluntary (1, 0 or null), from_day,
// to_day (half-open days; what is still open ends in 2149). One row per
// subscription and run of days with one end-of-day state. What an event leaves
// out stays as it was. A currency without a rate leaves its rows out. Filters
// are not applied: which day's attributes would count depends on the question.
func (d *doors) mrr() (string, error) {
	if d.By != "" || len(d.Filters) > 0 {
		return "", errors.New(`{{mrr}} knows no breakdown and no filters: use {{payingAt}}`)
	}
	return d.spans()
}

func (d *doors) spans() (string, error) {
	rate, err := d.rates()
	if err != nil {
		return "", err
	}
	all := d.typed("subscriptions", "t.subscription AS subscription, t.day AS day, t.ts AS ts, t.known AS known, t.id AS id, t.status AS status, t.product AS product, t.plan AS plan, t.quantity AS quantity, t.mrr AS mrr, t.currency AS currency, t.reason AS reason, t.voluntary AS voluntary",
		"1 = 1"+d.seenBy(), "t.account", "''")
	carried := "SELECT account, subscription, day, status, reason, voluntary, " +
		"carried(nullif(product, '')) OVER w AS product, carried(nullif(plan, '')) OVER w AS plan, carried(quantity) OVER w AS quantity, " +
		"carried(mrr) OVER w AS mrr, carried(nullif(currency, '')) OVER w AS currency, " +
		"row_number() OVER (PARTITION BY account, subscription, day ORDER BY ts DESC, known DESC, id DESC) AS place FROM " + all + " a WHERE account <> ''" + d.noStaff("account", "") +
		" WINDOW w AS (PARTITION BY account, subscription ORDER BY ts, known, id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
	// What has no rate is left out only after its day has ended the span
	// before it.
	return "(SELECT subscription, account, product, plan, quantity, mrr, status, reason, voluntary, from_day, to_day FROM (SELECT " +
		"CASE WHEN s.status <> 'active' OR s.mrr IS NULL OR " + rate + " IS NOT NULL THEN 1 ELSE 0 END AS counted, " +
		"s.subscription AS subscription, s.account AS account, coalesce(s.product, '') AS product, coalesce(s.plan, '') AS plan, s.quantity AS quantity, " +
		"CASE WHEN s.status = 'active' THEN coalesce(" + rate + ", 0) ELSE 0 END AS mrr, s.status AS status, s.reason AS reason, s.voluntary AS voluntary, s.day AS from_day, " +
		"coalesce(lead(toNullable(s.day)) OVER (PARTITION BY s.account, s.subscription ORDER BY s.day), " + farFuture + ") AS to_day " +
		"FROM (" + carried + ") s WHERE s.place = 1) z WHERE z.counted = 1)", nil
}

// rates is the SQL that turns s.mrr into the company's currency: parameters
// currency (a code), rate_codes and rate_values, where a rate is how many
// minor units of the company's currency one minor unit of the code is worth.
func (d *doors) rates() (string, error) {
	currency, _ := d.params["currency"].(string)
	if currency == "" {
		return "s.mrr", nil
	}
	codes, _ := d.params["rate_codes"].([]string)
	vals, _ := d.params["rate_values"].([]float64)
	if len(codes) != len(vals) {
		return "", errors.New("rate_codes and rate_values differ in length")
	}
	whens := map[string]string{currency: " WHEN s.currency = '" + currency + "' THEN s.mrr"}
	for i, c := range codes {
		if v := vals[i]; c != currency && v > 0 && !math.IsInf(v, 0) {
			whens[c] = fmt.Sprintf(" WHEN s.currency = '%s' THEN i64(roundHalfUp(s.mrr * CAST(%s AS DOUBLE), 0))", c, strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	order := make([]string, 0, len(whens))
	for c := range whens {
		if !farol.Currency(c).Valid() {
			return "", farol.InvalidField("currency", "must be a %s", string(aCode))
		}
		order = append(order, c)
	}
	sort.Strings(order)
	var b strings.Builder
	for _, c := range order {
		b.WriteString(whens[c])
	}
	return "(CASE" + b.String() + " END)", nil
}

// payingAt: period, account, mrr (minor units, > 0), grp. "start" takes the
// end of the day before each period, with attributes of the period's first
// day; "end" its last day.
func (d *doors) payingAt(edge string) (string, error) {
	on := map[string]string{"start": "p.period - 1", "end": "p.last"}[edge]
	day := map[string]string{"start": "p.period", "end": "p.last"}[edge]
	if on == "" {
		return "", fmt.Errorf("payingAt knows start and end, not %q", edge)
	}
	spans, err := d.spans()
	if err != nil {
		return "", err
	}
	periods, err := d.periods()
	if err != nil {
		return "", err
	}
	source := "(SELECT p.period AS period, " + day + " AS on_day, m.account AS account, i64(sum(m.mrr)) AS mrr FROM " + periods + " p JOIN " + spans +
		" m ON m.from_day <= " + on + " AND m.to_day > " + on + " WHERE m.mrr > 0 GROUP BY p.period, " + day + ", m.account)"
	return d.dayed(source, []string{"period", "account", "mrr"}, "account", "on_day"), nil
}

// periods: period (first day), last (last day, not after as-of), until (the
// first day after), n (days up to last). Periods that begin after as-of are
// left out.
func (d *doors) periods() (string, error) {
	numbers := make([]int64, 0, len(d.Periods))
	for _, p := range d.Periods {
		n := p.Days()
		if d.AsOf != 0 && p.Last() > d.AsOf {
			n = int(d.AsOf-p.From) + 1
		}
		if n <= 0 {
			continue
		}
		if p.Days() > 9999 || p.From < 0 {
			return "", farol.InvalidField("period", "is too long")
		}
		numbers = append(numbers, int64(p.From)*1e8+int64(p.Days())*1e4+int64(n))
	}
	// One number holds a whole row, because the two engines have no way in
	// common to write a table of values that is not long.
	d.params["farol_periods"] = numbers
	return "(SELECT dayFrom(intDiv(q.v, 100000000)) AS period, dayFrom(intDiv(q.v, 100000000) + q.v % 10000 - 1) AS last, " +
		"dayFrom(intDiv(q.v, 100000000) + intDiv(q.v, 10000) % 10000) AS until, q.v % 10000 AS n FROM (SELECT unnest({farol_periods:Array(Int64)}) AS v) q)", nil
}

// traitSet remembers what is in the log at all, so that queries need not look
// for what is not.
type traitSet struct {
	account, person atomic.Bool // some account or person has an exclusion trait
	negative        atomic.Bool // the rollup has deltas below zero
	moved           atomic.Bool
}

// noteTraits looks at a commit for what traitSet tells, before it is applied:
// a reader may then look in vain, but never misses anything.
func (f *Facts) noteTraits(c *commit) {
	for _, r := range c.of(changes) {
		switch r[7].(string) {
		case "test":
			f.traits.account.Store(true)
			f.traits.person.Store(true)
		case "internal":
			f.traits.account.Store(true)
		case "staff":
			f.traits.person.Store(true)
		}
	}
	if len(c.of(moves)) > 0 {
		f.traits.moved.Store(true)
		f.traits.negative.Store(true)
	}
}

func (f *Facts) loadTraits(ctx context.Context) error {
	err := eachText(ctx, f.eng, "SELECT DISTINCT subject, trait FROM changes WHERE trait IN ('test', 'internal', 'staff')", nil, func(v []string) {
		f.traits.account.Store(f.traits.account.Load() || v[0] == "account")
		f.traits.person.Store(f.traits.person.Load() || v[0] == "person")
	})
	if err != nil {
		return err
	}
	return eachText(ctx, f.eng, "SELECT 'x' AS x FROM moves LIMIT 1", nil, func([]string) {
		f.traits.moved.Store(true)
		f.traits.negative.Store(true)
	})
}
