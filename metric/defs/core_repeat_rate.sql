-- name: core_repeat_rate
-- group: adoption
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week
-- reach: 27
-- waits: no
-- version: 1
-- per account: yes
-- settings: features
-- of: people
-- title [en]: People who repeat the core action
-- title [pt-BR]: Pessoas que repetem a ação central
-- definition [en]: Of the people active in the 28 days that end with the period, the share who used a core feature on
--   two days or more.
-- definition [pt-BR]: Das pessoas ativas nos 28 dias que terminam com o período, a parte que usou uma funcionalidade
--   central em dois dias ou mais.
-- formula [en]: people with a core use on at least 2 local days of the last 28 / people who did anything on those days
-- formula [pt-BR]: pessoas com um uso central em pelo menos 2 dias locais dos últimos 28 / pessoas que fizeram algo
--   nesses dias
-- rules [en]: The first mission of adoption. Without core features any activity counts. The 28 days end with the
--   period's last day, or with the last one read. In a breakdown a person counts in each group in which they were
--   active.
-- rules [pt-BR]: A primeira missão da adoção. Sem funcionalidades centrais, vale qualquer atividade. Os 28 dias
--   terminam no último dia do período, ou no último lido. Em uma quebra, uma pessoa conta em cada grupo em que esteve
--   ativa.
-- reading [en]: Who did it once has tried; who did it again has found a use for it. Work on this first.
-- reading [pt-BR]: Quem fez uma vez experimentou; quem fez de novo encontrou utilidade. Trabalhe isto primeiro.
SELECT x.grp AS grp, x.person AS unit, x.account AS account, x.period AS period,
  CASE WHEN x.core_days >= 2 THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM (
  SELECT d.grp AS grp, d.person AS person, min(d.account) AS account, p.period AS period, i64(sum(d.core)) AS core_days
  FROM (
    SELECT v.grp AS grp, v.person AS person, v.day AS day, min(v.account) AS account,
      max(CASE WHEN {core_any:Bool} OR has({core_events:Array(String)}, v.event) THEN 1 ELSE 0 END) AS core
    FROM {{activity 27}} AS v
    WHERE v.person <> ''
    GROUP BY v.grp, v.person, v.day
  ) AS d
  JOIN {{periods}} AS p ON d.day > addDaysN(p.last, -28) AND d.day <= p.last
  GROUP BY d.grp, d.person, p.period
) AS x

/* example
zone America/Sao_Paulo
now 2026-03-31 12:00
set features {"features": [{"name": "Reports", "events": ["Report Created"], "core": true}, {"name": "Boards", "events": ["Board Viewed", "Board Shared"], "core": true}, {"name": "Export", "events": ["Exported"]}], "window_days": 28, "adopted_days": 3}
2026-02-03 09:00  ana@acme  "Report Created" x6
2026-02-11 09:00  ana@acme  "Board Viewed"
2026-02-11 09:00  ben@acme  "Report Created" x9
2026-02-12 09:00  ben@acme  "Exported"
2026-02-12 09:00  bia@globex  "Exported"

want month 2026-02-01 = 0.3333 (1/3) [0.0615..0.7923]
want week 2026-02-23 = 0.3333 (1/3)
want week 2026-03-02 = 0 (0/3)
want month 2026-02-01 by account acme = 0.5 (1/2)
*/
