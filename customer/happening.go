package customer

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/stats"
	"github.com/farol-cs/farol/store"
)

// Watcher finds what happened around accounts that those who look after them
// should hear of, and keeps it in the store: stages moved, tickets opened, bad
// answers, segments entered and left, and metrics that moved beyond their own
// noise. Its cost follows what is new.
type Watcher struct {
	Facts   *facts.Facts
	Store   *store.Store
	Metrics []WatchedMetric
	Now     func() time.Time
}

// WatchedMetric is a metric that is kept per account.
type WatchedMetric struct {
	Name string
	// Good is 1 when more is better, -1 when less is, 0 when neither.
	Good int
	// Money counts every change as real: prices have no noise.
	Money bool
	// Share tells that it is a share of one, not a count.
	Share bool
}

const (
	// firstLook is how far back the first run looks.
	firstLook = 14 * 24 * time.Hour
	// oldNews is how long ago something may have begun and be news when it is
	// learned.
	oldNews = 3 * 24 * time.Hour
	// lateNews is how long ago who entered or left a segment may have done it and
	// be told: who is found when a new segment is looked back at is not.
	lateNews = time.Hour
	// newsAtOnce bounds what one run takes in; the next goes on.
	newsAtOnce = 20_000
	// crowd is how many accounts that enter a segment in one run are a new or
	// changed definition and not news.
	crowd = 300
	// weeksBefore is how many weeks a value is compared with.
	weeksBefore = 8
	// moveLevel is how sure a move beyond noise is; leastMove how large it is at
	// least, as a share.
	moveLevel = 0.99
	leastMove = 0.2
)

// Update takes in what is new.
func (w Watcher) Update(ctx context.Context) error {
	if err := w.takeNews(ctx); err != nil {
		return err
	}
	for _, m := range w.Metrics {
		if err := w.measure(ctx, m); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return nil
}

func (w Watcher) takeNews(ctx context.Context) error {
	const reader = "news"
	since, err := w.Store.ReadMark(ctx, reader)
	if err != nil {
		return err
	}
	if since.IsZero() {
		since = w.Now().Add(-firstLook)
	}
	upto := w.Facts.LastKnown()
	if !upto.After(since) {
		return nil
	}
	news, err := w.Facts.Happened(ctx, since, upto, newsAtOnce)
	if err != nil {
		return err
	}
	upto = complete(news, upto, newsAtOnce)
	moves := map[string]int{}
	for _, m := range news {
		if segment, ok := cutSegment(m.Name); ok {
			moves[segment]++
		}
	}
	var out []store.Happening
	for _, m := range news {
		h, ok := happeningOf(m)
		if ok && (h.Kind != store.SegmentHappening || moves[h.Name] <= crowd) {
			out = append(out, h)
		}
	}
	return w.Store.SaveHappenings(ctx, reader, upto, out)
}

// complete is the instant up to which the news are whole: of each kind came
// the earliest, at most so many. What lies after it comes again and is known
// by its id. Only of one commit that is larger than that the rest is left out.
func complete(news []facts.AccountMoment, upto time.Time, most int) time.Time {
	count, first := map[string]int{}, map[string]time.Time{}
	for _, m := range news {
		if count[m.Kind]++; count[m.Kind] == 1 {
			first[m.Kind] = m.Known
		}
		if end := m.Known; count[m.Kind] == most && !end.After(upto) {
			if end.After(first[m.Kind]) {
				end = end.Add(-time.Millisecond) // of its own commit some may be missing
			}
			upto = end
		}
	}
	return upto
}

func cutSegment(trait string) (string, bool) {
	const prefix = "$segment."
	if len(trait) > len(prefix) && trait[:len(prefix)] == prefix {
		return trait[len(prefix):], true
	}
	return "", false
}

// happeningOf makes news of a moment; false for good answers and the like.
func happeningOf(m facts.AccountMoment) (store.Happening, bool) {
	h := store.Happening{ID: m.Kind + ":" + m.ID, Account: m.Account, Name: m.Name, Fields: m.Fields, Day: m.Day, Known: m.Known}
	if m.Account == "" {
		return h, false
	}
	switch m.Kind {
	case facts.TicketMoment:
		h.Kind, h.Name = store.TicketHappening, m.Fields["topic"]
		if p := m.Fields["priority"]; p == "urgent" || p == "high" {
			h.Weight = -1
		}
		return h, true
	case facts.AnswerMoment:
		h.Kind, h.Weight = store.AnswerHappening, -1
		return h, badAnswer(m.Name, m.Fields)
	case facts.MarkMoment:
		if m.Known.Sub(m.At) > oldNews {
			return h, false // the past, worked out today
		}
		if segment, ok := cutSegment(m.Name); ok {
			h.Kind, h.Name, h.Late = store.SegmentHappening, segment, m.Known.Sub(m.At) > lateNews
			return h, true
		}
		h.Kind, h.Name = store.StageHappening, m.Fields["value"]
		if h.Name == "churned" {
			h.Weight = -1
		}
		return h, h.Name != ""
	}
	return h, false
}

// badAnswer tells a detractor of an NPS, and the lower two of five otherwise.
func badAnswer(kind string, fields map[string]string) bool {
	score, err := strconv.ParseFloat(fields["score"], 64)
	if err != nil {
		return false
	}
	if kind == "nps" {
		return score <= 6
	}
	scale, err := strconv.ParseFloat(fields["scale"], 64)
	if err != nil || scale <= 0 {
		scale = 5
	}
	return score/scale <= 0.4
}

// measure compares a metric's last day with the same weekday of the weeks
// before, account by account, once a day.
func (w Watcher) measure(ctx context.Context, m WatchedMetric) error {
	reader := "metric:" + m.Name
	seen, err := w.Store.ReadMark(ctx, reader)
	if err != nil {
		return err
	}
	today := farol.DayOf(w.Now(), w.Facts.Zone())
	last, err := w.Facts.LastMeasured(ctx, m.Name, today-measured)
	if err != nil || last == 0 || !last.UTC().After(seen) {
		return err
	}
	days := []farol.Day{last}
	for i := 1; i <= weeksBefore; i++ {
		days = append(days, last-farol.Day(7*i))
	}
	values := map[farol.AccountID]map[farol.Day]float64{}
	err = w.Facts.DaysOfMetric(ctx, m.Name, days, func(x facts.Measure) {
		if values[x.Account] == nil {
			values[x.Account] = map[farol.Day]float64{}
		}
		values[x.Account][x.Day] = *x.Value
	})
	if err != nil {
		return err
	}
	var out []store.Happening
	for account, byDay := range values {
		if h, ok := m.move(byDay, days); ok {
			h.ID, h.Account, h.Day, h.Known = fmt.Sprintf("metric:%s:%s:%d:%d", m.Name, account, h.Weight, int(last)/28), account, last, w.Now()
			out = append(out, h)
		}
	}
	return w.Store.SaveHappenings(ctx, reader, last.UTC(), out)
}

// move tells whether the first day's value lies beyond those of the others.
func (m WatchedMetric) move(byDay map[farol.Day]float64, days []farol.Day) (store.Happening, bool) {
	h := store.Happening{Kind: store.MetricHappening, Name: m.Name}
	now, ok := byDay[days[0]]
	before := make([]float64, 0, len(days))
	for _, d := range days[1:] {
		if v, ok := byDay[d]; ok {
			before = append(before, v)
		}
	}
	if !ok || len(before) == 0 {
		return h, false
	}
	was := before[0]
	if !m.Money {
		was = mean(before)
		floor := math.Sqrt(math.Max(was, 1))
		if m.Share {
			floor = 0.05
		}
		e, ok := stats.Beyond(now, before, floor, moveLevel)
		if !ok || !e.Clear() {
			return h, false
		}
	}
	if now == was || math.Abs(now-was) < leastMove*math.Abs(was) && !m.Money {
		return h, false
	}
	h.Weight = m.Good
	if now < was {
		h.Weight = -m.Good
	}
	h.Fields = map[string]string{"now": strconv.FormatFloat(now, 'g', -1, 64), "before": strconv.FormatFloat(was, 'g', -1, 64)}
	return h, true
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// RenewalTrait is the attribute that holds the day on which an account's
// contract is up.
const RenewalTrait = "renewal_date"

// Renewal is the day on which the account's contract is up, 0 when nobody said.
func (a *Account) Renewal() farol.Day {
	text := a.Attributes[RenewalTrait]
	if len(text) > 10 {
		text = text[:10]
	}
	d, err := farol.ParseDay(text)
	if err != nil {
		return 0
	}
	return d
}
