-- name: arpa
-- group: revenue
-- unit: money
-- direction: up
-- aggregation: mean
-- grains: month, week, day
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- bounds: positive
-- title [en]: Average revenue per account (ARPA)
-- title [pt-BR]: Receita média por conta (ARPA)
-- definition [en]: What a paying account pays per month on average.
-- definition [pt-BR]: Quanto uma conta pagante paga por mês, em média.
-- formula [en]: MRR / paying accounts, both at the end of the last local day
-- formula [pt-BR]: MRR / contas pagantes, ambos no fim do último dia local
-- rules [en]: A few large accounts pull it up: the median is beside it. No paying account: null. Breakdowns use the
--   attribute on the last day.
-- rules [pt-BR]: Poucas contas grandes a puxam para cima: a mediana está ao lado. Nenhuma conta pagante: nulo. As
--   quebras usam o atributo no último dia.
-- reading [en]: Whether the business moves to larger or smaller customers.
-- reading [pt-BR]: Se o negócio vai para clientes maiores ou menores.
SELECT p.grp AS grp, p.account AS unit, p.account AS account, p.period AS period, p.mrr AS numerator
FROM {{payingAt "end"}} AS p

/* example
as in new_mrr

want month 2026-02-01 = 656.67 (1970/3)
want month 2026-03-01 = 601.25 (2405/4)
want week 2026-02-02 = 464.00
want day 2026-01-12 = 700.00
*/
