package web

import (
	"strings"
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/store"
)

// Every change and every download is written down, with who did it and never
// a secret.
func TestAuditLog(t *testing.T) {
	s := busy(t)
	both(t, func(t *testing.T, code lang.Code) {
		s.get(as{role: store.Admin, code: code}, "/audit").is(200)
	})
	s.post(admin, "/sources", "name", "Mobile app")
	s.post(admin, "/team/members", "name", "Zoe", "email", "zoe@example.com", "password", "a very good password", "role", "csm")
	s.post(as{role: store.Viewer}, "/sources", "name", "Mine").is(403)
	s.get(as{role: store.CSM}, "/metrics/mrr/series.csv?period=12m").is(200)
	a := s.get(admin, "/audit").is(200).says("table", "name: Mobile app").says("table", "/team/members").says("table", "/metrics/mrr/series.csv").says("table", "period: 12m").says(".tag.bad", "403")
	if strings.Contains(a.body, "a very good password") {
		t.Error("a password is in the audit log")
	}
	s.get(admin, "/audit?action=members").says("table", "zoe@example.com")
	if a := s.get(admin, "/audit?action=members"); strings.Contains(a.body, "Mobile app") {
		t.Error("the filter lets everything through")
	}
	s.get(admin, "/audit?action=nothing+like+it").is(200).says("main", "Nothing was recorded")
	s.get(admin, "/audit?from=2026-13-01").is(400)
	s.get(admin, "/audit?from=2026-03-01&until=2026-03-31").is(200).says("table", "Mobile app")
	if csv := s.get(admin, "/audit.csv").is(200); !strings.Contains(csv.body, "POST /sources") {
		t.Errorf("the file: %s", csv.body)
	}
	s.get(admin, "/audit").says("table", "/audit.csv")
	s.get(admin, "/audit?kind=export").says("table", "Downloads and reads").says("table", " rows")
	if a := s.get(admin, "/audit?kind=export"); strings.Contains(a.body, "Mobile app") {
		t.Error("the kind lets everything through")
	}
	s.get(admin, "/audit?kind=refused").says("table", "refused 403")
	s.get(admin, "/audit?kind=magic").is(400)
	s.post(admin, "/customers/acct-01/notes", "body", "A note").is(303)
	s.post(admin, "/notes/preview", "body", "only a draft").is(200)
	if strings.Contains(s.get(admin, "/audit").body, "only a draft") {
		t.Error("a preview, which changes nothing, is in the audit log")
	}
	s.get(admin, "/audit?account=acct-01").says("table", "/customers/acct-01/notes").has("tbody tr", 1)
	s.post(nobody, "/sign-in", "email", "viewer@example.com", "password", password).is(303)
	s.get(admin, "/audit?kind=sign-in").says("table", "Ana VIEWER")
	s.get(admin, "/audit").has(`a[href="/audit?check=yes"]`, 1)
	s.get(admin, "/audit?check=yes").says(".flash", "follow from one another")
	_, err := s.store.SQL().ExecContext(t.Context(), `update audit set detail = '{}' where action = 'POST /sources'`)
	s.check(err)
	s.get(admin, "/audit?check=yes").says(".flash.wrong", "does not follow")
	staffed(t).get(admin, "/audit?check=yes").says(".flash", "nothing to check")
	s.get(as{role: store.Manager}, "/audit").is(403)
}

// What was taken out is written down with the status that was sent, and no
// address with the secret that it ends with.
func TestAuditKeepsStatusesAndNoSecrets(t *testing.T) {
	s := busy(t)
	s.get(admin, "/metrics/mrr/series.csv?period=12m").is(200)
	s.post(nobody, "/digest/stop/the-secret-of-a-mail").is(404)
	s.post(nobody, "/invite/fi_the-secret-of-an-invitation").is(404)
	list, _, err := s.store.AuditLog(t.Context(), store.AuditQuery{})
	s.check(err)
	seen := map[string]int{}
	for _, a := range list {
		seen[a.Path] = a.Status
	}
	for path, status := range map[string]int{"/metrics/mrr/series.csv": 200, "/digest/stop/{secret}": 404, "/invite/{secret}": 404} {
		if seen[path] != status {
			t.Errorf("%s: status %d, not %d, in %v", path, seen[path], status, seen)
		}
	}
}
