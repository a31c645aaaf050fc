package demo_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/demo"
)

var saoPaulo = func() *time.Location {
	z, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		panic(err)
	}
	return z
}()

// small is a company that takes a moment only.
var small = demo.Config{Seed: 7, Accounts: 60, Months: 6, Until: time.Date(2026, 4, 17, 15, 30, 0, 0, saoPaulo)}

// run reads the whole history, handing each event to f (nil: none).
func run(t testing.TB, cfg demo.Config, f func(*farol.Event)) (*demo.Company, demo.Truth) {
	t.Helper()
	c := demo.New(cfg)
	for {
		events, err := c.Next()
		if errors.Is(err, io.EOF) {
			return c, c.Truth()
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range events {
			if f != nil {
				f(&events[i])
			}
		}
	}
}

func write(h hash.Hash, e *farol.Event) {
	fmt.Fprintf(h, "%s|%s|%s|%s|%d|%d|%d|%s|%s|%s|%s|%s|%s|%s\n", e.ID, e.Source, e.Kind, e.Name, e.At.UnixMilli(), e.OriginalAt.UnixMilli(),
		e.Known.UnixMilli(), e.Account, e.User, e.Anonymous, e.PreviousID, e.Properties, e.Context, e.ClockFlag)
}

// golden are the hashes of the small company. A change of the generator
// changes them: put in what the test prints.
const (
	goldenEvents = "ed7328e949766cc40fd69aa57d33fb4c244f3ab6c81028aaf4fa5cfe3defc0a1"
	goldenTruth  = "52b831ca03539c39b35dac14a5c20a7686eec07822aab3f4a1e97814aef54bcd"
)

func TestSameSeedSameBytes(t *testing.T) {
	h := sha256.New()
	_, truth := run(t, small, func(e *farol.Event) { write(h, e) })
	if got := hex.EncodeToString(h.Sum(nil)); got != goldenEvents {
		t.Errorf("events hash to %s", got)
	}
	text, err := json.Marshal(truth)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if got := hex.EncodeToString(sum[:]); got != goldenTruth {
		t.Errorf("truth hashes to %s", got)
	}
}

// Each invitation is told with its address, and not all who are invited come.
func TestInvitations(t *testing.T) {
	asked, to, there := map[string]string{}, map[string]string{}, map[string]bool{}
	run(t, small, func(e *farol.Event) {
		var p struct{ Email, InviteeEmail string }
		if e.Name == "Invite Sent" || e.Kind == farol.Identify {
			if err := json.Unmarshal(bytes.ReplaceAll(e.Properties, []byte("invitee_email"), []byte("InviteeEmail")), &p); err != nil {
				t.Fatal(err)
			}
		}
		switch {
		case e.Name == "Teammate Invited":
			asked[e.ID+"-to"] = string(e.User)
		case e.Name == "Invite Sent":
			to[e.ID] = p.InviteeEmail
			if asked[e.ID] != string(e.User) || p.InviteeEmail == "" {
				t.Errorf("%+v is no invitation", e)
			}
		case e.Kind == farol.Identify:
			there[p.Email] = true
		}
	})
	came := 0
	for _, address := range to {
		if there[address] {
			came++
		}
	}
	if len(to) != len(asked) || came < 50 || came > len(to)*9/10 {
		t.Errorf("%d of %d invitations have an address, %d of those are of people who came", len(to), len(asked), came)
	}
}

func TestSeedsDiffer(t *testing.T) {
	cfg := demo.Config{Seed: 1, Accounts: 10, Months: 2}
	_, one := run(t, cfg, nil)
	cfg.Seed = 2
	_, two := run(t, cfg, nil)
	if one.Events == two.Events {
		t.Errorf("both seeds made %d events", one.Events)
	}
}

// TestTinyCompanies: the smallest ones are made, and live on.
func TestTinyCompanies(t *testing.T) {
	for _, cfg := range []demo.Config{{Seed: 1, Accounts: 1, Months: 1}, {Seed: 2, Accounts: 2, Months: 2}, {Seed: 3, Accounts: 3, Months: 1, Until: small.Until}} {
		c, truth := run(t, cfg, nil)
		if truth.Events == 0 || len(truth.Accounts) > cfg.Accounts || len(truth.Months) < cfg.Months {
			t.Errorf("%+v made %d events of %d accounts in %d months", cfg, truth.Events, len(truth.Accounts), len(truth.Months))
		}
		if events := c.Live(truth.Until.AddDate(0, 0, 40)); len(events) == 0 {
			t.Errorf("%+v does not live on", cfg)
		}
	}
}

// TestLiveGoesOn cuts the time after the history in two ways and also makes
// one longer history: all must tell of the same events.
func TestLiveGoesOn(t *testing.T) {
	list := func(c *demo.Company, steps ...time.Duration) (out []string) {
		now := small.Until
		for _, s := range steps {
			now = now.Add(s)
			for _, e := range c.Live(now) {
				if !e.Known.IsZero() {
					t.Fatalf("a live event is known already: %+v", e)
				}
				out = append(out, e.ID+e.Name+e.At.String())
			}
		}
		return out
	}
	once := list(demo.New(small), 50*time.Hour)
	var steps []time.Duration
	for range 50 * 6 {
		steps = append(steps, 10*time.Minute)
	}
	c := demo.New(small)
	if _, err := c.Next(); err != nil {
		t.Fatal(err)
	}
	if often := list(c, steps...); !slices.Equal(once, often) {
		t.Errorf("one step gave %d events, many steps %d, or others", len(once), len(often))
	}
	if len(once) < 300 {
		t.Errorf("only %d events in two days", len(once))
	}
	if n := len(demo.New(small).Live(small.Until.Add(3 * time.Minute))); n < 3 {
		t.Errorf("only %d events in three minutes", n)
	}
	if again := c.Live(small.Until); again != nil {
		t.Errorf("the past came again: %d events", len(again))
	}
}

func TestOrderAndRepetition(t *testing.T) {
	seen := map[string]farol.Event{}
	var last time.Time
	var again, late int
	_, truth := run(t, small, func(e *farol.Event) {
		if e.Known.Before(last) || e.Known.After(small.Until) {
			t.Fatalf("known %v after %v: %s", e.Known, last, e.ID)
		}
		if e.Known.Before(e.At) {
			t.Fatalf("known before it happened: %+v", e)
		}
		last = e.Known
		if first, ok := seen[e.ID]; ok {
			again++
			e := *e
			e.Known = first.Known
			if fmt.Sprint(e) != fmt.Sprint(first) {
				t.Fatalf("repeated differently: %v, %v", e, first)
			}
			return
		}
		seen[e.ID] = *e
		if farol.Late(e.At, e.Known, saoPaulo) {
			late++
		}
	})
	if len(seen) != truth.Events || again != truth.Duplicates || late != truth.Late {
		t.Errorf("%d events, %d again, %d late; truth says %d, %d, %d", len(seen), again, late, truth.Events, truth.Duplicates, truth.Late)
	}
	if share := float64(again) / float64(len(seen)); share < 0.01 || share > 0.02 {
		t.Errorf("%.3f of the events come twice", share)
	}
	if share := float64(late) / float64(len(seen)); share < 0.003 || share > 0.03 {
		t.Errorf("%.4f of the events are late", share)
	}
}

// TestAccidents looks for every kind of trouble that ingestion must stand.
func TestAccidents(t *testing.T) {
	counts := map[string]int{}
	kinds := map[farol.Kind]int{}
	run(t, small, func(e *farol.Event) {
		kinds[e.Kind]++
		if e.ClockFlag != "" {
			counts["clock "+e.ClockFlag]++
			if e.OriginalAt.Equal(e.At) {
				t.Fatalf("flagged %s, but not moved: %s", e.ClockFlag, e.ID)
			}
		} else if !e.OriginalAt.Equal(e.At) {
			t.Fatalf("moved without a flag: %s", e.ID)
		}
		if !e.At.Equal(e.At.Truncate(time.Millisecond)) || e.At.Location() != time.UTC {
			t.Fatalf("not UTC milliseconds: %v", e.At)
		}
		if e.Properties != nil && !json.Valid(e.Properties) {
			t.Fatalf("not JSON: %s", e.Properties)
		}
		if bytes.Contains(e.Properties, []byte(`"interactive":false`)) || bytes.Contains(e.Context, []byte(`"interactive":false`)) {
			counts["machine"]++
		}
		if bytes.Contains(e.Properties, []byte(`"effective_at"`)) {
			counts["back-dated"]++
		}
	})
	for _, k := range farol.Kinds {
		if kinds[k] == 0 {
			t.Errorf("no %s calls", k)
		}
	}
	for _, k := range []string{"clock corrected", "clock future", "machine", "back-dated"} {
		if counts[k] == 0 {
			t.Errorf("none: %s", k)
		}
	}
}

// TestNobodyActsBeforeSigningUp: what a user does comes after the Signed Up
// of the person; before it there are anonymous visits only.
func TestNobodyActsBeforeSigningUp(t *testing.T) {
	signed := map[farol.PersonID]time.Time{}
	first := map[farol.PersonID]farol.Event{}
	_, truth := run(t, small, func(e *farol.Event) {
		if e.User == "" {
			return
		}
		if old, ok := first[e.User]; !ok || e.At.Before(old.At) {
			first[e.User] = *e
		}
		if e.Name == "Signed Up" {
			signed[e.User] = e.At
		}
	})
	for _, l := range truth.Links {
		if at, ok := signed[l.From]; ok {
			signed[l.To] = at
		}
	}
	people := 0
	for user, e := range first {
		at, ok := signed[user]
		if !ok {
			if !slices.Contains(truth.Excluded.People, user) && !bytes.HasPrefix([]byte(user), []byte("robot-")) {
				t.Errorf("%s never signed up: %s %s", user, e.Kind, e.Name)
			}
			continue
		}
		people++
		if e.At.Before(at) {
			t.Errorf("%s: %s %s at %v before signing up at %v", user, e.Kind, e.Name, e.At, at)
		}
	}
	if people < 400 {
		t.Errorf("only %d people", people)
	}
}

func TestBodyIsWhatAClientSends(t *testing.T) {
	c := demo.New(small)
	events := c.Live(small.Until.Add(30 * time.Hour))
	sent := small.Until.Add(31 * time.Hour)
	var body struct {
		Batch []struct {
			Type, MessageID, Event, Name, UserID, AnonymousID, GroupID, PreviousID string
			Timestamp                                                              time.Time
			SentAt                                                                 *time.Time
			Context                                                                struct{ GroupID string }
			Properties, Traits                                                     json.RawMessage
		}
	}
	if err := json.Unmarshal(demo.Body(events, sent), &body); err != nil {
		t.Fatal(err)
	}
	if len(body.Batch) != len(events) {
		t.Fatalf("%d messages of %d events", len(body.Batch), len(events))
	}
	skewed := 0
	for i, m := range body.Batch {
		e := events[i]
		named := m.GroupID + m.Context.GroupID
		if m.Type != string(e.Kind) || m.MessageID != e.ID || m.Event+m.Name != e.Name || farol.PersonID(m.UserID) != e.User ||
			farol.AnonymousID(m.AnonymousID) != e.Anonymous || farol.AccountID(named) != e.Account || m.PreviousID != e.PreviousID ||
			string(m.Properties)+string(m.Traits) != string(e.Properties) {
			t.Fatalf("%+v became %+v", e, m)
		}
		at := m.Timestamp
		if m.SentAt != nil {
			at = sent.Add(-m.SentAt.Sub(m.Timestamp))
			skewed++
		}
		if e.ClockFlag != "future" && !at.Equal(e.At) {
			t.Fatalf("corrected to %v, not %v", at, e.At)
		}
	}
	if skewed == 0 {
		t.Error("no device has a wrong clock")
	}
	if got := string(demo.Body(nil, sent)); got != `{"batch":[]}` {
		t.Errorf("nothing is %s", got)
	}
}

func BenchmarkHistory(b *testing.B) {
	var events int
	for b.Loop() {
		_, truth := run(b, demo.Config{Seed: 7}, nil)
		events = truth.Events
	}
	b.ReportMetric(float64(events), "events")
}
