package clients

import (
	"log"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
	analytics "gopkg.in/segmentio/analytics-go.v3"
)

// TestSegmentGo drives Segment's library for Go through an outage. It sends
// the same bytes again, and its library at the level of the batch only.
func TestSegmentGo(t *testing.T) {
	s := start(t)
	s.outage.Store(2)
	var failures callback
	c, err := analytics.NewWithConfig(s.source.Key, analytics.Config{
		Endpoint: s.URL, BatchSize: 100, Interval: 50 * time.Millisecond, Callback: &failures, Logger: analytics.StdLogger(log.New(t.Output(), "", 0)),
		DefaultContext: &analytics.Context{Extra: map[string]any{"groupId": "acct-9"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []analytics.Message{
		analytics.Identify{UserId: "u1", AnonymousId: "a1", Traits: analytics.NewTraits().SetName("Ana")},
		analytics.Group{UserId: "u1", GroupId: "acct-1", Traits: analytics.NewTraits().Set("plan", "pro")},
		analytics.Track{UserId: "u1", Event: "Report Created", Properties: analytics.NewProperties().Set("rows", int64(9007199254740993))},
		analytics.Page{UserId: "u1", Name: "Home"},
		analytics.Screen{UserId: "u1", Name: "Start"},
		analytics.Alias{UserId: "u1", PreviousId: "a2"},
	} {
		if err := c.Enqueue(m); err != nil {
			t.Fatal(err)
		}
	}
	// Close gives up on what is being retried: wait for the events first.
	rows := s.await(6)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	s.kinds(rows, oneOfEach())
	if s.refused() != 2 {
		t.Errorf("%d requests were refused, not 2", s.refused())
	}
	if e := find(t, rows, farol.Track); e.Name != "Report Created" || string(e.Properties) != `{"rows":9007199254740993}` || e.Account != "acct-9" {
		t.Errorf("%+v %s", e, e.Properties)
	}
	if e := find(t, rows, farol.Alias); e.PreviousID != "a2" || !strings.Contains(string(e.Context), "analytics-go") {
		t.Errorf("%+v %s", e, e.Context)
	}
	if failures > 0 {
		t.Errorf("the client gave up on %d messages", failures)
	}
}

type callback int

func (*callback) Success(analytics.Message)          {}
func (c *callback) Failure(analytics.Message, error) { *c++ }

// TestSegmentGoWithAWrongKey wants the mistake to be visible at once: the
// library repeats it ten times, and reports it.
func TestSegmentGoWithAWrongKey(t *testing.T) {
	s := start(t)
	var failures callback
	c, err := analytics.NewWithConfig("wk_mistyped", analytics.Config{
		Endpoint: s.URL, BatchSize: 1, Callback: &failures, Logger: analytics.StdLogger(log.New(t.Output(), "", 0)),
		RetryAfter: func(int) time.Duration { return time.Millisecond },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Enqueue(analytics.Track{UserId: "u1", Event: "X"}); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); len(s.requests()) < 10 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.requests() {
		if r.status != 401 {
			t.Errorf("answered %+v", r)
		}
	}
	if failures != 1 {
		t.Errorf("%d failures reported", failures)
	}
}
