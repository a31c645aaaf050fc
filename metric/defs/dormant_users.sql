-- name: dormant_users
-- group: usage
-- unit: persons
-- direction: down
-- aggregation: sum
-- grains: week, day, month
-- reach: 31
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: previous
-- title [en]: Dormant users
-- title [pt-BR]: Usuários dormentes
-- definition [en]: People who were active in the period before and are not in this one.
-- definition [pt-BR]: Pessoas que estiveram ativas no período anterior e não neste.
-- formula [en]: people active in the period before who were not active in the period
-- formula [pt-BR]: pessoas ativas no período anterior que não estiveram ativas no período
-- rules [en]: Counted as a positive number; pictures draw it below the line. Active = active before + new +
--   resurrected - dormant. While the period is open, who has not come yet counts as dormant. The period before is the
--   whole calendar period; while the current one is open it is incomplete. In the first period that has data there is
--   nothing before it, and the value is null.
-- rules [pt-BR]: Contado como número positivo; os gráficos o desenham abaixo da linha. Ativos = ativos antes + novos
--   + ressuscitados - dormentes. Enquanto o período está aberto, quem ainda não veio conta como dormente. O período
--   anterior é o período inteiro do calendário; enquanto o atual está aberto, o número está incompleto. No primeiro
--   período com dados não há anterior, e o valor é nulo.
-- reading [en]: The outflow. Open it: these are the people to ask what happened.
-- reading [pt-BR]: A saída. Abra: estas são as pessoas a quem perguntar o que houve.
SELECT c.grp AS grp, c.person AS unit, c.account AS account, c.period AS period, 1 AS numerator
FROM {{comings "people"}} AS c
WHERE c.came = 0

/* example
as in new_users

want week 2026-02-02 = 0
want week 2026-02-09 = 2
want week 2026-02-16 = 3
want week 2026-02-23 = 3 incomplete
want week 2026-02-09 by account globex = 1
want day 2026-02-09 = 1
want month 2026-02-01 = 0 incomplete
*/
