package store

import (
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
