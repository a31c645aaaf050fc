-- name: retention_day_1
-- group: retention
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: week, month, day
-- reach: forever
-- waits: 2
-- version: 1
-- per account: no
-- settings: active
-- of: people
-- title [en]: Day 1 retention
-- title [pt-BR]: Retenção no dia 1
-- definition [en]: Of the people who started in the period, the share that was active again on the day after their
--   first.
-- definition [pt-BR]: Das pessoas que começaram no período, a parte que voltou a ter atividade no dia seguinte ao
--   primeiro.
-- formula [en]: people of the cohort active on local day 1 after their first / people of the cohort for whom that
--   day has passed
-- formula [pt-BR]: pessoas da coorte ativas no dia local 1 após o primeiro / pessoas da coorte para as quais esse
--   dia já passou
-- rules [en]: Day 0 is the local day of the trait created_at, else of the first activity that counts in the whole
--   history. The return is any activity that counts, on day 1 itself: neither before nor after. Only people whose
--   day 1 has passed count, whether they came back or not; a cohort with people still before it is incomplete, and
--   null while it has nobody after it. Breakdowns and filters use the attribute of the account on day 0, and the
--   return may be in any account. In the first period of data everybody looks new.
-- rules [pt-BR]: O dia 0 é o dia local do atributo created_at, senão o da primeira atividade que conta em todo o
--   histórico. O retorno é qualquer atividade que conta, no próprio dia 1: nem antes nem depois. Só contam pessoas
--   cujo dia 1 já passou, tenham voltado ou não; uma coorte com pessoas que ainda não chegaram lá está incompleta, e
--   é nula enquanto não há ninguém além dele. As quebras e os filtros usam o atributo da conta no dia 0, e o retorno
--   pode ser em qualquer conta. No primeiro período com dados todos parecem novos.
-- reading [en]: How many found a reason to come back at once. It moves with the first session: read it beside the
--   activation rate. A product that is used once a week is rightly low here; look at week 4.
-- reading [pt-BR]: Quantos acharam motivo para voltar logo. Mexe com a primeira sessão: leia ao lado da taxa de
--   ativação. Um produto de uso semanal é baixo aqui com razão; olhe a semana 4.
SELECT p.grp AS grp, p.person AS unit, p.account AS account, d.period AS period,
  CASE WHEN r.who IS NULL THEN 0 ELSE 1 END AS numerator, 1 AS denominator
FROM {{people}} AS p
JOIN {{days}} AS d ON d.day = p.first_day
LEFT JOIN (SELECT toNullable(v.key) AS who, v.day AS on_day FROM {{personDays 0 "unfiltered"}} AS v) AS r
  ON r.who = p.key AND r.on_day = addDaysN(p.first_day, 1)
WHERE addDaysN(p.first_day, 1) <= {through:Date}

/* example
zone America/Sao_Paulo
now 2026-02-20 12:00
2026-02-02 23:00  ana@acme  page
2026-02-03 00:30  ana@acme  page
2026-02-02 10:00  @acme  group plan=pro
2026-02-03 10:00  ben@acme  page
2026-02-05 10:00  ben@acme  page
2026-02-04 10:00  cid@globex  page
2026-02-05 10:00  cid@initech  page  known 2026-02-18 10:00
2026-02-19 10:00  dan@globex  page
2026-02-20 10:00  dan@globex  page

want week 2026-02-02 = 0.6667 (2/3) [0.2077..0.9385]
want day 2026-02-02 = 1 (1/1)
want day 2026-02-03 = 0 (0/1)
want day 2026-02-19 = null window_open (0/0) incomplete
want month 2026-02-01 = 0.6667 (2/3) incomplete
want day 2026-02-04 known 2026-02-17 10:00 = 0 (0/1)
want week 2026-02-02 by plan pro = 0.5 (1/2)
want day 2026-02-10 = null no_data
*/
