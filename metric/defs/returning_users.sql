-- name: returning_users
-- group: usage
-- unit: persons
-- direction: up
-- aggregation: sum
-- grains: week, day, month
-- reach: 31
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: previous
-- title [en]: Returning users
-- title [pt-BR]: Usuários recorrentes
-- definition [en]: People who were active in the period and in the one before.
-- definition [pt-BR]: Pessoas que estiveram ativas no período e no anterior.
-- formula [en]: people active in the period and in the period before it
-- formula [pt-BR]: pessoas ativas no período e no período anterior
-- rules [en]: Active = new + returning + resurrected, and active = active before + new + resurrected - dormant. The
--   period before is the whole calendar period; while the current one is open it is incomplete. In the first period
--   that has data there is nothing before it, and the value is null.
-- rules [pt-BR]: Ativos = novos + recorrentes + ressuscitados, e ativos = ativos antes + novos + ressuscitados -
--   dormentes. O período anterior é o período inteiro do calendário; enquanto o atual está aberto, o número está
--   incompleto. No primeiro período com dados não há anterior, e o valor é nulo.
-- reading [en]: The habit: who came again. As a share of the active before it is the retention of use.
-- reading [pt-BR]: O hábito: quem voltou a vir. Como parte dos ativos anteriores é a retenção de uso.
SELECT c.grp AS grp, c.person AS unit, c.account AS account, c.period AS period, 1 AS numerator
FROM {{comings "people"}} AS c
WHERE c.came = 1 AND c.earlier = 1

/* example
as in new_users

want week 2026-02-02 = 0
want week 2026-02-09 = 1
want week 2026-02-16 = 1
want week 2026-02-23 = null no_data
want day 2026-02-03 = 0
want month 2026-02-01 = 2 incomplete
want month 2026-02-01 known 2026-02-16 12:00 = 1 incomplete
want week 2026-02-09 by account acme = 1
*/
