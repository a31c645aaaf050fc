package main

import (
	"context"

	"github.com/farol-cs/farol/segment"
	"github.com/farol-cs/farol/store"
)

// demoSegments are those that a team would follow, in terms of what the demo
// company's customers are and do.
var demoSegments = []struct{ name, title, titlePt, description, descriptionPt, rule string }{
	{
		"fading-before-renewal", "Use fell by half, renewal within 90 days", "Uso caiu pela metade, renovação em até 90 dias",
		"Talk to them before the notice period.", "Falar com eles antes do aviso prévio.",
		"metric active_users_week changed by <= -50% in 7 days and renewal_date in 0..90 days",
	},
	{
		"quiet-payers", "Paying and silent for two weeks", "Pagam e estão em silêncio há duas semanas",
		"Nobody of theirs did anything.", "Ninguém deles fez nada.",
		"metric mrr > 0 and did * = 0 times in 14 days",
	},
	{
		"ready-to-grow", "Nearly all seats in use", "Quase todas as licenças em uso",
		"Whom to offer more seats.", "A quem oferecer mais licenças.",
		"metric seat_utilisation >= 0.9 and metric mrr > 0",
	},
	{
		"new-not-activated", "New, and no team invited", "Novos, sem convidar a equipe",
		"In their first month without inviting anybody.", "No primeiro mês sem convidar ninguém.",
		`created_at in -30..0 days and did "Teammate Invited" < 3 times in 30 days`,
	},
	{
		"carried-by-few", "Carried by one or two people", "Nas costas de uma ou duas pessoas",
		"They pay, and hardly anybody used the product this month.", "Pagam, e quase ninguém usou o produto neste mês.",
		"metric mrr > 0 and people >= 1 who (did * >= 1 times in 28 days) and people < 3 who (did * >= 1 times in 28 days)",
	},
	{
		"at-risk", "At risk", "Em risco",
		"Whatever the sign.", "Qualquer que seja o sinal.",
		"metric mrr > 0 and (segment fading-before-renewal or segment quiet-payers or segment carried-by-few)",
	},
}

// defineDemoSegments plants them; who is in them is worked out when the demo is
// served.
func defineDemoSegments(ctx context.Context, s *store.Store, language string) error {
	for _, x := range demoSegments {
		r, err := segment.ParseText(x.rule)
		if err != nil {
			return err
		}
		d := segment.Document{Title: x.title, Description: x.description, Rule: r}
		if language == "pt-BR" {
			d.Title, d.Description = x.titlePt, x.descriptionPt
		}
		if _, err := segment.Put(ctx, s, x.name, d, nil, "system"); err != nil {
			return err
		}
	}
	return nil
}
