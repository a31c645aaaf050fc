package clients

import (
	"strings"
	"testing"

	"github.com/farol-cs/farol"
)

// TestSegmentNode drives @segment/analytics-node through an outage.
func TestSegmentNode(t *testing.T) {
	installed(t, "@segment/analytics-node")
	s := start(t)
	s.outage.Store(1)
	s.node("segment-node.mjs")
	rows := s.await(6)
	s.kinds(rows, oneOfEach())
	if s.refused() != 1 {
		t.Errorf("%d requests were refused, not 1", s.refused())
	}
	for _, r := range s.requests() {
		if r.status == 200 && r.retry != "1" {
			t.Errorf("taken at retry %q", r.retry)
		}
	}
	if e := find(t, rows, farol.Track); e.Account != "acct-9" || string(e.Properties) != `{"rows":3,"note":"é\ufffd\ufffd"}` {
		t.Errorf("%+v %s", e, e.Properties)
	}
	if e := find(t, rows, farol.Page); e.Name != "Home" || !strings.Contains(string(e.Properties), `"category":"Docs"`) {
		t.Errorf("%+v %s", e, e.Properties)
	}
	if e := find(t, rows, farol.Group); e.Account != "acct-1" || string(e.Properties) != `{"plan":"pro"}` {
		t.Errorf("%+v %s", e, e.Properties)
	}
}

// TestRudderStackNode drives @rudderstack/rudder-sdk-node through an outage.
func TestRudderStackNode(t *testing.T) {
	installed(t, "@rudderstack/rudder-sdk-node")
	s := start(t)
	s.outage.Store(1)
	s.node("rudder-node.mjs")
	rows := s.await(6)
	s.kinds(rows, oneOfEach())
	if s.refused() != 1 {
		t.Errorf("%d requests were refused, not 1", s.refused())
	}
	if e := find(t, rows, farol.Identify); !strings.Contains(string(e.Properties), `"name":"Ana"`) {
		t.Errorf("%+v %s", e, e.Properties)
	}
	if e := find(t, rows, farol.Track); e.Account != "acct-9" {
		t.Errorf("%+v", e)
	}
}
