package metric

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/farol-cs/farol"
)

// spans are the active days of one group: how many units were active on each
// day, by the days until they next were.
type spans struct {
	from farol.Day
	// counts[d][g] is of day from+d, with g days to the next active one;
	// longestWindow stands for longer, and for never.
	counts [][longestWindow + 1]int64
}

// spans is room for what the periods need: also the days that a rolling
// window of theirs looks back on.
func (p *plan) spans(periods []farol.Period) *spans {
	from := periods[0].From - longestWindow
	return &spans{from: from, counts: make([][longestWindow + 1]int64, periods[len(periods)-1].To-from)}
}

// lasting is how many units were active on the day and not on the next k.
func (s *spans) lasting(day farol.Day, k int) (n int64) {
	if day < s.from || k >= longestWindow {
		return 0
	}
	for _, c := range s.counts[day-s.from][k+1:] {
		n += c
	}
	return n
}

// figures adds the cells of the group that have units.
func (s *spans) figures(p *plan, periods []farol.Period, group string, into map[cell]sums) {
	for _, q := range periods {
		var out sums
		last := p.last(q)
		// A unit counts once, by its last active day in the window.
		for day := p.window(q).From; day <= last; day++ {
			out.units += s.lasting(day, int(last-day))
			if p.metric.Aggregation == DailyMean {
				out.num += float64(s.lasting(day, 0))
			}
		}
		switch p.metric.Aggregation {
		case DailyMean:
		case RollingShare:
			out.num = float64(s.lasting(last, 0))
		default:
			out.num = float64(out.units)
		}
		if out.units > 0 {
			into[cell{q.From, group}] = out
		}
	}
}

// scanSpans reads the groups one after another into the same room.
func scanSpans(rows *sql.Rows, room *spans, each func(group string, s *spans)) error {
	group, any := "", false
	for rows.Next() {
		var g string
		var day time.Time
		var gap, units int64
		if err := rows.Scan(&g, &day, &gap, &units); err != nil {
			return err
		}
		if any && g != group {
			each(group, room)
			clear(room.counts)
		}
		group, any = g, true
		// A door may reach a little further back than is needed.
		if d := farol.Date(day.Date()); d >= room.from {
			room.counts[d-room.from][gap] += units
		}
	}
	if any {
		each(group, room)
	}
	return nil
}

// wide is whole months around the periods, up to the one of the as-of day when
// they end not long before: so that the days, weeks and months of a series, and
// the metrics of one query, ask for the same.
func (p *plan) wide(periods []farol.Period) []farol.Period {
	month := func(d farol.Day) farol.Period { return p.settings.Calendar.PeriodAt(farol.Monthly, d) }
	last := periods[len(periods)-1].Last()
	if p.asOf > last && p.asOf-last <= longestWindow {
		last = p.asOf
	}
	return []farol.Period{{From: month(periods[0].From).From, To: month(last).To}}
}

// spansOf answers the spans without a breakdown. Metrics that ask the same
// query over the same days share one answer.
func (r *Reader) spansOf(ctx context.Context, p *plan, periods []farol.Period) (*spans, error) {
	periods = p.wide(periods)
	scope := p.scope(periods)
	scope.Periods = nil
	scope.Criterion = nil // a pointer; it is made of the settings, which are in the mark
	key := fmt.Sprintf("%s|%#v|%s", p.metric.Query, scope, p.mark())
	got, err := r.shared.get(ctx, key, ask{known: p.Known, maxAge: p.MaxAge}, r.clocks(), func(ctx context.Context) (answer[*spans], error) {
		out := answer[*spans]{p.spans(periods), r.facts.LastKnown(), 0}
		err := r.query(ctx, p, periods, func(rows *sql.Rows) error {
			return scanSpans(rows, out.value, func(string, *spans) {})
		})
		return out, err
	})
	p.sees(got.known)
	return got.value, err
}
