package program_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

type series struct {
	Metric, Version, Unit string
	Points                []struct {
		Period                        string
		Value, Numerator, Denominator *float64
		Low, High                     *float64
		Complete                      bool
		Group                         *string
	}
}

// The same ten thousand events, in other batches, after a restart: no count
// moves. P02 of the goal table.
func TestTheSameEventsTwiceCountOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	key := command(t, "source", "add", "--data", dir, "twice")
	token := command(t, "token", "add", "--data", dir, "check")
	n := 10_000
	if testing.Short() {
		n = 1_000
	}
	now := time.Now().UTC()
	events := make([]map[string]any, n)
	for i := range events {
		events[i] = map[string]any{
			"type": "track", "event": []string{"Report Created", "Login", "Export"}[i%3], "messageId": fmt.Sprint("m", i),
			"userId": fmt.Sprint("u", i%400), "context": map[string]any{"groupId": fmt.Sprint("a", i%40)},
			"timestamp": now.Add(-time.Duration(i%(9*24)) * time.Hour).Format(time.RFC3339),
		}
	}
	send := func(s *server, size int) {
		for i := 0; i < n; i += size {
			if err := s.post(key, "/v1/batch", map[string]any{"batch": events[i:min(i+size, n)]}); err != nil {
				t.Fatal(err)
			}
		}
	}
	from, to := now.AddDate(0, 0, -12).Format(time.DateOnly), now.AddDate(0, 0, 2).Format(time.DateOnly)
	path := "/api/v1/metrics/active_users_day/series?grain=day&from=" + from + "&to=" + to

	s := start(t, "serve", "--data", dir)
	send(s, 500)
	var before, after series
	s.get(token, path, &before)
	stored := len(s.listed(token))
	s.stop()
	s = start(t, "serve", "--data", dir)
	send(s, 333)
	s.get(token, path, &after)
	if stored != n || len(s.listed(token)) != n {
		t.Errorf("%d events stored, then %d; sent %d twice", stored, len(s.listed(token)), n)
	}
	if len(before.Points) == 0 || fmt.Sprint(values(before)) != fmt.Sprint(values(after)) {
		t.Errorf("the figures moved:\n%v\n%v", values(before), values(after))
	}
}

func values(s series) (out []string) {
	for _, p := range s.Points {
		v := "null"
		if p.Value != nil {
			v = fmt.Sprint(*p.Value)
		}
		out = append(out, p.Period+"="+v)
	}
	return out
}

// A late event restates the day it belongs to, and the figure as it was known
// before is still there.
func TestALateEventRestatesAndTheOldFigureStays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	key := command(t, "source", "add", "--data", dir, "late")
	token := command(t, "token", "add", "--data", dir, "check")
	s := start(t, "serve", "--data", dir)
	three := time.Now().UTC().AddDate(0, 0, -3)
	track := func(user string, at time.Time) {
		t.Helper()
		err := s.post(key, "/v1/track", map[string]any{"userId": user, "event": "Login", "timestamp": at.Format(time.RFC3339), "context": map[string]any{"groupId": "acme"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	track("ana", three)
	time.Sleep(20 * time.Millisecond)
	then := time.Now().UTC().Format(time.RFC3339Nano)
	time.Sleep(20 * time.Millisecond)
	track("bia", three)

	day := three.Format(time.DateOnly)
	path := "/api/v1/metrics/active_users_day/series?grain=day&from=" + day + "&to=" + three.AddDate(0, 0, 1).Format(time.DateOnly)
	var now, old series
	s.get(token, path, &now)
	s.get(token, path+"&known="+then, &old)
	if len(now.Points) == 0 || *now.Points[0].Value != 2 {
		t.Errorf("today's figure of %s: %v, want 2", day, values(now))
	}
	if len(old.Points) == 0 || *old.Points[0].Value != 1 {
		t.Errorf("the figure of %s as known at %s: %v, want 1", day, then, values(old))
	}
	var page struct{ Events []struct{ Late bool } }
	s.get(token, "/api/v1/events?person=bia", &page)
	if len(page.Events) != 1 || !page.Events[0].Late {
		t.Errorf("the late event is not marked: %+v", page)
	}
}
