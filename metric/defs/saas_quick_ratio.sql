-- name: saas_quick_ratio
-- group: revenue
-- unit: index
-- direction: up
-- aggregation: ratio
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 2
-- per account: no
-- settings: company, conventions
-- amounts: both
-- bounds: positive
-- title [en]: SaaS quick ratio
-- title [pt-BR]: Índice rápido SaaS (quick ratio)
-- definition [en]: How many times the MRR that was won is the MRR that was lost.
-- definition [pt-BR]: Quantas vezes o MRR ganho é o MRR perdido.
-- formula [en]: (new + expansion + reactivated MRR) / (contraction + churned MRR)
-- formula [pt-BR]: (MRR novo + expansão + reativado) / (contração + MRR perdido)
-- rules [en]: Constant currency. Nothing lost: null, because "infinite" is not a number. Pauses are in neither part.
-- rules [pt-BR]: Câmbio constante. Nada perdido: nulo, porque "infinito" não é um número. Pausas não entram em
--   nenhuma das partes.
-- reading [en]: 4 is the usual bar: four won for each one lost. At 1 the business stands still.
-- reading [pt-BR]: 4 é a referência usual: quatro ganhos para cada um perdido. Em 1 o negócio fica parado.
SELECT m.grp AS grp, m.account AS unit, m.account AS account, m.period AS period,
  i64(sum(CASE WHEN m.kind IN ('new', 'expansion', 'reactivation') THEN m.constant ELSE 0 END)) AS numerator,
  i64(sum(CASE WHEN m.kind IN ('contraction', 'churn') THEN -m.constant ELSE 0 END)) AS denominator
FROM {{movements}} AS m
WHERE m.kind IN ('new', 'expansion', 'reactivation', 'contraction', 'churn')
GROUP BY m.grp, m.account, m.period

/* example
as in new_mrr

want month 2026-02-01 = 4.4667 (670/150)
want month 2026-03-01 = 1.5440 (667/432)
want month 2026-01-01 = null zero_denominator (1650/0)
want week 2026-02-09 = 0 (0/100) [null..null]
*/
