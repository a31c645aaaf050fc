-- name: acquisition_cost
-- group: churn
-- unit: money
-- direction: neutral
-- aggregation: sum
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- of: others
-- title [en]: Cost of sales and marketing
-- title [pt-BR]: Custo de vendas e marketing
-- definition [en]: What was spent on winning the customers of the period.
-- definition [pt-BR]: O que se gastou para ganhar os clientes do período.
-- formula [en]: sum of the costs of sales and marketing that fall into the period
-- formula [pt-BR]: soma dos custos de vendas e marketing que caem no período
-- rules [en]: Costs of sales and marketing, as reported (Cost Reported), spread evenly over their days and moved by
--   the months of the sales cycle (setting conventions). None reported for the period: null, because not told is not
--   nothing spent. Of breakdowns and segments only the channel is known:
--   by anything else all of it is unknown.
-- rules [pt-BR]: Custos de vendas e marketing, como relatados (Cost Reported), distribuídos por igual em seus dias e
--   deslocados pelos meses do ciclo de venda (configuração de convenções). Nenhum relatado para o período: nulo,
--   porque não dito não é nada gasto. De quebras e segmentos só se conhece o canal:
--   por qualquer outro atributo, tudo fica em desconhecido.
-- reading [en]: The numerator of the cost per new customer. What keeping customers costs is not in it.
-- reading [pt-BR]: O numerador do custo por novo cliente. O que custa manter clientes não está nele.
SELECT c.grp AS grp, c.id AS unit, '' AS account, c.period AS period, c.amount AS numerator
FROM {{acquisitionCosts}} AS c

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-02-02 10:00  @  "Cost Reported" category=marketing amount=3000 currency=BRL month=2026-01 channel=ads
2026-02-02 10:00  @  "Cost Reported" category=sales amount=6200 currency=BRL from=2026-01-01 to=2026-02-01 channel=outbound
2026-02-02 10:00  @  "Cost Reported" category=success amount=9999 currency=BRL month=2026-01
2026-01-10 10:00  @c{1..4}  "Subscription Started" subscription=s{} mrr=200 currency=BRL
2026-01-10 10:00  @c1  group channel=ads
2026-02-10 10:00  @c{5..6}  "Subscription Started" subscription=s{} mrr=200 currency=BRL

want month 2026-01-01 = 9200
want week 2026-01-05 = 2077.42
want month 2026-01-01 by channel outbound = 6200
want month 2026-02-01 = null no_costs
*/
