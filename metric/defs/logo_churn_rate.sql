-- name: logo_churn_rate
-- group: churn
-- unit: ratio
-- direction: down
-- aggregation: proportion
-- grains: month, week
-- reach: forever
-- waits: no
-- version: 2
-- per account: no
-- settings: company, conventions
-- title [en]: Customer churn rate
-- title [pt-BR]: Taxa de churn de clientes
-- definition [en]: Of the accounts that were customers at the start of the period, the share that no longer were at its
--   end.
-- definition [pt-BR]: Das contas que eram clientes no início do período, a parte que já não era no seu fim.
-- formula [en]: customers at the end of the day before the period that are none at the end of its last day / customers
--   at the end of the day before the period
-- formula [pt-BR]: clientes no fim do dia anterior ao período que já não são no fim do seu último dia / clientes no fim
--   do dia anterior ao período
-- rules [en]: A customer pays an MRR above zero, or has paused for less than 90 days; on day 90 a pause is churn.
--   Accounts that joined during the period are in neither number, and those that left and were back before its end are
--   not churned. An account counts once, however many subscriptions it has. No customer at the start: null. Breakdowns
--   use the attribute on the first day.
-- rules [pt-BR]: Um cliente paga um MRR acima de zero, ou pausou há menos de 90 dias; no dia 90 a pausa é churn. Contas
--   que entraram durante o período não estão em nenhum dos números, e as que saíram e voltaram antes do seu fim não são
--   churn. Uma conta conta uma vez, por mais assinaturas que tenha. Nenhum cliente no início: nulo. As quebras usam o
--   atributo no primeiro dia.
-- reading [en]: 5% per month loses 46% of the customers in a year, not 60%. With annual contracts few accounts can
--   leave in a month, so read it beside the renewals due.
-- reading [pt-BR]: 5% ao mês perde 46% dos clientes em um ano, não 60%. Com contratos anuais poucas contas podem
--   sair em um mês; leia ao lado das renovações do período.
SELECT s.grp AS grp, s.account AS unit, s.account AS account, s.period AS period,
  CASE WHEN e.account IS NULL THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM {{customersAt "start"}} AS s
LEFT JOIN (SELECT toNullable(x.account) AS account, x.period FROM {{customersAt "end" "unfiltered"}} AS x) AS e
  ON e.account = s.account AND e.period = s.period

/* example
zone America/Sao_Paulo
now 2026-03-10 12:00
2026-01-10 10:00  @c{1..1000}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-01-15 10:00  @c{1001..1003}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-01-20 10:00  @c{1001..1003}  "Subscription Cancelled" subscription=s{} reason=price
2026-01-10 10:00  @c{1..100}  group plan=pro
2026-02-03 10:00  @c{2001..2100}  "Subscription Started" subscription=s{} mrr=100 currency=BRL
2026-02-10 10:00  @c{1..50}  "Subscription Cancelled" subscription=s{} reason=price
2026-02-12 10:00  @c51  "Subscription Cancelled" subscription=s51
2026-02-25 10:00  @c51  "Subscription Started" subscription=t51 mrr=80 currency=BRL
2026-02-14 10:00  @c52  "Subscription Paused" subscription=s52
2026-02-15 10:00  @c{2001..2010}  "Subscription Cancelled" subscription=s{}
2026-03-01 00:30  @c60  "Subscription Cancelled" subscription=s60

want month 2026-02-01 = 0.05 (50/1000) [0.0381..0.0653]
want month 2026-01-01 = null zero_denominator (0/0)
want month 2026-03-01 = 0.00096 (1/1040) incomplete
want week 2026-02-09 = 0.0555 (61/1100)
want week 2026-02-23 = 0.00096 (1/1039)
want month 2026-02-01 by plan pro = 0.5 (50/100)
want month 2026-02-01 known 2026-02-11 12:00 = 0.05 (50/1000) incomplete
*/
