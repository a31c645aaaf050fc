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
SELECT c.grp AS grp, c.account AS unit, c.account AS account, c.period AS period, 1 AS numerator
FROM {{comings "accounts"}} AS c
JOIN (
  SELECT a.account AS born_account, least(a.created_day, a.seen_day) AS born_day FROM {{accounts "unfiltered"}} AS a
) AS b ON b.born_account = c.account
WHERE c.earlier = 0 AND b.born_day < c.period

/* example
as in new_active_accounts

want week 2026-02-02 = 0
want week 2026-02-09 = 2
want week 2026-02-16 = 1
want month 2026-02-01 = 1 incomplete
*/
