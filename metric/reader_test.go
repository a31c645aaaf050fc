package metric

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
)

// small is a reader over one day of a tiny company.
func small(t *testing.T) (*Reader, *facts.Facts, *clock) {
	t.Helper()
	clk := &clock{t: time.Date(2026, time.March, 3, 12, 0, 0, 0, time.UTC)}
	f := openDuck(t, time.UTC, clk.now)
	r := New(loadCatalogue(t), f, Defaults)
	r.SetClock(clk.now)
	return r, f, clk
}

func use(t *testing.T, f *facts.Facts, id, person, account string, at time.Time) {
	t.Helper()
	_, err := f.Append(context.Background(), facts.Batch{Events: []farol.Event{{
		ID: id, Source: "s", Kind: farol.Page, At: at, User: farol.PersonID(person), Account: farol.AccountID(account),
	}}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBadRequests(t *testing.T) {
	r, _, _ := small(t)
	march := farol.Period{From: farol.Date(2026, 3, 1), To: farol.Date(2026, 4, 1)}
	for _, c := range []struct {
		q     Request
		kind  farol.ErrorKind
		field string
	}{
		{Request{Metric: "nothing", Period: march}, farol.NotFound, ""},
		{Request{Metric: "active_users_month", Period: march, Grain: farol.Daily}, farol.Invalid, "grain"},
		{Request{Metric: "stickiness", Period: march, Grain: farol.Daily}, farol.Invalid, "grain"},
		{Request{Metric: "mrr", Period: farol.Period{From: 10, To: 10}}, farol.Invalid, "to"},
		{Request{Metric: "mrr", Period: farol.Period{From: 10, To: 10_000}}, farol.Invalid, "to"},
		{Request{Metric: "mrr", Period: march, By: "plan=pro"}, farol.Invalid, "by"},
		{Request{Metric: "mrr", Period: march, Filters: []facts.Filter{{Attribute: ""}}}, farol.Invalid, "segment"},
	} {
		_, err := r.Read(context.Background(), c.q)
		var e *farol.Error
		if !errors.As(err, &e) || e.Kind != c.kind || e.Field != c.field {
			t.Errorf("%+v: %v", c.q, err)
		}
	}
	if _, _, err := r.Rows(context.Background(), Request{Metric: "mrr"}, march, "", 10, "junk"); farol.KindOf(err) != farol.Invalid {
		t.Errorf("rows after junk: %v", err)
	}
}

// Before the first event every figure is null, because nothing was received.
func TestEmpty(t *testing.T) {
	r, _, _ := small(t)
	for _, m := range r.Catalogue().All() {
		s, err := r.Read(context.Background(), Request{Metric: m.Name, Period: farol.Period{From: farol.Date(2026, 3, 1), To: farol.Date(2026, 3, 4)}})
		if err != nil {
			t.Fatal(err)
		}
		for _, pt := range s.Points {
			if pt.Value != nil || pt.Reason != NoData || pt.Complete {
				t.Errorf("%s %s: %+v", m.Name, pt.Period, pt)
			}
		}
		if err := r.UpdateHistory(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

// An answer is exact unless the caller takes an older one.
func TestFreshness(t *testing.T) {
	r, f, clk := small(t)
	ctx := context.Background()
	q := Request{Metric: "active_users_day", Grain: farol.Daily, Period: farol.Period{From: farol.Date(2026, 3, 3), To: farol.Date(2026, 3, 4)}}
	value := func(maxAge time.Duration) float64 {
		t.Helper()
		q.MaxAge = maxAge
		s, err := r.Read(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		if s.Points[0].Value == nil {
			return -1
		}
		return *s.Points[0].Value
	}
	use(t, f, "1", "ana", "acme", clk.now().Add(-time.Hour))
	if v := value(0); v != 1 {
		t.Errorf("one person: %v", v)
	}
	use(t, f, "2", "ben", "acme", clk.now().Add(-time.Hour))
	clk.set(clk.now().Add(10 * time.Second))
	if v := value(time.Minute); v != 1 {
		t.Errorf("up to a minute old: %v", v)
	}
	clk.set(clk.now().Add(80 * time.Second))
	if v := value(5 * time.Second); v != 1 {
		t.Errorf("a minute and a half old, given once more while it is renewed: %v", v)
	}
	for tries := 0; value(5*time.Second) != 2; tries++ {
		if tries > 1000 {
			t.Fatal("it was never renewed")
		}
		time.Sleep(10 * time.Millisecond)
	}
	use(t, f, "3", "bia", "acme", clk.now().Add(-time.Hour))
	clk.set(clk.now().Add(maxStale + time.Second))
	if v := value(5 * time.Second); v != 3 {
		t.Errorf("too old to be given again: %v", v)
	}
	use(t, f, "4", "eva", "acme", clk.now().Add(-time.Hour))
	if v := value(0); v != 4 {
		t.Errorf("exact: %v", v)
	}
}

// Many readers at once are answered alike.
func TestConcurrentReads(t *testing.T) {
	r, f, clk := small(t)
	use(t, f, "1", "ana", "acme", clk.now().Add(-time.Hour))
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			m := r.Catalogue().All()[i%3]
			s, err := r.Read(context.Background(), Request{Metric: m.Name, Period: farol.Period{From: farol.Date(2026, 3, 3), To: farol.Date(2026, 3, 4)}})
			if err != nil || len(s.Points) != 1 {
				t.Errorf("%s: %v, %v", m.Name, s, err)
			}
		}()
	}
	wg.Wait()
}

func TestExplain(t *testing.T) {
	r, f, clk := small(t)
	use(t, f, "1", "ana", "acme", clk.now().Add(-time.Hour))
	for _, m := range r.Catalogue().All() {
		x, err := r.Explain(Request{Metric: m.Name, Period: farol.Period{From: farol.Date(2026, 3, 1), To: farol.Date(2026, 4, 1)}})
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		if x.Metric.Name != m.Name || x.Version != strconv.Itoa(m.Version) || strings.Contains(x.SQL, "{{") || !strings.Contains(x.SQL, "SELECT") || x.Query == "" {
			t.Errorf("%s is explained by %+v", m.Name, x)
		}
	}
}

// A figure of another version of a setting is another figure.
func TestVersionsInHistory(t *testing.T) {
	r, f, clk := small(t)
	ctx := context.Background()
	settings := Defaults()
	r.settings = func() Settings { return settings }
	use(t, f, "1", "ana", "acme", clk.now().AddDate(0, 0, -1))
	if err := r.UpdateHistory(ctx); err != nil {
		t.Fatal(err)
	}
	q := Request{Metric: "active_users_day", Grain: farol.Daily, Period: farol.Period{From: farol.Date(2026, 3, 2), To: farol.Date(2026, 3, 3)}}
	read := func() (string, float64) {
		s, err := r.Read(ctx, q)
		if err != nil || s.Points[0].Value == nil {
			t.Fatal(err, s)
		}
		return s.Version, *s.Points[0].Value
	}
	if v, x := read(); v != "1" || x != 1 {
		t.Errorf("version %s: %v", v, x)
	}
	settings.Active = Active{Version: 1, Events: []string{"Report Created"}}
	if v, x := read(); v != "1+active.1" || x != 0 {
		t.Errorf("version %s: %v", v, x)
	}
}

// oneCall is a batch of one track call.
func oneCall(name string, person farol.PersonID, at time.Time) facts.Batch {
	return facts.Batch{Events: []farol.Event{{
		ID: name + string(person), Source: "s", Kind: farol.Track, Name: name, At: at, User: person, Account: "acme",
	}}}
}
