-- name: net_mrr_churn_rate_30d
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
-- title [en]: Net MRR churn rate, rolling 30 days
-- title [pt-BR]: Taxa líquida de churn de MRR, 30 dias móveis
-- definition [en]: What customers took away by leaving in the last 30 days less what the others added, as a share of the
--   MRR of 30 days ago.
-- definition [pt-BR]: O que os clientes levaram ao sair nos últimos 30 dias menos o que os outros acrescentaram, em
--   relação ao MRR de 30 dias atrás.
-- formula [en]: (churned - expansion MRR of the 30 days up to the period's last) / MRR at the end of the day before these
-- formula [pt-BR]: (MRR perdido - MRR de expansão dos 30 dias até o último do período) / MRR no fim do dia anterior a eles
-- rules [en]: The way in which Baremetrics counts: contraction and reactivation are left out. Below zero when customers
--   add more than leaves. Movements of customers who joined within the 30 days count. Constant currency: at the rates of
--   the day before the 30 days. No MRR then: null. Breakdowns use the attribute of the first of the days for what was paid
--   and of its day for what moved.
-- rules [pt-BR]: O modo como a Baremetrics conta: contração e reativação ficam fora. Abaixo de zero quando os clientes
--   acrescentam mais do que sai. Contam as movimentações de clientes que entraram nos 30 dias. Câmbio constante: às taxas
--   do dia anterior aos 30 dias. Sem MRR nesse dia: nulo. As quebras usam o atributo do primeiro dos dias para o que era
--   pago e o do próprio dia para o que se moveu.
-- reading [en]: Compares with what another tool shows. It flatters: who pays less and stays is not in it; for a decision
--   read the net rate of the month.
-- reading [pt-BR]: Serve para comparar com o que outra ferramenta mostra. É otimista: quem passa a pagar menos e fica não
--   entra; para decidir, leia a taxa líquida do mês.
SELECT x.grp AS grp, x.account AS unit, x.account AS account, x.period AS period, i64(sum(x.part)) AS numerator, i64(sum(x.whole)) AS denominator
FROM (
  SELECT s.grp AS grp, s.account AS account, s.period AS period, i64(0) AS part, s.mrr AS whole
  FROM {{payingAt "month"}} AS s
  UNION ALL
  SELECT m.grp AS grp, m.account AS account, m.period AS period, -m.constant AS part, i64(0) AS whole
  FROM {{moved 30}} AS m
  WHERE m.kind IN ('churn', 'expansion')
) AS x
GROUP BY x.grp, x.account, x.period

/* example
as in new_mrr

want month 2026-02-01 = -0.1939 (-320/1650)
want month 2026-03-01 = -0.1584 (-312/1970)
want week 2026-03-23 = -0.1584 (-312/1970)
want month 2026-01-01 = null zero_denominator
*/
