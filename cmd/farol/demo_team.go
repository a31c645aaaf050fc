package main

import (
	"context"
	"slices"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/store"
)

// demoGroups are customers that are one house, the one above first.
var demoGroups = [][]int{{8, 2, 5, 17}, {22, 12, 25}}

// demoFields are what the demo's team asks of its customers, in both languages,
// and what it knows of some.
var demoFields = []struct {
	field   customer.Field
	titlePt string
	values  []string
}{
	{customer.Field{Name: "goes_live", Title: "Goes live on", Type: "date"}, "Entra em produção em", []string{"+20", "+45", "-30"}},
	{customer.Field{Name: "references", Title: "Would be a reference", Type: "yes_no"}, "Aceita ser referência", []string{"true", "false", "true"}},
	{customer.Field{Name: "meets", Title: "We meet", Type: "choice", Choices: []string{"weekly", "monthly", "quarterly"}}, "Encontros", []string{"monthly", "weekly", "quarterly"}},
	{customer.Field{Name: "budget", Title: "Budget for next year", Type: "money"}, "Orçamento do próximo ano", []string{"18000", "42500.5", "9900"}},
	{customer.Field{Name: "seats_wanted", Title: "Seats they want", Type: "number"}, "Licenças que desejam", []string{"25", "80", "12"}},
	{customer.Field{Name: "buyer", Title: "Who signs", Type: "text"}, "Quem assina", []string{"CFO", "COO", "CEO"}},
}

// demoChoices are the choices of the fields in Portuguese.
var demoChoices = map[string]string{"weekly": "semanais", "monthly": "mensais", "quarterly": "trimestrais"}

// plantHouse gives the demo what its team says of its customers: groups, tags,
// fields; what its administrator follows; and covers during leave.
func plantHouse(ctx context.Context, a *app, team []store.Member, ids []farol.AccountID, language string) error {
	if len(ids) < 30 {
		return nil
	}
	now := time.Now()
	for _, g := range demoGroups {
		for _, child := range g[1:] {
			if err := a.accounts.SetParent(ctx, now, ids[child], ids[g[0]]); err != nil {
				return err
			}
		}
	}
	w := customer.Work{Facts: a.facts, Store: a.store, Directory: a.accounts, Now: time.Now}
	tags := map[string][]farol.AccountID{"vip": {ids[8], ids[22], ids[3]}, "beta": ids[10:16]}
	for _, name := range []string{"beta", "vip"} {
		if _, err := w.Apply(ctx, tags[name], customer.Change{Do: "tag", Name: name, Author: string(team[1].ID)}); err != nil {
			return err
		}
	}
	// The largest are sold to by the head of the team.
	if _, err := w.Apply(ctx, slices.Concat(tags["vip"], ids[:3]), customer.Change{Do: "owner", Role: "sales", Member: string(team[4].ID), Author: "system"}); err != nil {
		return err
	}
	if err := plantFields(ctx, a, ids, language); err != nil {
		return err
	}
	for _, id := range []farol.AccountID{ids[1], ids[8], ids[22]} {
		if err := a.store.Follow(ctx, team[0].ID, id, false); err != nil {
			return err
		}
	}
	for _, segment := range []string{"at-risk", "ready-to-grow"} {
		if err := a.store.Watch(ctx, team[0].ID, segment, false); err != nil {
			return err
		}
	}
	return plantCovers(ctx, a, team, ids, language)
}

func plantFields(ctx context.Context, a *app, ids []farol.AccountID, language string) error {
	now := time.Now()
	today := farol.DayOf(now, a.settings.zone())
	days := map[string]string{"+20": (today + 20).String(), "+45": (today + 45).String(), "-30": (today - 30).String()}
	values := make([]map[string]string, 3)
	for i := range values {
		values[i] = map[string]string{}
	}
	for _, x := range demoFields {
		f := x.field
		f.Subject = "account"
		if language == "pt-BR" {
			f.Title, f.Choices = x.titlePt, slices.Clone(f.Choices)
			for i, c := range f.Choices {
				f.Choices[i] = demoChoices[c]
			}
		}
		if _, err := customer.SaveField(ctx, a.store, f, "system", nil); err != nil {
			return err
		}
		for i, v := range x.values {
			if day, is := days[v]; is {
				v = day
			} else if f.Type == "choice" {
				v = f.Choices[slices.Index(x.field.Choices, v)]
			}
			values[i][f.Name] = v
		}
	}
	for i, v := range values {
		if err := customer.SetAccountFields(ctx, a.store, a.facts, now, ids[[]int{1, 8, 22}[i]], v); err != nil {
			return err
		}
	}
	return a.accounts.Refresh(ctx)
}

// plantCovers says who is away now and who will be, and what the one away is
// told meanwhile.
func plantCovers(ctx context.Context, a *app, team []store.Member, ids []farol.AccountID, language string) error {
	zone := a.settings.zone()
	today := farol.DayOf(time.Now(), zone)
	words := []string{"Renewals first; the rest can wait until I am back.", "Caio on holiday.", "@beatriz they ask for a date for the training."}
	if language == "pt-BR" {
		words = []string{"Primeiro as renovações; o resto espera a minha volta.", "Férias do Caio.", "@beatriz pediram uma data para o treinamento."}
	}
	for _, c := range []store.Cover{
		{Away: team[1].ID, By: team[0].ID, First: today - 2, Last: today + 8, Note: words[0], Author: string(team[1].ID)},
		{Away: team[2].ID, By: team[1].ID, First: today + 20, Last: today + 33, Note: words[1], Author: string(team[4].ID)},
	} {
		if _, err := a.store.AddCover(ctx, c, zone); err != nil {
			return err
		}
	}
	_, err := a.store.Say(ctx, store.Message{Thread: store.AccountThread(ids[1]), Author: team[3].ID, Body: words[2]})
	return err
}
