-- name: usage_quick_ratio
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
-- of: people
-- title [en]: Usage quick ratio
-- title [pt-BR]: Índice rápido de uso
-- definition [en]: People won for use in the period, new or resurrected, for each one lost.
-- definition [pt-BR]: Pessoas ganhas para o uso no período, novas ou ressuscitadas, para cada uma perdida.
-- formula [en]: (new users + resurrected users) / dormant users
-- formula [pt-BR]: (usuários novos + ressuscitados) / usuários dormentes
-- rules [en]: Nobody dormant: null, for there is no number for it. The interval is that of the share of those who
--   came among all who came or went (Wilson), as odds. The period before is the whole calendar period; while the
--   current one is open it is incomplete. In the first period that has data there is nothing before it, and the value
--   is null.
-- rules [pt-BR]: Ninguém dormente: nulo, pois não há número para isso. O intervalo é o da parte dos que vieram entre
--   todos os que vieram ou se foram (Wilson), como razão. O período anterior é o período inteiro do calendário;
--   enquanto o atual está aberto, o número está incompleto. No primeiro período com dados não há anterior, e o valor
--   é nulo.
-- reading [en]: Above 1 the base in use grows, below it shrinks. Consumer products live between 1 and 1.5; a business
--   product that grows has more.
-- reading [pt-BR]: Acima de 1 a base em uso cresce, abaixo encolhe. Produtos de consumo vivem entre 1 e 1,5; um
--   produto empresarial que cresce tem mais.
SELECT c.grp AS grp, c.person AS unit, c.account AS account, c.period AS period,
  1 - c.earlier AS numerator, c.earlier AS denominator
FROM {{comings "people"}} AS c
WHERE c.earlier = 0 OR c.came = 0

/* example
as in new_users

want week 2026-02-02 = null zero_denominator (3/0)
want week 2026-02-09 = 1.5 (3/2) [0.2999..7.5019]
want week 2026-02-16 = 0.67 (2/3)
want week 2026-02-16 by account globex = 1 (1/1)
want month 2026-02-01 = null zero_denominator (5/0) incomplete
*/
