package sight

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/farol-cs/farol"
)

func TestSight(t *testing.T) {
	var whole *Sight
	if whole.Limited() || !whole.Account("a") || whole.Hides("money") || whole.Whole() != nil || whole.Key() != "" || Of(context.Background()) != nil {
		t.Error("no sight is not everything")
	}
	if New(nil, nil) != nil {
		t.Error("nothing out of sight is everything")
	}
	some := New(map[farol.AccountID]bool{"a": true}, []string{"money", "attribute.cnpj", "metric.nps"})
	if !some.Account("a") || some.Account("b") || farol.KindOf(some.Check("b")) != farol.NotFound || farol.KindOf(some.Whole()) != farol.Forbidden {
		t.Error("the accounts are wrong")
	}
	if whole.All() != nil || farol.KindOf(some.All()) != farol.Forbidden || farol.KindOf(New(nil, []string{"money"}).All()) != farol.Forbidden {
		t.Error("who sees a part sees all")
	}
	none := New(map[farol.AccountID]bool{}, nil)
	if !none.Limited() || none.Account("a") || none.Key() == some.Key() {
		t.Error("an empty portfolio sees something")
	}
	for field, want := range map[string]bool{
		"money": true, "attribute.cnpj": true, "attribute.plan": false, "metric.nps": true, "metric.mrr": false,
		"attribute.annualRevenue": true, "attribute.valor_contrato": true, "attribute.MRR": true, "attribute.prices": true, "attribute.marriage": false,
		"attribute.": false, "attribute.tax": true, "attribute.taxes": true, "attribute.ImpostoTotal": true, "attribute.tax_id": false, "attribute.vatNumber": false,
	} {
		if some.Hides(field) != want {
			t.Errorf("hides %s: %t", field, !want)
		}
	}
	ctx := With(context.Background(), some)
	if Of(ctx) != some || Of(Everything(ctx)) != nil {
		t.Error("the context loses it")
	}
}

func TestProperties(t *testing.T) {
	s := New(nil, []string{"money", "attribute.cnpj"})
	got := string(s.Properties(json.RawMessage(`{"plan":"pro","mrr":12,"deep":[{"cnpj":"1","value":3,"name":"x"}]}`)))
	if got != `{"deep":[{"name":"x"}],"plan":"pro"}` {
		t.Errorf("got %s", got)
	}
	if s.Properties(json.RawMessage(`{"mrr":`)) != nil {
		t.Error("what cannot be read is shown")
	}
	raw := json.RawMessage(`{"mrr":1}`)
	if string((*Sight)(nil).Properties(raw)) != string(raw) {
		t.Error("nothing is hidden")
	}
}
