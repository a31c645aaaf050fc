-- name: active_accounts_28d
-- group: usage
-- unit: accounts
-- direction: up
-- aggregation: rolling count
-- grains: day, week, month
-- reach: 27
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- title [en]: Monthly active accounts (28 days)
-- title [pt-BR]: Contas ativas mensais (28 dias)
-- definition [en]: Accounts of which anybody had at least one qualifying event in the 28 local days that end with the
--   last day of the period.
-- definition [pt-BR]: Contas em que alguém teve pelo menos um evento que conta nos 28 dias locais que terminam no
--   último dia do período.
-- formula [en]: distinct accounts active on any of the days D-27 to D, D being the last day of the period (today, while
--   it is open)
-- formula [pt-BR]: contas distintas ativas em qualquer um dos dias D-27 a D, sendo D o último dia do período (hoje,
--   enquanto está aberto)
-- rules [en]: Per week and per month it is read at the last day, never summed or averaged. As long as the window begins
--   before the first fact, the value is null and the numerator says what was counted so far. An event belongs to the
--   account it names, else to the person's account at the time.
-- rules [pt-BR]: Por semana e por mês é lido no último dia, nunca somado nem tirada a média. Enquanto a janela começa
--   antes do primeiro fato, o valor é nulo e o numerador diz o que foi contado até então. Um evento pertence à conta
--   que ele nomeia, senão à conta da pessoa naquele momento.
-- reading [en]: The reach of the product. Four whole weeks hold every day of the week four times and every month is
--   equally long, so this is the figure for trends; board reports by calendar month have one of their own.
-- reading [pt-BR]: O alcance do produto. Quatro semanas inteiras têm cada dia da semana quatro vezes e todos os meses o
--   mesmo tamanho; por isso este é o número para tendências. Relatórios por mês do calendário têm um número próprio.
SELECT g.grp AS grp, g.account AS unit, g.account AS account, g.from_day AS from_day, g.to_day AS to_day
FROM {{gaps "accounts"}} AS g

/* example
now 2026-05-10 12:00
2026-03-01 10:00  @acme  group plan=pro
2026-03-02 10:00  ana@acme  page
2026-03-20 10:00  bia@globex  page
2026-04-01 10:00  ana@acme  identify staff=true
2026-04-02 10:00  ana@acme  page
2026-04-03 10:00  ben@acme  page

want day 2026-03-20 = null window_not_covered (1/) incomplete
want day 2026-03-30 = 1
want day 2026-04-02 = 1
want day 2026-04-03 = 2
want day 2026-04-16 = 2
want day 2026-04-17 = 1
want day 2026-03-28 as of 2026-03-28 = 2
want week 2026-03-30 = 2
want month 2026-03-01 = 1
want month 2026-04-01 = 1
*/
