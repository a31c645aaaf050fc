package customer

import (
	"testing"

	"github.com/farol-cs/farol/lang"
	"github.com/farol-cs/farol/metric"
	"github.com/farol-cs/farol/store"
)

// What happened is told with the names that people know and amounts as money.
func TestHappeningWords(t *testing.T) {
	catalogue, err := metric.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := Words{Printer: lang.For(lang.Portuguese), Catalogue: catalogue, Currency: "BRL", Stages: DefaultStages()}
	for want, h := range map[string]store.Happening{
		"Etapa: Adoção": {Kind: store.StageHappening, Name: "adoption"},
		"Receita recorrente mensal (MRR) subiu de R$\u00a0412,20 para R$\u00a04.947": {Kind: store.MetricHappening, Name: "mrr", Fields: map[string]string{"before": "412.2", "now": "4947.4"}},
	} {
		if got := w.Happening(h); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
