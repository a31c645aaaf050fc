-- name: customer_lifetime_value_margin
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
-- title [en]: Customer lifetime value with margin
-- title [pt-BR]: Valor do tempo de vida do cliente com margem
-- definition [en]: The simple lifetime value times the gross margin: what a customer leaves after being served.
-- definition [pt-BR]: O valor do tempo de vida simples vezes a margem bruta: o que um cliente deixa depois de
--   atendido.
-- formula [en]: simple lifetime value × gross margin of setting conventions
-- formula [pt-BR]: valor do tempo de vida simples × margem bruta da configuração de convenções
-- rules [en]: As the simple value. A margin of 1, the default, leaves revenue. Nobody lost in these months: null.
-- rules [pt-BR]: Como o valor simples. Uma margem de 1, o padrão, deixa a receita. Ninguém perdido nesses meses:
--   nulo.
-- reading [en]: The one to hold against the cost of winning a customer.
-- reading [pt-BR]: O que se compara com o custo de ganhar um cliente.
SELECT a.of_group AS grp, a.account_id AS unit, a.account_id AS account, a.of_period AS period,
  sum(a.revenue) AS numerator, sum(a.paying) AS denominator, sum(a.there) AS times, sum(a.gone_there) AS per
FROM (
  SELECT e.grp AS of_group, e.account AS account_id, e.period AS of_period,
    f64(e.mrr) * {gross_margin:Float64} AS revenue, f64(1) AS paying, f64(0) AS there, f64(0) AS gone_there
  FROM {{payingAt "end"}} AS e
  UNION ALL
  SELECT m.grp AS of_group, m.account AS account_id, m.period AS of_period,
    f64(0) AS revenue, f64(0) AS paying, m.there AS there, m.lost AS gone_there
  FROM {{lifetime}} AS m
) AS a
GROUP BY a.of_group, a.account_id, a.of_period

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
set conventions {"gross_margin": 0.75}
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

want month 2026-01-01 = 2700 (2700/36)
want month 2026-03-01 = 3240 (2700/36) incomplete
*/
