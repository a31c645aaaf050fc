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
SELECT c.grp AS grp, c.account AS unit, c.account AS account, c.period AS period, 1 AS numerator
FROM {{comings "accounts"}} AS c
WHERE c.came = 0

/* example
as in new_active_accounts

want week 2026-02-02 = 0
want week 2026-02-09 = 1
want week 2026-02-16 = 3
want month 2026-02-01 = 0 incomplete
*/
