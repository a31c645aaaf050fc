package facts

import (
	"context"
	"sync"
	"time"

	"github.com/farol-cs/farol"
)

// SourceHour is what came from a source in an hour, by when it was learned.
type SourceHour struct {
	Source farol.SourceID
	// Hour is its beginning, UTC.
	Hour time.Time
	// Events were kept, Duplicates dropped, Rejected refused.
	Events, Duplicates, Rejected int64
	// Of those kept: Late came after their day was closed, Skewed had a time
	// that is not the sender's, NoAccount and NoPerson belong to nobody.
	Late, Skewed, NoAccount, NoPerson int64
	// Reasons counts what was refused by field and reason.
	Reasons map[string]int64
	// Last is when the last one came that was kept.
	Last time.Time
}

// tallied is how far back tallies go: history that is taken in later says
// nothing of how a source does now.
const tallied = 8 * 7 * 24 * time.Hour

// tally counts what comes in, until it is taken.
type tally struct {
	mu    sync.Mutex
	hours map[tallyKey]*SourceHour
}

type tallyKey struct {
	source farol.SourceID
	hour   int64
}

// maxReasons bounds the reasons of one hour: senders make them up.
const maxReasons = 20

func (t *tally) at(source farol.SourceID, known time.Time) *SourceHour {
	k := tallyKey{source, known.Unix() / 3600}
	if t.hours == nil {
		t.hours = map[tallyKey]*SourceHour{}
	}
	h := t.hours[k]
	if h == nil {
		h = &SourceHour{Source: source, Hour: time.Unix(k.hour*3600, 0).UTC()}
		t.hours[k] = h
	}
	return h
}

// count adds a commit: what was kept, and of each request what was not.
func (t *tally) count(group []*request, receipts []Receipt, fresh []prepared, zone *time.Location, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range fresh {
		p := &fresh[i]
		if now.Sub(p.e.Known) > tallied {
			continue
		}
		h := t.at(p.e.Source, p.e.Known)
		h.Events++
		if p.e.Known.After(h.Last) {
			h.Last = p.e.Known
		}
		if farol.Late(p.e.At, p.e.Known, zone) {
			h.Late++
		}
		if p.e.ClockFlag != "" {
			h.Skewed++
		}
		if p.account == "" {
			h.NoAccount++
		}
		if p.raw == "" {
			h.NoPerson++
		}
	}
	for i, r := range group {
		// A request comes with one key, so its events are of one source.
		if n := receipts[i].Duplicates; n > 0 && !r.keepKnown {
			t.at(r.events[0].e.Source, receipts[i].Known).Duplicates += int64(n)
		}
		for _, x := range r.rejected {
			h := t.at(x.Source, receipts[i].Known)
			h.Rejected++
			reason := x.Reason
			if x.Field != "" {
				reason = x.Field + " " + reason
			}
			if h.Reasons == nil {
				h.Reasons = map[string]int64{}
			}
			if _, ok := h.Reasons[reason]; ok || len(h.Reasons) < maxReasons {
				h.Reasons[reason]++
			}
		}
	}
}

// TakeTally answers what came in since it was last asked, and begins anew.
func (f *Facts) TakeTally() []SourceHour {
	f.tally.mu.Lock()
	defer f.tally.mu.Unlock()
	out := make([]SourceHour, 0, len(f.tally.hours))
	for _, h := range f.tally.hours {
		out = append(out, *h)
	}
	f.tally.hours = nil
	return out
}

// ReturnTally takes back what TakeTally answered and nobody could keep: it is
// answered again with what came since.
func (f *Facts) ReturnTally(list []SourceHour) {
	f.tally.mu.Lock()
	defer f.tally.mu.Unlock()
	for _, x := range list {
		h := f.tally.at(x.Source, x.Hour)
		h.Events, h.Duplicates, h.Rejected = h.Events+x.Events, h.Duplicates+x.Duplicates, h.Rejected+x.Rejected
		h.Late, h.Skewed, h.NoAccount, h.NoPerson = h.Late+x.Late, h.Skewed+x.Skewed, h.NoAccount+x.NoAccount, h.NoPerson+x.NoPerson
		h.Last = maxInstant(h.Last, x.Last)
		if h.Reasons == nil && len(x.Reasons) > 0 {
			h.Reasons = map[string]int64{}
		}
		for reason, n := range x.Reasons {
			if _, ok := h.Reasons[reason]; ok || len(h.Reasons) < maxReasons {
				h.Reasons[reason] += n
			}
		}
	}
}

// SourceHours counts what is stored since an instant in the same way, but for
// duplicates, which leave no trace: for a start on what was there before.
func (f *Facts) SourceHours(ctx context.Context, since time.Time) ([]SourceHour, error) {
	params := map[string]any{"since": since}
	rows, err := f.internal(ctx, `SELECT x.source, x.hour, i64(count(*)) AS n, i64(sum(x.no_account)) AS a, i64(sum(x.no_person)) AS p, i64(sum(x.skewed)) AS s, max(x.known) AS last_known FROM
(SELECT source, known, intDiv(toMillis(known), 3600000) AS hour, CASE WHEN account = '' AND as_account = '' THEN 1 ELSE 0 END AS no_account,
CASE WHEN user_id = '' AND anonymous = '' THEN 1 ELSE 0 END AS no_person, CASE WHEN flag = '' THEN 0 ELSE 1 END AS skewed FROM events WHERE known > {since:DateTime64(3)}) x
GROUP BY x.source, x.hour`, params)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []SourceHour
	for rows.Next() {
		var h SourceHour
		var hour int64
		if err := rows.Scan(&h.Source, &hour, &h.Events, &h.NoAccount, &h.NoPerson, &h.Skewed, &h.Last); err != nil {
			return nil, err
		}
		h.Hour, h.Last = time.Unix(hour*3600, 0).UTC(), h.Last.UTC()
		out = append(out, h)
	}
	return out, rows.Err()
}

// Fed is what a source feeds: the accounts that it told of, and the tables (in
// the words of Touched) that its events fill.
type Fed struct {
	Accounts []farol.AccountID
	Tables   []string
}

// Feeds answers what a source fed on the days, half-open.
func (f *Facts) Feeds(ctx context.Context, source farol.SourceID, days farol.Period) (Fed, error) {
	params := map[string]any{"source": string(source), "from": days.From, "to": days.To}
	var out Fed
	const of = " FROM events WHERE source = {source:String} AND day >= {from:Date} AND day < {to:Date}"
	err := eachText(ctx, f.eng, `SELECT DISTINCT CASE WHEN as_account = '' THEN account ELSE as_account END AS a`+of, params, func(v []string) {
		if v[0] != "" {
			out.Accounts = append(out.Accounts, farol.AccountID(v[0]))
		}
	})
	if err != nil {
		return out, err
	}
	for _, t := range []string{"subscriptions", "charges", "invoices", "answers", "tickets", "journeys"} {
		any := int64(0)
		text := "SELECT i64(count(*)) AS n FROM (SELECT 1 AS one FROM " + t + " WHERE source = {source:String} AND day >= {from:Date} AND day < {to:Date} LIMIT 1) x"
		if err := f.one(ctx, text, params, &any); err != nil {
			return out, err
		}
		if any > 0 {
			out.Tables = append(out.Tables, t)
		}
	}
	used := int64(0)
	if err := f.one(ctx, `SELECT i64(count(*)) AS n FROM (SELECT 1 AS one`+of+` AND kind IN ('track', 'page', 'screen') AND who <> 0 LIMIT 1) x`, params, &used); err != nil {
		return out, err
	}
	if used > 0 {
		out.Tables = append(out.Tables, "activity", "events")
	}
	return out, nil
}
