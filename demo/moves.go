package demo

import (
	"cmp"
	"slices"

	"github.com/farol-cs/farol"
)

// moves tells what moved MRR: of each account and day that changed something,
// the lines before it beside those after it.
func (c *Company) moves(t *Truth, lines [][]change) {
	byAccount := map[*account][][]change{}
	var order []*account
	for _, l := range lines {
		a := l[0].account
		if byAccount[a] == nil {
			order = append(order, a)
		}
		byAccount[a] = append(byAccount[a], l)
	}
	for _, a := range order {
		var days []farol.Day
		for _, l := range byAccount[a] {
			for _, ch := range l {
				days = append(days, farol.DayOf(ch.at, c.zone))
			}
		}
		slices.Sort(days)
		paid := false
		for _, d := range slices.Compact(days) {
			if d > t.Last {
				break
			}
			before, after := c.standing(byAccount[a], d), c.standing(byAccount[a], d+1)
			month := t.Months[monthIndex(t, d)].Month
			compared(before, after, paid, func(kind, part string, minor int64) { t.move(month, kind, part, minor, a.currency()) })
			for _, l := range after {
				paid = paid || l.minor > 0
			}
		}
	}
	t.Moves = slices.DeleteFunc(t.Moves, func(x MoveTruth) bool { return x.BRL == 0 && x.USD == 0 })
	slices.SortFunc(t.Moves, func(a, b MoveTruth) int {
		return cmp.Or(cmp.Compare(a.Month, b.Month), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Part, b.Part))
	})
}

// standing is the lines of an account at the end of the day before one.
func (c *Company) standing(lines [][]change, day farol.Day) (out []change) {
	end := day.Start(c.zone)
	for _, l := range lines {
		var now change
		for _, ch := range l {
			if ch.at.Before(end) {
				now = ch
			}
		}
		if now.account != nil {
			out = append(out, now)
		}
	}
	return out
}

func (t *Truth) move(month farol.Day, kind, part string, minor int64, currency farol.Currency) {
	i := slices.IndexFunc(t.Moves, func(x MoveTruth) bool { return x.Month == month && x.Kind == kind && x.Part == part })
	if i < 0 {
		i = len(t.Moves)
		t.Moves = append(t.Moves, MoveTruth{Month: month, Kind: kind, Part: part})
	}
	if currency == "USD" {
		t.Moves[i].USD += minor
	} else {
		t.Moves[i].BRL += minor
	}
}

// compared tells the movement between two standings of an account. Here whole
// accounts pause and resume, never a part of one.
func compared(before, after []change, paid bool, move func(kind, part string, minor int64)) {
	was, rested := worth(before)
	is, rests := worth(after)
	switch {
	case was == is && rested == rests && !differ(before, after):
		return
	case was == 0 && rested:
		move("resume", "", is)
	case was == 0 && paid:
		move("reactivation", "", is)
	case was == 0:
		move("new", "", is)
	case is == 0 && rests:
		move("pause", "", -was)
	case is == 0:
		move("churn", "", -was)
	case is > was:
		products(before, after, func(part string, minor int64) { move("expansion", part, minor) })
	case is < was:
		products(before, after, func(part string, minor int64) { move("contraction", part, minor) })
	}
}

func worth(lines []change) (minor int64, rests bool) {
	for _, l := range lines {
		minor += l.minor
		rests = rests || l.paused
	}
	return minor, rests
}

func differ(a, b []change) bool {
	x, _ := worth(a)
	y, _ := worth(b)
	return x != y
}

// products parts a difference by product, and within one into quantity at the
// old price, price, and discount.
func products(before, after []change, move func(part string, minor int64)) {
	for _, product := range []string{productMain, productAddOn} {
		a, held := of(before, product)
		b, holds := of(after, product)
		if !held || !holds {
			move("cross_sell", b.minor-a.minor)
			continue
		}
		price := "price"
		switch {
		case a.plan != b.plan:
			price = "upsell"
		case b.escalated:
			price = "escalator"
		}
		move("seats", (b.seats-a.seats)*a.price*int64(100-a.percent))
		move(price, b.seats*(b.price-a.price)*int64(100-a.percent))
		move("discount", b.seats*b.price*int64(a.percent-b.percent))
	}
}

// of is the paying line of a product.
func of(lines []change, product string) (change, bool) {
	for _, l := range lines {
		if l.product == product && l.minor > 0 {
			return l, true
		}
	}
	return change{}, false
}
