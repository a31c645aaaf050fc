-- name: dormant_accounts
-- group: usage
-- unit: accounts
-- direction: down
-- aggregation: sum
-- grains: week, month
-- reach: 31
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: previous
-- title [en]: Dormant accounts
-- title [pt-BR]: Contas dormentes
-- definition [en]: Accounts that were active in the period before and are not in this one.
-- definition [pt-BR]: Contas que estiveram ativas no período anterior e não neste.
-- formula [en]: accounts active in the period before of which nobody was active in the period
-- formula [pt-BR]: contas ativas no período anterior das quais ninguém esteve ativo no período
-- rules [en]: Counted as a positive number; pictures draw it below the line. While the period is open, an account
--   that has not come yet counts as dormant. The period before is the whole calendar period; while the current one is
--   open it is incomplete. In the first period that has data there is nothing before it, and the value is null.
-- rules [pt-BR]: Contado como número positivo; os gráficos o desenham abaixo da linha. Enquanto o período está
--   aberto, uma conta que ainda não veio conta como dormente. O período anterior é o período inteiro do calendário;
--   enquanto o atual está aberto, o número está incompleto. No primeiro período com dados não há anterior, e o valor
--   é nulo.
-- reading [en]: Customers who stopped using: usually weeks before they cancel. Open it and call.
-- reading [pt-BR]: Clientes que pararam de usar: em geral semanas antes de cancelar. Abra e ligue.
SELECT x.of_group AS grp, x.account_id AS unit, x.account_id AS account, x.in_period AS period, 1 AS numerator
FROM (
  SELECT v.grp AS of_group, v.account AS account_id, t.period AS in_period, max(t.is_now) AS ever_now, min(t.is_now) AS only_now
  FROM {{accountDays 31}} AS v
  JOIN {{turns}} AS t ON t.day = v.day
  GROUP BY v.grp, v.account, t.period
) AS x
WHERE x.ever_now = 0

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
want week 2026-02-09 = 1
want week 2026-02-16 = 3
want month 2026-02-01 = 0 incomplete
*/
