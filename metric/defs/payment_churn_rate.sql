-- name: payment_churn_rate
-- group: churn
-- unit: ratio
-- direction: down
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Payment churn rate
-- title [pt-BR]: Taxa de churn por pagamento
-- definition [en]: Of the customers at the start of the period, the share that was lost because payments failed.
-- definition [pt-BR]: Dos clientes no início do período, a parte que se perdeu porque o pagamento falhou.
-- formula [en]: customers at the start that were lost to failed payments and are none at the end / customers at the
--   end of the day before the period
-- formula [pt-BR]: clientes no início que se perderam por falha de pagamento e não são no fim / clientes no fim do
--   dia anterior ao período
-- rules [en]: A departure counts when its event says voluntary = false. Payment and voluntary churn add up to the
--   customer churn rate. The last departure of the period decides. A customer pays an MRR above zero, or has paused
--   for less than the days of setting conventions; then a pause is churn. No customer at the start: null. Breakdowns
--   use the attribute on the first day.
-- rules [pt-BR]: Uma saída conta quando o evento diz voluntary = false. Churn por pagamento e voluntário somam a taxa
--   de churn de clientes. Decide a última saída do período. Um cliente paga um MRR acima de zero, ou pausou há menos
--   dias que os da configuração de convenções; depois a pausa é churn. Nenhum cliente no início: nulo. As quebras
--   usam o atributo no primeiro dia.
-- reading [en]: What reminders, retries and updated cards win back: work for billing, and mostly the cheapest churn
--   to cut.
-- reading [pt-BR]: O que lembretes, novas tentativas e cartões atualizados recuperam: trabalho da cobrança, e em
--   geral o churn mais barato de cortar.
SELECT s.grp AS grp, s.account AS unit, s.account AS account, s.period AS period,
  CASE WHEN v.account IS NOT NULL AND coalesce(v.said, 1) = 0 THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{customersAt "start"}} AS s
LEFT JOIN (
  SELECT toNullable(x.account) AS account, d.period AS left_period, x.voluntary AS said
  FROM {{stays "left" "unfiltered"}} AS x
  JOIN {{days}} AS d ON d.day = x.to_day
  WHERE coalesce(x.next_day, DATE '2149-01-01') > d.last
) AS v ON v.account = s.account AND v.left_period = s.period

/* example
as in churned_accounts

want month 2026-02-01 = 0.01 (10/1000) [0.0054..0.0183]
want month 2026-01-01 = null zero_denominator (0/0)
want week 2026-02-09 = 0.011 (11/1000)
want month 2026-02-01 by plan pro = 0.1 (10/100)
want month 2026-03-01 = 0 (0/950) incomplete
*/
