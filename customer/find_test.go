package customer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/farol-cs/farol"
)

func TestFind(t *testing.T) {
	h := newHouse(t)
	h.say("a1", map[string]any{"name": "Ágora Sistemas"})
	h.say("a2", map[string]any{"name": "Nova Ágora"})
	h.say("a3", map[string]any{"name": "Pitágoras"})
	h.say("a4", map[string]any{"name": "Agora Mais", "domain": "agoramais.com.br"})
	h.measure("a4", "mrr", farol.Date(2026, 3, 18), 900)
	for typed, want := range map[string]string{
		"agora": "a4 a1 a2 a3", "ÁGORA": "a4 a1 a2 a3", "sis ago": "a1", "mais.com": "a4", "a3": "a3", "": "", "zzz": "",
	} {
		list, err := h.d.Find(t.Context(), typed, 10, nil)
		h.check(err)
		var ids []string
		for _, a := range list {
			ids = append(ids, string(a.ID))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%q finds %q, want %q", typed, got, want)
		}
	}
	list, err := h.d.Find(t.Context(), "agora", 2, func(id farol.AccountID) bool { return id != "a4" })
	h.check(err)
	if len(list) != 2 || list[0].ID != "a1" {
		t.Errorf("of those to be seen: %v", list)
	}
}

// What is kept while looking is what sorting everything would answer.
func TestFindEqualsSorting(t *testing.T) {
	h := newHouse(t)
	for i := range 60 {
		h.say(fmt.Sprintf("x%02d", i), map[string]any{"name": strings.Repeat("ab ", i%4) + fmt.Sprint("c", i%7)})
	}
	all, err := h.d.Find(t.Context(), "c", 1000, nil)
	h.check(err)
	some, err := h.d.Find(t.Context(), "c", 7, nil)
	h.check(err)
	if len(all) != 60 || !slices.Equal(some, all[:7]) {
		t.Errorf("the first 7 of %d differ", len(all))
	}
}
