package segment

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/farol-cs/farol"
)

// ParseText reads a rule written as String writes it, and checks it. Errors
// are Invalid: the field is "rule" with the place in the text ("at character
// 12"), or the place in the rule when the text reads and the rule is wrong.
func ParseText(text string) (Rule, error) {
	if len(text) > maxBody {
		return Rule{}, wrong("", "is longer than %d bytes", maxBody)
	}
	p := &textParser{text: text}
	r, err := p.whole()
	if err != nil {
		return Rule{}, err
	}
	return r, r.Check()
}

// textParser reads from the left. The first error ends it.
type textParser struct {
	text  string
	at    int
	depth int
	// spans are where each condition that is no list begins and ends.
	spans [][2]int
}

// fail is an error at the place that is being read, whose number is the first
// verb of the text.
func (p *textParser) fail(text string, args ...any) error {
	return farol.InvalidField("rule", text, append([]any{utf8.RuneCountInString(p.text[:p.at]) + 1}, args...)...)
}

func (p *textParser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// take passes the sign or word, if it comes next.
func (p *textParser) take(s string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.text[p.at:], s)
	last := s[len(s)-1]
	if !ok || last >= 'a' && last <= 'z' && rest != "" && wordy(rest[0]) {
		return false
	}
	p.at += len(s)
	return true
}

func (p *textParser) want(s string) error {
	if !p.take(s) {
		return p.fail("at character %d: here should be %s", s)
	}
	return nil
}

func wordy(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c == '.' || c == '-' || c >= 0x80
}

func (p *textParser) whole() (Rule, error) {
	list, err := p.either()
	if err != nil {
		return Rule{}, err
	}
	if p.space(); p.at < len(p.text) {
		return Rule{}, p.fail("at character %d: here should be and, or, or the end")
	}
	return anyOf(list), nil
}

func anyOf(list []Rule) Rule {
	if len(list) == 1 {
		return list[0]
	}
	return Rule{Any: list}
}

// either reads terms with "or" between them.
func (p *textParser) either() ([]Rule, error) {
	if p.depth++; p.depth > maxDepth+2 {
		return nil, p.fail("at character %d: this is nested more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	var out []Rule
	for {
		r, err := p.both()
		if err != nil {
			return nil, err
		}
		if out = append(out, r); !p.take("or") {
			return out, nil
		}
	}
}

// both reads conditions with "and" between them.
func (p *textParser) both() (Rule, error) {
	var list []Rule
	for {
		r, err := p.one()
		if err != nil {
			return Rule{}, err
		}
		if list = append(list, r); !p.take("and") {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return Rule{All: list}, nil
}

// one reads a condition, or a list in words or parentheses.
func (p *textParser) one() (Rule, error) {
	p.space()
	from, n := p.at, len(p.spans)
	p.spans = append(p.spans, [2]int{from, from})
	r, err := p.any()
	if _, list := r.list(); list != nil || strings.HasPrefix(p.text[from:], "(") {
		p.spans = slices.Delete(p.spans, n, n+1)
	} else {
		p.spans[n][1] = p.at
	}
	return r, err
}

func (p *textParser) any() (Rule, error) {
	switch {
	case p.take("not"):
		list, err := p.inside()
		return Rule{None: list}, err
	case p.take("all"):
		list, err := p.inside()
		return Rule{All: list}, err
	case p.take("any"):
		list, err := p.inside()
		return Rule{Any: list}, err
	case p.take("("):
		list, err := p.either()
		if err == nil {
			err = p.want(")")
		}
		return anyOf(list), err
	case p.take("metric"):
		m, err := p.metric()
		return Rule{Metric: m}, err
	case p.take("did"):
		d, err := p.did()
		return Rule{Did: d}, err
	case p.take("people"):
		who, err := p.people()
		return Rule{People: who}, err
	case p.take("segment"):
		s, err := p.name()
		return Rule{Segment: s}, err
	}
	a, err := p.attribute()
	return Rule{Attribute: a}, err
}

// inside reads what stands between parentheses, perhaps nothing.
func (p *textParser) inside() ([]Rule, error) {
	if err := p.want("("); err != nil {
		return nil, err
	}
	if p.take(")") {
		return []Rule{}, nil
	}
	list, err := p.either()
	if err == nil {
		err = p.want(")")
	}
	return list, err
}

// name reads a word or a quoted text.
func (p *textParser) name() (string, error) {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == '"' {
		return p.quoted()
	}
	from := p.at
	for p.at < len(p.text) && wordy(p.text[p.at]) {
		p.at++
	}
	if from == p.at {
		return "", p.fail("at character %d: here should be a name")
	}
	return p.text[from:p.at], nil
}

// quoted reads a text between quotes.
func (p *textParser) quoted() (string, error) {
	p.space()
	if p.at >= len(p.text) || p.text[p.at] != '"' {
		return "", p.fail("at character %d: here should be a text in quotes")
	}
	var b strings.Builder
	for i := p.at + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.at = i + 1
			return b.String(), nil
		case c == '\\' && i+1 < len(p.text):
			if i++; p.text[i] == 'n' {
				b.WriteByte('\n')
			} else {
				b.WriteByte(p.text[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", p.fail("at character %d: the quote is not closed")
}

// texts reads quoted texts with commas between them.
func (p *textParser) texts() ([]string, error) {
	var out []string
	for {
		s, err := p.quoted()
		if err != nil {
			return nil, err
		}
		if out = append(out, s); !p.take(",") {
			return out, nil
		}
	}
}

// comparison reads a comparison of numbers; the longer signs first.
func (p *textParser) comparison() (Op, error) {
	for _, op := range []Op{LessEqual, MoreEqual, NotEqual, Less, More, Equal} {
		if p.take(string(op)) {
			return op, nil
		}
	}
	return "", p.fail("at character %d: here should be one of = != < <= > >=")
}

func (p *textParser) number() (float64, error) {
	p.space()
	from := p.at
	for p.at < len(p.text) && strings.IndexByte("+-.eE0123456789", p.text[p.at]) >= 0 {
		p.at++
	}
	x, err := strconv.ParseFloat(p.text[from:p.at], 64)
	if err != nil {
		p.at = from
		return 0, p.fail("at character %d: here should be a number")
	}
	return x, nil
}

func (p *textParser) whole64() (int, error) {
	p.space()
	from := p.at
	for p.at < len(p.text) && (p.text[p.at] >= '0' && p.text[p.at] <= '9' || p.at == from && p.text[p.at] == '-') {
		p.at++
	}
	n, err := strconv.Atoi(p.text[from:p.at])
	if err != nil {
		p.at = from
		return 0, p.fail("at character %d: here should be a whole number")
	}
	return n, nil
}

// script runs steps until one fails.
func script(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (p *textParser) sign(s string) func() error { return func() error { return p.want(s) } }

func (p *textParser) count(into *int) func() error {
	return func() (err error) { *into, err = p.whole64(); return err }
}

func (p *textParser) compare(into *Op) func() error {
	return func() (err error) { *into, err = p.comparison(); return err }
}

func (p *textParser) metric() (*Metric, error) {
	m := &Metric{}
	var err error
	if m.Name, err = p.name(); err != nil {
		return nil, err
	}
	changed := p.take("changed")
	if changed {
		if err := p.want("by"); err != nil {
			return nil, err
		}
		m.Change = By
	}
	err = script(p.compare(&m.Op), func() (err error) { m.Number, err = p.number(); return err })
	if err != nil || !changed {
		return m, err
	}
	if p.take("%") {
		m.Change = Percent
	}
	return m, script(p.sign("in"), p.count(&m.Days), p.sign("days"))
}

func (p *textParser) did() (*Did, error) {
	d := &Did{Event: "*"}
	if !p.take("*") {
		var err error
		if d.Event, err = p.name(); err != nil {
			return nil, err
		}
	}
	err := script(p.compare(&d.Op), p.count(&d.Times), p.sign("times"), p.sign("in"), p.count(&d.Days), p.sign("days"))
	if err != nil || !p.take("where") {
		return d, err
	}
	for {
		x, err := p.property()
		if err != nil {
			return nil, err
		}
		if d.Where = append(d.Where, x); !p.take("and") {
			return d, p.want("end")
		}
	}
}

func (p *textParser) property() (x Property, err error) {
	if x.Name, err = p.name(); err != nil {
		return x, err
	}
	if x.Op = p.equality(); x.Op != "" {
		x.Values, err = p.texts()
		return x, err
	}
	var n float64
	err = script(p.compare(&x.Op), func() (err error) { n, err = p.number(); return err })
	x.Number = &n
	return x, err
}

// equality reads is or is not; "" when neither comes.
func (p *textParser) equality() Op {
	switch {
	case !p.take("is"):
		return ""
	case p.take("not"):
		return IsNot
	}
	return Is
}

func (p *textParser) people() (*People, error) {
	who := &People{}
	if err := script(p.compare(&who.Op), p.count(&who.Count), p.sign("who"), p.sign("(")); err != nil {
		return nil, err
	}
	list, err := p.either()
	if err == nil {
		err = p.want(")")
	}
	who.Who = anyOf(list)
	return who, err
}

func (p *textParser) attribute() (*Attribute, error) {
	a := &Attribute{}
	var err error
	if a.Name, err = p.name(); err != nil {
		return nil, err
	}
	switch {
	case p.take("is"):
		return a, p.isWhat(a)
	case p.take("contains"):
		a.Op = Contains
	case p.take("starts"):
		if a.Op, err = StartsWith, p.want("with"); err != nil {
			return nil, err
		}
	case p.take("in"):
		a.Op = Between
		return a, script(p.count(&a.From), p.sign(".."), p.count(&a.To), p.sign("days"))
	default:
		var n float64
		err = script(p.compare(&a.Op), func() (err error) { n, err = p.number(); return err })
		a.Number = &n
		return a, err
	}
	a.Values, err = p.texts()
	return a, err
}

// isWhat reads what follows an attribute's "is".
func (p *textParser) isWhat(a *Attribute) (err error) {
	switch {
	case p.take("known"):
		a.Op = Known
		return nil
	case p.take("unknown"):
		a.Op = Unknown
		return nil
	case p.take("not"):
		a.Op = IsNot
	default:
		a.Op = Is
	}
	a.Values, err = p.texts()
	return err
}
