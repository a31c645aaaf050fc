-- name: cac_payback_months
-- group: churn
-- unit: months
-- direction: down
-- aggregation: ratio
-- grains: month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- of: others
-- amounts: both
-- title [en]: CAC payback
-- title [pt-BR]: Prazo de retorno do CAC
-- definition [en]: After how many months the margin of the new customers has paid what winning them cost.
-- definition [pt-BR]: Depois de quantos meses a margem dos novos clientes pagou o que custou ganhá-los.
-- formula [en]: costs of sales and marketing of the period / (MRR of the first day of its new customers × gross
--   margin)
-- formula [pt-BR]: custos de vendas e marketing do período / (MRR do primeiro dia dos novos clientes × margem bruta)
-- rules [en]: Costs of sales and marketing, as reported (Cost Reported), spread evenly over their days and moved by
--   the months of the sales cycle (setting conventions). Without churn and expansion, as the field reckons it. The
--   margin is that of setting conventions. Costs and margin are known, so the interval is that of the new MRR alone: how
--   many customers could have come by chance, each with its MRR (Poisson, weighted). No cost or no new MRR: null.
-- rules [pt-BR]: Custos de vendas e marketing, como relatados (Cost Reported), distribuídos por igual em seus dias e
--   deslocados pelos meses do ciclo de venda (configuração de convenções). Sem churn nem expansão, como o mercado
--   calcula. A margem é a da configuração de convenções. Custos e margem são conhecidos; o intervalo é só o do MRR novo:
--   quantos clientes poderiam ter vindo por acaso, cada um com seu MRR (Poisson ponderado). Nenhum custo ou nenhum MRR
--   novo: nulo.
-- reading [en]: Money lent to growth: above the usual lifetime of a customer it never comes back.
-- reading [pt-BR]: Dinheiro emprestado ao crescimento: acima do tempo de vida usual de um cliente, ele nunca volta.
SELECT c.grp AS grp, c.id AS unit, '' AS account, c.period AS period, c.amount AS numerator, f64(0) AS denominator
FROM {{acquisitionCosts}} AS c
UNION ALL
SELECT x.grp AS grp, x.account AS unit, x.account AS account, d.period AS period, f64(0) AS numerator,
  f64(x.mrr_first) * {gross_margin:Float64} AS denominator
FROM {{stays "began"}} AS x
JOIN {{days}} AS d ON d.day = x.from_day
WHERE x.n = 1

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
set conventions {"gross_margin": 0.8}
2026-02-02 10:00  @  "Cost Reported" category=marketing amount=3000 currency=BRL month=2026-01 channel=ads
2026-02-02 10:00  @  "Cost Reported" category=sales amount=6200 currency=BRL from=2026-01-01 to=2026-02-01 channel=outbound
2026-02-02 10:00  @  "Cost Reported" category=success amount=9999 currency=BRL month=2026-01
2026-01-10 10:00  @c{1..4}  "Subscription Started" subscription=s{} mrr=200 currency=BRL
2026-01-10 10:00  @c1  group channel=ads
2026-02-10 10:00  @c{5..6}  "Subscription Started" subscription=s{} mrr=200 currency=BRL

want month 2026-01-01 = 14.375 (9200/640) [5.6144..52.7588]
want month 2026-02-01 = null no_costs (0/320)
*/
