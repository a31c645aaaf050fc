package program_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/farol-cs/farol/test/clickhouse"
	"github.com/farol-cs/farol/test/postgres"
)

// The same binary over ClickHouse and PostgreSQL: what was acknowledged is
// there after a kill, counted once, and the figures are those of before.
func TestOnClickHouseAndPostgreSQL(t *testing.T) {
	if testing.Short() {
		t.Skipf("the engines of a cluster are not part of -short")
	}
	dir := filepath.Join(t.TempDir(), "data")
	state := []string{"--data", dir, "--state", postgres.Start(t)}
	key := command(t, append([]string{"source", "add", "cluster"}, state...)...)
	token := command(t, append([]string{"token", "add", "check"}, state...)...)
	args := append([]string{"serve", "--facts", clickhouse.Start(t)}, state...)

	yesterday := time.Now().UTC().AddDate(0, 0, -1)
	batch := map[string]any{"batch": []map[string]any{
		{"type": "page", "messageId": "m1", "anonymousId": "browser", "timestamp": yesterday},
		{"type": "identify", "messageId": "m2", "anonymousId": "browser", "userId": "ana", "timestamp": yesterday.Add(time.Second)},
		{"type": "group", "messageId": "m3", "userId": "ana", "groupId": "acme", "traits": map[string]any{"plan": "pro"}, "timestamp": yesterday},
		{"type": "track", "messageId": "m4", "userId": "ana", "event": "Report Created", "timestamp": yesterday.Add(time.Minute)},
		{"type": "track", "messageId": "m5", "userId": "bia", "event": "Report Created", "timestamp": yesterday.Add(time.Minute)},
		{"type": "track", "messageId": "m6", "userId": "ana", "event": "Subscription Started", "timestamp": yesterday,
			"properties": map[string]any{"subscription": "s1", "mrr": "100.50", "currency": "USD", "plan": "pro"}},
	}}
	period := "?grain=day&from=" + yesterday.Format(time.DateOnly) + "&to=" + yesterday.AddDate(0, 0, 1).Format(time.DateOnly)
	figures := func(s *server) string {
		var users, accounts, mrr series
		s.get(token, "/api/v1/metrics/active_users_day/series"+period, &users)
		s.get(token, "/api/v1/metrics/active_accounts_day/series"+period+"&by=plan", &accounts)
		s.get(token, "/api/v1/metrics/mrr/series"+period, &mrr)
		return fmt.Sprint(values(users), values(accounts), values(mrr))
	}

	s := start(t, args...)
	if err := s.post(key, "/v1/batch", batch); err != nil {
		t.Fatal(err)
	}
	day := yesterday.Format(time.DateOnly)
	want := fmt.Sprintf("[%[1]s=2] [%[1]s=1] [%[1]s=100.5]", day)
	if got := figures(s); got != want {
		t.Errorf("figures %s, want %s", got, want)
	}
	s.kill()
	s = start(t, args...)
	if err := s.post(key, "/v1/batch", batch); err != nil {
		t.Fatal(err)
	}
	if got := figures(s); got != want {
		t.Errorf("after a kill and the same events again: %s, want %s", got, want)
	}
	if seen := s.listed(token); len(seen) != 6 {
		t.Errorf("%d events are stored: %v", len(seen), seen)
	}
	s.stop()
}
