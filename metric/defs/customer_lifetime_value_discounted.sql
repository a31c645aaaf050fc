-- name: customer_lifetime_value_discounted
-- group: churn
-- unit: money
-- direction: up
-- aggregation: product
-- grains: month
-- reach: forever
-- waits: no
-- version: 2
-- per account: no
-- settings: company, conventions
-- title [en]: Customer lifetime value, discounted
-- title [pt-BR]: Valor do tempo de vida do cliente, descontado
-- definition [en]: What the payments of a customer are worth today, the first of them due now, with margin, at the
--   constant churn of the last months.
-- definition [pt-BR]: O que os pagamentos de um cliente valem hoje, o primeiro já vencendo, com margem, ao churn
--   constante dos últimos meses.
-- formula [en]: MRR per paying account × margin × (1 + d) / (d + churn), with d the monthly discount (1 + yearly
--   rate)^(1/12) − 1
-- formula [pt-BR]: MRR por conta pagante × margem × (1 + d) / (d + churn), com d o desconto mensal (1 + taxa
--   anual)^(1/12) − 1
-- rules [en]: As the value with margin, each later payment being worth less by the rate of setting conventions.
--   Without a discount it is that value. With nobody lost in these months only the discount bounds it.
-- rules [pt-BR]: Como o valor com margem, cada pagamento futuro valendo menos pela taxa da configuração de
--   convenções. Sem desconto é aquele valor. Com ninguém perdido nesses meses só o desconto o limita.
-- reading [en]: Money in five years is not money now: where churn is low this is far below the simple value.
-- reading [pt-BR]: Dinheiro em cinco anos não é dinheiro agora: onde o churn é baixo, fica bem abaixo do valor
--   simples.
SELECT a.of_group AS grp, a.account_id AS unit, a.account_id AS account, a.of_period AS period,
  sum(a.revenue) AS numerator, sum(a.paying) AS denominator, sum(a.there) AS times, sum(a.gone_there) AS per
FROM (
  SELECT e.grp AS of_group, e.account AS account_id, e.period AS of_period,
    f64(e.mrr) * {gross_margin:Float64} AS revenue, f64(1) AS paying, f64(0) AS there, f64(0) AS gone_there
  FROM {{payingAt "end"}} AS e
  UNION ALL
  SELECT m.grp AS of_group, m.account AS account_id, m.period AS of_period,
    f64(0) AS revenue, f64(0) AS paying, m.there * pow(1 + {discount_rate:Float64}, f64(1) / 12) AS there,
    m.lost + m.there * (pow(1 + {discount_rate:Float64}, f64(1) / 12) - 1) AS gone_there
  FROM {{lifetime}} AS m
) AS a
GROUP BY a.of_group, a.account_id, a.of_period

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
set conventions {"discount_rate": 0.12}
2025-07-10 10:00  @c{1..36}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2025-08-10 10:00  @c1  "Subscription Cancelled" subscription=s1
2025-08-10 10:00  @c37  "Subscription Started" subscription=s37 mrr=100 currency=BRL
2025-09-10 10:00  @c2  "Subscription Cancelled" subscription=s2
2025-09-10 10:00  @c38  "Subscription Started" subscription=s38 mrr=100 currency=BRL
2025-10-10 10:00  @c3  "Subscription Cancelled" subscription=s3
2025-10-10 10:00  @c39  "Subscription Started" subscription=s39 mrr=100 currency=BRL
2025-11-10 10:00  @c4  "Subscription Cancelled" subscription=s4
2025-11-10 10:00  @c40  "Subscription Started" subscription=s40 mrr=100 currency=BRL
2025-12-10 10:00  @c5  "Subscription Cancelled" subscription=s5
2025-12-10 10:00  @c41  "Subscription Started" subscription=s41 mrr=100 currency=BRL
2026-01-10 10:00  @c6  "Subscription Cancelled" subscription=s6
2026-01-10 10:00  @c42  "Subscription Started" subscription=s42 mrr=100 currency=BRL

want month 2026-01-01 = 2708.83 (3600/36)
want month 2026-03-01 = 3093.09 (3600/36) incomplete
*/
