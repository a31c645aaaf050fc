-- name: net_mrr_churn_rate
-- group: revenue
-- unit: ratio
-- direction: down
-- aggregation: ratio
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 2
-- per account: no
-- settings: company, conventions
-- amounts: both
-- title [en]: Net MRR churn rate
-- title [pt-BR]: Taxa líquida de churn de MRR
-- definition [en]: What customers took away less what they added, as a share of the MRR at the start.
-- definition [pt-BR]: O que os clientes levaram menos o que acrescentaram, em relação ao MRR do início.
-- formula [en]: (churned + contraction - expansion - reactivated MRR of the period) / MRR at the end of the day
--   before it
-- formula [pt-BR]: (MRR perdido + contração - expansão - reativado no período) / MRR no fim do dia anterior a ele
-- rules [en]: Below zero when customers add more than they take: net negative churn. New customers are not in it. Who is back too soon to be reactivated (return_gap_days) is.
--   Constant currency. No MRR at the start: null. Breakdowns as for the gross rate.
-- rules [pt-BR]: Abaixo de zero quando os clientes acrescentam mais do que levam: churn líquido negativo. Clientes
--   novos ficam fora. Quem volta cedo demais para ser reativado (return_gap_days) entra. Câmbio constante. Sem MRR no início: nulo. As quebras são como na taxa bruta.
-- reading [en]: Below zero the business grows without a new customer. It hides a leak behind expansion: read the
--   gross rate beside it.
-- reading [pt-BR]: Abaixo de zero, o negócio cresce sem um cliente novo. Ela esconde um vazamento atrás da expansão:
--   leia a taxa bruta ao lado.
SELECT x.grp AS grp, x.account AS unit, x.account AS account, x.period AS period, i64(sum(x.part)) AS numerator, i64(sum(x.whole)) AS denominator
FROM (
  SELECT s.grp AS grp, s.account AS account, s.period AS period, i64(0) AS part, s.mrr AS whole
  FROM {{payingAt "start"}} AS s
  UNION ALL
  SELECT m.grp AS grp, m.account AS account, m.period AS period, -m.constant AS part, i64(0) AS whole
  FROM {{movements}} AS m
  WHERE m.kind IN ('churn', 'contraction', 'expansion', 'reactivation') OR m.part = 'return'
) AS x
GROUP BY x.grp, x.account, x.period

/* example
as in new_mrr

want month 2026-02-01 = -0.1333 (-220/1650)
want month 2026-03-01 = -0.1193 (-235/1970)
want week 2026-03-23 = -0.2494 (-480/1925)
*/
