-- name: active_users_28d
-- group: usage
-- unit: persons
-- direction: up
-- aggregation: rolling count
-- grains: day, week, month
-- reach: 27
-- waits: no
-- version: 1
-- per account: yes
-- settings: active
-- title [en]: Monthly active users (28 days)
-- title [pt-BR]: Usuários ativos mensais (28 dias)
-- definition [en]: People with at least one qualifying event, signed in or not, in the 28 local days that end with the
--   last day of the period.
-- definition [pt-BR]: Pessoas com pelo menos um evento que conta, identificadas ou não, nos 28 dias locais que terminam
--   no último dia do período.
-- formula [en]: distinct people active on any of the days D-27 to D, D being the last day of the period (today, while
--   it is open)
-- formula [pt-BR]: pessoas distintas ativas em qualquer um dos dias D-27 a D, sendo D o último dia do período (hoje,
--   enquanto está aberto)
-- rules [en]: Per week and per month it is read at the last day, never summed or averaged. As long as the window begins
--   before the first fact, the value is null and the numerator says what was counted so far. A person is all ids joined
--   by identify and alias, also for events from before they were joined. By account or attribute, a person active in
--   two groups counts in both.
-- rules [pt-BR]: Por semana e por mês é lido no último dia, nunca somado nem tirada a média. Enquanto a janela começa
--   antes do primeiro fato, o valor é nulo e o numerador diz o que foi contado até então. Uma pessoa são todos os ids
--   unidos por identify e alias, inclusive nos eventos anteriores à união. Por conta ou atributo, quem esteve ativo em
--   dois grupos conta nos dois.
-- reading [en]: The reach of the product. Four whole weeks hold every day of the week four times and every month is
--   equally long, so this is the figure for trends; board reports by calendar month have one of their own.
-- reading [pt-BR]: O alcance do produto. Quatro semanas inteiras têm cada dia da semana quatro vezes e todos os meses o
--   mesmo tamanho; por isso este é o número para tendências. Relatórios por mês do calendário têm um número próprio.
SELECT g.grp AS grp, g.person AS unit, g.account AS account, g.from_day AS from_day, g.to_day AS to_day
FROM {{gaps "people"}} AS g

/* example
zone America/Sao_Paulo
now 2026-03-20 12:00
2026-01-30 10:00  ana@acme  page
2026-02-02 10:00  anon:b1  page
2026-02-15 10:00  ben@acme  page
2026-02-16 10:00  bia@globex  alias anon:b1
2026-02-17 10:00  bia@globex  "Report Created"
2026-03-10 10:00  ben@acme  page

want day 2026-02-25 = null window_not_covered (3/) incomplete
want day 2026-02-26 = 3
want day 2026-02-27 = 2
want day 2026-03-14 = 2
want day 2026-03-16 = 2
want day 2026-03-17 = 1
want day 2026-02-26 by account acme = 2
want week 2026-02-23 = 2
want week 2026-03-16 = 1 incomplete
want month 2026-02-01 = 2
want month 2026-03-01 as of 2026-03-16 = 2 incomplete
*/
