package metric

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// inviteHistory is a random history with invitations by id, by address and by
// both, to people who come and who do not, and with addresses that are told
// before and after.
func inviteHistory(seed uint64, zone *time.Location, first farol.Day, days, events int) *history {
	h := randomHistory(seed, zone, first, days, events)
	h.r = rand.New(rand.NewPCG(seed, 43))
	address := func() string {
		return pick(h, "m", "M", " m") + number(h, 6) + pick(h, "@x.example", "@X.example")
	}
	for range events / 3 {
		e, props := farol.Event{ID: "i" + h.moment().Format("150405.000") + number(h, 100000), Source: "s", At: h.moment()}, map[string]any{}
		switch h.r.IntN(7) {
		case 0:
			e.Kind, e.User = farol.Identify, h.user()
			props["email"] = address()
		case 1:
			e.Kind, e.Name, e.User, e.Account = farol.Track, "Report Created", farol.PersonID(strings.TrimSpace(address())), farol.AccountID(h.account())
		case 2:
			e.Kind, e.User, e.PreviousID = farol.Alias, h.user(), strings.TrimSpace(address())
		default:
			e.Kind, e.Name = farol.Track, "Invite Sent"
			h.who(&e)
			if h.r.IntN(3) > 0 {
				props["invitee_email"] = address()
			}
			if props["invitee_email"] == nil || h.r.IntN(4) == 0 {
				props["invitee_id"] = pick(h, string(h.user()), string(h.user()), "u99", strings.TrimSpace(address()))
			}
		}
		h.send(e, props)
	}
	slices.SortStableFunc(h.sent, func(a, b farol.Event) int { return a.Known.Compare(b.Known) })
	return h
}

// The rate equals the reference, of both clocks, by breakdowns and filters, on
// every engine, and some come of those who were invited.
func TestInvitedAgainstReference(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	zone := mustZone(t, "America/Sao_Paulo")
	onEngines(t, []string{"duckdb", "clickhouse", "shards"}, func(t *testing.T, open opener) {
		embedded := strings.HasSuffix(t.Name(), "duckdb")
		for _, seed := range []uint64{4, 7} {
			if seed == 7 && !embedded {
				continue
			}
			h := inviteHistory(seed, zone, farol.Date(2018, time.September, 24), 60, 400)
			clk := &clock{t: h.sent[0].Known}
			w := newWorld(t, open(t, zone, clk.now), clk, h, randomSettings(seed, zone), 6)
			m, err := w.r.catalogue.Find("adoption_rate_invited")
			if err != nil {
				t.Fatal(err)
			}
			refs, came, addresses := map[string]*reference{}, 0.0, false
			for i, g := range m.Grains {
				for turn := range 3 {
					if !embedded && turn != i {
						continue
					}
					for _, q := range w.requests(m, g, turn) {
						if err := w.differ(ctx, m, q, refs); err != nil {
							t.Errorf("seed %d per %s, as of %v, known %v, by %q, filters %v: %v", seed, g, q.AsOf, q.Known, q.By, q.Filters, err)
						}
					}
				}
			}
			for _, row := range refs[fmt.Sprint(farol.Day(0), time.Time{})].invited(Request{}, farol.Period{From: w.first, To: w.first + 40}) {
				came += row.num
				addresses = addresses || strings.Contains(row.unit, "@")
			}
			if came < 2 || !addresses {
				t.Errorf("seed %d: %v came: the test shows nothing", seed, came)
			}
		}
	})
}

// lateNews is learned long after January, of people who had adopted the product
// by then: an address, an id that is one, and an account.
const lateNews = `
zone America/Sao_Paulo
now 2026-04-20 12:00
2026-01-05 09:00  x@acme  "Invite Sent" invitee_email=ana@acme.com
2026-01-05 09:00  x@acme  "Invite Sent" invitee_email=bob@acme.com
2026-01-05 09:00  x@globex  "Invite Sent" invitee_email=cid@acme.com
2026-01-12 09:00  cid  identify email=cid@acme.com
2026-01-12 09:00  u{1..2}@acme  "Used"
2026-01-13 09:00  u{1..2}@acme  "Used"
2026-01-14 09:00  u{1..2}@acme  "Used"
2026-01-12 09:00  cid@acme  "Used"
2026-01-13 09:00  cid@acme  "Used"
2026-01-14 09:00  cid@acme  "Used"
2026-02-15 09:00  y@acme  "Used"
2026-03-10 09:00  u1  identify email=Ana@acme.com
2026-03-11 09:00  u2  alias bob@acme.com
2026-03-12 09:00  cid@globex  group
want month 2026-01-01 = 1 (3/3)
want month 2026-01-01 known 2026-03-12 08:00 = 0.6667 (2/3)
want month 2026-01-01 known 2026-03-11 08:00 = 0.3333 (1/3)
want month 2026-01-01 known 2026-02-20 08:00 = 0 (0/3)
`

// What was kept of closed periods follows addresses, ids and accounts that are
// told later.
func TestInvitedMoveWhatWasKept(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	x, err := parseExample(lateNews)
	if err != nil {
		t.Fatal(err)
	}
	zone := x.Settings.Calendar.Zone
	random := inviteHistory(4, zone, farol.Date(2018, time.September, 24), 60, 300)
	for i, c := range []struct {
		batches  [][]farol.Event
		settings Settings
		q        Request
		restated int
	}{
		{random.batches(12), randomSettings(4, zone), Request{Grain: farol.Weekly, Period: farol.Period{From: random.first, To: random.first + 60}}, 3},
		// One by one: each late word alone must move what was kept.
		{slices.Collect(slices.Chunk(x.Events, 1)), x.Settings, Request{Grain: farol.Monthly, Period: farol.Period{From: farol.Date(2026, 1, 1), To: farol.Date(2026, 4, 1)}}, 3},
	} {
		clk := &clock{t: c.batches[0][0].Known}
		f := openDuck(t, zone, clk.now)
		all := loadCatalogue(t)
		m := all.byName["adoption_rate_invited"]
		catalogue := &Catalogue{byName: all.byName, metrics: []*Metric{m}}
		r := New(catalogue, f, func() Settings { return c.settings })
		r.SetClock(clk.now)
		for _, batch := range append(c.batches, nil) {
			if batch == nil {
				clk.set(c.q.Period.To.Next(40).Start(zone))
			} else {
				takeIn(t, f, clk, [][]farol.Event{batch})
			}
			if err := r.UpdateHistory(ctx); err != nil {
				t.Fatal(err)
			}
		}
		fresh := New(catalogue, f, func() Settings { return c.settings })
		fresh.SetClock(clk.now)
		c.q.Metric = m.Name
		kept, err := r.Read(ctx, c.q)
		if err != nil {
			t.Fatal(err)
		}
		c.q.Known = f.LastKnown()
		computed, err := fresh.Read(ctx, c.q)
		if err != nil {
			t.Fatal(err)
		}
		if err := sameSeries(kept.Points, computed.Points); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		list, _, err := r.Restatements(ctx, Ledger{Metric: m.Name, Grain: c.q.Grain})
		if err != nil || len(list) < c.restated {
			t.Errorf("%d: %d restatements, %v", i, len(list), err)
		}
		if i == 1 {
			for _, wants := range asked(x.Wants, true) {
				checkWants(t, fresh, m, wants)
			}
			o, err := r.Restatement(ctx, list[len(list)-1].ID(), nil)
			if err != nil || !o.Same || len(o.Causes) == 0 || len(o.Facts()) == 0 {
				t.Errorf("a restatement opens as %+v, %v", o, err)
			}
		}
	}
}

// refInvited is somebody who was invited.
type refInvited struct {
	person, account, id string
	at, known           time.Time
}

// invited lists who was invited by the end of the period, and who of them has
// adopted the product.
func (r *reference) invited(q Request, p farol.Period) []refRow {
	last := min(p.Last(), r.asOf)
	yes := r.adopters(last, func(a refAct) string { return string(a.person) })
	found := map[string]*refInvited{}
	for i := range r.events {
		e := &r.events[i]
		account := r.accountOf(e)
		if e.Kind != farol.Track || e.Name != "Invite Sent" || r.day(e.At) > last || r.excludedAccount(account) || r.excludedPerson(r.person(e.Person())) {
			continue
		}
		unit, person := r.invitee(account, r.propsOf(e))
		if r.excludedPerson(farol.PersonID(unit)) {
			continue
		}
		x := found[unit]
		if x == nil {
			x = &refInvited{account: account, id: e.ID, at: e.At, known: e.Known}
			found[unit] = x
		}
		if c := e.At.Compare(x.at); c < 0 || c == 0 && (e.Known.Before(x.known) || e.Known.Equal(x.known) && e.ID < x.id) {
			x.account, x.id, x.at, x.known = account, e.ID, e.At, e.Known
		}
		if person != "" {
			x.person = person
		}
	}
	var out []refRow
	for unit, x := range found {
		g, ok := r.group(q, x.account, last)
		if !ok {
			continue
		}
		row := refRow{group: g, unit: unit, den: 1}
		if x.person != "" && yes[x.person] {
			row.num = 1
		}
		out = append(out, row)
	}
	return out
}

// invitee is who an invitation into the account is for: a person whose id it
// names, the one person of the account with the address, or a text.
func (r *reference) invitee(account string, props map[string]any) (unit, person string) {
	id, address := text(props, "invitee_id"), strings.ToLower(strings.TrimSpace(text(props, "invitee_email")))
	members := r.everMembers()
	id = string(r.person(farol.PersonID(id)))
	for _, people := range members {
		if id != "" && people[id] {
			return id, id
		}
	}
	var with []string
	for m := range members[account] {
		if account != "" && address != "" && r.reachedAt(m, address) {
			with = append(with, m)
		}
	}
	switch {
	case len(with) == 1:
		return with[0], with[0]
	case address != "":
		return address, ""
	}
	return id, ""
}

// reachedAt tells whether the person has the address.
func (r *reference) reachedAt(person, address string) bool {
	said, _ := latest(r.changes, func(c refChange) bool {
		return !c.accountSubject && string(r.person(c.person)) == person && c.trait == "email" && c.day <= r.asOf
	})
	if strings.ToLower(strings.TrimSpace(said)) == address || strings.ToLower(person) == address {
		return true
	}
	for raw := range r.next {
		if strings.ToLower(string(raw)) == address && string(r.person(raw)) == person {
			return true
		}
	}
	return false
}

// everMembers are who was ever put into each account, and who did anything for
// it ("" for none).
func (r *reference) everMembers() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	add := func(account string, person farol.PersonID) {
		if out[account] == nil {
			out[account] = map[string]bool{}
		}
		out[account][string(r.person(person))] = true
	}
	for _, j := range r.joins {
		if j.account != "" && r.day(j.at) <= r.asOf {
			add(j.account, j.person)
		}
	}
	for i := range r.events {
		e := &r.events[i]
		interactive, said := r.propsOf(e)["interactive"].(bool)
		does := e.Kind == farol.Track && !businessEvents[e.Name] || e.Kind == farol.Page || e.Kind == farol.Screen
		if does && !(said && !interactive) && e.Person() != "" && r.day(e.At) <= r.asOf {
			add(r.accountOf(e), e.Person())
		}
	}
	return out
}
