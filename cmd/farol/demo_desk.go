package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/goal"
	"github.com/farol-cs/farol/store"
)

// demoArticle is an article of the demo company, in both languages.
type demoArticle struct {
	titlePt, bodyPt, title, body string
	topics, features, stages     []string
	// state is how far it has come.
	state string
}

// The topics are those of package demo; some are left without an article on
// purpose, so that the page shows what nobody has written down.
var demoArticles = []demoArticle{
	{"Não consigo entrar", "1. Peça que a pessoa confira o **e-mail de convite**: o primeiro acesso é por ele.\n2. Se a senha foi esquecida, *Entrar → Esqueci a senha*.\n3. Empresa com SSO: a senha não existe; o acesso é pelo provedor da empresa.\n\nSe nada disso resolver, veja se a conta está ativa e passe o chamado ao CSM.",
		"I cannot sign in", "1. Ask the person to look for the **invitation e-mail**: the first sign-in is through it.\n2. If the password is forgotten, *Sign in → Forgot password*.\n3. With SSO there is no password: they sign in at their company's provider.\n\nIf none of this helps, see whether the account is active and hand the ticket to the CSM.",
		[]string{"login"}, nil, []string{"onboarding"}, store.ArticlePublished},
	{"Cobrança em duplicidade", "Compare a fatura com as linhas da assinatura: uma troca de plano no meio do mês gera **duas linhas proporcionais**, que parecem duplicidade.\n\n| Situação | O que fazer |\n| --- | --- |\n| Duas linhas proporcionais | Explicar e mandar o demonstrativo |\n| Mesma linha duas vezes | Abrir estorno com o financeiro |",
		"Charged twice", "Compare the invoice with the lines of the subscription: a change of plan within the month makes **two prorated lines**, which look like a double charge.\n\n| Case | What to do |\n| --- | --- |\n| Two prorated lines | Explain, and send the statement |\n| The same line twice | Ask finance for a refund |",
		[]string{"billing"}, nil, []string{"ongoing", "renewal"}, store.ArticlePublished},
	{"Relatório mostra total errado", "Quase sempre é o **fuso horário** ou um filtro salvo. Peça o link do relatório, abra com os filtros limpos e compare o período.\n\nTotais por mês usam o fuso da empresa, não o de quem olha.",
		"A report shows a wrong total", "It is nearly always the **time zone** or a saved filter. Ask for the link, open it without filters, and compare the period.\n\nTotals by month use the company's zone, not that of who looks.",
		[]string{"reports"}, []string{"Report Created", "Report Exported"}, []string{"adoption"}, store.ArticlePublished},
	{"A integração parou de sincronizar", "Veja a data da última sincronização em *Integrações*. Credencial vencida é a causa mais comum: reconecte com um usuário de serviço, não com o de uma pessoa que pode sair.",
		"The integration stopped syncing", "Look at the last sync under *Integrations*. An expired credential is the usual cause: connect again with a service user, not with that of a person who may leave.",
		[]string{"integrations"}, []string{"Integration Connected"}, []string{"adoption", "ongoing"}, store.ArticleReview},
	{"Erro ao importar planilha", "Confira separador, acentos (UTF-8) e datas. O arquivo de rejeitados diz linha e motivo.",
		"An import fails", "Check separator, accents (UTF-8) and dates. The file of rejected rows says line and reason.",
		[]string{"import"}, nil, []string{"onboarding"}, store.ArticleDraft},
}

// plantDesk writes what support and Customer Success of the demo company know
// and want together; its team is there by then.
func plantDesk(ctx context.Context, a *app, until time.Time, language string) error {
	support, err := a.store.MemberByEmail(ctx, "diego@farol.example")
	if err != nil {
		return err
	}
	csm, err := a.store.MemberByEmail(ctx, "beatriz@farol.example")
	if err != nil {
		return err
	}
	for _, x := range demoArticles {
		if err := plantArticle(ctx, a.store, x, language, support.ID, csm.ID); err != nil {
			return fmt.Errorf("article %s: %w", x.title, err)
		}
	}
	today := farol.DayOf(until, a.facts.Zone())
	k := goal.Keeper{Store: a.store, Metrics: a.metrics, Now: func() time.Time { return until }}
	for _, g := range demoGoals(language) {
		g.Start, g.Due, g.Support, g.CS = (today - 90).String(), (today + 120).String(), string(support.ID), string(csm.ID)
		if err := aim(ctx, k, &g); err != nil {
			return fmt.Errorf("goal %s: %w", g.Title, err)
		}
		if _, err := k.Add(ctx, g, "system"); err != nil {
			return fmt.Errorf("goal %s: %w", g.Title, err)
		}
	}
	return nil
}

func plantArticle(ctx context.Context, s *store.Store, x demoArticle, language string, author, reviewer store.MemberID) error {
	t := store.ArticleText{Language: "en", Title: x.title, Body: x.body, Topics: x.topics, Features: x.features, Stages: x.stages}
	if language == "pt-BR" {
		t.Language, t.Title, t.Body = language, x.titlePt, x.bodyPt
	}
	art, err := s.AddArticle(ctx, t, string(author))
	if err != nil {
		return err
	}
	if x.state == store.ArticleReview {
		_, err = s.AskReview(ctx, art.ID, reviewer, string(author))
	}
	if x.state == store.ArticlePublished {
		_, err = s.PublishArticle(ctx, art.ID, art.Version, string(reviewer))
	}
	return err
}

// aim sets a target that is some way off from where the goal began: a fifth
// better.
func aim(ctx context.Context, k goal.Keeper, g *goal.Goal) error {
	g.Grain = farol.Monthly
	base, err := k.Before(ctx, *g)
	if err != nil || base == nil {
		return err
	}
	round := map[string]float64{"ticket_solve_time": 1800, "activation_rate": 0.01}[g.Metric]
	if round == 0 {
		round = 1
	}
	better := 1.2
	if g.Metric != "activation_rate" {
		better = 0.8
	}
	g.Baseline, g.Target = base, math.Round(*base*better/round)*round
	return nil
}

// demoGoals are on metrics that the demo company has values of. Their targets
// are where one's own history says nothing.
func demoGoals(language string) []goal.Goal {
	goals := []goal.Goal{
		{Title: "Half of the tickets solved sooner", Metric: "ticket_solve_time", Target: 24 * 3600, Why: "Who waits long for support leaves more often. Support solves; Customer Success explains on the way."},
		{Title: "Activate more of the new accounts", Metric: "activation_rate", Target: 0.4, Why: "An account that is not activated rarely pays twice."},
		{Title: "Fewer tickets per hundred customers", Metric: "tickets_per_100_accounts", Target: 80, Direction: "down", Why: "Each article of the knowledge base is to spare a question."},
	}
	if language == "pt-BR" {
		for i, title := range []string{"Metade dos chamados resolvida mais cedo", "Ativar mais contas novas", "Menos chamados por cem clientes"} {
			goals[i].Title = title
		}
		for i, why := range []string{"Quem espera muito pelo suporte sai mais. O suporte resolve; o Customer Success explica no caminho.", "Conta que não ativa raramente paga duas vezes.", "Cada artigo da base de conhecimento deve poupar uma pergunta."} {
			goals[i].Why = why
		}
	}
	return goals
}
