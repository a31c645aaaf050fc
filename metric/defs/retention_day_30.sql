-- name: retention_day_30
-- group: retention
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: week, month, day
-- reach: forever
-- waits: 31
-- version: 1
-- per account: no
-- settings: active
-- of: people
-- title [en]: Day 30 retention
-- title [pt-BR]: Retenção no dia 30
-- definition [en]: Of the people who started in the period, the share that was active again on the 30. day after
--   their first.
-- definition [pt-BR]: Das pessoas que começaram no período, a parte que voltou a ter atividade no 30º dia após o
--   primeiro.
-- formula [en]: people of the cohort active on local day 30 after their first / people of the cohort for whom that
--   day has passed
-- formula [pt-BR]: pessoas da coorte ativas no dia local 30 após o primeiro / pessoas da coorte para as quais esse
--   dia já passou
-- rules [en]: Day 0 is the local day of the trait created_at, else of the first activity that counts in the whole
--   history. The return is any activity that counts, on day 30 itself: neither before nor after. Only people whose
--   day 30 has passed count, whether they came back or not; a cohort with people still before it is incomplete, and
--   null while it has nobody after it. Breakdowns and filters use the attribute of the account on day 0, and the
--   return may be in any account. In the first period of data everybody looks new.
-- rules [pt-BR]: O dia 0 é o dia local do atributo created_at, senão o da primeira atividade que conta em todo o
--   histórico. O retorno é qualquer atividade que conta, no próprio dia 30: nem antes nem depois. Só contam pessoas
--   cujo dia 30 já passou, tenham voltado ou não; uma coorte com pessoas que ainda não chegaram lá está incompleta,
--   e é nula enquanto não há ninguém além dele. As quebras e os filtros usam o atributo da conta no dia 0, e o
--   retorno pode ser em qualquer conta. No primeiro período com dados todos parecem novos.
-- reading [en]: What is left when the novelty is gone. A cohort shows it a month late, so watch day 1 and day 7 for
--   news and this one for the truth.
-- reading [pt-BR]: O que fica quando a novidade passa. Uma coorte só o mostra um mês depois: acompanhe os dias 1 e 7
--   para ter notícia e este para saber a verdade.
SELECT p.grp AS grp, p.person AS unit, p.account AS account, d.period AS period,
  CASE WHEN r.who IS NULL THEN 0 ELSE 1 END AS numerator, 1 AS denominator
FROM {{people}} AS p
JOIN {{days}} AS d ON d.day = p.first_day
LEFT JOIN (SELECT toNullable(v.key) AS who, v.day AS on_day FROM {{personDays 0 "unfiltered"}} AS v) AS r
  ON r.who = p.key AND r.on_day = addDaysN(p.first_day, 30)
WHERE addDaysN(p.first_day, 30) <= {through:Date}

/* example
now 2026-03-20 12:00
2026-02-02 09:00  ana@acme  page
2026-03-04 09:00  ana@acme  page
2026-02-02 09:00  ben@acme  page
2026-03-03 09:00  ben@acme  page
2026-02-17 09:00  cid@acme  page
2026-03-19 09:00  cid@acme  page
2026-02-25 09:00  dan@acme  page

want week 2026-02-02 = 0.5 (1/2)
want day 2026-02-17 = 1 (1/1)
want month 2026-02-01 = 0.6667 (2/3) incomplete
want month 2026-02-01 as of 2026-03-10 = 0.5 (1/2) incomplete
*/
