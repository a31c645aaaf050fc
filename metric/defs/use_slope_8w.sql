-- name: use_slope_8w
-- group: usage
-- unit: index
-- direction: up
-- aggregation: mean
-- grains: week, month
-- reach: forever
-- waits: no
-- version: 1
-- per account: yes
-- settings: active
-- window: 56
-- of: accounts
-- title [en]: Trend of use (8 weeks)
-- title [pt-BR]: Tendência do uso (8 semanas)
-- definition [en]: The slope per week of the logarithm of weekly events over the eight weeks up to the last day of
--   the period, as a mean over accounts.
-- definition [pt-BR]: A inclinação por semana do logaritmo dos eventos semanais nas oito semanas até o último dia do
--   período, em média entre as contas.
-- formula [en]: per account the least-squares slope of ln(1 + events) over the eight blocks of seven days that end
--   with D
-- formula [pt-BR]: por conta a inclinação de mínimos quadrados de ln(1 + eventos) nos oito blocos de sete dias que
--   terminam em D
-- rules [en]: Only accounts that began at least eight weeks before and had any event in them. A week without events
--   is ln 1 = 0. Events that count as active. As long as the 56 days begin before the first fact, the value is null.
--   Holidays and seasons are not taken out.
-- rules [pt-BR]: Só contas que começaram pelo menos oito semanas antes e tiveram algum evento nelas. Uma semana sem
--   eventos é ln 1 = 0. Eventos que contam como ativos. Enquanto os 56 dias começam antes do primeiro fato, o valor é
--   nulo. Feriados e estações não são descontados.
-- reading [en]: About the weekly rate of growth: 0.05 is 5% more each week, -0.2 a fifth less each week. Steadier
--   than comparing two months, because all eight weeks count.
-- reading [pt-BR]: Cerca da taxa semanal de crescimento: 0,05 são 5% a mais por semana, -0,2 um quinto a menos por
--   semana. Mais estável do que comparar dois meses, porque as oito semanas contam.
SELECT w.of_group AS grp, w.account_id AS unit, w.account_id AS account, w.in_period AS period,
  sum((3.5 - w.weeks_ago) * ln(1 + w.uses)) / 42 AS numerator
FROM (
  SELECT a.grp AS of_group, a.account AS account_id, t.period AS in_period, max(t.last) AS last_day,
    intDiv(t.ago, 7) AS weeks_ago, i64(sum(a.n)) AS uses
  FROM (
    SELECT v.grp AS grp, v.account AS account, v.day AS day, i64(sum(v.n)) AS n
    FROM {{activity 55}} AS v
    WHERE v.account <> '' AND ({active_all:Bool} OR has({active_events:Array(String)}, v.event))
    GROUP BY v.grp, v.account, v.day
  ) AS a
  JOIN {{trailing 56}} AS t ON t.day = a.day
  GROUP BY a.grp, a.account, t.period, intDiv(t.ago, 7)
) AS w
JOIN (
  SELECT c.account AS born_account, least(c.created_day, c.seen_day) AS born_day FROM {{accounts "unfiltered"}} AS c
) AS b ON b.born_account = w.account_id
WHERE b.born_day <= addDaysN(w.last_day, -55)
GROUP BY w.of_group, w.account_id, w.in_period

/* example
now 2026-03-10 12:00
2025-12-25 10:00  ana@acme  page
2026-01-03 10:00  ana@acme  page x7
2026-01-05 10:00  ana@acme  page x7
2026-01-12 10:00  ana@acme  page x7
2026-01-19 10:00  ana@acme  page x7
2026-01-26 10:00  ana@acme  page x7
2026-02-02 10:00  ana@acme  page x7
2026-02-09 10:00  ana@acme  page x7
2026-02-16 10:00  ana@acme  page x7
2026-02-23 10:00  ana@acme  page x7
2025-12-20 10:00  ben@globex  page x2
2026-02-28 10:00  ben@globex  page
2026-02-20 10:00  cid@initech  page x50

want week 2026-02-23 = 0.0289 (0.0578/2)
want week 2026-02-16 = 0.0000 (0.0000/1)
want week 2026-02-23 by account globex = 0.0578 (0.0578/1)
want month 2026-02-01 by account globex = 0.0578
want week 2026-02-02 as of 2026-02-07 = null window_not_covered (0/0) incomplete
*/
