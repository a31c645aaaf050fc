-- name: cac
-- group: churn
-- unit: money
-- direction: down
-- aggregation: ratio
-- grains: month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- of: others
-- title [en]: Cost per new customer (CAC)
-- title [pt-BR]: Custo por novo cliente (CAC)
-- definition [en]: What winning one customer cost: sales and marketing per account that became a customer for the
--   first time.
-- definition [pt-BR]: Quanto custou ganhar um cliente: vendas e marketing por conta que se tornou cliente pela
--   primeira vez.
-- formula [en]: costs of sales and marketing of the period / accounts that became customers for the first time in it
-- formula [pt-BR]: custos de vendas e marketing do período / contas que se tornaram clientes pela primeira vez nele
-- rules [en]: Costs of sales and marketing, as reported (Cost Reported), spread evenly over their days and moved by
--   the months of the sales cycle (setting conventions). Blended: every new customer counts, also those who came on
--   their own. By channel the costs of the channel stand against the accounts whose trait channel says so on their
--   first day. The costs are known, so the interval is that of the new customers alone: how many could have come by
--   chance (exact Poisson interval). No cost reported or no new customer: null.
-- rules [pt-BR]: Custos de vendas e marketing, como relatados (Cost Reported), distribuídos por igual em seus dias e
--   deslocados pelos meses do ciclo de venda (configuração de convenções). Misto: todo novo cliente conta, também
--   quem veio sozinho. Por canal, os custos do canal ficam contra as contas cujo atributo channel o diz no primeiro
--   dia. Os custos são conhecidos; o intervalo é só o dos novos clientes: quantos poderiam ter vindo por acaso
--   (intervalo exato de Poisson). Nenhum custo relatado ou nenhum novo cliente: nulo.
-- reading [en]: Read it beside the lifetime value and by channel: the mean hides a channel that never pays back.
-- reading [pt-BR]: Leia ao lado do valor do tempo de vida e por canal: a média esconde um canal que nunca se paga.
SELECT c.grp AS grp, c.id AS unit, '' AS account, c.period AS period, c.amount AS numerator, 0 AS denominator
FROM {{acquisitionCosts}} AS c
UNION ALL
SELECT x.grp AS grp, x.account AS unit, x.account AS account, d.period AS period, f64(0) AS numerator, 1 AS denominator
FROM {{stays "began"}} AS x
JOIN {{days}} AS d ON d.day = x.from_day
WHERE x.n = 1

/* example
as in acquisition_cost

want month 2026-01-01 = 2300 (9200/4) [898.2981..8441.4096]
want month 2026-01-01 by channel ads = 3000 (3000/1)
want month 2026-02-01 = null no_costs (0/2)
*/
