-- name: stickiness_wau_mau
-- group: usage
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: week, month
-- reach: 27
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: 28
-- of: people
-- title [en]: Stickiness (WAU/MAU)
-- title [pt-BR]: Aderência (WAU/MAU)
-- definition [en]: The share of the people active in the 28 days up to the last day of the period who were active in
--   the last seven of them.
-- definition [pt-BR]: A parte das pessoas ativas nos 28 dias até o último dia do período que esteve ativa nos últimos
--   sete deles.
-- formula [en]: people active on any of the days D-6 to D / people active on any of the days D-27 to D
-- formula [pt-BR]: pessoas ativas em qualquer um dos dias D-6 a D / pessoas ativas em qualquer um dos dias D-27 a D
-- rules [en]: Read at the last day of the period (today, while it is open). As long as the 28 days begin before the
--   first fact, the value is null. Nobody active: null.
-- rules [pt-BR]: Lida no último dia do período (hoje, enquanto está aberto). Enquanto os 28 dias começam antes do
--   primeiro fato, o valor é nulo. Ninguém ativo: nulo.
-- reading [en]: For products of a weekly rhythm: 1 means that everybody came last week, 0.25 that people came in one
--   week of four. It asks nothing of weekends.
-- reading [pt-BR]: Para produtos de ritmo semanal: 1 significa que todos vieram na última semana, 0,25 que vieram em
--   uma de quatro semanas. Nada exige dos fins de semana.
SELECT x.of_group AS grp, x.person_id AS unit, x.account_id AS account, x.in_period AS period,
  CASE WHEN x.latest < 7 THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM (
  SELECT v.grp AS of_group, v.key AS person_key, min(v.person) AS person_id, min(v.account) AS account_id,
    t.period AS in_period, min(t.ago) AS latest
  FROM {{personDays 27}} AS v
  JOIN {{trailing 28}} AS t ON t.day = v.day
  GROUP BY v.grp, v.key, t.period
) AS x

/* example
now 2026-03-20 12:00
2026-01-20 10:00  ana@acme  page
2026-02-10 10:00  u{1..4}@acme  page
2026-02-24 10:00  u{1..1}@acme  page
2026-02-27 10:00  u{4..5}@globex  page

want week 2026-02-09 = null window_not_covered (4/5) incomplete
want week 2026-02-16 = 0 (0/4) [0.0000..0.4899]
want week 2026-02-23 = 0.6 (3/5)
want week 2026-02-23 by account globex = 1 (2/2)
want month 2026-02-01 = 0.6 (3/5)
want month 2026-03-01 = 0 (0/3) incomplete
*/
