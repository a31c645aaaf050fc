-- name: ltv_to_cac
-- group: churn
-- unit: index
-- direction: up
-- aggregation: product
-- grains: month
-- reach: forever
-- waits: no
-- version: 2
-- per account: no
-- settings: company, conventions
-- of: others
-- amounts: numerator
-- title [en]: Lifetime value to CAC
-- title [pt-BR]: Valor do tempo de vida sobre CAC
-- definition [en]: How many times the cost of winning a customer its lifetime margin is.
-- definition [pt-BR]: Quantas vezes a margem de vida de um cliente cobre o custo de ganhá-lo.
-- formula [en]: (MRR at the start of each of the last months, summed × gross margin / customers lost in them) × (new
--   customers of these months / costs of sales and marketing of these months)
-- formula [pt-BR]: (MRR no início de cada um dos últimos meses, somado × margem bruta / clientes perdidos neles) ×
--   (novos clientes desses meses / custos de vendas e marketing desses meses)
-- rules [en]: The last whole months by the period's end, six unless setting conventions says otherwise
--   (lifetime_months); an open month is left out. Both sides are of the same months, and lost are always customers,
--   whatever lifetime_churn says: revenue per account is their mean, so that it may differ a little from the lifetime value of the last
--   day. Costs of sales and marketing, as reported (Cost Reported), spread evenly over their days and moved by the
--   months of the sales cycle (setting conventions). The interval carries the doubt about MRR and churn (over accounts)
--   and about how many new customers came; the costs are known. Nobody lost, or no cost: null.
-- rules [pt-BR]: Os últimos meses inteiros até o fim do período, seis se a configuração de convenções não disser
--   outra coisa (lifetime_months); um mês aberto fica de fora. Os dois lados são dos mesmos meses, e perdidos são sempre
--   clientes, seja qual for lifetime_churn: a receita por conta é a média deles, e por isso pode diferir um pouco do valor do último
--   dia. Custos de vendas e marketing, como relatados (Cost Reported), distribuídos por igual em seus dias e
--   deslocados pelos meses do ciclo de venda (configuração de convenções). O intervalo leva a dúvida sobre MRR e churn
--   (sobre as contas) e sobre quantos clientes novos vieram; os custos são conhecidos. Ninguém perdido, ou nenhum custo:
--   nulo.
-- reading [en]: Three is the saying of the field; below one every new customer loses money. With a small base one
--   departure more moves it by much.
-- reading [pt-BR]: Três é o que o mercado diz; abaixo de um todo novo cliente dá prejuízo. Com uma base pequena, uma
--   saída a mais o move muito.
WITH windows AS (
  SELECT q.period AS of_period, addMonthsN(q.ends, 0 - {lifetime_months:Int64}) AS begins, q.ends AS ends
  FROM (
    SELECT p.period AS period, CASE WHEN addDaysN(p.until, -1) <= {through:Date} THEN p.until ELSE p.period END AS ends
    FROM {{periods}} AS p
  ) AS q
)
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period,
  f64(sum(m.mrr_start)) * {gross_margin:Float64} AS numerator, f64(sum(m.gone)) AS denominator, f64(0) AS times, f64(0) AS per
FROM {{lifetime "mrr"}} AS m
GROUP BY m.grp, m.account, m.period
UNION ALL
SELECT x.grp AS grp, x.account || ' (new)' AS unit, x.account AS account, w.of_period AS period,
  f64(0) AS numerator, f64(0) AS denominator, f64(1) AS times, f64(0) AS per
FROM {{stays "began"}} AS x
JOIN windows AS w ON x.from_day >= w.begins AND x.from_day < w.ends
WHERE x.n = 1
UNION ALL
SELECT c.grp AS grp, c.id AS unit, '' AS account, w.of_period AS period,
  f64(0) AS numerator, f64(0) AS denominator, f64(0) AS times,
  f64(c.amount) * f64(least(addMonthsN(c.to_day, {acquisition_lag:Int64}), w.ends) - greatest(addMonthsN(c.from_day, {acquisition_lag:Int64}), w.begins))
    / f64(addMonthsN(c.to_day, {acquisition_lag:Int64}) - addMonthsN(c.from_day, {acquisition_lag:Int64})) AS per
FROM {{costs}} AS c
JOIN windows AS w ON addMonthsN(c.from_day, {acquisition_lag:Int64}) < w.ends AND addMonthsN(c.to_day, {acquisition_lag:Int64}) > w.begins
WHERE c.category = 'sales' OR c.category = 'marketing'

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
set conventions {"gross_margin": 0.5}
2025-07-10 10:00  @c{1..36}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2025-08-10 10:00  @c1  "Subscription Cancelled" subscription=s1
2025-08-10 10:00  @c37  "Subscription Started" subscription=s37 mrr=100 currency=BRL
2025-09-10 10:00  @c2  "Subscription Cancelled" subscription=s2
2025-09-10 10:00  @c38  "Subscription Started" subscription=s38 mrr=100 currency=BRL
2025-10-10 10:00  @  "Cost Reported" category=marketing amount=1800 currency=BRL from=2025-07-01 to=2025-10-01

want month 2026-01-01 = 9.0492 (10800/2) [1.1536..70.9838]
want month 2026-02-01 = 18.4 (10800/1)
want month 2026-03-01 = 18.4 (10800/1) incomplete
want month 2025-07-01 = null zero_denominator (0/0)
*/
