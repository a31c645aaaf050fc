-- name: usage_quick_ratio_28d
-- group: usage
-- unit: index
-- direction: up
-- aggregation: ratio
-- grains: week, month
-- reach: 55
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: 56
-- of: people
-- title [en]: Usage quick ratio (28 days)
-- title [pt-BR]: Índice rápido de uso (28 dias)
-- definition [en]: People won for use in the 28 days up to the last day of the period, new or resurrected, for each one
--   lost since the 28 days before.
-- definition [pt-BR]: Pessoas ganhas para o uso nos 28 dias até o último dia do período, novas ou ressuscitadas, para
--   cada uma perdida desde os 28 dias anteriores.
-- formula [en]: people active in the days D-27 to D and not in the days D-55 to D-28 / people active in the latter and
--   not in the former
-- formula [pt-BR]: pessoas ativas nos dias D-27 a D e não nos dias D-55 a D-28 / pessoas ativas nestes e não naqueles
-- rules [en]: Both windows are four whole weeks, so that neither weekdays nor the length of months matter. Nobody lost:
--   null, for there is no number for it. The interval is that of the share of those who came among all who came or went
--   (Wilson), as odds. As long as the 56 days begin before the first fact, the value is null.
-- rules [pt-BR]: As duas janelas são quatro semanas inteiras, de modo que nem os dias da semana nem o tamanho dos meses
--   importam. Ninguém perdido: nulo, pois não há número para isso. O intervalo é o da parte dos que vieram entre todos
--   os que vieram ou se foram (Wilson), como razão. Enquanto os 56 dias começam antes do primeiro fato, o valor é nulo.
-- reading [en]: As the quick ratio of a month, and steadier: read it for trends.
-- reading [pt-BR]: Como o índice rápido de um mês, e mais estável: leia-o para tendências.
SELECT x.of_group AS grp, x.person_id AS unit, x.account_id AS account, x.in_period AS period,
  CASE WHEN x.latest < 28 THEN 1 ELSE 0 END AS numerator, CASE WHEN x.latest < 28 THEN 0 ELSE 1 END AS denominator
FROM (
  SELECT v.grp AS of_group, v.key AS person_key, min(v.person) AS person_id, min(v.account) AS account_id,
    t.period AS in_period, min(t.ago) AS latest, max(t.ago) AS earliest
  FROM {{personDays 55}} AS v
  JOIN {{trailing 56}} AS t ON t.day = v.day
  GROUP BY v.grp, v.key, t.period
) AS x
WHERE x.latest >= 28 OR x.earliest < 28

/* example
now 2026-03-10 12:00
2026-01-01 10:00  ana@acme  page
2026-01-10 10:00  p{1..2}@acme  page
2026-01-20 10:00  q@globex  page
2026-02-10 10:00  p1@acme  page
2026-02-10 10:00  r{1..3}@acme  page
2026-02-28 10:00  ana@acme  page

want week 2026-02-23 = 2 (4/2)
want week 2026-02-23 by account globex = 0 (0/1)
want week 2026-02-23 by account acme = 4 (4/1)
want month 2026-02-01 = 2 (4/2)
want week 2026-02-16 as of 2026-02-20 = null window_not_covered incomplete
*/
