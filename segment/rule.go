// Package segment says which accounts belong together. A rule is data: it is
// written as JSON, as text or by a builder, all of which mean the same; it is
// put into words in both languages, compiled to the doors of package facts and
// evaluated as of any day and as known at any instant. Who is in a segment is
// kept as an attribute of the account, so a segment filters and breaks down
// every number, on both clocks.
package segment

// Rule is one condition on an account: exactly one of its fields is set.
type Rule struct {
	// All, Any and None hold when all, at least one, or none of theirs do. An
	// empty All always holds.
	All  []Rule `json:"all,omitzero"`
	Any  []Rule `json:"any,omitzero"`
	None []Rule `json:"none,omitzero"`

	Attribute *Attribute `json:"attribute,omitempty"`
	Metric    *Metric    `json:"metric,omitempty"`
	Did       *Did       `json:"did,omitempty"`
	People    *People    `json:"people,omitempty"`
	// Segment is the name of another segment.
	Segment string `json:"segment,omitempty"`
}

// Op compares what is there with what is asked for.
type Op string

// The comparisons. Is and IsNot take texts of which one has to be equal;
// Contains and StartsWith texts, letters in either case; Known and Unknown
// nothing; Between whole days from today, both included, negative for the
// past; the rest a number.
const (
	Is         Op = "is"
	IsNot      Op = "is not"
	Contains   Op = "contains"
	StartsWith Op = "starts with"
	Known      Op = "is known"
	Unknown    Op = "is unknown"
	Between    Op = "in days"
	Equal      Op = "="
	NotEqual   Op = "!="
	Less       Op = "<"
	LessEqual  Op = "<="
	More       Op = ">"
	MoreEqual  Op = ">="
)

// numeric are the comparisons with a number.
var numeric = []Op{Equal, NotEqual, Less, LessEqual, More, MoreEqual}

// holds tells whether a op b.
func (op Op) holds(a, b float64) bool {
	switch op {
	case Equal:
		return a == b
	case NotEqual:
		return a != b
	case Less:
		return a < b
	case LessEqual:
		return a <= b
	case More:
		return a > b
	case MoreEqual:
		return a >= b
	}
	return false
}

// negated is the numeric comparison that holds exactly when op does not.
func (op Op) negated() Op {
	return map[Op]Op{Equal: NotEqual, NotEqual: Equal, Less: MoreEqual, MoreEqual: Less, More: LessEqual, LessEqual: More}[op]
}

// Attribute is a condition on what is said of an account (inside People: of a
// person). "created_at" is the day on which the account began, whoever said so.
type Attribute struct {
	Name string `json:"name"`
	Op   Op     `json:"op"`
	// Values are the texts of Is, IsNot, Contains and StartsWith.
	Values []string `json:"values,omitempty"`
	// Number is that of the numeric comparisons.
	Number *float64 `json:"number,omitempty"`
	// From and To are the days of Between.
	From int `json:"from,omitempty"`
	To   int `json:"to,omitempty"`
}

// Metric is a condition on what a metric says of the account: its latest daily
// value, or how much that has changed since Days days before.
type Metric struct {
	Name   string  `json:"name"`
	Op     Op      `json:"op"`
	Number float64 `json:"number"`
	// Change is "" for the value itself, "by" for the difference, "percent"
	// for the difference in per cent of the earlier value (no match where that
	// is zero).
	Change string `json:"change,omitempty"`
	Days   int    `json:"days,omitempty"`
}

// The ways of Metric.Change.
const (
	By      = "by"
	Percent = "percent"
)

// Did is a condition on how often something was done for the account (inside
// People: by the person, for the account) on the last Days days, the day of
// the reading included. Zero times counts, so "< 3" holds for who never did.
type Did struct {
	// Event is a track event's name, "$page", "$screen", or "*" for any.
	Event string `json:"event"`
	Op    Op     `json:"op"`
	Times int    `json:"times"`
	Days  int    `json:"days"`
	// Where are conditions on the event's properties, all of which must hold.
	Where []Property `json:"where,omitempty"`
}

// Property is a condition on a property of an event: Is and IsNot take texts,
// the numeric comparisons a number.
type Property struct {
	Name   string   `json:"name"`
	Op     Op       `json:"op"`
	Values []string `json:"values,omitempty"`
	Number *float64 `json:"number,omitempty"`
}

// People is a condition on how many people of the account are as Who says.
// Who may hold All, Any, None, Attribute and Did.
type People struct {
	Op    Op   `json:"op"`
	Count int  `json:"count"`
	Who   Rule `json:"who"`
}
