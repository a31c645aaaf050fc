-- name: days_since_activity
-- group: usage
-- unit: days
-- direction: down
-- aggregation: quantile
-- grains: week, month
-- reach: 90
-- waits: no
-- version: 1
-- per account: yes
-- settings: active
-- quantile: 0.5
-- of: accounts
-- title [en]: Days since last activity
-- title [pt-BR]: Dias desde a última atividade
-- definition [en]: The median over accounts of the days from their last active day to the last day of the period.
-- definition [pt-BR]: A mediana entre as contas dos dias do último dia ativo até o último dia do período.
-- formula [en]: median over the accounts active in the 91 days up to D of D - last active day
-- formula [pt-BR]: mediana entre as contas ativas nos 91 dias até D de D - último dia ativo
-- rules [en]: 0 is active on the day itself. Accounts without any activity for more than 90 days are no longer
--   counted, nor have they a value. The interval is the log-log one of the median.
-- rules [pt-BR]: 0 é ativa no próprio dia. Contas sem nenhuma atividade há mais de 90 dias não são mais contadas nem
--   têm valor. O intervalo é o log-log da mediana.
-- reading [en]: Per account the plainest of early signs: a customer who used to come daily and has not for a week.
--   Weekends add two days to everybody.
-- reading [pt-BR]: Por conta o mais simples dos sinais antecedentes: um cliente que vinha todo dia e não vem há uma
--   semana. Fins de semana somam dois dias a todos.
SELECT d.grp AS grp, d.account AS unit, d.account AS account, p.period AS period, i64(p.last - d.day) AS numerator, 1 AS denominator
FROM (
  SELECT v.grp AS grp, v.account AS account, v.day AS day,
    coalesce(lead(toNullable(v.day)) OVER (PARTITION BY {{apart "v.grp"}}v.account ORDER BY v.day), DATE '2149-01-01') AS next_day
  FROM {{accountDays 90}} AS v
) AS d
JOIN {{periods}} AS p ON p.last >= d.day AND p.last < d.next_day AND p.last <= addDaysN(d.day, 90)

/* example
now 2026-03-10 12:00
2025-11-20 10:00  old@hooli  page
2026-02-01 10:00  ana@acme  page x2
2026-02-20 10:00  ben@globex  page
2026-02-27 10:00  cid@initech  page
2026-02-26 10:00  ben@globex  page  known 2026-03-05 10:00
2026-03-02 10:00  ana@acme  page

want month 2026-02-01 = 2 (3/3)
want month 2026-02-01 known 2026-03-01 12:00 = 8 (3/3)
want month 2026-02-01 by account acme = 27 (1/1)
want week 2026-03-02 = 9 (3/3)
want week 2026-02-09 as of 2026-02-10 = 9 (2/2) incomplete
*/
