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
SELECT c.grp AS grp, c.account AS unit, c.account AS account, c.period AS period, c.came AS numerator, 1 AS denominator
FROM {{comings "accounts"}} AS c
WHERE c.earlier = 1

/* example
as in new_active_accounts

want week 2026-02-02 = null zero_denominator (0/0)
want week 2026-02-09 = 0.5 (1/2)
want week 2026-02-16 = 0.25 (1/4)
want month 2026-02-01 = 1 (1/1) incomplete
*/
