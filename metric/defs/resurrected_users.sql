-- name: resurrected_users
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
-- title [en]: Resurrected users
-- title [pt-BR]: Usuários ressuscitados
-- definition [en]: People who were active in the period and not in the one before, and who had joined earlier.
-- definition [pt-BR]: Pessoas que estiveram ativas no período e não no anterior, e que tinham entrado antes.
-- formula [en]: people active in the period, not in the period before it, whose first day of all history lies before
--   the period
-- formula [pt-BR]: pessoas ativas no período, não no período anterior, cujo primeiro dia em toda a história é
--   anterior ao período
-- rules [en]: Somebody whose trait created_at lies earlier counts here also at the first event. Active = new +
--   returning + resurrected. The period before is the whole calendar period; while the current one is open it is
--   incomplete. In the first period that has data there is nothing before it, and the value is null. By account or
--   attribute each group is looked at by itself: somebody who comes from another group is no newcomer, but counts as
--   resurrected.
-- rules [pt-BR]: Alguém cujo atributo created_at é anterior conta aqui também no primeiro evento. Ativos = novos +
--   recorrentes + ressuscitados. O período anterior é o período inteiro do calendário; enquanto o atual está aberto,
--   o número está incompleto. No primeiro período com dados não há anterior, e o valor é nulo. Por conta ou atributo
--   cada grupo é visto por si: quem vem de outro grupo não é novo, mas conta como ressuscitado.
-- reading [en]: Who came back after a gap. In a product of a slower rhythm than the period this is ordinary use:
--   choose a longer period.
-- reading [pt-BR]: Quem voltou depois de uma pausa. Em um produto de ritmo mais lento que o período isto é uso comum:
--   escolha um período maior.
SELECT c.grp AS grp, c.person AS unit, c.account AS account, c.period AS period, 1 AS numerator
FROM {{comings "people"}} AS c
LEFT JOIN {{firsts 0}} AS f ON f.key = c.key
WHERE c.earlier = 0 AND (f.first_day IS NULL OR f.first_day < c.period)

/* example
as in new_users

want week 2026-02-02 = 1
want week 2026-02-02 known 2026-02-16 10:00 = 0
want week 2026-02-09 = 2
want week 2026-02-16 = 1
want week 2026-02-16 by account globex = 1
want day 2026-02-09 = 1
want month 2026-02-01 = 1 incomplete
*/
