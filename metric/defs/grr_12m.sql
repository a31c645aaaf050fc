-- name: grr_12m
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
-- bounds: share
-- title [en]: Gross revenue retention (GRR), twelve months
-- title [pt-BR]: Retenção bruta de receita (GRR), doze meses
-- definition [en]: How much of the MRR of the customers at the opening is still there, growth left aside.
-- definition [pt-BR]: Quanto do MRR dos clientes da abertura ainda existe, deixando o crescimento de lado.
-- formula [en]: sum over the accounts that paid at the end of the day twelve months before the last of the period of
--   the lesser of their MRR at the end of the period and then / their MRR then
-- formula [pt-BR]: soma, entre as contas que pagavam no fim do dia doze meses antes do último do período, do menor
--   entre o MRR no fim do período e o de então / o MRR de então
-- rules [en]: The closed cohort of accounts that paid at the opening; new ones are not in it. A member that left and
--   is back counts with what it pays at the end. Constant currency: at the rates of the opening. What is paused pays
--   nothing. No MRR at the opening: null. Breakdowns use the attribute of the first day after the opening. Never
--   above 100%. Netted per account: a product lost and another gained is no loss; line by line it is another metric.
-- rules [pt-BR]: A coorte fechada das contas que pagavam na abertura; as novas ficam fora. Um membro que saiu e
--   voltou conta com o que paga no fim. Câmbio constante: às taxas da abertura. O que está pausado não paga nada. Sem
--   MRR na abertura: nulo. As quebras usam o atributo do primeiro dia após a abertura. Nunca acima de 100%.
--   Compensada por conta: um produto perdido e outro ganho não são perda; linha a linha é outra métrica.
-- reading [en]: The strictest measure of how well customers stay. What is missing to 100% left or shrank.
-- reading [pt-BR]: A medida mais rigorosa de como os clientes ficam. O que falta para 100% saiu ou encolheu.
SELECT c.grp AS grp, c.account AS unit, c.account AS account, c.period AS period, least(c.after, c.before) AS numerator, c.before AS denominator
FROM {{cohort 12}} AS c

/* example
as in nrr_12m

want month 2026-02-01 = 0.6667 (400/600)
want month 2026-01-01 = null zero_denominator (0/0)
*/
