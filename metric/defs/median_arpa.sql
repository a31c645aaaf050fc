-- name: median_arpa
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: quantile
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- quantile: 0.5
-- title [en]: Median revenue per account
-- title [pt-BR]: Receita mediana por conta
-- definition [en]: What the account in the middle pays per month.
-- definition [pt-BR]: Quanto paga por mês a conta do meio.
-- formula [en]: the least MRR that at least half of the paying accounts do not exceed, at the end of the last local
--   day
-- formula [pt-BR]: o menor MRR que ao menos metade das contas pagantes não ultrapassa, no fim do último dia local
-- rules [en]: With an even number of accounts the lower of the two in the middle. No paying account: null. Breakdowns
--   use the attribute on the last day.
-- rules [pt-BR]: Com número par de contas, a menor das duas do meio. Nenhuma conta pagante: nulo. As quebras usam o
--   atributo no último dia.
-- reading [en]: The typical customer. Far below the average: few large accounts carry the revenue.
-- reading [pt-BR]: O cliente típico. Muito abaixo da média: poucas contas grandes sustentam a receita.
SELECT p.grp AS grp, p.account AS unit, p.account AS account, p.period AS period, p.mrr AS numerator, 1 AS denominator
FROM {{payingAt "end"}} AS p

/* example
as in new_mrr

want month 2026-02-01 = 300.00
want month 2026-03-01 = 200.00
want week 2026-02-02 = 300.00
want day 2026-01-12 = 400.00
*/
