-- name: asp
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: mean
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 2
-- per account: no
-- settings: company, conventions
-- bounds: positive
-- title [en]: Average selling price (ASP)
-- title [pt-BR]: Preço médio de venda (ASP)
-- definition [en]: What a new account pays per month on average when it begins.
-- definition [pt-BR]: Quanto uma conta nova paga por mês, em média, ao começar.
-- formula [en]: new MRR / accounts that pay for the first time
-- formula [pt-BR]: MRR novo / contas que pagam pela primeira vez
-- rules [en]: No new account: null. Amounts are at the rates of their day; a change within a day is netted.
--   Breakdowns use the attribute at the end of the day on which the MRR moved.
-- rules [pt-BR]: Nenhuma conta nova: nulo. Os valores usam as taxas do dia; o que muda dentro de um dia é compensado.
--   As quebras usam o atributo no fim do dia em que o MRR se moveu.
-- reading [en]: Beside the average of all accounts it tells whether new customers are larger or smaller than those
--   you have.
-- reading [pt-BR]: Ao lado da média de todas as contas, diz se os clientes novos são maiores ou menores que os
--   atuais.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period, i64(sum(m.amount)) AS numerator
FROM {{movements}} AS m
WHERE m.kind = 'new'
GROUP BY m.grp, m.account, m.period

/* example
as in new_mrr

want month 2026-01-01 = 412.50 (1650/4)
want month 2026-02-01 = 300.00 (300/1)
want month 2026-03-01 = null zero_denominator (0/0)
want week 2026-01-12 = 216.67 (650/3)
*/
