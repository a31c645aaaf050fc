-- name: customer_lifetime_value_arrears
-- group: churn
-- unit: money
-- direction: up
-- aggregation: product
-- grains: month
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Customer lifetime value, discounted, paid in arrears
-- title [pt-BR]: Valor do tempo de vida do cliente, descontado, pago ao fim do mês
-- definition [en]: What the payments of a customer are worth today, the first of them due in a month, with margin, at
--   the constant churn of the last months.
-- definition [pt-BR]: O que os pagamentos de um cliente valem hoje, o primeiro vencendo em um mês, com margem, ao churn
--   constante dos últimos meses.
-- formula [en]: MRR per paying account × margin × (1 − churn) / (d + churn), with d the monthly discount (1 + yearly
--   rate)^(1/12) − 1
-- formula [pt-BR]: MRR por conta pagante × margem × (1 − churn) / (d + churn), com d o desconto mensal (1 + taxa
--   anual)^(1/12) − 1
-- rules [en]: As the discounted value, but for who pays at the end of the month: one payment less, the first, because
--   only who stays a month pays it. With nobody lost in these months only the discount bounds it.
-- rules [pt-BR]: Como o valor descontado, mas para quem paga no fim do mês: um pagamento a menos, o primeiro, porque só
--   quem fica um mês o faz. Com ninguém perdido nesses meses só o desconto o limita.
-- reading [en]: For billing in arrears, and for what a customer that has just paid is still worth.
-- reading [pt-BR]: Para cobrança ao fim do mês, e para o que ainda vale um cliente que acabou de pagar.
SELECT a.of_group AS grp, a.account_id AS unit, a.account_id AS account, a.of_period AS period,
  sum(a.revenue) AS numerator, sum(a.paying) AS denominator, sum(a.there) AS times, sum(a.gone_there) AS per
FROM (
  SELECT e.grp AS of_group, e.account AS account_id, e.period AS of_period,
    f64(e.mrr) * {gross_margin:Float64} AS revenue, f64(1) AS paying, f64(0) AS there, f64(0) AS gone_there
  FROM {{payingAt "end"}} AS e
  UNION ALL
  SELECT m.grp AS of_group, m.account AS account_id, m.period AS of_period,
    f64(0) AS revenue, f64(0) AS paying, m.there - m.lost AS there,
    m.lost + m.there * (pow(1 + {discount_rate:Float64}, f64(1) / 12) - 1) AS gone_there
  FROM {{lifetime}} AS m
) AS a
GROUP BY a.of_group, a.account_id, a.of_period

/* example
as in customer_lifetime_value_discounted

want month 2026-01-01 = 2608.83 (3600/36)
want month 2026-03-01 = 2993.09 (3600/36) incomplete
*/
