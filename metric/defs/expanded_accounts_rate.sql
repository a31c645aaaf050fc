-- name: expanded_accounts_rate
-- group: revenue
-- unit: ratio
-- direction: up
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- title [en]: Accounts that expanded
-- title [pt-BR]: Contas que expandiram
-- definition [en]: Of the accounts that paid at the start of the period, the share that expanded in it.
-- definition [pt-BR]: Das contas que pagavam no início do período, a parte que expandiu nele.
-- formula [en]: accounts with expansion MRR in the period / accounts with an MRR above zero at the end of the day
--   before it
-- formula [pt-BR]: contas com MRR de expansão no período / contas com MRR acima de zero no fim do dia anterior a ele
-- rules [en]: An account counts once; that it contracted, too, does not matter. No paying account at the start: null.
--   Breakdowns use the attribute on the first day.
-- rules [pt-BR]: Uma conta conta uma vez; não importa que também tenha contraído. Nenhuma conta pagante no início:
--   nulo. As quebras usam o atributo no primeiro dia.
-- reading [en]: How widely growth within customers is spread: expansion of a few large accounts looks the same in
--   money.
-- reading [pt-BR]: Quão espalhado está o crescimento dentro dos clientes: a expansão de poucas contas grandes parece
--   igual em dinheiro.
SELECT s.grp AS grp, s.account AS unit, s.account AS account, s.period AS period,
  CASE WHEN coalesce(e.more, 0) > 0 THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{payingAt "start"}} AS s
LEFT JOIN (SELECT m.account AS account, m.period AS period, sum(m.constant) AS more FROM {{movements "unfiltered"}} AS m WHERE m.kind = 'expansion' GROUP BY m.account, m.period) AS e
  ON e.account = s.account AND e.period = s.period

/* example
as in new_mrr

want month 2026-02-01 = 0.25 (1/4)
want month 2026-03-01 = 0.3333 (1/3)
want week 2026-02-02 = 0.25 (1/4)
*/
