package metric

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/lang"
)

// MaxReasons bounds the governed list: a longer one is filled in at random.
const MaxReasons = 60

// Reasons is the governed list of why customers leave, of two levels. It is a
// versioned setting, so a report says by which list it was counted.
type Reasons struct {
	Version int           `json:"-"`
	Groups  []ReasonGroup `json:"groups"`
}

// ReasonGroup is the upper level.
type ReasonGroup struct {
	// Code is what links and the API say; Title what people read.
	Code  string        `json:"code"`
	Title Words         `json:"title"`
	List  []ChurnReason `json:"reasons"`
}

// ChurnReason is one reason for leaving.
type ChurnReason struct {
	// Code is what events send in the property reason. Case, underscores and
	// hyphens do not matter.
	Code  string `json:"code"`
	Title Words  `json:"title"`
	// Also are other words for it that senders use, such as those of a billing
	// system.
	Also []string `json:"also,omitempty"`
}

// ReasonOf is the reason in the form in which it is compared.
func ReasonOf(said string) string {
	return strings.ToLower(strings.NewReplacer("_", " ", "-", " ").Replace(said))
}

// Find is the reason that an event's words stand for.
func (r Reasons) Find(said string) (ReasonGroup, ChurnReason, bool) {
	said = ReasonOf(said)
	if said == "" {
		return ReasonGroup{}, ChurnReason{}, false
	}
	for _, g := range r.Groups {
		for _, x := range g.List {
			for _, name := range append([]string{x.Code}, x.Also...) {
				if ReasonOf(name) == said {
					return g, x, true
				}
			}
		}
	}
	return ReasonGroup{}, ChurnReason{}, false
}

func (r Reasons) check() error {
	n, seen := 0, map[string]bool{}
	for _, g := range r.Groups {
		if g.Code == "" || seen["group "+g.Code] || g.Title[lang.English] == "" {
			return farol.InvalidField("reasons.groups", "each group has a code of its own and an English title")
		}
		seen["group "+g.Code] = true
		for _, x := range g.List {
			n++
			if x.Title[lang.English] == "" {
				return farol.InvalidField("reasons.groups", "%s needs an English title", x.Code)
			}
			for _, name := range append([]string{x.Code}, x.Also...) {
				if ReasonOf(name) == "" || seen[ReasonOf(name)] {
					return farol.InvalidField("reasons.groups", "each reason is named once: %q", name)
				}
				seen[ReasonOf(name)] = true
			}
		}
	}
	if n > MaxReasons {
		return farol.InvalidField("reasons.groups", "at most %d reasons, not %d: of a longer list people pick the first that will do", MaxReasons, n)
	}
	return nil
}

// some refuses a list without any reason: nothing could be chosen from it.
func (r Reasons) some() error {
	if slices.ContainsFunc(r.Groups, func(g ReasonGroup) bool { return len(g.List) > 0 }) {
		return nil
	}
	return farol.InvalidField("reasons.groups", "name at least one reason")
}

// params are bound in every query: all words that stand for a reason.
func (r Reasons) params(out map[string]any) {
	words := []string{}
	for _, g := range r.Groups {
		for _, x := range g.List {
			for _, name := range append([]string{x.Code}, x.Also...) {
				words = append(words, ReasonOf(name))
			}
		}
	}
	out["reason_codes"] = words
}

// String lists the codes.
func (r Reasons) String() string {
	var out []string
	for _, g := range r.Groups {
		for _, x := range g.List {
			out = append(out, g.Code+"/"+x.Code)
		}
	}
	return strings.Join(out, ", ")
}

func (s *Settings) reasons(body []byte) error {
	d := Reasons{}
	err := json.Unmarshal(body, &d)
	s.Reasons = d
	return err
}

// defaultReasons is the list of a company that has made none.
func defaultReasons() Reasons {
	w := func(en, pt string) Words { return Words{lang.English: en, lang.Portuguese: pt} }
	r := func(code, en, pt string, also ...string) ChurnReason { return ChurnReason{code, w(en, pt), also} }
	return Reasons{Groups: []ReasonGroup{
		{"money", w("Price and money", "Preço e dinheiro"), []ChurnReason{
			r("price", "Price too high", "Preço alto", "too expensive", "price too high"),
			r("price increase", "Price increase", "Aumento de preço"),
			r("budget cut", "Budget cut", "Corte de orçamento"),
			r("no return", "No return seen", "Não viu retorno", "no roi", "low value"),
			r("discount ended", "Discount ended", "Fim do desconto"),
			r("billing error", "Billing error", "Erro de cobrança"),
			r("contract terms", "Contract terms", "Condições do contrato"),
		}},
		{"product", w("Product", "Produto"), []ChurnReason{
			r("missing feature", "Missing feature", "Funcionalidade ausente", "missing features"),
			r("missing integration", "Missing integration", "Integração ausente"),
			r("hard to use", "Hard to use", "Difícil de usar", "too complex"),
			r("bugs", "Bugs", "Erros do produto", "low quality"),
			r("slow", "Slow or unavailable", "Lento ou indisponível", "performance", "downtime"),
			r("mobile", "Weak on mobile", "Fraco no celular"),
			r("security", "Security or compliance", "Segurança ou conformidade", "compliance"),
			r("localisation", "Language or local rules", "Idioma ou regras locais", "localization"),
		}},
		{"service", w("Service", "Atendimento"), []ChurnReason{
			r("support", "Support", "Suporte", "customer service"),
			r("onboarding", "Onboarding failed", "Implantação não deu certo"),
			r("training", "Too little training", "Pouco treinamento"),
			r("promise not kept", "Promise not kept", "Promessa não cumprida", "oversold"),
			r("relationship", "Relationship", "Relacionamento"),
		}},
		{"use", w("Adoption", "Adoção"), []ChurnReason{
			r("not adopted", "Not adopted", "Não adotou", "unused"),
			r("champion left", "Champion left", "Champion saiu", "sponsor left"),
			r("wrong fit", "Wrong fit", "Perfil errado", "bad fit"),
			r("team too busy", "No time for it", "Sem tempo para usar"),
			r("duplicate account", "Duplicate account", "Conta duplicada"),
		}},
		{"market", w("Competition", "Concorrência"), []ChurnReason{
			r("competitor", "Competitor", "Concorrente", "switched service"),
			r("built in house", "Built in house", "Fez internamente"),
			r("bundled", "Part of another suite", "Incluído em outro pacote"),
			r("global decision", "Decision of the group", "Decisão da matriz", "headquarters decision"),
		}},
		{"need", w("Need ended", "Fim da necessidade"), []ChurnReason{
			r("no longer needed", "No longer needed", "Não precisa mais"),
			r("project ended", "Project ended", "Projeto encerrado"),
			r("seasonal", "Seasonal pause", "Pausa sazonal"),
			r("strategy changed", "Strategy changed", "Mudança de estratégia"),
			r("test only", "Only a test", "Era só um teste"),
		}},
		{"company", w("The customer's company", "A empresa do cliente"), []ChurnReason{
			r("company closed", "Company closed", "Empresa fechou", "bankruptcy"),
			r("acquired", "Acquired or merged", "Comprada ou fundida", "merged"),
			r("restructuring", "Restructuring", "Reestruturação", "layoffs"),
			r("downsized", "Too small now", "Ficou pequena demais"),
		}},
		{"payment", w("Payment", "Pagamento"), []ChurnReason{
			r("payment failed", "Payment failed", "Pagamento recusado", "payment failure"),
			r("card expired", "Card expired", "Cartão vencido"),
			r("overdue", "Overdue invoices", "Títulos em atraso", "past due", "unpaid"),
			r("dispute", "Dispute or fraud", "Contestação ou fraude", "payment disputed", "fraud"),
		}},
		{"other", w("Other", "Outro"), []ChurnReason{r("other", "Other", "Outro")}},
	}}
}
