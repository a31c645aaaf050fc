-- name: active_users_signed_in_28d
-- group: usage
-- unit: persons
-- direction: up
-- aggregation: rolling count
-- grains: day, week, month
-- reach: 27
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- title [en]: Monthly active users who signed in (28 days)
-- title [pt-BR]: Usuários ativos mensais identificados (28 dias)
-- definition [en]: People known by an id of the product, not only by a browser, with at least one qualifying event in
--   the 28 local days that end with the last day of the period.
-- definition [pt-BR]: Pessoas conhecidas por um id do produto, não só por um navegador, com pelo menos um evento que
--   conta nos 28 dias locais que terminam no último dia do período.
-- formula [en]: distinct people with an id of their own who were active on any of the days D-27 to D; monthly active
--   users less these are those who never signed in
-- formula [pt-BR]: pessoas distintas com id próprio que estiveram ativas em qualquer um dos dias D-27 a D; os
--   usuários ativos mensais menos estes são os que nunca se identificaram
-- rules [en]: Somebody who was anonymous and signed in later is one person, also for the events before. Who never
--   signed in counts among the active users and not here. Per week and per month it is read at the last day. As long
--   as the window begins before the first fact, the value is null.
-- rules [pt-BR]: Quem era anônimo e se identificou depois é uma só pessoa, inclusive nos eventos anteriores. Quem
--   nunca se identificou conta entre os usuários ativos e não aqui. Por semana e por mês é lido no último dia.
--   Enquanto a janela começa antes do primeiro fato, o valor é nulo.
-- reading [en]: The people whom the team can reach by name. A wide gap to all active users is a demo, a public page
--   or an identify call that is missing.
-- reading [pt-BR]: As pessoas que a equipe alcança pelo nome. Uma distância grande até todos os usuários ativos é uma
--   demonstração, uma página pública ou um identify que falta.
SELECT q.of_group AS grp, q.person_id AS unit, q.account_id AS account, q.active_day AS from_day, q.next_day AS to_day
FROM (
  SELECT v.grp AS of_group, v.person AS person_id, v.account AS account_id, v.day AS active_day,
    lead(toNullable(v.day)) OVER (PARTITION BY {{apart "v.grp"}}v.key ORDER BY v.day) AS next_day
  FROM {{present 27}} AS v
  WHERE v.key <> 0 AND NOT startsWith(v.person, 'anon:')
) AS q
WHERE q.next_day IS NULL OR q.next_day > q.active_day

/* example
now 2026-03-20 12:00
2026-01-20 10:00  ana@acme  page
2026-02-02 10:00  anon:b1  page
2026-02-03 10:00  anon:b2@acme  page
2026-02-16 10:00  bia@globex  alias anon:b1
2026-02-17 10:00  ana@acme  "Report Created"

want day 2026-02-15 = null window_not_covered (2/) incomplete
want day 2026-02-16 = 2
want day 2026-02-17 known 2026-02-10 10:00 = null not_started incomplete
want day 2026-03-01 = 2
want day 2026-03-02 = 1
want week 2026-02-23 = 2
want month 2026-02-01 = 2
want month 2026-02-01 by account acme = 1
*/
