package metric

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
)

// A history is random events of a small company, with all that goes wrong:
// late and repeated messages, people joined and shared between accounts,
// attributes that change, back-dated contracts, staff and test accounts.
type history struct {
	r     *rand.Rand
	zone  *time.Location
	first farol.Day
	days  int
	n     int
	// born lets people say when they were created.
	born bool
	// sent are the messages in order of arrival; Known is when each arrived.
	sent []farol.Event
}

// randomHistory covers the days from first on.
func randomHistory(seed uint64, zone *time.Location, first farol.Day, days, events int) *history {
	h := &history{r: rand.New(rand.NewPCG(seed, 99)), zone: zone, first: first, days: days, born: seed%2 == 1}
	for range events {
		h.event()
	}
	// Draws of their own: more of these do not move the rest.
	h.r = rand.New(rand.NewPCG(seed, 98))
	for range events / 5 {
		h.further()
	}
	slices.SortStableFunc(h.sent, func(a, b farol.Event) int { return a.Known.Compare(b.Known) })
	return h
}

func pick[T any](h *history, of ...T) T { return of[h.r.IntN(len(of))] }

// moment is an instant of the span; a third of them lie near a midnight.
func (h *history) moment() time.Time {
	day := h.first + farol.Day(h.r.IntN(h.days))
	t := day.Start(h.zone).Add(time.Duration(h.r.IntN(86_400_000)) * time.Millisecond)
	if h.r.IntN(3) == 0 {
		t = day.Start(h.zone).Add(time.Duration(h.r.IntN(3_600_000)-1_800_000) * time.Millisecond)
	}
	return t.UTC().Truncate(time.Millisecond)
}

func (h *history) account() string { return fmt.Sprintf("a%d", 1+h.r.IntN(7)) }

func (h *history) user() farol.PersonID {
	return farol.PersonID(fmt.Sprintf("u%d", 1+h.r.IntN(14)))
}

func (h *history) anonymous() farol.AnonymousID {
	return farol.AnonymousID(fmt.Sprintf("b%d", 1+h.r.IntN(10)))
}

// event sends one message, perhaps late and perhaps again.
func (h *history) event() {
	h.n++
	e := farol.Event{ID: fmt.Sprintf("m%05d", h.n), Source: "s", At: h.moment()}
	props := map[string]any{}
	switch k := h.r.IntN(100); {
	case k < 55:
		h.use(&e, props)
	case k < 62:
		h.identify(&e, props)
	case k < 72:
		h.group(&e, props)
	case k < 76:
		e.Kind, e.User = farol.Alias, h.user()
		e.PreviousID = pick(h, string(h.anonymous()), string(h.user()))
	case k < 79:
		e.Kind, e.Name, e.Account, e.User = farol.Track, "Signed Up", farol.AccountID(h.account()), h.user()
	case k < 91:
		h.subscription(&e, props)
	case k < 93:
		h.cost(&e, props)
	case k < 95:
		h.milestone(&e, props)
	default:
		e.Kind, e.Name = farol.Track, "Survey Answered"
		h.who(&e)
		props["kind"], props["survey"] = pick(h, "nps", "nps", "nps", "csat"), "q"
		props["score"] = h.r.IntN(6)
		if props["kind"] == "nps" {
			props["score"] = h.r.IntN(11)
		}
	}
	h.send(e, props)
}

// send puts the message on its way.
func (h *history) send(e farol.Event, props map[string]any) {
	if len(props) > 0 {
		raw, err := json.Marshal(props)
		if err != nil {
			panic(err)
		}
		e.Properties = raw
	}
	e.Known = e.At.Add(time.Duration(h.r.IntN(60_000)) * time.Millisecond)
	if h.r.IntN(8) == 0 {
		e.Known = e.At.Add(time.Duration(h.r.IntN(20*86400)) * time.Second)
	}
	h.sent = append(h.sent, e)
	if h.r.IntN(12) == 0 {
		again := e
		again.Known = e.Known.Add(time.Duration(h.r.IntN(5*86400)) * time.Second)
		h.sent = append(h.sent, again)
	}
}

// who names somebody in one of the ways in which events do.
func (h *history) who(e *farol.Event) {
	switch h.r.IntN(8) {
	case 0:
		e.Anonymous = h.anonymous()
	case 1:
		e.Anonymous, e.Account = h.anonymous(), farol.AccountID(h.account())
	case 2, 3:
		e.User, e.Account = h.user(), farol.AccountID(h.account())
	case 4:
		e.User, e.Anonymous = h.user(), h.anonymous()
	default:
		e.User = h.user()
	}
}

func (h *history) use(e *farol.Event, props map[string]any) {
	h.who(e)
	switch h.r.IntN(6) {
	case 0:
		e.Kind, e.Name = farol.Page, "Home"
	case 1:
		e.Kind, e.Name = farol.Screen, "Main"
	default:
		e.Kind, e.Name = farol.Track, pick(h, "Report Created", "Member Invited", "Signed In")
		if h.r.IntN(2) == 0 {
			props["mode"], props["size"] = pick(h, "a", "b", "c"), h.r.IntN(6)
		}
	}
	if h.r.IntN(15) == 0 {
		props["interactive"] = false
	}
}

func (h *history) identify(e *farol.Event, props map[string]any) {
	e.Kind, e.User = farol.Identify, h.user()
	if h.r.IntN(2) == 0 {
		e.Anonymous = h.anonymous()
	}
	switch h.r.IntN(6) {
	case 0, 1:
		props["company"] = map[string]any{"id": h.account()}
	case 2:
		props[pick(h, "staff", "test")] = h.r.IntN(3) == 0
	case 4:
		props["role"] = []string{"Champion", "analyst", "decision-maker", ""}[h.n%4]
	case 3:
		if h.born {
			props["created_at"] = h.moment().Format(time.RFC3339)
		}
	}
}

func (h *history) group(e *farol.Event, props map[string]any) {
	e.Kind, e.Account = farol.Group, farol.AccountID(h.account())
	if h.r.IntN(3) > 0 {
		e.User = h.user()
	}
	props["plan"] = pick(h, "basic", "pro", "team")
	switch h.r.IntN(8) {
	case 0:
		props["created_at"] = h.moment().Format(time.RFC3339)
	case 1:
		props[pick(h, "test", "internal")] = h.r.IntN(4) == 0
	}
}

func (h *history) milestone(e *farol.Event, props map[string]any) {
	e.Kind, e.Name = farol.Track, pick(h, "Milestone Planned", "Milestone Planned", "Milestone Done", "Milestone Skipped")
	h.who(e)
	props["milestone"] = pick(h, "Kickoff", "Data", "Training")
	if h.r.IntN(2) == 0 {
		props["due"] = pick(h, h.moment().Format(time.RFC3339), h.moment().Format(time.DateOnly))
	}
}

func (h *history) subscription(e *farol.Event, props map[string]any) {
	account := h.account()
	e.Kind, e.Account = farol.Track, farol.AccountID(account)
	e.Name = pick(h, "Subscription Started", "Subscription Changed", "Subscription Changed", "Subscription Paused",
		"Subscription Resumed", "Subscription Cancelled")
	props["subscription"] = account + "-" + pick(h, "x", "y")
	if e.Name == "Subscription Started" || e.Name == "Subscription Changed" {
		props["mrr"] = float64(h.r.IntN(50000)) / 100
		props["currency"] = pick(h, "BRL", "BRL", "USD", "EUR")
	}
	if h.r.IntN(4) == 0 {
		props["seats"] = h.r.IntN(6)
	}
	if e.Name == "Subscription Cancelled" {
		h.leaving(props)
	}
	if h.r.IntN(5) == 0 {
		props["effective_at"] = h.moment().Format(time.RFC3339)
	}
}

// batches groups what was sent as it arrived.
func (h *history) batches(n int) [][]farol.Event {
	var out [][]farol.Event
	for chunk := range slices.Chunk(h.sent, (len(h.sent)+n-1)/n) {
		out = append(out, chunk)
	}
	return out
}

// shuffled is the same messages in another order of arrival.
func (h *history) shuffled(seed uint64) *history {
	out := *h
	out.sent = slices.Clone(h.sent)
	r := rand.New(rand.NewPCG(seed, 7))
	r.Shuffle(len(out.sent), func(i, j int) { out.sent[i], out.sent[j] = out.sent[j], out.sent[i] })
	last := slices.MaxFunc(h.sent, func(a, b farol.Event) int { return a.Known.Compare(b.Known) }).Known
	for i := range out.sent {
		out.sent[i].Known = last.Add(time.Duration(i) * time.Second)
	}
	return &out
}

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// randomSettings decide what a random company decides.
func randomSettings(seed uint64, zone *time.Location) Settings {
	s := Defaults()
	s.Calendar.Zone, s.Currency = zone, "BRL"
	s.Rates = map[farol.Currency]float64{"USD": 5.37}
	s.Activation = Activation{Version: 1, Events: []Clause{{Name: "Report Created", Min: 2}, {Name: "Member Invited", Min: 1}}, WindowDays: 10}
	// The second version begins in the middle of the history: see newWorld.
	second := Activation{Version: 2, Events: []Clause{{Name: "Report Created", Min: 1}, {Name: "Signed In", Min: 1}}, AtLeast: 1, WindowDays: 4}
	s.Activations, s.Activation = []Activation{s.Activation, second}, second
	s.Features.WindowDays, s.Features.AdoptedDays = 20, 2
	s.Holidays = Holidays{Version: 1, Country: Brazil, Customary: true, Days: []OwnHoliday{{Date: "01-25"}, {Date: "2018-10-03"}}}
	if seed%2 == 1 {
		s.Conventions.Pauses, s.Conventions.LifetimeMonths, s.Conventions.LifetimeChurn = PauseKeeps, 2, RevenueLost
		s.Features.List = []Feature{
			{Name: "Reports", Events: []string{"Report Created", "$page"}, Core: true},
			{Name: "Team", Events: []string{"Member Invited", "Report Created"}},
		}
		s.Activations = nil
		s.Calendar.WeekStart = time.Sunday
		s.Active = Active{Version: 2, Events: []string{"Report Created", "$page"}}
		s.Activation = Activation{Version: 1, AtLeast: 2, WindowDays: 12, Events: []Clause{
			{Name: "Report Created", Min: 2, By: "people"}, {Name: "*", Min: 3, By: "days", WithinDays: 9},
			{Name: "Report Created", Min: 1, Where: []Where{{Property: "size", Op: "at_least", Values: []string{"3"}}, {Property: "mode", Op: "is_not", Values: []string{"b"}}}},
		}, Groups: []Group{{AtLeast: 1, Events: []Clause{
			{Name: "$page", Min: 2}, {Name: "Member Invited", Min: 1, Where: []Where{{Property: "mode", Op: "is", Values: []string{"a", "b"}}}},
		}}}}
		s.Exclusions = Exclusions{Version: 1, Accounts: []string{"a7"}, People: []string{"u14"}}
	}
	return s
}

func byUnit(a, b refRow) int {
	return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.unit, b.unit))
}
