-- name: expansion_rate
-- group: revenue
-- unit: ratio
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- amounts: both
-- bounds: positive
-- title [en]: Expansion rate
-- title [pt-BR]: Taxa de expansão
-- definition [en]: Expansion MRR as a share of the MRR at the start.
-- definition [pt-BR]: O MRR de expansão em relação ao MRR do início.
-- formula [en]: expansion MRR of the period / MRR at the end of the day before it
-- formula [pt-BR]: MRR de expansão do período / MRR no fim do dia anterior a ele
-- rules [en]: Constant currency. No MRR at the start: null. Breakdowns use the attribute of the first day for what
--   was paid and of its day for what was added.
-- rules [pt-BR]: Câmbio constante. Sem MRR no início: nulo. As quebras usam o atributo do primeiro dia para o que era
--   pago e o do próprio dia para o que se acrescentou.
-- reading [en]: How much customers grow by themselves.
-- reading [pt-BR]: Quanto os clientes crescem por si.
SELECT x.grp AS grp, x.account AS unit, x.account AS account, x.period AS period, i64(sum(x.part)) AS numerator, i64(sum(x.whole)) AS denominator
FROM (
  SELECT s.grp AS grp, s.account AS account, s.period AS period, i64(0) AS part, s.mrr AS whole
  FROM {{payingAt "start"}} AS s
  UNION ALL
  SELECT m.grp AS grp, m.account AS account, m.period AS period, m.constant AS part, i64(0) AS whole
  FROM {{movements}} AS m
  WHERE m.kind IN ('expansion')
) AS x
GROUP BY x.grp, x.account, x.period

/* example
as in new_mrr

want month 2026-02-01 = 0.2242 (370/1650)
want month 2026-03-01 = 0.3107 (612/1970)
want week 2026-03-23 = 0.2494 (480/1925)
*/
