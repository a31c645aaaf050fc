-- name: retention_day_7
-- group: retention
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: week, month, day
-- reach: forever
-- waits: 8
-- version: 1
-- per account: no
-- settings: active
-- of: people
-- title [en]: Day 7 retention
-- title [pt-BR]: Retenção no dia 7
-- definition [en]: Of the people who started in the period, the share that was active again on the 7. day after
--   their first.
-- definition [pt-BR]: Das pessoas que começaram no período, a parte que voltou a ter atividade no 7º dia após o
--   primeiro.
-- formula [en]: people of the cohort active on local day 7 after their first / people of the cohort for whom that
--   day has passed
-- formula [pt-BR]: pessoas da coorte ativas no dia local 7 após o primeiro / pessoas da coorte para as quais esse
--   dia já passou
-- rules [en]: Day 0 is the local day of the trait created_at, else of the first activity that counts in the whole
--   history. The return is any activity that counts, on day 7 itself: neither before nor after. Only people whose
--   day 7 has passed count, whether they came back or not; a cohort with people still before it is incomplete, and
--   null while it has nobody after it. Breakdowns and filters use the attribute of the account on day 0, and the
--   return may be in any account. In the first period of data everybody looks new.
-- rules [pt-BR]: O dia 0 é o dia local do atributo created_at, senão o da primeira atividade que conta em todo o
--   histórico. O retorno é qualquer atividade que conta, no próprio dia 7: nem antes nem depois. Só contam pessoas
--   cujo dia 7 já passou, tenham voltado ou não; uma coorte com pessoas que ainda não chegaram lá está incompleta, e
--   é nula enquanto não há ninguém além dele. As quebras e os filtros usam o atributo da conta no dia 0, e o retorno
--   pode ser em qualquer conta. No primeiro período com dados todos parecem novos.
-- reading [en]: Who is back a week later has made a place for the product. One day is a narrow target: weekends and
--   holidays move it, so compare cohorts that started on the same weekdays, or whole weeks and months.
-- reading [pt-BR]: Quem está de volta uma semana depois deu um lugar ao produto. Um único dia é um alvo estreito:
--   fins de semana e feriados mexem com ele; compare coortes que começaram nos mesmos dias da semana, ou semanas e
--   meses inteiros.
SELECT p.grp AS grp, p.person AS unit, p.account AS account, d.period AS period,
  CASE WHEN r.who IS NULL THEN 0 ELSE 1 END AS numerator, 1 AS denominator
FROM {{people}} AS p
JOIN {{days}} AS d ON d.day = p.first_day
LEFT JOIN (SELECT toNullable(v.key) AS who, v.day AS on_day FROM {{personDays 0 "unfiltered"}} AS v) AS r
  ON r.who = p.key AND r.on_day = addDaysN(p.first_day, 7)
WHERE addDaysN(p.first_day, 7) <= {through:Date}

/* example
zone America/Sao_Paulo
now 2026-02-20 12:00
2026-02-02 09:00  ana@acme  page
2026-02-09 23:50  ana@acme  page
2026-02-02 09:00  ben@acme  page
2026-02-08 10:00  ben@acme  page
2026-02-10 00:10  ben@acme  page
2026-02-06 09:00  cid@globex  page
2026-02-13 09:00  cid@globex  page
2026-02-05 09:00  eva  identify created_at=2026-02-01T12:00:00Z
2026-02-05 09:00  eva@globex  page
2026-02-08 09:00  eva@globex  page
2026-02-14 09:00  dan@globex  page

want week 2026-02-02 = 0.6667 (2/3) [0.2077..0.9385]
want week 2026-01-26 = 1 (1/1)
want day 2026-02-02 = 0.5 (1/2)
want day 2026-02-14 = null window_open (0/0) incomplete
want month 2026-02-01 = 0.75 (3/4) incomplete
want month 2026-02-01 by account globex = 1 (2/2) incomplete
*/
