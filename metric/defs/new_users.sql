-- name: new_users
-- group: usage
-- unit: persons
-- direction: up
-- aggregation: sum
-- grains: week, day, month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: previous
-- title [en]: New users
-- title [pt-BR]: Usuários novos
-- definition [en]: People who were active in the period and joined in it.
-- definition [pt-BR]: Pessoas que estiveram ativas no período e entraram nele.
-- formula [en]: people active in the period whose first day of all history lies in it: the earlier of the trait
--   created_at and the first qualifying event
-- formula [pt-BR]: pessoas ativas no período cujo primeiro dia em toda a história cai nele: o primeiro entre o
--   atributo created_at e o primeiro evento que conta
-- rules [en]: Never the first event inside the report: all of history is looked at, and a fact that comes late moves
--   somebody to an earlier period. Active = new + returning + resurrected. The period before is the whole calendar
--   period; while the current one is open it is incomplete. In the first period that has data there is nothing before
--   it, and the value is null. By account or attribute each group is looked at by itself: somebody who comes from
--   another group is no newcomer, but counts as resurrected.
-- rules [pt-BR]: Nunca o primeiro evento dentro do relatório: olha-se toda a história, e um fato que chega tarde leva
--   alguém a um período anterior. Ativos = novos + recorrentes + ressuscitados. O período anterior é o período
--   inteiro do calendário; enquanto o atual está aberto, o número está incompleto. No primeiro período com dados não
--   há anterior, e o valor é nulo. Por conta ou atributo cada grupo é visto por si: quem vem de outro grupo não é
--   novo, mas conta como ressuscitado.
-- reading [en]: The inflow of people. Set beside the dormant ones it shows whether the base grows or only turns over.
-- reading [pt-BR]: A entrada de pessoas. Ao lado dos dormentes mostra se a base cresce ou só gira.
SELECT c.grp AS grp, c.person AS unit, c.account AS account, c.period AS period, 1 AS numerator
FROM {{comings "people"}} AS c
JOIN {{firsts 0}} AS f ON f.key = c.key
WHERE c.earlier = 0 AND f.first_day >= c.period

/* example
zone America/Sao_Paulo
now 2026-02-25 12:00
2025-12-20 10:00  zed@acme  page
2026-01-20 10:00  old@acme  page
2026-02-02 10:00  ana@acme  page
2026-02-03 10:00  ben@acme  page
2026-02-08 23:30  cid@globex  page
2026-02-09 10:00  ana@acme  page
2026-02-10 10:00  old@acme  page
2026-02-11 10:00  dia@acme  page
2026-02-11 10:00  eva@globex  page
2026-02-11 09:00  eva@globex  identify created_at=2025-06-01T10:00:00Z
2026-02-16 10:00  ana@acme  page
2026-02-17 10:00  anon:b9@acme  page
2026-02-18 10:00  cid@globex  page
2026-01-15 10:00  ben@acme  page  known 2026-02-20 10:00

want week 2025-12-15 = null window_not_covered (1/) incomplete
want week 2026-02-02 = 2
want week 2026-02-02 known 2026-02-16 10:00 = 3
want week 2026-02-09 = 1
want week 2026-02-16 = 1
want week 2026-02-09 by account acme = 1
want week 2026-02-16 by account acme = 1
want day 2026-02-08 = 1
want day 2026-02-09 = 0
want day 2026-02-12 = null no_data
want month 2026-02-01 = 4 incomplete
*/
