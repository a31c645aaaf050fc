package metric

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
)

// A definition file has three parts: a header of comment lines
//
//	-- key: value            (one of the keys below)
//	-- words [en]: text      (a text in one language)
//	--   more text           (continues the line before)
//
// the query, and the worked example between "/* example" and "*/".

var (
	headerLine   = regexp.MustCompile(`^-- ([a-z ]+?)(?: \[([a-zA-Z-]+)\])?: (.*)$`)
	headerMore   = regexp.MustCompile(`^--   (.*)$`)
	door         = regexp.MustCompile(`\{\{-?\s*([a-zA-Z]+)`)
	metricName   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	exampleStart = "/* example\n"
)

// parse reads a definition file; name is the file's name without ".sql".
func parse(name, text string) (*Metric, error) {
	m, err := parseFile(name, text)
	if err != nil {
		return nil, fmt.Errorf("metric %s: %w", name, err)
	}
	return m, nil
}

func parseFile(name, text string) (*Metric, error) {
	header, rest, err := readHeader(text)
	if err != nil {
		return nil, err
	}
	query, example, ok := strings.Cut(rest, exampleStart)
	if !ok {
		return nil, fmt.Errorf("has no worked example")
	}
	example, after, ok := strings.Cut(example, "*/")
	if !ok || strings.TrimSpace(after) != "" {
		return nil, fmt.Errorf("the worked example must end the file")
	}
	m := &Metric{Query: strings.TrimSpace(query)}
	if err := m.fill(header); err != nil {
		return nil, err
	}
	if m.Name != name || !metricName.MatchString(name) {
		return nil, fmt.Errorf("is named %q inside", m.Name)
	}
	if err := m.checkQuery(); err != nil {
		return nil, err
	}
	x, err := parseExample(example)
	if err != nil {
		return nil, fmt.Errorf("example: %w", err)
	}
	m.Example = x.Text
	return m, m.checkExample(x)
}

// header maps "key" or "key [language]" to its text.
type header map[string]string

func readHeader(text string) (header, string, error) {
	h, last := header{}, ""
	for {
		line, rest, _ := strings.Cut(text, "\n")
		if more := headerMore.FindStringSubmatch(line); more != nil && last != "" {
			h[last] += " " + strings.TrimSpace(more[1])
		} else if field := headerLine.FindStringSubmatch(line); field != nil {
			last = field[1]
			if field[2] != "" {
				last += " [" + field[2] + "]"
			}
			if _, twice := h[last]; twice {
				return nil, "", fmt.Errorf("says %q twice", last)
			}
			h[last] = strings.TrimSpace(field[3])
		} else {
			return h, text, nil
		}
		text = rest
	}
}

// take removes a key and answers its text, which must be there.
func (h header) take(key string, err *error) string {
	s, ok := h[key]
	delete(h, key)
	if (!ok || s == "") && *err == nil {
		*err = fmt.Errorf("lacks %q", key)
	}
	return s
}

func (h header) words(key string, err *error) Words {
	w := Words{}
	for _, c := range lang.Codes {
		w[c] = h.take(fmt.Sprintf("%s [%s]", key, c), err)
	}
	return w
}

func (h header) choice(key string, allowed []string, err *error) string {
	s := h.take(key, err)
	if *err == nil && !slices.Contains(allowed, s) {
		*err = fmt.Errorf("%s must be one of %s, not %q", key, strings.Join(allowed, ", "), s)
	}
	return s
}

func (h header) yes(key string, err *error) bool {
	return h.choice(key, []string{"yes", "no"}, err) == "yes"
}

func (h header) number(key string, err *error) int {
	s := h.take(key, err)
	n, bad := strconv.Atoi(s)
	if *err == nil && (bad != nil || n < 0) {
		*err = fmt.Errorf("%s must be a number, not %q", key, s)
	}
	return n
}

// list reads "a, b, c"; "none" is the empty list.
func (h header) list(key string, allowed []string, err *error) []string {
	s := h.take(key, err)
	if s == "none" {
		return nil
	}
	out := strings.Split(s, ",")
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
		if *err == nil && !slices.Contains(allowed, out[i]) {
			*err = fmt.Errorf("%s must be of %s, not %q", key, strings.Join(allowed, ", "), out[i])
		}
	}
	return out
}

// Groups are the parts of the catalogue, in the order of a customer's life.
var Groups = []string{"usage", "activation", "adoption", "retention", "revenue", "churn", "voice", "lifecycle"}

var (
	directions = []string{string(Up), string(Down), string(Neutral)}
	grains     = []string{string(farol.Daily), string(farol.Weekly), string(farol.Monthly)}
)

// fill sets the metric's fields from the header, which must be spent by then.
func (m *Metric) fill(h header) (err error) {
	m.Name = h.take("name", &err)
	m.Group = h.choice("group", Groups, &err)
	m.Unit = h.choice("unit", units, &err)
	m.Direction = Direction(h.choice("direction", directions, &err))
	m.Aggregation = Aggregation(h.take("aggregation", &err))
	if _, ok := aggregations[m.Aggregation]; err == nil && !ok {
		err = fmt.Errorf("aggregation %q is unknown", m.Aggregation)
	}
	for _, g := range h.list("grains", grains, &err) {
		m.Grains = append(m.Grains, farol.Grain(g))
	}
	if h["reach"] == "forever" {
		m.Reach = Forever
		delete(h, "reach")
	} else {
		m.Reach = h.number("reach", &err)
	}
	m.waits(h, &err)
	m.Version = h.number("version", &err)
	m.PerAccount = h.yes("per account", &err)
	m.Settings = h.list("settings", settingNames(), &err)
	m.options(h, &err)
	m.Title = h.words("title", &err)
	m.Definition = h.words("definition", &err)
	m.Formula = h.words("formula", &err)
	m.Rules = h.words("rules", &err)
	m.Reading = h.words("reading", &err)
	for key := range h {
		if err == nil {
			err = fmt.Errorf("has an unknown key %q", key)
		}
	}
	if err == nil && len(m.Grains) == 0 {
		err = fmt.Errorf("has no grain")
	}
	return err
}

// waits reads no, yes (the activation window) or a number of days.
func (m *Metric) waits(h header, err *error) {
	if s := h["waits"]; s != "yes" && s != "no" {
		m.WaitDays = h.number("waits", err)
		m.Waits = m.WaitDays > 0
		return
	}
	m.Waits = h.yes("waits", err)
}

// options reads the keys that only some aggregations have.
func (m *Metric) options(h header, err *error) {
	if m.Aggregation == Quantile {
		s := h.take("quantile", err)
		q, wrong := strconv.ParseFloat(s, 64)
		if *err == nil && (wrong != nil || q <= 0 || q >= 1) {
			*err = fmt.Errorf("quantile must be between 0 and 1, not %q", s)
		}
		m.Share = q
		if _, ok := h["by day"]; ok {
			m.ByDay = h.yes("by day", err)
		}
	}
	if h["window"] == "previous" {
		m.Previous = true
		delete(h, "window")
	} else if _, ok := h["window"]; ok {
		m.Window = h.number("window", err)
	}
	if _, ok := h["compound"]; ok {
		m.Compound = h.number("compound", err)
	}
	if _, ok := h["bounds"]; ok {
		m.Bounds = Bounds(h.choice("bounds", []string{string(ShareBounds), string(PositiveBounds)}, err))
	}
	m.Of = Accounts
	if m.Unit == "persons" || m.Aggregation == ShareOfDays {
		m.Of = People
	}
	if _, ok := h["of"]; ok {
		m.Of = Of(h.choice("of", []string{string(People), string(Accounts), string(Others)}, err))
	}
	m.Amounts = NoAmounts
	if m.Unit == Money && m.Aggregation != Quantile {
		m.Amounts = NumeratorAmount
	}
	if _, ok := h["amounts"]; ok {
		m.Amounts = Amounts(h.choice("amounts", []string{string(NoAmounts), string(NumeratorAmount), string(BothAmounts)}, err))
	}
}

// checkQuery wants the columns of the aggregation and a door that is known.
func (m *Metric) checkQuery() error {
	for _, c := range append([]string{"grp", "unit", "account"}, aggregations[m.Aggregation]...) {
		if !regexp.MustCompile(`\b` + c + `\b`).MatchString(m.Query) {
			return fmt.Errorf("the query does not answer column %s", c)
		}
	}
	for _, d := range door.FindAllStringSubmatch(m.Query, -1) {
		if _, ok := tablesOf[d[1]]; !ok {
			return fmt.Errorf("the query uses an unknown door %q", d[1])
		}
		if !slices.Contains(m.doors, d[1]) {
			m.doors = append(m.doors, d[1])
		}
	}
	if len(m.tables()) == 0 {
		return fmt.Errorf("the query reaches no facts")
	}
	if m.Reach != Forever && (m.Window > m.Reach+1 || m.Previous && m.Reach < longestWindow) {
		return fmt.Errorf("the reach must be as long as the window")
	}
	if m.ByDay && (!m.Has(farol.Daily) || m.Window > 0 || m.Previous) {
		return fmt.Errorf("by day needs the grain day, and no window")
	}
	if m.Aggregation.rolls() && (m.Reach == Forever || m.Reach >= longestWindow) {
		return fmt.Errorf("a rolling figure has a window of at most %d days, so its reach is a number below that", longestWindow)
	}
	return nil
}

// checkExample wants a figure of the example for every grain.
func (m *Metric) checkExample(x Example) error {
	for _, g := range m.Grains {
		if !slices.ContainsFunc(x.Wants, func(w Want) bool { return w.Grain == g }) {
			return fmt.Errorf("the example wants no figure per %s", g)
		}
	}
	for _, w := range x.Wants {
		if !m.Has(w.Grain) {
			return fmt.Errorf("the example wants a figure per %s, which is not among the grains", w.Grain)
		}
	}
	return nil
}
