-- name: active_users_30d
-- group: usage
-- unit: persons
-- direction: up
-- aggregation: rolling count
-- grains: day, week, month
-- reach: 29
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- title [en]: Monthly active users (30 days)
-- title [pt-BR]: Usuários ativos mensais (30 dias)
-- definition [en]: People with at least one qualifying event, signed in or not, in the 30 local days that end with the
--   last day of the period.
-- definition [pt-BR]: Pessoas com pelo menos um evento que conta, identificadas ou não, nos 30 dias locais que terminam
--   no último dia do período.
-- formula [en]: distinct people active on any of the days D-29 to D, D being the last day of the period (today, while
--   it is open)
-- formula [pt-BR]: pessoas distintas ativas em qualquer um dos dias D-29 a D, sendo D o último dia do período (hoje,
--   enquanto está aberto)
-- rules [en]: Per week and per month it is read at the last day, never summed or averaged. As long as the window begins
--   before the first fact, the value is null and the numerator says what was counted so far. A person is all ids joined
--   by identify and alias, also for events from before they were joined. By account or attribute, a person active in
--   two groups counts in both.
-- rules [pt-BR]: Por semana e por mês é lido no último dia, nunca somado nem tirada a média. Enquanto a janela começa
--   antes do primeiro fato, o valor é nulo e o numerador diz o que foi contado até então. Uma pessoa são todos os ids
--   unidos por identify e alias, inclusive nos eventos anteriores à união. Por conta ou atributo, quem esteve ativo em
--   dois grupos conta nos dois.
-- reading [en]: The same reach as the 28-day figure, over the window that many analytics tools and data warehouses
--   take, so that the two can be laid side by side. 30 days hold two weekdays five times and the others four, which
--   makes the line tremble: for trends use the 28-day figure.
-- reading [pt-BR]: O mesmo alcance do número de 28 dias, na janela que muitas ferramentas de análise e data warehouses
--   usam, para que os dois possam ser postos lado a lado. 30 dias têm dois dias da semana cinco vezes e os outros
--   quatro, o que faz a linha tremer: para tendências use o número de 28 dias.
SELECT g.grp AS grp, g.person AS unit, g.account AS account, g.from_day AS from_day, g.to_day AS to_day
FROM {{gaps "people"}} AS g

/* example
now 2026-03-20 12:00
2026-01-30 10:00  ana@acme  page
2026-02-02 10:00  anon:b1  page
2026-02-15 10:00  ben@acme  page
2026-02-16 10:00  bia@globex  alias anon:b1
2026-02-17 10:00  bia@globex  "Report Created"
2026-03-10 10:00  ben@acme  page

want day 2026-02-27 = null window_not_covered (3/) incomplete
want day 2026-02-28 = 3
want day 2026-03-01 = 2
want day 2026-03-16 = 2
want day 2026-03-18 = 2
want day 2026-03-19 = 1
want day 2026-02-28 by account acme = 2
want week 2026-02-23 = 2
want week 2026-03-16 = 1 incomplete
want month 2026-02-01 = 3
want month 2026-03-01 as of 2026-03-18 = 2 incomplete
*/
