-- name: stickiness_business_days
-- group: usage
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: 0
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- of: people
-- title [en]: Stickiness on business days
-- title [pt-BR]: Aderência em dias úteis
-- definition [en]: The mean of daily active users over the Mondays to Fridays of the period as a share of the people
--   active on any of them.
-- definition [pt-BR]: A média dos usuários ativos diários de segunda a sexta no período como parte das pessoas ativas
--   em algum desses dias.
-- formula [en]: active Mondays to Fridays of all people / (people active on one × Mondays to Fridays of the period
--   that have passed)
-- formula [pt-BR]: segundas a sextas ativas de todas as pessoas / (pessoas ativas em alguma × segundas a sextas já
--   decorridas do período)
-- rules [en]: Who came on weekends only is not counted. Public holidays are business days here: no calendar of them
--   is kept. In the period in which the data begin all its business days count, and it is incomplete.
-- rules [pt-BR]: Quem veio só em fins de semana não conta. Feriados são dias úteis aqui: não há calendário deles. No
--   período em que os dados começam contam todos os seus dias úteis, e ele está incompleto.
-- reading [en]: For products used at work: 1 is every working day. Compare it with the plain stickiness to see what
--   the weekends take away.
-- reading [pt-BR]: Para produtos usados no trabalho: 1 são todos os dias úteis. Compare com a aderência simples para
--   ver o que os fins de semana tiram.
SELECT v.grp AS grp, min(v.person) AS unit, min(v.account) AS account, d.period AS period,
  i64(count(*)) AS numerator, max(b.business_days) AS denominator
FROM {{personDays 0}} AS v
JOIN {{days}} AS d ON d.day = v.day
JOIN (
  SELECT w.period AS of_period, i64(count(*)) AS business_days FROM {{days}} AS w WHERE toDayOfWeek(w.day) < 6 GROUP BY w.period
) AS b ON b.of_period = d.period
WHERE toDayOfWeek(v.day) < 6
GROUP BY v.grp, v.key, d.period

/* example
now 2026-03-04 12:00
2026-02-02 10:00  ana@acme  page x2
2026-02-03 10:00  ana@acme  page
2026-02-07 10:00  ana@acme  page
2026-02-07 10:00  cid@acme  page
2026-02-09 10:00  ana@acme  page
2026-02-13 10:00  ben@globex  page
2026-03-02 10:00  ben@globex  page

want week 2026-02-02 = 0.4 (2/5)
want week 2026-02-09 = 0.2 (2/10)
want month 2026-02-01 = 0.1 (4/40) incomplete
want month 2026-03-01 = 0.33 (1/3) incomplete
want month 2026-02-01 by account acme = 0.15 (3/20) incomplete
*/
