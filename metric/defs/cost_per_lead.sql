-- name: cost_per_lead
-- group: lifecycle
-- unit: money
-- direction: down
-- aggregation: ratio
-- grains: month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company
-- of: others
-- title [en]: Cost per lead
-- title [pt-BR]: Custo por lead
-- definition [en]: What bringing in one lead cost: marketing per lead that was created.
-- definition [pt-BR]: Quanto custou trazer um lead: marketing por lead criado.
-- formula [en]: costs of marketing of the period / leads created in it
-- formula [pt-BR]: custos de marketing do período / leads criados nele
-- rules [en]: Costs of marketing, as reported (Cost Reported), spread evenly over their days. By channel the costs of the
--   channel stand against the leads whose first event names it (first touch); leads and costs that name none stand under
--   unknown. The costs are known, so the interval is that of the leads alone: how many could have come by chance
--   (exact Poisson interval). No cost reported or no lead: null.
-- rules [pt-BR]: Custos de marketing, como relatados (Cost Reported), distribuídos por igual em seus dias. Por canal, os
--   custos do canal ficam contra os leads cujo primeiro evento o nomeia (primeiro toque); leads e custos que não nomeiam
--   nenhum ficam em desconhecido. Os custos são conhecidos; o intervalo é só o dos leads: quantos poderiam ter vindo
--   por acaso (intervalo exato de Poisson). Nenhum custo relatado ou nenhum lead: nulo.
-- reading [en]: A cheap lead that never buys is dear: read it beside the cost per new customer.
-- reading [pt-BR]: Um lead barato que nunca compra sai caro: leia ao lado do custo por novo cliente.
SELECT c.grp AS grp, c.id AS unit, '' AS account, p.period AS period,
  f64(c.amount) * f64(least(c.to_day, addDaysN(p.last, 1)) - greatest(c.from_day, p.period)) / f64(c.to_day - c.from_day) AS numerator, 0 AS denominator
FROM {{costs}} AS c
JOIN {{periods}} AS p ON c.from_day <= p.last AND c.to_day > p.period
WHERE c.category = 'marketing'
UNION ALL
SELECT l.grp AS grp, l.lead AS unit, l.account AS account, d.period AS period, f64(0) AS numerator, 1 AS denominator
FROM {{leads}} AS l
JOIN {{days}} AS d ON d.day = l.day

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-02-02 10:00  @  "Cost Reported" category=marketing amount=3000 currency=BRL month=2026-01 channel=ads
2026-02-02 10:00  @  "Cost Reported" category=marketing amount=600 currency=BRL month=2026-01 channel=event
2026-02-02 10:00  @  "Cost Reported" category=sales amount=9999 currency=BRL month=2026-01
2026-01-10 10:00  anon:a  "Lead Created" lead=l1 channel=ads
2026-01-11 10:00  anon:b  "Lead Created" lead=l2 channel=ads
2026-01-12 10:00  anon:c  "Lead Created" lead=l3
2026-02-03 10:00  anon:d  "Lead Created" lead=l4 channel=ads

want month 2026-01-01 = 1200 (3600/3) [410.618..5818.9142]
want month 2026-01-01 by channel ads = 1500 (3000/2)
want month 2026-02-01 = null no_costs (0/1)
*/
