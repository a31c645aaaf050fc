-- name: resurrected_accounts
-- group: usage
-- unit: accounts
-- direction: up
-- aggregation: sum
-- grains: week, month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: previous
-- title [en]: Resurrected accounts
-- title [pt-BR]: Contas ressuscitadas
-- definition [en]: Accounts that were active in the period and not in the one before, and were created earlier.
-- definition [pt-BR]: Contas que estiveram ativas no período e não no anterior, e foram criadas antes.
-- formula [en]: accounts active in the period, not in the one before, created before the period
-- formula [pt-BR]: contas ativas no período, não no anterior, criadas antes do período
-- rules [en]: An account that was created long ago and is active for the first time counts here. The period before is
--   the whole calendar period; while the current one is open it is incomplete. In the first period that has data
--   there is nothing before it, and the value is null.
-- rules [pt-BR]: Uma conta criada há muito tempo e ativa pela primeira vez conta aqui. O período anterior é o período
--   inteiro do calendário; enquanto o atual está aberto, o número está incompleto. No primeiro período com dados não
--   há anterior, e o valor é nulo.
-- reading [en]: Customers who came back after a gap: worth a word while it lasts.
-- reading [pt-BR]: Clientes que voltaram depois de uma pausa: vale uma palavra enquanto dura.
SELECT x.of_group AS grp, x.account_id AS unit, x.account_id AS account, x.in_period AS period, 1 AS numerator
FROM (
  SELECT v.grp AS of_group, v.account AS account_id, t.period AS in_period, max(t.is_now) AS ever_now, min(t.is_now) AS only_now
  FROM {{accountDays 31}} AS v
  JOIN {{turns}} AS t ON t.day = v.day
  GROUP BY v.grp, v.account, t.period
) AS x
JOIN (
  SELECT c.account AS born_account, least(c.created_day, c.seen_day) AS born_day FROM {{accounts "unfiltered"}} AS c
) AS b ON b.born_account = x.account_id
WHERE x.only_now = 1 AND b.born_day < x.in_period

/* example
now 2026-02-25 12:00
2025-12-20 10:00  zed@initech  page
2026-01-15 10:00  old@initech  page
2026-02-02 10:00  ana@acme  page
2026-02-02 09:00  @hooli  group created_at=2025-06-01T10:00:00Z
2026-02-03 10:00  bia@globex  page
2026-02-09 10:00  ben@acme  page
2026-02-10 10:00  old@initech  page
2026-02-11 10:00  dia@hooli  page
2026-02-12 10:00  eva@umbrella  page
2026-02-16 10:00  ana@acme  page
2026-02-18 10:00  bia@globex  page
2026-02-19 10:00  zoe  page

want week 2026-02-02 = 0
want week 2026-02-09 = 2
want week 2026-02-16 = 1
want month 2026-02-01 = 1 incomplete
*/
