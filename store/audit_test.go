package store

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestAudit(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, c *clock) {
		ctx := t.Context()
		for i, action := range []string{"POST /a", "POST /b_c", "GET /a.csv"} {
			c.pass(time.Hour)
			ok(t, s.AddAudit(ctx, Audit{Member: MemberID([]string{"m1", "m2", "m1"}[i]), Name: "Ana\x00", Action: action, Path: "/a/1", Status: 200, Address: "192.0.2.1",
				Detail: AuditDetail(url.Values{"name": {"x"}, "new_password": {"hunter2"}})}))
		}
		all, next, err := s.AuditLog(ctx, AuditQuery{})
		ok(t, err)
		if len(all) != 3 || next != "" || all[0].Action != "GET /a.csv" || all[0].Name != "Ana" || !all[0].At.Equal(c.now()) {
			t.Errorf("%+v", all)
		}
		if d := string(all[0].Detail); !strings.Contains(d, `"name":"x"`) || strings.Contains(d, "hunter2") {
			t.Errorf("detail %s", d)
		}
		for _, q := range []struct {
			q AuditQuery
			n int
		}{
			{AuditQuery{Member: "m1"}, 2}, {AuditQuery{Action: "b_c"}, 1}, {AuditQuery{Action: "b%c"}, 0}, {AuditQuery{From: all[1].At}, 2},
			{AuditQuery{To: all[1].At}, 1}, {AuditQuery{Limit: 2}, 2}, {AuditQuery{After: all[1].ID}, 1}, {AuditQuery{Member: "'; drop table audit"}, 0},
		} {
			if got, _, err := s.AuditLog(ctx, q.q); err != nil || len(got) != q.n {
				t.Errorf("%+v: %d entries, %v", q.q, len(got), err)
			}
		}
		if _, next, err := s.AuditLog(ctx, AuditQuery{Limit: 2}); err != nil || next != all[1].ID {
			t.Errorf("next is %q, %v", next, err)
		}
		c.pass(auditKept)
		ok(t, s.Prune(ctx))
		if left, _, err := s.AuditLog(ctx, AuditQuery{}); err != nil || len(left) != 0 {
			t.Errorf("%d entries are kept for ever, %v", len(left), err)
		}
	})
}
