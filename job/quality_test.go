package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/facts"
	"github.com/farol-cs/farol/store"
)

// monday is a Monday midnight.
var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// hours makes the history of a source: n(t) events in the hour of t.
func hours(from, to time.Time, n func(time.Time) int64) (out []store.SourceHour) {
	for t := from; t.Before(to); t = t.Add(time.Hour) {
		if k := n(t); k > 0 {
			out = append(out, store.SourceHour{Source: "s", Hour: t, Events: k, Last: t.Add(59 * time.Minute)})
		}
	}
	return out
}

// A source is silent by its own rhythm.
func TestRhythm(t *testing.T) {
	office := func(t time.Time) int64 {
		if t.Weekday() == time.Saturday || t.Weekday() == time.Sunday || t.Hour() < 9 || t.Hour() >= 18 {
			return 0
		}
		return 40
	}
	nightly := func(t time.Time) int64 {
		if t.Hour() == 3 {
			return 500
		}
		return 0
	}
	start := monday.AddDate(0, 0, -8*7)
	friday := monday.AddDate(0, 0, -3).Add(18 * time.Hour)
	for _, x := range []struct {
		name   string
		n      func(time.Time) int64
		until  time.Time
		now    time.Time
		silent bool
	}{
		{"the weekend of an office", office, friday, monday.Add(8 * time.Hour), false},
		{"an office at Monday noon", office, friday, monday.Add(13 * time.Hour), true},
		{"an office two hours into Monday", office, friday, monday.Add(10 * time.Hour), false},
		{"a day without the nightly import", nightly, monday, monday.Add(2 * time.Hour), false},
		{"an import that never failed was missed", nightly, monday, monday.Add(5 * time.Hour), true},
		{"all hours, three hours ago", func(time.Time) int64 { return 5 }, monday, monday.Add(3 * time.Hour), true},
		{"all hours, now", func(time.Time) int64 { return 5 }, monday, monday.Add(40 * time.Minute), false},
		{"now and then", func(t time.Time) int64 {
			if t.Unix()/3600%37 == 0 {
				return 1
			}
			return 0
		}, monday, monday.Add(48 * time.Hour), false},
	} {
		r := RhythmOf(hours(start, x.until, x.n), time.UTC)
		if got := r.Silent(x.now); got != x.silent {
			t.Errorf("%s: silent is %t (quiet %g)", x.name, got, r.Quiet(x.now))
		}
	}
	short := RhythmOf(hours(monday.Add(-10*time.Hour), monday, office), time.UTC)
	if short.Known() || short.Silent(monday.AddDate(0, 0, 9)) {
		t.Error("ten hours make a rhythm")
	}
	if r := RhythmOf(nil, time.UTC); r.Known() || r.Silent(monday) || r.Expected(start, monday) != 0 {
		t.Error("nothing makes a rhythm")
	}
	r := RhythmOf(hours(start, monday, office), time.UTC)
	if got := r.Expected(monday, monday.AddDate(0, 0, 1)); got != 9*40 {
		t.Errorf("a Monday brings %g", got)
	}
}

// A source that stops raises one notice and marks whom it told of; when it
// speaks again all is well.
func TestWatch(t *testing.T) {
	ctx := context.Background()
	now := monday
	clock := func() time.Time { return now }
	path := filepath.Join(t.TempDir(), "state.db")
	s, err := store.Open(ctx, "sqlite:"+path, clock)
	check(t, err)
	t.Cleanup(func() { s.Close() })
	f, err := facts.Open(ctx, facts.Config{Zone: time.UTC, Now: clock, Threads: 1, MemoryLimit: "256MB"})
	check(t, err)
	t.Cleanup(func() { f.Close() })
	boss, err := s.AddFirstMember(ctx, store.NewMember{Email: "a@example.com", Name: "A", Password: "correct horse"})
	check(t, err)
	web, err := s.AddSource(ctx, "Web app")
	check(t, err)
	other, err := s.AddSource(ctx, "Billing")
	check(t, err)
	w, n := Watch{s, f, clock}, 0
	send := func(source farol.SourceID, account, id string) {
		t.Helper()
		n++
		if id == "" {
			id = fmt.Sprint("e", n)
		}
		_, err := f.Append(ctx, facts.Batch{Events: []farol.Event{{ID: id, Source: source, Kind: farol.Track, Name: "Report Created", Account: farol.AccountID(account), User: "ana", At: now}}})
		check(t, err)
	}
	for range 72 {
		send(web.ID, "acme", "")
		send(other.ID, "beta", "")
		now = now.Add(time.Hour)
	}
	send(web.ID, "acme", "e1") // again
	_, err = f.Append(ctx, facts.Batch{Rejected: []facts.Rejected{{Source: web.ID, Received: now, Field: "type", Reason: "is missing", Body: "{}"}}})
	check(t, err)
	_, err = f.Append(ctx, facts.Batch{Events: []farol.Event{{ID: "old", Source: web.ID, Kind: farol.Track, Name: "x", Anonymous: "anon", At: now.AddDate(0, 0, -5), ClockFlag: "corrected"}}})
	check(t, err)
	check(t, w.Look(ctx))
	list, err := s.SourceHours(ctx, monday)
	check(t, err)
	var sum store.SourceHour
	for _, h := range list {
		if h.Source == web.ID {
			sum.Events, sum.Late, sum.Skewed, sum.NoAccount = sum.Events+h.Events, sum.Late+h.Late, sum.Skewed+h.Skewed, sum.NoAccount+h.NoAccount
		}
	}
	if sum.Events != 73 || sum.Skewed != 1 || sum.NoAccount != 1 {
		t.Errorf("counted %+v", sum)
	}
	// What comes after the first count is counted as it comes.
	send(web.ID, "acme", "e1")
	_, err = f.Append(ctx, facts.Batch{Rejected: []facts.Rejected{{Source: web.ID, Received: now, Field: "type", Reason: "is missing", Body: "{}"}},
		Events: []farol.Event{{ID: "older", Source: web.ID, Kind: farol.Track, Name: "x", Account: "acme", User: "ana", At: now.AddDate(0, 0, -5)}}})
	check(t, err)
	// What cannot be written down now is written down later, with what came since.
	full, err := sql.Open("sqlite", path)
	check(t, err)
	_, err = full.Exec(`create trigger full before insert on source_hours begin select raise(abort, 'the disk is full'); end`)
	check(t, err)
	if err := w.Look(ctx); err == nil {
		t.Error("counters that were not written down are no error")
	}
	send(web.ID, "acme", "e1")
	_, err = full.Exec(`drop trigger full`)
	check(t, errors.Join(err, full.Close()))
	check(t, w.Look(ctx))
	list, err = s.SourceHours(ctx, now)
	check(t, err)
	for _, h := range list {
		if h.Source == web.ID && (h.Duplicates != 2 || h.Rejected != 1 || h.Late != 1) {
			t.Errorf("counted %+v", h)
		}
	}
	if reasons, err := s.RejectReasons(ctx, monday, time.Time{}); err != nil || len(reasons) != 1 || reasons[0].Reason != "type is missing" {
		t.Errorf("reasons %+v, %v", reasons, err)
	}
	if open, err := s.Silences(ctx, time.Time{}); err != nil || len(open) != 0 {
		t.Errorf("silent at once: %+v, %v", open, err)
	}
	// The web app stops; billing goes on.
	for range 26 {
		now = now.Add(time.Hour)
		send(other.ID, "beta", "")
		check(t, w.Look(ctx))
	}
	open, err := s.Silences(ctx, time.Time{})
	check(t, err)
	if len(open) != 1 || open[0].Source != web.ID || open[0].Feeds != "activity\nevents" {
		t.Fatalf("silences %+v", open)
	}
	notices, err := s.Notices(ctx, boss.ID, true, 10)
	check(t, err)
	if len(notices) != 1 || notices[0].Kind != store.NoticeSilent || notices[0].Text != "Web app" {
		t.Errorf("notices %+v", notices)
	}
	stale, err := s.Stale(ctx, []farol.AccountID{"acme", "beta", "none"})
	check(t, err)
	if len(stale) != 1 || !stale["acme"].Equal(open[0].Last) {
		t.Errorf("stale %v", stale)
	}
	send(web.ID, "acme", "")
	check(t, w.Look(ctx))
	open, err = s.Silences(ctx, time.Time{})
	check(t, err)
	stale, err = s.Stale(ctx, []farol.AccountID{"acme"})
	check(t, err)
	notices, err = s.Notices(ctx, boss.ID, true, 10)
	check(t, err)
	if len(open)+len(stale)+len(notices) != 0 {
		t.Errorf("after it spoke: %v, %v, %v", open, stale, notices)
	}
	// A source that was disabled is not waited for.
	for range 30 {
		now = now.Add(time.Hour)
		check(t, w.Look(ctx))
	}
	off := true
	_, err = s.UpdateSource(ctx, web.ID, store.SourceUpdate{Disabled: &off})
	check(t, err)
	check(t, s.DeleteSource(ctx, other.ID))
	check(t, w.Look(ctx))
	if open, err := s.Silences(ctx, time.Time{}); err != nil || len(open) != 0 {
		t.Errorf("waits for what is gone: %+v, %v", open, err)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
