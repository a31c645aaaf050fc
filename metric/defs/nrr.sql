-- name: nrr
-- group: revenue
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- amounts: both
-- bounds: positive
-- title [en]: Net revenue retention (NRR)
-- title [pt-BR]: Retenção líquida de receita (NRR)
-- definition [en]: How much the customers at the opening pay at the end, growth included.
-- definition [pt-BR]: Quanto os clientes da abertura pagam no fim, incluindo o crescimento.
-- formula [en]: sum over the accounts that paid at the end of the day before the period of their MRR at the end of
--   the period / their MRR then
-- formula [pt-BR]: soma, entre as contas que pagavam no fim do dia anterior ao período, do MRR no fim do período / o
--   MRR de então
-- rules [en]: The closed cohort of accounts that paid at the opening; new ones are not in it. A member that left and
--   is back counts with what it pays at the end. Constant currency: at the rates of the opening. What is paused pays
--   nothing. No MRR at the opening: null. Breakdowns use the attribute of the first day after the opening.
-- rules [pt-BR]: A coorte fechada das contas que pagavam na abertura; as novas ficam fora. Um membro que saiu e
--   voltou conta com o que paga no fim. Câmbio constante: às taxas da abertura. O que está pausado não paga nada. Sem
--   MRR na abertura: nulo. As quebras usam o atributo do primeiro dia após a abertura.
-- reading [en]: Above 100% the customers you have grow more than those who leave take away.
-- reading [pt-BR]: Acima de 100%, os clientes que você tem crescem mais do que levam os que saem.
SELECT c.grp AS grp, c.account AS unit, c.account AS account, c.period AS period, c.after AS numerator, c.before AS denominator
FROM {{cohort 0}} AS c

/* example
as in new_mrr

want month 2026-02-01 = 1.0121 (1670/1650)
want month 2026-03-01 = 1.0914 (2150/1970)
want week 2026-03-23 = 1.2494 (2405/1925)
*/
