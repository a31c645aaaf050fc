package facts

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/sight"
)

// Way is how a fact came to move a figure of the past.
type Way string

// The ways.
const (
	// CameLate: the fact itself was learned in the interval.
	CameLate Way = "late"
	// ChangedHands: it was there, and now counts for another person or account.
	ChangedHands Way = "moved"
	// JoinedPeople: an identify, alias or group call that said who somebody is
	// or where they belong.
	JoinedPeople Way = "joined"
	// Excluded: a trait (test, internal, staff) that leaves somebody out, or no
	// longer does.
	Excluded Way = "excluded"
	// Began: what it says of when the account began.
	Began Way = "began"
)

// Learned is a fact that was learned, or learned otherwise, in an interval.
type Learned struct {
	// EventRow with person and account as known at the interval's end.
	EventRow
	Way Way
	// Was is the account that it counted for before it changed hands.
	Was farol.AccountID
}

// LearnedQuery asks for what was learned about some accounts and people.
type LearnedQuery struct {
	// Since and Until are the interval: known > Since and known <= Until.
	Since, Until time.Time
	// Days are the local days on which a fact must act, half-open.
	Days farol.Period
	// Tables are those whose facts matter, in the words of Touched.
	Tables []string
	// Accounts and People are whom it must concern: either is enough.
	Accounts, People []string
	// Limit of facts; 0 is 100, at most 1000.
	Limit int
}

// Learned lists the facts that a change of figures between two instants comes
// from, in the order in which they were learned; more tells that there are
// further ones.
func (f *Facts) Learned(ctx context.Context, q LearnedQuery) (out []Learned, more bool, err error) {
	if err := sight.Of(ctx).Whole(); err != nil {
		return nil, false, err
	}
	limit := pageSize(q.Limit, 1000)
	params := map[string]any{
		"since": q.Since, "until": q.Until, "first_day": q.Days.From, "end_day": q.Days.To,
		"accounts": noNil(q.Accounts), "people": noNil(q.People), "anonymous": anonymousOf(q.People), "limit": int64(limit + 1),
	}
	// Stored events follow links and memberships in a later commit: what had
	// not been settled by then takes effect in the interval, too.
	var settled int64
	if err := f.one(ctx, "SELECT i64(coalesce(max(toNullable(settled)), 0)) AS n FROM batches WHERE known <= {since:DateTime64(3)}", params, &settled); err != nil {
		return nil, false, err
	}
	params["settled"] = settled
	at := map[messageID]int{}
	for _, x := range q.ways() {
		err := f.eachEvent(ctx, "SELECT "+eventColumns+" FROM events WHERE "+x.cond+" ORDER BY known, hash, id LIMIT {limit:Int64}", params, func(r logRow) {
			id := messageID{string(r.Source), r.ID}
			if _, ok := at[id]; ok {
				return
			}
			at[id] = len(out)
			out = append(out, Learned{EventRow: r.EventRow, Way: x.way})
		})
		if err != nil {
			return nil, false, err
		}
	}
	if err := f.sinceMoves(ctx, out, q); err != nil {
		return nil, false, err
	}
	slices.SortStableFunc(out, func(a, b Learned) int {
		return cmp.Or(a.Known.Compare(b.Known), a.At.Compare(b.At), strings.Compare(a.ID, b.ID))
	})
	if more = len(out) > limit; more {
		out = out[:limit]
	}
	for i := range out {
		out[i].Late = farol.Late(out[i].At, out[i].Known, f.Zone())
	}
	return out, more, nil
}

// anonymousOf lists the anonymous ids among the ids of people.
func anonymousOf(people []string) []string {
	out := []string{}
	for _, p := range people {
		if a, ok := strings.CutPrefix(p, farol.AnonymousPrefix); ok {
			out = append(out, a)
		}
	}
	return out
}

func noNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// concerned is the condition that an event is of one of the accounts or
// people: as it names them, or as it was resolved.
const concerned = `(account IN (SELECT unnest({accounts:Array(String)})) OR as_account IN (SELECT unnest({accounts:Array(String)}))
OR user_id IN (SELECT unnest({people:Array(String)})) OR anonymous IN (SELECT unnest({anonymous:Array(String)})) OR as_person IN (SELECT unnest({people:Array(String)})))`

// acting is the condition on days.
const acting = "day >= {first_day:Date} AND day < {end_day:Date}"

// saidAhead is the condition that a change was sent or signed on these days, and
// takes effect later.
const saidAhead = "said_day < dayNumber(day) AND said_day >= dayNumber({first_day:Date}) AND said_day < dayNumber({end_day:Date})"

// wayQuery is one way with the condition on events that finds its facts.
type wayQuery struct {
	way  Way
	cond string
}

// ways lists the queries, the most telling way first: a fact that is found
// twice keeps the first.
func (q LearnedQuery) ways() []wayQuery {
	const mine = "(SELECT hash FROM moves WHERE " + learned + ")"
	byHands := "(" + concerned + ` OR hash IN (SELECT hash FROM moves WHERE ` + learned + ` AND (account IN (SELECT unnest({accounts:Array(String)}))
OR origin IN (SELECT unnest({accounts:Array(String)})) OR person IN (SELECT unnest({people:Array(String)})))))`
	var late, moved []string
	began, invited := false, false
	for _, name := range q.Tables {
		switch name {
		case "events", "activity":
			late, moved = append(late, "("+acting+")"), append(moved, "("+acting+")")
		case "accounts":
			began = true
		case invitedTouch:
			invited = true
		case "billed", "signed":
			// Committed revenue has them from when they were sent or signed.
			of := map[string]string{"billed": "invoices", "signed": "subscriptions"}[name]
			late = append(late, "hash IN (SELECT hash FROM "+of+" WHERE "+learned+" AND "+saidAhead+")")
			moved = append(moved, "hash IN (SELECT hash FROM "+of+" WHERE "+saidAhead+")")
		case "moved", "exclusions", "changes":
		default:
			if t := tableOf(name); t != nil {
				// The typed row acts on a day of its own: when the change takes effect.
				late = append(late, "hash IN (SELECT hash FROM "+name+" WHERE "+learned+" AND "+acting+")")
				moved = append(moved, "hash IN (SELECT hash FROM "+name+" WHERE "+acting+")")
			}
		}
	}
	said := func(traits string) string {
		return learned + " AND id IN (SELECT id FROM changes WHERE " + learned + " AND trait IN (" + traits +
			") AND (name IN (SELECT unnest({accounts:Array(String)})) OR name IN (SELECT unnest({people:Array(String)}))))"
	}
	out := []wayQuery{{Excluded, said("'test', 'internal', 'staff', 'bot'")}}
	if len(late) > 0 {
		out = append(out, wayQuery{CameLate, learned + " AND (" + strings.Join(slices.Compact(late), " OR ") + ") AND " + byHands})
	}
	if began {
		out = append(out, wayQuery{Began, said("'" + createdTrait + "', '$signed_up', '" + seenTrait + "'")})
	}
	if invited {
		const to = "(SELECT unnest({people:Array(String)}))"
		out = append(out, wayQuery{CameLate, learned + " AND hash IN (SELECT hash FROM journeys WHERE kind = '" + inviteKind + "' AND " + learned + " AND " + acting + " AND (thing IN " + to + " OR target IN " + to +
			"))"}, wayQuery{JoinedPeople, said("'email'")})
	}
	if len(moved) > 0 {
		out = append(out, wayQuery{ChangedHands, "known <= {since:DateTime64(3)} AND hash IN " + mine + " AND (" + strings.Join(slices.Compact(moved), " OR ") + ") AND " + byHands})
	}
	const lately = "batch > {settled:Int64} AND known <= {until:DateTime64(3)}"
	const about = "IN (SELECT unnest({people:Array(String)}))"
	return append(out, wayQuery{JoinedPeople, lately + " AND (id IN (SELECT id FROM links WHERE " + lately + " AND (src " + about + " OR dst " + about +
		")) OR id IN (SELECT id FROM memberships WHERE " + lately + " AND (person " + about + " OR account IN (SELECT unnest({accounts:Array(String)})))))"})
}

// tableOf is the typed table of that name: one whose rows have a day and the
// hash of their event. Others are nil.
func tableOf(name string) *table {
	for _, t := range tables {
		if t.name == name && t.index("hash") >= 0 && t.index("day") >= 0 {
			return t
		}
	}
	return nil
}

// sinceMoves fills in for whom the events count at the end of the interval,
// and for whom they did before.
func (f *Facts) sinceMoves(ctx context.Context, list []Learned, q LearnedQuery) error {
	now, before := make([]logRow, len(list)), make([]logRow, len(list))
	for i, x := range list {
		now[i] = logRow{EventRow: x.EventRow, hash: hash2(string(x.Source), x.ID)}
		before[i] = now[i]
	}
	if err := f.applyMoves(ctx, now, q.Until); err != nil {
		return err
	}
	if err := f.applyMoves(ctx, before, q.Since); err != nil {
		return err
	}
	for i := range list {
		list[i].EventRow = now[i].EventRow
		if list[i].Way == ChangedHands && before[i].Resolved != now[i].Resolved {
			list[i].Was = before[i].Resolved
		}
	}
	return nil
}
