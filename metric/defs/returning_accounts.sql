-- name: returning_accounts
-- group: usage
-- unit: accounts
-- direction: up
-- aggregation: sum
-- grains: week, month
-- reach: 31
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: previous
-- title [en]: Returning accounts
-- title [pt-BR]: Contas recorrentes
-- definition [en]: Accounts that were active in the period and in the one before.
-- definition [pt-BR]: Contas que estiveram ativas no período e no anterior.
-- formula [en]: accounts active in the period and in the period before it
-- formula [pt-BR]: contas ativas no período e no período anterior
-- rules [en]: Anybody of the account is enough, another person each time too. The period before is the whole calendar
--   period; while the current one is open it is incomplete. In the first period that has data there is nothing before
--   it, and the value is null.
-- rules [pt-BR]: Basta alguém da conta, mesmo outra pessoa a cada vez. O período anterior é o período inteiro do
--   calendário; enquanto o atual está aberto, o número está incompleto. No primeiro período com dados não há
--   anterior, e o valor é nulo.
-- reading [en]: The customers who kept on using. As a share of the active before it is the retention of use of
--   accounts.
-- reading [pt-BR]: Os clientes que continuaram a usar. Como parte das ativas anteriores é a retenção de uso das
--   contas.
SELECT c.grp AS grp, c.account AS unit, c.account AS account, c.period AS period, 1 AS numerator
FROM {{comings "accounts"}} AS c
WHERE c.came = 1 AND c.earlier = 1

/* example
as in new_active_accounts

want week 2026-02-02 = 0
want week 2026-02-09 = 1
want week 2026-02-16 = 1
want month 2026-02-01 = 1 incomplete
*/
