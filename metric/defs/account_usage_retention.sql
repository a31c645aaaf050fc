-- name: account_usage_retention
-- group: usage
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: week, month
-- reach: 31
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: previous
-- title [en]: Retention of use of accounts
-- title [pt-BR]: Retenção de uso das contas
-- definition [en]: The share of the accounts active in the period before that were active again.
-- definition [pt-BR]: A parte das contas ativas no período anterior que esteve ativa de novo.
-- formula [en]: returning accounts / accounts active in the period before
-- formula [pt-BR]: contas recorrentes / contas ativas no período anterior
-- rules [en]: No account active before: null. With the 95% interval of Wilson. The period before is the whole
--   calendar period; while the current one is open it is incomplete. In the first period that has data there is
--   nothing before it, and the value is null.
-- rules [pt-BR]: Nenhuma conta ativa antes: nulo. Com o intervalo de 95% de Wilson. O período anterior é o período
--   inteiro do calendário; enquanto o atual está aberto, o número está incompleto. No primeiro período com dados não
--   há anterior, e o valor é nulo.
-- reading [en]: Customers who go on using, whether they pay or not. It falls before the churn of contracts does.
-- reading [pt-BR]: Clientes que continuam a usar, paguem ou não. Ela cai antes do churn dos contratos.
SELECT x.of_group AS grp, x.account_id AS unit, x.account_id AS account, x.in_period AS period,
  x.ever_now AS numerator, 1 AS denominator
FROM (
  SELECT v.grp AS of_group, v.account AS account_id, t.period AS in_period, max(t.is_now) AS ever_now, min(t.is_now) AS only_now
  FROM {{accountDays 31}} AS v
  JOIN {{turns}} AS t ON t.day = v.day
  GROUP BY v.grp, v.account, t.period
) AS x
WHERE x.only_now = 0

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

want week 2026-02-02 = null zero_denominator (0/0)
want week 2026-02-09 = 0.5 (1/2)
want week 2026-02-16 = 0.25 (1/4)
want month 2026-02-01 = 1 (1/1) incomplete
*/
