-- name: gross_mrr_churn_rate
-- group: revenue
-- unit: ratio
-- direction: down
-- aggregation: ratio
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- amounts: both
-- bounds: positive
-- title [en]: Gross MRR churn rate
-- title [pt-BR]: Taxa bruta de churn de MRR
-- definition [en]: The share of the MRR at the start that customers took away by leaving or paying less.
-- definition [pt-BR]: A parte do MRR do início que os clientes levaram ao sair ou pagar menos.
-- formula [en]: (churned + contraction MRR of the period) / MRR at the end of the day before it
-- formula [pt-BR]: (MRR perdido + MRR de contração do período) / MRR no fim do dia anterior a ele
-- rules [en]: All movements of the period count, also those of customers that joined within it; the closed cohort is
--   the gross revenue retention. Constant currency: at the rates of the day before the period. Pauses are in it only
--   when they become churn. No MRR at the start: null. Breakdowns use the attribute of the first day for what was
--   paid and of its day for what was lost.
-- rules [pt-BR]: Contam todos os movimentos do período, também os de clientes que entraram nele; a coorte fechada é a
--   retenção bruta de receita. Câmbio constante: às taxas do dia anterior ao período. Pausas só entram quando viram
--   churn. Sem MRR no início: nulo. As quebras usam o atributo do primeiro dia para o que era pago e o do próprio dia
--   para o que se perdeu.
-- reading [en]: How fast the bucket leaks, growth left aside.
-- reading [pt-BR]: A velocidade com que o balde vaza, deixando o crescimento de lado.
SELECT x.grp AS grp, x.account AS unit, x.account AS account, x.period AS period, i64(sum(x.part)) AS numerator, i64(sum(x.whole)) AS denominator
FROM (
  SELECT s.grp AS grp, s.account AS account, s.period AS period, i64(0) AS part, s.mrr AS whole
  FROM {{payingAt "start"}} AS s
  UNION ALL
  SELECT m.grp AS grp, m.account AS account, m.period AS period, -m.constant AS part, i64(0) AS whole
  FROM {{movements}} AS m
  WHERE m.kind IN ('churn', 'contraction')
) AS x
GROUP BY x.grp, x.account, x.period

/* example
as in new_mrr

want month 2026-02-01 = 0.0909 (150/1650)
want month 2026-03-01 = 0.2193 (432/1970)
want month 2026-01-01 = null zero_denominator (0/0)
want week 2026-02-16 = 0.0272 (55/2025)
*/
