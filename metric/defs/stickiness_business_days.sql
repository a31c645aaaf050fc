-- name: stickiness_business_days
-- group: usage
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: 0
-- waits: no
-- version: 3
-- per account: no
-- settings: active, holidays
-- of: people
-- bounds: share
-- title [en]: Stickiness on business days
-- title [pt-BR]: Aderência em dias úteis
-- definition [en]: The mean of daily active users over the business days of the period (Mondays to Fridays that are no
--   holidays) as a share of the people active in the period.
-- definition [pt-BR]: A média dos usuários ativos diários nos dias úteis do período (de segunda a sexta, fora os
--   feriados) como parte das pessoas ativas no período.
-- formula [en]: active business days of all people / (people active in the period × business days of the period that
--   have passed)
-- formula [pt-BR]: dias úteis ativos de todas as pessoas / (pessoas ativas no período × dias úteis já decorridos do
--   período)
-- rules [en]: Only the numerator is of business days: who came on weekends or holidays only is among the people and has
--   no day. Holidays are those of the setting holidays: national
--   ones, the movable ones included, and the company's own; none until it is set. In the period in which the data begin
--   all its business days count, and it is incomplete.
-- rules [pt-BR]: Só o numerador é dos dias úteis: quem veio só em fins de semana ou feriados está entre as pessoas e não
--   tem dia algum. Os feriados são os da configuração holidays: os
--   nacionais, inclusive os móveis, e os próprios da empresa; nenhum enquanto ela não é definida. No período em que os
--   dados começam contam todos os seus dias úteis, e ele está incompleto.
-- reading [en]: For products used at work: 1 is every working day. Compare it with the plain stickiness to see what
--   weekends and holidays take away.
-- reading [pt-BR]: Para produtos usados no trabalho: 1 são todos os dias úteis. Compare com a aderência simples para
--   ver o que os fins de semana tiram.
SELECT v.grp AS grp, min(v.person) AS unit, min(v.account) AS account, d.period AS period,
  i64(sum(CASE WHEN toDayOfWeek(v.day) < 6 AND NOT has({holidays:Array(Int64)}, dayNumber(v.day)) THEN 1 ELSE 0 END)) AS numerator,
  max(b.business_days) AS denominator
FROM {{personDays 0}} AS v
JOIN {{days}} AS d ON d.day = v.day
JOIN (
  SELECT w.period AS of_period, i64(count(*)) AS business_days FROM {{days}} AS w WHERE toDayOfWeek(w.day) < 6 AND NOT has({holidays:Array(Int64)}, dayNumber(w.day)) GROUP BY w.period
) AS b ON b.of_period = d.period
GROUP BY v.grp, v.key, d.period

/* example
now 2026-03-04 12:00
set holidays {"country": "BR", "customary": true, "days": [{"date": "02-13", "name": "Town"}]}
2026-02-02 10:00  ana@acme  page x2
2026-02-03 10:00  ana@acme  page
2026-02-07 10:00  ana@acme  page
2026-02-07 10:00  cid@acme  page
2026-02-09 10:00  ana@acme  page
2026-02-13 10:00  ben@globex  page
2026-02-16 10:00  ana@acme  page
2026-02-16 10:00  eva@acme  page
2026-02-18 10:00  ana@acme  page
2026-03-02 10:00  ben@globex  page

want week 2026-02-02 = 0.2 (2/10)
want week 2026-02-09 = 0.125 (1/8)
want week 2026-02-16 = 0.1667 (1/6)
want month 2026-02-01 = 0.0588 (4/68) incomplete
want month 2026-03-01 = 0.33 (1/3) incomplete
want month 2026-02-01 by account acme = 0.0784 (4/51) incomplete
*/
