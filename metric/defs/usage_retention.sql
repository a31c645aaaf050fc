-- name: usage_retention
-- group: usage
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: week, day, month
-- reach: 31
-- waits: no
-- version: 1
-- per account: no
-- settings: active
-- window: previous
-- of: people
-- title [en]: Retention of use
-- title [pt-BR]: Retenção de uso
-- definition [en]: The share of the people active in the period before who were active again.
-- definition [pt-BR]: A parte das pessoas ativas no período anterior que esteve ativa de novo.
-- formula [en]: returning users / users active in the period before
-- formula [pt-BR]: usuários recorrentes / usuários ativos no período anterior
-- rules [en]: Nobody active before: null. With the 95% interval of Wilson. The period before is the whole calendar
--   period; while the current one is open it is incomplete. In the first period that has data there is nothing before
--   it, and the value is null.
-- rules [pt-BR]: Ninguém ativo antes: nulo. Com o intervalo de 95% de Wilson. O período anterior é o período inteiro
--   do calendário; enquanto o atual está aberto, o número está incompleto. No primeiro período com dados não há
--   anterior, e o valor é nulo.
-- reading [en]: How much of the use carries over from one period to the next, of everybody and not only of a cohort.
--   The period should be the rhythm of the product.
-- reading [pt-BR]: Quanto do uso passa de um período ao seguinte, de todos e não só de uma coorte. O período deve ser
--   o ritmo do produto.
SELECT c.grp AS grp, c.person AS unit, c.account AS account, c.period AS period, c.came AS numerator, 1 AS denominator
FROM {{comings "people"}} AS c
WHERE c.earlier = 1

/* example
as in new_users

want week 2026-02-02 = null zero_denominator (0/0)
want week 2026-02-09 = 0.333 (1/3) [0.0615..0.7923]
want week 2026-02-16 = 0.25 (1/4)
want week 2026-02-23 = 0 (0/3) incomplete
want day 2026-02-03 = 0 (0/1)
want month 2026-02-01 = 1 (2/2) incomplete
*/
