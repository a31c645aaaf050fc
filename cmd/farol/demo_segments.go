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
		"fading-before-renewal", "Use fell by a fifth, renewal within half a year", "Uso caiu um quinto, renovação em até seis meses",
		"Talk to them before the notice period.", "Falar com eles antes do aviso prévio.",
		"metric mrr > 0 and metric use_change_28d <= 0.8 and renewal_date in 0..180 days",
	},
	{
		"losing-pace", "Paying, and using it less every week", "Pagam e usam menos a cada semana",
		"By the trend of eight weeks, or silent for two.", "Pela tendência de oito semanas, ou em silêncio há duas.",
		"metric mrr > 0 and (metric use_slope_8w <= -0.05 or did * = 0 times in 14 days)",
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
		"They pay, and the use of a month is that of one, or of hardly anybody.", "Pagam, e o uso do mês é de uma pessoa só, ou de quase ninguém.",
		"metric mrr > 0 and (metric use_concentration >= 0.4 or people < 3 who (did * >= 1 times in 28 days))",
	},
	{
		"at-risk", "At risk", "Em risco",
		"Whatever the sign.", "Qualquer que seja o sinal.",
		"metric mrr > 0 and (segment fading-before-renewal or segment losing-pace or segment carried-by-few)",
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
