package segment

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Change does to rows what a button of the builder says: "add N KIND" puts a
// row of the kind into the row N, "remove N" takes one out, "value N" makes
// room for another value. Anything else changes nothing.
func Change(rows []Row, do string) []Row {
	words := strings.Fields(do)
	if len(words) < 2 {
		return rows
	}
	n, err := strconv.Atoi(words[1])
	if err != nil || n < 0 || n >= len(rows) {
		return rows
	}
	switch {
	case words[0] == "add" && len(words) == 3 && slices.Contains(kinds, words[2]) && rows[n].Open() && len(rows) < maxNodes:
		rows = slices.Insert(rows, end(rows, n), fresh(rows[n], words[2])...)
	case words[0] == "remove" && n > 0:
		rows = slices.Delete(rows, n, end(rows, n))
	case words[0] == "value":
		rows[n].Values = append(rows[n].Values, "")
	}
	place(rows)
	return rows
}

// fresh are the rows of something new inside another.
func fresh(in Row, kind string) []Row {
	r := Row{Depth: in.Depth + 1, Kind: kind, Op: string(Is), Values: []string{""}}
	inner := Row{Depth: r.Depth + 1, Kind: AttributeRow, Op: string(Is), Values: []string{""}}
	switch kind {
	case AllRow, AnyRow, NoneRow:
		return []Row{{Depth: r.Depth, Kind: kind}, inner}
	case PeopleRow:
		who := inner
		who.Depth++
		return []Row{{Depth: r.Depth, Kind: kind, Op: string(MoreEqual), Number1: "2"}, {Depth: r.Depth + 1, Kind: AllRow}, who}
	case MetricRow:
		return []Row{{Depth: r.Depth, Kind: kind, Op: string(MoreEqual), Number1: "", Days: "7"}}
	case DidRow:
		return []Row{{Depth: r.Depth, Kind: kind, Op: string(MoreEqual), Number1: "1", Days: "30"}}
	case SegmentRow:
		return []Row{{Depth: r.Depth, Kind: kind}}
	}
	return []Row{r}
}

// Settle makes rows of another kind complete, as after a choice of kind or
// comparison: fields that the row needs get a value to begin with.
func Settle(rows []Row) []Row {
	for i := range rows {
		r := &rows[i]
		switch r.Kind {
		case AttributeRow, PropertyRow:
			r.Op = cmp.Or(r.Op, string(Is))
			if len(r.Values) == 0 {
				r.Values = []string{""}
			}
		case MetricRow:
			r.Op, r.Days = cmp.Or(r.Op, string(MoreEqual)), cmp.Or(r.Days, "7")
		case DidRow:
			r.Op, r.Number1, r.Days = cmp.Or(r.Op, string(MoreEqual)), cmp.Or(r.Number1, "1"), cmp.Or(r.Days, "30")
		case PeopleRow:
			r.Op, r.Number1 = cmp.Or(r.Op, string(MoreEqual)), cmp.Or(r.Number1, "2")
		}
	}
	return rows
}
