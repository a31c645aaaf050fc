-- name: logo_churn_rate_joiners
-- group: churn
-- unit: ratio
-- direction: down
-- aggregation: ratio
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 1
-- per account: no
-- settings: company, conventions
-- bounds: positive
-- title [en]: Customer churn rate with joiners
-- title [pt-BR]: Taxa de churn de clientes com os que entraram
-- definition [en]: Accounts that left during the period, those included that joined in it, per customer at its start.
-- definition [pt-BR]: Contas que saíram no período, inclusive as que entraram nele, por cliente no seu início.
-- formula [en]: accounts that left in the period and are none at its end / customers at the end of the day before the
--   period
-- formula [pt-BR]: contas que saíram no período e não são clientes no seu fim / clientes no fim do dia anterior ao
--   período
-- rules [en]: The way in which Baremetrics counts. It may exceed 100% where many join and leave at once. A customer
--   pays an MRR above zero, or has paused for less than the days of setting conventions; then a pause is churn. Those
--   back before the end are not churned. Breakdowns use the attribute on the first day, for joiners on their last day
--   as a customer. No customer at the start: null.
-- rules [pt-BR]: O modo como a Baremetrics conta. Pode passar de 100% quando muitos entram e saem logo. Um cliente
--   paga um MRR acima de zero, ou pausou há menos dias que os da configuração de convenções; depois a pausa é churn.
--   Quem voltou antes do fim não é churn. As quebras usam o atributo no primeiro dia, para os que entraram no seu
--   último dia como cliente. Nenhum cliente no início: nulo.
-- reading [en]: The gap to the customer churn rate is what leaves within its first weeks: a matter of onboarding
--   rather than of retention.
-- reading [pt-BR]: A diferença para a taxa de churn de clientes é o que sai nas primeiras semanas: assunto de
--   implantação mais que de retenção.
SELECT s.grp AS grp, s.account AS unit, s.account AS account, s.period AS period,
  CASE WHEN v.account IS NULL THEN 0 ELSE 1 END AS numerator, 1 AS denominator
FROM {{customersAt "start"}} AS s
LEFT JOIN (
  SELECT toNullable(x.account) AS account, d.period AS left_period, x.voluntary AS said
  FROM {{stays "left" "unfiltered"}} AS x
  JOIN {{days}} AS d ON d.day = x.to_day
  WHERE coalesce(x.next_day, DATE '2149-01-01') > d.last
) AS v ON v.account = s.account AND v.left_period = s.period
UNION ALL
SELECT x.grp AS grp, x.account AS unit, x.account AS account, d.period AS period, 1 AS numerator, 0 AS denominator
FROM {{stays "left"}} AS x
JOIN {{days}} AS d ON d.day = x.to_day
LEFT JOIN (SELECT toNullable(c.account) AS account, c.period FROM {{customersAt "start" "unfiltered"}} AS c) AS b
  ON b.account = x.account AND b.period = d.period
WHERE coalesce(x.next_day, DATE '2149-01-01') > d.last AND b.account IS NULL

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-01-10 10:00  @c{1..100}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-02-03 10:00  @c{101..120}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-02-10 10:00  @c{1..5}  "Subscription Cancelled" subscription=s{} reason=price
2026-02-20 10:00  @c{101..103}  "Subscription Cancelled" subscription=s{} reason=price
2026-02-12 10:00  @c6  "Subscription Cancelled" subscription=s6
2026-02-25 10:00  @c6  "Subscription Started" subscription=t6 mrr=80 currency=BRL

want month 2026-02-01 = 0.08 (8/100)
want month 2026-01-01 = null zero_denominator (0/0)
want week 2026-02-09 = 0.05 (6/120)
want month 2026-03-01 = 0 (0/112) incomplete
*/
