package metric

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/farol-cs/farol"
)

// Example is the worked example of a metric: facts, and the figures that
// follow from them. Its test runs it on every engine.
//
// The lines are, in any order:
//
//	zone America/Sao_Paulo                      the company's zone; UTC if absent
//	now 2026-03-10 12:00                        when the figures are read (local)
//	week sunday                                 the week's first day; Monday if absent
//	active "Report Created" $page               what makes active; everything if absent
//	activation "Report Created" 2, "Invited" 1 within 7
//	rate USD 5.00                               of the company's currency (BRL)
//	rate USD 5.50 from 2026-03-01               and from a day on
//	exclude person ana                          from every figure
//	set conventions {"pause_days": 60}          a setting's body
//	as in new_mrr                               all lines of that metric's example but its wants
//	2026-02-03 10:00  ana@acme "Report Created" plan=pro x3  known 2026-02-05 09:00
//	want day 2026-02-03 by plan "pro" = 2
//
// A fact is a local time (10:00 may be left out: noon), who (person@account;
// "@acme" an account alone, "ana" a person alone), what (a track event's name
// in quotes, or page, screen, identify, group, alias ID), its properties,
// how often (a second apart) and when it was known (at once if absent).
// {1..9} in who makes one fact for each number; {} in a property is that
// number. A want is a figure of the period of the grain that begins on the
// date; "as of DATE", "known DATE TIME", "by ATTRIBUTE VALUE" change the
// reading; the figure is a number to as many decimals as are written, or null
// and its reason; then (numerator/denominator), [low..high], incomplete.
type Example struct {
	// Text is the example as written.
	Text string
	// Settings are those that the figures are computed with.
	Settings Settings
	// Now is the clock of the reading.
	Now time.Time
	// Events are the facts, in order of Known.
	Events []farol.Event
	// Wants are the figures.
	Wants []Want
}

// Want is a figure of a worked example.
type Want struct {
	Line   string
	Grain  farol.Grain
	From   farol.Day
	AsOf   farol.Day
	Known  time.Time
	By     string
	Group  string
	Value  string // as written; "" for null
	Reason Reason
	// Numerator and Denominator as written, "" when not said.
	Numerator, Denominator string
	// Low and High as written, "" when not said.
	Low, High  string
	Incomplete bool
}

// asIn begins the line of a definition whose example has the facts of
// another's: figures of one family are easiest to follow from the same facts.
const asIn = "as in "

// borrow puts the facts of the examples that a definition names in the place
// of the lines that name them. texts are the definitions by name.
func borrow(text string, texts map[string]string) (string, error) {
	before, after, ok := strings.Cut(text, exampleStart+asIn)
	if !ok {
		return text, nil
	}
	name, after, _ := strings.Cut(after, "\n")
	_, lender, ok := strings.Cut(texts[name], exampleStart)
	if !ok || strings.HasPrefix(lender, asIn) {
		return "", fmt.Errorf("there is no example %q to take facts from", name)
	}
	var facts strings.Builder
	for s := range strings.Lines(lender) {
		if !strings.HasPrefix(s, "want ") && !strings.HasPrefix(s, "*/") {
			facts.WriteString(s)
		}
	}
	return before + exampleStart + strings.TrimRight(facts.String(), "\n") + "\n" + after, nil
}

// A line is the words of one line of an example, read from the left.
type line struct {
	words []string
}

// split cuts a line at white space; "two words" are one.
func split(s string) (line, error) {
	var out []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		end := strings.IndexAny(s, " \t")
		if s[0] == '"' {
			if end = strings.IndexByte(s[1:], '"') + 2; end < 2 {
				return line{}, fmt.Errorf("a quote is not closed")
			}
		}
		if end < 0 {
			end = len(s)
		}
		out, s = append(out, s[:end]), s[end:]
	}
	return line{out}, nil
}

func (l *line) empty() bool { return len(l.words) == 0 }

// next takes a word, "" at the end.
func (l *line) next() string {
	if l.empty() {
		return ""
	}
	w := l.words[0]
	l.words = l.words[1:]
	return w
}

// text takes a word without its quotes.
func (l *line) text() string { return strings.Trim(l.next(), `"`) }

// skip takes a word if it is the one.
func (l *line) skip(w string) bool {
	if l.empty() || l.words[0] != w {
		return false
	}
	l.words = l.words[1:]
	return true
}

// moment takes a date and, when one follows, a time of day.
func (l *line) moment(zone *time.Location) (time.Time, error) {
	d, clock := l.next(), "12:00"
	if !l.empty() && strings.Contains(l.words[0], ":") {
		clock = l.next()
	}
	return time.ParseInLocation("2006-01-02 15:04", d+" "+clock, zone)
}

func parseExample(text string) (Example, error) {
	x := Example{Text: strings.Trim(text, "\n"), Settings: Defaults()}
	x.Settings.Currency = "BRL"
	x.Settings.Rates = map[farol.Currency]float64{}
	// Settings first: facts and figures are read in the zone.
	for pass := range 2 {
		for _, s := range strings.Split(x.Text, "\n") {
			l, err := split(s)
			if err == nil && !l.empty() {
				err = x.read(&l, s, pass == 0)
			}
			if err != nil {
				return x, fmt.Errorf("%q: %w", strings.TrimSpace(s), err)
			}
		}
	}
	if x.Now.IsZero() || len(x.Wants) == 0 || len(x.Events) == 0 {
		return x, fmt.Errorf("it needs a line now, facts, and a line want")
	}
	slices.SortStableFunc(x.Events, func(a, b farol.Event) int { return a.Known.Compare(b.Known) })
	return x, x.Settings.Check()
}

// read takes in one line: settings in the first pass, the rest in the second.
func (x *Example) read(l *line, whole string, first bool) (err error) {
	fact := l.words[0][0] >= '0' && l.words[0][0] <= '9'
	want := l.words[0] == "want"
	if first == (fact || want) {
		return nil
	}
	switch {
	case fact:
		return x.fact(l)
	case want:
		return x.want(l, strings.TrimSpace(whole))
	}
	if rest, ok := strings.CutPrefix(strings.TrimSpace(whole), "set "); ok {
		name, body, _ := strings.Cut(rest, " ")
		x.Settings, err = x.Settings.With(name, []byte(body), 1)
		return err
	}
	return x.setting(l)
}

func (x *Example) setting(l *line) (err error) {
	s := &x.Settings
	switch key := l.next(); key {
	case "zone":
		s.Calendar.Zone, err = time.LoadLocation(l.next())
	case "now":
		x.Now, err = l.moment(s.Calendar.Zone)
	case "week":
		if !l.skip("sunday") {
			return fmt.Errorf("only sunday needs saying")
		}
		s.Calendar.WeekStart = time.Sunday
	case "active":
		s.Active = Active{Version: 1}
		for !l.empty() {
			s.Active.Events = append(s.Active.Events, l.text())
		}
	case "activation":
		err = x.activation(l)
	case "rate":
		code := farol.Currency(l.next())
		var r float64
		if r, err = strconv.ParseFloat(l.next(), 64); l.skip("from") && err == nil {
			d := DatedRates{Rates: map[farol.Currency]float64{code: r}}
			d.From, err = farol.ParseDay(l.next())
			s.DatedRates = append(s.DatedRates, d)
		} else {
			s.Rates[code] = r
		}
	case "exclude":
		s.Exclusions.Version = 1
		if kind := l.next(); kind == "person" {
			s.Exclusions.People = append(s.Exclusions.People, l.text())
		} else {
			s.Exclusions.Accounts = append(s.Exclusions.Accounts, l.text())
		}
	default:
		return fmt.Errorf("%q is not a word of an example", key)
	}
	if err == nil && !l.empty() {
		err = fmt.Errorf("%q is too much", l.next())
	}
	return err
}

func (x *Example) activation(l *line) (err error) {
	a := Activation{Version: 1}
	for !l.empty() && !l.skip("within") {
		c := Clause{Name: l.text()}
		if c.Min, err = strconv.Atoi(strings.TrimSuffix(l.next(), ",")); err != nil {
			return err
		}
		a.Events = append(a.Events, c)
	}
	a.WindowDays, err = strconv.Atoi(l.next())
	x.Settings.Activation = a
	return err
}

// fact adds the events of a line.
func (x *Example) fact(l *line) error {
	at, err := l.moment(x.Settings.Calendar.Zone)
	if err != nil {
		return err
	}
	who, what := l.next(), l.next()
	var rest []string
	times, known := 1, time.Time{}
	for !l.empty() {
		w := l.next()
		if n, isCount := strings.CutPrefix(w, "x"); isCount && !strings.Contains(w, "=") {
			times, err = strconv.Atoi(n)
		} else if w == "known" {
			known, err = l.moment(x.Settings.Calendar.Zone)
		} else {
			rest = append(rest, w)
		}
		if err != nil {
			return err
		}
	}
	low, high, who, err := numbersOf(who)
	for n := low; n <= high && err == nil; n++ {
		for i := range times {
			var e farol.Event
			number := strconv.Itoa(n)
			e, err = factEvent(strings.ReplaceAll(who, "{}", number), what, rest, number)
			e.ID = fmt.Sprintf("x%06d", len(x.Events))
			e.Source = "example"
			e.At = at.Add(time.Duration(i) * time.Second).UTC()
			e.Known = e.At.Add(time.Second)
			if !known.IsZero() {
				e.Known = known.UTC()
			}
			x.Events = append(x.Events, e)
		}
	}
	return err
}

// numbersOf reads "c{3..9}" as 3, 9 and "c{}".
func numbersOf(s string) (low, high int, pattern string, err error) {
	before, rest, ok := strings.Cut(s, "{")
	if !ok {
		return 1, 1, s, nil
	}
	span, after, _ := strings.Cut(rest, "}")
	a, b, _ := strings.Cut(span, "..")
	if low, err = strconv.Atoi(a); err == nil {
		high, err = strconv.Atoi(b)
	}
	return low, high, before + "{}" + after, err
}

func factEvent(who, what string, rest []string, number string) (e farol.Event, err error) {
	person, account, _ := strings.Cut(who, "@")
	e.Account = farol.AccountID(account)
	if anon, ok := strings.CutPrefix(person, farol.AnonymousPrefix); ok {
		e.Anonymous = farol.AnonymousID(anon)
	} else {
		e.User = farol.PersonID(person)
	}
	props := map[string]any{}
	switch {
	case what[0] == '"':
		e.Kind, e.Name = farol.Track, strings.Trim(what, `"`)
	case slices.Contains(farol.Kinds, farol.Kind(what)):
		e.Kind = farol.Kind(what)
	default:
		return e, fmt.Errorf("%q is neither an event in quotes nor a call", what)
	}
	for _, w := range rest {
		key, value, ok := strings.Cut(w, "=")
		if !ok && e.Kind == farol.Alias {
			e.PreviousID = w
			continue
		} else if !ok && (e.Kind == farol.Identify || e.Kind == farol.Page) {
			e.Anonymous = farol.AnonymousID(strings.TrimPrefix(w, farol.AnonymousPrefix))
			continue
		} else if !ok {
			return e, fmt.Errorf("%q is not key=value", w)
		}
		props[key] = literal(strings.ReplaceAll(value, "{}", number))
	}
	if len(props) > 0 {
		e.Properties, err = json.Marshal(props)
	}
	return e, err
}

// literal reads true, a number or a text.
func literal(s string) any {
	if b, err := strconv.ParseBool(s); err == nil && len(s) > 1 {
		return b
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return json.Number(s)
	}
	return strings.Trim(s, `"`)
}

// want adds a figure.
func (x *Example) want(l *line, whole string) (err error) {
	w := Want{Line: whole}
	l.skip("want")
	if w.Grain, err = farol.ParseGrain(l.next()); err != nil {
		return err
	}
	if w.From, err = farol.ParseDay(l.next()); err != nil {
		return err
	}
	for !l.empty() && !l.skip("=") && err == nil {
		switch key := l.next(); key {
		case "as":
			l.skip("of")
			w.AsOf, err = farol.ParseDay(l.next())
		case "known":
			w.Known, err = l.moment(x.Settings.Calendar.Zone)
		case "by":
			w.By, w.Group = l.next(), l.text()
		default:
			err = fmt.Errorf("%q is not understood", key)
		}
	}
	if w.Value = l.next(); w.Value == "null" {
		w.Value, w.Reason = "", Reason(l.next())
	}
	for !l.empty() {
		switch s := l.next(); {
		case s == "incomplete":
			w.Incomplete = true
		case s[0] == '(':
			w.Numerator, w.Denominator, _ = strings.Cut(strings.Trim(s, "()"), "/")
		case s[0] == '[':
			w.Low, w.High, _ = strings.Cut(strings.Trim(s, "[]"), "..")
		default:
			return fmt.Errorf("%q is not understood", s)
		}
	}
	x.Wants = append(x.Wants, w)
	return err
}
