package facts

import (
	"errors"
	"fmt"
	"strings"
)

// expand writes the dialect calls of SQL in the engine's words.
func (d *dialect) expand(s string) (string, error) {
	toks, err := tokens(s)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	p := &expander{d: d, toks: toks}
	if err := p.until(&b, false); err != nil {
		return "", err
	}
	return b.String(), nil
}

type expander struct {
	d     *dialect
	toks  []token
	at    int
	depth int
}

// maxDepth bounds the nesting of calls, and so the stack.
const maxDepth = 200

// until copies tokens, expanding calls, to the end of the text; inside an
// argument it stops before the comma or parenthesis that ends it.
func (p *expander) until(b *strings.Builder, argument bool) error {
	open := 0
	for p.at < len(p.toks) {
		t := p.toks[p.at]
		if argument && open == 0 && (t.text == "," || t.text == ")") {
			return nil
		}
		switch t.text {
		case "(", "[":
			open++
		case ")", "]":
			open--
		}
		if t.kind == word {
			if c, ok := p.d.calls[t.text]; ok && p.calls() && !p.member() {
				if err := p.call(b, t.text, c); err != nil {
					return err
				}
				continue
			}
		}
		b.WriteString(t.text)
		p.at++
	}
	if argument {
		return errors.New("a call is not closed")
	}
	return nil
}

// calls tells whether the word is followed by a parenthesis.
func (p *expander) calls() bool { return p.at+1 < len(p.toks) && p.toks[p.at+1].text == "(" }

// member tells whether the word follows a dot: then it is a column.
func (p *expander) member() bool { return p.at > 0 && p.toks[p.at-1].text == "." }

func (p *expander) call(b *strings.Builder, name string, c call) error {
	if p.depth++; p.depth > maxDepth {
		return errors.New("calls are nested too deeply")
	}
	defer func() { p.depth-- }()
	p.at += 2
	var args []string
	for {
		var arg strings.Builder
		if err := p.until(&arg, true); err != nil {
			return err
		}
		args = append(args, strings.TrimSpace(arg.String()))
		end := p.toks[p.at].text
		p.at++
		if end == ")" {
			break
		}
	}
	text, err := c.text(name, args)
	b.WriteString(text)
	return err
}

// A ban is a word that the two engines read differently, or only one of them
// knows, with what to write in its place.
var bans = map[string]string{
	"pivot": "FILTER", "unpivot": "UNION ALL", "lateral": "a join on an aggregate", "qualifyby": "QUALIFY",
	"try_cast": "propNum, or check in Go", "exclude": "the columns by name", "sample": "nothing: numbers are exact",
	"semi": "EXISTS", "groups": "RANGE over dayNumber(day)",
}

// bannedCalls are banned when followed by a parenthesis.
var bannedCalls = map[string]string{
	"round": "roundHalfUp(x, n)", "concat": "||", "arg_max": "argMax", "arg_min": "argMin",
	"bool_or": "max", "bool_and": "min", "count_if": "countIf", "sumif": "sum(x) FILTER (WHERE ...)",
	"approx_count_distinct": "uniqApprox", "uniq": "uniqApprox", "strftime": "fmtDate", "formatdatetime": "fmtDate",
	"epoch": "toMillis", "epoch_ms": "toMillis", "dayofweek": "toDayOfWeek", "yearweek": "the week's first day",
	"regexp_replace": "replace", "list_contains": "has", "arrayjoin": "unnest", "numbers": "generate_series",
	"range": "generate_series", "todate": "CAST(x AS DATE)", "json_extract_string": "propStr", "jsonextractstring": "propStr",
	"adddays": "addDaysN", "addmonths": "addMonthsN", "last": "argMax", "first": "argMin",
	"now": "a parameter", "today": "a parameter", "now64": "a parameter", "random": "nothing: numbers are repeatable",
	"rand": "nothing: numbers are repeatable", "read_csv": "a door", "read_parquet": "a door", "read_text": "a door",
	"read_json": "a door", "file": "a door", "url": "a door", "remote": "a door", "glob": "a door",
}

// lint refuses a query text (with door names already in the place of the
// doors) that spells a table or a construct on which the engines differ.
func lint(s string) error {
	toks, err := tokens(s)
	if err != nil {
		return err
	}
	l := linter{}
	for _, t := range toks {
		if t.kind != space {
			l.toks = append(l.toks, t)
		}
	}
	if first := l.word(0); first != "select" && first != "with" {
		return errors.New("a query begins with SELECT or WITH")
	}
	for i := range l.toks {
		if err := l.check(i); err != nil {
			return err
		}
	}
	return nil
}

type linter struct{ toks []token }

// word is the lower-case word at i, "" when there is none.
func (l *linter) word(i int) string {
	if i < 0 || i >= len(l.toks) || l.toks[i].kind != word {
		return ""
	}
	return strings.ToLower(l.toks[i].text)
}

func (l *linter) text(i int) string {
	if i < 0 || i >= len(l.toks) {
		return ""
	}
	return l.toks[i].text
}

func (l *linter) check(i int) error {
	t := l.toks[i]
	switch t.kind {
	case literal:
		if strings.Contains(t.text, `\`) {
			return fmt.Errorf("no backslash in a literal (%s): use a parameter", t.text)
		}
	case param:
		_, _, err := paramParts(t.text)
		return err
	case symbol:
		return l.checkSymbol(i)
	case quoted:
		return l.checkTable(i, strings.ToLower(strings.Trim(t.text, `"`)))
	case word:
		return l.checkWord(i)
	}
	return nil
}

// beforeList are the words after which [ begins a list.
var beforeList = map[string]bool{"array": true, "in": true, "select": true, "distinct": true, "then": true, "else": true, "when": true, "and": true, "or": true, "not": true, "by": true, "on": true, "where": true}

func (l *linter) checkSymbol(i int) error {
	switch l.text(i) {
	case ";":
		return errors.New("one statement only: no semicolon")
	case "[":
		if k := l.toks[max(i-1, 0)]; i > 0 && (k.kind == quoted || k.text == ")" || k.text == "]" || k.kind == word && !beforeList[l.word(i-1)]) {
			return errors.New("no subscript: a[i] differs between the engines, use arrayElementOrNull")
		}
	case "$", "?":
		return errors.New("parameters are written {name:Type}")
	}
	return nil
}

func (l *linter) checkTable(i int, name string) error {
	if l.text(i-1) == "." || l.text(i+1) == "." {
		if l.text(i+1) == "." && (name == "system" || name == "information_schema" || name == "main") {
			return fmt.Errorf("no table may be named in a query (%s): use a door such as {{activity}}", name)
		}
		return nil
	}
	for _, t := range tables {
		if t.name == name {
			return fmt.Errorf("no table may be named in a query (%s): use a door such as {{activity}}", name)
		}
	}
	return nil
}

func (l *linter) checkWord(i int) error {
	w := l.word(i)
	if l.text(i-1) == "." {
		return nil
	}
	if err := l.checkTable(i, w); err != nil {
		return err
	}
	if instead, ok := bans[w]; ok {
		return fmt.Errorf("%s differs between the engines: use %s", strings.ToUpper(w), instead)
	}
	if w == "current_date" || w == "current_timestamp" {
		return fmt.Errorf("%s hides a clock: use a parameter", w)
	}
	if w == "in" && l.word(i-1) == "not" {
		return errors.New("NOT IN differs between the engines when a NULL is in the set: use NOT EXISTS")
	}
	if l.text(i+1) != "(" {
		return nil
	}
	if instead, ok := bannedCalls[w]; ok {
		return fmt.Errorf("%s() is not for queries: use %s", w, instead)
	}
	return l.checkCall(i, w)
}

// checkCall looks at the arguments of the calls that are right in one form
// only.
func (l *linter) checkCall(i int, name string) error {
	switch name {
	case "lag", "lead":
		if l.word(i+2) != "tonullable" && l.arguments(i+1) < 3 {
			return fmt.Errorf("%s answers NULL at the edge on one engine only: write %s(toNullable(x))", name, name)
		}
	case "count":
		if l.word(i+2) == "distinct" && l.arguments(i+1) > 1 {
			return errors.New("count(DISTINCT a, b) is one engine's: write count(DISTINCT (a, b))")
		}
	case "date_diff":
		if strings.EqualFold(l.text(i+2), "'week'") {
			return errors.New("date_diff of weeks differs: write intDiv(date_diff('day', a, b), 7)")
		}
	}
	return nil
}

// arguments counts those of the call whose parenthesis is at i.
func (l *linter) arguments(i int) int {
	n, depth := 1, 0
	for ; i < len(l.toks); i++ {
		switch l.text(i) {
		case "(", "[":
			depth++
		case ")", "]":
			if depth--; depth == 0 {
				return n
			}
		case ",":
			if depth == 1 {
				n++
			}
		}
	}
	return n
}
