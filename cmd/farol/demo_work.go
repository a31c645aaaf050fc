package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/farol-cs/farol"
	"github.com/farol-cs/farol/customer"
	"github.com/farol-cs/farol/store"
)

// demoTeam are the colleagues of the demo's administrator. None of them can
// sign in: nobody knows their passwords.
var demoTeam = []store.NewMember{
	{Email: "beatriz@farol.example", Name: "Beatriz Lima", Role: store.CSM}, {Email: "caio@farol.example", Name: "Caio Prado", Role: store.CSM},
	{Email: "diego@farol.example", Name: "Diego Alves", Role: store.Support}, {Email: "helena@farol.example", Name: "Helena Rocha", Role: store.Manager},
}

// plantWork gives the demo a team at work: whose customers are whose, and
// some of what they wrote and have to do.
func plantWork(ctx context.Context, a *app, language string) error {
	me, err := a.store.MemberByEmail(ctx, demoEmail)
	if err != nil {
		return err
	}
	team := []store.Member{me}
	for _, n := range demoTeam {
		n.Password, n.Language = randomPassword(), language
		m, err := a.store.AddMember(ctx, n)
		if err != nil {
			return err
		}
		team = append(team, m)
	}
	if err := a.accounts.Refresh(ctx); err != nil {
		return err
	}
	all, err := a.accounts.Accounts(ctx)
	if err != nil {
		return err
	}
	var ids []farol.AccountID
	for id, x := range all {
		if !x.Test {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if err := shareOut(ctx, a, team, ids); err != nil {
		return err
	}
	if err := writeDemo(ctx, a, team, ids[:min(len(ids), 30)], language); err != nil {
		return err
	}
	return plantHouse(ctx, a, team, ids[:min(len(ids), 30)], language)
}

// shareOut gives a third of the customers to each CSM, the administrator being
// one, and all tickets to support.
func shareOut(ctx context.Context, a *app, team []store.Member, ids []farol.AccountID) error {
	w := customer.Work{Facts: a.facts, Store: a.store, Directory: a.accounts, Now: time.Now}
	for i := range 3 {
		var part []farol.AccountID
		for k := i; k < len(ids); k += 3 {
			part = append(part, ids[k])
		}
		if _, err := w.Apply(ctx, part, customer.Change{Do: "owner", Role: "csm", Member: string(team[i].ID), Author: "system"}); err != nil {
			return err
		}
	}
	_, err := w.Apply(ctx, ids, customer.Change{Do: "owner", Role: "support", Member: string(team[3].ID), Author: "system"})
	return err
}

// demoWords are what the team wrote, in the demo's language. "@me" stands for
// the administrator, and "+9" for a day so far from today.
type demoWords struct {
	notes, tasks []struct{ title, kind, body string }
	thread       []string
	posts        []struct{ topic, body, answer string }
}

func writeDemo(ctx context.Context, a *app, team []store.Member, ids []farol.AccountID, language string) error {
	words, ok := demoTexts[language]
	if !ok {
		words = demoTexts["en"]
	}
	zone := a.settings.zone()
	today := farol.DayOf(time.Now(), zone)
	fill := func(s string) string {
		handle, _, _ := strings.Cut(demoEmail, "@")
		s = strings.ReplaceAll(s, "@me", "@"+handle)
		for _, n := range []int{2, 5, 9} {
			s = strings.ReplaceAll(s, fmt.Sprintf("+%d", n), (today + farol.Day(n)).String())
		}
		return s
	}
	for i, id := range ids {
		n := words.notes[i%len(words.notes)]
		if i%2 == 0 {
			note := store.Note{Account: id, Author: team[1+i%2].ID, Title: n.title, Kind: n.kind, Body: fill(n.body), At: time.Now().Add(-time.Duration(i) * 26 * time.Hour)}
			if _, err := a.store.AddNote(ctx, note); err != nil {
				return err
			}
		}
		t := words.tasks[i%len(words.tasks)]
		if i%3 == 0 {
			task := store.Task{Account: id, Title: t.title, Kind: t.kind, Body: t.body, Owner: team[i%2].ID, Creator: string(team[4].ID), Due: today + farol.Day(i%11-3), Priority: 1 + i%3, Repeats: map[bool]string{true: "month"}[i == 6]}
			if _, err := a.store.AddTask(ctx, task); err != nil {
				return err
			}
		}
		if i < len(words.thread)*4 && i%4 == 0 {
			if _, err := a.store.Say(ctx, store.Message{Thread: store.AccountThread(id), Author: team[3].ID, Body: fill(words.thread[i/4])}); err != nil {
				return err
			}
		}
	}
	for i, p := range words.posts {
		m, err := a.store.Say(ctx, store.Message{Thread: store.Channel, Author: team[3].ID, Topic: p.topic, Account: ids[i], Body: fill(p.body)})
		if err != nil {
			return err
		}
		if _, err := a.store.Say(ctx, store.Message{Thread: store.Channel, Author: team[1].ID, Parent: m.ID, Body: fill(p.answer)}); err != nil {
			return err
		}
	}
	return nil
}

var demoTexts = map[string]demoWords{
	"en": {
		notes: []struct{ title, kind, body string }{
			{"Kickoff", "kickoff", "## What they want to reach\n\n- Monthly close in **three days** instead of eight, by the end of the quarter\n\n## Plan\n\n- [ ] @me Send the onboarding plan +2\n- [x] Invite the finance team\n- [ ] First dashboard together +9"},
			{"Monthly call", "meeting", "They like the new reports. Their sponsor changes jobs next month.\n\n> “We would notice within a day if Farol was gone.”\n\n- [ ] Meet the new sponsor +5"},
			{"", "call", "Called about the open ticket. Calm again, waits for the fix."},
		},
		tasks: []struct{ title, kind, body string }{
			{"Prepare the quarterly review", "activity", "Use, value and the goal for the next quarter."}, {"Use fell: find out why", "risk", "Weekly active people fell by half."},
			{"Offer more seats", "opportunity", "95 % of the seats are in use."}, {"Talk about the renewal", "renewal", ""},
		},
		thread: []string{"@me they opened their third ticket about exports this month. Worth a call before the renewal?", "Exports are mended; I told them.", "New admin on their side, very technical."},
		posts: []struct{ topic, body, answer string }{
			{"exports", "Exports to Excel fail above 50,000 rows since Tuesday. The fix is planned for Friday; until then CSV works.", "Thanks. I told my customers who export monthly."},
			{"onboarding", "Half of the questions of new customers are about inviting people. Should we put it into the kickoff, @me?", "Yes: it is in the kickoff template now."},
		},
	},
	"pt-BR": {
		notes: []struct{ title, kind, body string }{
			{"Kickoff", "kickoff", "## Aonde querem chegar\n\n- Fechamento mensal em **três dias** em vez de oito, até o fim do trimestre\n\n## Plano\n\n- [ ] @me Enviar o plano de onboarding +2\n- [x] Convidar o financeiro\n- [ ] Primeiro painel juntos +9"},
			{"Conversa mensal", "meeting", "Gostam dos novos relatórios. A patrocinadora muda de emprego no mês que vem.\n\n> “Em um dia sentiríamos falta do Farol.”\n\n- [ ] Conhecer a nova patrocinadora +5"},
			{"", "call", "Liguei sobre o chamado aberto. Mais calmos, aguardam a correção."},
		},
		tasks: []struct{ title, kind, body string }{
			{"Preparar a QBR", "activity", "Uso, valor e a meta do próximo trimestre."}, {"O uso caiu: descobrir por quê", "risk", "As pessoas ativas por semana caíram pela metade."},
			{"Oferecer mais licenças", "opportunity", "95% das licenças em uso."}, {"Conversar sobre a renovação", "renewal", ""},
		},
		thread: []string{"@me abriram o terceiro chamado sobre exportações neste mês. Vale uma ligação antes da renovação?", "As exportações foram corrigidas; já avisei.", "Novo administrador do lado deles, bem técnico."},
		posts: []struct{ topic, body, answer string }{
			{"exportações", "Exportações para Excel falham acima de 50.000 linhas desde terça. A correção sai na sexta; até lá o CSV funciona.", "Obrigada. Avisei meus clientes que exportam todo mês."},
			{"onboarding", "Metade das dúvidas de clientes novos é sobre convidar pessoas. Colocamos no kickoff, @me?", "Sim: já está no modelo de kickoff."},
		},
	},
}
