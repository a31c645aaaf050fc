package store

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/farol-cs/farol"
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
		c.pass(time.Minute)
		rows := int64(12)
		hungUp, hangUp := context.WithCancel(ctx)
		hangUp()
		ok(t, s.AddAudit(hungUp, Audit{Token: "t1", Kind: AuditExport, Accounts: []farol.AccountID{"a%", "b"}, Rows: &rows, Status: 403}))
		for _, q := range []struct {
			q AuditQuery
			n int
		}{
			{AuditQuery{Kind: AuditExport}, 1}, {AuditQuery{Account: "b"}, 1}, {AuditQuery{Account: "a%"}, 1}, {AuditQuery{Account: "%"}, 0}, {AuditQuery{Refused: true}, 1}, {AuditQuery{Member: "t1"}, 1},
		} {
			if got, _, err := s.AuditLog(ctx, q.q); err != nil || len(got) != q.n || q.n == 1 && (*got[0].Rows != 12 || len(got[0].Accounts) != 2) {
				t.Errorf("%+v: %+v, %v", q.q, got, err)
			}
		}
		// The chain shows what was changed or taken out.
		whole := must[AuditCheck](t)(s.CheckAudit(ctx))
		if whole.Entries != 4 || whole.Broken != "" {
			t.Errorf("the whole log: %+v", whole)
		}
		for _, tamper := range []string{`update audit set detail = '{}' where id = $1`, `update audit set at = at + 1 where id = $1`, `delete from audit where id = $1`} {
			tx, err := s.writer.BeginTx(ctx, nil)
			ok(t, err)
			_, err = tx.ExecContext(ctx, tamper, all[1].ID)
			ok(t, err)
			ok(t, tx.Commit())
			if c := must[AuditCheck](t)(s.CheckAudit(ctx)); c.Broken == "" {
				t.Errorf("%s is not noticed", tamper)
			}
			if tamper[0] == 'd' {
				break
			}
			back := all[1]
			_, err = s.writer.ExecContext(ctx, `update audit set detail = $2, at = $3 where id = $1`, back.ID, string(back.Detail), back.At.UnixMilli())
			ok(t, err)
			if c := must[AuditCheck](t)(s.CheckAudit(ctx)); c.Broken != "" {
				t.Errorf("what was put back is still broken: %+v", c)
			}
		}
		c.pass(auditKept)
		ok(t, s.Prune(ctx))
		if left, _, err := s.AuditLog(ctx, AuditQuery{}); err != nil || len(left) != 0 {
			t.Errorf("%d entries are kept for ever, %v", len(left), err)
		}
	})
}
