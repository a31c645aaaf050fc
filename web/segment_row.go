package web

import (
	"slices"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/segment"
)

// builderRow is a row with what it may choose from.
type builderRow struct {
	segment.Row
	// Wrong is what is wrong with the row, Input the field that it is.
	Wrong, Input string
	// Focus tells that the next key goes here.
	Focus bool
	p     *builderPage
}

// Level is how deep the row is drawn.
func (r builderRow) Level() int { return min(r.Depth, 9) }

// At tells whether the comparison is one of those.
func (r builderRow) At(ops ...string) bool { return slices.Contains(ops, r.Op) }

// Bad tells whether the field is the one that is wrong.
func (r builderRow) Bad(input string) bool { return r.Wrong != "" && r.Input == input }

// Label names the row for who does not see where it stands.
func (r builderRow) Label() string { return r.p.visit.p.T("Row %d, level %d", r.Number+1, r.Depth+1) }

// Removable tells whether the row may be taken out: the first holds all, and
// the list that says of whom a row of people speaks stays.
func (r builderRow) Removable() bool {
	return r.Depth > 0 && (r.Number == 0 || r.p.Rows[r.Number-1].Kind != segment.PeopleRow || r.p.Rows[r.Number-1].Depth != r.Depth-1)
}

// FocusName tells that the next key goes to the name, FocusValue that it goes
// to the value at i: the last of a row that has a name.
func (r builderRow) FocusName() bool { return r.Focus && (r.Name == "" || !r.Words()) }

// FocusValue is described with FocusName.
func (r builderRow) FocusValue(i int) bool { return r.Focus && r.Name != "" && i == len(r.Values)-1 }

// SuggestName and SuggestValue say what may be suggested for the row.
func (r builderRow) SuggestName() string {
	if r.Person {
		return "person-attribute"
	}
	return "attribute"
}

// SuggestValue is described with SuggestName.
func (r builderRow) SuggestValue() string {
	switch {
	case r.Kind == segment.PropertyRow:
		return "property-value"
	case r.Person:
		return "person-value"
	}
	return "value"
}

// Lists are the sorts of lists.
func (r builderRow) Lists() []choice {
	p := r.p.visit.p
	out := []choice{{Value: segment.AllRow, Name: p.T("All of these hold")}, {Value: segment.AnyRow, Name: p.T("At least one of these holds")}, {Value: segment.NoneRow, Name: p.T("None of these holds")}}
	return chosen(out, r.Kind)
}

// Words tells that the comparison takes texts, Numbered that it takes a number,
// Dated a number of days, Spanned two.
func (r builderRow) Words() bool { return r.At("is", "is not", "contains", "starts with") }

// Numbered tells that the comparison is one of numbers.
func (r builderRow) Numbered() bool { return r.At("=", "!=", "<", "<=", ">", ">=") }

// Dated tells that the comparison counts days from today.
func (r builderRow) Dated() bool { return r.At("next", "last", "before", "after") }

// Spanned tells that the comparison is between two days.
func (r builderRow) Spanned() bool { return r.At("in days") }

// opGroup are comparisons of one sort.
type opGroup struct {
	Title string
	Ops   []choice
}

// opWords are a comparison and its words.
type opWords struct {
	op    segment.Op
	words lang.Text
}

var (
	numberOps = []opWords{
		{segment.MoreEqual, lang.Text("at least")}, {segment.LessEqual, lang.Text("at most")}, {segment.More, lang.Text("more than")},
		{segment.Less, lang.Text("less than")}, {segment.Equal, lang.Text("exactly")}, {segment.NotEqual, lang.Text("other than")},
	}
	textOps = []opWords{
		{segment.Is, lang.Text("is")}, {segment.IsNot, lang.Text("is not")}, {segment.Contains, lang.Text("contains")}, {segment.StartsWith, lang.Text("starts with")},
	}
	knownOps = []opWords{{segment.Known, lang.Text("is known")}, {segment.Unknown, lang.Text("is unknown")}}
	dateOps  = []opWords{
		{segment.Next, lang.Text("is within the next")}, {segment.Last, lang.Text("was within the last")}, {segment.Before, lang.Text("was more than … ago")},
		{segment.After, lang.Text("comes in more than")}, {segment.Between, lang.Text("is between, from today")},
	}
)

// Comparisons lists those that the row's kind knows.
func (r builderRow) Comparisons() []opGroup {
	p := r.p.visit.p
	group := func(title lang.Text, list []opWords) opGroup {
		g := opGroup{Title: p.Text(title)}
		for _, x := range list {
			g.Ops = append(g.Ops, choice{Value: string(x.op), Name: p.Text(x.words), Chosen: r.Op == string(x.op)})
		}
		return g
	}
	numbers := group(lang.Text("As a number"), numberOps)
	switch r.Kind {
	case segment.AttributeRow:
		return []opGroup{group(lang.Text("As a text"), textOps), numbers, group(lang.Text("As a date"), dateOps), group(lang.Text("Whether it is there"), knownOps)}
	case segment.PropertyRow:
		return []opGroup{group(lang.Text("As a text"), textOps[:2]), numbers}
	case segment.DidRow:
		never := choice{Value: string(segment.Never), Name: p.T("not once"), Chosen: r.Op == string(segment.Never)}
		numbers.Ops = append([]choice{never}, numbers.Ops...)
	}
	numbers.Title = ""
	return []opGroup{numbers}
}

// Adds are the kinds of rows that may be put into this one.
func (r builderRow) Adds() []choice {
	p := r.p.visit.p
	all := []choice{
		{Value: segment.AttributeRow, Name: p.T("Attribute")}, {Value: segment.MetricRow, Name: p.T("Metric")}, {Value: segment.DidRow, Name: p.T("Behaviour")},
		{Value: segment.PeopleRow, Name: p.T("People")}, {Value: segment.SegmentRow, Name: p.T("Segment")}, {Value: segment.AnyRow, Name: p.T("Group of conditions")},
	}
	switch {
	case r.Kind == segment.DidRow:
		return []choice{{Value: segment.PropertyRow, Name: p.T("Only where a property …")}}
	case r.Person || r.Kind == segment.PeopleRow:
		return []choice{all[0], all[2], all[5]}
	}
	return all
}

// Metrics lists the metrics to choose from.
func (r builderRow) Metrics() []choice { return chosen(r.p.Choices.Metrics, r.Name) }

// Segments lists the segments to choose from.
func (r builderRow) Segments() []choice { return chosen(r.p.Choices.Segments, r.Name) }

// Unit is how the metric's number is written.
func (r builderRow) Unit() string {
	if r.Change == segment.Percent {
		return "%"
	}
	return r.p.Choices.Units[r.Name]
}

func chosen(list []choice, value string) []choice {
	list = slices.Clone(list)
	found := value == ""
	for i := range list {
		list[i].Chosen = list[i].Value == value
		found = found || list[i].Chosen
	}
	if !found {
		list = append(list, choice{Value: value, Name: value, Chosen: true})
	}
	return list
}
