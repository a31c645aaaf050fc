package store

import (
	"encoding/json"
	"strings"
	"testing"
)

// What a help desk sent is kept in another form than it reads, and names people
// all the same: the export finds it, and an erasure redacts it.
func TestErasureOfDeliveries(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, _ *clock) {
		ctx := t.Context()
		const pattern = `(?i)(^|[^A-Za-z0-9_.@+-])(?:ana@acme\.example|Ana Pádua)($|[^A-Za-z0-9_.@-])`
		add := func(id, body string) string {
			return must[Delivery](t)(func() (Delivery, error) {
				d, _, err := s.AddDelivery(ctx, Delivery{Source: "s", Delivery: id, Body: []byte(body)})
				return d, err
			}()).ID
		}
		others := `{"who":"bia@acme.example","n":12345678901234567890,"x":"\u00e1"}`
		plain, ascii, other := add("1", `{"who":"ana@acme.example","text":"I wait"}`), add("2", `{"who":"Ana P\u00e1dua","n":12345678901234567890}`), add("3", others)
		found := must[[]Mention](t)(s.Mentions(ctx, nil, pattern))
		if len(found) != 2 || found[0].Where != "deliveries.body" || !strings.Contains(found[0].Text+found[1].Text, "I wait") {
			t.Errorf("the export finds %+v", found)
		}
		if n := must[int64](t)(s.Redact(ctx, []string{"ana-user"}, pattern, "[erased]")); n != 2 {
			t.Errorf("%d texts were changed", n)
		}
		for id, want := range map[string]string{plain: `{"who":"[erased]","text":"I wait"}`, ascii: `{"n":12345678901234567890,"who":"[erased]"}`, other: others} {
			if got := strings.TrimSpace(string(must[Delivery](t)(s.Delivery(ctx, id)).Body)); got != want {
				t.Errorf("kept %s, want %s", got, want)
			}
		}
	})
}

// An erasure changes entries of the audit log, whose chain holds all the same;
// it does not mend one that somebody broke.
func TestErasureKeepsAuditChain(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store, _ *clock) {
		ctx := t.Context()
		const pattern = `(^|[^A-Za-z])(?:Ana Pádua)($|[^A-Za-z])`
		for _, d := range []string{`{"body":"before"}`, `{"body":"Ana Pádua called"}`, `{"body":"after"}`} {
			ok(t, s.AddAudit(ctx, Audit{Name: "Bia", Action: "POST /x", Path: "/people/ana", Detail: json.RawMessage(d)}))
		}
		redact := func(word string) int64 {
			return must[int64](t)(s.Redact(ctx, []string{"ana"}, word, "[erased]"))
		}
		if n := redact(pattern); n != 4 {
			t.Errorf("%d texts were changed", n)
		}
		list, _, err := s.AuditLog(ctx, AuditQuery{})
		ok(t, err)
		if len(list) != 4 || list[0].Action != "erasure" || string(list[2].Detail) != `{"body":"[erased] called"}` || list[1].Path != "/people/[erased]" {
			t.Errorf("%+v", list)
		}
		if c := must[AuditCheck](t)(s.CheckAudit(ctx)); c.Broken != "" || c.Entries != 4 {
			t.Errorf("%+v", c)
		}
		if n := redact(pattern); n != 0 {
			t.Errorf("again: %d", n)
		}
		_, err = s.writer.ExecContext(ctx, `update audit set detail = '{}' where id = $1`, list[3].ID)
		ok(t, err)
		redact(`(^|[^a-z])(?:after)($|[^a-z])`)
		if c := must[AuditCheck](t)(s.CheckAudit(ctx)); c.Broken != list[3].ID {
			t.Errorf("what was tampered with is hidden: %+v", c)
		}
	})
}
