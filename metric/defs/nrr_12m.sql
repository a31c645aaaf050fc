-- name: nrr_12m
-- group: revenue
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- amounts: both
-- bounds: positive
-- title [en]: Net revenue retention (NRR), twelve months
-- title [pt-BR]: Retenção líquida de receita (NRR), doze meses
-- definition [en]: How much the customers at the opening pay at the end, growth included.
-- definition [pt-BR]: Quanto os clientes da abertura pagam no fim, incluindo o crescimento.
-- formula [en]: sum over the accounts that paid at the end of the day twelve months before the last of the period of
--   their MRR at the end of the period / their MRR then
-- formula [pt-BR]: soma, entre as contas que pagavam no fim do dia doze meses antes do último do período, do MRR no
--   fim do período / o MRR de então
-- rules [en]: The closed cohort of accounts that paid at the opening; new ones are not in it. A member that left and
--   is back counts with what it pays at the end. Constant currency: at the rates of the opening. What is paused pays
--   nothing. No MRR at the opening: null. Breakdowns use the attribute of the first day after the opening.
-- rules [pt-BR]: A coorte fechada das contas que pagavam na abertura; as novas ficam fora. Um membro que saiu e
--   voltou conta com o que paga no fim. Câmbio constante: às taxas da abertura. O que está pausado não paga nada. Sem
--   MRR na abertura: nulo. As quebras usam o atributo do primeiro dia após a abertura.
-- reading [en]: Above 100% the customers you have grow more than those who leave take away.
-- reading [pt-BR]: Acima de 100%, os clientes que você tem crescem mais do que levam os que saem.
SELECT c.grp AS grp, c.account AS unit, c.account AS account, c.period AS period, c.after AS numerator, c.before AS denominator
FROM {{cohort 12}} AS c

/* example
zone America/Sao_Paulo
now 2026-04-10 12:00
2025-02-10 10:00  @c1  "Subscription Started" subscription=a mrr=100 currency=BRL
2025-02-10 10:00  @c2  "Subscription Started" subscription=b mrr=200 currency=BRL
2025-02-10 10:00  @c3  "Subscription Started" subscription=c unit_price=3 quantity=100 currency=BRL
2025-05-10 10:00  @c4  "Subscription Started" subscription=d mrr=900 currency=BRL
2025-08-01 10:00  @c1  "Subscription Changed" subscription=a mrr=150 currency=BRL
2025-10-01 10:00  @c2  "Subscription Cancelled" subscription=b
2025-12-01 10:00  @c3  "Subscription Changed" subscription=c unit_price=3.30 currency=BRL escalator=true

want month 2026-02-01 = 0.8 (480/600)
want month 2026-01-01 = null zero_denominator (0/0)
*/
