-- name: account_usage_quick_ratio
-- group: usage
-- unit: index
-- direction: up
-- aggregation: ratio
-- grains: week, month
-- reach: 31
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: previous
-- of: accounts
-- title [en]: Usage quick ratio of accounts
-- title [pt-BR]: Índice rápido de uso das contas
-- definition [en]: Accounts won for use in the period, new or resurrected, for each one lost.
-- definition [pt-BR]: Contas ganhas para o uso no período, novas ou ressuscitadas, para cada uma perdida.
-- formula [en]: (new active accounts + resurrected accounts) / dormant accounts
-- formula [pt-BR]: (contas ativas novas + ressuscitadas) / contas dormentes
-- rules [en]: No account dormant: null. The period before is the whole calendar period; while the current one is open
--   it is incomplete. In the first period that has data there is nothing before it, and the value is null.
-- rules [pt-BR]: Nenhuma conta dormente: nulo. O período anterior é o período inteiro do calendário; enquanto o atual
--   está aberto, o número está incompleto. No primeiro período com dados não há anterior, e o valor é nulo.
-- reading [en]: Above 1 more customers use the product than before. Few accounts make it jump: look at the interval.
-- reading [pt-BR]: Acima de 1 mais clientes usam o produto do que antes. Poucas contas o fazem saltar: veja o
--   intervalo.
SELECT c.grp AS grp, c.account AS unit, c.account AS account, c.period AS period,
  1 - c.earlier AS numerator, c.earlier AS denominator
FROM {{comings "accounts"}} AS c
WHERE c.earlier = 0 OR c.came = 0

/* example
as in new_active_accounts

want week 2026-02-02 = null zero_denominator (2/0)
want week 2026-02-09 = 3 (3/1)
want week 2026-02-16 = 0.33 (1/3)
want month 2026-02-01 = null zero_denominator (4/0) incomplete
*/
